"""Reply → ReplyView: the same facts in the same order for every chat.

The form of a reply is the design's "What a reply says".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import assert_never

from bot.message import (
    Answer,
    Button,
    Chat,
    Coverage,
    Decline,
    DeskAnswer,
    DeskDigest,
    Digest,
    HandedOver,
    Help,
    Hit,
    Listing,
    Notice,
    Option,
    Quotation,
    Reply,
    ReplyView,
    Suggest,
)
from bot.record import Record
from bot.wording import dates
from bot.wording.digests import show_desk_digest, show_digest
from bot.wording.excerpts import is_excerpt, quoted
from bot.wording.texts import Texts

_OPTION_LETTERS = "ABCDE"


@dataclass(frozen=True)
class Words(Texts):
    """Puts replies into words."""

    contact: str = ""  # how to reach the desk, as set
    stale_days: int = 90  # from this age on it is said how old an answer is

    def show(self, reply: Reply) -> ReplyView:
        """A Reply in words, the same facts in the same order for every chat."""
        match reply:
            case Answer():
                return self._answer(reply)
            case Suggest():
                return ReplyView(intro=self.text("suggest"), options=self._options(reply))
            case Decline():
                return ReplyView(intro=self._decline(reply), buttons=self._for_desk(reply))
            case HandedOver():
                return ReplyView(intro=self.text("handed over"))
            case DeskAnswer():
                return ReplyView(intro=self.text("answered by desk"))
            case Help():
                return ReplyView(intro=self.text("help"))
            case Listing():
                return ReplyView(intro=self._listing(reply))
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
        quotations = tuple(self._quotation(hit, reply) for hit in reply.hits)
        if reply.places:
            quotations = tuple(
                replace(quotation, head=self._of_several(places) + quotation.head)
                for quotation, places in zip(quotations, reply.places, strict=True)
            )
        not_found = [
            self._of_several([place]) + self.text("not found", asked=asked)
            for place, asked in reply.not_found
        ]
        if reply.unread:
            not_found.append(self.text("unread", most=len(reply.asked), count=reply.unread))
        return ReplyView(
            quotations=quotations, not_found=tuple(not_found), buttons=self._buttons(reply)
        )

    def _buttons(self, reply: Answer) -> tuple[Button, ...]:
        """The whole answer where a part is shown, then what else may have been meant."""

        def short(hit: Hit) -> str:
            return self._short_name(hit, reply.among_many)

        whole = self.text("whole")
        excerpts = dict.fromkeys(
            hit.id for hit in reply.hits if not reply.whole and is_excerpt(hit)
        )
        buttons = [
            Button(f"{whole} {id_}" if len(reply.hits) > 1 else whole, f"{whole} {id_}")
            for id_ in excerpts
        ]
        buttons += [
            Button(self.text("newer", when=hit.record.event_date, question=short(hit)), hit.full_id)
            for hit in reply.newer
        ]
        buttons += [
            Button(self.text("similar", place=place, question=short(hit)), hit.full_id)
            for place, hit in reply.similar
        ]
        buttons += [
            Button(self.text("same", question=short(hit)), hit.full_id) for hit in reply.related
        ]
        return tuple(buttons)

    def _of_several(self, places: Sequence[int]) -> str:
        return self.text("of several", places="、".join(map(str, places)))

    def _quotation(self, hit: Hit, reply: Answer) -> Quotation:
        excerpt = not reply.whole and is_excerpt(hit)
        question, answer = quoted(hit, excerpt)
        suffix = ", excerpt" if excerpt else ""
        return Quotation(
            head=self.head(hit.record),
            notice=self._notice(hit.record, answer, reply.as_of),
            question_label=self.text("asked" + suffix),
            question=question,
            answer_label=self.text("answered" + suffix),
            answer=answer,
            source=self._source(hit, excerpt, reply.among_many),
            id=hit.full_id,
        )

    def _notice(self, record: Record, answer: str, as_of: date) -> str:
        event = record.last_event.end
        facts = []
        if as_of - event >= timedelta(days=self.stale_days):
            facts.append(self.text("age", age=dates.age(event, as_of)))
        gone = dates.passed(answer, event, as_of)
        if gone:
            facts.append(self.text("passed", dates="、".join(f"“{printed}”" for printed in gone)))
        told = self.text("fact mark").join(facts) + self.text("facts end") if facts else ""
        return self.text("notice", facts=told)

    def _source(self, hit: Hit, excerpt: bool, among_many: bool) -> str:
        question = self.question_name(hit, part=excerpt)
        if among_many:
            question += f" {hit.full_id if excerpt else hit.id}"
        if hit.question.kind == "table":
            return self.text("table source", question=question)
        return self.text(
            "source",
            form=self.text("form"),
            record_no=self.record_no(hit.record),
            question=question,
        )

    def _short_name(self, hit: Hit, among_many: bool) -> str:
        if among_many:
            return hit.full_id
        return self.text("question no", no=hit.question.number)

    def _options(self, reply: Suggest) -> tuple[Option, ...]:
        return tuple(
            Option(
                letter,
                self._caption(hit, reply.among_many),
                quoted(hit, bool(hit.part))[0],
                hit.full_id,
            )
            for letter, hit in zip(_OPTION_LETTERS, reply.hits, strict=False)
        )

    def _caption(self, hit: Hit, among_many: bool) -> str:
        name = self.text("question no", no=hit.question.number)
        if among_many:
            name = f"{hit.record.company_name} {hit.record.event_date} {name}"
        return f"（{name}）"

    def _decline(self, reply: Decline) -> str:
        return self.text(
            "decline", coverage=self.coverage(reply.coverage), contact=self._how_to_reach()
        )

    def _for_desk(self, reply: Decline) -> tuple[Button, ...]:
        if not reply.for_desk:
            return ()
        label = self.text("hand over")
        return (Button(label, f"{label} {reply.for_desk}"),)

    def for_desk(self, number: int, chat: Chat, question: str) -> ReplyView:
        """What the desk is shown of a question; the number is what it answers by."""
        said = self.text(
            "for desk", number=number, user=chat.user, channel=chat.channel, question=question
        )
        return ReplyView(intro=said, mentions=(chat.user, chat.channel))

    def from_desk(self, question: str, text: str) -> ReplyView:
        """What the asker is shown of the desk's answer: no official words of a record."""
        return ReplyView(intro=self.text("from desk", question=question, text=text))

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
        """`卫宁健康1份，最近2025-04-28`; at most three companies by name."""
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
        return "；".join(named)

    def _listing(self, reply: Listing) -> str:
        record = reply.record
        lines = [
            self.text(
                "listing",
                head=self.head(record),
                form=self.text("form"),
                record_no=self.record_no(record),
                count=len(record.questions),
            )
        ]
        lines += [
            # `1. ` would begin a list, and may be renumbered, where a chat knows Markdown.
            f"{f'{record.id}#{item.number}' if reply.among_many else item.number}、{item.question}"
            for item in record.questions
        ]
        return "\n".join(lines)
