"""Bytes of a file → Lines with page and style marks. A new file form is one function here.

The form is told from the bytes, never from the file's name. Only what typesetting or the container
added is undone: tags, entities, Markdown marks. White space inside a line stays.
"""

from __future__ import annotations

from bot.errors import Problem, ReadingError
from bot.reading.container import container_of
from bot.reading.html import html_source
from bot.reading.lines import Source
from bot.reading.markdown import markdown_source
from bot.reading.plain import plain_source
from bot.reading.tabbed import tabbed_source
from bot.reading.word import is_word, old_kind, word_source


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
        from bot.reading.pdf import pdf_source  # its libraries take a tenth of a second

        return pdf_source(data, file)
    if is_word(data):
        return word_source(data, file)
    if what := old_kind(data):
        raise ReadingError(file, (Problem(what),))
    text = _decoded(data, file)
    match container_of(text):
        case "html":
            return html_source(text)
        case "tagged":
            return tabbed_source(text)
        case "markdown":
            return markdown_source(text)
        case "text with tables":
            return markdown_source(text, marks=False)
        case "plain":
            return plain_source(text)


# Text


def _decoded(data: bytes, file: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        what = "是压缩包或其他办公软件的文件，在这里不能读取"
        raise UnknownKindError(
            file,
            (
                Problem(
                    f"{what}；压缩包请解压后上传其中的文件，或整个用 irbot import 导入，"
                    "其他文件请另存为 PDF 或 .docx"
                ),
            ),
        )
    if b"\0" in data[:4096] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise UnknownKindError(
            file, (Problem("不是可读的记录文件（二进制内容）；请用 PDF、Word（.docx）或文本"),)
        )
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise UnknownKindError(
        file,
        (Problem("不是可读的记录文件（文字编码无法识别）；请用 PDF、Word（.docx）或 UTF-8 文本"),),
    )
