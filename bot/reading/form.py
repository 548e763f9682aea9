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
from dataclasses import dataclass

from bot.reading.extent import last_asked
from bot.reading.header import CODE, NUMBER, TITLE
from bot.reading.lines import squashed
from bot.reading.text import Ledger, Span
from bot.reading.vocabulary import (
    BY_FIRST,
    FIELD_OF,
    FOOT,
    TORN,
    WORDS_OR_ROW,
    bare,
    field_of,
    is_known_label,
)

_MOST_LINES = 8  # of one label
_SHORTEST_HALF = 3  # characters of a label that stands beside its value
_LONGEST_LABEL = 40
_DATE = re.compile(r"\s*[:：|]?\s*\d{4}\s*[年\-/.]")
_OPENS_A_QUESTION = re.compile(
    r"\s*(?:(?:问题|提问|[Qq]|问)\s*\d{0,3}\s*[、：:.．]|\d{1,3}\s*[、.．：:](?!\d)|【[^】]*(?:提问|问)[^】]*】)"
)
# A list behind the form: 附件1：参会名单.
_APPENDIX = re.compile(r"(?P<label>附件\s*[一二三四五\d]{1,2})\s*[:：]")
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
            and row.label in FOOT
            and not {row.label, row.field} & below
        ]

    def values(self, name: str) -> list[Span]:
        return [span for row in self.rows if row.field == name for span in row.value]


@dataclass
class _Found:
    """A label that begins at a line."""

    label: str  # without white space
    spans: list[Span]  # its pieces
    beside: list[Span] = dataclasses.field(default_factory=list)  # value between the pieces


def read_forms(ledger: Ledger) -> list[Form]:
    """Sort the lines under the labels of one form, or of several that follow each other in a file;
    the labels become furniture."""
    forms = [Form()]
    number = 0
    while number < len(ledger.source.lines):
        form = forms[-1]
        if not ledger.is_free(number):
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
        found = _label_at(ledger, at, in_content=False)
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
        foot = (at for at in range(asked + 1, end) if _label_at(ledger, at, True) is not None)
        until = next(foot, end)
        found += range(number, until)
        number = end
    return frozenset(found)


def row_at(ledger: Ledger, number: int) -> str | None:
    """The field whose label begins at this line; empty for a row under its own label."""
    found = _label_at(ledger, number, in_content=False)
    return None if found is None else field_of(found.label)


def _is_head(text: str) -> bool:
    return bool(
        CODE.search(text)
        or NUMBER.match(text.strip())
        or (TITLE.search(squashed(text)) and len(squashed(text)) <= _LONGEST_LABEL)
    )


def _take(ledger: Ledger, form: Form, number: int) -> int:
    """Put the line, or the label that begins at it, where it belongs; the next line's number."""
    lines = ledger.source.lines
    found = _label_at(ledger, number, form.has_content())
    if found is not None and _is_inside_content(ledger, form, number, found.label):
        form.rows[-1].value.append(ledger.whole(number))
        if not _APPENDIX.match(lines[number].text):
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
    # 附件1： stands behind the form's last row, or in the content.
    is_list = bool(_APPENDIX.match(ledger.source.lines[number].text))
    return any(
        below is not None
        and (
            field_of(below.label) in ("attachments", "form_dates")
            if is_list
            else below.label == label and field_of(label) in ("attachments", "form_dates")
        )
        and not _APPENDIX.match(ledger.source.lines[at].text)
        for at in range(number + 1, _record_end(ledger, number))
        for below in [_label_at(ledger, at, in_content=True)]
    )


def _torn_label(form: Form, label: str, in_cell: bool) -> Row | None:
    """The row above, if this is the rest of its label, printed on the next page."""
    if not (in_cell and form.rows):
        return None
    above = form.rows[-1]
    if bare(above.label + label) in FIELD_OF and bare(label) not in FIELD_OF:
        return above
    return None


def _tell_hosts_apart(form: Form) -> None:
    """参会人员 are the hosts in some forms, but visitors where 接待人员 has its own row."""
    hosts = [row for row in form.rows if row.field == "hosts"]
    if len(hosts) > 1:
        for row in hosts:
            if "参会" in row.label and "公司" not in row.label:
                row.field = "attendees"


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


def _label_at(ledger: Ledger, number: int, in_content: bool) -> _Found | None:
    """The label that begins at this line, with its pieces."""
    line = ledger.source.lines[number]
    if line.row == "label":
        return _cell_label(ledger, number)
    if line.row == "value":
        return None
    if appendix := _APPENDIX.match(line.text):
        return _Found(squashed(appendix["label"]), [Span(number, 0, appendix.end("label"))])
    for label in BY_FIRST.get(line.text[:1], ()):
        if in_content and label not in FOOT:
            continue
        found = _matched(ledger, number, label)
        if found and _is_a_row(ledger, found.spans[-1], label, in_content):
            return found
    return None


def _cell_label(ledger: Ledger, number: int) -> _Found:
    """All lines of the label's cell: a value, or another label's cell, follows it."""
    lines = ledger.source.lines
    at = number
    while at < len(lines) and lines[at].row == "label" and lines[at].page == lines[number].page:
        at += 1
        if at < len(lines) and lines[at].starts:
            break
    spans = [ledger.whole(line) for line in range(number, at)]
    return _Found(squashed("".join(ledger.text(span) for span in spans)).strip("|"), spans)


def _matched(ledger: Ledger, number: int, label: str) -> _Found | None:
    """The pieces of lines that spell the label, white space apart.

    A narrow label may stand beside its value in two halves: `公司接待 董事长：某某` / `人员姓名 …`.
    """
    spans: list[Span] = []
    beside: list[Span] = []
    rest = label
    lines = ledger.source.lines
    for at in range(number, min(number + _MOST_LINES, len(lines))):
        if at > number and not ledger.is_free(at):
            continue  # a page's foot and head inside a label
        text, end = lines[at].text, 0
        while end < len(text) and rest and (text[end].isspace() or text[end] == rest[0]):
            rest = rest if text[end].isspace() else rest[1:]
            end += 1
        piece = squashed(text[:end])
        if not piece:
            return None
        spans.append(Span(at, 0, end))
        if not rest:
            return _Found(label, spans, beside)
        if text[end:].strip():
            if len(piece) < _SHORTEST_HALF or not text[:end].endswith((" ", "\t")) or len(beside):
                return None
            beside.append(Span(at, end, len(text)))
    return None


def _is_a_row(ledger: Ledger, last: Span, label: str, in_content: bool) -> bool:
    after = ledger.line(last).text[last.end :]
    if label in WORDS_OR_ROW and in_content:
        ends = not after.strip() or after[0].isspace() or after[0] in ":：|"
        return ends and not _goes_on(ledger, last.line)
    if FIELD_OF[label] == "form_dates":
        return bool(_DATE.match(after)) or (
            not after.strip() and _DATE.match(_next_text(ledger, last.line)) is not None
        )
    if not in_content or label.startswith(("附件", "关于", "本次", "活动", "会议")):
        # 时间紧、地点好: a label is followed by its end, a space, a colon or a figure.
        return not after or after[0].isspace() or after[0] in ":：|0123456789"
    return after[:1] in (":", "：") or not after.strip()


def _next_text(ledger: Ledger, number: int) -> str:
    lines = ledger.source.lines
    return next((lines[at].text for at in range(number + 1, len(lines)) if ledger.is_free(at)), "")


def _goes_on(ledger: Ledger, number: int) -> bool:
    """Whether another question follows, or such a block stood under an earlier answer too."""
    lines = ledger.source.lines
    for at in range(number + 1, len(lines)):
        text = squashed(lines[at].text)
        if lines[at].row == "label" or text.startswith(("附件清单", "关于本次", "日期20")):
            break
        if _OPENS_A_QUESTION.match(lines[at].text):
            return True
    label = squashed(lines[number].text)[:4]
    return any(
        _OPENS_A_QUESTION.match(lines[at].text)
        for above in range(number)
        if squashed(lines[above].text).startswith(label)
        for at in range(above + 1, number)
    )


def _without_colon(ledger: Ledger, rest: Span) -> Span:
    text = ledger.text(rest)
    start = rest.start + len(text) - len(text.lstrip(" \t:：|\u3000"))
    ledger.put_aside(Span(rest.line, rest.start, start), "label")
    return Span(rest.line, start, rest.end)
