"""Rows of an Excel workbook, also below merged titles; read in a stream.

openpyxl gives either formulas or the values that Excel kept of them. So where a sheet has formulas
at all, it is read twice side by side: a formula without a kept value makes its row unreadable.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from bot.errors import Problem, ReadingError
from bot.reading.tables.cells import NOT_COMPUTED
from bot.reading.tables.columns import Columns, NoRowsError, columns, without_words
from bot.reading.tables.separated import Rows

_TITLES = 20  # rows in which the header is looked for
_LARGEST = 3 << 30  # bytes of all parts, unpacked
_LARGEST_PART = 64 << 20  # bytes of one part that may be packed as tightly as it likes
_TIGHTEST = 200  # times; a sheet of a million like rows is packed 40 times
_CHUNK = 1 << 20
_HEAD = 1 << 14  # bytes in which a document type would stand
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_FORMULA = (b"<f>", b"<f ", b"<f/")


def is_workbook(path: Path) -> bool:
    """Whether it is a workbook in the form of Excel 2007 and later."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower() == "xl/workbook.xml" for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False


def sheet_rows(path: Path, file: str, skipped: list[str]) -> Rows:
    """The rows of every sheet that has a header with question and answer.

    Args:
        path: The workbook.
        file: Its name, for errors.
        skipped: Takes the names of the other sheets that hold anything.

    Raises:
        NoRowsError: It is a known export without questions and answers.
        ReadingError: Packed to burst, damaged, or made to attack a reader.
    """
    has_formulas = _looked_through(path, file)
    try:
        with closing(_open(path, values=True)) as values:
            formulas = _open(path, values=False) if has_formulas else None
            for sheet in values.worksheets:
                twin = formulas[sheet.title] if formulas else None
                found = False
                for row in _of_sheet(sheet, twin):
                    found = True
                    yield row
                if not found and any(True for _ in islice(_filled(sheet), 1)):
                    skipped.append(sheet.title)
            if formulas:
                formulas.close()
    except (ReadingError, NoRowsError, MemoryError):
        raise
    except Exception as error:  # openpyxl and the parsers below it raise anything
        what = f"Excel 文件已损坏（{type(error).__name__}），没有收录；请另存为新的 .xlsx 或 CSV"
        raise ReadingError(file, (Problem(what),)) from error


def _open(path: Path, values: bool) -> Any:
    import openpyxl  # takes a third of a second, and few files are workbooks

    return openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)


def _filled(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # a sheet may say anything of its size
    return (
        row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row)
    )


def _of_sheet(sheet: Any, twin: Any) -> Rows:
    """The rows of one sheet, by their row numbers."""
    sheet.reset_dimensions()
    if twin is not None:
        twin.reset_dimensions()
    own: Columns | None = None
    plain = sheet.iter_rows(values_only=True)
    written = twin.iter_rows(values_only=True) if twin is not None else ()
    for number, (row, other) in enumerate(zip_longest(plain, written, fillvalue=()), 1):
        if own is not None:
            if any(cell is not None for cell in row) or any(cell is not None for cell in other):
                yield number, own, _computed(row, other)
        elif number > _TITLES:
            return
        else:
            headers = tuple("" if cell is None else str(cell) for cell in row)
            own = columns(headers)
            if own is None and (what := without_words(headers)):
                raise NoRowsError(what)


def _computed(row: Sequence[Any], written: Sequence[Any]) -> list[object]:
    """The row's values; of a formula what Excel kept of it."""
    if not written:
        return list(row)
    return [
        NOT_COMPUTED if value is None and formula is not None else value
        for value, formula in zip_longest(row, written)
    ]


def _looked_through(path: Path, file: str) -> bool:
    """Whether any sheet has a formula; refuses what is packed to burst."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            total = sum(part.file_size for part in parts)
            for part in parts:
                tight = part.file_size > _TIGHTEST * max(1, part.compress_size)
                if total > _LARGEST or (tight and part.file_size > _LARGEST_PART):
                    what = f"Excel 文件展开后有{total >> 20}MB，像是压缩炸弹，没有收录"
                    raise ReadingError(file, (Problem(what),))
                _refuse_entities(archive, part, file)
            return any(
                _has_formula(archive, part)
                for part in parts
                if part.filename.lower().startswith("xl/worksheets/")
            )
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        what = f"Excel 文件已损坏或加了密码（{type(error).__name__}），没有收录；请另存后再导入"
        raise ReadingError(file, (Problem(what),)) from error


def _refuse_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo, file: str) -> None:
    """No program writes a document type into a workbook; with one begin attacks by entities."""
    if part.filename.lower().endswith((".xml", ".rels")):
        with archive.open(part) as opened:
            if _DOCTYPE.search(opened.read(_HEAD)):
                what = f"Excel 文件的 {part.filename} 里有 XML 实体定义，可能是攻击，没有收录"
                raise ReadingError(file, (Problem(what),))


def _has_formula(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    before = b""
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            seen = before + chunk
            if any(mark in seen for mark in _FORMULA):
                return True
            before = chunk[-4:]
    return False
