"""What of a page's characters a reader sees.

Slanted or very light characters that stand apart from the text are a watermark. Words that nobody
sees (white on white, set not to be drawn, minute, outside the visible page) and words that do not
stand upright are named; a person decides.
"""

from __future__ import annotations

import ctypes
import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import pypdfium2
import pypdfium2.raw as pdfium

from bot.reading.pdf.chars import Box, Char, piece_of, places_of, shade

Look = Literal["plain", "watermark", "hidden", "sideways"]

_UNSEEN = 0.04  # of lightness between words and paper, from which words are not seen
_PALE = 0.3  # below which they are very light
_SLANTED = 0.035  # sine of two degrees
_MINUTE = 0.25  # of the page's usual size
_THICK = 3.0  # points: a filled rectangle that is thicker is a background, not a rule
_SIDES = 5  # segments of a path that is no more than a rectangle
_OPAQUE = 240  # of 255
_TEXT_AND_PATHS = [pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_PATH]
_WHY_UNSEEN = "白色、被遮盖、不绘出、极小或在页面之外"
_SHOWN = 24  # characters of words that are named
_MOST_NAMED = 3


@dataclass(frozen=True)
class Sight:
    """A page as its reader sees it."""

    chars: tuple[Char, ...]  # without watermarks
    watermarks: tuple[str, ...]
    doubts: tuple[str, ...]  # Chinese: hidden and sideways words
    is_turned: bool  # the page's words stand sideways or upside down


def seen_on(page: pypdfium2.PdfPage, plumbed: Any, chars: Sequence[Char]) -> Sight:
    """Tell the words that the page's characters are from what is printed over them."""
    words = [char for char in chars if not char.generated and not char.text.isspace()]
    if not words:
        return Sight(tuple(chars), (), (), is_turned=False)
    usual = statistics.median(char.size for char in words)
    visible = places_of(plumbed)(*page.get_cropbox())
    paper = _Paper(page, plumbed)
    looks = [_look(char, paper.contrast(char), usual, visible) for char in words]
    _keep_words_of_a_line(words, looks)
    by_char = {id(char): look for char, look in zip(words, looks, strict=True)}
    hidden, sideways = (_runs(words, looks, look) for look in ("hidden", "sideways"))
    is_turned = looks.count("sideways") * 2 > len(words)
    doubts = []
    if hidden:
        doubts.append(f"有看不见的文字（{_WHY_UNSEEN}）：{_named(hidden)}")
    if sideways and not is_turned:
        doubts.append(f"有横放或倒放的文字：{_named(sideways)}")
    return Sight(
        tuple(_without_watermarks(chars, by_char)),
        _runs(words, looks, "watermark"),
        tuple(doubts),
        is_turned,
    )


def _look(char: Char, contrast: float, usual: float, visible: Box) -> Look:
    across, along = abs(char.turn[0]), abs(char.turn[1])
    if min(across, along) > _SLANTED:
        return "watermark"
    x, y = (char.box[0] + char.box[2]) / 2, char.middle
    inside = visible[0] <= x <= visible[2] and visible[1] <= y <= visible[3]
    if not char.painted or contrast < _UNSEEN or char.size < usual * _MINUTE or not inside:
        return "hidden"
    if contrast < _PALE:
        return "watermark"
    upright = char.turn[0] > 0 and char.turn[3] > 0 and across > along
    return "plain" if upright else "sideways"


def _keep_words_of_a_line(words: Sequence[Char], looks: list[Look]) -> None:
    """Upright pale words that go on a line of dark ones are words of the text that can hardly be
    seen, no watermark."""
    pale = {
        at
        for at, look in enumerate(looks)
        if look == "watermark" and abs(words[at].turn[1]) <= _SLANTED
    }
    beside = [char for char, look in zip(words, looks, strict=True) if look == "plain"]
    while pale and beside:
        found = {at for at in pale if any(_are_beside(words[at], other) for other in beside)}
        beside = [words[at] for at in found]
        pale -= found
        for at in found:
            looks[at] = "hidden"


def _are_beside(one: Char, other: Char) -> bool:
    return _goes_on(one, other) or _goes_on(other, one)


def _goes_on(left: Char, right: Char) -> bool:
    """Whether the right character follows the left one in its line, in about its size."""
    size = min(left.size, right.size)
    return (
        max(left.size, right.size) < size * 1.3
        and abs(left.middle - right.middle) < size * 0.3
        and -0.3 * size < right.box[0] - left.box[2] < size
    )


def _without_watermarks(chars: Sequence[Char], looks: dict[int, Look]) -> list[Char]:
    kept: list[Char] = []
    aside = False  # gaps follow what stands before them
    for char in chars:
        if id(char) in looks:
            aside = looks[id(char)] == "watermark"
        if not aside:
            kept.append(char)
    return kept


def _runs(words: Sequence[Char], looks: Sequence[Look], look: Look) -> tuple[str, ...]:
    """The words that look so, piece by piece."""
    found: list[str] = []
    pairs = zip(words, looks, strict=True)
    for (mine, _), run in groupby(pairs, key=lambda pair: (pair[1] == look, pair[0].piece)):
        if mine:
            found.append("".join(char.text for char, _ in run))
    return tuple(found)


def _named(runs: Sequence[str]) -> str:
    """The words of the runs, each once, with how often they stand there."""
    counted = Counter(run[:_SHOWN] for run in runs)
    named = [
        f"“{words}”" + (f"{count}处" if count > 1 else "")
        for words, count in counted.most_common(_MOST_NAMED)
    ]
    return "、".join(named) + ("等" if len(counted) > _MOST_NAMED else "")


def watermark_remark(runs: Sequence[str]) -> str:
    """What a person should look at, in Chinese."""
    return f"有水印：{_named(runs)}，没有当作正文，请核对原件"


class _Paper:
    """What lies under and over a page's words: filled rectangles, in the order of drawing."""

    def __init__(self, page: pypdfium2.PdfPage, plumbed: Any) -> None:
        self._drawn = dict[int, int]()  # when each piece of text is drawn
        self._fills: list[tuple[int, Box, float]] = []  # when, where, how light
        place = places_of(plumbed)
        for at, item in enumerate(page.get_objects(filter=_TEXT_AND_PATHS, max_depth=1)):
            if item.type == pdfium.FPDF_PAGEOBJ_TEXT:
                self._drawn[piece_of(item.raw)] = at
            elif (lightness := _fill(item)) is not None:
                box = place(*item.get_bounds())
                if min(box[2] - box[0], box[3] - box[1]) > _THICK:
                    self._fills.append((at, box, lightness))

    def contrast(self, char: Char) -> float:
        """Between the words and what lies under them; 0 where something lies over them."""
        x, y = (char.box[0] + char.box[2]) / 2, char.middle
        drawn, ground = self._drawn.get(char.piece, math.inf), 1.0
        for at, (left, top, right, bottom), lightness in self._fills:
            if left <= x <= right and top <= y <= bottom:
                if at > drawn:
                    return 0.0
                ground = lightness
        return abs(ground - char.lightness)


def _fill(item: pypdfium2.PdfObject) -> float | None:
    """How light a rectangle is that nothing is seen through; None for other shapes."""
    how, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item.raw, how, stroked)
    if not how.value or pdfium.FPDFPath_CountSegments(item.raw) > _SIDES:
        return None
    colour = [ctypes.c_uint() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetFillColor(item.raw, *colour):
        return None
    red, green, blue, alpha = (part.value for part in colour)
    return shade(red, green, blue) if alpha > _OPAQUE else None
