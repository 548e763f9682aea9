"""One record from one file: furniture aside, the form, its header, its questions, the proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from bot.errors import Problem, ReadingError
from bot.radicals import unified
from bot.reading import account, days, guards, header
from bot.reading.fields import read_identity, read_rows, title_of
from bot.reading.form import Form, read_forms
from bot.reading.furniture import put_furniture_aside
from bot.reading.ledger import Ledger
from bot.reading.lines import squashed
from bot.reading.order import went_apart
from bot.reading.platform import PLATFORM, is_platform
from bot.reading.printed import as_printed
from bot.reading.question_labels import ANSWER, ASKED, label_of
from bot.reading.questions import Content, read_content
from bot.reading.source import read_source
from bot.record import (
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
        given: Header fields set by a person: company_code, company_name, record_no,
            event_date, title.
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
    elsewhere = _questions_elsewhere(ledger, form)
    if form.has_content() and (elsewhere or went_apart(ledger, form)) and ledger.source.copied:
        what = "栏目与内容次序不对（可能由转换工具生成），请用原 PDF"
        raise ReadingError(file, (Problem(what),))
    identity = read_identity(ledger, form, given)
    title = title_of(ledger, form.head)
    rows = read_rows(ledger, form)
    problems = [*identity.problems, *elsewhere]
    if problems:
        return None, problems
    start, end = days.clock_times(unified("\n".join(map(ledger.text, form.values("time")))))
    record = Record(
        company_code=identity.code,
        company_name=identity.name,
        record_no=identity.number,
        title=given.get("title") or title,
        event_dates=identity.dates,
        questions=content.questions,
        activities=rows.activities,
        activities_read=rows.activities_read,
        start_time=start,
        end_time=end,
        place=rows.place,
        links=rows.links,
        hosts=rows.hosts,
        attendees=rows.attendees,
        attachments=rows.attachments,
        form_dates=rows.form_dates,
        other=rows.other,
        narrative=content.narrative,
        is_correction=bool(_CORRECTED.search(f"{identity.head}\n{file}")),
        warnings=(*content.warnings, *rows.warnings),
        notes=(*content.notes, *identity.notes, *ledger.source.notes),
    )
    return record, problems


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
