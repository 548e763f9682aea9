"""A page's characters, told by two witnesses.

1. pdfium gives the characters in reading order with their places, the gaps that it shows as spaces
   or line ends, and their colours. It is kept from the host's fonts, so that the same bytes give
   the same characters on every machine.
2. pdfplumber (pdfminer) decodes the page again by itself. Both must give the same characters in the
   same order. Three differences are explained: pdfium drops what has no width in a font that is
   not embedded (it then stands here in pdfminer's place), it marks a typed hyphen at a line's end,
   and it drops bold drawn twice. Every other difference is one that nobody can decide: the page is
   refused.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]  # left, top, right, bottom; points from the top left

_BOLD_WEIGHT = 600
_LINE_END_HYPHEN = "\ufffe"  # pdfium's mark
_HYPHENS = "-\u00ad\u2010\u2011"
_NO_WIDTH = 0.01  # points; text objects narrower than this are not in pdfium's text
_NEAR = 0.35  # of a character's size: bold drawn twice is set off by less
_CONTEXT = 8  # characters shown on each side of a difference
_UNREADABLE = "\ufffd"
_MOST_FORMS = 8  # nested in each other


@dataclass(frozen=True)
class Char:
    """One character of the page, or a gap that pdfium shows as a space or a line end."""

    text: str
    box: Box
    bold: bool = False
    generated: bool = False
    piece: int = 0  # which text object it belongs to; 0: not known
    lightness: float = 0.0  # of what it is painted with on white paper: 0 black, 1 white
    painted: bool = True  # False: the text is set not to be drawn
    size: float = 0.0  # points
    # Where its line runs and where its top points, in steps of a turn: (1, 0, 0, 1) is upright.
    turn: tuple[float, float, float, float] = (1, 0, 0, 1)

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class DifferenceError(Exception):
    """The witnesses differ, or a glyph has no character; the message is Chinese."""


class _Told(NamedTuple):
    """A character as pdfminer tells it."""

    text: str
    box: Box
    size: float
    turn: tuple[float, float, float, float]


def page_chars(page: pypdfium2.PdfPage, plumbed: Any) -> list[Char]:
    """Every character of the page in reading order, with its place as pdfplumber measures it.

    Raises:
        DifferenceError: The two witnesses do not give the same characters.
    """
    seen, told = list(_seen(page, plumbed)), list(_told(plumbed))
    words, typed = _words(seen), _words(told)
    mine, theirs = [seen[at].text for at in words], [told[at].text for at in typed]
    _refuse_unreadable(mine, theirs)
    if mine != theirs:
        return _reconciled(page, plumbed, seen, told)
    for at, other in zip(words, typed, strict=True):
        seen[at] = _witnessed(seen[at], told[other])
    return seen


# pdfium


def _without_host_fonts() -> Any:
    """Tell pdfium that the host has no fonts; the structure must live as long as pdfium does."""
    info = pdfium.FPDF_SYSFONTINFO()
    info.version = 1
    kinds = dict(pdfium.FPDF_SYSFONTINFO._fields_)
    nothing = {
        "Release": lambda _info: None,
        "EnumFonts": lambda _info, _mapper: None,
        "MapFont": lambda *_asked: None,
        "GetFont": lambda _info, _face: None,
        "GetFontData": lambda *_asked: 0,
        "GetFaceName": lambda *_asked: 0,
        "GetFontCharset": lambda _info, _font: 0,
        "DeleteFont": lambda _info, _font: None,
    }
    for name, call in nothing.items():
        setattr(info, name, kinds[name](call))
    pdfium.FPDF_SetSystemFontInfo(ctypes.byref(info))
    return info


_NO_FONTS = _without_host_fonts()


def _seen(page: pypdfium2.PdfPage, plumbed: Any) -> Iterator[Char]:
    """pdfium's characters."""
    text = page.get_textpage()
    raw = text.raw
    place = places_of(plumbed)
    rect = pdfium.FS_RECTF()
    styles = dict[int, tuple[bool, float, bool]]()  # of a text object: all its characters'
    for at in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(raw, at))
        generated = pdfium.FPDFText_IsGenerated(raw, at) == 1
        if generated:
            yield Char(letter, (0, 0, 0, 0), generated=True)
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, at, rect)
        box = place(rect.left, rect.bottom, rect.right, rect.top)
        item = pdfium.FPDFText_GetTextObject(raw, at)
        piece = ctypes.cast(item, ctypes.c_void_p).value or 0
        if piece not in styles:
            styles[piece] = _is_bold(raw, at), _lightness(raw, at), _is_painted(item)
        bold, lightness, painted = styles[piece]
        yield Char(letter, box, bold, False, piece, lightness, painted)


def places_of(plumbed: Any) -> Any:
    """From the page's own measure to pdfplumber's: turned as it is shown, from the top left.

    Source: pdfminer's `process_page` and pdfplumber's `point2coord`.
    """
    x0, y0, x1, y1 = plumbed.page_obj.mediabox
    a, b, c, d, e, f = {
        90: (0, -1, 1, 0, -y0, x1),
        180: (-1, 0, 0, -1, x1, y1),
        270: (0, 1, -1, 0, y1, -x0),
    }.get(plumbed.rotation, (1, 0, 0, 1, -x0, -y0))
    left, top = plumbed.mediabox[0], plumbed.mediabox[1] + float(plumbed.height)

    def place(x: float, y: float, right: float, upper: float) -> Box:
        xs = [left + a * px + c * py + e for px, py in ((x, y), (right, upper))]
        ys = [top - (b * px + d * py + f) for px, py in ((x, y), (right, upper))]
        return min(xs), min(ys), max(xs), max(ys)

    return place


def _lightness(raw: Any, at: int) -> float:
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFText_GetFillColor(raw, at, red, green, blue, alpha):
        return 0.0  # a pattern
    shade = (0.299 * red.value + 0.587 * green.value + 0.114 * blue.value) / 255
    return 1 - alpha.value / 255 * (1 - shade)


def _is_painted(item: Any) -> bool:
    return pdfium.FPDFTextObj_GetTextRenderMode(item) not in (
        pdfium.FPDF_TEXTRENDERMODE_INVISIBLE,
        pdfium.FPDF_TEXTRENDERMODE_CLIP,
    )


def _is_bold(raw: Any, at: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(raw, at) >= _BOLD_WEIGHT:
        return True
    name = ctypes.create_string_buffer(64)
    pdfium.FPDFText_GetFontInfo(raw, at, name, 64, None)
    return b"bold" in name.value.lower() or b"heavy" in name.value.lower()


# pdfminer


def _told(plumbed: Any) -> Iterator[_Told]:
    for char in plumbed.chars:
        a, b, c, d = char["matrix"][:4]
        along, across = (a * a + b * b) ** 0.5 or 1.0, (c * c + d * d) ** 0.5 or 1.0
        turn = (a / along, b / along, c / across, d / across)
        box = (char["x0"], char["top"], char["x1"], char["bottom"])
        text = char["text"]
        if text.startswith("(cid:"):  # pdfminer's way to say that it has no character
            text = _UNREADABLE
        for letter in _apart(text):
            yield _Told(letter, box, float(char["size"]), turn)


def _apart(text: str) -> str:
    """pdfium takes the ligatures of Latin letters apart."""
    return "".join(
        unicodedata.normalize("NFKC", letter) if "\ufb00" <= letter <= "\ufb06" else letter
        for letter in text
    )


# Both


def _witnessed(char: Char, other: _Told) -> Char:
    return replace(char, text=other.text, size=other.size, turn=other.turn)


def _refuse_unreadable(mine: Sequence[str], theirs: Sequence[str]) -> None:
    # pdfium's own mark of a hyphen is compared with what pdfminer says of it.
    for words, allowed in ((theirs, ""), (mine, _LINE_END_HYPHEN)):
        for at, letter in enumerate(words):
            if _is_unreadable(letter) and letter not in allowed:
                raise DifferenceError(
                    f"有文字没有编码，读不出（记作□）：“{_around(words, at, at + 1)}”；"
                    "请换文本版本，或重新导出 PDF"
                )


def _is_unreadable(letter: str) -> bool:
    """No character, one that stands for none, half of one, or a control character."""
    return letter == _UNREADABLE or unicodedata.category(letter) in ("Cc", "Cs", "Cn")


def _around(words: Sequence[str], start: int, end: int) -> str:
    shown = words[max(0, start - _CONTEXT) : end + _CONTEXT]
    return "".join("□" if _is_unreadable(letter) else letter for letter in shown)


def _reconciled(
    page: pypdfium2.PdfPage, plumbed: Any, seen: list[Char], told: list[_Told]
) -> list[Char]:
    """pdfium's characters, mended where the difference is explained."""
    words, typed = _words(seen), _words(told)
    mine, theirs = [seen[at].text for at in words], [told[at].text for at in typed]
    paired = dict[int, int]()  # place in `seen` → place in `told`
    missing: list[tuple[int, int, int]] = []  # before which word of mine; which of theirs
    for kind, a, b, c, d in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        if kind == "equal" or _are_hyphens(mine[a:b], theirs[c:d]):
            paired.update(zip(words[a:b], typed[c:d], strict=True))
        elif kind == "insert":
            missing.append((a, c, d))
        else:
            raise _difference(mine, (a, b), theirs, (c, d))
    twice = _drawn_twice(told, set(paired.values()))
    empty = _empty_pieces(page, plumbed) if missing else []
    added = dict[int, list[Char]]()
    for a, c, d in missing:
        places = [at for at in typed[c:d] if at not in twice]
        if not all(_stands_in(told[at].box, empty) for at in places):
            raise _difference(mine, (a, a), theirs, (c, d))
        if places:
            added[words[a - 1] + 1 if a else 0] = [
                Char(one.text, one.box, size=one.size, turn=one.turn)
                for one in told[places[0] : places[-1] + 1]
            ]
    mended: list[Char] = []
    for at, char in enumerate(seen):
        mended += added.get(at, [])
        mended.append(_witnessed(char, told[paired[at]]) if at in paired else char)
    return mended + added.get(len(seen), [])


def _words(chars: Iterable[Char | _Told]) -> list[int]:
    """Places of what is no white space."""
    return [at for at, char in enumerate(chars) if not char.text.isspace()]


def _are_hyphens(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    return len(mine) == len(theirs) and all(
        one == other or (one == _LINE_END_HYPHEN and other in _HYPHENS)
        for one, other in zip(mine, theirs, strict=True)
    )


def _difference(
    mine: Sequence[str], a: tuple[int, int], theirs: Sequence[str], c: tuple[int, int]
) -> DifferenceError:
    return DifferenceError(
        f"同一处文字有两种读法，不能确定原文：“{_around(mine, *a)}”与“{_around(theirs, *c)}”；"
        "请换文本版本，或重新导出 PDF"
    )


def _drawn_twice(told: Sequence[_Told], paired: set[int]) -> set[int]:
    """Characters that stand at the same place already."""
    places = dict[str, list[Box]]()
    for at in paired:
        places.setdefault(told[at].text, []).append(told[at].box)
    return {
        at
        for at, one in enumerate(told)
        if at not in paired
        and any(
            abs(box[0] - one.box[0]) < one.size * _NEAR
            and abs(box[1] - one.box[1]) < one.size * _NEAR
            for box in places.get(one.text, ())
        )
    }


def _empty_pieces(page: pypdfium2.PdfPage, plumbed: Any) -> list[Box]:
    """Where text stands that has no width for pdfium: its line without the last character."""
    place = places_of(plumbed)
    boxes = [
        item.get_bounds()
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=_MOST_FORMS)
    ]
    return [
        place(left, bottom, right, top)
        for left, bottom, right, top in boxes
        if min(right - left, top - bottom) < _NO_WIDTH
    ]


def _stands_in(box: Box, pieces: Sequence[Box]) -> bool:
    return any(
        piece[0] - 1 <= box[2]
        and box[0] <= piece[2] + 1
        and piece[1] - 1 <= box[3]
        and box[1] <= piece[3] + 1
        for piece in pieces
    )
