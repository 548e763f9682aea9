"""Known records as pages: words whose truth is known, printed and broken as a page breaks them.

Lines are broken only where the break can be undone (design: "Verbatim"): between two Chinese
characters, or at the space between two Latin words. So whatever a reader makes of the pages can be
held against the words they were printed from.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from bot.errors import ReadingError
from bot.reading.document import read_records
from bot.record import Record
from bot.store import Stored
from handlers.json_output import record_json

RECORDS = Path(__file__).parent / "records"
HEADER = {
    "投资者关系活动类别": "□特定对象调研 □分析师会议 □媒体采访 √业绩说明会 □路演活动 □其他",
    "参与单位名称及人员姓名": "线上参与本次业绩说明会的投资者",
    "时间": "2025年5月6日 15:00-16:30",
    "地点": "公司会议室",
    "上市公司接待人员姓名": "董事长：林一舟先生、董事会秘书：苏青禾女士",
}
CONTENT = "投资者关系活动主要内容介绍"
FOOT = {"附件清单（如有）": "无", "日期": "2025年5月7日"}
WIDTH = 60  # of a line; a Chinese character is two wide

# The fields that are held against the truth as they are shown.
HELD = (
    *("id", "title", "activities", "event_start", "event_end", "place", "attendees"),
    *("attachments", "form_dates"),
)

_IMPORTED = datetime(2026, 11, 24, tzinfo=UTC)  # is not shown

Fate = Literal["same", "warned", "refused", "silent"]


@dataclass(frozen=True)
class Style:
    """How questions and answers are labelled."""

    question: str  # with {n}
    answer: str

    @property
    def is_numbered(self) -> bool:
        return "{n}" in self.question


NUMBERED = (
    Style("{n}、", "答："),
    Style("{n}.", "答:"),
    Style("Q{n}：", "A{n}："),
    Style("问题 {n}、", "公司回复:"),
)
UNNUMBERED = (Style("Q：", "A："), Style("问：", "答："))
UNLABELLED = (Style("{n}、", ""), Style("{n}.", ""))


@dataclass(frozen=True)
class Furniture:
    """What stands at the head or the foot of every page."""

    head: str = ""  # with {n} and {of}
    foot: str = ""
    feeds: bool = True  # a form feed between pages

    @property
    def is_numbered(self) -> bool:
        return "{n}" in self.head + self.foot

    @property
    def has_total(self) -> bool:
        return "{of}" in self.head + self.foot


PAGE_NUMBERS = (
    Furniture(foot="{n}"),
    Furniture(head="{n}"),
    Furniture(foot="{n} / {of}"),
    Furniture(foot="{n} / {of}", feeds=False),
    Furniture(foot="—{n}—", feeds=False),
    Furniture(foot="- {n} -"),
    Furniture(foot="第 {n} 页 共 {of} 页"),
)
RUNNING_HEADS = (
    Furniture(head="纸面样本投资者关系活动记录表（2025 年度）", foot="{n}"),
    Furniture(head="证券代码：399900                    证券简称：纸面样本"),
)


def sample_words() -> tuple[tuple[str, str], ...]:
    """Questions and answers of the sample record, as a person read them."""
    whole = json.loads((RECORDS / "300253-2025-002.json").read_text(encoding="utf-8"))
    return tuple((item["question"], item["answer"]) for item in whole["questions"])


@dataclass(frozen=True)
class Paper:
    """A record in lines, before it is cut into pages."""

    words: tuple[tuple[str, str], ...]
    style: Style
    labels: tuple[tuple[str, str], ...] = ()  # form label → as it is printed, over lines perhaps

    def lines(self) -> list[str]:
        printed = dict(self.labels)
        lines = [
            "证券代码：399900 证券简称：纸面样本",
            "纸面样本股份有限公司投资者关系活动记录表",
            "编号：2025-001",
        ]
        for label, value in HEADER.items():
            lines += f"{printed.get(label, label)} {value}".split("\n")
        lines += printed.get(CONTENT, CONTENT).split("\n")
        for n, (question, answer) in enumerate(self.words, 1):
            lines += wrapped(self.style.question.format(n=n) + question)
            lines += wrapped(self.style.answer.format(n=n) + answer)
        for label, value in FOOT.items():
            lines += f"{printed.get(label, label)} {value}".split("\n")
        return lines

    def truth(self) -> dict[str, Any]:
        """What must come out, as far as `fate` looks at it."""
        return {
            "id": "399900/2025-001",
            "title": "纸面样本股份有限公司投资者关系活动记录表",
            "activities": ["业绩说明会"],
            "event_start": "2025-05-06T15:00:00+08:00",
            "event_end": "2025-05-06T16:30:00+08:00",
            "place": "公司会议室",
            "hosts": ["董事长：林一舟先生", "董事会秘书：苏青禾女士"],
            "attendees": "线上参与本次业绩说明会的投资者",
            "attachments": ["无"],
            "form_dates": ["2025-05-07"],
            "other": {},
            "narrative": [],
            "questions": [(_one_line(q), _one_line(a)) for q, a in self.words],
        }

    def with_words(self, at: int, question: str, answer: str) -> Paper:
        words = (*self.words[:at], (question, answer), *self.words[at + 1 :])
        return replace(self, words=words)


def pages(lines: Sequence[str], breaks: Sequence[int]) -> list[list[str]]:
    """The lines cut before each of the given positions."""
    cuts = sorted({0, len(lines), *(at for at in breaks if 0 < at < len(lines))})
    return [list(lines[start:end]) for start, end in pairwise(cuts)]


def printed(cut: Sequence[Sequence[str]], furniture: Furniture, of: int = 0) -> list[str]:
    """Each page as text, with its furniture."""
    texts = []
    for n, page in enumerate(cut, 1):
        numbers = {"n": n, "of": of or len(cut)}
        head, foot = furniture.head.format(**numbers), furniture.foot.format(**numbers)
        texts.append(
            "\n".join([*([head] if head else []), *page, *([foot] if foot else [])]) + "\n"
        )
    return texts


def joined(texts: Sequence[str], furniture: Furniture) -> bytes:
    return ("\f" if furniture.feeds else "").join(texts).encode()


def fate(data: bytes, truth: dict[str, Any]) -> Fate:
    """What a reader made of the bytes, held against the truth.

    That much of a page is furniture is said of every small page and says nothing about its words:
    such a warning does not count.
    """
    try:
        readings = read_records(data, "paper.txt")
    except ReadingError:
        return "refused"
    if any(
        not warning.startswith("版面文字占")
        for reading in readings
        for warning in reading.record.warnings
    ):
        return "warned"
    return "same" if [_seen(reading.record) for reading in readings] == [truth] else "silent"


def _seen(record: Record) -> dict[str, Any]:
    return held(record_json(Stored(record, 1, _IMPORTED, (), None)))


def held(shown: dict[str, Any]) -> dict[str, Any]:
    """What `fate` looks at of a record as it is shown; paragraphs run together."""
    return {
        **{name: _one_line(shown[name]) for name in HELD},
        "hosts": [_one_line(host["printed"]) for host in shown["hosts"]],
        "other": {label: _one_line(text) for label, text in shown["other"].items()},
        "narrative": [_one_line(item["text"]) for item in shown["narrative"]],
        "questions": [
            (_one_line(item["question"]), _one_line(item["answer"])) for item in shown["questions"]
        ],
    }


def _one_line(text: Any) -> Any:
    # Whether a paragraph ends where a page does, no reader can see.
    return text.replace("\n", "") if isinstance(text, str) else text


def wrapped(text: str, width: int = WIDTH) -> list[str]:
    """Lines of a paragraph."""
    lines: list[str] = []
    while _wide(text) > width:
        cut = max(
            at for at in range(1, len(text)) if may_break(text, at) and _wide(text[:at]) <= width
        )
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    return [*lines, text]


def may_break(text: str, at: int) -> bool:
    """Whether a line may end before this character so that the break can be undone."""
    before, after = text[at - 1], text[at]
    if before == " ":
        return at > 1 and _is_latin(text[at - 2]) and _is_latin(after)
    return (
        _is_chinese(before)
        and _is_chinese(after)
        and after not in "，。？！、；：）”》"
        and before not in "（“《"
    )


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _is_chinese(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _wide(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(char) in "WFA") for char in text)
