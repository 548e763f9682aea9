"""What the form's head and rows say → the record's fields, except for the main content's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise, takewhile
from typing import cast

from bot.errors import Problem
from bot.radicals import unified
from bot.reading import days, header
from bot.reading.form import NAMELESS, Form, Row, is_dated
from bot.reading.hosts import hosts
from bot.reading.ledger import Ledger, Span, join
from bot.reading.lines import squashed
from bot.reading.lists import CONTINUES, is_headed_list, is_list
from bot.reading.row_labels import is_foot_label
from bot.record import ActivitiesRead, EventDate, Host


@dataclass(frozen=True)
class Identity:
    """Which record it is; a code, a name or dates that cannot be read are empty."""

    code: str
    name: str
    number: str | None
    dates: tuple[EventDate, ...]
    head: str  # the words above the form's rows
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Rows:
    """The record's fields of the same names."""

    activities: tuple[str, ...]
    activities_read: ActivitiesRead
    place: str | None
    links: tuple[str, ...]
    hosts: tuple[Host, ...]
    attendees: str | None
    attachments: tuple[str, ...]
    form_dates: tuple[str, ...]
    other: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def read_identity(ledger: Ledger, form: Form, given: Mapping[str, str]) -> Identity:
    """Code, name, number and dates: those that a person gives before those that are printed."""
    own = "\n".join(ledger.text(span) for span in form.head)
    head = "\n".join(ledger.text(span) for span in (*form.head, *form.inherited))
    codes = dict.fromkeys(header.CODE.findall(own))
    numbers = header.numbers(own)
    problems = [
        Problem(f"表头有不同的{named}：{'、'.join(found)}；可用 --set {name}= 指定")
        for named, name, found in (
            ("证券代码", "company_code", list(codes)),
            ("编号", "record_no", numbers),
        )
        if len(found) > 1 and name not in given
    ]
    code = given.get("company_code") or _first(header.CODE.search(head))
    name = given.get("company_name") or _first(header.NAME.search(head))
    dates, notes = _dates(given, unified(_value(ledger, form, "time")), _form_dates(ledger, form))
    if not re.fullmatch(r"\d{6}", code):
        problems.append(Problem("读不出证券代码；可用 --set company_code=六位代码 补上"))
    if not name:
        problems.append(Problem("读不出证券简称；可用 --set company_name=简称 补上"))
    if not dates:
        problems.append(Problem("读不出活动日期；可用 --set event_date=2025-04-28 补上"))
    number = given.get("record_no") or next(iter(numbers), None)
    return Identity(code, name, number, dates, head, notes, tuple(problems))


def read_rows(ledger: Ledger, form: Form) -> Rows:
    """What every other row says; all its words are placed."""
    activities, read = _activities(ledger, form.values("activities"))
    for name in ("time", "activities", "hosts"):
        for span in form.values(name):
            ledger.place(span)
    place = _value(ledger, form, "place")
    attachments = [_attached(ledger, row) for row in form.rows if row.field == "attachments"]
    other = [
        (row.label, _joined(ledger, row.value, by_row=_each if row.field else _none))
        for row in form.rows
        if not row.field or _says_more(ledger, row)
    ]
    warnings = _nameless(ledger, form)
    if not any(
        row.field in ("attachments", "form_dates") or is_foot_label(row.label) for row in form.rows
    ):
        warnings.append("没有读到附件清单、日期等表尾栏目，文件可能不完整，请核对原件")
    if read == "not readable":
        warnings.append("活动类别的勾选读不出")
    return Rows(
        activities=activities,
        activities_read=read,
        place=place or None,
        links=_links(ledger, form.values("place")) or header.links(place),
        hosts=hosts([ledger.text(span) for span in form.values("hosts")]),
        attendees=_joined(ledger, form.values("attendees"), by_row=is_list) or None,
        attachments=tuple(filter(None, attachments)),
        form_dates=_form_dates(ledger, form),
        other=tuple(other),
        warnings=tuple(warnings),
    )


def _first(match: re.Match[str] | None) -> str:
    return match[1].strip() if match else ""


def _activities(ledger: Ledger, spans: list[Span]) -> tuple[tuple[str, ...], ActivitiesRead]:
    words = [(ledger.text(span), ledger.line(span).ticked) for span in spans]
    activities, read = header.ticked(words)
    return activities, cast(ActivitiesRead, read)


def _links(ledger: Ledger, spans: list[Span]) -> tuple[str, ...]:
    """Addresses behind the words and printed in them, each once."""
    found = [
        link
        for span in spans
        for link in (*ledger.line(span).links, *header.links(ledger.text(span)))
    ]
    return tuple(dict.fromkeys(found))


def _attached(ledger: Ledger, row: Row) -> str:
    return _joined(ledger, row.value, by_row=is_headed_list)


def _form_dates(ledger: Ledger, form: Form) -> tuple[str, ...]:
    return days.form_dates(unified(_dated(ledger, form)))


def title_of(ledger: Ledger, head: list[Span]) -> str:
    """The company's name and the form's, as printed; places every line of the head."""
    words = [squashed(ledger.text(span)) for span in head]
    titled = [at for at, text in enumerate(words) if header.TITLE.search(text)]
    # 投资者关系 / 活动记录表
    titled = titled or [
        place
        for at, (one, other) in enumerate(pairwise(words))
        if header.TITLE.search(one + other)
        for place in (at, at + 1)
    ]
    for at, span in enumerate(head):
        if at in titled or not _is_foreign(ledger.text(span)):
            ledger.place(span)
    if not titled:
        return ""
    # A running head on the first page has such words too: the last of them is the title's.
    first = last = titled[-1]
    while first and (first - 1 in titled[-2:-1] or words[first - 1].endswith("公司")):
        first -= 1
    return _joined(ledger, head[first : last + 1])


def _is_foreign(text: str) -> bool:
    """Whether a line of the head says more than a form's head does: a web page's own words."""
    if header.CODE.search(text) or header.NUMBER.search(text):
        return False
    return bool(re.search(r"[。！？]", text) or ("，" in text and len(squashed(text)) > 20))


def _nameless(ledger: Ledger, form: Form) -> list[str]:
    """Rows whose label's cell is empty, if they say more than that there is nothing."""
    texts = (_joined(ledger, row.value) for row in form.rows if row.label == NAMELESS)
    return [
        f"有一栏没有栏目名，没有当作答复：“{text[:30]}”，请核对"
        for text in texts
        if text not in ("无", "-", "/")
    ]


def _dates(
    given: Mapping[str, str], printed: str, form_dates: tuple[str, ...]
) -> tuple[tuple[EventDate, ...], tuple[str, ...]]:
    """Event dates; days without a year take that of 日期 or 编号, and a note says so."""
    dates = _given_dates(given) or days.event_dates(printed)
    if dates:
        return dates, ()
    year = int(form_dates[-1][:4]) if form_dates else None
    for candidate in (year, year - 1) if year else ():
        # The form is filled in after the event: in January, perhaps, for one in December.
        dates = days.event_dates(printed, candidate)
        if dates and dates[-1].end_iso <= form_dates[-1]:
            return dates, (f"时间一栏没有年份，按“日期”一栏取{candidate}年",)
    return (), ()


def _dated(ledger: Ledger, form: Form) -> str:
    """The row 日期. It is the form's last: words below it that hold no date are left unplaced."""
    return _joined(ledger, list(takewhile(partial(is_dated, ledger), form.values("form_dates"))))


def _given_dates(given: Mapping[str, str]) -> tuple[EventDate, ...]:
    if "event_date" not in given:
        return ()
    try:
        day = date.fromisoformat(given["event_date"])
    except ValueError:
        return days.event_dates(given["event_date"])
    return (EventDate(day, day, "day", given["event_date"]),)


def _says_more(ledger: Ledger, row: Row) -> bool:
    """Whether no field keeps all words of the row: then it stays as printed, under its label."""
    words = [ledger.text(span) for span in row.value]
    if row.field == "activities":
        return header.says_more([(ledger.text(at), ledger.line(at).ticked) for at in row.value])
    if row.field == "time":
        return days.says_more("\n".join(words))
    if row.field == "hosts":
        kept = squashed("".join(host.printed for host in hosts(words)))
        return len(kept) < len(re.sub(r"[\s、，,；;。]", "", "".join(words))) - len(words)
    return False


def _value(ledger: Ledger, form: Form, name: str) -> str:
    return _joined(ledger, form.values(name))


def _each(_: list[str]) -> bool:
    return True


def _none(_: list[str]) -> bool:
    return False


def _joined(ledger: Ledger, spans: list[Span], by_row: Callable[[list[str]], bool] = _none) -> str:
    """The words of the lines, as one text.

    Args:
        ledger: Where the lines are placed.
        spans: The lines.
        by_row: Whether lines of the text are rows, each of which stays a line of its own.
    """
    lines = [ledger.place(span).strip() for span in spans]
    rows = by_row(lines)
    breaks = [
        (rows and not (at and lines[at - 1].endswith(CONTINUES)))
        or (not ledger.source.wrapped and ledger.line(span).row != "")
        for at, span in enumerate(spans)
    ]
    kept = [(line, starts) for line, starts in zip(lines, breaks, strict=True) if line]
    return join([line for line, _ in kept], [starts for _, starts in kept])
