"""A page's characters, as pdfium and as pdfminer (in pdfplumber) tell them.

pdfium gives the characters in reading order with their places, the gaps that it shows as spaces or
line ends, and how they are painted. It is kept from the host's fonts, so that the same bytes give
the same characters on every machine.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]  # left, top, right, bottom; points from the top left

_BOLD_WEIGHT = 600
LINE_END_HYPHEN = "\ufffe"  # stands for pdfium's mark: no character is mapped to it
UNREADABLE = "\ufffd"


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
    glyph: int = 0  # which of pdfminer's glyphs it belongs to: a ligature has several characters
    # Where its line runs and where its top points, in steps of a turn: (1, 0, 0, 1) is upright.
    turn: tuple[float, float, float, float] = (1, 0, 0, 1)

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


class Told(NamedTuple):
    """A character as pdfminer tells it."""

    text: str
    box: Box
    size: float
    turn: tuple[float, float, float, float]
    glyph: int  # from 1


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


def chars_of_pdfium(page: pypdfium2.PdfPage, plumbed: Any) -> Iterator[Char]:
    """pdfium's characters."""
    text = page.get_textpage()
    raw = text.raw
    place = places_of(plumbed)
    rect = pdfium.FS_RECTF()
    styles = dict[int, tuple[bool, float, bool]]()  # of a text object: all its characters'
    for at in range(text.count_chars()):
        letter = chr(pdfium.FPDFText_GetUnicode(raw, at))
        if pdfium.FPDFText_IsHyphen(raw, at) == 1:
            letter = LINE_END_HYPHEN
        generated = pdfium.FPDFText_IsGenerated(raw, at) == 1
        if generated:
            yield Char(letter, (0, 0, 0, 0), generated=True)
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, at, rect)
        box = place(rect.left, rect.bottom, rect.right, rect.top)
        item = pdfium.FPDFText_GetTextObject(raw, at)
        piece = piece_of(item)
        if piece not in styles:
            styles[piece] = _is_bold(raw, at), paint_of(item), is_painted(item)
        bold, lightness, painted = styles[piece]
        yield Char(letter, box, bold, False, piece, lightness, painted)


def places_of(plumbed: Any) -> Callable[[float, float, float, float], Box]:
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


def paint_of(item: Any) -> float:
    """How light a text object is on white paper."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(item, red, green, blue, alpha):
        return 0.0  # a pattern
    return 1 - alpha.value / 255 * (1 - shade(red.value, green.value, blue.value))


def shade(red: int, green: int, blue: int) -> float:
    """How light a colour is: 0 black, 1 white."""
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def piece_of(item: Any) -> int:
    """What tells a text object of pdfium from others while its page is open."""
    return ctypes.cast(item, ctypes.c_void_p).value or 0


def is_painted(item: Any) -> bool:
    """Whether a text object is set to be drawn."""
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


def chars_of_pdfminer(plumbed: Any) -> Iterator[Told]:
    for glyph, char in enumerate(plumbed.chars, 1):
        a, b, c, d = char["matrix"][:4]
        along, across = (a * a + b * b) ** 0.5 or 1.0, (c * c + d * d) ** 0.5 or 1.0
        turn = (a / along, b / along, c / across, d / across)
        box = (char["x0"], char["top"], char["x1"], char["bottom"])
        text = char["text"]
        if text.startswith("(cid:"):  # pdfminer's way to say that it has no character
            text = UNREADABLE
        for letter in _apart(text):
            yield Told(letter, box, float(char["size"]), turn, glyph)


def _apart(text: str) -> str:
    """pdfium takes the ligatures of Latin letters apart."""
    return "".join(
        unicodedata.normalize("NFKC", letter) if "\ufb00" <= letter <= "\ufb06" else letter
        for letter in text
    )
