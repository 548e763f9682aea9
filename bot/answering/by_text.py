"""Free text → Answer, Suggest or Decline: the search and what is made of it.

A message may ask several questions (question_splitting.py); each is then answered by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

from bot.answering.decision import AS_LIKELY, alternatives, decide
from bot.answering.library import Library
from bot.answering.narrative import with_paragraphs
from bot.answering.question_splitting import MOST, Several, questions_in
from bot.answering.trail import Search, TextReply
from bot.config import Caution
from bot.matching.index import NoResult, SearchResult
from bot.matching.text import normalise
from bot.message import Answer, Decline, Hit, Message, Suggest

OFFERED = 5  # questions to pick from
_SIMILAR = 2  # offers for one of several questions
_SEARCHED = 40  # hits; those of a newer record may stand far behind
_OF_OTHERS = (NoResult.OTHER_COMPANY, NoResult.UNKNOWN_COMPANY)


@dataclass(frozen=True)
class ByText:
    """Answers free text from the library."""

    library: Library
    caution: Caution
    today: date

    def reply(self, text: str, message: Message) -> TextReply:
        """The reply and the searches behind it.

        Args:
            text: What was typed, commands off.
            message: Where and for whom.
        """
        index = self.library.index
        whole = self._search(text, message)
        several = questions_in(text, index.says_something)
        is_exact = isinstance(whole.reply, Answer) and whole.reply.hits[0].is_exact
        is_of_others = whole.result.no_result in _OF_OTHERS
        if is_exact or is_of_others or len(several.questions) < 2:
            return TextReply(whole.reply, whole)
        named = index.collection.named(normalise(text))
        if message.company is None and len(named) == 1:  # said once, meant of all
            message = replace(message, company=named.pop())
        parts = [self._search(item.searched, message) for item in several.questions[:MOST]]
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
        reply = self._decided(result, message)
        return Search(text, message.company, message.as_of, result, reply)

    def _decided(self, result: SearchResult, message: Message) -> Answer | Suggest | Decline:
        hits = result.hits
        band = decide(hits, self.caution)
        if band == "decline":
            told = with_paragraphs([], result.narrative, alone=not hits)
            return self._offer(told) if told else Decline(self.library.coverage(message))
        first = hits[0]
        same = {other.id for other in self.library.same_answer(first)}
        beside = [hit for hit in alternatives(hits) if hit.id not in same]
        newer = [hit for hit in beside if hit.record.company_code == first.record.company_code]
        newer.sort(key=_event, reverse=True)
        likely = [] if first.is_exact else [hit for hit in newer if hit.confidence >= AS_LIKELY]
        others = [hit for hit in beside if hit not in newer]
        if band == "answer" and not (likely or others):
            return self.library.answer(first, message, self.today, others=hits[1:], newer=newer)
        return self._offer(with_paragraphs([*likely, first, *others, *hits], result.narrative))

    # Several questions

    def _together(
        self,
        several: Several,
        single: Answer | Suggest | Decline,
        replies: Sequence[Answer | Suggest | Decline],
        message: Message,
    ) -> Answer | Suggest | Decline:
        """One reply to the questions of a message.

        Args:
            several: The questions.
            single: The reply to the message read as one question. People put several marks into
                one, so without a list it stands where no question alone is answered, or only by
                what answers the whole message.
            replies: To the questions that are looked at, in order.
            message: Where and for whom.
        """
        answers: dict[str, Hit] = {}
        places: dict[str, list[int]] = {}
        newer: dict[str, Hit] = {}
        for place, reply in enumerate(replies, 1):
            if isinstance(reply, Answer):
                answers.setdefault(reply.hits[0].full_id, reply.hits[0])
                places.setdefault(reply.hits[0].full_id, []).append(place)
                newer |= {hit.full_id: hit for hit in reply.newer}
        if not answers:
            return self._offers(replies, message) if several.is_list else single
        is_one = isinstance(single, Answer) and [*answers] == [single.hits[0].full_id]
        if is_one and not several.is_list:
            return single
        return Answer(
            hits=tuple(answers.values()),
            as_of=message.as_of or self.today,
            newer=tuple(newer.values()),
            asked=tuple(question.printed for question in several.questions[: len(replies)]),
            places=tuple(tuple(own) for own in places.values()),
            similar=tuple(
                (place, hit)
                for place, reply in enumerate(replies, 1)
                if isinstance(reply, Suggest)
                for hit in reply.hits[:_SIMILAR]
            ),
            unread=len(several.questions) - len(replies),
            among_many=self.library.has_many,
        )

    def _offers(
        self, replies: Sequence[Answer | Suggest | Decline], message: Message
    ) -> Suggest | Decline:
        """The best offers of each question in turn."""
        offers = [reply.hits for reply in replies if isinstance(reply, Suggest)]
        hits = [hit for turn in zip_longest(*offers) for hit in turn if hit]
        return self._offer(hits) if hits else Decline(self.library.coverage(message))

    def _offer(self, hits: Sequence[Hit]) -> Suggest:
        """The first hits, one for each different answer."""
        chosen: list[Hit] = []
        covered: set[str] = set()
        for hit in hits:
            if hit.id not in covered and len(chosen) < OFFERED:
                chosen.append(hit)
                covered |= {hit.id, *(other.id for other in self.library.same_answer(hit))}
        return Suggest(tuple(chosen), self.library.has_many)


def _event(hit: Hit) -> date:
    return hit.record.last_event.end
