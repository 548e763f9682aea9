"""Official words as chats quote them: whose, from when, what to mind, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.message import Button, Hit, LaterLine, Quotation
from bot.record import Record
from bot.wording import dates
from bot.wording.excerpts import is_excerpt, quoted
from bot.wording.links import question_path
from bot.wording.outlook import passed
from bot.wording.texts import Texts


@dataclass(frozen=True)
class Quoting(Texts):
    """Puts what stands around official words into words."""

    contact: str = ""  # how to reach the desk, as set
    stale_days: int = 90  # from this age on it is said how old an answer is
    public_url: str = ""  # where the record pages are; empty: replies do not link there

    def wholes(self, hits: Sequence[Hit]) -> tuple[Button, ...]:
        """For the whole answer where a part is shown."""
        whole = self.text("whole")
        excerpts = dict.fromkeys(hit.id for hit in hits if is_excerpt(hit))
        return tuple(
            Button(f"{whole} {id_}" if len(hits) > 1 else whole, f"{whole} {id_}")
            for id_ in excerpts
        )

    def quotation(
        self, hit: Hit, as_of: date, among_many: bool, *, whole: bool = False
    ) -> Quotation:
        """One stored question with its answer, or a paragraph; whole: although a part was hit."""
        if hit.question.is_narrative:
            return self._statement(hit, as_of, among_many)
        excerpt = not whole and is_excerpt(hit)
        question, answer = quoted(hit, excerpt)
        suffix = ", excerpt" if excerpt else ""
        return Quotation(
            head=self.head(hit.record, whole=whole),
            notice=self._notice(hit.record, answer, as_of),
            question_label=self.text("asked" + suffix),
            question=question,
            answer_label=self.text("answered" + suffix),
            answer=answer,
            source=self._source(hit, excerpt, among_many),
            id=hit.full_id,
            url=self.public_url
            and self.public_url + question_path(hit.record.id, hit.question.number),
            later=self.later(hit, as_of),
        )

    def later(self, hit: Hit, until: date) -> tuple[LaterLine, ...]:
        """What was announced after an answer, up to a day: a line each, its facts alone."""
        return tuple(
            LaterLine(self.text("later", title=item.title, no=item.no, date=item.day), item.url)
            for item in hit.record.announced(hit.question, until)
        )

    def _statement(self, hit: Hit, as_of: date, among_many: bool) -> Quotation:
        paragraph = hit.question
        return Quotation(
            head=self.head(hit.record, whole=False),
            notice=self._notice(hit.record, paragraph.answer, as_of),
            question_label=self.text("told"),
            question=paragraph.session or self.text("no heading"),
            answer_label=self.text("told, paragraph", no=paragraph.number),
            answer=paragraph.answer,
            source=self._source(hit, False, among_many),
            id=hit.full_id,
            later=self.later(hit, as_of),
        )

    def _notice(self, record: Record, answer: str, as_of: date) -> str:
        event = record.last_event.end
        facts = []
        if as_of - event >= timedelta(days=self.stale_days):
            facts.append(self.text("age", age=self.age(event, as_of)))
        gone = passed(answer, event, as_of)
        if gone:
            facts.append(self.text("passed", dates=self.listed(f"“{printed}”" for printed in gone)))
        return self.text("notice", facts=self.text("fact mark").join(facts)) if facts else ""

    def age(self, event: date, as_of: date) -> str:
        """How old an event is: `1年6个月`, `1 year 6 months `."""
        return "".join(
            self.text(f"age, {unit}" if count == 1 else f"age, {unit}s", count=count)
            for unit, count in dates.age(event, as_of)
        )

    def _source(self, hit: Hit, excerpt: bool, among_many: bool) -> str:
        """Where it stands, the record named once: by its full id where several are stored."""
        question = self.question_name(hit, part=excerpt)
        if among_many:
            question += f" {hit.full_id if excerpt else hit.id}"
        if hit.question.is_from_table:
            return self._row_source(hit, question)
        is_named = among_many and hit.record.record_no is not None
        where = question if is_named else f"{self.record_no(hit.record)} {question}"
        return self.text("source", form=self.text("form"), where=where)

    def _row_source(self, hit: Hit, question: str) -> str:
        """Of what was imported in rows: it is no filed record, and when it was said."""
        item = hit.question
        where = " ".join(filter(None, (self.record_no(hit.record), self.row_dates(item), question)))
        if item.kind == "platform":
            said = self.text("platform source", platform=hit.record.activity, where=where)
        else:
            said = self.text("table source", question=where)
        return f"{said} {item.link}" if item.link else said

    def place(self, hit: Hit) -> str:
        """`第3问`, `公司介绍第3段`, `互动易第3问`, `导入表格第3问`."""
        if hit.question.is_from_table:
            where = hit.record.activity if hit.question.kind == "platform" else ""
            where = where or self.text("of a table")
            return where + self.text("question no", no=hit.question.number)
        key = "paragraph no" if hit.question.is_narrative else "question no"
        return self.text(key, no=hit.question.number)
