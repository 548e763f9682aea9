"""Files and folders → the store, one transaction a file, with a report for every file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.config import CHINA
from bot.errors import BotError, IdentityError, Problem, ReadingError, one_line
from bot.reading.apart import Job, Read, read_apart
from bot.reading.tables import Table
from bot.record import Reading, Record
from bot.store import Added, AddedTable, Status, Store

_WORTH_A_PROCESS = 300_000  # bytes of files from which a second process is worth its start


@dataclass(frozen=True)
class Options:
    """What a person decided for this import."""

    given: Mapping[str, str] = field(default_factory=dict)  # --set field=value
    published_at: datetime | None = None
    accept_warnings: bool = False
    replace_words: bool = False
    dry_run: bool = False
    is_draft: bool = False  # not public until somebody says when
    who: str = ""  # who imports
    now: datetime | None = None  # the bot's clock; None: the system's


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    file: str
    status: Status | Literal["refused", "skipped"]
    records: tuple[Record, ...] = ()  # under the ids they are stored with
    readings: tuple[Reading, ...] = ()
    reason: str = ""  # Chinese; why it was refused or skipped
    added: tuple[Added, ...] = ()  # what became of each record
    rows: ImportedRows | None = None  # of a table, which has no readings


@dataclass(frozen=True)
class ImportedRows:
    """What became of a table's rows."""

    table: Table
    added: AddedTable

    @property
    def refused(self) -> list[tuple[int, str]]:
        """Row and why, in Chinese, in the file's order; the first ones."""
        return sorted((*self.table.refused, *self.added.refused))

    @property
    def refused_count(self) -> int:
        return self.table.refused_count + len(self.added.refused)


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files meant: those named, and those in the named folders, in order of their names.

    What is no file or cannot be opened is among them: reading it says so. Hidden ones are not.

    Raises:
        BotError: A path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - its method raises on names that are too long
            found += sorted(_walked(path))
            continue
        try:
            path.lstat()
        except FileNotFoundError as error:
            raise BotError(f"没有这个文件或文件夹：{one_line(str(path))}") from error
        except OSError:
            pass
        found.append(path)
    return list(dict.fromkeys(found))


def _walked(folder: Path) -> Iterator[Path]:
    """All in the folder and its folders that is no folder; a folder that cannot be opened, too."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place) / name for name in files if not name.startswith("."))
    yield from (Path(error.filename) for error in closed)


def import_files(
    store: Store, files: Sequence[Path], options: Options, named: frozenset[Path] = frozenset()
) -> Iterator[Outcome]:
    """Read and store the files one after the other; each outcome as it is reached.

    Args:
        store: Where they go.
        files: From `files_in`.
        options: For all of them. A dry run works on a copy of the store: it says what a run would.
        named: Files that a person named: of an unknown kind they are refused, not skipped.
    """
    if options.dry_run:
        with store.database.copied() as path:
            yield from import_files(Store(path), files, replace(options, dry_run=False), named)
        return
    for read in _read_all(files, options):
        if read.failed == "skipped" and Path(read.file) in named:
            yield Outcome(read.file, "refused", reason=read.reason)
        elif read.failed:
            yield Outcome(read.file, read.failed, reason=read.reason)
        elif read.table:
            yield _store_rows(store, read.file, read.table, options)
        else:
            yield _store(store, read, options)


def import_content(
    store: Store,
    file: str,
    content: bytes,
    options: Options,
    then: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Read and store bytes that lie in no folder.

    Args:
        store: Where they go.
        file: What they are called.
        content: The bytes.
        options: As for `import_files`.
        then: Called in the transaction that stores them; not in a dry run, nor where they are
            refused.
    """
    job = Job(file, content, options.given, options.accept_warnings)
    (read,) = read_apart([job])
    if read.failed:
        return Outcome(file, "refused", reason=read.reason)
    read = replace(read, content=content)
    if options.dry_run:
        with store.database.copied() as path:
            return _store(Store(path), read, options)
    with store.database.transaction():
        outcome = _store(store, read, options)
        if outcome.status != "refused":
            then(outcome)
    return outcome


def _read_all(files: Sequence[Path], options: Options) -> Iterator[Read]:
    jobs = (
        Job(str(file), given=options.given, accept_warnings=options.accept_warnings)
        for file in files
    )
    return read_apart(jobs, min(len(files), os.cpu_count() or 1) if _are_much(files) else 1)


def _are_much(files: Sequence[Path]) -> bool:
    sizes = 0
    for file in files:
        with suppress(OSError):  # it says so when it is read
            sizes += file.stat().st_size
    return sizes >= _WORTH_A_PROCESS


def _store(store: Store, read: Read, options: Options) -> Outcome:
    try:
        _check_publication(read, options)
        added = store.add(
            read.readings,
            read.content,
            read.file,
            given=options.given,
            accept_warnings=options.accept_warnings,
            replace_words=options.replace_words,
            published_at=options.published_at,
            is_draft=options.is_draft,
            who=options.who,
            now=options.now,
        )
    except (IdentityError, ReadingError) as error:
        return Outcome(read.file, "refused", (), read.readings, str(error))
    statuses = {item.status for item in added}
    order: tuple[Status, ...] = ("replaced", "imported", "unchanged")
    return Outcome(
        read.file,
        next(status for status in order if status in statuses),
        tuple(item.record for item in added),
        read.readings,
        added=tuple(added),
    )


def _store_rows(store: Store, file: str, table: Table, options: Options) -> Outcome:
    added = store.add_table(
        table,
        file,
        given=options.given,
        replace_words=options.replace_words,
        published_at=options.published_at,
        is_draft=options.is_draft,
        who=options.who,
        now=options.now,
    )
    rows = ImportedRows(table, added)
    if not added.records and not rows.refused:
        told = f"{one_line(file)}：没有一行有答复（{table.unanswered}行没有答复）"
        return Outcome(file, "skipped", reason=told, rows=rows)
    if not added.records:
        place, why = rows.refused[0]
        told = f"{one_line(file)}：没有一行可以收录（{rows_told(rows)}）"
        told += f"；第{place}行：{one_line(why)}"
        return Outcome(file, "refused", reason=told, rows=rows)
    statuses = {item.status for item in added.records}
    order: tuple[Status, ...] = ("replaced", "imported", "unchanged")
    status: Status = next((status for status in order if status in statuses), "unchanged")
    return Outcome(file, status, rows=rows)


def rows_told(rows: ImportedRows) -> str:
    """`没有答复3行、未收录2行、重复1行`; Chinese, empty where every row is in."""
    counts = (
        ("没有答复", rows.table.unanswered),
        ("未收录", rows.refused_count),
        ("重复", rows.added.twice),
    )
    return "、".join(f"{what}{count}行" for what, count in counts if count)


def _check_publication(read: Read, options: Options) -> None:
    """Nothing was published before it was said.

    Raises:
        ReadingError: It would have been.
    """
    at = options.published_at
    for reading in read.readings if at else ():
        begin = min(dates.start for dates in reading.record.event_dates)
        if at and at.astimezone(CHINA).date() < begin:
            told = f"公布时刻 {at:%Y-%m-%d %H:%M} 早于活动日期 {begin}（{reading.record.id}）"
            raise ReadingError(read.file, (Problem(f"{told}；请改正 --published"),))
