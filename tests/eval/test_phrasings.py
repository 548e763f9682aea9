"""The phrasings as a whole: enough of them, unchanged since the split, labelled with real ids."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.evaluating import plain_id
from tests.bench.sets import Library
from tests.eval.count import main, missing, phrasings
from tests.eval.split import FOLDER, read_split


def test_there_are_as_many_as_agreed():
    assert missing(phrasings()) == []


def test_the_count_fails_where_something_is_missing(capsys, monkeypatch):
    few = {code: queries[:59] for code, queries in phrasings().items()}
    monkeypatch.setattr("tests.eval.count.phrasings", lambda: few)
    assert main([]) == 1
    complaints = capsys.readouterr().err
    assert "too few: in scope: " in complaints
    assert "too few: 300253: 59 of 60" in complaints


def test_every_file_is_the_one_that_was_split():
    split = read_split()
    assert split.changed() == []
    assert set(split.fit).isdisjoint(split.judge)


def test_a_changed_file_is_noticed(tmp_path):
    for path in FOLDER.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "300253.tsv").open("a", encoding="utf-8") as file:
        file.write("in\tkeyword\t可转债\t300253/2025-002#24\t\n")
    assert read_split(tmp_path).changed(tmp_path) == ["300253.tsv"]


def test_no_phrasing_stands_twice_for_a_company():
    for code, queries in phrasings().items():
        texts = [query.text for query in queries]
        assert len(set(texts)) == len(texts), code


def test_every_accepted_id_is_a_question_of_a_record(tmp_path):
    folder = os.environ.get("IR_TEST_RECORDS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("IR_TEST_RECORDS is not set: labels are not compared with the records")
    library = Library(Path(folder), tmp_path)
    for path in sorted(FOLDER.glob("*.tsv")):
        company = library.company(path)
        named = {id_ for query in company.queries for id_ in query.accept}
        stored = {plain_id(id_) for id_, _ in company.rows(with_answer=False)}
        strange = named - stored
        assert strange == set(), path.name
