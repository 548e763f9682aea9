"""The files of an index, beside the database: `irbot.db-index/`; with PostgreSQL in the folder of
what a replica keeps for itself.

`manifest.json` names the segments that count, and for which file of the store and which matcher
they were made; what it does not name does not exist. It is replaced whole, so that at every moment
there is the old index or the new one, and a process that reads goes on with what it has open. One
process at a time writes: whoever holds the lock. A folder that is gone, of another store, of
another matcher or damaged costs nothing but the time to make it anew.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.matching.segment import Segment
from bot.matching.segment_files import DamagedIndexError, damage, open_segment
from bot.postgres_url import beside
from bot.store import Store

_MANIFEST, _LOCK, _ENDING = "manifest.json", "lock", ".segment"
_FORMAT = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Named:
    """A segment that the manifest names."""

    file: str
    documents: int
    newest: int  # its highest key
    mark: str  # of that version: keys up to it may have been given to other words since


@dataclass(frozen=True)
class Manifest:
    """Which segments count."""

    store: str  # which file of a store they were made of
    matcher: str  # what of the program and of the word lists counted
    segments: tuple[Named, ...] = ()


class IndexFolder:
    """Where the segments of a store lie."""

    def __init__(self, store: Store) -> None:
        self.path = beside(store.place, "-index")
        self._store = store
        self._opened: dict[Named, Segment] = {}

    def size(self) -> int:
        """Bytes of all its files."""
        with suppress(OSError):
            return sum(path.stat().st_size for path in self.path.iterdir())
        return 0

    def stamp(self) -> tuple[int, int] | None:
        """Another one where the manifest was replaced; None: there is none."""
        try:
            found = (self.path / _MANIFEST).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def manifest(self, matcher: str) -> Manifest:
        """What there is for this store as it is now, and for the matcher."""
        store = self._store.identity()
        empty = Manifest(store, matcher)
        try:
            found = json.loads((self.path / _MANIFEST).read_text(encoding="utf-8"))
            named = tuple(Named(**item) for item in found["segments"])
            is_ours = (found["format"], found["store"]) == (_FORMAT, store)
        except FileNotFoundError:
            return empty
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("index made anew: %s cannot be read (%s)", self.path / _MANIFEST, error)
            return empty
        if not is_ours or found["matcher"] != matcher:
            return empty
        return Manifest(store, matcher, tuple(filter(self._is_of_store, named)))

    def _is_of_store(self, named: Named) -> bool:
        """Whether the store has the words that a segment counted: an older copy of the database,
        put back, gives the same keys to other words."""
        return self._store.mark_of(named.newest) == named.mark

    def opened(self, manifest: Manifest) -> dict[Named, Segment]:
        """The segments of a manifest, mapped; one that is damaged is left out, and told."""
        found = {}
        for named in manifest.segments:
            segment = self._opened.get(named) or self._open(named)
            if segment is not None:
                found[named] = segment
        self._opened = found
        return found

    def _open(self, named: Named) -> Segment | None:
        path = self.path / named.file
        try:
            return open_segment(path)
        except (OSError, DamagedIndexError) as error:
            log.warning("index made anew: %s cannot be used (%s)", path, error)
            return None

    def remove_if_damaged(self, named: Named) -> None:
        """Read a file to its end, and remove it where it is not as it was written: opened by
        others it would be found wanting in what it says, not in how it looks."""
        path = self.path / named.file
        if not path.exists():  # merged meanwhile
            return
        try:
            what = damage(path)
        except (OSError, DamagedIndexError) as error:
            what = str(error)
        if what:
            log.warning("index made anew: %s is damaged (%s)", path, what)
            _remove(path)

    @contextmanager
    def writing(self, *, wait: bool) -> Iterator[bool]:
        """For whoever writes; others read on.

        Args:
            wait: For another process that writes; else False is yielded while one does.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(handle)  # which frees the lock, as the end of the process does

    def new_file(self) -> Path:
        """Where a segment is to be written."""
        return self.path / f"{secrets.token_hex(8)}{_ENDING}"

    def named(self, path: Path) -> Named:
        """What the manifest says of a file that was written.

        Raises:
            OSError: It cannot be read.
        """
        segment = open_segment(path)
        newest = int(segment.keys.max())
        return Named(path.name, len(segment.questions), newest, self._store.mark_of(newest) or "")

    def replace(self, manifest: Manifest) -> None:
        """Let a manifest be the one that counts, and remove what it does not name."""
        path = self.path / f"{_MANIFEST}.new"
        told = {"format": _FORMAT, **asdict(manifest)}
        handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        path.replace(self.path / _MANIFEST)
        kept = {item.file for item in manifest.segments}
        for other in self.path.iterdir():
            if other.name not in (_MANIFEST, _LOCK) and other.name not in kept:
                _remove(other)


def _remove(path: Path) -> None:
    """What is left of a process that was killed may be a folder; what cannot go stays."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
