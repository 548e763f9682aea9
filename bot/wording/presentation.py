"""Reply → ReplyView: the same facts in the same order for every chat.

The form of a reply is the design's "What a reply says".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from bot.message import (
    Answer,
    Button,
    Coverage,
    Decline,
    DeskAnswer,
    DeskDigest,
    Digest,
    HandedOver,
    Help,
    Hit,
    Likely,
    Listing,
    Notice,
    Option,
    Quotation,
    Reply,
    ReplyView,
    Searched,
    Statement,
    Suggest,
)
from bot.record import Question, Record
from bot.wording.digests import show_desk_digest, show_digest
from bot.wording.excerpts import few_words, offered
from bot.wording.handovers import hand_over_button, show_handover
from bot.wording.quoting import Quoting

_OPTION_LETTERS = "ABCDE"
_COMPANIES = 30  # by name in one message
_WRITTEN = 20  # of a company's written answers in one list
# What help says, by what works in a chat of a platform; "": on a page and for one command.
_WORKS_EVERYWHERE = ("who", "ask", "number", "latest")
_WORKS_OUTSIDE = (*_WORKS_EVERYWHERE, "company", "whole", "press")
_WORKS_IN_CHATS = (*_WORKS_EVERYWHERE, "as of", "company", "whole", "letter", "digest", "memory")
_WORKS = {
    "": (*_WORKS_EVERYWHERE, "as of", "whole of", "no memory"),
    "terminal": (
        *(*_WORKS_EVERYWHERE, "as of", "company", "whole", "letter", "memory"),
        *("terminal", "leave"),
    ),
    "slack": (*_WORKS_IN_CHATS, "slack"),
    "wecom": (*_WORKS_IN_CHATS, "wecom"),
    "wecom-url": (*_WORKS_IN_CHATS, "wecom"),
}


@dataclass(frozen=True)
class Words(Quoting):
    """Puts replies into words."""

    def show(self, reply: Reply) -> ReplyView:
        """A Reply in words, the same facts in the same order for every chat."""
        shown = self._shown(reply)
        if isinstance(reply, Searched) and reply.is_cut:
            return replace(shown, remarks=(*shown.remarks, self.text("cut")))
        return shown

    def _shown(self, reply: Reply) -> ReplyView:
        match reply:
            case Answer():
                return self._answer(reply)
            case Likely():
                return self._likely(reply)
            case Suggest():
                return ReplyView(
                    intro=self._lead(reply),
                    options=self._options(reply.hits, reply.among_many),
                    remarks=self._reach(),
                )
            case Statement():
                quotation = self.quotation(reply.hit, reply.as_of, reply.among_many)
                return ReplyView(quotations=(quotation,))
            case Decline():
                asked = hand_over_button(reply.for_desk, self)
                return ReplyView(intro=self._decline(reply), buttons=asked)
            case HandedOver() | DeskAnswer():
                return show_handover(reply, self)
            case Help():
                return ReplyView(intro=self._help(reply))
            case Listing(record):
                ids = tuple(f"{record.id}#{item.place}" for item in _listed(record))
                return ReplyView(intro=self._listing(reply), sends=record.id, listed=ids)
            case Notice():
                return ReplyView(intro=reply.text, mentions=reply.mentions)
            case Digest():
                daily = self._answer(reply.daily) if reply.daily else ReplyView()
                return show_digest(reply, daily, self)
            case DeskDigest():
                return show_desk_digest(reply, self)
            case _:
                assert_never(reply)

    def _answer(self, reply: Answer) -> ReplyView:
        placed: list[tuple[int, Quotation]] = []
        for at, hit in enumerate(reply.hits):
            quotation = self.quotation(hit, reply.as_of, reply.among_many, whole=reply.whole)
            places = reply.places[at] if reply.places else ()
            if places:
                quotation = replace(quotation, head=self._of_several(places) + quotation.head)
            placed.append((min(places, default=0), quotation))
        for places, hit in reply.likely:
            quotation = self.quotation(hit, reply.as_of, reply.among_many)
            said = self._of_several(places) + self.text("likely")
            placed.append((min(places), replace(quotation, head=f"{said}\n{quotation.head}")))
        quotations = [quotation for _, quotation in sorted(placed, key=lambda pair: pair[0])]
        return ReplyView(
            quotations=tuple(quotations),
            not_found=tuple(self._not_answered(reply)),
            buttons=self._buttons(reply),
        )

    def _not_answered(self, reply: Answer) -> Iterator[str]:
        """What became of the message's questions that are not answered."""
        not_found = dict(reply.not_found)
        near = {place for place, _ in reply.similar}
        for place, asked in reply.not_answered:
            key = "not found" if place in not_found else "near below" if place in near else ""
            if key:
                yield self._of_several([place]) + self.text(key, asked=asked)
        if reply.unread:
            yield self.text("unread", most=len(reply.asked), count=reply.unread)

    def _likely(self, reply: Likely) -> ReplyView:
        quotations = [self.quotation(hit, reply.as_of, reply.among_many) for hit in reply.quoted]
        for at, places in enumerate(reply.places):
            head = self._of_several(places) + quotations[at].head
            quotations[at] = replace(quotations[at], head=head)
        shown = {*(place for places in reply.places for place in places), *reply.offered_for}
        not_found = [
            self._of_several([place]) + self.text("not found", asked=asked)
            for place, asked in enumerate(reply.asked, 1)
            if place not in shown
        ]
        is_told = all(hit.question.is_narrative for hit in reply.quoted)
        return ReplyView(
            intro=self.text("likely, told" if is_told else "likely"),
            quotations=tuple(quotations),
            not_found=tuple(not_found),
            options=self._options(reply.others, reply.among_many),
            options_intro=self.text("likely, others") if reply.others else "",
            buttons=self.wholes(reply.quoted),
        )

    def _buttons(self, reply: Answer) -> tuple[Button, ...]:
        """The whole answer where a part is shown, then what else is linked, lettered."""
        quoted_hits = (*reply.hits, *(hit for _, hit in reply.likely))
        keys = {
            **{hit.full_id: ("same", {}) for hit in reply.related},
            **{hit.full_id: ("similar", {"place": place}) for place, hit in reply.similar},
            **{hit.full_id: ("earlier", {}) for hit in reply.earlier},
            **{hit.full_id: ("newer", {}) for hit in reply.newer},
        }
        links = []
        for letter, hit in zip(_OPTION_LETTERS, reply.links, strict=False):
            key, values = keys[hit.full_id]
            label = self.text(key, question=self._named(hit, reply.among_many), **values)
            links.append(Button(f"{letter} {label}" if reply.lettered else label, hit.full_id))
        return (*(() if reply.whole else self.wholes(quoted_hits)), *links)

    def _named(self, hit: Hit, among_many: bool) -> str:
        """A stored question in a link: where it stands, and a few of its words."""
        where = self.place(hit)
        if among_many:
            where = f"{hit.record.event_date} {where}"
        return self.text("named", where=where, words=few_words(hit))

    def _of_several(self, places: Sequence[int]) -> str:
        return self.text("of several", places="、".join(map(str, places)))

    def _lead(self, reply: Suggest) -> str:
        """What is true of the list."""
        told = [hit.question.is_narrative for hit in reply.hits]
        if any(told):
            return self.text("suggest, told" if all(told) else "suggest, some told")
        return self.text(reply.lead.value)

    def _options(self, hits: Sequence[Hit], among_many: bool) -> tuple[Option, ...]:
        """The questions to pick from: of each the sentence that is near."""
        companies = {hit.record.company_code for hit in hits}
        return tuple(
            Option(
                letter,
                self._caption(hit, among_many, len(companies) > 1),
                offered(hit),
                hit.full_id,
            )
            for letter, hit in zip(_OPTION_LETTERS, hits, strict=False)
        )

    def _caption(self, hit: Hit, among_many: bool, several_companies: bool) -> str:
        """Where an offered question stands, as far as that tells it from the others."""
        words = [self.place(hit)]
        if among_many:
            words.insert(0, hit.record.event_date)
        if several_companies:
            words.insert(0, hit.record.company_name)
        if hit.excerpt or hit.part:
            return self.text("caption, excerpt", where=" ".join(words))
        return self.text("caption", where=" ".join(words))

    def _help(self, reply: Help) -> str:
        works = (
            _WORKS_OUTSIDE if reply.for_outsiders else _WORKS.get(reply.platform, _WORKS_IN_CHATS)
        )
        return "\n".join((*(self.text(f"help, {what}") for what in works), *self._reach()))

    def _reach(self) -> tuple[str, ...]:
        """How to reach the desk, where that is set."""
        return (self.text("reach", contact=self.contact),) if self.contact else ()

    def _decline(self, reply: Decline) -> str:
        return self.text(
            "decline", coverage=self.coverage(reply.coverage), contact=self._how_to_reach()
        )

    def not_handed_over(self, question: str) -> ReplyView:
        """For the asker whose question did not reach the desk."""
        said = self.text("not handed over", question=question, contact=self._how_to_reach())
        return ReplyView(intro=said)

    def blocked(self) -> str:
        """For an answer that a platform refuses to show."""
        return self.text("blocked", contact=self._how_to_reach())

    def _how_to_reach(self) -> str:
        if self.contact:
            return self.text("contact", contact=self.contact)
        return self.text("no contact")

    def coverage(self, covered: Sequence[Coverage]) -> str:
        """`卫宁健康1份，最近2025-04-28`; at most three companies by name; of nothing `0份`."""
        if not covered:
            return self.text("coverage, none")
        named = [
            self.text("coverage", name=item.company_name, records=item.records, latest=item.latest)
            for item in covered[:3]
        ]
        if len(covered) > 3:
            named.append(
                self.text(
                    "coverage, rest",
                    companies=len(covered),
                    records=sum(item.records for item in covered),
                )
            )
        return self.text("companies mark").join(named)

    def small_talk(self, kind: str) -> str:
        """One line for what is no question."""
        contact = self.text("reach" if self.contact else "reach, unknown", contact=self.contact)
        return self.text(f"small talk, {kind}", contact=contact)

    def no_records(self) -> str:
        """For people outside, where nothing may be shown."""
        return self.text("empty, outsiders", contact="".join(self._reach()))

    def not_all_here(self, shown: int, of: int, url: str) -> str:
        """For an answer that is longer than what a platform takes for one question."""
        where = self.text("rest on page", url=url) if url else ""
        where = where or self.text("rest elsewhere", contact="".join(self._reach()))
        return self.text("not all here", shown=shown, all=of, where=where)

    def nobody(self) -> str:
        """For somebody outside who wants a person, where none is there."""
        return self.text("no person", contact="".join(self._reach()))

    def limited(self, window: Literal["minute", "day"]) -> str:
        """For somebody outside who asks too much in that time."""
        if window == "minute":
            return self.text("too many in a minute")
        return self.text("too many in a day", contact="".join(self._reach()))

    def companies(self, covered: Sequence[Coverage]) -> str:
        """Every company that is stored, with its code; of very many the newest."""
        if not covered:
            return self.text("empty store")
        listed = self.text("companies mark").join(
            self.text(
                "company",
                name=item.company_name,
                code=item.company_code,
                records=item.records,
                latest=item.latest,
            )
            for item in covered[:_COMPANIES]
        )
        if len(covered) > _COMPANIES:
            listed = self.text("companies, rest", listed=listed)
        return self.text("companies", count=len(covered), listed=listed)

    def _listing(self, reply: Listing) -> str:
        record = reply.record
        listed = _listed(record)
        lines = [
            self.text(
                "listing",
                head=self.head(record),
                form=self.form(record),
                record_no=self.record_no(record),
                count=len(record.questions),
            )
        ]
        lines += [
            # `1. ` would begin a list, and may be renumbered, where a chat knows Markdown.
            f"{f'{record.id}#{item.number}' if reply.among_many else item.number}、{item.question}"
            for item in listed
        ]
        if len(listed) < len(record.questions):
            lines.append(self.text("listing, newest", count=len(listed)))
        if told := record.paragraphs:
            example = f"{record.id}#{told[0].place}"
            lines.append(self.text("listing, told", count=len(told), id=example))
        return "\n".join(lines)


def _listed(record: Record) -> Sequence[Question]:
    """The questions that a list of a record names."""
    if not record.is_written:
        return record.questions
    newest = sorted(record.questions, key=lambda item: item.answered_at or "", reverse=True)
    return newest[:_WRITTEN]
