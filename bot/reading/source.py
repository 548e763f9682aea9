"""Bytes of a file → Lines with page and style marks. A new file form is one function here.

The form is told from the bytes, never from the file's name. Only what typesetting or the container
added is undone: tags, entities, Markdown marks. White space inside a line stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Literal

import pypdfium2

from bot.errors import Problem, ReadingError


class UnknownKindError(ReadingError):
    """A file of a kind that holds no records: skipped where a folder is imported."""


@dataclass(frozen=True)
class Line:
    """One line, cell or paragraph of the source."""

    text: str
    page: int  # from 1
    bold: bool = False  # all of it
    starts: bool = False  # a paragraph surely begins here
    row: Literal["", "label", "value"] = ""  # where the container tells the form's rows
    ticked: bool | None = None  # a check box stands before it
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """What a file holds, line by line, and an independent count of its characters."""

    lines: tuple[Line, ...]
    characters: int  # white space apart, counted without the parser that made the lines
    wrapped: bool  # lines are broken by the page layout, so a break may be inside a sentence


def read_source(data: bytes, file: str) -> Source:
    """Take a file apart.

    Raises:
        ReadingError: Empty, truncated, encrypted or without text.
        UnknownKindError: A kind of file that is not read.
    """
    if not data.strip():
        raise ReadingError(file, (Problem("文件是空的；请重新下载后再导入"),))
    if data.lstrip()[:5] == b"%PDF-":
        return _pdf(data, file)
    text = _decoded(data, file)
    if re.search(
        r"(?m)^[^\t\n]{0,40}\t\s*<(?:p|div|b)\b|^\s*<(?:p|div|html|table|!doctype)\b", text, re.I
    ):
        return _marked(text)
    if re.search(r"(?m)^\*\*.+\*\*\s*$|^#{1,3} ", text):
        return _marked(text)
    return _plain(text.split("\f"))


def squashed(text: str) -> str:
    """The text without white space, as labels are compared and characters counted."""
    return "".join(text.split())


# Text


def _decoded(data: bytes, file: str) -> str:
    if b"\0" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise UnknownKindError(
            file, (Problem("不是可读的记录文件（二进制内容）；请用 PDF 或文本"),)
        )
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnknownKindError(
        file, (Problem("不是可读的记录文件（文字编码无法识别）；请用 PDF 或 UTF-8 文本"),)
    )


def _plain(pages: list[str]) -> Source:
    lines: list[Line] = []
    for page, text in enumerate(pages, 1):
        starts = False
        for raw in text.split("\n"):
            if not raw.strip():
                starts = True
                continue
            lines.append(Line(raw.strip(), page, starts=starts))
            starts = False
    return Source(tuple(lines), len(squashed("".join(pages))), wrapped=True)


# PDF


def _pdf(data: bytes, file: str) -> Source:
    try:
        with pypdfium2.PdfDocument(data) as document:
            pages = [_page_text(document[at]) for at in range(len(document))]
    except pypdfium2.PdfiumError as error:
        what = (
            "PDF 已加密；请另存为未加密的文件"
            if "assword" in str(error)
            else "PDF 已损坏或不完整；请重新下载"
        )
        raise ReadingError(file, (Problem(what),)) from error
    if not pages:
        raise ReadingError(file, (Problem("PDF 没有页；请重新下载"),))
    if not squashed("".join(pages)):
        raise ReadingError(file, (Problem("PDF 是扫描图片，没有文字；请用带文字的版本"),))
    return _plain(pages)


def _page_text(page: pypdfium2.PdfPage) -> str:
    text: str = page.get_textpage().get_text_range()
    # U+FFFE: pdfium's mark of a hyphen at a line's end.
    return text.replace("\r\n", "\n").replace("\ufffe", "")


# HTML, Markdown, and the mixture of both that text recognition writes


def _marked(text: str) -> Source:
    lines: list[Line] = []
    page, in_table = 1, False
    for raw in re.split(r"\n", _one_line_tags(text)):
        if not raw.strip():
            continue
        label, tab, value = raw.partition("\t")
        if _is_dashes(raw):  # the row that text recognition writes under a page's table
            lines.append(Line(raw.strip(), page))
        elif tab:
            if not label.strip() and lines:
                page += 1  # the form goes on under an empty label: the next page
            in_table = True
            if label.strip():
                lines.append(Line(label.strip(), page, starts=True, row="label"))
            lines += _cells(value, page, "value")
        else:
            if in_table:
                page += 1  # a page that was not recognised as a table
            in_table = False
            lines += _cells(raw, page, "")
    stripped = unescape(re.sub(r"<(?:/?[A-Za-z!][^<>]*)>", "", text))
    count = len(squashed(re.sub(r"(?m)\*\*|^#{1,6} ", "", stripped)))
    return Source(tuple(lines), count, wrapped=False)


def _one_line_tags(text: str) -> str:
    return re.sub(r"<[^<>\n]*\n[^<>]*>", lambda match: match.group().replace("\n", " "), text)


def _is_dashes(text: str) -> bool:
    return not squashed(text).strip("-")


def _cells(marked: str, page: int, row: Literal["", "value"]) -> Iterator[Line]:
    marked = marked.strip()
    bold = bool(re.fullmatch(r"\*\*(?:(?!\*\*).)+\*\*", marked))
    parser = _Paragraphs()
    parser.feed(re.sub(r"^#{1,6} ", "", marked.replace("**", "")))
    parser.close()
    for at, found in enumerate(parser.finished()):
        starts = at > 0 or found.block or not row
        yield Line(found.text, page, bold or found.bold, starts, row, found.ticked, found.links)


@dataclass
class _Paragraph:
    text: str = ""
    plain: int = 0  # characters outside <b>
    block: bool = False
    ticked: bool | None = None
    links: tuple[str, ...] = ()

    @property
    def bold(self) -> bool:
        return bool(self.text) and not self.plain


_BLOCKS = {"p", "div", "br", "tr", "td", "th", "li", "table", "h1", "h2", "h3", "h4", "section"}


class _Paragraphs(HTMLParser):
    """Paragraphs of one cell; inline tags vanish without a trace."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done = [_Paragraph()]
        self._bold = 0
        self._skipped = 0

    def finished(self) -> list[_Paragraph]:
        for item in self._done:
            item.text = item.text.strip()
        return [item for item in self._done if item.text]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _BLOCKS:
            self._done.append(_Paragraph(block=True))
        elif tag in ("b", "strong"):
            self._bold += 1
        elif tag in ("script", "style"):
            self._skipped += 1
        elif tag == "input" and given.get("type") == "checkbox":
            self._done.append(_Paragraph(block=True, ticked="checked" in given))
        elif tag == "a" and given.get("href"):
            self._done[-1].links += (given["href"] or "",)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._done.append(_Paragraph(block=True))
        elif tag in ("b", "strong"):
            self._bold = max(0, self._bold - 1)
        elif tag in ("script", "style"):
            self._skipped = max(0, self._skipped - 1)

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._done[-1].text += data
            self._done[-1].plain += len(squashed(data)) if not self._bold else 0
