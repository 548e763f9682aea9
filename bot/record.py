"""A filed 投资者关系活动记录表 as values: Record, Question, Part; their ids and hashes.

Frozen, built once by reading and passed on whole. Every text in a record is verbatim (design:
"Verbatim"); nothing here changes a character.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, time
from typing import Literal, overload

Precision = Literal["day", "month"]
ActivitiesRead = Literal["read", "inferred", "not readable"]
Kind = Literal["record", "platform", "table", "narrative"]
DatedBy = Literal["answer", "update", "day"]  # what a row's date is: of the answer, of any change

# They separate the pieces of an id, or mean something to a shell, where ids are typed as printed.
AWKWARD_IN_ID = re.compile(r"[\s/#'\"`$&;|<>(){}*?!\\\[\]~]+")


@dataclass(frozen=True)
class EventDate:
    """A day, or a range of days or months, on which the activity took place (row 时间)."""

    start: date  # first day; of the month when precision is "month"
    end: date  # last day; equal to start for one day
    precision: Precision
    printed: str  # the words of the form

    @property
    def start_iso(self) -> str:
        """`2025-04-28`, or `2026-07` where only the month is printed."""
        return iso(self.start, self.precision)

    @property
    def end_iso(self) -> str:
        return iso(self.end, self.precision)


def iso(day: date, precision: Precision) -> str:
    """ISO form of a day or a month."""
    return day.isoformat() if precision == "day" else day.isoformat()[:7]


@dataclass(frozen=True)
class Host:
    """One of 上市公司接待人员."""

    title: str | None
    name: str
    printed: str  # the words of the form, e.g. `董事长：周炜先生`


@dataclass(frozen=True)
class Part:
    """A sub-question with its sub-answer, where the company numbered both.

    Spans point into the question's and the answer's text (start, end; the printed `2、` outside),
    so a part can never say anything else than the record.
    """

    number: int
    question_span: tuple[int, int]
    answer_span: tuple[int, int]


@dataclass(frozen=True)
class Question:
    """One Q&A unit of a record: the investor's words and the company's."""

    number: int  # the printed one where it is unique in the record, else the running one
    question: str  # empty for a narrative paragraph, which is then the answer
    answer: str
    printed_label: str | None = None  # `1、`, `Q3：`
    printed_number: int | None = None
    parts: tuple[Part, ...] = ()
    kind: Kind = "record"
    session: str | None = None  # heading above, where a record holds several sessions
    page: int | None = None  # where the question begins, from 1
    # Of a row of a table or a platform's export; instants are China time, ISO without an offset.
    asked_at: str | None = None
    answered_at: str | None = None
    dated_by: DatedBy | None = None  # what `answered_at` is
    link: str | None = None
    row_id: str | None = None  # the platform's id of the question

    @property
    def is_from_table(self) -> bool:
        """Whether it was imported from a table or an export, not read in a filed record."""
        return self.kind in ("platform", "table")

    @property
    def is_disclosed(self) -> bool:
        """Whether the company has published it: a sheet may be anybody's, and nothing proves it."""
        return self.kind != "table"

    @property
    def day(self) -> date | None:
        """The day of a written answer; None: that of its record's event."""
        return date.fromisoformat(self.answered_at[:10]) if self.answered_at else None

    @property
    def is_narrative(self) -> bool:
        """Whether these are words that answer no question."""
        return self.kind == "narrative"

    @property
    def place(self) -> str:
        """What stands behind the `#` of its id: `24`, `p3`."""
        return f"p{self.number}" if self.is_narrative else str(self.number)

    def part(self, number: int) -> Part | None:
        return next((part for part in self.parts if part.number == number), None)

    def part_question(self, number: int) -> str | None:
        part = self.part(number)
        return self.question[slice(*part.question_span)] if part else None

    def part_answer(self, number: int) -> str | None:
        part = self.part(number)
        return self.answer[slice(*part.answer_span)] if part else None


class StoredQuestions(Sequence[Question]):
    """Questions that are read when somebody looks at them; equal to any sequence that holds the
    same ones. A company may have answered sixteen thousand, of which a reply shows one."""

    def __init__(
        self,
        read: Callable[[], tuple[Question, ...]],
        find: Callable[[int], Question | None],
        count: Callable[[], int] | None = None,
    ) -> None:
        """
        Args:
            read: All of them, in order, the same ones each time.
            find: The one with that number.
            count: How many they are; None: they are read and counted.
        """
        self._read = read
        self.find = find
        self._count = count

    def only(self, keep: Callable[[Question], bool]) -> StoredQuestions:
        """Some of them."""

        def find(number: int) -> Question | None:
            found = self.find(number)
            return found if found and keep(found) else None

        return StoredQuestions(lambda: tuple(filter(keep, self._read())), find)

    @overload
    def __getitem__(self, at: int) -> Question: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Question, ...]: ...
    def __getitem__(self, at: int | slice) -> Question | tuple[Question, ...]:
        return self._read()[at]

    def __iter__(self) -> Iterator[Question]:
        return iter(self._read())

    def __len__(self) -> int:
        return self._count() if self._count else len(self._read())

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Sequence) and self._read() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._read())


@dataclass(frozen=True)
class Narrative:
    """Official words that answer no question: a speech, a headed section."""

    heading: str | None
    text: str
    page: int | None = None  # from 1
    numbers: tuple[int, ...] = ()  # of its lines, where some were taken out; empty: counted on


@dataclass(frozen=True)
class Announcement:
    """What the company announced after an answer: its facts alone, as the desk noted them."""

    no: str  # 2025-059
    title: str
    day: date
    url: str  # http or https


@dataclass(frozen=True)
class Record:
    """One record as printed. What cannot be read is None with a warning, never guessed."""

    company_code: str  # six digits
    company_name: str  # short name, 证券简称
    record_no: str | None  # 编号 as printed
    title: str
    event_dates: tuple[EventDate, ...]  # never empty; in printed order
    questions: Sequence[Question] = ()
    activities: tuple[str, ...] = ()  # the ticked ones
    activities_read: ActivitiesRead = "read"
    start_time: time | None = None  # on the first day, Asia/Shanghai
    end_time: time | None = None  # on the last day
    place: str | None = None
    links: tuple[str, ...] = ()
    hosts: tuple[Host, ...] = ()
    attendees: str | None = None
    attachments: tuple[str, ...] = ()  # as printed: ("无",) where the form says so
    form_dates: tuple[str, ...] = ()  # row 日期, ISO; not the event date
    other: tuple[tuple[str, str], ...] = ()  # rows under labels of their own
    narrative: tuple[Narrative, ...] = ()
    is_correction: bool = False  # marked 更正 or 补充
    is_written: bool = False  # a company's written answers, each with a day of its own
    sequence: int = 1  # 2, 3 … for further records without 编号 of the same day
    warnings: tuple[str, ...] = ()  # something may be wrong; Chinese
    notes: tuple[str, ...] = ()  # facts, such as "questions are not numbered"; Chinese
    # What was announced since, by place (`4`, `p3`); the desk's, no words of the document.
    later: tuple[tuple[str, tuple[Announcement, ...]], ...] = ()
    version: int = field(default=0, compare=False)  # as stored: 1, 2 …; 0: as read from a file

    @property
    def id(self) -> str:
        """`300253/2025-002`; without 编号 `301217/20260917`, `600089/202607`, then `…-2`.

        A company's written answers are `300253/qa`.
        """
        if self.is_written:
            return written_id(self.company_code)
        if self.record_no:
            return f"{self.company_code}/{AWKWARD_IN_ID.sub('-', self.record_no)}"
        suffix = f"-{self.sequence}" if self.sequence > 1 else ""
        return f"{self.company_code}/{self.event_date.replace('-', '')}{suffix}"

    @property
    def last_event(self) -> EventDate:
        return max(self.event_dates, key=lambda dates: dates.end)

    @property
    def event_date(self) -> str:
        """The last day of the event, or its month: `2025-04-28`, `2026-07`."""
        return self.last_event.end_iso

    @property
    def event_start(self) -> str:
        """`2025-04-28T15:00:00+08:00`, else a date, else `2026-07`."""
        first = min(self.event_dates, key=lambda dates: dates.start)
        return _moment(first.start, first.precision, self.start_time)

    @property
    def event_end(self) -> str:
        return _moment(self.last_event.end, self.last_event.precision, self.end_time)

    @property
    def activity(self) -> str:
        """The ticked activities as one phrase, empty where they are not readable."""
        return "、".join(self.activities)

    def question(self, number: int) -> Question | None:
        if isinstance(self.questions, StoredQuestions):
            return self.questions.find(number)
        return next((item for item in self.questions if item.number == number), None)

    @property
    def is_from_table(self) -> bool:
        """Whether it was imported from tables or exports, and is no filed record."""
        return self.is_written or any(item.is_from_table for item in self.questions)

    def of(self, question: Question) -> Record:
        """The record as one of its questions has it: a written answer has a day of its own."""
        if not question.is_from_table:
            return self
        activities = (platform_of(self.company_code),) if question.kind == "platform" else ()
        day = question.day
        if day is None:
            return replace(self, activities=activities)
        dates = (EventDate(day, day, "day", day.isoformat()),)
        return replace(self, activities=activities, event_dates=dates)

    def until(self, day: date) -> Record | None:
        """What of it was said up to a day; None: nothing."""
        if not self.is_written:
            return self if self.last_event.end <= day else None
        said = tuple(item for item in self.questions if item.day is None or item.day <= day)
        if not said or len(said) == len(self.questions):
            return self if said else None
        last = max((item.day for item in said if item.day), default=day)
        dates = tuple(replace(dates, end=last) for dates in self.event_dates)
        return replace(self, questions=said, event_dates=dates)

    @property
    def paragraphs(self) -> tuple[Question, ...]:
        """The paragraphs of the narrative, each as words that nobody asked for.

        A paragraph is a line of a section's text, and they are counted through the record; a
        section's heading is their session.
        """
        return tuple(
            Question(number, "", line, kind="narrative", session=item.heading, page=item.page)
            for item in self._numbered()
            for number, line in zip(item.numbers, item.text.split("\n"), strict=True)
            if line
        )

    def _numbered(self) -> Iterator[Narrative]:
        """The narrative, each line with its number."""
        count = 0
        for item in self.narrative:
            lines = item.text.count("\n") + 1
            yield (
                item
                if item.numbers
                else replace(item, numbers=tuple(range(count + 1, count + lines + 1)))
            )
            count += lines

    def without(self, questions: Set[int], paragraphs: Set[int]) -> Record:
        """The record as if these were not in it; all else keeps its number."""
        left = _only(self.questions, lambda item: item.number not in questions)
        dates = self._days_of(left) if self.is_written else self.event_dates
        if not paragraphs:
            return replace(self, questions=left, event_dates=dates)
        kept: list[Narrative] = []
        for item in self._numbered():
            lines = [
                (number, line)
                for number, line in zip(item.numbers, item.text.split("\n"), strict=True)
                if number not in paragraphs
            ]
            if lines:
                text = "\n".join(line for _, line in lines)
                kept.append(replace(item, text=text, numbers=tuple(n for n, _ in lines)))
        return replace(self, questions=left, event_dates=dates, narrative=tuple(kept))

    def _days_of(self, questions: Iterable[Question]) -> tuple[EventDate, ...]:
        """From the first to the last day of these written answers; as before where none has one."""
        days = sorted(item.day for item in questions if item.day)
        if not days:
            return self.event_dates
        first, last = days[0], days[-1]
        printed = f"{first}" if first == last else f"{first} 至 {last}"
        return (EventDate(first, last, "day", printed),)

    def paragraph(self, number: int) -> Question | None:
        return next((item for item in self.paragraphs if item.number == number), None)

    def unit(self, place: str) -> Question | None:
        """A question or a paragraph by what stands behind the `#` of its id."""
        digits = place.removeprefix("p")
        if not digits.isdecimal():
            return None
        return self.question(int(digits)) if digits == place else self.paragraph(int(digits))

    def announced(self, unit: Question, until: date) -> tuple[Announcement, ...]:
        """What was announced after a question or a paragraph, up to a day, the oldest first."""
        found = dict(self.later).get(unit.place, ())
        return tuple(sorted((one for one in found if one.day <= until), key=lambda one: one.day))

    def words_hash(self) -> str:
        """SHA-256 over everything the record says; equal for the same words from other files.

        White space does not count: a PDF and its text copy differ in nothing else. Nor does the
        number as printed: 2025-2 is 2025-002, and what tells records apart is their id.
        """
        said = [
            self.company_code,
            [(dates.start_iso, dates.end_iso) for dates in self.event_dates],
            [(item.number, item.question, item.answer) for item in self.questions],
            [(item.heading, item.text) for item in self.narrative],
        ]
        canonical = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        canonical = "".join(canonical.replace("\\n", "").split())
        return hashlib.sha256(canonical.encode()).hexdigest()


def _only(questions: Sequence[Question], keep: Callable[[Question], bool]) -> Sequence[Question]:
    if isinstance(questions, StoredQuestions):
        return questions.only(keep)
    return tuple(filter(keep, questions))


def written_id(company_code: str) -> str:
    """The id of a company's written answers."""
    return f"{company_code}/qa"


def platform_of(company_code: str) -> str:
    """On which platform investors ask a company, by the exchange that its code belongs to."""
    if company_code.startswith(("6", "9")) and not company_code.startswith("92"):
        return "上证e互动"
    return "互动易" if company_code.startswith(("0", "2", "3")) else "互动平台"


def _moment(day: date, precision: Precision, clock: time | None) -> str:
    # The form gives Chinese wall-clock time; China has had no daylight saving since 1991.
    if precision == "day" and clock is not None:
        return f"{day.isoformat()}T{clock.isoformat()}+08:00"
    return iso(day, precision)


@dataclass(frozen=True)
class Furniture:
    """A piece of page furniture: printed, but no words of the record."""

    page: int | None
    kind: str  # one of reading's closed list
    text: str


@dataclass(frozen=True)
class Proof:
    """Where every character of the source went (white space apart)."""

    placed: int  # characters in header values, questions, answers and narrative
    furniture: tuple[Furniture, ...] = ()
    unplaced: tuple[Furniture, ...] = ()  # kind "unplaced"; must be empty to be imported


@dataclass(frozen=True)
class Reading:
    """One record read from a file, with the proof that nothing went missing."""

    record: Record
    proof: Proof = field(default_factory=lambda: Proof(0))
