"""The form's rows: which lines belong under which label.

Labels are compared without white space and may be broken over lines and pages. Where the file
tells its cells, a label is whatever stands in the label's column, classified by its words; in
running text only the form's known labels count. After the main content only those of the form's
foot do, so that a sentence that begins with 时间 stays a sentence. 风险提示 and its like are a row
of the foot only after the last answer: in or between answers they are the company's words.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile, pairwise, takewhile

from bot.reading.extent import last_asked
from bot.reading.header import CODE, NUMBER, TITLE, names_activity, ticks_or_boxes
from bot.reading.hosts import is_titled
from bot.reading.ledger import Ledger, Span
from bot.reading.lines import squashed
from bot.reading.lists import heads_list, is_participant
from bot.reading.question_labels import ANSWER, label_of
from bot.reading.row_labels import TORN, bare, field_of, is_foot_label, is_known_label, known
from bot.reading.row_starts import APPENDIX, label_at

NAMELESS = "（无栏目名）"  # stands for the label of a row whose label's cell is empty
_LONGEST_LABEL = 40
_DATED = re.compile(
    r"(?:[\d\s年月日号份、，,；;。.．/\-–—―~～至到及和（）()]|星期[一二三四五六日天]|周[一二三四五六日天])*"
)
_LAST_PIECE = re.compile(r"[\u4e00-\u9fff、]{0,4}(?:姓名|名称|名单|职务)")
_PLACE_BESIDE = re.compile(
    r"(?<=\S)\s+(?P<label>(?:会议|活动|调研|接待|召开)?地\s*点)(?:\s*[:：]\s*|\s+)(?=\S)"
)
_UNMISTAKABLE = 6  # characters of a label that is no chance at the start of a line
_NEW_RECORD = 14  # lines within which the form's first rows follow a record's head


@dataclass
class Row:
    """A label with the lines of its value."""

    label: str  # without white space
    field: str  # of the record; empty: a row under its own label
    value: list[Span] = dataclasses.field(default_factory=list)


@dataclass
class Form:
    """Head lines above the first row, and the rows in order."""

    head: list[Span] = dataclasses.field(default_factory=list)
    rows: list[Row] = dataclasses.field(default_factory=list)
    first: int = 0  # its lines of the file: from `first` up to `end`
    end: int = 0
    inherited: list[Span] = dataclasses.field(default_factory=list)  # head of the record above
    asked: int = -1  # the last line at which a question or an answer begins
    inside: list[Row] = dataclasses.field(default_factory=list)  # what looked like rows of the foot

    def has_content(self) -> bool:
        return any(row.field == "content" for row in self.rows)

    def missing_below(self) -> list[Span]:
        """Lines left in the content that look like a row of the foot, which has no such row."""
        below = {row.label for row in self.rows} | {row.field for row in self.rows if row.field}
        return [
            row.value[0]
            for row in self.inside
            if (row.field or len(row.label) >= _UNMISTAKABLE)
            and is_foot_label(row.label)
            and not {row.label, row.field} & below
        ]

    def values(self, name: str) -> list[Span]:
        return [span for row in self.rows if row.field == name for span in row.value]


def read_forms(ledger: Ledger) -> list[Form]:
    """Sort the lines under the labels of one form, or of several that follow each other in a file;
    the labels become furniture."""
    forms = [Form()]
    number = 0
    while number < len(ledger.source.lines):
        form = forms[-1]
        if _is_nameless_row(ledger, form, number):
            form.rows.append(Row(NAMELESS, ""))
            number += 1
        elif not ledger.is_free(number):
            number += 1
        elif form.has_content() and opens_record(ledger, number):
            form.end = number
            forms.append(Form(first=number))
            forms[-1].head.append(ledger.whole(number))
            number += 1
        else:
            number = _take(ledger, form, number)
    forms[-1].end = number
    for form in forms:
        _tell_hosts_apart(form)
        _give_back(ledger, form, "hosts", ("time", "place"), _is_hosts)
        _give_back(ledger, form, "attendees", ("activities",), _is_participant)
        _complete_labels(ledger, form)
        _part_place_from_time(ledger, form)
        _part_list_from_dates(ledger, form)
        _untangle_attachments(ledger, form)
    return forms


def opens_record(ledger: Ledger, number: int) -> bool:
    """Whether another record's head begins at this line: the form's first rows follow at once.

    A page's running head has the same words, but what follows it is not a form's beginning.
    """
    lines = ledger.source.lines
    if not _is_head(lines[number].text):
        return False
    for at in range(number + 1, min(number + _NEW_RECORD, len(lines))):
        found = label_at(ledger, at, in_content=False)
        if found is not None:
            field = field_of(found.label)
            return field in ("activities", "attendees") or (
                field == "time"
                and any(_is_head(lines[above].text) for above in range(number + 1, at))
            )
    return False


def content_lines(ledger: Ledger) -> frozenset[int]:
    """The lines of every main content of the file, its label's left out: from the label up to the
    first row of the form's foot behind the last question."""
    lines = ledger.source.lines
    found: list[int] = []
    number = 0
    while number < len(lines):
        number += 1
        if row_at(ledger, number - 1) != "content":
            continue
        end = _record_end(ledger, number - 1)
        asked = last_asked(lines, number - 1, end)
        foot = (at for at in range(asked + 1, end) if label_at(ledger, at, True) is not None)
        until = next(foot, end)
        found += range(number, until)
        number = end
    return frozenset(found)


def row_at(ledger: Ledger, number: int) -> str | None:
    """The field whose label begins at this line; empty for a row under its own label."""
    found = label_at(ledger, number, in_content=False)
    return None if found is None else field_of(found.label)


def _is_nameless_row(ledger: Ledger, form: Form, number: int) -> bool:
    """Whether a row begins here whose label's cell is empty. Under another label it goes on what
    stands above it, and so it does in the main content while questions or answers follow."""
    line = ledger.source.lines[number]
    if line.row != "label" or line.text or not form.rows or form.rows[-1].field != "content":
        return False
    rest = ledger.source.lines[number + 1 :]
    return not any(
        ANSWER.match(other.text) or label_of(other.text)
        for other in takewhile(lambda other: other.row != "label" or not other.text, rest)
    )


def _is_head(text: str) -> bool:
    return bool(
        CODE.search(text)
        or NUMBER.match(text.strip())
        or (TITLE.search(squashed(text)) and len(squashed(text)) <= _LONGEST_LABEL)
    )


def _take(ledger: Ledger, form: Form, number: int) -> int:
    """Put the line, or the label that begins at it, where it belongs; the next line's number."""
    lines = ledger.source.lines
    found = label_at(ledger, number, form.has_content())
    if found is not None and _is_inside_content(ledger, form, number, found.label):
        form.rows[-1].value.append(ledger.whole(number))
        if not APPENDIX.match(lines[number].text):
            form.inside.append(Row(found.label, field_of(found.label), [ledger.whole(number)]))
        return number + 1
    if found is None:
        row = form.rows[-1] if form.rows else None
        if row and row.field == "content" and not row.value and _repeats_label(lines[number].text):
            ledger.put_aside(ledger.whole(number), "repeated label")
        else:
            (row.value if row else form.head).append(ledger.whole(number))
        return number + 1
    label, spans = found.label, found.spans
    torn = _torn_label(form, label, ledger.source.lines[number].row == "label")
    for span in spans:
        ledger.put_aside(span, "label")
    if torn is not None:
        torn.label += label
        torn.field = field_of(torn.label)
    else:
        form.rows.append(Row(label, field_of(label)))
    if form.asked < 0 and form.has_content():
        form.asked = last_asked(lines, number, _record_end(ledger, number))
    form.rows[-1].value += found.beside
    last = spans[-1]
    rest = Span(last.line, last.end, len(lines[last.line].text))
    if squashed(ledger.text(rest)).strip(":：|"):
        form.rows[-1].value.append(_without_colon(ledger, rest))
    elif squashed(ledger.text(rest)):
        ledger.put_aside(rest, "label")
    return last.line + 1


def _repeats_label(text: str) -> bool:
    return is_known_label(text) and field_of(text) == "content"


def _record_end(ledger: Ledger, number: int) -> int:
    lines = ledger.source.lines
    return next(
        (at for at in range(number + 1, len(lines)) if opens_record(ledger, at)), len(lines)
    )


def _is_inside_content(ledger: Ledger, form: Form, number: int, label: str) -> bool:
    """Whether what looks like a row is words of the content: questions or answers follow, or the
    row itself stands below, where the form's foot is."""
    if not form.has_content() or form.rows[-1].field != "content":
        return False
    in_cell = bool(ledger.source.lines[number].row)
    if field_of(label) == "content" or _torn_label(form, label, in_cell) is not None:
        return False
    if number <= form.asked:
        return True
    if in_cell:
        return False
    return any(
        below is not None
        and not APPENDIX.match(ledger.source.lines[at].text)
        and _stands_below(field_of(below.label), below.label, label)
        for at in range(number + 1, _record_end(ledger, number))
        for below in [label_at(ledger, at, in_content=True)]
    )


def _stands_below(field: str, below: str, label: str) -> bool:
    """Whether a row below the content is the one that a line inside it looks like."""
    if re.fullmatch(r"附件[一二三四五\d]{1,2}", label):
        return field in ("attachments", "form_dates")  # else it heads a list behind the form
    if label == "附件":
        return field == "attachments"
    return below == label and field in ("attachments", "form_dates")


def _torn_label(form: Form, label: str, in_cell: bool) -> Row | None:
    """The row above, if this is the rest of its label, printed on the next page."""
    if not (in_cell and form.rows):
        return None
    above = form.rows[-1]
    if known(above.label + label) and not known(label):
        return above
    return None


def _tell_hosts_apart(form: Form) -> None:
    """参会人员 are the hosts in some forms, but visitors where 接待人员 has its own row."""
    hosts = [row for row in form.rows if row.field == "hosts"]
    if len(hosts) > 1:
        for row in hosts:
            if "参会" in row.label and "公司" not in row.label:
                row.field = "attendees"


def _give_back(
    ledger: Ledger,
    form: Form,
    field: str,
    above_in: tuple[str, ...],
    belongs: Callable[[Ledger, Span], bool],
) -> None:
    """Lines at the end of the row above that are this field's: its label stands beside the middle
    of its cell."""
    for above, row in pairwise(form.rows):
        if row.field != field or above.field not in above_in:
            continue
        while len(above.value) > 1 and belongs(ledger, above.value[-1]):
            row.value.insert(0, above.value.pop())


def _is_participant(ledger: Ledger, span: Span) -> bool:
    text = ledger.text(span)
    of_activities = ticks_or_boxes(text) or names_activity(text)
    return not (ledger.line(span).row or of_activities) and is_participant(text)


def _is_hosts(ledger: Ledger, span: Span) -> bool:
    return not ledger.line(span).row and is_titled(ledger.text(span))


def _complete_labels(ledger: Ledger, form: Form) -> None:
    """The last piece of a label beside its tall cell, alone in its line: 姓名, 及人员姓名."""
    for row in form.rows:
        if row.field not in ("hosts", "attendees"):
            continue
        for span in row.value:
            piece = squashed(ledger.text(span))
            if ledger.line(span).row or not _LAST_PIECE.fullmatch(piece):
                continue
            if known(row.label + piece) == known(row.label):
                ledger.put_aside(span, "label")
                row.label += piece
                row.value.remove(span)
                break


def _part_place_from_time(ledger: Ledger, form: Form) -> None:
    """地点 in the line of 时间 is a row of its own, where no other row is."""
    if form.values("place"):
        return
    for at, row in enumerate(form.rows):
        for number, span in enumerate(row.value if row.field == "time" else []):
            match = _PLACE_BESIDE.search(ledger.text(span))
            if match is None:
                continue
            start, end = span.start + match.start("label"), span.start + match.end()
            ledger.put_aside(Span(span.line, start, end), "label")
            place = Row(squashed(match["label"]), "place", [Span(span.line, end, span.end)])
            place.value += row.value[number + 1 :]
            row.value[number:] = [Span(span.line, span.start, start)]
            form.rows.insert(at + 1, place)
            return


def _part_list_from_dates(ledger: Ledger, form: Form) -> None:
    """A list of participants behind 日期, the form's last row, is an attachment of it."""
    row = form.rows[-1] if form.rows else None
    if row is None or row.field != "form_dates":
        return
    behind = list(dropwhile(partial(is_dated, ledger), row.value))
    if behind and len(behind) < len(row.value) and heads_list(ledger.text(behind[0])):
        row.value = row.value[: -len(behind)]
        form.rows.append(Row("", "attachments", behind))


def is_dated(ledger: Ledger, span: Span) -> bool:
    """Whether a line of the row 日期 holds a date, or a piece of one, and nothing else."""
    return bool(_DATED.fullmatch(ledger.text(span)))


def _untangle_attachments(ledger: Ledger, form: Form) -> None:
    """Give 附件清单 its 无 back where the label stands below its value, on the next page."""
    row = next((row for row in form.rows if row.field == "attachments"), None)
    content = form.values("content")
    if row is None or row.value or not TORN.match(bare(row.label)) or not content:
        return
    last = content[-1]
    text = ledger.text(last).rstrip()
    if re.search(r"[。！？!?]\s*无$", text):
        at = last.start + len(text) - 1
        row.value.append(Span(last.line, at, at + 1))
        for owner in form.rows:
            if last in owner.value:
                owner.value[owner.value.index(last)] = Span(last.line, last.start, at)


def _without_colon(ledger: Ledger, rest: Span) -> Span:
    text = ledger.text(rest)
    start = rest.start + len(text) - len(text.lstrip(" \t:：|\u3000"))
    ledger.put_aside(Span(rest.line, rest.start, start), "label")
    return Span(rest.line, start, rest.end)
