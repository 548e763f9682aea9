"""One record from one file: furniture aside, the form, its header, its questions, the proof."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import pairwise, takewhile
from typing import cast

from bot.errors import Problem, ReadingError
from bot.radicals import unified
from bot.reading import account, days, guards, header
from bot.reading.form import NAMELESS, Form, Row, is_dated, read_forms
from bot.reading.furniture import put_furniture_aside
from bot.reading.hosts import hosts
from bot.reading.labels import ANSWER, ASKED, label_of
from bot.reading.lines import squashed
from bot.reading.lists import CONTINUES, is_headed_list, is_list
from bot.reading.order import went_apart
from bot.reading.platform import PLATFORM, is_platform
from bot.reading.printed import as_printed
from bot.reading.questions import Content, read_content
from bot.reading.source import read_source
from bot.reading.text import Ledger, Span, join
from bot.reading.vocabulary import is_foot_label
from bot.record import (
    ActivitiesRead,
    EventDate,
    Proof,
    Reading,
    Record,
)

_MOST_FURNITURE = 0.05  # share of characters above which a warning is due
_CORRECTED = re.compile(r"更正|补充(?:版|后|披露|说明|公告)|[（(]补充[)）]|修订(?:版|稿|后)")
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
    doubts = put_furniture_aside(ledger)
    against = (*ledger.source.doubts, *doubts.problems)
    looked_at = tuple(problem.what for problem in against if accept_warnings)
    forms = read_forms(ledger)
    if not any(form.values("content") for form in forms) and is_platform(ledger.source):
        raise ReadingError(file, (Problem(PLATFORM),))
    if not any(row.field for form in forms for row in form.rows):
        raise ReadingError(file, (Problem("不是投资者关系活动记录表：没有找到表中的栏目"),))
    if given and len(forms) > 1:
        raise ReadingError(
            file, (Problem(f"文件里有 {len(forms)} 份记录，--set 不知道指哪一份；请分成几个文件"),)
        )
    readings = [
        _reading(ledger, form, given, file, accept_warnings, (*doubts.warnings, *looked_at))
        for form in _with_heads(ledger, forms)
    ]
    readings[0][1].extend(against)
    problems = [problem for _, found in readings for problem in found]
    records = tuple(reading for reading, _ in readings if reading is not None)
    if problems and not (accept_warnings and len(records) == len(readings)):
        raise ReadingError(file, tuple(problems))
    return records


def _with_heads(ledger: Ledger, forms: list[Form]) -> list[Form]:
    """Each form with the words above it: a second record of one company may omit its code."""
    for above, form in pairwise(forms):
        if not any(header.CODE.search(ledger.text(span)) for span in form.head):
            form.inherited = above.inherited or above.head
    return forms


def _reading(
    ledger: Ledger,
    form: Form,
    given: Mapping[str, str],
    file: str,
    accept_warnings: bool,
    file_warnings: tuple[str, ...],
) -> tuple[Reading | None, list[Problem]]:
    """One record with its proof, and what stands against importing it."""
    content = read_content(ledger, form.values("content"))
    record, problems = _record(ledger, form, content, given, file)
    proof = ledger.proof(form.first, form.end)
    problems += _gaps(content, proof)
    problems += _out_of_place(ledger, form, content)
    if record is None:
        return None, problems
    doubts = [str(problem.what) for problem in problems] if accept_warnings else []
    warnings = (
        *record.warnings,
        *guards.warnings(content.questions),
        *doubts,
        *file_warnings,
        *ledger.source.remarks,
        *_furniture_share(proof),
    )
    return Reading(as_printed(replace(record, warnings=warnings), ledger), proof), problems


def _out_of_place(ledger: Ledger, form: Form, content: Content) -> list[Problem]:
    """Words of the content in another row, or of another row in the content."""
    places = [at for at, row in enumerate(form.rows) if row.field == "content"]
    rows = [
        guards.ReadRow(
            row.label,
            row.field,
            "\n".join(ledger.text(span) for span in row.value),
            bool(places) and at > places[-1],
        )
        for at, row in enumerate(form.rows)
    ]
    lost = [
        Problem(
            f"正文里的“{ledger.text(span)[:24]}”像是表尾的栏目，而表尾没有这一栏",
            ledger.line(span).page,
        )
        for span in form.missing_below()
    ]
    moved = account.misplaced(
        ledger, content.begins, content.end, content.questions, content.narrative
    )
    return [*lost, *(Problem(line) for line in guards.refusals(rows))] + [
        Problem(f"原文与读到的不一致，可能有文字归错了栏目：“{words}”", None, number)
        for number, words in moved
    ]


def _record(
    ledger: Ledger, form: Form, content: Content, given: Mapping[str, str], file: str
) -> tuple[Record | None, list[Problem]]:
    head = "\n".join(ledger.text(span) for span in (*form.head, *form.inherited))
    code = given.get("company_code") or _first(header.CODE.search(head))
    name = given.get("company_name") or _first(header.NAME.search(head))
    numbers = header.numbers("\n".join(ledger.text(at) for at in form.head))
    number = given.get("record_no") or next(iter(numbers), None)
    printed_time = unified(_value(ledger, form, "time"))
    form_dates = days.form_dates(unified(_dated(ledger, form)))
    dates, year_notes = _dates(given, printed_time, form_dates)
    problems = []
    codes = dict.fromkeys(header.CODE.findall("\n".join(ledger.text(span) for span in form.head)))
    if len(codes) > 1 and "company_code" not in given:
        problems.append(
            Problem(f"表头有不同的证券代码：{'、'.join(codes)}；可用 --set company_code= 指定")
        )
    if len(numbers) > 1 and "record_no" not in given:
        problems.append(
            Problem(f"表头有不同的编号：{'、'.join(numbers)}；可用 --set record_no= 指定")
        )
    elsewhere = _questions_elsewhere(ledger, form)
    if form.has_content() and (elsewhere or went_apart(ledger, form)) and ledger.source.copied:
        what = "栏目与内容次序不对（可能由转换工具生成），请用原 PDF"
        raise ReadingError(file, (Problem(what),))
    problems += elsewhere
    if not code or not re.fullmatch(r"\d{6}", code):
        problems.append(Problem("读不出证券代码；可用 --set company_code=六位代码 补上"))
    if not name:
        problems.append(Problem("读不出证券简称；可用 --set company_name=简称 补上"))
    if not dates:
        problems.append(Problem("读不出活动日期；可用 --set event_date=2025-04-28 补上"))
    title = _title(ledger, form.head)
    place_lines = form.values("place")
    start, end = days.clock_times(printed_time)
    activities, read = header.ticked(
        [(ledger.text(span), ledger.line(span).ticked) for span in form.values("activities")]
    )
    place = _value(ledger, form, "place")
    fields = {
        "place": place or None,
        "hosts": hosts([ledger.text(span) for span in form.values("hosts")]),
        "attendees": _joined(ledger, form.values("attendees"), by_row=is_list) or None,
        "attachments": tuple(
            filter(
                None,
                (
                    _joined(ledger, row.value, by_row=is_headed_list)
                    for row in form.rows
                    if row.field == "attachments"
                ),
            )
        ),
        "form_dates": form_dates,
        "other": tuple(
            (row.label, _joined(ledger, row.value, by_row=_each if row.field else _none))
            for row in form.rows
            if not row.field or _says_more(ledger, row)
        ),
    }
    for name_ in ("time", "activities", "hosts"):
        for span in form.values(name_):
            ledger.place(span)
    warnings = [*content.warnings, *_nameless(ledger, form)]
    if not any(
        row.field in ("attachments", "form_dates") or is_foot_label(row.label) for row in form.rows
    ):
        warnings.append("没有读到附件清单、日期等表尾栏目，文件可能不完整，请核对原件")
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
        is_correction=bool(_CORRECTED.search(f"{head}\n{file}")),
        warnings=tuple(warnings),
        notes=(*content.notes, *year_notes),
        **fields,  # type: ignore[arg-type]
    )
    return record, problems


def _nameless(ledger: Ledger, form: Form) -> list[str]:
    """Rows whose label's cell is empty, if they say more than that there is nothing."""
    texts = (_joined(ledger, row.value) for row in form.rows if row.label == NAMELESS)
    return [
        f"有一栏没有栏目名，没有当作答复：“{text[:30]}”，请核对"
        for text in texts
        if text not in ("无", "-", "/")
    ]


def _questions_elsewhere(ledger: Ledger, form: Form) -> list[Problem]:
    """Questions or answers above the main content's label: its row begins there, unseen."""
    return [
        Problem(
            f"“{row.label}”一栏里像是有提问或答复：{ledger.text(span)[:30]}", ledger.line(span).page
        )
        for row in form.rows
        if row.field in ("activities", "time", "place", "hosts", "attendees")
        for span in row.value
        if ANSWER.match(ledger.text(span))
        or (
            (label := label_of(ledger.text(span)))
            and label.kind != "open"
            and ASKED.search(ledger.text(span))
        )
    ][:1]


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


def _title(ledger: Ledger, head: list[Span]) -> str:
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


def _says_more(ledger: Ledger, row: Row) -> bool:
    """Whether no field keeps all words of the row: then it stays as printed, under its label."""
    words = [ledger.text(span) for span in row.value]
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
        # The form's own and the questions'; a watermark is named by itself, a converter's are many.
        if not piece.kind.endswith(("label", "watermark", "marker", "cell"))
    )
    share = aside / max(1, aside + proof.placed)
    if share <= _MOST_FURNITURE:
        return ()
    return (f"版面文字占 {share:.0%}，请核对没有把正文当作页眉页脚",)
