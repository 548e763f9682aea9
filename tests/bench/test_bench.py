"""The measuring of peers: that each finds, and that the tables say what was counted."""

from __future__ import annotations

import gzip
from collections import Counter
from random import Random

import pytest

from bot.evaluating import JudgedQuery, Query, Share, ask_all
from tests.bench import accuracy
from tests.bench.generated import market
from tests.bench.peers import PEERS
from tests.bench.runs import first_matcher
from tests.bench.search import Rows, measure
from tests.bench.sets import PUBLIC, PublicSet
from tests.bench.speed import made_up
from tests.bench.tables import Agreement, mcnemar

STORED = (
    ("a", "公司的可转债什么时候到期？"),
    ("b", "海外业务的毛利率为什么下滑？"),
    ("c", "CDU 产品是否已经批量交付？"),
)
INSTALLED = [name for name in PEERS if "jieba" not in name and "bm25s" not in name]


@pytest.mark.parametrize("name", INSTALLED)
def test_a_peer_ranks_the_stored_question_first(name):
    search = PEERS[name](STORED)
    for query, wanted in (("可转债到期", "a"), ("海外毛利率下滑", "b"), ("cdu批量交付", "c")):
        ranking = search(query)
        assert ranking[0][0] == wanted
        assert [score for _, score in ranking] == sorted((s for _, s in ranking), reverse=True)
    assert all(not search(nothing) or search(nothing)[0][1] == 0 for nothing in ("", "？！"))


def test_the_frozen_matcher_finds_by_the_answer_and_repairs_a_homophone():
    search = first_matcher(
        [("a", "何时到期？", "可转债在明年到期。"), ("b", "分红计划？", "每年分红一次。")]
    )
    ranking, band = search("可转宅")
    assert (ranking[0][0], band) == ("a", "answer")
    assert search("zzzz") == ([], "decline")


def test_the_projects_matcher_is_asked_over_a_public_set_by_the_sets_own_ids():
    search = PublicSet("made up", (), STORED).irbot()
    for id_, text in STORED:
        assert search(text)[0][0][0] == id_
    assert search("cdu批量交付")[1] == "answer"
    assert search("zzzz")[1] == "decline"
    by_words = PublicSet("made up", (), STORED).irbot(with_meaning=False)
    assert by_words("zzzz") == ([], "decline")


def test_mcnemar_counts_the_answerable_queries_that_changed():
    def row(right, accept=True):
        query = Query("q", frozenset({"1"}) if accept else frozenset(), "in" if accept else "far")
        return JudgedQuery(query, ("1" if right else "2",), 0.5)

    one = [row(True)] * 8 + [row(False)] + [row(True)] * 5 + [row(False, False)]
    other = [row(False)] * 8 + [row(True)] + [row(True)] * 5 + [row(True, False)]
    won, lost, p = mcnemar(one, other)
    assert (won, lost) == (8, 1)
    assert p == pytest.approx(2 * (1 + 9) / 2**9)  # binomial tail by hand


def test_agreement_is_two_standard_errors_of_the_difference():
    # p = q = .5, n = 200: s.e. of the difference is .05
    assert Agreement("s", "p", "R@1", Share(100, 200), 0.5).allowed == pytest.approx(0.1)
    assert Agreement("s", "p", "R@1", Share(100, 200), 0.59).holds
    assert not Agreement("s", "p", "R@1", Share(100, 200), 0.61).holds


def test_the_public_sets_are_measured_without_any_record(tmp_path, monkeypatch, capsys):
    for name in PUBLIC:
        stored = "id\ttext\n" + "".join(f"{id_}\t{text}\n" for id_, text in STORED)
        queries = "kind\tquery\taccept\nin\t可转债\ta\nnear\t可转债利率\t-\nfar\t天气\t-\n"
        for part, text in (("store", stored), ("queries", queries)):
            with gzip.open(tmp_path / f"{name}.{part}.tsv.gz", "wt", encoding="utf-8") as file:
                file.write(text)
    monkeypatch.delenv("IR_TEST_RECORDS", raising=False)
    for name in set(PEERS) - set(INSTALLED):
        monkeypatch.delitem(PEERS, name)
    monkeypatch.setattr(accuracy, "DOCS", tmp_path / "docs")
    assert accuracy.main([str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert "### lcqmc: 1 in scope, 2 out" in printed.out
    assert "| **irbot** | 1.000 (.207–1.000)" in printed.out
    assert "IR_TEST_RECORDS is not set" in printed.err
    assert not (tmp_path / "docs").exists()


def test_the_page_is_not_written_without_its_first_part(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("IR_TEST_RECORDS", str(tmp_path / "records"))
    monkeypatch.setattr(accuracy, "DOCS", tmp_path / "docs")
    assert accuracy.main([str(tmp_path)]) == 2
    assert "no folder archive" in capsys.readouterr().err
    assert not (tmp_path / "docs").exists()


def test_what_a_person_gets_is_told_by_store_and_in_total(responder, sample):
    first, *_ = sample.record.questions
    asked = [
        Query(first.question, frozenset({"300253/2025-2#1"}), "in", company="300253"),
        Query("zzzz", frozenset(), "far", company="300253"),
    ]
    text = accuracy.what_a_person_gets(list(ask_all(responder, asked)))
    inside, _, line, store, _, outside, *_ = text.split("\n")
    assert inside.startswith("|  | in | right | 1st sight | helped | wrong |")
    assert line.startswith("| all | 1 | 1.000 (.207–1.000) | 1.000 (.207–1.000) |")
    assert store == line.replace("all", "300253")
    assert outside == "|  | far answered | far likely | far list |"
    assert text.endswith("| 300253 | .000 (.000–.793) | .000 (.000–.793) | .000 (.000–.793) |\n")


def test_the_made_up_stores_have_their_size_and_few_questions_twice():
    records = made_up(2_000, Random(1))
    assert sum(len(record.questions) for record in records) == 2_000
    assert len({record.id for record in records}) == len(records)
    assert len({record.company_code for record in records}) == 2
    assert len({question.question for record in records for question in record.questions}) > 1_800
    assert records == made_up(2_000, Random(1))


def test_a_generated_store_is_searched_from_its_file(tmp_path):
    figures = measure(tmp_path, 300, with_answers=True)
    assert figures["search p50"] > 0
    assert figures["file MB"] > 0
    rows = Rows(tmp_path / "300.db")
    ((key, number, asked),) = rows._found("SELECT key, number, asked FROM rows LIMIT 1")
    assert rows.questions([(key, number)])[0].question == asked


def test_a_markets_companies_differ_in_size_and_what_comes_later_is_new():
    before = list(market(2_000, 5))
    sizes = Counter(row[0] for row in before)
    assert len(sizes) == 5
    assert max(sizes.values()) > 2 * min(sizes.values())
    assert before == list(market(2_000, 5))
    later = list(market(100, 5, first=2_000))
    assert {row[0] for row in later} <= sizes.keys()
    assert {row[-1] for row in later}.isdisjoint(row[-1] for row in before)
