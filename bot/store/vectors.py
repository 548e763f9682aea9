"""The meaning of stored texts, by model, and how the model does."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.store.connection import File, first, grow, instant

_AT_ONCE = 500  # values of one query

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class ModelState:
    """What the processes that use a model last told of it."""

    fault: str = ""  # what it raised while a process served; empty: it works
    fault_at: datetime | None = None
    a_second: float = 0.0  # texts that it makes vectors of, when that was done last; 0: not known


class Vectors(File):
    """Vectors of texts, each under its text's hash; made anew where they are missing."""

    def vectors(self, model: str, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Those of some texts by a model, as far as there are any."""
        found = self._found(model, texts, "vector")
        return {
            text: np.frombuffer(vector, np.float16).astype(np.float32) for text, vector in found
        }

    def without_vector(self, model: str, texts: Iterable[str]) -> set[str]:
        """The texts that have none."""
        wanted = set(texts)
        return wanted - {text for text, _ in self._found(model, wanted, "0")}

    def _found(self, model: str, texts: Iterable[str], what: str) -> Iterator[tuple[str, Any]]:
        of_mark = {_mark(text): text for text in texts}
        for marks in batched(of_mark, _AT_ONCE):
            rows = self._db().execute(
                f"SELECT mark, {what} FROM vectors WHERE model = ? "
                f"AND mark IN ({', '.join('?' * len(marks))})",
                [model, *marks],
            )
            yield from ((of_mark[mark], value) for mark, value in rows.fetchall())

    def add_vectors(self, model: str, made: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors of stored texts; `use_vectors` tells the processes of them."""
        rows = [
            (model, _mark(text), vector.astype(np.float16).tobytes())
            for text, vector in made.items()
        ]
        with self.database.transaction(alone=False) as db:
            db.executemany(
                "INSERT INTO vectors (model, mark, vector) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                sorted(rows),  # of two who make the same ones, none waits for the other for ever
            )

    def use_vectors(self) -> None:
        """Let every process search with the vectors made so far."""
        with self.database.transaction() as db:
            grow(db, only_more=True)

    # Versions of which every text has one

    def embedded(self, model: str) -> set[int]:
        """Their keys."""
        rows = self._db().execute("SELECT version_id FROM embedded WHERE model = ?", [model])
        return {key for (key,) in rows}

    def note_embedded(self, model: str, keys: Iterable[int]) -> None:
        """More of them."""
        sql = "INSERT INTO embedded (model, version_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        with self.database.transaction(alone=False) as db:
            db.executemany(sql, [(model, key) for key in sorted(keys)])

    def newest_first(self, keys: Collection[int]) -> list[int]:
        """Keys of versions, those of the newest events first."""
        rows = self._db().execute(
            "SELECT id FROM versions ORDER BY event_date DESC NULLS LAST, id DESC"
        )
        return [key for (key,) in rows if key in keys]

    def count_questions(self, keys: Collection[int]) -> int:
        """How many questions versions have of their own."""
        sql = "SELECT version_id, count(*) FROM questions GROUP BY version_id"
        return sum(count for key, count in self._db().execute(sql) if key in keys)

    # The model

    def model_state(self, model: str) -> ModelState:
        """How it did last."""
        row = first(self._db(), "SELECT * FROM models WHERE model = ?", model)
        if row is None:
            return ModelState()
        at = datetime.fromisoformat(row["fault_at"]) if row["fault_at"] else None
        return ModelState(row["fault"], at, row["a_second"])

    def note_fault(self, model: str, fault: str, at: datetime) -> None:
        """What it raised, and when (the real clock); empty: it works."""
        if self.model_state(model).fault == fault:
            return
        with self.database.transaction(alone=False) as db:
            values = {"fault": fault, "fault_at": instant(at) if fault else None}
            db.table("models").upsert({"model": model, **values}, pk="model")

    def note_speed(self, model: str, a_second: float) -> None:
        """How many texts it makes vectors of in a second."""
        with self.database.transaction(alone=False) as db:
            db.table("models").upsert({"model": model, "a_second": a_second}, pk="model")


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def batched(items: Iterable[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """Items in groups of so many, the last one smaller."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch
