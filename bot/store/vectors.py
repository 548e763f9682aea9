"""The meaning of stored texts, by model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bot.store.connection import File, grow


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
