"""The phrasings as a whole: enough of them, unchanged since the split, labelled with real ids."""

from __future__ import annotations

import csv
import hashlib
import os
from pathlib import Path

import pytest

from bot.evaluating import plain_id
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.record import Record
from bot.store import Store
from tests.eval.count import LEAST, main, missing, phrasings
from tests.eval.split import ARCHIVE, FOLDER, read_split
from tests.eval.stores import Library

BOTH = pytest.mark.parametrize("folder", [FOLDER, ARCHIVE], ids=["single", "archive"])


@pytest.fixture(scope="module")
def archive_records(tmp_path_factory) -> tuple[Record, ...]:
    """The records of the labelled companies, IR_TEST_RECORDS and `archive` beside it."""
    folder = _records_folder()
    archive = folder.parent / "archive"
    if not archive.is_dir():
        pytest.skip(f"{archive} is missing: archive labels are not compared with the records")
    companies = [archive / path.stem for path in sorted(ARCHIVE.glob("*.tsv"))]
    folders = [path for path in (*companies, archive / "other", folder) if path.is_dir()]
    outcomes = import_files(
        Store(tmp_path_factory.mktemp("archive") / "probe.db"),
        files_in(folders),
        Options(dry_run=True, accept_warnings=True),
    )
    return tuple(record for outcome in outcomes for record in outcome.records)


@BOTH
def test_there_are_as_many_as_agreed(folder):
    assert missing(phrasings(folder), LEAST[folder]) == []


def test_the_count_fails_where_something_is_missing(capsys, monkeypatch):
    few = {code: queries[:59] for code, queries in phrasings(FOLDER).items()}
    monkeypatch.setattr("tests.eval.count.phrasings", lambda folder: few)
    assert main([]) == 1
    complaints = capsys.readouterr().err
    assert "too few: eval: in: " in complaints
    assert "too few: archive: narrative: 0 of " in complaints
    assert "too few: eval: 300253: 59 of 60" in complaints


@BOTH
def test_every_file_is_the_one_that_was_split(folder):
    split = read_split(folder)
    assert split.changed(folder) == []
    assert set(split.fit).isdisjoint(split.judge)


def test_a_changed_file_is_noticed(tmp_path):
    for path in FOLDER.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "300253.tsv").open("a", encoding="utf-8") as file:
        file.write("in\tkeyword\t可转债\t300253/2025-002#24\t\n")
    assert read_split(tmp_path).changed(tmp_path) == ["300253.tsv"]


@BOTH
def test_no_phrasing_stands_twice_for_a_company(folder):
    for code, queries in phrasings(folder).items():
        texts = [query.text for query in queries]
        assert len(set(texts)) == len(texts), code


def test_a_company_is_in_the_same_half_of_both_splits():
    single, archive = read_split(FOLDER), read_split(ARCHIVE)
    assert set(single.fit).isdisjoint(archive.judge)
    assert set(single.judge).isdisjoint(archive.fit)


@pytest.mark.parametrize("path", sorted(ARCHIVE.glob("*.tsv")), ids=lambda path: path.stem)
def test_an_archive_line_says_what_its_kind_asks_for(path):
    for line in _lines(path):
        groups = line["accept"].split(",") if line["accept"] else []
        assert bool(groups) == (line["kind"] == "in"), line
        assert (len(groups) > 1) <= (line["style"] == "multi"), line
        assert all(group.split() for group in groups), line
        assert bool(line["note"]) == (line["kind"] == "narrative"), line


@pytest.mark.trial  # it reads every record of eight companies
def test_every_accepted_id_is_a_question_of_a_record(tmp_path):
    folder = _records_folder()
    library = Library(folder, tmp_path)
    for path in sorted(FOLDER.glob("*.tsv")):
        company = library.company(path)
        named = {id_ for query in company.queries for id_ in query.accept}
        stored = {plain_id(id_) for id_, _ in company.rows(with_answer=False)}
        strange = named - stored
        assert strange == set(), path.name


@pytest.mark.trial  # it reads every record of the archive
def test_every_accepted_id_of_the_archive_is_a_question_of_a_record(archive_records):
    stored = {
        plain_id(f"{record.id}#{question.number}")
        for record in archive_records
        for question in record.questions
    }
    for code, queries in phrasings(ARCHIVE).items():
        assert {id_ for query in queries for id_ in query.accept} - stored == set(), code


@pytest.mark.trial  # it reads every record of the archive
def test_every_narrative_line_names_a_paragraph_of_a_record(archive_records):
    paragraphs = {
        (plain_id(record.id), _bare(paragraph))
        for record in archive_records
        for narrative in record.narrative
        for paragraph in narrative.text.split("\n")
    }
    for path in sorted(ARCHIVE.glob("*.tsv")):
        for place in " ".join(line["note"] for line in _lines(path)).split():
            record, _, begin = place.partition("~")
            length, _, digest = begin.partition(":")
            assert any(
                id_ == plain_id(record) and _digest(text[: int(length)]) == digest
                for id_, text in paragraphs
            ), f"{path.name}: {place}"


def _records_folder() -> Path:
    folder = os.environ.get("IR_TEST_RECORDS")
    if not folder or not Path(folder).is_dir():
        pytest.skip("IR_TEST_RECORDS is not set: labels are not compared with the records")
    return Path(folder)


def _lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:10]


def _bare(text: str) -> str:
    return "".join(text.split())
