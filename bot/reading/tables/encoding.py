"""In which encoding a text is: decided over all of it, and strictly.

UTF-8 (with a byte-order mark or without), UTF-16 with its mark, or GB18030, which Excel writes. A
file that is partly the one and partly the other would become nonsense without an error: Chinese in
UTF-8 is nearly always valid GB18030. So where the whole is no UTF-8, not one line of it may be.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from bot.errors import Problem, ReadingError

_CHUNK = 1 << 20  # bytes
_TWO_HAN = re.compile(rb"[\xe3-\xe9\xef][\x80-\xbf]{2}[\x00-\x7f]*[\xe3-\xe9\xef][\x80-\xbf]{2}")


def encoding_of(path: Path, file: str) -> str:
    """The name of the file's encoding.

    Raises:
        ReadingError: It is in two encodings, or in none; with the line.
    """
    with path.open("rb") as opened:
        begin = opened.read(4)
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _decodes(path, "utf-8"):
        return "utf-8-sig" if begin.startswith(codecs.BOM_UTF8) else "utf-8"
    _refuse_mixed(path, file)
    return "gb18030"


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_mixed(path: Path, file: str) -> None:
    """Every line is GB18030, and none that has two characters of Chinese is UTF-8."""
    seen: tuple[str, int] | None = None  # the first line that is not ASCII
    with path.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if line.isascii():
                continue
            own = _of_line(line)
            if own == "":
                what = f"第{number}行既不是 UTF-8 也不是 GB18030 编码，文件可能已损坏"
                raise ReadingError(file, (Problem(f"{what}；请从原处重新导出"),))
            seen = seen or (own, number)
            if own != seen[0]:
                what = f"第{number}行是 {own} 编码，而第{seen[1]}行是 {seen[0]}，混用编码会读成乱码"
                raise ReadingError(file, (Problem(f"{what}；请统一成 UTF-8 再导入"),))


def _of_line(line: bytes) -> str:
    if line.startswith(codecs.BOM_UTF8) or (_TWO_HAN.search(line) and _is(line, "utf-8")):
        return "UTF-8"
    return "GB18030" if _is(line, "gb18030") else ""


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
