"""Plain text → lines, nothing in it undone. Rows may be `label⇥value` or `label | value`."""

from __future__ import annotations

import re
from collections import Counter

from bot.reading.lines import LINE_BREAKS, UNSEEN, Line, Source, squashed, trimmed
from bot.reading.pages import PageMarkers
from bot.reading.row_labels import bare, is_known_label
from bot.reading.rows import Strip, rows_of_form

_TO_LINE_FEED = str.maketrans(LINE_BREAKS, "\n" * len(LINE_BREAKS))
# Between lines, or before a page's number; inside a line it is a line's break.
_PAGE_BREAK = re.compile(
    r"(?:(?<=\n)|\A)\f|\f(?=\n|\Z|[ \t]*\d{1,3}[ \t]*\n)|(?:(?<=\n\d)|(?<=\n\d\d)|(?<=\n\d{3}))\f"
)
_LABEL = re.compile(r"[\s\u4e00-\u9fff（()）/、；;]{2,45}")


def plain_source(text: str) -> Source:
    """Take text apart by page, form feeds or a converter's markers between them."""
    text = _with_pages_apart(text.translate(_TO_LINE_FEED))
    pages = [page.replace("\f", "\n") for page in _PAGE_BREAK.split(text)]
    raws = [(raw, page) for page, words in enumerate(pages, 1) for raw in words.split("\n")]
    markers = PageMarkers([raw for raw, _ in raws])
    of_form = _rows(text, [raw for raw, _ in raws])
    lines: list[Line] = []
    starts, marked, above = False, 0, 0
    for (raw, page), (label, value) in zip(raws, of_form, strict=True):
        starts, above = starts and page == above, page
        page += marked
        if not trimmed(raw):
            starts = True
            continue
        if markers.number(raw) is not None:
            marked += 1 if lines else 0
            lines.append(Line(trimmed(raw), page, aside="page marker"))
            continue
        indent = raw.startswith(("\u3000\u3000", "    "))
        if label:
            lines.append(Line(trimmed(label), page, starts=True, row="label"))
            raw, starts = value, True
        if trimmed(raw):
            lines.append(Line(trimmed(raw), page, starts=starts, indent=indent))
        starts = False
    unseen = _unseen_ends(text)
    return Source(
        tuple(lines),
        len(squashed(text)) - unseen,
        remarks=(f"行首尾有 {unseen} 个不可见字符，未收录",) if unseen else (),
        copied=True,
        wrapped=True,
        paged=len(pages) > 1 or marked > 0,
    )


def _with_pages_apart(text: str) -> str:
    """Form feeds behind words begin a page where the line behind them, or the one they end, stands
    at such a place again: a page's head or foot. Else they break a line."""
    cuts = [match.start() for match in re.finditer("\f", text)]
    heads = [squashed(text[at + 1 :].partition("\n")[0]) for at in cuts]
    feet = [squashed(text[:at].rpartition("\n")[2]) for at in cuts]
    heads_seen = Counter([squashed(text.lstrip().partition("\n")[0]), *heads])
    feet_seen = Counter(feet)
    for at, head, foot in reversed(list(zip(cuts, heads, feet, strict=True))):
        if (head and heads_seen[head] > 1) or (foot and feet_seen[foot] > 1):
            text = f"{text[:at]}\n{text[at:]}"
    return text


def _rows(text: str, raws: list[str]) -> list[tuple[str, str]]:
    """For each line the label of the form's row that it is, with its mark, and the value."""
    mark = _row_mark(text)
    if not mark:
        return [("", raw) for raw in raws]
    cut = [raw.partition(mark) for raw in raws]
    strips = []
    for raw, (label, found, value) in zip(raws, cut, strict=True):
        may_be = found and _may_be_label(label) and not raw.startswith(("\u3000\u3000", "    "))
        strips.append(Strip(value, label) if may_be else Strip(raw))
    return [
        (label + found, value) if of_form else ("", raw)
        for raw, (label, found, value), of_form in zip(raws, cut, rows_of_form(strips), strict=True)
    ]


def _row_mark(text: str) -> str:
    """What stands between label and value in this file, if anything does."""
    labels = {
        mark: {bare(label) for label in _before(text, mark) if is_known_label(label)}
        for mark in ("\t", "|")
    }
    mark = max(labels, key=lambda mark: len(labels[mark]))
    return mark if len(labels[mark]) >= 2 else ""


def _before(text: str, mark: str) -> list[str]:
    return [line.partition(mark)[0] for line in text.split("\n") if mark in line]


def _may_be_label(text: str) -> bool:
    return is_known_label(text) or bool(_LABEL.fullmatch(text))


def _unseen_ends(text: str) -> int:
    """Characters without a shape at the ends of lines, which `trimmed` leaves out."""
    lines = text.replace("\f", "\n").split("\n")
    unseen = sum(sum(char in UNSEEN for char in line) for line in lines)
    return unseen - sum(sum(char in UNSEEN for char in trimmed(line)) for line in lines)
