"""The bytes of sources, in pieces: they may be more than fit into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from bot.store.connection import Connection, first

_PIECE = 1 << 20  # bytes that are in memory at once


def keep_content(db: Connection, sha256: str, pieces: Iterable[bytes], size: int) -> None:
    """Keep a source's bytes, in a transaction; those that were lost or damaged come back."""
    if not (has_content(db, sha256) and hash_of(db, sha256) == sha256):
        db.write_content(sha256, pieces, size)


def has_content(db: Connection, sha256: str) -> bool:
    """Whether there is such a source, damaged or not."""
    return first(db, "SELECT 1 FROM sources WHERE sha256 = ?", sha256) is not None


def hash_of(db: Connection, sha256: str) -> str:
    """What the hash of a source's bytes is; the one under which they are kept, if all is well."""
    found = hashlib.sha256()
    for piece in db.content(sha256):
        found.update(piece)
    return found.hexdigest()


def pieces_of(opened: BinaryIO) -> Iterator[bytes]:
    """What is left to read of a file."""
    while piece := opened.read(_PIECE):
        yield piece
