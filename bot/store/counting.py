"""What an index is made of: versions by their keys, each with the words of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import datetime

from bot.record import Part, Question, Record
from bot.store.briefs import briefs, grown
from bot.store.connection import Connection, instant
from bot.store.loading import COLUMNS, spans
from bot.store.records import QUESTION_COLUMNS, Records, record_of

_LARGEST = 2**63 - 1  # number that an engine can hold


class Counting(Records):
    """For whoever counts words. Nothing that is read here is kept."""

    def entries(self, keys: Iterable[int]) -> Iterator[tuple[int, Record]]:
        """Each key with what that version says; of written answers only what it adds."""
        sql = "SELECT header, version FROM versions WHERE id = ?"
        for key in keys:
            db = self._db()
            header, version = db.execute(sql, [key]).fetchone()
            yield key, record_of(header, self._own(db, key), version)

    def entry(self, key: int) -> Record:
        """One of them."""
        ((_, record),) = self.entries([key])
        return record

    def _own(self, db: Connection, version_id: int) -> tuple[Question, ...]:
        rows = db.execute(
            f"SELECT q.id, {COLUMNS} FROM questions q WHERE q.version_id = ? ORDER BY q.position",
            [version_id],
        ).fetchall()
        parts = _parts_of(db, version_id)
        return tuple(
            Question(
                **dict(zip(QUESTION_COLUMNS, row[1:], strict=True)),
                parts=tuple(parts.get(row[0], ())),
            )
            for row in rows
        )

    def numbers(self, key: int) -> list[int]:
        """Of the questions that a version says."""
        sql = "SELECT number FROM questions WHERE version_id = ? ORDER BY number"
        return [number for (number,) in self._db().execute(sql, [key])]

    def that_hold(self, number: int, *, of_narrative: bool) -> Set[int]:
        """The keys of versions that have a question of that number, or any narrative."""
        db = self._db()
        if number > _LARGEST:
            return set()
        if of_narrative:
            # As `header_json` writes it: inside of a text a quotation mark has a backslash.
            rows = db.execute("SELECT id FROM versions WHERE header LIKE '%\"narrative\": [{%'")
        else:
            rows = db.execute("SELECT version_id FROM questions WHERE number = ?", [number])
        return {key for (key,) in rows}

    def how_many(self, live: Mapping[int, Set[str]]) -> int:
        """Questions that are shown of versions, each with the places of it that are not."""
        db, count = self._db(), 0
        sql = "SELECT count(*) FROM questions WHERE version_id = ?"
        for key, hidden in live.items():
            if hidden:
                count += sum(str(number) not in hidden for number in self.numbers(key))
            else:
                count += db.execute(sql, [key]).fetchone()[0]
        return count

    def countable(self, at: datetime) -> set[int]:
        """The keys of all that is shown, or will be when it is published or shown again."""
        db = self._db()
        known = briefs(db, instant(at))
        found = {item.version_id for item in known}
        for parts in grown(db, known).values():
            found.update(key for key, _ in parts)
        sql = "SELECT id FROM versions WHERE record_id = ? AND version > ?"
        for item in known:
            if item.version < item.newest:
                found.update(key for (key,) in db.execute(sql, [item.id, item.version]))
        return found

    def holds_at_most(self, keys: Iterable[int], count: int) -> bool:
        """Whether versions have no more questions of their own than that."""
        db, left = self._db(), count
        sql = "SELECT count(*) FROM (SELECT 1 FROM questions WHERE version_id = ? LIMIT ?) AS own"
        for key in keys:
            left -= db.execute(sql, [key, left + 1]).fetchone()[0]
            if left < 0:
                return False
        return True

    def words_hash(self, key: int) -> str | None:
        """Of a version; None: there is none under that key."""
        row = self._db().execute("SELECT words_hash FROM versions WHERE id = ?", [key])
        return next((str(found) for (found,) in row), None)

    def identity(self) -> str:
        """Which database this is, and copies of it are."""
        (found,) = self._db().execute("SELECT store FROM generation").fetchone()
        return str(found)


def _parts_of(db: Connection, version_id: int) -> dict[int, list[Part]]:
    return spans(
        db.execute(
            "SELECT p.question_id, p.number, p.question_start, p.question_end, p.answer_start, "
            "p.answer_end FROM questions q JOIN parts p ON p.question_id = q.id "
            "WHERE q.version_id = ? ORDER BY p.question_id, p.number",
            [version_id],
        )
    )
