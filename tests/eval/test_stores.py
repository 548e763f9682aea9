"""The stores of the phrasings, and what is told of the replies: over the sample record."""

from __future__ import annotations

import csv

import pytest

from bot.evaluating import Query, ask_all
from tests.conftest import SAMPLE
from tests.eval.archive_scores import misses, table
from tests.eval.stores import Library

ACCEPTED = "300253/2025-002#24"


@pytest.fixture
def files(tmp_path):
    """A folder of records with nothing but the sample's company beside it, and phrasings."""
    (tmp_path / "records").mkdir()
    later = tmp_path / "archive/other/later.txt"
    later.parent.mkdir(parents=True)
    later.write_text(SAMPLE.read_text(encoding="utf-8").replace("2025-002", "2025-003"), "utf-8")
    (tmp_path / "archive/converted").mkdir()
    (tmp_path / "archive/converted/later.md").write_text("no record, and not looked at", "utf-8")
    phrasings = tmp_path / "300253.tsv"
    phrasings.write_text(f"query\taccept\n可转债\t{ACCEPTED}\n", encoding="utf-8")
    return tmp_path


def library(files):
    return Library(files / "records", files / "stores")


def ids(company):
    return sorted(record.id for record in company.records())


def test_a_store_holds_what_is_labelled_or_every_record_of_the_company(files):
    phrasings = files / "300253.tsv"
    assert ids(library(files).company(phrasings)) == ["300253/2025-002"]
    assert ids(library(files).together([phrasings])) == ["300253/2025-002"]
    assert ids(library(files).archive(phrasings)) == ["300253/2025-002", "300253/2025-003"]


def test_a_store_is_kept_until_a_file_changes(files):
    phrasings = files / "300253.tsv"
    made = library(files).archive(phrasings).db
    stamp = made.stat().st_mtime_ns
    again = library(files)
    assert again.archive(phrasings).db == made
    assert made.stat().st_mtime_ns == stamp
    (files / "archive/other/later.txt").unlink()
    fewer = library(files).archive(phrasings)
    assert fewer.db != made
    assert ids(fewer) == ["300253/2025-002"]


def test_an_accepted_id_that_is_no_stored_question_is_named(files):
    phrasings = files / "300253.tsv"
    assert library(files).archive(phrasings).strange == ()
    phrasings.write_text(
        f"query\taccept\n可转债\t{ACCEPTED} 300253/2025-002#99\n分红\t300253/2024-001#1\n", "utf-8"
    )
    found = library(files).archive(phrasings)
    assert found.strange == ("300253/2024-1#1", "300253/2025-2#99")
    assert found.unread == ("300253/2024-1",)


def test_every_message_gets_a_line_with_its_verdict(responder):
    accept, other = frozenset({"300253/2025-2#24"}), frozenset({"300253/2025-2#1"})
    queries = [
        Query("可转债", accept, "in", "keyword", "300253"),
        Query("可转债", other, "in", "keyword", "300253"),
        Query("可转债", frozenset(), "near", "keyword", "300253"),
        Query("zzzz", accept, "in", "typo", "300253"),
        Query("zzzz", frozenset(), "far", "typo", "300253"),
    ]
    rows = list(ask_all(responder, queries))
    lines = list(csv.DictReader(misses(rows).splitlines(), delimiter="\t"))
    assert [line["verdict"] for line in lines] == ["right", "wrong", "wrong", "lost", "declined"]
    assert (lines[1]["answered"], lines[1]["accepted"]) == ("300253/2025-2#24", "300253/2025-2#1")
    told = [line.split() for line in table(rows).splitlines()]
    assert ["all", "3", "1/3", "0.333"] in [line[:4] for line in told]
    assert ["near", "1/1", "1.000"] in [line[:3] for line in told]
