"""Records in SQLite: versions with their source bytes, questions, what is withdrawn, and what the
chats left behind (misses, memories, the channel's company).

One transaction per record. `generation` grows with every change to what may be answered, so that
every process notices and rebuilds its index.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from bot.errors import IdentityError, NotFoundError, StoreError
from bot.message import Band, Chat
from bot.record import EventDate, Host, Narrative, Part, Question, QuestionId, Reading, Record
from bot.schema import connection, transaction
from bot.words import UNNUMBERED_SAME_DAY

Status = Literal["imported", "unchanged", "replaced"]


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

    def is_public(self, now: datetime) -> bool:
        return self.published_at is None or self.published_at <= now

    def may_be_shown(self, now: datetime) -> bool:
        return self.is_public(now) and not self.withdrawn and self.superseded_by is None

    @property
    def visible(self) -> Record:
        """The record without its withdrawn questions."""
        if not self.withdrawn_questions:
            return self.record
        kept = tuple(
            item for item in self.record.questions if item.number not in self.withdrawn_questions
        )
        return replace(self.record, questions=kept)


@dataclass(frozen=True)
class Memory:
    """What was last shown to an asker in a chat."""

    cited: str | None  # full id of the answer shown
    offered: tuple[str, ...]  # full ids in the order of their letters


class Store:
    """The SQLite file. Safe to share between threads: each gets its own connection."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StoreError: Unwritable folder, not a database, or written by a newer version.
        """
        self.path = path
        self._db()

    def _db(self) -> Database:
        return connection(self.path)

    # Records

    def add(
        self,
        reading: Reading,
        content: bytes,
        file: str,
        *,
        given: Mapping[str, str] | None = None,
        accept_warnings: bool = False,
        replace_words: bool = False,
        published_at: datetime | None = None,
        dry_run: bool = False,
    ) -> tuple[Status, Record]:
        """Store one record in one transaction; see "Identity" in the design.

        Returns:
            What happened, and the record under the id it is stored with.

        Raises:
            IdentityError: The id is stored with other words, and neither the document nor
                `replace_words` says that these replace them. Nothing is changed.
        """
        db = self._db()
        source = Source(file, hashlib.sha256(content).hexdigest(), given or {}, accept_warnings)
        with transaction(db):
            record, status = self._placed(db, reading.record, source, replace_words)
            if not dry_run:
                self._write(db, record, status, source, content, published_at)
        return status, record

    def _placed(
        self, db: Database, record: Record, source: Source, replace_words: bool
    ) -> tuple[Record, Status]:
        """Which id the record gets, and whether it is new there."""
        while True:
            row = _first(
                db,
                "SELECT r.id, v.id AS version_id, v.words_hash FROM records r JOIN versions v "
                "ON v.record_id = r.id WHERE r.key = ? ORDER BY v.version DESC",
                _key(record),
            )
            if row is None:
                return record, "imported"
            if self._holds(db, row["id"], record) or (
                record.record_no and self._seen(db, row["id"], source)
            ):
                return record, "unchanged"
            if record.is_correction or replace_words:
                return record, "replaced"
            if record.record_no is not None:
                stored_file = self._sources(db, row["version_id"])[0].file
                raise IdentityError(row["id"], stored_file, source.file)
            # Without 编号 two activities of one day share the date; words tell them apart.
            note = UNNUMBERED_SAME_DAY.format(id=row["id"])
            record = replace(
                record,
                sequence=record.sequence + 1,
                notes=(*(item for item in record.notes if item != note), note),
            )

    def _holds(self, db: Database, record_id: str, record: Record) -> bool:
        """Whether a version of the record says just these words."""
        return bool(
            _first(
                db,
                "SELECT 1 FROM versions WHERE record_id = ? AND words_hash = ?",
                record_id,
                record.words_hash(),
            )
        )

    def _seen(self, db: Database, record_id: str, source: Source) -> bool:
        return bool(
            _first(
                db,
                "SELECT 1 FROM version_sources s JOIN versions v ON v.id = s.version_id "
                "WHERE v.record_id = ? AND s.sha256 = ?",
                record_id,
                source.sha256,
            )
        )

    def _write(
        self,
        db: Database,
        record: Record,
        status: Status,
        source: Source,
        content: bytes,
        published_at: datetime | None,
    ) -> None:
        now = _instant(datetime.now(UTC))
        row = _first(db, "SELECT id FROM records WHERE key = ?", _key(record))
        record_id = row["id"] if row else record.id
        if row is None:
            db.table("records").insert(
                {
                    "id": record_id,
                    "key": _key(record),
                    "company_code": record.company_code,
                    "company_name": record.company_name,
                    "published_at": None,
                    "superseded_by": None,
                }
            )
        if published_at is not None:
            db.table("records").update(record_id, {"published_at": _instant(published_at)})
        if status != "unchanged":
            self._write_version(db, record, record_id, now)
        self._write_source(db, record_id, source, content, now)
        if status != "unchanged" or published_at is not None:
            _grow(db)

    def _write_version(self, db: Database, record: Record, record_id: str, now: str) -> None:
        last = _first(
            db, "SELECT max(version) AS version FROM versions WHERE record_id = ?", record_id
        )
        version_id = (
            db.table("versions")
            .insert(
                {
                    "record_id": record_id,
                    "version": ((last and last["version"]) or 0) + 1,
                    "words_hash": record.words_hash(),
                    "header": _header_json(record),
                    "event_date": record.event_date,
                    "imported_at": now,
                }
            )
            .last_pk
        )
        for position, item in enumerate(record.questions, 1):
            question_id = (
                db.table("questions")
                .insert(
                    {
                        "version_id": version_id,
                        "position": position,
                        **{name: getattr(item, name) for name in _QUESTION_COLUMNS},
                    }
                )
                .last_pk
            )
            db.table("parts").insert_all(
                {
                    "question_id": question_id,
                    "number": part.number,
                    "question_start": part.question_span[0],
                    "question_end": part.question_span[1],
                    "answer_start": part.answer_span[0],
                    "answer_end": part.answer_span[1],
                }
                for part in item.parts
            )

    def _write_source(
        self, db: Database, record_id: str, source: Source, content: bytes, now: str
    ) -> None:
        if self._seen(db, record_id, source):
            return
        db.table("sources").insert({"sha256": source.sha256, "content": content}, ignore=True)
        current = _first(
            db,
            "SELECT id FROM versions WHERE record_id = ? ORDER BY version DESC LIMIT 1",
            record_id,
        )
        if current is None:
            raise StoreError(f"{record_id} 没有版本；数据库已损坏，请用最近的备份恢复")
        db.table("version_sources").insert(
            {
                "version_id": current["id"],
                "sha256": source.sha256,
                "file": source.file,
                "given": json.dumps(dict(source.given), ensure_ascii=False),
                "accept_warnings": int(source.accept_warnings),
                "imported_at": now,
            },
        )

    def records(self) -> list[Stored]:
        """The current version of every record, newest event first."""
        db = self._db()
        rows = db.query(
            "SELECT r.*, v.id AS version_id, v.version, v.imported_at, v.header FROM records r "
            "JOIN versions v ON v.record_id = r.id WHERE v.version = "
            "(SELECT max(version) FROM versions WHERE record_id = r.id) "
            "ORDER BY v.event_date DESC, r.id"
        )
        withdrawn = self._withdrawn(db)
        return [self._stored(db, row, withdrawn) for row in rows]

    def record(self, record_id: str) -> Stored:
        """The current version of one record, its number as printed or in normal form.

        Raises:
            NotFoundError: No such record.
        """
        db = self._db()
        row = _first(
            db,
            "SELECT r.*, v.id AS version_id, v.version, v.imported_at, v.header FROM records r "
            "JOIN versions v ON v.record_id = r.id WHERE r.key = ? ORDER BY v.version DESC",
            normal_id(record_id),
        )
        if row is None:
            raise NotFoundError(record_id)
        return self._stored(db, row, self._withdrawn(db))

    def _stored(self, db: Database, row: Mapping[str, Any], withdrawn: set[str]) -> Stored:
        record = _record_of(row["header"], self._questions(db, row["version_id"]))
        published = row["published_at"]
        return Stored(
            record=record,
            version=row["version"],
            imported_at=datetime.fromisoformat(row["imported_at"]),
            sources=self._sources(db, row["version_id"]),
            published_at=datetime.fromisoformat(published) if published else None,
            superseded_by=row["superseded_by"],
            withdrawn=row["id"] in withdrawn,
            withdrawn_questions=frozenset(
                item.number
                for item in record.questions
                if f"{row['id']}#{item.number}" in withdrawn
            ),
        )

    def _questions(self, db: Database, version_id: int) -> tuple[Question, ...]:
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
        return tuple(
            Question(
                **{name: row[name] for name in _QUESTION_COLUMNS},
                parts=tuple(parts.get(row["id"], ())),
            )
            for row in db.query(
                "SELECT * FROM questions WHERE version_id = ? ORDER BY position", [version_id]
            )
        )

    def _sources(self, db: Database, version_id: int) -> tuple[Source, ...]:
        rows = db.query(
            "SELECT * FROM version_sources WHERE version_id = ? ORDER BY imported_at, rowid",
            [version_id],
        )
        return tuple(
            Source(
                row["file"], row["sha256"], json.loads(row["given"]), bool(row["accept_warnings"])
            )
            for row in rows
        )

    def content(self, sha256: str) -> bytes:
        """The source bytes as they were imported."""
        row = _first(self._db(), "SELECT content FROM sources WHERE sha256 = ?", sha256)
        if row is None:
            raise NotFoundError(sha256)
        content: bytes = row["content"]
        return content

    def generation(self) -> int:
        """Grows with every change to what may be answered, by any process."""
        row = _first(self._db(), "SELECT value FROM generation")
        return int(row["value"]) if row else 0

    # Meaning

    def vectors(self, model: str) -> dict[str, NDArray[np.float32]]:
        """The vectors of one model, by text."""
        return {
            row["text"]: np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32)
            for row in self._db().query("SELECT text, vector FROM vectors WHERE model = ?", [model])
        }

    def add_vectors(self, model: str, made: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors of stored texts; `use_vectors` tells the processes of them."""
        db = self._db()
        with transaction(db):
            db.table("vectors").insert_all(
                (
                    {"model": model, "text": text, "vector": vector.astype(np.float16).tobytes()}
                    for text, vector in made.items()
                ),
                ignore=True,
            )

    def use_vectors(self) -> None:
        """Let every process search with the vectors made so far."""
        db = self._db()
        with transaction(db):
            _grow(db)

    # Withdrawing

    def withdraw(self, target: str, reason: str) -> str:
        """Hide a record or a question from every reply; returns its id as stored.

        Raises:
            NotFoundError: No such record or question.
        """
        target = self._target(target)
        db = self._db()
        with transaction(db):
            db.table("withdrawals").insert(
                {
                    "target": target,
                    "reason": reason,
                    "withdrawn_at": _instant(datetime.now(UTC)),
                    "undone_at": None,
                }
            )
            _grow(db)
        return target

    def undo_withdrawal(self, target: str) -> str:
        """Show a withdrawn record or question again.

        Raises:
            NotFoundError: It is not stored, or not withdrawn.
        """
        target = self._target(target)
        db = self._db()
        with transaction(db):
            done = db.execute(
                "UPDATE withdrawals SET undone_at = ? WHERE target = ? AND undone_at IS NULL",
                [_instant(datetime.now(UTC)), target],
            )
            if not done.rowcount:
                raise NotFoundError(f"已撤下的 {target}")
            _grow(db)
        return target

    def _target(self, target: str) -> str:
        record_id, _, number = target.partition("#")
        stored = self.record(record_id)
        if not number:
            return stored.record.id
        if not number.isdigit() or stored.record.question(int(number)) is None:
            raise NotFoundError(target)
        return str(QuestionId(stored.record.id, int(number)))

    def _withdrawn(self, db: Database) -> set[str]:
        return {
            row["target"]
            for row in db.query("SELECT target FROM withdrawals WHERE undone_at IS NULL")
        }

    # Chats

    def add_miss(self, chat: Chat, text: str, band: Band, at: datetime) -> None:
        """Keep a message that got no answer, for the desk."""
        self._db().execute(
            'INSERT INTO misses (platform, workspace, channel, "user", text, band, asked_at) '
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [chat.platform, chat.workspace, chat.channel, chat.user, text, band, _instant(at)],
        )

    def count_reply(self, platform: str, band: Band, question_id: str, at: datetime) -> None:
        """Count what became of a question, without its words or its asker."""
        self._db().table("replies").insert(
            {"platform": platform, "band": band, "question_id": question_id, "at": _instant(at)}
        )

    def replies(self, since: datetime, until: datetime) -> list[tuple[Band, str]]:
        """Band and first question id of every reply of that time."""
        rows = self._db().execute(
            "SELECT band, question_id FROM replies WHERE at >= ? AND at < ? ORDER BY id",
            [_instant(since), _instant(until)],
        )
        return [(band, question_id) for band, question_id in rows]

    def misses(self) -> Iterator[dict[str, Any]]:
        """Every kept miss, oldest first."""
        return self._db().query("SELECT * FROM misses ORDER BY asked_at, id")

    def remember(self, chat: Chat, memory: Memory, at: datetime) -> None:
        """Keep what was just shown to this asker here."""
        self._db().table("memories").upsert(
            {
                "platform": chat.platform,
                "workspace": chat.workspace,
                "channel": chat.channel,
                "user": chat.user,
                "cited": memory.cited,
                "offered": json.dumps(memory.offered),
                "at": _instant(at),
            },
            pk=("platform", "workspace", "channel", "user"),
        )

    def memory(self, chat: Chat, since: datetime) -> Memory:
        """What was shown to this asker here since then; empty when nothing was."""
        row = _first(
            self._db(),
            "SELECT cited, offered FROM memories WHERE platform = ? AND workspace = ? "
            'AND channel = ? AND "user" = ? AND at >= ?',
            chat.platform,
            chat.workspace,
            chat.channel,
            chat.user,
            _instant(since),
        )
        return Memory(row["cited"], tuple(json.loads(row["offered"]))) if row else Memory(None, ())

    def set_company(self, chat: Chat, company_code: str | None, at: datetime) -> None:
        """Narrow a channel to one company's records; None: all again."""
        self._db().table("channels").upsert(
            {
                "platform": chat.platform,
                "workspace": chat.workspace,
                "channel": chat.channel,
                "company_code": company_code,
                "set_by": chat.user,
                "set_at": _instant(at),
            },
            pk=("platform", "workspace", "channel"),
        )

    def company(self, chat: Chat) -> str | None:
        row = _first(
            self._db(),
            "SELECT company_code FROM channels "
            "WHERE platform = ? AND workspace = ? AND channel = ?",
            chat.platform,
            chat.workspace,
            chat.channel,
        )
        return row["company_code"] if row else None

    def forget_askers(self, now: datetime, days: int) -> None:
        """Delete what askers typed longer ago than that."""
        limit = _instant(now - timedelta(days=days))
        db = self._db()
        with transaction(db):
            db.execute("DELETE FROM misses WHERE asked_at < ?", [limit])
            db.execute("DELETE FROM memories WHERE at < ?", [limit])
            db.execute("DELETE FROM replies WHERE at < ?", [limit])


_QUESTION_COLUMNS = (
    "number",
    "question",
    "answer",
    "printed_label",
    "printed_number",
    "kind",
    "session",
    "page",
)


def normal_id(record_id: str) -> str:
    """The id with its number in normal form: `2025-002` and `2025-2` are one, dates are not.

    >>> normal_id("300253/2025-002"), normal_id("300253/2025-2"), normal_id("002415/2024-5-31")
    ('300253/2025-2', '300253/2025-2', '002415/2024-5-31')
    """
    code, _, number = record_id.partition("/")
    groups = number.split("-")
    if len(groups) == 2 and all(group.isdigit() for group in groups):
        number = f"{groups[0]}-{int(groups[1])}"
    return f"{code}/{number}"


def _key(record: Record) -> str:
    # The suffix of an unnumbered record (20260917-2) is ours and already in normal form.
    return normal_id(record.id)


def _first(db: Database, sql: str, *values: object) -> dict[str, Any] | None:
    return next(iter(db.query(sql, list(values))), None)


def _grow(db: Database) -> None:
    db.execute("UPDATE generation SET value = value + 1")


def _instant(moment: datetime) -> str:
    """UTC, of one width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _header_json(record: Record) -> str:
    header = asdict(replace(record, questions=()))
    return json.dumps(header, ensure_ascii=False, default=lambda value: value.isoformat())


def _record_of(header: str, questions: tuple[Question, ...]) -> Record:
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
