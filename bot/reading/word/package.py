"""The archive that a .docx is: what a stranger may have put into it, and a count of its words.

The count is taken from the parts' own bytes by another parser than the one that reads them
(expat, not libxml2), and knows nothing of paragraphs, tables or what Word shows: it counts every
letter that stands in a text element.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_external_ges, feature_namespaces

from defusedxml import DefusedXmlException

from bot.errors import Problem, ReadingError
from bot.reading.lines import squashed

_LARGEST = 512 << 20  # bytes of all parts, unpacked; pictures are packed already
_LARGEST_TEXT = 64 << 20  # bytes of all XML, unpacked; a record of 200 questions has 1
_MOST_PARTS = 10_000
_TIGHTEST = 200  # times; styles of Word are packed 40 times
_SMALL = 1 << 20  # bytes of a part that may be packed as tightly as it likes
_ODD_PATH = re.compile(r"^[/\\]|^[A-Za-z]:|\\|\0|(?:^|/)\.\.(?:/|$)")
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_STRICT = b"http://purl.oclc.org/ooxml/"
_DAMAGED = "Word 文件已损坏（{why}），没有收录；请在 Word 里打开后另存为 .docx 或 PDF"


def is_word(data: bytes) -> bool:
    """Whether it is a document in the form of Word 2007 and later."""
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.replace("\\", "/").lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError):
        # What says that it is one stands at its beginning, too.
        return b"[Content_Types].xml" in data[:4096] and b"word/" in data
    return "[content_types].xml" in names and any(name.startswith("word/") for name in names)


def old_kind(data: bytes) -> str:
    """Of a file of an office program that is not read: what it is and what to do; Chinese, empty
    for all others."""
    save = "请在 Word 或 WPS 里另存为 .docx 或 PDF 后再导入"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return f"加了密码的 Office 文件；请去掉密码，{save[1:]}"
        if "WordDocument".encode("utf-16-le") in data:
            return f"旧版 Word 文件（.doc）不能直接读取；{save}"
        return f"旧版 Office 文件不能直接读取；{save}"
    if data.lstrip()[:5] == b"{\\rtf":
        return f"RTF 文件不能直接读取；{save}"
    if b'progid="Word.Document"' in data[:1024]:
        return f"Word 的单个 XML 文件不能直接读取；{save}"
    return ""


def counted(data: bytes, file: str) -> Mapping[str, int]:
    """The letters of every XML part by its name, white space apart.

    Raises:
        ReadingError: The archive is damaged, encrypted, packed to burst, or made to attack a
            reader; nothing was unpacked to the disk.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _look_through(archive, parts, file)
            return {
                f"/{part.filename}": _letters(archive, part, file)
                for part in parts
                if _is_text(part)
            }
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
        raise _refused(file, _DAMAGED.format(why=type(error).__name__)) from error
    except RuntimeError as error:  # what zipfile raises where a password is needed
        raise _refused(file, "Word 文件加了密码，没有收录；请去掉密码后另存") from error
    except SAXException as error:
        raise _refused(file, _DAMAGED.format(why="XML 有误")) from error


def _refused(file: str, what: str) -> ReadingError:
    return ReadingError(file, (Problem(what),))


def _is_text(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))


def _look_through(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], file: str) -> None:
    """Names and sizes; zipfile gives no more of a part than the size that it tells."""
    names = [part.orig_filename for part in parts]
    if odd := next((name for name in names if _ODD_PATH.search(name)), None):
        raise _refused(file, f"Word 文件里有越出文件的路径“{odd}”，可能是攻击，没有收录")
    if len({name.lower() for name in names}) != len(names):
        raise _refused(file, "Word 文件里有同名的部分，可能是攻击，没有收录；请另存后再导入")
    total = sum(part.file_size for part in parts)
    texts = sum(part.file_size for part in parts if _is_text(part))
    tight = any(
        part.file_size > max(_SMALL, _TIGHTEST * max(1, part.compress_size)) for part in parts
    )
    if total > _LARGEST or texts > _LARGEST_TEXT or tight or len(parts) > _MOST_PARTS:
        raise _refused(
            file, f"Word 文件展开后有{total >> 20}MB、{len(parts)}个部分，像是压缩炸弹，没有收录"
        )
    relations = next((part for part in parts if part.filename.lower() == "_rels/.rels"), None)
    if relations is not None and _STRICT in archive.read(relations):
        what = "Word 文件是“严格 Open XML”格式；请在 Word 里另存为普通的 .docx 后再导入"
        raise _refused(file, what)


def _letters(archive: zipfile.ZipFile, part: zipfile.ZipInfo, file: str) -> int:
    from defusedxml.expatreader import DefusedExpatParser  # loads all that HTTP and TLS need

    counter = _Counter()
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(counter)
    try:
        with archive.open(part) as opened:
            parser.parse(opened)
    except DefusedXmlException as error:
        what = f"Word 文件的 {part.filename} 里有 XML 实体定义，可能是攻击，没有收录"
        raise _refused(file, what) from error
    return counter.letters


class _Counter(ContentHandler):
    """Counts what stands in text elements of Word and of formulas."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = 0
        self._in_text = False

    def startElementNS(self, name, qname, attrs):  # type: ignore[no-untyped-def] # noqa: N802
        self._in_text = name in ((_MAIN, "t"), (_MATH, "t"))

    def endElementNS(self, name, qname):  # type: ignore[no-untyped-def] # noqa: N802
        self._in_text = False

    def characters(self, content: str) -> None:
        if self._in_text:
            self.letters += len(squashed(content))
