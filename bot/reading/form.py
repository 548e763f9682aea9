"""The form's rows: which lines belong under which label.

Labels are compared without white space and may be broken over lines. Before the main content any
known label opens a row; after it only those of the form's foot, so that a sentence that begins
with 时间 stays a sentence.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from bot.reading.source import squashed
from bot.reading.text import Ledger, Span

_LABELS = {
    "activities": ("投资者关系活动类别", "活动类别", "活动类型", "投资者关系活动类型"),
    "time": ("时间", "会议时间", "活动时间", "调研时间", "交流时间", "召开时间"),
    "place": (
        "地点",
        "会议地点",
        "活动地点",
        "地点/方式",
        "地点及方式",
        "地点/形式",
        "召开地点",
    ),
    "hosts": (
        "上市公司接待人员姓名",
        "上市公司接待人员",
        "上市公司参与人员",
        "公司接待人员姓名",
        "公司接待人员",
        "公司参与人员",
        "公司参会人员",
        "接待人员",
        "参会人员",
        "上市公司参会人员",
    ),
    "attendees": (
        "参与单位名称及人员姓名",
        "参与单位名称及人员",
        "参与单位名称及姓名",
        "参与单位名称与人数",
        "参与单位名称",
        "参与单位及人员",
        "参与人员名称",
        "参与人员",
        "参与单位",
        "来访单位名称及人员姓名",
        "参与投资者",
    ),
    "content": (
        "投资者关系活动主要内容介绍",
        "投资者关系活动主要内容",
        "活动主要内容介绍",
        "主要内容介绍",
        "交流内容及具体问答记录",
        "交流内容",
        "会议主要内容",
        "主要内容",
    ),
    "attachments": ("附件清单（如有）", "附件清单(如有)", "附件清单", "附件（如有）"),
    "form_dates": ("日期", "记录日期", "填表日期"),
}
_FOOT_OTHER = (
    "关于本次活动是否涉及应披露重大信息的说明",
    "关于本次活动是否涉及应当披露重大信息的说明",
    "本次活动是否涉及应披露重大信息",
    "是否涉及应披露重大信息",
    "活动过程中所使用的演示文稿、提供的文档等附件(如有)",
    "活动过程中所使用的演示文稿、提供的文档等附件（如有）",
    "活动过程中所使用的演示文稿、提供的文档等附件",
    "备注",
    "风险提示",
    "免责声明",
    "重要提示",
)
_HEAD_OTHER = (
    "活动主题",
    "会议主题",
    "主题",
    "形式",
    "会议形式",
    "方式",
    "活动方式",
    "活动形式",
    "注意事项",
)

_FIELD_OF = {squashed(label): name for name, labels in _LABELS.items() for label in labels}
_FIELD_OF |= {squashed(label): "" for label in _FOOT_OTHER + _HEAD_OTHER}
_FOOT = {label for label, name in _FIELD_OF.items() if name in ("attachments", "form_dates")} | {
    squashed(label) for label in _FOOT_OTHER
}
_LONGEST_FIRST = sorted(_FIELD_OF, key=len, reverse=True)
_MOST_LINES = 6  # of one label
_DATE = re.compile(r"\s*[:：]?\s*\d{4}\s*[年\-/.]")


@dataclass
class Row:
    """A label with the lines of its value."""

    label: str  # without white space
    field: str  # empty: a row under its own label
    value: list[Span] = dataclasses.field(default_factory=list)


@dataclass
class Form:
    """Head lines above the first row, and the rows in order."""

    head: list[Span] = dataclasses.field(default_factory=list)
    rows: list[Row] = dataclasses.field(default_factory=list)

    def values(self, name: str) -> list[Span]:
        return [span for row in self.rows if row.field == name for span in row.value]


def read_form(ledger: Ledger) -> Form:
    """Sort the lines under the form's labels; the labels become furniture."""
    lines = ledger.source.lines
    form = Form()
    number = 0
    while number < len(lines):
        if not ledger.is_free(number):
            number += 1
            continue
        in_content = any(row.field == "content" for row in form.rows)
        found = _label_at(ledger, number, in_content)
        if found is None:
            target = form.rows[-1].value if form.rows else form.head
            target.append(ledger.whole(number))
            number += 1
            continue
        label, spans = found
        for span in spans:
            ledger.put_aside(span, "label")
        row = Row(label, _FIELD_OF.get(label, ""))
        form.rows.append(row)
        last = spans[-1]
        rest = Span(last.line, last.end, len(lines[last.line].text))
        if squashed(ledger.text(rest)).strip(":：|"):
            row.value.append(_without_colon(ledger, rest))
        elif squashed(ledger.text(rest)):
            ledger.put_aside(rest, "label")
        number = last.line + 1
    return form


def _label_at(ledger: Ledger, number: int, in_content: bool) -> tuple[str, list[Span]] | None:
    """The label that begins at this line, with its pieces."""
    line = ledger.source.lines[number]
    if line.row == "label":
        return squashed(line.text), [ledger.whole(number)]
    if line.row == "value":
        return None
    for label in _LONGEST_FIRST:
        if in_content and label not in _FOOT:
            continue
        spans = _matched(ledger, number, label)
        if spans and _is_a_row(ledger, spans[-1], label, in_content):
            return label, spans
    return None


def _matched(ledger: Ledger, number: int, label: str) -> list[Span] | None:
    """The pieces of lines that spell the label, white space apart."""
    spans: list[Span] = []
    rest = label
    lines = ledger.source.lines
    for at in range(number, min(number + _MOST_LINES, len(lines))):
        text, end = lines[at].text, 0
        while end < len(text) and rest and (text[end].isspace() or text[end] == rest[0]):
            rest = rest if text[end].isspace() else rest[1:]
            end += 1
        if not text[:end].strip():
            return None
        spans.append(Span(at, 0, end))
        if not rest:
            return spans
        if text[end:].strip():
            return None
    return None


def _is_a_row(ledger: Ledger, last: Span, label: str, in_content: bool) -> bool:
    after = ledger.line(last).text[last.end :]
    if _FIELD_OF[label] == "form_dates":
        return bool(_DATE.match(after)) or (not after and not in_content)
    if not in_content or label.startswith(("附件", "关于本次", "活动过程")):
        # 时间紧、地点好: a label is followed by its end, a space, a colon or a figure.
        return not after or after[0].isspace() or after[0] in ":：|0123456789"
    return after[:1] in (":", "：") or not after.strip()


def _without_colon(ledger: Ledger, rest: Span) -> Span:
    text = ledger.text(rest)
    start = rest.start + len(text) - len(text.lstrip(" \t:：|\u3000"))
    ledger.put_aside(Span(rest.line, rest.start, start), "label")
    return Span(rest.line, start, rest.end)
