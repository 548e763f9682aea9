"""A PDF → lines: the form's rows from the ruled table, the words from the text layer.

1. pdfplumber finds the table's cells. Its leftmost column holds the labels; an empty label on a
   continuation page means that the row above goes on.
2. pdfium gives every character with its place; each goes to the cell it stands in. Gaps that
   pdfium shows as spaces are no typed spaces: they stay only between Latin letters or digits.
3. Pages without such a table give their lines as they come; the labels are found by their words.

The independent count is that of pdfium's plain text of the page.
"""

from __future__ import annotations

import ctypes
import io
import logging
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Literal

import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium
from pdfminer.pdfparser import PDFSyntaxError
from pdfminer.psparser import PSException

from bot.errors import Problem, ReadingError
from bot.reading.lines import Line, Source, squashed

_LATIN = re.compile(r"[0-9A-Za-z]")
_END_MARK = b"%%EOF"
_TAIL = 4096  # bytes at the end in which the end mark must stand
_WIDEST_LABEL = 0.45  # of the table's width
_PICTURE = 0.25  # of the page's area, from which a picture may hold words
_INDENT = 1.2  # characters
_BOLD_WEIGHT = 600
_TYPED = 0.4  # of the height: a half-width space is 0.5, what layout adds is 0.25

logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it reports fonts nobody can mend

_Box = tuple[float, float, float, float]  # left, top, right, bottom; points from the top left


@dataclass
class _Char:
    text: str
    box: _Box
    bold: bool
    generated: bool  # a gap that pdfium shows as a space

    @property
    def middle(self) -> float:
        return (self.box[1] + self.box[3]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass
class _Region:
    """A cell, or the page outside of the table."""

    row: Literal["", "label", "value"]
    boxes: tuple[_Box, ...]
    chars: list[_Char] = field(default_factory=list)

    def real(self) -> list[_Char]:
        return [char for char in self.chars if not char.generated and not char.text.isspace()]

    def holds(self, x: float, y: float) -> bool:
        return any(
            left <= x < right and top <= y < bottom for left, top, right, bottom in self.boxes
        )


def pdf_source(data: bytes, file: str) -> Source:
    """Take a PDF apart.

    Raises:
        ReadingError: Encrypted, truncated, without pages, or with pages that hold no text.
    """
    if _END_MARK not in data[-_TAIL:]:
        raise ReadingError(file, (Problem("PDF 不完整（缺少文件结尾）；请重新下载"),))
    try:
        with pypdfium2.PdfDocument(data) as document, _plumber(data) as tables:
            if not len(document):
                raise ReadingError(file, (Problem("PDF 没有页；请重新下载"),))
            if len(tables.pages) != len(document):
                raise ReadingError(file, (Problem("PDF 已损坏：页数不一致；请重新下载"),))
            return _source(document, tables, file)
    except pypdfium2.PdfiumError as error:
        raise ReadingError(file, (Problem(_why(data)),)) from error
    except (PDFSyntaxError, PSException, pdfplumber.utils.exceptions.PdfminerException) as error:
        raise ReadingError(file, (Problem("PDF 已损坏或不完整；请重新下载"),)) from error


def _why(data: bytes) -> str:
    """Why pdfium refused it: what it says of its reason may be that of an earlier file."""
    if b"/Encrypt" in data:
        return "PDF 已加密；请另存为未加密的文件"
    if re.search(rb"/Count\s+0\b", data):
        return "PDF 没有页；请重新下载"
    return "PDF 已损坏或不完整；请重新下载"


def _plumber(data: bytes) -> Any:
    return pdfplumber.open(io.BytesIO(data))


def _source(document: pypdfium2.PdfDocument, tables: Any, file: str) -> Source:
    lines: list[Line] = []
    problems: list[Problem] = []
    remarks: list[str] = []
    count = 0
    for number in range(1, len(document) + 1):
        page = document[number - 1]
        plain = _plain(page)
        count += len(squashed(plain))
        pictures = _pictures(page)
        if not squashed(plain):
            if pictures:
                problems.append(Problem("这一页是扫描图片，没有文字；请用带文字的版本", number))
            continue
        if pictures:
            remarks.append(f"第{number}页有图片，图中文字没有收录，请核对原件")
        lines += _page_lines(page, tables.pages[number - 1], number)
        tables.pages[number - 1].close()  # its objects are large
    if not count:
        problems = [Problem("PDF 没有文字（可能是扫描图片）；请用带文字的版本")]
    if problems:
        raise ReadingError(file, tuple(problems))
    return Source(tuple(lines), count, wrapped=True, remarks=tuple(remarks), paged=True)


def _plain(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_range()
    # U+FFFE: pdfium's mark of a hyphen at a line's end.
    return text.replace("\ufffe", "").replace("\0", "")


def _pictures(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover so much of the page that they may hold words."""
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = item.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered > width * height * _PICTURE)


# Cells


def _page_lines(page: pypdfium2.PdfPage, plumbed: Any, number: int) -> Iterator[Line]:
    chars = list(_chars(page, plumbed))
    regions = _regions(plumbed)
    outside = _Region("", ())
    home = outside
    for char in chars:
        if not char.generated:  # a generated gap has no place: it follows what stands before it
            x, y = (char.box[0] + char.box[2]) / 2, char.middle
            home = next((region for region in regions if region.holds(x, y)), outside)
        home.chars.append(char)
    placed = [outside, *(region for region in regions if region.chars)]
    pieces = [(at, region) for at, region in enumerate(placed) if region.real()]
    # What stands outside of the table goes before or after it, by its height on the page.
    for region in _from_top(pieces, regions):
        yield from _lines(region, number)


def _from_top(pieces: list[tuple[int, _Region]], regions: Sequence[_Region]) -> list[_Region]:
    """Regions from top to bottom; the words outside of the table cut at each row's edge."""
    if not regions:
        return [region for _, region in pieces]
    found: list[tuple[float, int, _Region]] = []
    edges = sorted({edge for region in regions for box in region.boxes for edge in box[1::2]})
    for at, region in pieces:
        if region.boxes:
            # A row's label and value begin at the same rule: their order decides.
            found.append((min(box[1] for box in region.boxes), at, region))
            continue
        bands: dict[float, _Region] = {}
        band = 0.0
        for char in region.chars:
            if not char.generated:
                band = max((edge for edge in edges if edge <= char.middle), default=0.0)
            bands.setdefault(band, _Region("", ())).chars.append(char)
        found += [(edge, -1, piece) for edge, piece in bands.items() if piece.real()]
    return [region for _, _, region in sorted(found, key=lambda item: item[:2])]


def _regions(plumbed: Any) -> list[_Region]:
    """Label and value of every row of the form's table, from top to bottom."""
    tables = [table for table in plumbed.find_tables() if len(table.rows)]
    outer = [
        table
        for table in tables
        if not any(_inside(table.bbox, other.bbox) for other in tables if other is not table)
    ]
    regions: list[_Region] = []
    for table in sorted(outer, key=lambda table: float(table.bbox[1])):
        left, _, right, _ = table.bbox
        widest = (right - left) * _WIDEST_LABEL
        label: _Box | None = None
        for row in table.rows:
            cells = [cell for cell in row.cells if cell]
            if not cells:
                continue
            first = min(cells, key=lambda cell: float(cell[0]))
            top, bottom = min(cell[1] for cell in cells), max(cell[3] for cell in cells)
            if abs(first[0] - left) < 2 and first[2] - left <= widest and first[2] < right - 2:
                label = first
                regions.append(_Region("label", (first,)))
                regions.append(_Region("value", ((first[2], first[1], right, first[3]),)))
            elif label and first[0] >= label[2] - 2 and bottom <= label[3] + 2:
                continue  # a nested row beside a label that covers it
            else:
                regions.append(_Region("", ((left, top, right, bottom),)))
    return regions


def _inside(inner: _Box, outer: _Box) -> bool:
    return (
        inner[0] >= outer[0] - 1
        and inner[1] >= outer[1] - 1
        and inner[2] <= outer[2] + 1
        and inner[3] <= outer[3] + 1
    )


# Characters and lines


def _chars(page: pypdfium2.PdfPage, plumbed: Any) -> Iterator[_Char]:
    """Every character with its box, measured from the page's top left as pdfplumber does."""
    text = page.get_textpage()
    raw = text.raw
    height = float(plumbed.height)
    rect = pdfium.FS_RECTF()
    for at in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(raw, at)
        if code in (0, 0xFFFE, 0xFEFF):
            continue
        pdfium.FPDFText_GetLooseCharBox(raw, at, rect)
        generated = pdfium.FPDFText_IsGenerated(raw, at) == 1
        box = (rect.left, height - rect.top, rect.right, height - rect.bottom)
        bold = not generated and _is_bold(raw, at)
        yield _Char(chr(code), box, bold, generated)


def _is_bold(raw: Any, at: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(raw, at) >= _BOLD_WEIGHT:
        return True
    name = ctypes.create_string_buffer(64)
    pdfium.FPDFText_GetFontInfo(raw, at, name, 64, None)
    return b"bold" in name.value.lower() or b"heavy" in name.value.lower()


def _lines(region: _Region, number: int) -> Iterator[Line]:
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


def _in_rows(chars: list[_Char]) -> list[list[_Char]]:
    """Characters in lines from top to bottom, each from left to right."""
    runs: list[list[_Char]] = []
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
    rows: list[list[_Char]] = []
    for run in sorted((run for run in runs if run), key=lambda run: _middle(run)):
        if rows and abs(_middle(rows[-1]) - _middle(run)) < _tallest(rows[-1]) * 0.4:
            rows[-1] = _beside(rows[-1], run)
        else:
            rows.append(run)
    return rows


def _same_line(run: list[_Char], char: _Char) -> bool:
    last = next((item for item in reversed(run) if not item.generated), run[-1])
    tallest = max(last.height, char.height, 1.0)
    overlap = min(last.box[3], char.box[3]) - max(last.box[1], char.box[1])
    # A comma and a dash overlap with nothing but stand in the same line.
    return overlap > 0 or abs(last.middle - char.middle) < max(tallest, _tallest(run)) * 0.7


def _middle(run: list[_Char]) -> float:
    return statistics.median(char.middle for char in run if not char.text.isspace())


def _tallest(run: list[_Char]) -> float:
    return max(char.height for char in run if not char.text.isspace())


def _beside(one: list[_Char], other: list[_Char]) -> list[_Char]:
    """Two pieces of one line, left first, kept apart by a space."""
    first, second = sorted((one, other), key=lambda run: run[0].box[0])
    return [*first, replace(first[-1], text=" ", generated=False), *second]


def _text(row: list[_Char]) -> str:
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


def _gap(one: _Char, other: _Char) -> float:
    return max(0.0, other.box[0] - one.box[2])
