"""The words of versions, read when somebody looks at them; what was looked at last is kept.

A version's words never change, so what is kept of them holds for as long as the process runs. In a
transaction nothing is kept: rolled back, it would leave its keys to other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.record import Part, Question, Record, StoredQuestions
from bot.store.connection import Connection
from bot.store.looked import Kept
from bot.store.records import BUILT_ON, QUESTION_COLUMNS, Records, record_of

_MOST_QUESTIONS = 50_000  # of whole records: about 50 MB
_MOST_SINGLE = 20_000  # questions
_MOST_HEADS = 10_000_000  # characters of headers, with the speeches in them
_AT_ONCE = 500  # questions of one query

COLUMNS = ", ".join(f"q.{name}" for name in QUESTION_COLUMNS)


class _Looked:
    """What was looked at last, by keys that hold for one history of the database."""

    def __init__(self, history: int) -> None:
        self.history = history
        self.heads = Kept[int, tuple[Record, int]](_MOST_HEADS, lambda head: head[1])
        self.whole = Kept[int, tuple[Question, ...]](_MOST_QUESTIONS, lambda own: len(own) + 1)
        self.single = Kept[tuple[int, int], Question](_MOST_SINGLE)


class Loading(Records):
    """Reads what is looked at."""

    _latest: _Looked | None = None

    @property
    def _looked(self) -> _Looked:
        history, latest = self.database.history, self._latest
        if latest is None or latest.history != history:
            latest = self._latest = _Looked(history)
        return latest

    def words(self, version_id: int) -> Record:
        """What a version says, by its key; of written answers with those that it adds to. The
        questions are read when they are looked at."""
        db = self._db()
        known = self._looked.heads.get(version_id)
        if known is None:
            sql = "SELECT header, version FROM versions WHERE id = ?"
            header, version = db.execute(sql, [version_id]).fetchone()
            known = record_of(header, (), version), len(header)
            if not db.in_transaction:
                self._looked.heads.put(version_id, known)
        return replace(known[0], questions=self._read_later(version_id))

    def _read_later(self, version_id: int) -> StoredQuestions:
        return StoredQuestions(
            lambda: self._all_of(version_id),
            lambda number: self._numbered(version_id, number),
            lambda: self._count(version_id),
        )

    def _all_of(self, version_id: int) -> tuple[Question, ...]:
        found = self._looked.whole.get(version_id)
        if found is None:
            db = self._db()
            found = self._questions(db, version_id)
            if not db.in_transaction:
                self._looked.whole.put(version_id, found)
        return found

    def _numbered(self, version_id: int, number: int) -> Question | None:
        whole = self._looked.whole.get(version_id)
        if whole is not None:
            return next((item for item in whole if item.number == number), None)
        sql = (
            f"SELECT max(version_id) FROM questions WHERE number = ? AND version_id IN ({BUILT_ON})"
        )
        try:
            (own,) = self._db().execute(sql, [number, version_id]).fetchone()
        except OverflowError:  # a number that the engine cannot hold
            return None
        return self.questions([(own, number)])[0] if own is not None else None

    def _count(self, version_id: int) -> int:
        whole = self._looked.whole.get(version_id)
        if whole is not None:
            return len(whole)
        sql = f"SELECT count(DISTINCT number) FROM questions WHERE version_id IN ({BUILT_ON})"
        (count,) = self._db().execute(sql, [version_id]).fetchone()
        return int(count)

    def last_answered(self, version_ids: Iterable[int], until: date) -> str | None:
        """The last day up to one on which a question of these versions was answered."""
        sql = "SELECT max(answered_at) FROM questions WHERE version_id = ? AND answered_at < ?"
        after = (until + timedelta(days=1)).isoformat()
        db = self._db()
        found = [db.execute(sql, [key, after]).fetchone()[0] for key in version_ids]
        return max((instant[:10] for instant in found if instant), default=None)

    def questions(self, wanted: Sequence[tuple[int, int]]) -> list[Question]:
        """Single questions, each by the key of the version that says it and its number there."""
        found = {place: self._looked.single.get(place) for place in dict.fromkeys(wanted)}
        missing = [place for place, one in found.items() if one is None]
        for start in range(0, len(missing), _AT_ONCE):
            found.update(self._read_some(missing[start : start + _AT_ONCE]))
        return [one for place in wanted if (one := found[place]) is not None]

    def _read_some(self, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Question]:
        db = self._db()
        rows = db.execute(
            f"WITH wanted (version_id, number) AS (VALUES {_marks(wanted)}) "
            f"SELECT q.id, q.version_id, {COLUMNS} FROM wanted w CROSS JOIN questions q "
            "WHERE q.version_id = w.version_id AND q.number = w.number",
            [value for place in wanted for value in place],
        ).fetchall()
        parts = _parts(db, [row[0] for row in rows])
        found = {
            (row[1], row[2]): Question(
                **dict(zip(QUESTION_COLUMNS, row[2:], strict=True)),
                parts=tuple(parts.get(row[0], ())),
            )
            for row in rows
        }
        if not db.in_transaction:
            for place, one in found.items():
                self._looked.single.put(place, one)
        return found


def _parts(db: Connection, question_ids: Sequence[int]) -> dict[int, list[Part]]:
    marks = ", ".join("?" * len(question_ids))
    return spans(
        db.execute(
            "SELECT question_id, number, question_start, question_end, answer_start, answer_end "
            f"FROM parts WHERE question_id IN ({marks}) ORDER BY question_id, number",
            question_ids,
        )
    )


def spans(rows: Iterable[Sequence[int]]) -> dict[int, list[Part]]:
    """Parts by their question."""
    found: dict[int, list[Part]] = {}
    for question_id, number, *spans in rows:
        part = Part(number, (spans[0], spans[1]), (spans[2], spans[3]))
        found.setdefault(question_id, []).append(part)
    return found


def _marks(rows: Iterable[Sequence[int]]) -> str:
    return ", ".join("(?, ?)" for _ in rows)
