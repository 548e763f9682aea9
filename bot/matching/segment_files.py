"""Segments as files, mapped into memory: opened at once, shared by processes, never changed.

Tables lie one behind the other, then comes a directory of them, and last where that begins, with
its digest: a file that was not written to its end has none. What is small is compared with its
digest when a file is opened; `damage` looks through all of it, which takes as long as reading it.

A file is written beside its place and put there when all of it is on the disk. One that is mapped
may be replaced or removed; whoever has it keeps what was there.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory, TemporaryFile
from typing import IO, Any, cast

import numpy as np

from bot.errors import BotError
from bot.matching.lexicon import Lexicon
from bot.matching.merging import Table, from_tables, merge_tables
from bot.matching.segment import Entry, Segment, Words, runs

_MAGIC = b"irbot segment 1\n"
_END = struct.Struct(f"<QQ32s{len(_MAGIC)}s")  # of the directory: place, length, digest
_ALIGNED = 64  # bytes
_SMALL = 1 << 20  # bytes of a table that is compared with its digest when a file is opened
_AT_ONCE = 1 << 22


class DamagedIndexError(BotError):
    """A segment's file that is none, or not as it was written."""


def write(
    entries: Iterable[Entry],
    path: Path,
    lexicon: Lexicon,
    tell: Callable[[int], None] | None = None,
) -> None:
    """Count entries into a file; what is in memory is little, however many there are.

    Args:
        entries: What to count.
        path: Of the file; one that is there is replaced.
        lexicon: The word lists.
        tell: Is called with how many questions and paragraphs are counted so far.

    Raises:
        OSError: It cannot be written, or the disk is full; what was there stays.
    """
    with TemporaryDirectory(dir=path.parent, prefix=".counted-") as folder:
        counted: list[Segment] = []
        for run in runs(entries, lexicon):
            own = Path(folder) / str(len(counted))
            _write([run], None, own)
            counted.append(open_segment(own))
            if tell:
                tell(sum(len(each.questions) + len(each.paragraphs) for each in counted))
        if len(counted) == 1:
            _put(Path(folder) / "0", path)
        else:
            _write(counted, None, path)


def merge(segments: Sequence[Segment], kept: Set[int], path: Path, words: Words) -> None:
    """Put several segments into one file, without reading anew what goes on.

    Args:
        segments: Which; what is in two of them counts once.
        kept: Keys of the entries that go on.
        path: Of the file; one that is there is replaced.
        words: Of entries that do not go on, to take off what they spell.

    Raises:
        OSError: It cannot be written, or the disk is full; what was there stays.
    """
    _write(segments, kept, path, words)


def open_segment(path: Path) -> Segment:
    """The segment in a file, mapped.

    Raises:
        DamagedIndexError: There is none that can be used.
    """
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # an empty file cannot be mapped
        raise _damaged(path, str(error)) from error
    try:
        tables = {}
        for name, place in _directory(mapped).items():
            tables[name] = _table(mapped, *place[:3])
            if tables[name].nbytes <= _SMALL and _digest(tables[name]) != place[3]:
                raise ValueError(name)
        return from_tables(tables)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise _damaged(path, str(error)) from error


def damage(path: Path) -> str | None:
    """What of a file is not as it was written; None: all is. Reads the whole file.

    Raises:
        DamagedIndexError: It cannot be opened.
    """
    open_segment(path)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for name, place in _directory(mapped).items():
        if _digest(_table(mapped, *place[:3])) != place[3]:
            return name
    return None


def _damaged(path: Path, what: str) -> DamagedIndexError:
    return DamagedIndexError(f"索引文件 {path} 已损坏（{what}）；会重新生成")


# Reading


def _directory(mapped: mmap.mmap) -> dict[str, tuple[int, str, int, str]]:
    """By name where each table begins, of what it is, how many, and its digest."""
    begin, length, digest, magic = _END.unpack_from(mapped, max(len(mapped) - _END.size, 0))
    told = mapped[begin : begin + length]
    if magic != _MAGIC or blake2b(told, digest_size=32).digest() != digest:
        raise ValueError("directory")
    found: dict[str, tuple[int, str, int, str]] = json.loads(told)
    return found


def _table(mapped: mmap.mmap, begin: int, kind: str, count: int) -> Table:
    return np.frombuffer(mapped, dtype=np.dtype(kind), count=count, offset=begin)


def _digest(table: Table) -> str:
    return blake2b(table.view(np.uint8).data, digest_size=16).hexdigest()


# Writing


class _Tables:
    """Tables that grow side by side, each in a file of its own until all are there."""

    def __init__(self, folder: Path, closing: ExitStack) -> None:
        self._folder = folder
        self._closing = closing
        self._files: dict[str, IO[bytes]] = {}
        self._kinds: dict[str, str] = {}
        self._digests: dict[str, Any] = {}

    def append(self, name: str, table: Table) -> None:
        """Behind what a table has."""
        if name not in self._files:
            file = TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._files[name] = self._closing.enter_context(file)
            self._kinds[name] = table.dtype.str
            self._digests[name] = blake2b(digest_size=16)
        own = np.ascontiguousarray(table).view(np.uint8).data
        self._files[name].write(own)
        self._digests[name].update(own)

    def write(self, to: IO[bytes]) -> None:
        to.write(_MAGIC)
        directory = {}
        for name, file in self._files.items():
            to.write(bytes(-to.tell() % _ALIGNED))
            begin, size = to.tell(), file.tell()
            file.seek(0)
            shutil.copyfileobj(file, to, _AT_ONCE)
            count = size // np.dtype(self._kinds[name]).itemsize
            directory[name] = begin, self._kinds[name], count, self._digests[name].hexdigest()
        told = json.dumps(directory).encode()
        begin = to.tell()
        to.write(told)
        to.write(_END.pack(begin, len(told), blake2b(told, digest_size=32).digest(), _MAGIC))


def _write(
    segments: Sequence[Segment], kept: Set[int] | None, path: Path, words: Words | None = None
) -> None:
    with ExitStack() as closing:
        tables = _Tables(path.parent, closing)
        merge_tables(segments, kept, tables.append, words)
        with _replacing(path) as file:
            tables.write(file)


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A private file that takes its place when all is written."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            yield cast(IO[bytes], file)
            file.flush()
            os.fsync(file.fileno())
            _put(Path(file.name), path)
        finally:
            Path(file.name).unlink(missing_ok=True)


def _put(beside: Path, path: Path) -> None:
    """Put a file in its place, to stay there after a power cut."""
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
