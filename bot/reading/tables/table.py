"""A file of rows, from its bytes to a folder of rows that were read: whole, or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.errors import Problem, ReadingError
from bot.reading.tables.columns import Columns, NoRowsError
from bot.reading.tables.encoding import encoding_of
from bot.reading.tables.json_rows import json_line_rows, json_rows
from bot.reading.tables.listing import is_listing, listing_rows
from bot.reading.tables.rows import RowReader, given_fields
from bot.reading.tables.separated import (
    Rows,
    header_in,
    known_without_words,
    separated_rows,
)
from bot.reading.tables.sheet import is_workbook, sheet_rows
from bot.reading.tables.spool import Spool

LARGEST = 900 << 20  # bytes; SQLite keeps one value of at most 1,000,000,000
_HEAD = 1 << 18  # bytes by which a file's kind is told
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_JSON = re.compile(r"\[|\{(?!\\rtf)")
_JSON_LINE = re.compile(r"\{.*\}\s*\Z")
_ITS_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xlsm", ".json", ".jsonl", ".xls", ".et")

Kind = Literal["csv", "xlsx", "json", "jsonl", "listing"]


@dataclass(frozen=True)
class Table:
    """What was read of a file of rows; the rows lie in the folder (`by_company`)."""

    folder: Path
    source: Path  # the bytes that were read
    sha256: str
    kept: int  # rows
    unanswered: int
    refused: tuple[tuple[int, str], ...]  # row and why, in Chinese; the first ones
    refused_count: int
    warnings: tuple[str, ...]  # Chinese
    notes: tuple[str, ...]  # Chinese
    characters: int  # of the rows' questions and answers


def kind_of(path: Path, file: str) -> Kind | None:
    """What kind of table a file is, told from its bytes; None where it is none.

    Args:
        path: Its bytes.
        file: Its name, for errors.

    Raises:
        NoRowsError: By its name it should be one.
        ReadingError: A workbook in a form that is not read.
    """
    with path.open("rb") as opened:
        head = opened.read(_HEAD)
    if head.startswith(b"PK"):
        return "xlsx" if is_workbook(path) else None
    its_name = path.suffix.lower() in _ITS_SUFFIXES
    if head.startswith(_OLD_WORKBOOK) and path.suffix.lower() in (".xlsx", ".xlsm"):
        # Excel wraps what it encrypts in the old container.
        what = "加了密码的 Excel 文件不能直接读取；请去掉密码后另存，或另存为 CSV"
        raise ReadingError(file, (Problem(what),))
    if head.startswith(_OLD_WORKBOOK) and its_name:
        what = "旧版 Excel 文件不能直接读取；请在 Excel 里另存为 .xlsx 或 CSV"
        raise ReadingError(file, (Problem(what),))
    text = _head_text(head)
    if kind := _kind_of_text(text):
        return kind
    if its_name and (what := known_without_words(text)):
        raise NoRowsError(what)
    if its_name and text.strip():
        raise NoRowsError
    return None


def _kind_of_text(text: str) -> Kind | None:
    begin = text.lstrip("\ufeff \t\r\n")
    if _JSON.match(begin):
        first = begin.split("\n", 1)[0]
        return "jsonl" if _JSON_LINE.fullmatch(first) and "\n" in begin.rstrip() else "json"
    if is_listing(text):
        return "listing"
    return "csv" if header_in(text) else None


def _head_text(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return head.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start >= len(head) - 4:  # the head ends inside a character
                return head[: error.start].decode(encoding)
    return head.decode("gb18030", "replace")


def read_table(path: Path, kind: Kind, file: str, given: Mapping[str, str], room: Path) -> Table:
    """Read a table whole.

    Args:
        path: Its bytes; they do not change meanwhile.
        kind: From `kind_of`.
        file: Its name, for errors.
        given: Fields that a person set.
        room: An empty folder for the rows.

    Raises:
        NoRowsError: It holds no questions with answers.
        ReadingError: It cannot be read to its end, or is in no one encoding.
    """
    skipped: list[str] = []
    encoding = "" if kind == "xlsx" else encoding_of(path, file)
    spool = Spool(room)
    reader = RowReader(given_fields(given, file), spool.add)
    of_columns: dict[int, Columns] = {}
    try:
        for place, columns, values in _rows(path, kind, encoding, file, skipped):
            of_columns.setdefault(id(columns), columns)
            reader.take(place, columns, values)
    finally:
        spool.close()
    if not of_columns and kind not in ("csv", "listing"):  # theirs were seen
        raise NoRowsError
    told = reader.told
    if told.listed_records and not (reader.kept or told.refused or told.unanswered):
        raise NoRowsError("投资者关系活动记录表的清单（contentType 4）")
    if what := reader.doubtful_codes():
        raise ReadingError(file, (Problem(what),))
    notes = [
        *_of_columns(of_columns.values()),
        *(f"工作表“{name}”没有问答，未读" for name in skipped),
    ]
    if encoding:
        notes.insert(0, f"文字编码：{encoding}")
    if told.listed_records:
        notes.append(f"{told.listed_records}行是活动记录表的目录，没有问答，未收录")
    return Table(
        room,
        path,
        _sha256(path),
        reader.kept,
        told.unanswered,
        tuple(told.refused),
        told.refused_count,
        (*told.warnings(), *_of_times(reader, of_columns.values(), given)),
        tuple(notes),
        reader.characters,
    )


def _rows(path: Path, kind: Kind, encoding: str, file: str, skipped: list[str]) -> Rows:
    match kind:
        case "csv":
            return separated_rows(path, encoding, _begin(path, encoding), file)
        case "xlsx":
            return sheet_rows(path, file, skipped)
        case "json":
            return json_rows(path, encoding, file)
        case "jsonl":
            return json_line_rows(path, encoding, file)
        case "listing":
            return listing_rows(path, encoding, file)


def _begin(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as opened:
        return opened.read(_HEAD)


def _of_columns(found: Iterable[Columns]) -> Iterable[str]:
    left_out = dict.fromkeys(name for columns in found for name in columns.left_out)
    doubled = dict.fromkeys(name for columns in found for name in columns.doubled)
    if left_out:
        yield f"没有收录的列：{'、'.join(left_out)}"
    if doubled:
        yield f"与前面的列重复、没有采用的列：{'、'.join(doubled)}"


def _of_times(
    reader: RowReader, found: Iterable[Columns], given: Mapping[str, str]
) -> Iterable[str]:
    if reader.has_update_times:
        yield "没有回复时间，以更新时间代替，答复中写作“更新日”"
    if any(columns.may_be_utc for columns in found) and "utc_offset" not in given:
        yield (
            "按北京时间读取；2024年5月以前的 akshare 导出是 UTC 时间（早8小时），如是请加"
            " --set utc_offset=0，不是则加 --set utc_offset=8 免去这条提示"
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
