"""What is stored of records: the version that is shown, the others, their source bytes.

The version shown is the highest one that is public; of a record that is not public yet, the newest.
`generation` grows with every change to what may be answered, so that every process notices and
rebuilds its index.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from bot.errors import NotFoundError
from bot.record import Announcement, EventDate, Host, Narrative, Part, Question, Record
from bot.store.announced import Announced, announced, announced_of
from bot.store.briefs import Brief, briefs, newest_briefs
from bot.store.connection import Connection, File, first, instant
from bot.store.contents import has_content, hash_of
from bot.store.hidden import Hiding, HidingKind, hidden_units, hidings
from bot.store.ids import normal_id
from bot.store.journal import of_versions
from bot.store.looked import Looked
from bot.store.publication import PUBLIC, Publication


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
    superseded_by: str | None
    publication: Publication = PUBLIC
    pending: tuple[Version, ...] = ()  # newer ones, which wait for their publication
    hidings: tuple[Hiding, ...] = ()  # of the company, the record and what is in it; not undone
    hidden: Mapping[str, tuple[Hiding, ...]] = field(default_factory=dict)  # by place: `4`, `p3`
    later: tuple[tuple[str, tuple[Announcement, ...]], ...] = ()  # announced since, by place

    @property
    def published_at(self) -> datetime | None:
        return self.publication.at

    def is_public(self, now: datetime) -> bool:
        return self.publication.is_public(now)

    def hidden_whole(self, now: datetime) -> tuple[Hiding, ...]:
        """What hides the whole record at that instant."""
        return tuple(item for item in self.hidings if item.place is None and item.holds(now))

    @property
    def withdrawn(self) -> bool:
        return any(item.place is None and item.kind == "withdraw" for item in self.hidings)

    @property
    def withdrawn_questions(self) -> frozenset[int]:
        return _numbers(self.record.questions, self._places("withdraw"))

    @property
    def withdrawn_paragraphs(self) -> frozenset[int]:
        return _numbers(self.record.paragraphs, self._places("withdraw"))

    def _places(self, kind: HidingKind) -> set[str]:
        return {
            place for place, own in self.hidden.items() if any(item.kind == kind for item in own)
        }

    @property
    def shown_since(self) -> datetime:
        """When these words could first be shown."""
        return max(self.imported_at, self.published_at or self.imported_at)

    @property
    def visible(self) -> Record:
        """The record without its hidden questions and paragraphs, with what came later."""
        record = replace(self.record, later=self.later) if self.later else self.record
        if not self.hidden:
            return record
        return record.without(
            _numbers(self.record.questions, self.hidden),
            _numbers(self.record.paragraphs, self.hidden),
        )


@dataclass(frozen=True)
class Version:
    """One state of a record's words."""

    number: int  # 1, 2 …
    imported_at: datetime
    sources: tuple[Source, ...]
    restored_from: int | None  # the version that it brought back
    is_shown: bool
    publication: Publication = PUBLIC
    who: str = ""  # made it; empty: not known


@dataclass(frozen=True)
class RowsOf:
    """What a version added of the questions that are shown, and the hashes of its sources."""

    sources: tuple[str, ...]
    questions: tuple[Question, ...]


_MADE = ("import", "replace", "restore-version")  # how the journal calls what makes a version
_A_HISTORY = 1 << 40  # generations: more than there will ever be
_KEPT = 16  # records of a list that were looked at last: each has all its words

_FROM = (
    "SELECT r.id, r.key, r.superseded_by, v.id AS version_id, v.version, v.imported_at, "
    "v.base, v.header, v.words_hash, v.published_at, v.is_draft "
    "FROM records r JOIN versions v ON v.record_id = r.id AND v.version = "
)
_HIGHEST = "(SELECT max(version) FROM versions WHERE record_id = r.id)"
_NEWEST = _FROM + _HIGHEST
_SHOWN = (
    f"{_FROM} coalesce((SELECT max(version) FROM versions WHERE record_id = r.id "
    f"AND is_draft = 0 AND (published_at IS NULL OR published_at <= ?)), {_HIGHEST})"
)
# The versions that a version is made of: itself, and of written answers those that it adds to.
BUILT_ON = (
    "SELECT v.id FROM versions w JOIN versions v ON v.record_id = w.record_id "
    "AND v.version BETWEEN coalesce(w.base, w.version) AND w.version WHERE w.id = ?"
)


class Records(File):
    """Reading; `Adding`, `Hidden` and `Publishing` write."""

    def records(self, now: datetime | None = None) -> Sequence[Stored]:
        """Every record in the version that is shown, newest event first; each is read when it is
        looked at.

        Args:
            now: The bot's clock; None: the system's.
        """
        return self._each(briefs(self._db(), _instant(now)))

    def newest_records(self) -> Sequence[Stored]:
        """Every record in its newest version, which may still wait for its publication."""
        return self._each(newest_briefs(self._db()))

    def _each(self, found: Sequence[Brief]) -> Sequence[Stored]:
        decided, later = hidings(self._db()), announced(self._db())

        def read(brief: Brief) -> Stored:
            db = self._db()
            row = first(db, f"{_FROM} ? WHERE r.key = ?", brief.version, brief.key)
            if row is None:
                raise NotFoundError(brief.id)
            own = decided.touching(brief.key)
            return self._stored(db, row, own, later.get(brief.key, ()))

        return Looked(found, read, _KEPT)

    def record(
        self, record_id: str, now: datetime | None = None, version: int | None = None
    ) -> Stored:
        """One record, its number as printed or in normal form.

        Args:
            record_id: Which.
            now: The bot's clock; None: the system's.
            version: Which version; None: the one that is shown.

        Raises:
            NotFoundError: No such record or version.
        """
        db, key = self._db(), normal_id(record_id)
        if version is None:
            return self._one(record_id, first(db, f"{_SHOWN} WHERE r.key = ?", _instant(now), key))
        self.version(record_id, version)  # or it is told which is not there
        return self._one(record_id, first(db, f"{_FROM} ? WHERE r.key = ?", version, key))

    def newest(self, record_id: str) -> Stored:
        """One record in its newest version, which may still wait for its publication.

        Raises:
            NotFoundError: No such record.
        """
        return self._one(record_id, self._newest(self._db(), normal_id(record_id)))

    def _one(self, record_id: str, row: dict[str, Any] | None) -> Stored:
        if row is None:
            raise NotFoundError(record_id)
        db = self._db()
        own = hidings(db).touching(row["key"])
        return self._stored(db, row, own, announced(db).get(row["key"], ()))

    def versions(self, record_id: str, now: datetime | None = None) -> list[Version]:
        """Every version of one record, the first one first.

        Args:
            record_id: Which.
            now: The bot's clock, which decides what is shown; None: the system's.

        Raises:
            NotFoundError: No such record.
        """
        db = self._db()
        shown = first(db, f"{_SHOWN} WHERE r.key = ?", _instant(now), normal_id(record_id))
        if shown is None:
            raise NotFoundError(record_id)
        return self._versions(db, shown["id"], shown["version"])

    def _versions(
        self, db: Connection, record_id: str, shown: int, above: int = 0
    ) -> list[Version]:
        sql = "SELECT * FROM versions WHERE record_id = ? AND version > ? ORDER BY version"
        rows = list(db.query(sql, [record_id, above]))
        made = of_versions(db, record_id, *_MADE) if rows else ()
        who = {version: change.who for version, change in made}  # of several the first
        return [
            Version(
                row["version"],
                datetime.fromisoformat(row["imported_at"]),
                self._sources(db, row["id"]),
                row["restored_from"],
                is_shown=row["version"] == shown,
                publication=Publication.of(row),
                who=who.get(row["version"], ""),
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
            "SELECT v.id, v.version, v.header FROM versions v JOIN records r ON r.id = v.record_id "
            "WHERE r.key = ? AND v.version = ?",
            normal_id(record_id),
            number,
        )
        if row is None:
            raise NotFoundError(f"{record_id} 的第{number}版", f"irbot show {record_id} 查看各版")
        return record_of(row["header"], self._questions(db, row["id"]), row["version"])

    def _newest(self, db: Connection, key: str) -> dict[str, Any] | None:
        return first(db, f"{_NEWEST} WHERE r.key = ?", key)

    def _stored(
        self,
        db: Connection,
        row: Mapping[str, Any],
        decided: Sequence[Hiding],
        later: Sequence[Announced],
    ) -> Stored:
        questions = self._questions(db, row["version_id"])
        record = record_of(row["header"], questions, row["version"])
        return Stored(
            record=record,
            version=row["version"],
            imported_at=datetime.fromisoformat(row["imported_at"]),
            sources=self._sources(db, row["version_id"]),
            superseded_by=row["superseded_by"],
            publication=Publication.of(row),
            pending=tuple(self._versions(db, row["id"], row["version"], row["version"])),
            hidings=tuple(decided),
            hidden=hidden_units(record, decided),
            later=announced_of(record, later),
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
                f"SELECT * FROM questions WHERE version_id IN ({BUILT_ON}) "
                "ORDER BY version_id, position",
                [version_id],
            )
        }
        return tuple(found.values())

    def _sources(self, db: Connection, version_id: int) -> tuple[Source, ...]:
        rows = db.query(
            f"SELECT * FROM version_sources WHERE version_id IN ({BUILT_ON}) "
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
        db = self._db()
        if not has_content(db, sha256):
            raise NotFoundError(sha256)
        return b"".join(db.content(sha256))

    def read_from(self, content: bytes) -> tuple[Record, ...]:
        """The records whose newest version was read from these very bytes as they are, nothing
        filled in and nothing accepted; none where a record has newer words, or is of a table."""
        db, sha256 = self._db(), hashlib.sha256(content).hexdigest()
        if hash_of(db, sha256) != sha256:
            return ()
        rows = db.query(
            "SELECT r.key, v.version, s.given, s.accept_warnings, "
            "(SELECT max(version) FROM versions WHERE record_id = r.id) AS newest "
            "FROM version_sources s JOIN versions v ON v.id = s.version_id "
            "JOIN records r ON r.id = v.record_id WHERE s.sha256 = ? ORDER BY v.id",
            [sha256],
        )
        found = []
        for row in rows:
            if row["version"] != row["newest"] or row["given"] != "{}" or row["accept_warnings"]:
                return ()
            found.append(self.newest(row["key"]).record)
        return () if any(record.is_from_table for record in found) else tuple(found)

    def generation(self) -> int:
        """Grows with every change to what may be answered, by any process."""
        return self.generations()[0]

    def generations(self) -> tuple[int, int]:
        """The generation, and how many of these changes did more than add to it."""
        row = self._db().execute("SELECT value, changes FROM generation").fetchone()
        before = self.database.history * _A_HISTORY
        return before + int(row[0]), before + int(row[1])


def _instant(now: datetime | None) -> str:
    return instant(now or datetime.now(UTC))


def _numbers(units: Iterable[Question], places: Collection[str]) -> frozenset[int]:
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
    del header["version"]  # a column of its own
    del header["later"]  # the desk's
    return json.dumps(header, ensure_ascii=False, default=lambda value: value.isoformat())


def record_of(header: str, questions: tuple[Question, ...], version: int) -> Record:
    """The record back from its stored header."""
    fields = json.loads(header) | {"version": version}
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
    fields["narrative"] = tuple(
        Narrative(item["heading"], item["text"], item["page"]) for item in fields["narrative"]
    )
    fields["other"] = tuple((label, text) for label, text in fields["other"])
    for name in ("activities", "links", "attachments", "form_dates", "warnings", "notes"):
        fields[name] = tuple(fields[name])
    for name in ("start_time", "end_time"):
        fields[name] = time.fromisoformat(fields[name]) if fields[name] else None
    return Record(**fields)
