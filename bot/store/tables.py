"""The rows of a table → a company's written answers, or a record whose 编号 the table names.

A file is stored whole in one transaction; a row that cannot be taken is told with its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bot.errors import IdentityError, ReadingError
from bot.reading.tables import Row, Table, by_company
from bot.record import EventDate, Question, Record, platform_of, written_id
from bot.store.adding import Adding, Deed, Status
from bot.store.briefs import columns
from bot.store.connection import Connection, first, grow, insert, instant
from bot.store.contents import hash_of, keep_content, pieces_of
from bot.store.ids import key_of, normal_id
from bot.store.journal import note
from bot.store.merging import Known, Merged, days, merge
from bot.store.publication import DRAFT, PUBLIC, Publication
from bot.store.records import QUESTION_COLUMNS, RowsOf, Source, header_json, record_of

_TITLE = "书面问答"  # of a company's written answers; a record's title is Chinese


@dataclass(frozen=True)
class AddedRows:
    """What became of a company's rows, or of a record's."""

    record_id: str
    status: Status
    company_name: str
    event_date: str
    added: int
    changed: int
    unchanged: int
    total: int  # questions that the record has now


@dataclass
class AddedTable:
    """What became of a table."""

    records: list[AddedRows] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)  # row and why; Chinese
    twice: int = 0  # rows that say what another row of the file says


@dataclass
class _Taking:
    """One table that is being stored."""

    db: Connection
    table: Table
    deed: Deed
    result: AddedTable
    is_kept: bool = False  # its bytes are in the store


class Tables(Adding):
    """Everything that is read in rows."""

    def add_table(
        self,
        table: Table,
        file: str,
        *,
        given: Mapping[str, str] | None = None,
        replace_words: bool = False,
        published_at: datetime | None = None,
        is_draft: bool = False,
        who: str = "",
        now: datetime | None = None,
    ) -> AddedTable:
        """Store a table's rows, in one transaction; as `add` does with a file's records.

        What is added to a company's written answers is as public as these are.
        """
        deed = Deed(
            Source(file, table.sha256, given or {}, False),
            replace_words,
            DRAFT if is_draft else Publication(published_at) if published_at else None,
            who,
            now or datetime.now(UTC),
        )
        result = AddedTable()
        with self.database.transaction() as db:
            taking = _Taking(db, table, deed, result)
            for code, rows in by_company(table.folder):
                written = [row for row in rows if row.record_no is None]
                if written:
                    self._add_written(taking, code, written)
                for numbered in _numbered([row for row in rows if row.record_no]):
                    self._add_numbered(taking, numbered)
            if any(item.status != "unchanged" for item in result.records):
                grow(db, only_more=all(item.status != "replaced" for item in result.records))
        return result

    # A company's written answers

    def _add_written(self, taking: _Taking, code: str, rows: Sequence[Row]) -> None:
        db = taking.db
        shown = self._newest(db, written_id(code))
        known = Known(self._questions(db, shown["version_id"]) if shown else ())

        def was_said(number: int, answer: str) -> bool:
            return shown is not None and self._was_said(db, shown["id"], number, answer)

        merged = merge(known, rows, was_said, replace_words=taking.deed.replace_words)
        taking.result.refused += merged.refused
        taking.result.twice += merged.twice
        if not (merged.delta or merged.same):
            return
        record = _written(code, self._name(db, code, rows), shown, merged.delta)
        if merged.delta:
            self._keep(taking)
            self._attach(db, self._write_delta(taking, record, shown, merged), taking.deed.source)
        elif shown and self._own_numbers(db, shown["version_id"]) <= merged.same:
            self._keep(taking)
            self._attach(db, shown["version_id"], taking.deed.source)
        status: Status = (
            "replaced" if merged.changed else "imported" if merged.added else "unchanged"
        )
        taking.result.records.append(
            AddedRows(
                record.id,
                status,
                record.company_name,
                record.event_date,
                len(merged.added),
                len(merged.changed),
                len(merged.same),
                len(known.by_number),
            )
        )

    def _name(self, db: Connection, code: str, rows: Sequence[Row]) -> str:
        """The company's name: as in its other records, else as in the file or before it."""
        filed = first(
            db,
            "SELECT company_name FROM records WHERE id > ? AND id < ? AND id <> ? "
            "ORDER BY id LIMIT 1",
            *(f"{code}/", f"{code}0"),  # 0 follows / in every id
            written_id(code),
        )
        if filed:
            return str(filed["company_name"])
        if name := next((row.name for row in reversed(rows) if row.name), ""):
            return name
        stored = first(db, "SELECT company_name FROM records WHERE id = ?", written_id(code))
        return str(stored["company_name"]) if stored else code

    def _was_said(self, db: Connection, record_id: str, number: int, answer: str) -> bool:
        answers = db.query(
            "SELECT q.answer FROM questions q JOIN versions v ON v.id = q.version_id "
            "WHERE v.record_id = ? AND q.number = ?",
            [record_id, number],
        )
        bare = "".join(answer.split())
        return any("".join(row["answer"].split()) == bare for row in answers)

    def _own_numbers(self, db: Connection, version_id: int) -> set[int]:
        """The numbers of the questions that a version adds."""
        sql = "SELECT number FROM questions WHERE version_id = ?"
        return {row["number"] for row in db.query(sql, [version_id])}

    def _write_delta(
        self, taking: _Taking, record: Record, shown: dict[str, Any] | None, merged: Merged
    ) -> int:
        """A version that holds what is added and changed; returns its key."""
        db = taking.db
        if shown is None:
            db.execute(
                "INSERT INTO records (id, key, company_code, company_name) VALUES (?, ?, ?, ?)",
                [record.id, key_of(record), record.company_code, record.company_name],
            )
            number, base, before = 1, None, ""
            publication = taking.deed.publication or PUBLIC
        else:
            db.execute(
                "UPDATE records SET company_name = ? WHERE id = ?",
                [record.company_name, record.id],
            )
            number, before = shown["version"] + 1, shown["words_hash"]
            base = shown["base"] or shown["version"]
            publication = taking.deed.publication or Publication.of(shown)
        said = [(item.number, item.question, item.answer) for item in merged.delta]
        chained = json.dumps([before, said], ensure_ascii=False)
        row = {
            "record_id": record.id,
            "version": number,
            "base": base,
            "words_hash": hashlib.sha256(chained.encode("utf-8", "surrogatepass")).hexdigest(),
            "header": header_json(record),
            "event_date": record.event_date,
            "imported_at": instant(datetime.now(UTC)),
            **publication.columns(),
            **columns(record),
            "changed": " ".join(str(item.number) for item in merged.changed) or None,
        }
        version_id = insert(db, "versions", row)
        note(
            db,
            taking.deed.who,
            "replace" if merged.changed else "import",
            record.id,
            version=number,
            file=taking.deed.source.file,
            **({} if publication == PUBLIC else publication.columns()),
        )
        self._write_questions(db, version_id, merged.delta)
        return version_id

    def _write_questions(
        self, db: Connection, version_id: int, questions: Sequence[Question]
    ) -> None:
        names = ", ".join(QUESTION_COLUMNS)
        marks = ", ".join("?" * (len(QUESTION_COLUMNS) + 2))
        db.executemany(
            f"INSERT INTO questions (version_id, position, {names}) VALUES ({marks})",
            (
                (version_id, at, *(getattr(item, name) for name in QUESTION_COLUMNS))
                for at, item in enumerate(questions, 1)
            ),
        )

    # A record that the table names by its number

    def _add_numbered(self, taking: _Taking, rows: Sequence[Row]) -> None:
        """As a record of any other file; but a filed one is never replaced by a table."""
        db = taking.db
        record = _record(rows, self._name(db, rows[0].code, rows))
        shown = self._newest(db, key_of(record))
        stored: Record | None = None
        if shown:
            questions = self._questions(db, shown["version_id"])
            stored = record_of(shown["header"], questions, shown["version"])
        count = len(record.questions)
        if stored and not stored.is_from_table:
            if not _says_all(stored, record):
                why = f"{stored.id} 已按原文收录，表格中的文字与之不同，不能取代原文"
                taking.result.refused.append((rows[0].place, why))
                return
            added = AddedRows(
                stored.id, "unchanged", stored.company_name, stored.event_date, 0, 0, count, count
            )
            taking.result.records.append(added)
            return
        grown = stored is not None and _says_all(record, stored)
        try:
            self._keep(taking)
            deed = replace(taking.deed, replace_words=taking.deed.replace_words or grown)
            done = self._add(db, record, deed, {})
        except (IdentityError, ReadingError) as error:
            taking.result.refused.append((rows[0].place, str(error)))
            return
        new = count if stored is None else max(0, count - len(stored.questions))
        taking.result.records.append(
            AddedRows(
                record.id,
                done.status,
                record.company_name,
                record.event_date,
                new if done.status != "unchanged" else 0,
                count - new if done.status == "replaced" and not grown else 0,
                count if done.status == "unchanged" else 0,
                count,
            )
        )

    # Source bytes

    def _keep(self, taking: _Taking) -> None:
        """The file's bytes into the store, once, in pieces: they may be larger than memory."""
        if taking.is_kept:
            return
        taking.is_kept = True
        path = taking.table.source
        with path.open("rb") as opened:
            size = path.stat().st_size
            keep_content(taking.db, taking.table.sha256, pieces_of(opened), size)

    def rows_of(self, record_id: str) -> list[RowsOf]:
        """What is shown of a record, by the versions that added it."""
        db = self._db()
        shown = self._newest(db, normal_id(record_id))
        if shown is None:
            return []
        of_version = list[RowsOf]()
        left = {item.number: item for item in self._questions(db, shown["version_id"])}
        versions = db.query(
            "SELECT id FROM versions WHERE record_id = ? AND version BETWEEN ? AND ? "
            "ORDER BY version DESC",
            [shown["id"], shown["base"] or shown["version"], shown["version"]],
        )
        for version in versions:
            own = [left.pop(at) for at in self._own_numbers(db, version["id"]) if at in left]
            sql = "SELECT sha256 FROM version_sources WHERE version_id = ? ORDER BY sha256"
            hashes = tuple(row["sha256"] for row in db.query(sql, [version["id"]]))
            of_version.append(RowsOf(hashes, tuple(own)))
        return of_version

    def rows_after(self, record_id: str, version: int, last: int) -> frozenset[int]:
        """The numbers of what versions after one, up to the last, added or changed."""
        rows = self._db().query(
            "SELECT q.number FROM questions q JOIN versions v ON v.id = q.version_id "
            "JOIN records r ON r.id = v.record_id "
            "WHERE r.key = ? AND v.version > ? AND v.version <= ?",
            [normal_id(record_id), version, last],
        )
        return frozenset(row["number"] for row in rows)

    def save_content(self, sha256: str, to: Path) -> bool:
        """A source's bytes into a file; False where they are lost or damaged."""
        db = self._db()
        with to.open("wb") as opened:
            for piece in db.content(sha256):
                opened.write(piece)
        return hash_of(db, sha256) == sha256


def _numbered(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows of each record number."""
    records: dict[str, list[Row]] = {}
    for row in rows:
        records.setdefault(row.record_no or "", []).append(row)
    return list(records.values())


def _written(
    code: str, name: str, shown: dict[str, Any] | None, delta: Sequence[Question]
) -> Record:
    """A company's written answers without the answers: what stands in the header."""
    told = sorted(days(delta))
    if shown:
        before = record_of(shown["header"], (), 0).event_dates[0]
        told = sorted((*told, before.start_iso, before.end_iso))
    start, end = told[0], told[-1]
    printed = start if start == end else f"{start} 至 {end}"
    dates = EventDate(date.fromisoformat(start), date.fromisoformat(end), "day", printed)
    platform: tuple[str, ...] = ()
    if any(item.kind == "platform" for item in delta):
        platform = (platform_of(code),)
    elif shown:
        platform = record_of(shown["header"], (), 0).activities
    return Record(code, name, None, _TITLE, (dates,), activities=platform, is_written=True)


def _record(rows: Sequence[Row], name: str) -> Record:
    """The record of rows that share a number."""
    said = {(row.question, row.answer): row for row in reversed(rows)}
    own = [row for row in rows if said[row.question, row.answer] is row]
    numbers = [row.number for row in own]
    are_unique = None not in numbers and len(set(numbers)) == len(numbers)
    questions = tuple(
        replace(
            row.as_question(row.number if are_unique and row.number else at),
            printed_number=row.number,
        )
        for at, row in enumerate(own, 1)
    )
    dates = (date.fromisoformat(day) for day in sorted(set(days(questions))))
    return Record(
        rows[0].code,
        name,
        rows[0].record_no,
        "",
        tuple(EventDate(day, day, "day", day.isoformat()) for day in dates),
        questions,
    )


def _says_all(one: Record, other: Record) -> bool:
    """Whether a record holds every question of another with its answer."""

    def said(record: Record) -> set[tuple[str, str]]:
        return {
            ("".join(item.question.split()), "".join(item.answer.split()))
            for item in record.questions
        }

    return said(other) <= said(one)
