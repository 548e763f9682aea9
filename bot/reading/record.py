"""One record from one file: furniture aside, the form, its header, its questions, the proof."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import cast

from bot.errors import Problem, ReadingError
from bot.reading import header
from bot.reading.form import Form, read_form
from bot.reading.questions import Content, read_content
from bot.reading.source import read_source, squashed
from bot.reading.text import Ledger, Span, join
from bot.record import ActivitiesRead, EventDate, Proof, Reading, Record

_MOST_FURNITURE = 0.05  # share of characters above which a warning is due
_PAGE_NUMBER = re.compile(r"\s*(?:第\s*)?[-—–\s]*\d{1,3}\s*(?:/\s*\d{1,3})?[-—–\s]*(?:页)?\s*")
_DASHES = re.compile(r"[-—–\s|]+")
_SETTABLE = {"company_code", "company_name", "record_no", "event_date", "title"}


def read_records(
    data: bytes,
    file: str,
    given: Mapping[str, str] | None = None,
    *,
    accept_warnings: bool = False,
) -> tuple[Reading, ...]:
    """Read a file whole, or refuse it.

    Args:
        data: The file's bytes.
        file: Its name, for errors.
        given: Header fields set by a person: company_code, company_name, record_no, event_date.
        accept_warnings: A person has looked: text without a place is a warning, not a refusal.

    Raises:
        ReadingError: Not such a record, a required field missing, text without a place, an empty
            answer; all problems at once.
        UnknownKindError: A kind of file that is not read.
    """
    given = given or {}
    if unknown := set(given) - _SETTABLE:
        raise ReadingError(
            file,
            (Problem(f"--set 不认识 {'、'.join(unknown)}；可用 {'、'.join(sorted(_SETTABLE))}"),),
        )
    ledger = Ledger(read_source(data, file))
    _put_furniture_aside(ledger)
    form = read_form(ledger)
    if not any(row.field for row in form.rows):
        raise ReadingError(file, (Problem("不是投资者关系活动记录表：没有找到表中的栏目"),))
    content = read_content(ledger, form.values("content"))
    record, problems = _record(ledger, form, content, given)
    proof = ledger.proof()
    problems += _gaps(content, proof)
    if problems and not (accept_warnings and record is not None):
        raise ReadingError(file, tuple(problems))
    if record is None:
        raise ReadingError(file, tuple(problems))
    warnings = (*record.warnings, *(problem.what for problem in problems), *_furniture_share(proof))
    return (Reading(Record(**{**vars(record), "warnings": warnings}), proof),)


def differences(stored: Record, reread: Record) -> list[str]:
    """What a stored record says otherwise than its source, in Chinese, a line each."""
    found = [
        f"{label} 与源文件不一致"
        for label, one, other in (
            ("编号", stored.record_no, reread.record_no),
            ("活动日期", stored.event_dates, reread.event_dates),
            ("时间", (stored.start_time, stored.end_time), (reread.start_time, reread.end_time)),
            ("地点", stored.place, reread.place),
            ("接待人员", stored.hosts, reread.hosts),
            ("附件", stored.attachments, reread.attachments),
            ("活动类别", stored.activities, reread.activities),
            ("其他栏目", (stored.attendees, stored.other), (reread.attendees, reread.other)),
            ("正文", stored.narrative, reread.narrative),
        )
        if one != other
    ]
    numbers = dict.fromkeys(item.number for item in (*stored.questions, *reread.questions))
    for number in numbers:
        one, other = stored.question(number), reread.question(number)
        if one is None or other is None:
            found.append(f"第{number}问 只在{'源文件' if one is None else '库'}中有")
            continue
        for label, mine, theirs in (
            ("提问", one.question, other.question),
            ("答复", one.answer, other.answer),
            ("小问", one.parts, other.parts),
        ):
            if mine != theirs:
                found.append(f"第{number}问 {label}与源文件不一致")
    return found


def _put_furniture_aside(ledger: Ledger) -> None:
    lines = ledger.source.lines
    pages = {line.page for line in lines}
    seen = Counter(squashed(line.text) for line in lines)
    edges: dict[int, tuple[int, int]] = {}
    for number, line in enumerate(lines):
        first, _ = edges.get(line.page, (number, number))
        edges[line.page] = (first, number)
    at_edge = {number for edge in edges.values() for number in edge}
    heads = set[str]()
    for number, line in enumerate(lines):
        whole, text = ledger.whole(number), squashed(line.text)
        if _DASHES.fullmatch(line.text) and not line.row:
            ledger.put_aside(whole, "empty-row dash")
        elif _PAGE_NUMBER.fullmatch(line.text) and (
            not text.isdigit() or (number in at_edge and len(pages) > 1)
        ):
            ledger.put_aside(whole, "page number")
        elif seen[text] > 1 and (text in heads or number in at_edge) and _is_running(text):
            if text in heads:
                ledger.put_aside(whole, "running head")
            heads.add(text)


def _is_running(text: str) -> bool:
    return bool(header.TITLE.search(text) or header.CODE.search(text))


def _record(
    ledger: Ledger, form: Form, content: Content, given: Mapping[str, str]
) -> tuple[Record | None, list[Problem]]:
    head = "\n".join(ledger.text(span) for span in form.head)
    code = given.get("company_code") or _first(header.CODE.search(head))
    name = given.get("company_name") or _first(header.NAME.search(head))
    number = given.get("record_no") or _first(header.NUMBER.search(head))
    printed_time = _value(ledger, form, "time")
    dates = _given_dates(given) or header.event_dates(printed_time)
    problems = []
    if not code or not re.fullmatch(r"\d{6}", code):
        problems.append(Problem("读不出证券代码；可用 --set company_code=六位代码 补上"))
    if not name:
        problems.append(Problem("读不出证券简称；可用 --set company_name=简称 补上"))
    if not dates:
        problems.append(Problem("读不出活动日期；可用 --set event_date=2025-04-28 补上"))
    title = _title(ledger, form.head)
    place_lines = form.values("place")
    start, end = header.clock_times(printed_time)
    activities, read = header.ticked(
        [(ledger.text(span), ledger.line(span).ticked) for span in form.values("activities")]
    )
    place = _value(ledger, form, "place")
    fields = {
        "place": place or None,
        "hosts": header.hosts([ledger.text(span) for span in form.values("hosts")]),
        "attendees": _value(ledger, form, "attendees") or None,
        "attachments": tuple(filter(None, [_value(ledger, form, "attachments")])),
        "form_dates": header.form_dates(_value(ledger, form, "form_dates")),
        "other": tuple(
            (row.label, _joined(ledger, row.value)) for row in form.rows if not row.field
        ),
    }
    for name_ in ("time", "activities", "hosts", "form_dates"):
        for span in form.values(name_):
            ledger.place(span)
    warnings = list(content.warnings)
    if read == "not readable":
        warnings.append("活动类别的勾选读不出")
    if not (code and name and dates) or problems:
        return None, problems
    record = Record(
        company_code=code,
        company_name=name,
        record_no=number,
        title=title,
        event_dates=dates,
        questions=content.questions,
        activities=activities,
        activities_read=cast(ActivitiesRead, read),
        start_time=start,
        end_time=end,
        links=tuple(
            dict.fromkeys(
                link
                for span in place_lines
                for link in (*ledger.line(span).links, *header.links(ledger.text(span)))
            )
        )
        or header.links(place),
        narrative=content.narrative,
        is_correction=bool(re.search(r"更正|补充", title)),
        warnings=tuple(warnings),
        notes=content.notes,
        **fields,  # type: ignore[arg-type]
    )
    return record, problems


def _given_dates(given: Mapping[str, str]) -> tuple[EventDate, ...]:
    if "event_date" not in given:
        return ()
    try:
        day = date.fromisoformat(given["event_date"])
    except ValueError:
        return header.event_dates(given["event_date"])
    return (EventDate(day, day, "day", given["event_date"]),)


def _title(ledger: Ledger, head: list[Span]) -> str:
    """The company's name and the form's, as printed; places every line of the head."""
    titled = next(
        (at for at, span in enumerate(head) if header.TITLE.search(squashed(ledger.text(span)))),
        None,
    )
    for span in head:
        ledger.place(span)
    if titled is None:
        return ""
    first = titled
    while first and re.search(r"公司$", ledger.text(head[first - 1]).strip()):
        first -= 1
    return _joined(ledger, head[first : titled + 1])


def _value(ledger: Ledger, form: Form, name: str) -> str:
    return _joined(ledger, form.values(name))


def _joined(ledger: Ledger, spans: list[Span]) -> str:
    lines = [ledger.place(span).strip() for span in spans]
    breaks = [not ledger.source.wrapped and ledger.line(span).row != "" for span in spans]
    kept = [(line, starts) for line, starts in zip(lines, breaks, strict=True) if line]
    return join([line for line, _ in kept], [starts for _, starts in kept])


def _first(match: re.Match[str] | None) -> str | None:
    return match[1] if match else None


def _gaps(content: Content, proof: Proof) -> list[Problem]:
    problems = [Problem("提问或答复是空的", None, number) for number in content.empty]
    if not (content.questions or content.narrative):
        problems.append(Problem("没有读到任何提问、答复或交流内容"))
    problems += [
        Problem(f"这些文字没有归位：{piece.text[:60]}", piece.page) for piece in proof.unplaced
    ]
    return problems


def _furniture_share(proof: Proof) -> tuple[str, ...]:
    aside = sum(
        len(squashed(piece.text))
        for piece in proof.furniture
        if not piece.kind.endswith("label")  # the form's and the questions' own
    )
    share = aside / max(1, aside + proof.placed)
    if share <= _MOST_FURNITURE:
        return ()
    return (f"版面文字占 {share:.0%}，请核对没有把正文当作页眉页脚",)
