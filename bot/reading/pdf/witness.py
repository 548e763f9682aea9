"""A page's characters, told by two witnesses.

pdfplumber (pdfminer) decodes the page by itself. It must give the same characters as pdfium. Four
differences are explained: pdfium drops what has no width in a font that is not embedded (it then
stands here in pdfminer's place), it marks a typed hyphen at a line's end, it sorts the pieces of a
line, and it drops some of the bold that is drawn twice, which counts once here. Every other
difference is one that nobody can decide: the page is refused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from bot.reading.pdf.chars import (
    LINE_END_HYPHEN,
    UNREADABLE,
    Box,
    Char,
    Told,
    chars_of_pdfium,
    chars_of_pdfminer,
    is_painted,
    paint_of,
    piece_of,
    places_of,
)

_HYPHENS = "-\u00ad\u2010\u2011"
_NO_WIDTH = 0.01  # points; text objects narrower than this are not in pdfium's text
_NEAR = 0.15  # of a character's size: bold drawn twice is set off by less
_BY_PLACE = 4  # so much farther apart may be what the two measure of one character
_CONTEXT = 8  # characters shown on each side of a difference
_MOST_FORMS = 8  # nested in each other


class DifferenceError(Exception):
    """The witnesses differ, or a glyph has no character; the message is Chinese."""


def page_chars(page: pypdfium2.PdfPage, plumbed: Any) -> list[Char]:
    """Every character of the page in reading order, with its place as pdfplumber measures it.

    Raises:
        DifferenceError: The two witnesses do not give the same characters.
    """
    seen, told = list(chars_of_pdfium(page, plumbed)), list(chars_of_pdfminer(plumbed))
    words, typed = _words(seen), _words(told)
    mine, theirs = [seen[at].text for at in words], [told[at].text for at in typed]
    _refuse_unreadable(mine, theirs)
    if mine != theirs:
        return _once(_reconciled(page, plumbed, seen, told))
    for at, other in zip(words, typed, strict=True):
        seen[at] = _witnessed(seen[at], told[other])
    return _once(seen)


def _witnessed(char: Char, other: Told) -> Char:
    return replace(char, text=other.text, size=other.size, turn=other.turn, glyph=other.glyph)


def _refuse_unreadable(mine: Sequence[str], theirs: Sequence[str]) -> None:
    # pdfium's own mark of a hyphen is compared with what pdfminer says of it.
    for words, allowed in ((theirs, ""), (mine, LINE_END_HYPHEN)):
        for at, letter in enumerate(words):
            if _is_unreadable(letter) and letter not in allowed:
                raise DifferenceError(
                    f"有文字没有编码，读不出（记作□）：“{_around(words, at, at + 1)}”；"
                    "请换文本版本，或重新导出 PDF"
                )


def _is_unreadable(letter: str) -> bool:
    """No character, one that stands for none, half of one, or a control character."""
    return letter == UNREADABLE or unicodedata.category(letter) in ("Cc", "Cs", "Cn")


def _around(words: Sequence[str], start: int, end: int) -> str:
    shown = words[max(0, start - _CONTEXT) : end + _CONTEXT]
    return "".join("□" if _is_unreadable(letter) else letter for letter in shown)


def _reconciled(
    page: pypdfium2.PdfPage, plumbed: Any, seen: list[Char], told: list[Told]
) -> list[Char]:
    """pdfium's characters, mended where the difference is explained."""
    words, typed = _words(seen), _words(told)
    mine, theirs = [seen[at].text for at in words], [told[at].text for at in typed]
    paired = dict[int, int]()  # place in `seen` → place in `told`
    unlike: list[tuple[int, int, int, int]] = []
    for kind, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if kind == "equal" or _are_hyphens(mine[a:b], theirs[c:d]):
            paired.update(zip(words[a:b], typed[c:d], strict=True))
        else:
            unlike.append((a, b, c, d))
    paired |= _same_places(
        {at: seen[at] for a, b, _, _ in unlike for at in words[a:b]},
        {at: told[at] for _, _, c, d in unlike for at in typed[c:d]},
    )
    known = set(paired.values())
    known |= _drawn_twice(told, known)
    empty = _empty_pieces(page, plumbed) if len(known) < len(typed) else []
    for a, b, c, d in unlike:
        if not all(at in paired for at in words[a:b]) or not all(
            at in known or _piece_at(told[at].box, empty) for at in typed[c:d]
        ):
            raise _difference(mine, (a, b), theirs, (c, d))
    return _mended(seen, told, paired, known, empty)


def _same_places(mine: dict[int, Char], theirs: dict[int, Told]) -> dict[int, int]:
    """Pairs of the same character at the same place: pdfium sorts the pieces of a line."""
    pairs = dict[int, int]()
    for at, char in mine.items():
        for other, one in theirs.items():
            if one.text == char.text and _is_near(char.box, [one.box], one.size * _BY_PLACE):
                pairs[at] = other
                del theirs[other]
                break
    return pairs


def _mended(
    seen: list[Char],
    told: list[Told],
    paired: dict[int, int],
    known: set[int],
    empty: Sequence[_Piece],
) -> list[Char]:
    """pdfium's characters with those that pdfminer alone has, each behind what it follows there;
    pdfium's gaps at such a place do not know of these words."""
    places = {other: at for at, other in paired.items()}
    added = dict[int, list[Char]]()  # behind which place in `seen`
    home, run = -1, list[Told]()
    for at, one in [*enumerate(told), (len(told), None)]:
        if one is not None and at not in known:
            run.append(one)
        elif at in places or one is None:
            if any(not char.text.isspace() for char in run):
                added[home] = [_left_out(char, _piece_at(char.box, empty)) for char in run]
            home, run = places.get(at, home), []
    mended = added.get(-1, [])
    home = -1
    for at, char in enumerate(seen):
        if at in paired:
            home = at
            mended += [_witnessed(char, told[paired[at]]), *added.get(at, [])]
        elif home not in added:
            mended.append(char)
    return mended


def _left_out(one: Told, piece: _Piece | None) -> Char:
    char = Char(one.text, one.box, size=one.size, turn=one.turn, glyph=one.glyph)
    if piece is None:  # a space
        return char
    return replace(char, piece=piece.number, lightness=piece.lightness, painted=piece.painted)


def _words(chars: Iterable[Char | Told]) -> list[int]:
    """Places of what is no white space."""
    return [at for at, char in enumerate(chars) if not char.text.isspace()]


def _are_hyphens(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    return len(mine) == len(theirs) and all(
        one == other or (one == LINE_END_HYPHEN and other in _HYPHENS)
        for one, other in zip(mine, theirs, strict=True)
    )


def _difference(
    mine: Sequence[str], a: tuple[int, int], theirs: Sequence[str], c: tuple[int, int]
) -> DifferenceError:
    return DifferenceError(
        f"同一处文字有两种读法，不能确定原文：“{_around(mine, *a)}”与“{_around(theirs, *c)}”；"
        "请换文本版本，或重新导出 PDF"
    )


def _drawn_twice(told: Sequence[Told], paired: set[int]) -> set[int]:
    """Characters that stand at the same place already."""
    places = dict[str, list[Box]]()
    for at in paired:
        places.setdefault(told[at].text, []).append(told[at].box)
    return {
        at
        for at, one in enumerate(told)
        if at not in paired and _is_near(one.box, places.get(one.text, ()), one.size)
    }


def _once(chars: Sequence[Char]) -> list[Char]:
    """The characters without those that are drawn twice, to look bold or to throw a shadow."""
    kept: list[Char] = []
    places = dict[str, dict[int, Box]]()  # by character, by glyph
    for char in chars:
        if not (char.generated or char.text.isspace()):
            same = places.setdefault(char.text, {})
            others = (box for glyph, box in same.items() if glyph != char.glyph)
            if _is_near(char.box, others, char.size):
                continue
            same[char.glyph] = char.box
        kept.append(char)
    return kept


def _is_near(box: Box, others: Iterable[Box], size: float) -> bool:
    return any(
        abs(box[0] - other[0]) < size * _NEAR and abs(box[1] - other[1]) < size * _NEAR
        for other in others
    )


class _Piece(NamedTuple):
    """Text that pdfium leaves out, as a whole."""

    box: Box  # its line without the last character
    number: int  # as `Char.piece`
    lightness: float
    painted: bool


def _empty_pieces(page: pypdfium2.PdfPage, plumbed: Any) -> list[_Piece]:
    """Where text stands that has no width for pdfium."""
    place = places_of(plumbed)
    found: list[_Piece] = []
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=_MOST_FORMS):
        left, bottom, right, top = item.get_bounds()
        if min(right - left, top - bottom) < _NO_WIDTH:
            box = place(left, bottom, right, top)
            found.append(_Piece(box, piece_of(item.raw), paint_of(item.raw), is_painted(item.raw)))
    return found


def _piece_at(box: Box, pieces: Sequence[_Piece]) -> _Piece | None:
    """The piece that the character in the box belongs to."""
    near = [
        piece
        for piece in pieces
        if piece.box[0] - 1 <= box[2]
        and box[0] <= piece.box[2] + 1
        and piece.box[1] - 1 <= box[3]
        and box[1] <= piece.box[3] + 1
    ]
    return min(
        near,
        key=lambda piece: max(piece.box[0] - box[0], box[0] - piece.box[2], 0.0),
        default=None,
    )
