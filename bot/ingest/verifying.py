"""Stored text against the stored source bytes: the proof of reading, repeated by today's reader."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.errors import NotFoundError, one_line
from bot.ingest.verifying_rows import RowsChecked, verify_rows
from bot.ingest.verifying_rows import differences as rows_differences
from bot.reading.apart import Job, Read, read_apart
from bot.reading.comparing import Change, changes
from bot.record import Record
from bot.store import Source, Store, Stored, normal_id

_AT_ONCE = os.cpu_count() or 1


@dataclass(frozen=True)
class Stray:
    """A source kept with the version shown that says what an older version says."""

    source: Source
    version: int


@dataclass(frozen=True)
class Checked:
    """What re-reading its sources said of one stored record."""

    record_id: str
    version: int
    questions: int
    differences: tuple[str, ...]  # Chinese; empty: stored as printed
    warnings: tuple[str, ...]  # Chinese; today's reader warns of these, the one of then did not
    reread: Record | None  # what its first source says today; None: it is not read
    sources: tuple[Source, ...]  # those that say so
    strays: tuple[Stray, ...]
    is_refused: bool  # by today's reader
    is_from_table: bool = False  # its rows cannot be read again into the record one by one

    @property
    def todo(self) -> str:
        """The command that helps; Chinese, empty where nothing is wrong."""
        if not self.differences:
            return ""
        if self.is_from_table:
            return "核对原表；以原表为准重新导入：irbot import --replace 文件"
        if self.reread is not None:
            return f"核对原件；以今天读到的为准：irbot import --again {self.record_id}"
        if self.is_refused:
            return (
                f"核对原件；看今天读作什么：irbot import --again {self.record_id} "
                f"--accept-warnings --dry-run；有误又改不了的，先撤下："
                f"irbot withdraw {self.record_id} --reason 原因"
            )
        return "源文件丢失或损坏，重新导入原文件就会补上：irbot import 文件"


def verify_records(
    store: Store, record_id: str | None = None, *, accept_warnings: bool = False
) -> Iterator[Checked]:
    """Read every source of the version shown again and compare.

    Args:
        store: Where it is kept.
        record_id: Only this one.
        accept_warnings: A person has looked: read also what today's reader would refuse.

    Raises:
        NotFoundError: No such record.
    """
    wanted = [store.newest(record_id)] if record_id else store.newest_records()
    tables = [item for item in wanted if item.record.is_from_table]
    wanted = [item for item in wanted if not item.record.is_from_table]
    if accept_warnings:
        wanted = [replace(item, sources=tuple(map(_accepted, item.sources))) for item in wanted]
    sources = [source for stored in wanted for source in stored.sources]
    readings = read_apart((_job(store, source) for source in sources), min(len(sources), _AT_ONCE))
    for stored in wanted:
        yield _checked(store, stored, [next(readings) for _ in stored.sources])
    rows = verify_rows(store, tables) if tables else {}
    for stored in tables:
        yield _rows_checked(stored, rows[stored.record.id])


def _rows_checked(stored: Stored, rows: RowsChecked) -> Checked:
    found = [*rows_differences(rows)] if stored.sources else ["没有保存源文件"]
    record = stored.record
    return Checked(
        record.id,
        stored.version,
        len(record.questions),
        tuple(found),
        (),
        None,
        stored.sources,
        (),
        is_refused=False,
        is_from_table=True,
    )


def _accepted(source: Source) -> Source:
    return replace(source, accept_warnings=True)


def _job(store: Store, source: Source) -> Job:
    try:
        content = store.content(source.sha256)
    except NotFoundError:
        content = b""  # `_lost` says so
    return Job(source.file, content, source.given, source.accept_warnings)


def _checked(store: Store, stored: Stored, reads: list[Read]) -> Checked:
    """The first source word for word; a copy in another form by its words alone."""
    found = [] if stored.sources else ["没有保存源文件"]
    reread: Record | None = None
    alike: list[Source] = []
    strays: list[Stray] = []
    is_refused = False
    for source, read in zip(stored.sources, reads, strict=True):
        is_first = source is stored.sources[0]
        said = _said(stored.record, read, exact=is_first)
        fault = _lost(store, source)
        if read.failed and not fault:
            fault = f"今天的读取程序拒收源文件：{read.reason}"
            is_refused |= is_first
        fault = fault or ("" if said else f"{one_line(source.file)} 中不再读到这份记录")
        if fault or said is None:
            found.append(fault)
            continue
        if is_first:
            reread = said
        if reread and said.words_hash() == reread.words_hash():
            alike.append(source)
        differing = changes(stored.record, said, exact=is_first)
        if differing and (older := _older(store, stored, said)) and not is_first:
            strays.append(Stray(source, older))
            found.append(
                f"{one_line(source.file)} 的文字是第{older}版的，不是现行第{stored.version}版的"
            )
        else:
            found += map(_line, differing)
    record = stored.record
    return Checked(
        record.id,
        stored.version,
        len(record.questions),
        tuple(dict.fromkeys(found)),
        tuple(item for item in reread.warnings if item not in record.warnings) if reread else (),
        reread,
        tuple(alike),
        tuple(strays),
        is_refused,
    )


def _lost(store: Store, source: Source) -> str:
    """Whether the source's bytes are not what was imported."""
    try:
        content = store.content(source.sha256)
    except NotFoundError:
        return f"{one_line(source.file)} 的源文件没有保存"
    if hashlib.sha256(content).hexdigest() != source.sha256:
        return f"{one_line(source.file)} 保存的源文件已被改动"
    return ""


def _said(stored: Record, read: Read, *, exact: bool) -> Record | None:
    """The record as the source says it today."""
    readings = [item.record for item in read.readings]
    if len(readings) > 1:  # of a single one even the id may be read otherwise
        readings = [item for item in readings if _same_event(stored, item)]
    return min(readings, key=lambda record: len(changes(stored, record, exact=exact)), default=None)


def _same_event(stored: Record, reread: Record) -> bool:
    # The number is ours where two unnumbered records share a day, so ids do not decide.
    one, other = (
        normal_id(record.id) if record.record_no else f"{record.company_code}/{record.event_date}"
        for record in (stored, reread)
    )
    return one == other


def _older(store: Store, stored: Stored, said: Record) -> int | None:
    """The newest older version with just these words."""
    words = said.words_hash()
    for number in range(stored.version - 1, 0, -1):
        if store.version(stored.record.id, number).words_hash() == words:
            return number
    return None


def _line(change: Change) -> str:
    """Both readings side by side."""
    if change.one is None or change.other is None:
        where = "源文件" if change.one is None else "库"
        return f"{change.where} 只在{where}中有：“{change.one or change.other}”"
    return f"{change.where} 与源文件不一致：库中“{change.one}”，今读“{change.other}”"
