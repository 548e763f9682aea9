"""What is stored of records: the version that is shown, the older ones, their source bytes.

`generation` grows with every change to what may be answered, so that every process notices and
rebuilds its index.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any

from bot.errors import NotFoundError
from bot.record import EventDate, Host, Narrative, Part, Question, Record
from bot.store.connection import Connection, File, first
from bot.store.hidden import Withdrawal, hidden_units, withdrawals
from bot.store.ids import normal_id


@dataclass(frozen=True)
class Source:
    """One file a version was read from, and what a person decided when importing it."""

    file: str
    sha256: str
    given: Mapping[str, str]  # --set
    accept_warnings: bool


@dataclass(frozen=True)
class Stored:
    """A record with what the store knows beyond the document."""

    record: Record
    version: int
    imported_at: datetime  # this version
    sources: tuple[Source, ...]
    published_at: datetime | None
    superseded_by: str | None
    withdrawn: bool
    withdrawn_questions: frozenset[int]
    withdrawn_paragraphs: frozenset[int] = frozenset()  # of its narrative

    def is_public(self, now: datetime) -> bool:
        return self.published_at is None or self.published_at <= now

    def may_be_shown(self, now: datetime) -> bool:
        return self.is_public(now) and not self.withdrawn and self.superseded_by is None

    @property
    def shown_since(self) -> datetime:
        """When these words could first be shown."""
        return max(self.imported_at, self.published_at or self.imported_at)

    @property
    def visible(self) -> Record:
        """The record without its withdrawn questions and paragraphs."""
        if not (self.withdrawn_questions or self.withdrawn_paragraphs):
            return self.record
        return self.record.without(self.withdrawn_questions, self.withdrawn_paragraphs)


@dataclass(frozen=True)
class Version:
    """One state of a record's words."""

    number: int  # 1, 2 …; the highest is shown
    imported_at: datetime
    sources: tuple[Source, ...]
    restored_from: int | None  # the version that it brought back
    is_shown: bool


@dataclass(frozen=True)
class RowsOf:
    """What a version added of the questions that are shown, and the hashes of its sources."""

    sources: tuple[str, ...]
    questions: tuple[Question, ...]


_CURRENT = (
    "SELECT r.*, v.id AS version_id, v.version, v.base, v.imported_at, v.header, v.words_hash "
    "FROM records r JOIN versions v ON v.record_id = r.id AND v.version = "
    "(SELECT max(version) FROM versions WHERE record_id = r.id)"
)

# The versions that a version is made of: itself, and of written answers those that it adds to.
_BUILT_ON = (
    "SELECT v.id FROM versions w JOIN versions v ON v.record_id = w.record_id "
    "AND v.version BETWEEN coalesce(w.base, w.version) AND w.version WHERE w.id = ?"
)


class Records(File):
    """Reading; `Adding` and `Withdrawals` write."""

    def records(self) -> list[Stored]:
        """The current version of every record, newest event first."""
        db = self._db()
        rows = db.query(f"{_CURRENT} ORDER BY v.event_date DESC, r.id")
        decided = withdrawals(db)
        return [self._stored(db, row, decided.get(row["key"], [])) for row in rows]

    def record(self, record_id: str) -> Stored:
        """The current version of one record, its number as printed or in normal form.

        Raises:
            NotFoundError: No such record.
        """
        db = self._db()
        row = self._shown(db, normal_id(record_id))
        if row is None:
            raise NotFoundError(record_id)
        return self._stored(db, row, withdrawals(db).get(row["key"], []))

    def versions(self, record_id: str) -> list[Version]:
        """Every version of one record, the first one first.

        Raises:
            NotFoundError: No such record.
        """
        db = self._db()
        rows = list(
            db.query(
                "SELECT v.* FROM versions v JOIN records r ON r.id = v.record_id "
                "WHERE r.key = ? ORDER BY v.version",
                [normal_id(record_id)],
            )
        )
        if not rows:
            raise NotFoundError(record_id)
        return [
            Version(
                row["version"],
                datetime.fromisoformat(row["imported_at"]),
                self._sources(db, row["id"]),
                row["restored_from"],
                is_shown=row is rows[-1],
            )
            for row in rows
        ]

    def version(self, record_id: str, number: int) -> Record:
        """What one version says.

        Raises:
            NotFoundError: No such record or version.
        """
        db = self._db()
        row = first(
            db,
            "SELECT v.id, v.header FROM versions v JOIN records r ON r.id = v.record_id "
            "WHERE r.key = ? AND v.version = ?",
            normal_id(record_id),
            number,
        )
        if row is None:
            raise NotFoundError(f"{record_id} 的第{number}版", f"irbot show {record_id} 查看各版")
        return record_of(row["header"], self._questions(db, row["id"]))

    def _shown(self, db: Connection, key: str) -> dict[str, Any] | None:
        return first(db, f"{_CURRENT} WHERE r.key = ?", key)

    def _stored(self, db: Connection, row: Mapping[str, Any], decided: list[Withdrawal]) -> Stored:
        record = record_of(row["header"], self._questions(db, row["version_id"]))
        hidden = hidden_units(record, decided)
        published = row["published_at"]
        return Stored(
            record=record,
            version=row["version"],
            imported_at=datetime.fromisoformat(row["imported_at"]),
            sources=self._sources(db, row["version_id"]),
            published_at=datetime.fromisoformat(published) if published else None,
            superseded_by=row["superseded_by"],
            withdrawn=any(item.place is None for item in decided),
            withdrawn_questions=_hidden(record.questions, hidden),
            withdrawn_paragraphs=_hidden(record.paragraphs, hidden),
        )

    def _questions(self, db: Connection, version_id: int) -> tuple[Question, ...]:
        parts: dict[int, list[Part]] = {}
        for row in db.query(
            "SELECT p.* FROM parts p JOIN questions q ON q.id = p.question_id "
            "WHERE q.version_id = ? ORDER BY p.number",
            [version_id],
        ):
            parts.setdefault(row["question_id"], []).append(
                Part(
                    row["number"],
                    (row["question_start"], row["question_end"]),
                    (row["answer_start"], row["answer_end"]),
                )
            )
        found = {
            row["number"]: Question(
                **{name: row[name] for name in QUESTION_COLUMNS},
                parts=tuple(parts.get(row["id"], ())),
            )
            for row in db.query(
                f"SELECT * FROM questions WHERE version_id IN ({_BUILT_ON}) "
                "ORDER BY version_id, position",
                [version_id],
            )
        }
        return tuple(found.values())

    def _sources(self, db: Connection, version_id: int) -> tuple[Source, ...]:
        rows = db.query(
            f"SELECT * FROM version_sources WHERE version_id IN ({_BUILT_ON}) "
            "ORDER BY version_id, imported_at, rowid",
            [version_id],
        )
        sources = {
            row["sha256"]: Source(
                row["file"], row["sha256"], json.loads(row["given"]), bool(row["accept_warnings"])
            )
            for row in rows
        }
        return tuple(sources.values())

    def content(self, sha256: str) -> bytes:
        """The source bytes as they were imported."""
        row = first(self._db(), "SELECT content FROM sources WHERE sha256 = ?", sha256)
        if row is None:
            raise NotFoundError(sha256)
        content: bytes = row["content"]
        return content

    def size(self) -> int:
        """How many characters the questions and answers have that are shown."""
        row = first(
            self._db(),
            "SELECT coalesce(sum(length(q.question) + length(q.answer)), 0) AS size "
            "FROM questions q JOIN versions v ON v.id = q.version_id JOIN "
            "(SELECT record_id, version, base, max(version) FROM versions GROUP BY record_id) w "
            "ON w.record_id = v.record_id "
            "AND v.version BETWEEN coalesce(w.base, w.version) AND w.version",
        )
        return int(row["size"]) if row else 0

    def generation(self) -> int:
        """Grows with every change to what may be answered, by any process."""
        row = first(self._db(), "SELECT value FROM generation")
        return int(row["value"]) if row else 0


def _hidden(units: Iterable[Question], places: Collection[str]) -> frozenset[int]:
    return frozenset(item.number for item in units if item.place in places)


QUESTION_COLUMNS = (
    "number",
    "question",
    "answer",
    "printed_label",
    "printed_number",
    "kind",
    "session",
    "page",
    "asked_at",
    "answered_at",
    "dated_by",
    "link",
    "row_id",
)


def header_json(record: Record) -> str:
    """Everything but the questions, as it is stored."""
    header = asdict(replace(record, questions=()))
    return json.dumps(header, ensure_ascii=False, default=lambda value: value.isoformat())


def record_of(header: str, questions: tuple[Question, ...]) -> Record:
    """The record back from its stored header."""
    fields = json.loads(header)
    fields["questions"] = questions
    fields["event_dates"] = tuple(
        EventDate(
            date.fromisoformat(item["start"]),
            date.fromisoformat(item["end"]),
            item["precision"],
            item["printed"],
        )
        for item in fields["event_dates"]
    )
    fields["hosts"] = tuple(Host(**item) for item in fields["hosts"])
    fields["narrative"] = tuple(Narrative(**item) for item in fields["narrative"])
    fields["other"] = tuple((label, text) for label, text in fields["other"])
    for name in ("activities", "links", "attachments", "form_dates", "warnings", "notes"):
        fields[name] = tuple(fields[name])
    for name in ("start_time", "end_time"):
        fields[name] = time.fromisoformat(fields[name]) if fields[name] else None
    return Record(**fields)
