"""A cell's characters → lines with their style marks."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from bot.reading.lines import Line
from bot.reading.pdf.cells import Region
from bot.reading.pdf.chars import Char

_LATIN = re.compile(r"[0-9A-Za-z]")
_INDENT = 1.2  # characters
_TYPED = 0.4  # of the height: a half-width space is 0.5, what layout adds is 0.25


def lines_of(region: Region, number: int) -> Iterator[Line]:
    rows = _in_rows(region.chars)
    size = statistics.median(char.height for char in region.real())
    margin = min(char.box[0] for char in region.real())
    begins = region.row == "label"
    for row in rows:
        text = _text(row).strip()
        if not text:
            continue
        shown = [char for char in row if not char.text.isspace()]
        words = [char for char in shown if char.text.isalpha()] or shown
        yield Line(
            text,
            number,
            bold=all(char.bold for char in words),
            starts=begins,
            row=region.row,
            indent=shown[0].box[0] - margin > size * _INDENT,
        )
        begins = False


def _in_rows(chars: list[Char]) -> list[list[Char]]:
    """Characters in lines from top to bottom, each from left to right."""
    runs: list[list[Char]] = []
    for char in chars:
        if char.text in "\r\n":
            runs.append([])
        elif char.generated or char.text.isspace():
            if runs and runs[-1]:
                runs[-1].append(char)
        elif not char.text.isprintable():
            continue
        elif runs and runs[-1] and _same_line(runs[-1], char):
            runs[-1].append(char)
        else:
            runs.append([char])
    rows: list[list[Char]] = []
    for run in sorted((run for run in runs if run), key=lambda run: _middle(run)):
        if rows and abs(_middle(rows[-1]) - _middle(run)) < _tallest(rows[-1]) * 0.4:
            rows[-1] = _beside(rows[-1], run)
        else:
            rows.append(run)
    return rows


def _same_line(run: list[Char], char: Char) -> bool:
    last = next((item for item in reversed(run) if not item.generated), run[-1])
    tallest = max(last.height, char.height, 1.0)
    overlap = min(last.box[3], char.box[3]) - max(last.box[1], char.box[1])
    # A comma and a dash overlap with nothing but stand in the same line.
    return overlap > 0 or abs(last.middle - char.middle) < max(tallest, _tallest(run)) * 0.7


def _middle(run: list[Char]) -> float:
    return statistics.median(char.middle for char in run if not char.text.isspace())


def _tallest(run: list[Char]) -> float:
    return max(char.height for char in run if not char.text.isspace())


def _beside(one: list[Char], other: list[Char]) -> list[Char]:
    """Two pieces of one line, left first, kept apart by a space."""
    first, second = sorted((one, other), key=lambda run: run[0].box[0])
    return [*first, replace(first[-1], text=" ", generated=False), *second]


def _text(row: list[Char]) -> str:
    """The line's words. A gap that pdfium shows as a space is one between Latin letters or
    digits, and elsewhere only where it is as wide as a typed space and wider than the line's
    other gaps: letter-spaced and justified lines hold no spaces."""
    gaps = sorted(_gap(one, other) for one, other in pairwise(row) if not other.generated)
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    text, last = "", row[0]
    gap = False
    for char in row:
        if char.generated:
            gap = True
            continue
        if gap and text and not text[-1].isspace() and not char.text.isspace():
            latin = _LATIN.match(text[-1]) and _LATIN.match(char.text)
            wide = _gap(last, char)
            if latin or wide > max(_TYPED * char.height, 2 * usual + 1):
                text += " "
        gap = False
        text += char.text
        last = char
    return text


def _gap(one: Char, other: Char) -> float:
    return max(0.0, other.box[0] - one.box[2])
