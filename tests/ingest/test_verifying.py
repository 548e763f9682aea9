"""`verify` catches what is done to stored words behind the store's back."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ingest.importing import Options, import_files
from bot.ingest.verifying import verify_records
from bot.store import Store
from tests.conftest import SAMPLE

MADE_UP = Path(__file__).parents[1] / "records/made_up"
DOCUMENTS = [
    SAMPLE,
    MADE_UP / "layout_b_numbered_with_da.txt",
    MADE_UP / "layout_h_mixed_number_styles.txt",
    MADE_UP / "pdf_ruled_table.pdf",
]
CUT = 20
COMPOUND = ("300253/2025-002", 24)  # has a label, parts and neighbours
# The border between a question and its answer, and that to the next question.
TO_ANSWER, TO_QUESTION, TO_NEXT, FROM_NEXT = "to answer", "to question", "to next", "from next"


@pytest.fixture(scope="module")
def db(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("store") / "irbot.db"
    outcomes = list(import_files(Store(path), DOCUMENTS, Options()))
    assert [outcome.status for outcome in outcomes] == ["imported"] * len(DOCUMENTS)
    return path


def found(db: Path, record_id: str) -> list[str]:
    """What `irbot verify ID` would print."""
    return [
        line for checked in verify_records(Store(db), record_id) for line in checked.differences
    ]


def changed(db: Path, record_id: str, change: Callable[[sqlite3.Connection], object]) -> list[str]:
    """What verify finds in a copy of the file after a change to it."""
    with TemporaryDirectory(dir=db.parent) as folder:
        copy = Path(folder) / "irbot.db"
        with closing(sqlite3.connect(db)) as whole, closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            whole.backup(connection)
            change(connection)
            connection.commit()
        return found(copy, record_id)


def executed_for_each(statement: str, rows: list[Any], connection: sqlite3.Connection) -> None:
    connection.executemany(statement, rows)


def stored_questions(db: Path) -> list[tuple[str, int, int, str, str]]:
    """Record id, row id, number, question and answer of everything stored."""
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(
            "SELECT v.record_id, q.id, q.number, q.question, q.answer FROM questions q "
            "JOIN versions v ON v.id = q.version_id ORDER BY q.id"
        ).fetchall()


def test_what_was_imported_is_proven(db):
    checked = list(verify_records(Store(db)))
    assert len(checked) == len(DOCUMENTS)
    assert [item.differences for item in checked] == [()] * len(DOCUMENTS)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_twenty_characters_cut_out_of_an_answer_are_missed(db, data):
    long = [row for row in stored_questions(db) if len(row[4]) > CUT]
    record_id, row, number, _, answer = data.draw(st.sampled_from(long))
    start = data.draw(st.integers(0, len(answer) - CUT))
    assert_cut_is_caught(db, record_id, row, number, answer, start)


@pytest.mark.trial
def test_any_twenty_characters_cut_out_of_an_answer_are_missed(db):
    for record_id, row, number, _, answer in stored_questions(db):
        for start in range(max(0, len(answer) - CUT) + 1):
            assert_cut_is_caught(db, record_id, row, number, answer, start)


def assert_cut_is_caught(db, record_id, row, number, answer, start):
    shorter = answer[:start] + answer[start + CUT :]
    lines = changed(
        db,
        record_id,
        lambda c: c.execute("UPDATE questions SET answer=? WHERE id=?", (shorter, row)),
    )
    assert any(f"第{number}问" in line for line in lines), lines


def borders_moved(db: Path) -> Iterator[tuple[str, str, list[tuple[str, str, int]]]]:
    """Every border of every question moved by a sentence or, failing that, by a character."""
    rows = stored_questions(db)
    for at, (record_id, row, number, question, answer) in enumerate(rows):
        head, tail = last_sentence(question)
        yield record_id, f"{number} {TO_ANSWER}", [(head, tail + answer, row)]
        first, rest = first_sentence(answer)
        yield record_id, f"{number} {TO_QUESTION}", [(question + first, rest, row)]
        if at + 1 < len(rows) and rows[at + 1][0] == record_id:
            _, after, _, next_question, next_answer = rows[at + 1]
            head, tail = last_sentence(answer)
            yield (
                record_id,
                f"{number} {TO_NEXT}",
                [(question, head, row), (tail + next_question, next_answer, after)],
            )
            first, rest = first_sentence(next_question)
            yield (
                record_id,
                f"{number} {FROM_NEXT}",
                [(question, answer + first, row), (rest, next_answer, after)],
            )


def last_sentence(text: str) -> tuple[str, str]:
    pieces = re.findall(r"[^。！？?]+[。！？?]*|[。！？?]+", text)
    cut = len(pieces[-1]) if len(pieces) > 1 else 1
    return text[:-cut], text[-cut:]


def first_sentence(text: str) -> tuple[str, str]:
    pieces = re.findall(r"[^。！？?]+[。！？?]*|[。！？?]+", text)
    cut = len(pieces[0]) if len(pieces) > 1 else 1
    return text[:cut], text[cut:]


WAYS = (TO_ANSWER, TO_QUESTION, TO_NEXT, FROM_NEXT)


@pytest.mark.parametrize(
    ("way", "every"),
    [
        *((way, 12) for way in WAYS),  # of each document some
        *(pytest.param(way, 1, marks=pytest.mark.trial) for way in WAYS),
    ],
)
def test_a_border_of_a_question_moved_by_a_sentence_is_seen(db, way, every):
    moved = [item for item in borders_moved(db) if item[1].endswith(way)]
    assert len(moved) > 40
    for record_id, which, rows in moved[WAYS.index(way) :: every]:
        lines = changed(
            db,
            record_id,
            partial(
                executed_for_each, "UPDATE questions SET question=?, answer=? WHERE id=?", rows
            ),
        )
        assert any(f"第{which.split()[0]}问" in line for line in lines), (record_id, which)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM questions WHERE id={row}",
        "UPDATE questions SET printed_label='9、' WHERE id={row}",
        "UPDATE questions SET printed_number=9 WHERE id={row}",
        "UPDATE questions SET number=99 WHERE id={row}",
        "UPDATE questions SET position=99 WHERE id={row}",
        "UPDATE questions SET kind='platform' WHERE id={row}",
        "UPDATE parts SET answer_end=answer_end-1 WHERE question_id={row} AND number=2",
        "UPDATE parts SET question_start=question_start+1 WHERE question_id={row} AND number=2",
        "DELETE FROM parts WHERE question_id={row}",
        "UPDATE questions SET answer=(SELECT answer FROM questions WHERE number=1) WHERE id={row}",
        "UPDATE questions SET answer=replace(answer, '您好', '你好') WHERE id={row}",
        "UPDATE questions SET answer=answer||' ' WHERE id={row}",
    ],
)
def test_a_row_of_a_question_changed_is_seen(db, statement):
    (row,) = [
        row for record, row, number, *_ in stored_questions(db) if (record, number) == COMPOUND
    ]

    def change(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute(statement.format(row=row)).rowcount > 0

    assert changed(db, COMPOUND[0], change)


def test_every_word_of_the_header_changed_is_seen(db):
    record_id = "300253/2025-002"
    with closing(sqlite3.connect(db)) as connection:
        ((header,),) = connection.execute(
            "SELECT header FROM versions WHERE record_id=?", (record_id,)
        ).fetchall()
    fields = json.loads(header)
    unseen = []
    for name in ("title", "place", "attachments", "form_dates", "activities", "links", "hosts"):
        assert name in fields
        value = json.dumps(fields[name], ensure_ascii=False)
        letters = [at for at, char in enumerate(value) if char not in '[]{}", :']
        other = value[: letters[-1]] + "9" + value[letters[-1] + 1 :]
        tampered = json.dumps({**fields, name: json.loads(other)}, ensure_ascii=False)
        if not changed(
            db,
            record_id,
            partial(
                executed_for_each,
                "UPDATE versions SET header=? WHERE record_id=?",
                [(tampered, record_id)],
            ),
        ):
            unseen.append(name)
    assert unseen == []


def test_words_and_source_changed_alike_are_seen(db):
    """The stored bytes are named by their hash, so a matching forgery does not pass."""
    record_id = "399102/2025-2"

    def forge(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE questions SET answer=replace(answer,'3.20','9.99')")
        connection.execute(
            "UPDATE sources SET content=cast(replace(cast(content AS TEXT),'3.20','9.99') AS BLOB) "
            "WHERE cast(content AS TEXT) LIKE '%蓝杉样本%'"
        )

    assert changed(db, record_id, forge)


def test_a_source_that_is_gone_is_seen(db):
    record_id = "399102/2025-2"

    def drop(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM sources")

    assert changed(db, record_id, drop)
