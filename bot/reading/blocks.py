"""Paragraphs and cells, as HTML, Markdown and recognised text tell them → lines.

1. Cells of one row are gathered; rows.py says which rows are the form's.
2. A form row's first cell is its label, the others its value; cells that only repeat each other, as
   converters write merged ones, are one.
3. What a row that is no row of the form holds are words of the row above, as printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from bot.reading.lines import UNSEEN, Line, squashed, trimmed
from bot.reading.row_labels import is_known_label
from bot.reading.rows import Strip, rows_of_form

_EMPTY_HEAD = re.compile(r"Col\d{1,2}|Unnamed: \d{1,2}")  # what converters put for no words


@dataclass
class Paragraph:
    """Words of one block, and where it stands."""

    text: str = ""
    plain: int = 0  # characters outside <b>
    block: bool = False  # begins one; False: a line of the one above
    ticked: bool | None = None
    links: tuple[str, ...] = ()
    row: int = 0  # of a table, counted through the document; 0: in none
    cell: int = 0
    width: int = 0  # cells of its table's widest row
    page: int = 1
    aside: str = ""  # the kind of furniture that it is
    raw: str = ""  # of a row's first paragraph: the row as it is written
    inner: bool = False  # in a table inside that table's cell

    @property
    def bold(self) -> bool:
        return bool(self.text.strip()) and not self.plain


def is_empty_head(words: str) -> bool:
    """Whether a cell holds no words, or what a converter writes for none."""
    return not words or bool(_EMPTY_HEAD.fullmatch(words))


def lines_of(found: Sequence[Paragraph]) -> list[Line]:
    """All paragraphs as lines, in order."""
    groups = [
        list(items) for _, items in groupby(enumerate(found), lambda one: one[1].row or -1 - one[0])
    ]
    rows = [[item for _, item in group] for group in groups]
    lines: list[Line] = []
    for row, of_form in zip(rows, rows_of_form([_strip(row) for row in rows]), strict=True):
        in_row = bool(lines) and any(line.row for line in lines[-1:])
        lines += _form_row(row) if of_form else _words_of(row, in_row)
    return lines


def unseen_ends(found: Sequence[Paragraph]) -> int:
    """Characters without a shape at the ends of paragraphs: `lines_of` leaves them out."""
    return sum(
        sum(char in UNSEEN for char in item.text)
        - sum(char in UNSEEN for char in trimmed(item.text))
        for item in found
    )


def _strip(row: list[Paragraph]) -> Strip:
    words = "\n".join(item.text for item in row)
    if not _is_row(row) or row[0].aside:
        return Strip(words)
    label = "".join(item.text for item in row if item.cell <= 1 and not item.aside)
    words = "\n".join(item.text for item in row if item.cell > 1)
    cells = 0 if row[0].raw and "|" not in row[0].raw else len({item.cell for item in row})
    return Strip(words, "" if is_empty_head(label) else label, cells)


def _is_row(row: list[Paragraph]) -> bool:
    return bool(row[0].row) and row[0].width > 1


def _form_row(row: list[Paragraph]) -> Iterator[Line]:
    above = 0
    labels = _labels(row)
    for item in _merged(row):
        part: Literal["label", "value"] = "label" if item.cell in labels else "value"
        starts = item.cell != above if part == "label" else item.block
        above = item.cell
        if item.text and is_empty_head(item.text) and not item.aside:
            yield Line(item.text, item.page, aside="empty head cell")
        else:
            yield _line(item, part, starts)


def _labels(row: list[Paragraph]) -> set[int]:
    """The cells that hold labels: the first, and in rows of pairs (时间 | … | 地点 | …) each that
    begins one."""
    cells = {
        cell: "".join(item.text for item in row if item.cell == cell)
        for cell in {item.cell for item in row}
    }
    begins = {cell for cell in cells if cell > 1 and cell % 2 and is_known_label(cells[cell])}
    paired = (
        bool(begins)
        and is_known_label(cells.get(1, ""))
        and all(cell + 1 in cells for cell in begins)
    )
    return {0, 1} | (begins if paired else set())


def _merged(row: list[Paragraph]) -> list[Paragraph]:
    """The row's paragraphs; of value cells that say the same the later ones put aside, and of
    cells that list by lines, each line with its neighbour."""
    cells = {
        cell: [item for item in row if item.cell == cell]
        for cell in dict.fromkeys(item.cell for item in row)
    }
    values = [items for cell, items in cells.items() if cell > 1]
    seen: list[str] = []
    for items in values:
        words = squashed("".join(item.text for item in items))
        if words in seen:
            for item in items:
                item.aside = "repeated cell"
        seen.append(words)
    kept = [items for items in values if not items[0].aside]
    lengths = {len(items) for items in kept}
    if len(kept) > 1 and lengths != {1} and len(lengths) == 1:
        together = [item for items in zip(*kept, strict=True) for item in items]
        return [*cells.get(1, []), *together, *(one for one in row if one.aside)]
    return row


def _words_of(row: list[Paragraph], in_row: bool) -> Iterator[Line]:
    part: Literal["", "value"] = "value" if in_row or row[0].row else ""
    if row[0].raw:
        yield Line(trimmed(row[0].raw), row[0].page, starts=True, row=part)
        return
    cells = len({item.cell for item in row if item.row}) > 1
    for item in row:
        yield _line(item, part if row[0].row else "", item.block, cells)


def _line(
    item: Paragraph, row: Literal["", "label", "value"], starts: bool, cell: bool = False
) -> Line:
    indent = item.text.startswith("\u3000\u3000")
    return Line(
        trimmed(item.text),
        item.page,
        item.bold,
        starts,
        row,
        item.ticked,
        item.links,
        indent,
        item.aside,
        cell or item.inner,
    )
