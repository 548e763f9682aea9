"""What an index is made of: versions by their keys, each with the words of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from itertools import islice

from bot.record import Part, Question, Record
from bot.store.briefs import briefs, grown
from bot.store.connection import Connection, instant
from bot.store.loading import COLUMNS, spans
from bot.store.records import QUESTION_COLUMNS, Records, record_of

_LARGEST = 2**63 - 1  # number that an engine can hold
_AT_ONCE = 500  # versions that one query asks of
_MOST_QUESTIONS = 2_000  # in memory at once, unless one version has more


class Counting(Records):
    """For whoever counts words. Nothing that is read here is kept."""

    def entries(self, keys: Iterable[int]) -> Iterator[tuple[int, Record]]:
        """Each key with what that version says; of written answers only what it adds."""
        for some in _together(self._counted(keys)):
            db = self._db()
            rows = db.execute(
                f"SELECT id, header, version FROM versions WHERE id IN {_marks(some)}", some
            )
            said = {key: (header, version) for key, header, version in rows.fetchall()}
            own = _own(db, some)
            for key in some:
                header, version = said[key]
                yield key, record_of(header, tuple(own.get(key, ())), version)

    def entry(self, key: int) -> Record:
        """One of them."""
        ((_, record),) = self.entries([key])
        return record

    def _counted(self, keys: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Each key with how many questions that version says."""
        sql = (
            "SELECT version_id, count(*) FROM questions WHERE version_id IN {} GROUP BY version_id"
        )
        for some in _pieces(keys):
            found = dict(self._db().execute(sql.format(_marks(some)), some).fetchall())
            yield from ((key, found.get(key, 0)) for key in some)

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
        partly = (key for key, hidden in live.items() if hidden)
        count = sum(str(number) not in live[key] for key in partly for number in self.numbers(key))
        wholly = (key for key, hidden in live.items() if not hidden)
        return count + sum(own for _, own in self._counted(wholly))

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
        left = count
        sql = "SELECT count(*) FROM (SELECT 1 FROM questions WHERE version_id IN {} LIMIT ?) AS own"
        for some in _pieces(keys):
            left -= self._db().execute(sql.format(_marks(some)), [*some, left + 1]).fetchone()[0]
            if left < 0:
                return False
        return True

    def mark_of(self, key: int) -> str | None:
        """What tells a version from any other that has its key in another history of the database,
        also one of the same words: before it came others, perhaps. None: there is none."""
        sql = "SELECT words_hash, imported_at FROM versions WHERE id = ?"
        row = self._db().execute(sql, [key])
        return next((f"{words} {came}" for words, came in row), None)

    def identity(self) -> str:
        """Which database this is, and copies of it are."""
        (found,) = self._db().execute("SELECT store FROM generation").fetchone()
        return str(found)


def _pieces(keys: Iterable[int]) -> Iterator[list[int]]:
    left = iter(keys)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _together(counted: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Versions that are read at once: of a server, each question asked takes its way there."""
    some: list[int] = []
    questions = 0
    for key, own in counted:
        if some and questions + own > _MOST_QUESTIONS:
            yield some
            some, questions = [], 0
        some.append(key)
        questions += own
    if some:
        yield some


def _marks(keys: Sequence[int]) -> str:
    return f"({', '.join('?' * len(keys))})"


def _own(db: Connection, keys: Sequence[int]) -> dict[int, list[Question]]:
    """The questions of versions, in their order."""
    rows = db.execute(
        f"SELECT q.version_id, q.id, {COLUMNS} FROM questions q "
        f"WHERE q.version_id IN {_marks(keys)} ORDER BY q.version_id, q.position",
        keys,
    ).fetchall()
    parts = _parts_of(db, keys)
    found: dict[int, list[Question]] = {}
    for key, question, *said in rows:
        words = dict(zip(QUESTION_COLUMNS, said, strict=True))
        own = Question(**words, parts=tuple(parts.get(question, ())))
        found.setdefault(key, []).append(own)
    return found


def _parts_of(db: Connection, keys: Sequence[int]) -> dict[int, list[Part]]:
    return spans(
        db.execute(
            "SELECT p.question_id, p.number, p.question_start, p.question_end, p.answer_start, "
            "p.answer_end FROM questions q JOIN parts p ON p.question_id = q.id "
            f"WHERE q.version_id IN {_marks(keys)} ORDER BY p.question_id, p.number",
            keys,
        )
    )
