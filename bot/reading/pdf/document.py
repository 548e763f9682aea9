"""A PDF's pages → a Source, or the reasons why it is refused."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium
from pdfminer.pdfparser import PDFSyntaxError
from pdfminer.psparser import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException

from bot.errors import Problem, ReadingError
from bot.reading.lines import Line, Source, squashed
from bot.reading.pdf.cells import regions_of
from bot.reading.pdf.chars import Char
from bot.reading.pdf.lines import lines_of
from bot.reading.pdf.sight import seen_on, watermark_remark
from bot.reading.pdf.witness import DifferenceError, page_chars

_END_MARK = b"%%EOF"
_OBJECT = re.compile(rb"\d\s+obj\b|\bendobj\b|\bendstream\b")
_WORDED = (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_WIDGET)
_WITHOUT_WORDS = {
    True: "PDF 是扫描件（各页都是扫描图片，没有文字），未收录；请用带文字的版本，或识别成 .docx "
    "并逐字核对后导入",
    False: "PDF 没有文字（可能是扫描图片）；请用带文字的版本",
}
_PICTURE = 0.25  # of the page's area, from which a picture may hold words

logging.getLogger("pdfminer").setLevel(logging.ERROR)  # it reports fonts nobody can mend


@dataclass
class _Found:
    """What the pages gave so far."""

    lines: list[Line] = field(default_factory=list)
    characters: int = 0
    problems: list[Problem] = field(default_factory=list)
    scans: list[Problem] = field(default_factory=list)  # pages that are pictures
    doubts: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def pdf_source(data: bytes, file: str) -> Source:
    """Take a PDF apart.

    Raises:
        ReadingError: Encrypted, truncated, without pages, or with pages that hold no text or
            whose text nobody can be sure of.
    """
    if not _is_whole(data):
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
    except (PDFSyntaxError, PSException, PdfminerException, MalformedPDFException) as error:
        raise ReadingError(file, (Problem("PDF 已损坏或不完整；请重新下载"),)) from error


def _is_whole(data: bytes) -> bool:
    """Whether the end mark stands there and no part of the PDF follows it: what mail and web
    servers add behind it does no harm."""
    before, mark, after = data.rpartition(_END_MARK)
    return bool(mark and before) and not _OBJECT.search(after)


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
    found = _Found()
    for number in range(1, len(document) + 1):
        page, plumbed = document[number - 1], tables.pages[number - 1]
        try:
            _take(page, plumbed, number, found)
        except DifferenceError as error:
            found.problems.append(Problem(str(error), number))
        plumbed.close()  # its objects are large
    if not (found.characters or found.problems):
        raise ReadingError(file, (Problem(_WITHOUT_WORDS[bool(found.scans)]),))
    if problems := [*found.problems, *found.scans]:
        raise ReadingError(file, tuple(problems))
    return Source(
        tuple(found.lines),
        found.characters,
        wrapped=True,
        remarks=tuple(found.remarks),
        paged=True,
        doubts=tuple(found.doubts),
    )


def _take(page: pypdfium2.PdfPage, plumbed: Any, number: int, found: _Found) -> None:
    """Read one page."""
    chars = page_chars(page, plumbed)
    pictures = _pictures(page)
    words = _count(chars)
    if not words:
        if pictures:
            found.scans.append(Problem("这一页是扫描图片，没有文字；请用带文字的版本", number))
        return
    if pictures:
        found.remarks.append(f"第{number}页有图片，图中文字没有收录，请核对原件")
    if _notes(page):
        found.remarks.append(f"第{number}页有批注、图章或填写的文字没有收录，请核对原件")
    found.characters += words
    sight = seen_on(page, plumbed, chars)
    if sight.is_turned:
        what = "这一页的文字是横放或倒放的；请把页面转正后再导入，或换文本版本"
        found.problems.append(Problem(what, number))
    found.doubts += [Problem(doubt, number) for doubt in sight.doubts]
    if sight.watermarks:
        found.remarks.append(f"第{number}页{watermark_remark(sight.watermarks)}")
        found.lines.append(Line(" ".join(sight.watermarks), number, aside="watermark"))
    found.lines += _lines(list(sight.chars), plumbed, number)


def _lines(chars: list[Char], plumbed: Any, number: int) -> Iterator[Line]:
    for at, region in enumerate(regions := regions_of(plumbed, chars)):
        above = regions[at - 1].row if at else ""
        if region.row == "value" and above == "value":
            yield Line("", number, starts=True, row="label")  # its label's cell is empty
        yield from lines_of(region, number)


def _count(chars: list[Char]) -> int:
    return len(squashed("".join(char.text for char in chars)))


def _notes(page: pypdfium2.PdfPage) -> bool:
    """Whether words may be laid over the page that are no part of its text."""
    for at in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        note = pdfium.FPDFPage_GetAnnot(page.raw, at)
        kind = pdfium.FPDFAnnot_GetSubtype(note)
        pdfium.FPDFPage_CloseAnnot(note)
        if kind in _WORDED:
            return True
    return False


def _pictures(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures cover so much of the page that they may hold words."""
    width, height = page.get_size()
    covered = 0.0
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = item.get_bounds()
        covered += max(0.0, right - left) * max(0.0, top - bottom)
    return bool(covered > width * height * _PICTURE)
