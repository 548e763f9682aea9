"""A table's rows → questions with their answers; what is left out or refused is told by its row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from bot.errors import Problem, ReadingError
from bot.reading.tables import cells
from bot.reading.tables.cells import CHINA_CLOCK, Clock, UnreadableCellError
from bot.reading.tables.columns import Columns
from bot.reading.tables.spool import Row
from bot.record import DatedBy

SETTABLE = frozenset(
    ("company_code", "company_name", "record_no", "event_date", "captured", "utc_offset")
)
_MOST_TOLD = 50  # rows that are named; of more the number is told
_PLATFORM = re.compile(r"互动易|e互动|irm\.(?:cninfo|szse)|sseinfo\.com|互动平台", re.I)
_ABRUPT = re.compile(r"[，,、：:（(“]$")  # where an export cut a question, it ends so
_LISTED_RECORDS = "4"  # contentType of a platform's list of filed records
_LONG_ID = 15  # digits that a spreadsheet leaves as they are
_CHINA_OFFSET = 8.0


@dataclass(frozen=True)
class Given:
    """What a person set for rows that lack it."""

    code: str = ""
    name: str = ""
    record_no: str | None = None
    day: str | None = None
    clock: Clock = CHINA_CLOCK


def given_fields(given: Mapping[str, str], file: str) -> Given:
    """Check what was set.

    Raises:
        ReadingError: A field that there is not, or a value that it cannot have.
    """
    if unknown := set(given) - SETTABLE:
        told = "、".join(sorted(unknown))
        allowed = "、".join(sorted(SETTABLE))
        raise ReadingError(file, (Problem(f"表格的 --set 不认识 {told}；可用 {allowed}"),))
    try:
        captured, offset = given.get("captured"), given.get("utc_offset")
        return Given(
            cells.code(given.get("company_code", "")),
            given.get("company_name", ""),
            given.get("record_no") or None,
            cells.when(given["event_date"]) if "event_date" in given else None,
            Clock(
                datetime.fromisoformat(captured).replace(tzinfo=None) if captured else None,
                _CHINA_OFFSET - float(offset) if offset else 0.0,
            ),
        )
    except (UnreadableCellError, ValueError) as error:
        raise ReadingError(file, (Problem(f"--set 的值不对：{error}"),)) from error


@dataclass
class Told:
    """What happened to the rows that did not become questions, and what to mind of the others."""

    unanswered: int = 0
    listed_records: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)  # row, why; Chinese
    refused_count: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    odd_places: dict[str, list[int]] = field(default_factory=dict)

    def refuse(self, place: int, why: str) -> None:
        self.refused_count += 1
        if len(self.refused) < _MOST_TOLD:
            self.refused.append((place, why))

    def mind(self, place: int, what: str) -> None:
        self.odd[what] += 1
        places = self.odd_places.setdefault(what, [])
        if len(places) < _MOST_TOLD:
            places.append(place)

    def warnings(self) -> tuple[str, ...]:
        return tuple(
            f"{what}：第{'、'.join(map(str, self.odd_places[what]))}行"
            + (f"等{count}行" if count > len(self.odd_places[what]) else "")
            for what, count in self.odd.items()
        )


class RowReader:
    """Takes the rows of one file."""

    def __init__(self, given: Given, keep: Callable[[Row], None]) -> None:
        """keep: what takes a row that was read."""
        self._given = given
        self._keep = keep
        self.told = Told()
        self.kept = 0
        self.characters = 0
        self.has_update_times = False
        self._has_whole_ids = False  # so no spreadsheet has cut them
        self._foreign = self._short = 0  # the rows of the first such codes

    def take(self, place: int, columns: Columns, values: Sequence[object]) -> None:
        """Read one row."""
        found = columns.cells(values)
        try:
            if all(cells.is_nothing(cells.printed(value)) for value in found.values()):
                return
            if any("\0" in value for value in found.values() if isinstance(value, str)):
                raise UnreadableCellError("含有 NUL 字符（U+0000），这一行可能已损坏")
            row = self._read(place, columns, found)
        except UnreadableCellError as error:
            self.told.refuse(place, str(error))
            return
        if row is not None:
            self.kept += 1
            self.characters += len(row.question) + len(row.answer)
            self._keep(row)

    def doubtful_codes(self) -> str:
        """Why short codes may not be of this market; Chinese, empty where they must be."""
        if not (self._foreign and self._short):
            return ""
        return (
            f"第{self._short}行的股票代码缺位，而第{self._foreign}行是其他市场的代码，补不出唯一的六位"
            "数字；请把代码列改成六位文本"
        )

    def _read(self, place: int, columns: Columns, found: Mapping[str, object]) -> Row | None:
        if cells.printed(found.get("content_type")) == _LISTED_RECORDS:
            self.told.listed_records += 1
            return None
        question, answer = (
            self._words(place, found, "question"),
            self._words(place, found, "answer"),
        )
        if cells.is_nothing(answer):
            self.told.unanswered += 1
            return None
        if cells.is_nothing(question):
            raise UnreadableCellError("有答复而没有问题")
        code = self._code(place, found.get("code"))
        asked = cells.when(found.get("asked"), self._given.clock)
        answered, dated_by = self._answered(found)
        link = cells.printed(found.get("link")).strip() or None
        platform = f"{cells.printed(found.get('platform'))} {link or ''}"
        is_platform = columns.is_platform or _PLATFORM.search(platform)
        kind: Literal["platform", "table"] = "platform" if is_platform else "table"
        self._mind(place, question, asked, answered)
        return Row(
            place,
            code,
            cells.words(found.get("name"))[0] or self._given.name,
            kind,
            question,
            answer,
            asked,
            answered,
            dated_by,
            self._row_id(place, found),
            link,
            _record_no(found.get("record_no")) or self._given.record_no,
            _number(found.get("number")),
        )

    def _words(self, place: int, found: Mapping[str, object], name: str) -> str:
        text, dropped = cells.words(found.get(name))
        for kind in dropped:
            self.told.mind(place, f"单元格里的 {kind} 不是文字，未收录")
        return text

    def _code(self, place: int, value: object) -> str:
        if value is not None and cells.has_foreign_code(value):
            self._foreign = self._foreign or place
        code = cells.code(value) or self._given.code
        if not code:
            raise UnreadableCellError("没有股票代码；可用 --set company_code=六位代码 补上")
        if cells.is_short_code(value):
            self._short = self._short or place
        return code

    def _answered(self, found: Mapping[str, object]) -> tuple[str, DatedBy]:
        """When it was answered, and what that date is."""
        clock = self._given.clock
        unreadable: UnreadableCellError | None = None
        fields: tuple[tuple[str, DatedBy], ...] = (
            ("answered", "answer"),
            ("day", "day"),
            ("updated", "update"),
        )
        for name, dated_by in fields:
            try:
                if day := cells.when(found.get(name), clock):
                    self.has_update_times |= dated_by == "update"
                    return day, dated_by
            except UnreadableCellError as error:
                unreadable = unreadable or error
                break  # never a date of another kind in place of one that cannot be read
        if self._given.day:
            return self._given.day, "day"
        raise unreadable or UnreadableCellError("没有回复日期；可用 --set event_date=日期 补上")

    def _row_id(self, place: int, found: Mapping[str, object]) -> str | None:
        row_id = cells.row_id(found.get("id"))
        if row_id is None:
            return None
        if not cells.is_cut(row_id):
            self._has_whole_ids |= len(row_id) > _LONG_ID
        elif not (self._has_whole_ids and row_id.isdigit()):  # one in 10,000 ends with zeros
            self.told.mind(place, "问题编号被表格软件截去了末几位，未采用")
            return None
        return row_id

    def _mind(self, place: int, question: str, asked: str | None, answered: str) -> None:
        opened = sum(map(question.count, "(（")) > sum(map(question.count, ")）"))
        if opened or _ABRUPT.search(question):
            self.told.mind(place, "提问像是被截断了，请核对原文")
        if asked and answered[:10] < asked[:10]:
            self.told.mind(place, "回复日早于提问日")


def _number(value: object) -> int | None:
    text = cells.printed(value).strip()
    return int(text) if text.isdecimal() and 0 < len(text) <= 9 and int(text) > 0 else None


def _record_no(value: object) -> str:
    if isinstance(value, date):
        raise UnreadableCellError(
            f"编号被表格软件当成了日期（{value:%Y-%m-%d}）；请把编号列改成文本"
        )
    return cells.printed(value).strip()
