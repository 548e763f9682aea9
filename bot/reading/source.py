"""Bytes of a file → Lines with page and style marks. A new file form is one function here.

The form is told from the bytes, never from the file's name. Only what typesetting or the container
added is undone: tags, entities, Markdown marks. White space inside a line stays.
"""

from __future__ import annotations

import re

from bot.errors import Problem, ReadingError
from bot.reading.lines import Line, Source, squashed
from bot.reading.marked import is_marked, marked_source
from bot.reading.pdf import pdf_source
from bot.reading.vocabulary import is_known_label


class UnknownKindError(ReadingError):
    """A file of a kind that holds no records: skipped where a folder is imported."""


def read_source(data: bytes, file: str) -> Source:
    """Take a file apart.

    Raises:
        ReadingError: Empty, truncated, encrypted or without text.
        UnknownKindError: A kind of file that is not read.
    """
    if not data.strip():
        raise ReadingError(file, (Problem("文件是空的；请重新下载后再导入"),))
    if data.lstrip()[:5] == b"%PDF-":
        return pdf_source(data, file)
    text = _decoded(data, file)
    if is_marked(text):
        return marked_source(text)
    return _plain(text)


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


def _plain(text: str) -> Source:
    """Text by page, form feeds between them; a form's row may be `label⇥value`, `label | value`."""
    lines: list[Line] = []
    row_mark = _row_mark(text)
    for page, one_page in enumerate(text.split("\f"), 1):
        starts = False
        for raw in one_page.split("\n"):
            if not raw.strip():
                starts = True
                continue
            indent = raw.startswith(("\u3000\u3000", "    "))
            label, mark, value = raw.partition(row_mark) if row_mark else (raw, "", "")
            if mark and _may_be_label(label) and not indent:
                lines.append(Line((label + mark).strip(), page, starts=True, row="label"))
                raw, starts = value, True
            if raw.strip():
                lines.append(Line(raw.strip(), page, starts=starts, indent=indent))
            starts = False
    return Source(tuple(lines), len(squashed(text)), wrapped=True, paged="\f" in text)


def _row_mark(text: str) -> str:
    """What stands between label and value in this file, if anything does."""
    for mark in ("\t", "|"):
        rows = [line.partition(mark)[0] for line in text.splitlines() if mark in line]
        if sum(is_known_label(row) for row in rows) >= 2:
            return mark
    return ""


def _may_be_label(text: str) -> bool:
    return is_known_label(text) or bool(re.fullmatch(r"[\s\u4e00-\u9fff（()）/、；;]{2,45}", text))
