"""Rows that were read, kept in files until they are stored: a table may be larger than memory.

A company's rows lie in one file, in their order, so that they are taken up company by company.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple, TextIO

from bot.record import DatedBy, Question

_FILES = 64  # a million rows: 16,000 in each


class Row(NamedTuple):
    """A question with its answer, as a table has it."""

    place: int  # line or row of the file, from 1
    code: str
    name: str  # empty where the table has none
    kind: Literal["platform", "table"]
    question: str
    answer: str
    asked_at: str | None
    answered_at: str
    dated_by: DatedBy
    row_id: str | None
    link: str | None
    record_no: str | None
    number: int | None  # 序号

    def as_question(self, number: int) -> Question:
        """The row as it is stored under a number."""
        return Question(
            number,
            self.question,
            self.answer,
            kind=self.kind,
            asked_at=self.asked_at,
            answered_at=self.answered_at,
            dated_by=self.dated_by,
            link=self.link,
            row_id=self.row_id,
        )


class Spool:
    """Writes rows into the files of a folder; ends with `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, TextIO] = {}

    def add(self, row: Row) -> None:
        at = zlib.crc32(row.code.encode()) % _FILES
        if (file := self._files.get(at)) is None:
            path = self._folder / f"{at:02}.rows"
            file = self._files[at] = path.open("w", encoding="utf-8", errors="surrogatepass")
        file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        for file in self._files.values():
            file.close()


def by_company(folder: Path) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each company, in the order of the file."""
    for path in sorted(folder.glob("*.rows")):
        companies: dict[str, list[Row]] = {}
        with path.open(encoding="utf-8", errors="surrogatepass") as file:
            for line in file:
                row = Row(*json.loads(line))
                companies.setdefault(row.code, []).append(row)
        yield from companies.items()
