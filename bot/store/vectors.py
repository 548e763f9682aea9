"""The meaning of stored texts, by model, and how the model does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bot.store.connection import File, first, grow, instant


@dataclass(frozen=True)
class ModelState:
    """What the processes that use a model last told of it."""

    fault: str = ""  # what it raised while a process served; empty: it works
    fault_at: datetime | None = None
    a_second: float = 0.0  # texts that it makes vectors of, when that was done last; 0: not known


class Vectors(File):
    """Vectors of texts; made anew where they are missing."""

    def vectors(self, model: str) -> dict[str, NDArray[np.float32]]:
        """The vectors of one model, by text."""
        return {
            row["text"]: np.frombuffer(row["vector"], dtype=np.float16).astype(np.float32)
            for row in self._db().query("SELECT text, vector FROM vectors WHERE model = ?", [model])
        }

    def add_vectors(self, model: str, made: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep vectors of stored texts; `use_vectors` tells the processes of them."""
        with self.database.transaction() as db:
            db.table("vectors").insert_all(
                (
                    {"model": model, "text": text, "vector": vector.astype(np.float16).tobytes()}
                    for text, vector in made.items()
                ),
                ignore=True,
            )

    def use_vectors(self) -> None:
        """Let every process search with the vectors made so far."""
        with self.database.transaction() as db:
            grow(db, only_more=True)

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
        with self.database.transaction() as db:
            values = {"fault": fault, "fault_at": instant(at) if fault else None}
            db.table("models").upsert({"model": model, **values}, pk="model")

    def note_speed(self, model: str, a_second: float) -> None:
        """How many texts it makes vectors of in a second."""
        with self.database.transaction() as db:
            db.table("models").upsert({"model": model, "a_second": a_second}, pk="model")
