"""Rows of a CSV or TSV file, also below title lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bot.errors import Problem, ReadingError
from bot.reading.tables import cells
from bot.reading.tables.columns import Columns, columns, without_words

_TITLES = 20  # rows in which the header is looked for
_LONGEST_CELL = 1_000_000  # characters
_DELIMITERS = ",\t;"

Rows = Iterator[tuple[int, Columns, list[object]]]  # row from 1, its columns, its cells


def header_in(text: str) -> tuple[str, int] | None:
    """The delimiter and the row (from 0) of a header among a text's first rows."""
    for delimiter in _DELIMITERS:
        rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter)
        try:
            for at, row in enumerate(islice(rows, _TITLES)):
                if len(row) > 1 and columns(tuple(row)):
                    return delimiter, at
        except csv.Error:
            continue
    return None


def known_without_words(text: str) -> str:
    """What a known export without questions and answers is; Chinese, else empty."""
    for line in text.splitlines()[:_TITLES]:
        for delimiter in _DELIMITERS:
            if delimiter in line and (what := without_words(line.split(delimiter))):
                return what
    return ""


def separated_rows(path: Path, encoding: str, head: str, file: str) -> Rows:
    """The rows below the header, with the line each begins on.

    Raises:
        ReadingError: A quotation mark that is never closed, or text after a closing one; words
            with a separator or a line break that no quotation marks hold.
    """
    found = header_in(head)
    assert found is not None  # `kind_of` found it
    delimiter, above = found
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as opened:
        reader = csv.reader(opened, delimiter=delimiter, strict=True)
        line, width = 1, 0
        own: Columns | None = None
        try:
            for at, row in enumerate(reader):
                if at == above:
                    own, width = columns(tuple(row)), len(row)
                elif own is not None and any(cell.strip() for cell in row):
                    if len(row) > width and any(cell.strip() for cell in row[width:]):
                        what = f"第{line}行有{len(row)}格，而表头只有{width}格，分不清哪一格是答复"
                        raise ReadingError(
                            file, (Problem(f"{what}；含分隔符的文字要用引号括起来"),)
                        )
                    if len(row) < width and not _begins_a_row(own, row):
                        what = (
                            f"第{line}行只有{len(row)}格，而表头有{width}格，像是上一行答复的下文"
                        )
                        raise ReadingError(
                            file, (Problem(f"{what}；含换行的文字要用引号括起来，附注请删去"),)
                        )
                    yield line, own, list(row)
                line = reader.line_num + 1
        except csv.Error as error:
            what = f"第{line}行起的引号没有配对，或一格过长（{error}）"
            raise ReadingError(file, (Problem(f"{what}；请重新导出"),)) from error


def _begins_a_row(own: Columns, row: list[str]) -> bool:
    """Whether a row that lacks its last cells is one, and not what goes on from the row above.

    Programs leave out empty cells at the end, so the company's code, or where the table has none
    the date of the question, tells.
    """
    found = own.cells(row)
    try:
        if "code" in dict(own.places):
            return bool(cells.code(found.get("code")))
        return "asked" in found and cells.when(found["asked"]) is not None
    except cells.UnreadableCellError:
        return False
