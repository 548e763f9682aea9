"""Files and folders → the store, one record a transaction, with a report for every file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.errors import BotError, IdentityError, NotFoundError, ReadingError
from bot.reading import UnknownKindError, changed_words, read_records
from bot.record import Reading, Record
from bot.store import Status, Store

LARGEST = 200 * 1024 * 1024  # bytes
_WORTH_A_PROCESS = 300_000  # bytes of files; starting processes for less takes longer than reading


@dataclass(frozen=True)
class Options:
    """What a person decided for this import."""

    given: Mapping[str, str] = field(default_factory=dict)  # --set field=value
    published_at: datetime | None = None
    accept_warnings: bool = False
    replace_words: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: str
    status: Status | Literal["refused", "skipped"]
    records: tuple[Record, ...] = ()  # under the ids they are stored with
    readings: tuple[Reading, ...] = ()
    reason: str = ""  # Chinese; why it was refused or skipped
    changes: tuple[str, ...] = ()  # Chinese; what a replacement changes in the stored records


@dataclass(frozen=True)
class _Read:
    file: str
    content: bytes = b""
    readings: tuple[Reading, ...] = ()
    failed: Literal["refused", "skipped"] | None = None
    reason: str = ""


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files meant: those named, and those in the named folders, in order of their names.

    Raises:
        BotError: A path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(
                file
                for file in path.rglob("*")
                if file.is_file()
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
            )
        elif path.exists():
            found.append(path)
        else:
            raise BotError(f"没有这个文件或文件夹：{path}")
    return list(dict.fromkeys(found))


def import_files(
    store: Store, files: Sequence[Path], options: Options, named: frozenset[Path] = frozenset()
) -> Iterator[Outcome]:
    """Read and store the files one after the other; each outcome as it is reached.

    Args:
        store: Where they go.
        files: From `files_in`.
        options: For all of them.
        named: Files that a person named: of an unknown kind they are refused, not skipped.
    """
    for read in _read_all(files, options):
        if read.failed == "skipped" and Path(read.file) in named:
            yield Outcome(read.file, "refused", reason=read.reason)
        elif read.failed:
            yield Outcome(read.file, read.failed, reason=read.reason)
        else:
            yield _store(store, read, options)


def _read_all(files: Sequence[Path], options: Options) -> Iterator[_Read]:
    jobs = [(file, dict(options.given), options.accept_warnings) for file in files]
    sizes = sum(file.stat().st_size for file in files if file.exists())
    if len(files) < 2 or sizes < _WORTH_A_PROCESS:
        yield from map(_read, jobs)
        return
    with ProcessPoolExecutor(max_workers=min(len(files), os.cpu_count() or 1)) as pool:
        yield from pool.map(_read, jobs)


def _read(job: tuple[Path, dict[str, str], bool]) -> _Read:
    """Errors come back as values: they cross a process border."""
    path, given, accept_warnings = job
    file = str(path)
    try:
        if path.stat().st_size > LARGEST:
            return _Read(file, failed="refused", reason=f"{file}：文件超过200MB，未导入")
        content = path.read_bytes()
        readings = read_records(content, file, given, accept_warnings=accept_warnings)
    except UnknownKindError as error:
        return _Read(file, failed="skipped", reason=str(error))
    except ReadingError as error:
        return _Read(file, failed="refused", reason=str(error))
    except OSError as error:
        return _Read(file, failed="refused", reason=f"{file}：无法读取（{error.strerror}）")
    return _Read(file, content, readings)


def _store(store: Store, read: _Read, options: Options) -> Outcome:
    try:
        # A file is stored whole or not at all: first try every record of it.
        stored = [_add(store, read, reading, options, True) for reading in read.readings]
        if not options.dry_run:
            told = [lines for _, _, lines in stored]  # later there is nothing to compare with
            added = [_add(store, read, reading, options, False) for reading in read.readings]
            stored = [(*done[:2], lines) for done, lines in zip(added, told, strict=True)]
    except IdentityError as error:
        return Outcome(read.file, "refused", (), read.readings, str(error))
    statuses = {status for status, _, _ in stored}
    order: tuple[Status, ...] = ("replaced", "imported", "unchanged")
    status = next(status for status in order if status in statuses)
    records = tuple(record for _, record, _ in stored)
    changes = tuple(line for _, _, lines in stored for line in lines)
    return Outcome(read.file, status, records, read.readings, changes=changes)


def _add(
    store: Store, read: _Read, reading: Reading, options: Options, dry_run: bool
) -> tuple[Status, Record, tuple[str, ...]]:
    """What happened, the record under its stored id, and what a replacement changes."""
    before = _stored(store, reading.record)
    status, record = store.add(
        reading,
        read.content,
        read.file,
        given=options.given,
        accept_warnings=options.accept_warnings,
        replace_words=options.replace_words,
        published_at=options.published_at,
        dry_run=dry_run,
    )
    changes = changed_words(before, record) if status == "replaced" and before else []
    return status, record, tuple(changes)


def _stored(store: Store, record: Record) -> Record | None:
    try:
        return store.record(record.id).record
    except NotFoundError:
        return None
