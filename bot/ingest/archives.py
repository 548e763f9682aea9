"""What a zip holds, file by file; never unpacked as it says, but into files of our own naming.

1. An archive that lies, bursts or steps out of its folder is refused as a whole, before any of it
   is unpacked: zipfile gives no more of a member than the size that it tells.
2. Members that are links, archives or have a password cost a line each.
3. Names are UTF-8 where the member says so or Info-ZIP's field holds them; else what Windows in
   Chinese writes, GBK, which zipfile takes for code page 437.

Source: PKWARE's APPNOTE 4.4.4 (bit 11), 4.6.9 (Unicode path); a document of an office program is a
zip, too, and none of these.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.errors import one_line
from bot.ingest.files import is_passed_over
from bot.reading.apart import LARGEST

_MOST = 20_000  # members
_LARGEST = 8 << 30  # bytes of all members, unpacked
_LARGEST_MEMBER = 64 << 20  # bytes of one that may be packed as tightly as it likes
_TIGHTEST = 200  # times
_UTF_8, _ENCRYPTED = 0x800, 0x1
_UNICODE_PATH = 0x7075
_OFFICE = ("[content_types].xml", "mimetype", "meta-inf/manifest.xml", "meta-inf/manifest.mf")
_DOCUMENTS = (".docx", ".docm", ".dotx", ".xlsx", ".xlsm", ".pptx", ".odt", ".ods", ".epub")
_BROKEN = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError, zlib.error)


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str  # `资料.zip/2025/记录.pdf`
    info: zipfile.ZipInfo
    refused: str = ""  # Chinese; why it is not unpacked


def is_archive(path: Path) -> bool:
    """Whether a file is a zip, and no document of an office program."""
    if path.suffix.lower() in _DOCUMENTS:
        return False  # a damaged one is no folder of its parts
    try:
        with path.open("rb") as opened:
            if opened.read(2) != b"PK":
                return False
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except zipfile.BadZipFile:
        return path.suffix.lower() == ".zip"  # `members` says what is wrong with it
    except (OSError, NotImplementedError, ValueError):
        return False
    return not names.intersection(_OFFICE)


def members(path: Path) -> list[Member] | str:
    """The files of an archive in its order, or why none of it is unpacked; Chinese."""
    place = one_line(str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        return f"{place}：压缩包已损坏（{type(error).__name__}），没有收录；请重新下载"
    if what := _attack(infos):
        return f"{place}：{what}，没有收录"
    if infos and all(info.flag_bits & _ENCRYPTED for info in infos):
        return f"{place}：压缩包加了密码，没有收录；请解压后再导入"
    found = [_member(path, info) for info in infos]
    return [member for member in found if not _is_passed_over(path, member)]


def unpacked(path: Path, member: Member, to: Path) -> str:
    """Write a member's bytes to a file of ours; returns why that is not possible, else nothing."""
    place = one_line(member.name)
    if member.refused:
        return f"{place}：{member.refused}"
    try:
        with (
            zipfile.ZipFile(path) as archive,
            archive.open(member.info) as opened,
            to.open("wb") as written,
        ):
            shutil.copyfileobj(opened, written)
    except _BROKEN as error:
        return f"{place}：压缩包里的这个文件已损坏（{type(error).__name__}），没有收录"
    except RuntimeError:  # what zipfile raises where a password is needed
        return f"{place}：压缩包里的这个文件加了密码，没有收录；请解压后再导入"
    if is_archive(to):
        return f"{place}：压缩包里的压缩包，没有收录；请解压后再导入"
    return ""


def _attack(infos: list[zipfile.ZipInfo]) -> str:
    total = sum(info.file_size for info in infos)
    tight = any(
        info.file_size > _LARGEST_MEMBER and info.file_size > _TIGHTEST * max(1, info.compress_size)
        for info in infos
    )
    if total > _LARGEST or len(infos) > _MOST or tight:
        return f"压缩包展开后有{len(infos)}个文件、{total >> 20}MB，像是压缩炸弹"
    for info in infos:
        name = _name(info).replace("\\", "/")
        if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/") or "\0" in name:
            return f"压缩包里有越出文件夹的路径“{one_line(name)}”，可能是攻击"
    return ""


def _member(path: Path, info: zipfile.ZipInfo) -> Member:
    name = f"{path}/{_name(info).replace(chr(92), '/')}"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return Member(name, info, "不是普通文件（是链接、管道或设备），未读取")
    if info.file_size > LARGEST:
        return Member(name, info, f"文件超过{LARGEST >> 20}MB，未导入；请解压后再导入")
    return Member(name, info)


def _is_passed_over(path: Path, member: Member) -> bool:
    inside = PurePosixPath(member.name[len(str(path)) + 1 :])
    return any(is_passed_over(part) for part in inside.parts)


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF_8:
        return info.filename
    written = info.orig_filename.encode("cp437", "replace")
    for kind, field in _extra(info.extra):
        if kind == _UNICODE_PATH and field[1:5] == zlib.crc32(written).to_bytes(4, "little"):
            return field[5:].decode("utf-8", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _extra(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        kind, size = int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")
        yield kind, data[4 : 4 + size]
        data = data[4 + size :]
