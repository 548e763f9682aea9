"""Free text → Answer, Likely, Suggest or Decline: the search and what is made of it.

A message may ask several questions (question_splitting.py); each is then answered by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import zip_longest

from bot.answering.consulting import Consulting
from bot.answering.decision import BESIDE_LIKELY, OFFERED, Decision, decide, is_likely_meant
from bot.answering.fitting import fitting_sentence
from bot.answering.library import Library
from bot.answering.matters import event
from bot.answering.narrative import with_paragraphs
from bot.answering.question_splitting import MOST, Several, questions_in
from bot.answering.second_opinion import Heard, Worth, weighed
from bot.answering.trail import Search, TextBand, TextReply
from bot.config import Caution
from bot.matching.index import NoResult, SearchResult
from bot.matching.query import Query
from bot.matching.ranking import Candidate
from bot.matching.standing import is_same_matter
from bot.matching.text import normalise
from bot.message import Answer, Decline, Hit, Likely, Message, Suggest

_SIMILAR = 2  # offers for one of several questions
_OWN = 0.3  # confidence from which a stretch of a message finds something of its own
_SEARCHED = 40  # hits; those of a newer record may stand far behind
_OF_OTHERS = (NoResult.OTHER_COMPANY, NoResult.UNKNOWN_COMPANY)


@dataclass(frozen=True)
class ByText:
    """Answers free text from the library."""

    library: Library
    caution: Caution
    today: date
    second: Consulting | None = None  # a reader whose opinion counts

    def reply(self, text: str, message: Message) -> TextReply:
        """The reply and the searches behind it; worked out once for all who ask the same.

        Args:
            text: What was typed, commands off.
            message: Where and for whom.
        """
        if self.second:  # who was late is heard by the next
            return self._reply(text, message)
        asked = (text, message.company, message.as_of, self.today, self.caution)
        return self.library.replies.get(asked, lambda: self._reply(text, message))

    def _reply(self, text: str, message: Message) -> TextReply:
        index = self.library.index
        whole = self._search(text, message)
        stands = partial(index.says_something, today=message.as_of or self.today)
        several = questions_in(text, stands)
        is_exact = isinstance(whole.reply, Answer) and whole.reply.hits[0].is_exact
        is_of_others = whole.result.no_result in _OF_OTHERS
        if is_exact or is_of_others or len(several.questions) < 2:
            (whole,) = self._read_again([whole], message)
            return TextReply(whole.reply, whole)
        named = index.names.companies(normalise(text))
        if message.company is None and len(named) == 1:  # said once, meant of all
            message = replace(message, company=named.pop())
        parts = [self._search(item.searched, message) for item in several.questions[:MOST]]
        if several.is_list:
            parts = self._read_again(parts, message)
        else:
            whole, *parts = self._read_again([whole, *parts], message)
        reply = self._together(several, whole.reply, [part.reply for part in parts], message)
        return TextReply(reply, whole, tuple(parts), several.is_list)

    # One question

    def _search(self, text: str, message: Message) -> Search:
        result = self.library.index.search(
            text,
            company=message.company,
            as_of=message.as_of,
            today=message.as_of or self.today,
            limit=_SEARCHED,
        )
        decision = decide(result.candidates, self.caution)
        reply = self._decided(result, decision, message)
        return Search(text, message.company, message.as_of, result, decision, reply)

    def _read_again(self, searches: list[Search], message: Message) -> list[Search]:
        """The searches, decided with the opinion of the second reader where it was asked."""
        if self.second is None:
            return searches
        heard = self.second.heard(searches)
        return [
            self._weighed(search, found, message, self.second.worth) if found else search
            for search, found in zip(searches, heard, strict=True)
        ]

    def _weighed(self, search: Search, heard: Heard, message: Message, worth: Worth) -> Search:
        search = replace(search, heard=heard)
        if heard.opinion is None:
            return search
        ranked = weighed(search.result.candidates, heard, heard.opinion, worth)
        result = replace(search.result, candidates=ranked)
        decision = decide(ranked, self.caution)
        if _answers_another(search.decision, decision):
            first = search.decision.first
            decision = replace(decide(ranked, self.caution, first), disputed=first)
        reply = self._decided(result, decision, message)
        return replace(search, result=result, decision=decision, reply=reply)

    def _decided(self, result: SearchResult, decision: Decision, message: Message) -> TextBand:
        told = result.narrative
        first = decision.first
        if first is None:
            offered = with_paragraphs([], told, alone=not result.candidates)
            if not offered:
                return Decline(self.library.coverage(message))
            return self._opened(offered, message, decision)
        if decision.band == "answer":
            newer, earlier = _by_event(decision)
            others = [item.hit for item in result.candidates[1:]]
            return self.library.answer(
                first.hit, message, self.today, others=others, newer=newer, earlier=earlier
            )
        offered = [self._offered(item, result.query) for item in decision.offers]
        if decision.is_likely:
            offered[0] = first.hit  # its answer is shown, so that the whole question is
        return self._opened(with_paragraphs(offered, told), message, decision)

    def _opened(
        self, offers: Sequence[Hit], message: Message, decision: Decision
    ) -> Likely | Suggest:
        """The offers, the first one opened where it is likely enough."""
        is_told = offers[0].question.is_narrative
        if is_likely_meant(offers[0]) if is_told else decision.is_likely:
            hits = tuple(offers[: BESIDE_LIKELY + 1])
            return Likely(hits, message.as_of or self.today, among_many=self.library.has_many)
        return Suggest(tuple(offers[:OFFERED]), self.library.has_many, decision.lead)

    def _offered(self, item: Candidate, query: Query) -> Hit:
        """A candidate to pick, shown by the sentence that is near."""
        collection = self.library.index.collection
        text = item.passage.asked
        near = fitting_sentence(text, query, collection.weight, collection.lexicon)
        return (
            item.hit if near == item.passage.question.question else replace(item.hit, excerpt=near)
        )

    # Several questions

    def _together(
        self, several: Several, single: TextBand, replies: Sequence[TextBand], message: Message
    ) -> TextBand:
        """One reply to the questions of a message.

        Args:
            several: The questions.
            single: The reply to the message read as one question. People put several marks into
                one, so without a list it stands where no question alone is answered, or only by
                what answers the whole message.
            replies: To the questions that are looked at, in order.
            message: Where and for whom.
        """
        answers = _each_place(replies, Answer)
        likely = _each_place(replies, Likely)
        # What is quoted for one question is not quoted again, nor not found, for another.
        answers = {
            id_: (hit, tuple(sorted((*places, *(likely[id_][1] if id_ in likely else ())))))
            for id_, (hit, places) in answers.items()
        }
        near = tuple((places, hit) for id_, (hit, places) in likely.items() if id_ not in answers)
        if not several.is_list and _is_one(single, replies):
            return single
        if not answers:
            return self._unclaimed(several, near, replies, message)
        answered = [reply for reply in replies if isinstance(reply, Answer)]
        return Answer(
            hits=tuple(hit for hit, _ in answers.values()),
            as_of=message.as_of or self.today,
            newer=_each(hit for reply in answered for hit in reply.newer),
            earlier=_each(hit for reply in answered for hit in reply.earlier),
            asked=tuple(question.printed for question in several.questions[: len(replies)]),
            places=tuple(places for _, places in answers.values()),
            likely=near,
            similar=tuple(
                (place, hit)
                for place, reply in enumerate(replies, 1)
                if isinstance(reply, Suggest)
                for hit in reply.hits[:_SIMILAR]
            ),
            unread=len(several.questions) - len(replies),
            among_many=self.library.has_many,
        )

    def _unclaimed(
        self,
        several: Several,
        likely: tuple[tuple[tuple[int, ...], Hit], ...],
        replies: Sequence[TextBand],
        message: Message,
    ) -> Likely | Suggest | Decline:
        """What is shown where none of several questions is answered."""
        if not likely:
            return self._offers(replies, message)
        quoted = tuple(hit for _, hit in likely)
        near = {
            place: reply.hits[:1]
            for place, reply in enumerate(replies, 1)
            if isinstance(reply, Suggest)
        }
        others = _each(hit for hits in near.values() for hit in hits)
        return Likely(
            hits=(*quoted, *(hit for hit in others if hit not in quoted)),
            as_of=message.as_of or self.today,
            asked=tuple(question.printed for question in several.questions[: len(replies)]),
            places=tuple(places for places, _ in likely),
            offered_for=tuple(near),
            among_many=self.library.has_many,
        )

    def _offers(self, replies: Sequence[TextBand], message: Message) -> Suggest | Decline:
        """The best offers of each question in turn."""
        offers = [reply.hits for reply in replies if isinstance(reply, Likely | Suggest)]
        hits = _each(hit for turn in zip_longest(*offers) for hit in turn if hit)
        if not hits:
            return Decline(self.library.coverage(message))
        return Suggest(hits[:OFFERED], self.library.has_many)


def _answers_another(alone: Decision, together: Decision) -> bool:
    """Whether the matcher answers, and with the second reader another matter would be answered:
    where they differ, the asker is to choose."""
    one, other = alone.first, together.first
    return (
        alone.band == together.band == "answer"
        and one is not None
        and other is not None
        and not is_same_matter(one.passage, other.passage)
    )


def _by_event(decision: Decision) -> tuple[list[Hit], list[Hit]]:
    """The same matter at later and at earlier events."""
    first = decision.first
    assert first is not None
    later = [item.hit for item in decision.other_events if event(item) > event(first)]
    return later, [item.hit for item in decision.other_events if event(item) < event(first)]


def _is_one(single: TextBand, replies: Sequence[TextBand]) -> bool:
    """Whether the reply to the whole message says what its stretches alone would.

    People put several marks into one question: then its stretches find what the whole finds, or
    nothing.
    """
    if not isinstance(single, Answer | Likely):
        return not any(isinstance(reply, Answer | Likely) for reply in replies)
    found = [
        reply.hits[0].id
        for reply in replies
        if not isinstance(reply, Decline) and reply.hits[0].confidence >= _OWN
    ]
    return all(id_ == single.hits[0].id for id_ in found)


def _each_place(
    replies: Sequence[TextBand], kind: type[Answer] | type[Likely]
) -> dict[str, tuple[Hit, tuple[int, ...]]]:
    """What stands first in the replies of a kind, each once by its full id, with the numbers of
    the questions that it is the reply to."""
    found: dict[str, tuple[Hit, tuple[int, ...]]] = {}
    for place, reply in enumerate(replies, 1):
        if isinstance(reply, kind):
            hit, places = found.get(reply.hits[0].full_id, (reply.hits[0], ()))
            found[hit.full_id] = (hit, (*places, place))
    return found


def _each(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Each question once."""
    return tuple({hit.id: hit for hit in reversed([*hits])}.values())[::-1]
