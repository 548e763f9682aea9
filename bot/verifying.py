"""Stored text against the stored source bytes: the proof of reading, repeated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from bot.errors import NotFoundError
from bot.reading import differences
from bot.reading.apart import Job, Read, read_apart
from bot.record import Record
from bot.store import Source, Store, Stored, normal_id

_AT_ONCE = os.cpu_count() or 1


@dataclass(frozen=True)
class Checked:
    """What re-reading its sources said of one stored record."""

    record_id: str
    questions: int
    differences: tuple[str, ...]  # Chinese; empty: stored as printed


def verify_records(store: Store, record_id: str | None = None) -> Iterator[Checked]:
    """Read every source of the current version again and compare.

    Raises:
        NotFoundError: No such record.
    """
    wanted = [store.record(record_id)] if record_id else store.records()
    sources = [source for stored in wanted for source in stored.sources]
    readings = read_apart((_job(store, source) for source in sources), min(len(sources), _AT_ONCE))
    for stored in wanted:
        found = [
            line
            for at, source in enumerate(stored.sources)
            for line in _compared(store, stored, source, next(readings), exact=at == 0)
        ] or ([] if stored.sources else ["没有保存源文件"])
        record = stored.record
        yield Checked(record.id, len(record.questions), tuple(dict.fromkeys(found)))


def _job(store: Store, source: Source) -> Job:
    try:
        content = store.content(source.sha256)
    except NotFoundError:
        content = b""  # `_compared` says so
    return Job(source.file, content, source.given, source.accept_warnings)


def _compared(
    store: Store, stored: Stored, source: Source, read: Read, *, exact: bool
) -> list[str]:
    """The first source word for word; a copy in another form by its words alone."""
    try:
        content = store.content(source.sha256)
    except NotFoundError:
        return [f"{source.file} 的源文件没有保存"]
    if hashlib.sha256(content).hexdigest() != source.sha256:
        return [f"{source.file} 保存的源文件已被改动"]
    if read.failed:
        return [read.reason]
    candidates = [
        differences(stored.record, reading.record, exact=exact)
        for reading in read.readings
        if _same_event(stored.record, reading.record)
    ]
    return min(candidates, key=len, default=[f"{source.file} 中不再读到这份记录"])


def _same_event(stored: Record, reread: Record) -> bool:
    # The number is ours where two unnumbered records share a day, so ids do not decide.
    one, other = (
        normal_id(record.id) if record.record_no else f"{record.company_code}/{record.event_date}"
        for record in (stored, reread)
    )
    return one == other
