"""Which rows that a container tells are the form's, and which are words of its main content.

After the main content's label a row is the form's only if it belongs to the form's foot: its label
is one of the foot's and no question or answer follows it. Everything else there, a table of
figures, a line with a tab or bars, is the company's words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.reading.header import CODE, TITLE
from bot.reading.lines import squashed
from bot.reading.question_labels import ANSWER, ASKS, label_of
from bot.reading.row_labels import (
    TORN,
    bare,
    begins_foot_label,
    field_of,
    is_foot_label,
    is_known_label,
    known,
)

_FOOT_WORDS = re.compile(
    r"涉及.{0,8}重大|演示文稿|^附件清单|附件[（(]?如有|^(?:记录|填表|登记)?日期$"
)
_HEAD_STRIPS = 14  # within which a form's first rows follow its head
_LONGEST_HEAD = 60  # characters
_MOST_OWN_ROWS = 3  # of the foot, under labels that no list knows
_OWN_LABEL = re.compile(r"[\u4e00-\u9fff（）()、/]{2,24}")


@dataclass(frozen=True)
class Strip:
    """A row of the container, or a line outside of its rows."""

    words: str
    label: str | None = None  # the first cell; None: no row
    cells: int = 0  # told by markup; 0: by a tab alone, or no row


def rows_of_form(strips: Sequence[Strip]) -> list[bool]:
    """For each strip whether it is a row of the form, by what stands before and after it."""
    content = _content_at(strips)
    if content is None:
        return [strip.label is not None for strip in strips]
    if (other := _next_form(strips, content)) is not None:
        return [*rows_of_form(strips[:other]), *rows_of_form(strips[other:])]
    last = max((at for at, strip in enumerate(strips) if _speaks(strip)), default=0)
    last = max(last, content)
    foot = next(
        (at for at in range(last + 1, len(strips)) if is_of_foot(strips[at].label)), len(strips)
    )
    foot = _own_rows_above(strips, content, last, foot)
    return [
        strip.label is not None
        and (at <= content or at >= foot or not bare(strip.label) or _torn(strips, at))
        for at, strip in enumerate(strips)
    ]


def _next_form(strips: Sequence[Strip], content: int) -> int | None:
    """Where another record begins: under a head of its own a form's first rows, and its content."""
    for at in range(content + 1, len(strips)):
        words = strips[at].words
        is_head = CODE.search(words) or TITLE.search(squashed(words)[:_LONGEST_HEAD])
        if strips[at].label is None and is_head:
            first = [field_of(one.label) for one in strips[at : at + _HEAD_STRIPS] if one.label]
            if "activities" in first and "time" in first and _content_at(strips[at:]) is not None:
                return at
    return None


def _own_rows_above(strips: Sequence[Strip], content: int, last: int, foot: int) -> int:
    """Where the foot begins if the table's rows right above its first known one, under labels of
    their own that no list holds (现场照片, 经办人), are the form's.

    They are if the content is a row of the same table, and all that follows its last question are
    such rows: few, of two cells, no figures in the first, so no table of the company's.
    """
    between = strips[last + 1 : foot]
    in_table = strips[content].cells == 2 and foot < len(strips)
    if (
        in_table
        and len(between) <= _MOST_OWN_ROWS
        and all(row.cells == 2 and _OWN_LABEL.fullmatch(bare(row.label or "")) for row in between)
    ):
        return last + 1
    return foot


def _content_at(strips: Sequence[Strip]) -> int | None:
    above = ""
    for at, strip in enumerate(strips):
        if strip.label is None:
            if field_of(strip.words[:30]) == "content" and is_known_label(strip.words):
                return at
            continue
        if "content" in (field_of(strip.label), known(above + strip.label)):
            return at
        above = strip.label
    return None


def is_of_foot(label: str | None) -> bool:
    """Whether a cell holds a label of the form's foot, or the first half of one."""
    words = bare(label or "")
    if len(words) < 2:
        return False
    half = len(words) >= 4 and begins_foot_label(words)
    return is_foot_label(words) or half or bool(TORN.match(words) or _FOOT_WORDS.search(words))


def _torn(strips: Sequence[Strip], at: int) -> bool:
    """Whether a label is the rest of the one above, printed on the next page."""
    label = strips[at].label or ""
    if known(label):
        return False
    above = next((one.label for one in reversed(strips[:at]) if one.label), "")
    return known(above + label) == "content"


def _speaks(strip: Strip) -> bool:
    """Whether a question or an answer begins in the strip."""
    for line in strip.words.split("\n"):
        label = label_of(line)
        if ANSWER.match(line) or (label and label.kind in ("prefixed", "open") and not label.weak):
            return True
        if label and label.kind in ("number", "chinese") and ASKS.search(line):
            return True
    return False
