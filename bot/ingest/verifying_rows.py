"""Stored rows against the stored bytes of the tables they were read from.

A table is read once, whatever number of companies it holds. A row is proven where one of the
sources of its version says it to the letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import one_line
from bot.reading.apart import Job, Read, read_apart
from bot.reading.tables import Row, by_company
from bot.record import Question
from bot.store import RowsOf, Source, Store, Stored

_Said = tuple[object, ...]


@dataclass
class RowsChecked:
    """What the sources of a record's rows said."""

    proven: set[int] = field(default_factory=set)  # numbers of questions
    unproven: dict[int, str] = field(default_factory=dict)  # number → what differs
    faults: list[str] = field(default_factory=list)  # of sources; Chinese


def verify_rows(store: Store, wanted: Sequence[Stored]) -> Mapping[str, RowsChecked]:
    """Read the tables again; what became of each record, by its id."""
    found = {item.record.id: RowsChecked() for item in wanted}
    sources: dict[str, tuple[Source, list[str]]] = {}
    for item in wanted:
        for source in item.sources:
            key = f"{source.sha256}{sorted(source.given.items())}"
            sources.setdefault(key, (source, []))[1].append(item.record.id)
    for source, record_ids in sources.values():
        _read_again(store, source, record_ids, found)
    return found


def _read_again(
    store: Store, source: Source, record_ids: Sequence[str], found: Mapping[str, RowsChecked]
) -> None:
    with TemporaryDirectory(prefix="irbot-verify-") as folder:
        path = Path(folder) / f"source{Path(source.file).suffix}"
        fault = ""
        if not store.save_content(source.sha256, path):
            fault = f"{one_line(source.file)} 的源文件没有保存或已被改动"
        else:
            job = Job(source.file, given=source.given, path=str(path))
            for read in read_apart([job]):
                fault = _compare(store, source, read, set(record_ids), found)
    if fault:
        for record_id in record_ids:
            found[record_id].faults.append(fault)


def _compare(
    store: Store,
    source: Source,
    read: Read,
    record_ids: set[str],
    found: Mapping[str, RowsChecked],
) -> str:
    """Prove what the source says; returns why it cannot be read. Chinese."""
    if read.table is None:
        return f"今天的读取程序拒收源文件：{read.reason}"
    left = set(record_ids)
    for code, rows in by_company(read.table.folder):
        for record_id in [item for item in left if item.startswith(f"{code}/")]:
            left.discard(record_id)
            _prove(store.rows_of(record_id), source, rows, found[record_id])
    for record_id in left:
        _prove(store.rows_of(record_id), source, (), found[record_id])
    return ""


def _prove(
    versions: Sequence[RowsOf], source: Source, rows: Sequence[Row], checked: RowsChecked
) -> None:
    """Take the rows that this source proves; note what no source of their version says."""
    said = {_row_words(row) for row in rows}
    answers = {row.question: row.answer for row in rows}
    for version in versions:
        if source.sha256 not in version.sources:
            continue
        for question in version.questions:
            number = question.number
            if _words(question) in said:
                checked.unproven.pop(number, None)
                checked.proven.add(number)
            elif number not in checked.proven:
                checked.unproven[number] = _differing(question, answers)


def _words(question: Question) -> _Said:
    return (
        question.kind,
        question.question,
        question.answer,
        question.asked_at,
        question.answered_at,
        question.dated_by,
        question.link,
    )


def _row_words(row: Row) -> _Said:
    return (
        row.kind,
        row.question,
        row.answer,
        row.asked_at,
        row.answered_at,
        row.dated_by,
        row.link,
    )


def _differing(question: Question, answers: Mapping[str, str]) -> str:
    """What the source says in its place, in Chinese."""
    where = f"第{question.number}问"
    if question.question not in answers:
        return f"{where} 提问与源文件不一致，源文件中没有：“{_begin(question.question)}”"
    answer = answers[question.question]
    if answer != question.answer:
        same = next(
            (at for at, (a, b) in enumerate(zip(question.answer, answer, strict=False)) if a != b),
            min(len(question.answer), len(answer)),
        )
        begin = max(0, same - 8)
        mine, theirs = (_begin(text[begin:]) for text in (question.answer, answer))
        return f"{where} 答复与源文件不一致：库中“{mine}”，今读“{theirs}”"
    return f"{where} 日期、链接或来源与源文件不一致"


def _begin(text: str) -> str:
    return text[:32].replace("\n", "⏎")


def differences(checked: RowsChecked) -> Iterator[str]:
    """What is wrong with a record, in Chinese."""
    yield from dict.fromkeys(checked.faults)
    yield from (checked.unproven[number] for number in sorted(checked.unproven))
