"""Terms as 64-bit codes, by which postings are found: the same in every process and file.

One or two Han characters, which most terms are, and the terms of synonym lines stand for
themselves; longer Latin words and figures are hashed. Among a million words two share a code with
a chance of one in ten million.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

BITS = 21  # of a character
_LINE, _HASHED = 1 << 62, 1 << 63
_KNOWN = 1 << 16  # codes that are kept

Codes = NDArray[np.uint64]


@lru_cache(maxsize=_KNOWN)
def code(term: str) -> int:
    """The code of one term.

    >>> code("债") < code("转债") < code("=7") < code("wingpt")
    True
    """
    if len(term) <= 2 and term and min(term) >= "㐀":
        return ord(term[0]) << BITS | ord(term[1]) if len(term) == 2 else ord(term)
    if term[:1] == "=" and term[1:].isdecimal():
        return _LINE | int(term[1:])
    return _HASHED | int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big") >> 1


def codes(terms: Iterable[str]) -> Codes:
    """Those of several, in order."""
    return np.array([code(term) for term in terms], dtype=np.uint64)
