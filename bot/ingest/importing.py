"""Files and folders → the store, one transaction a file, with a report for every file."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

from bot.config import CHINA
from bot.errors import IdentityError, Problem, ReadingError, one_line
from bot.ingest.archives import is_archive, members, unpacked
from bot.ingest.files import written_name
from bot.reading.apart import LARGEST, Job, Read, read_apart
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

    @property
    def is_out(self) -> bool:
        """Whether the file, or a row of it, is not in the store."""
        return self.status == "refused" or bool(self.rows and self.rows.refused_count)


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
    with TemporaryDirectory(prefix="irbot-zip-") as room:
        waiting = deque[_Item]()

        def jobs() -> Iterator[Job]:
            for item in _items(store, files, options, named, Path(room)):
                waiting.append(item)
                if item.job:
                    yield item.job

        for read in read_apart(jobs(), os.cpu_count() or 1 if _are_much(files) else 1):
            yield from _known(waiting)
            item = waiting.popleft()
            yield _outcome(store, read, options, named)
            if item.unpacked:
                item.unpacked.unlink(missing_ok=True)
        yield from _known(waiting)


def how_many(files: Sequence[Path]) -> int:
    """Of how many files `import_files` will tell: an archive is as many as it holds."""
    found = [members(file) for file in files if _is_file(file) and is_archive(file)]
    inside = [len(one) if isinstance(one, list) else 1 for one in found]
    return len(files) - len(inside) + sum(inside)


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
    with closing(read_apart([job])) as reads:  # a table's rows are there until the next is read
        read = next(reads)
        if read.failed:
            return Outcome(file, "refused", reason=read.reason)
        read = replace(read, content=content)
        if options.dry_run:
            with store.database.copied() as path:
                return _content_stored(Store(path), read, options)
        with store.database.transaction():
            outcome = _content_stored(store, read, options)
            if outcome.status != "refused":
                then(outcome)
        return outcome


def _content_stored(store: Store, read: Read, options: Options) -> Outcome:
    """As `_stored`; what holds nothing to store is refused, for a person named it."""
    outcome = _stored(store, read, options)
    return replace(outcome, status="refused") if outcome.status == "skipped" else outcome


# What is to be read


@dataclass(frozen=True)
class _Item:
    """A file to read, or what is known of one without reading it."""

    job: Job | None = None
    known: Outcome | None = None
    unpacked: Path | None = None  # a file of ours with a member of an archive


def _known(waiting: deque[_Item]) -> Iterator[Outcome]:
    while waiting and waiting[0].known:
        yield waiting[0].known
        waiting.popleft()


def _items(
    store: Store, files: Sequence[Path], options: Options, named: frozenset[Path], room: Path
) -> Iterator[_Item]:
    """Every file and every member of an archive, in order.

    Args:
        room: An empty folder for what is unpacked.
    """
    for file in files:
        if file not in named and os.path.islink(file):  # noqa: PTH114 - its method raises
            told = f"{one_line(str(file))}：是符号链接，未跟随；要导入请写出它指向的文件"
            yield _Item(known=Outcome(str(file), "refused", reason=told))
        elif not _is_file(file):
            yield _Item(_job(str(file), options))
        elif is_archive(file):
            yield from _of_archive(store, file, options, room)
        else:
            known = None if file in named else _already(store, str(file), file, options)
            yield known or _Item(_job(str(file), options))


def _of_archive(store: Store, file: Path, options: Options, room: Path) -> Iterator[_Item]:
    found = members(file)
    if not isinstance(found, list) or not found:
        why = found or f"{one_line(str(file))}：压缩包里没有文件"
        yield _Item(known=Outcome(str(file), "refused", reason=str(why)))
        return
    for number, member in enumerate(found):
        suffix = PurePosixPath(member.name).suffix
        to = room / f"{file.stat().st_ino}-{number}{suffix if suffix[1:].isalnum() else ''}"
        if why := unpacked(file, member, to):
            to.unlink(missing_ok=True)
            yield _Item(known=Outcome(member.name, "refused", reason=why))
        elif known := _already(store, member.name, to, options):
            to.unlink(missing_ok=True)
            yield known
        else:
            yield _Item(_job(member.name, options, to), unpacked=to)


def _job(file: str, options: Options, path: Path | None = None) -> Job:
    return Job(
        file,
        given=options.given,
        accept_warnings=options.accept_warnings,
        path=str(path) if path else "",
    )


def _already(store: Store, file: str, path: Path, options: Options) -> _Item | None:
    """What is known of a file whose very bytes are stored, where nothing was decided anew."""
    decided = options.given or options.published_at or options.is_draft or options.accept_warnings
    with suppress(OSError):  # it says so when it is read
        if decided or options.replace_words or path.stat().st_size > LARGEST:
            return None
        if records := store.read_from(path.read_bytes()):
            return _Item(known=Outcome(file, "unchanged", records))
    return None


def _is_file(file: Path) -> bool:
    with suppress(OSError, ValueError):  # it says so when it is read
        return stat.S_ISREG(file.stat().st_mode)
    return False


def _are_much(files: Sequence[Path]) -> bool:
    sizes = 0
    for file in files:
        with suppress(OSError):  # it says so when it is read
            sizes += file.stat().st_size
    return sizes >= _WORTH_A_PROCESS


# What becomes of it


def _outcome(store: Store, read: Read, options: Options, named: frozenset[Path]) -> Outcome:
    if read.failed == "skipped" and Path(read.file) in named:
        return Outcome(read.file, "refused", reason=read.reason)
    if read.failed:
        return Outcome(read.file, read.failed, reason=read.reason)
    return _stored(store, read, options)


def _stored(store: Store, read: Read, options: Options) -> Outcome:
    if read.table:
        return _store_rows(store, read.file, read.table, options)
    return _store(store, read, options)


def _store(store: Store, read: Read, options: Options) -> Outcome:
    try:
        _check_publication(read, options)
        added = store.add(
            read.readings,
            read.content,
            written_name(read.file),
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
        written_name(file),
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
