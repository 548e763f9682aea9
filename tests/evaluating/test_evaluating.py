"""The numbers of `irbot eval`, against straightforward computations and the reference scorer."""

from __future__ import annotations

import importlib.util
import json
import os
from itertools import product
from math import inf
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.evaluating import (
    JudgedQuery,
    Query,
    Share,
    ask_all,
    diagram,
    read_queries,
    reliability,
    report,
    run_file,
    score,
)

IDS = ("1", "2", "3", "4", "5", "6", "7")


@st.composite
def asked(draw):
    """A query and a ranking, with many ties, empty rankings and all kinds."""
    accept = draw(st.frozensets(st.sampled_from(IDS), max_size=2))
    kind = "in" if accept else draw(st.sampled_from(["near", "far"]))
    ids = tuple(draw(st.lists(st.sampled_from(IDS), unique=True, max_size=7)))
    sure = draw(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]))
    meant = draw(st.sampled_from(["answer", "suggest", "decline"]))
    return JudgedQuery(Query("q", accept, kind), ids, sure, meant, draw(st.floats(0.1, 9.0)))


RUNS = st.lists(asked(), min_size=1, max_size=60).filter(
    lambda rows: any(row.query.accept for row in rows)
)


def values(numbers):
    return {
        name: number.value if isinstance(number, Share) else number
        for name, number in numbers.items()
    }


@given(RUNS)
def test_the_numbers_are_those_of_the_definitions(rows):
    found = values(score(rows))
    inside = [row for row in rows if row.query.accept]
    sure = {id(row): row.confidence if row.ids else -inf for row in rows}
    first = {id(row): bool(row.ids) and row.ids[0] in row.query.accept for row in rows}

    assert found["R@1"] == pytest.approx(sum(first[id(row)] for row in inside) / len(inside))
    assert found["R@5"] == pytest.approx(
        sum(bool(row.query.accept & set(row.ids[:5])) for row in inside) / len(inside)
    )

    def choices(group):  # every threshold: (answered, wrong)
        for least in sorted(set(sure.values()), reverse=True):
            answered = [row for row in group if sure[id(row)] >= least]
            if answered:
                yield len(answered), sum(not first[id(row)] for row in answered)

    for percent in (50, 70, 90):
        enough = [pair for pair in choices(inside) if pair[0] >= percent / 100 * len(inside)]
        answered, wrong = min(enough)
        assert found[f"wrong@{percent}%"] == pytest.approx(wrong / answered)
    for percent in (1, 5):
        allowed = [pair for pair in choices(inside) if pair[1] / pair[0] <= percent / 100]
        assert found[f"in-cov@<={percent}%"] == max(allowed, default=(0, 0))[0] / len(inside)
        allowed = [pair for pair in choices(rows) if pair[1] / pair[0] <= percent / 100]
        answered, wrong = max(allowed, default=(0, 0))
        assert found[f"cov@<={percent}%"] == answered / len(rows)
        assert found[f"yield@<={percent}%"] == (answered - wrong) / len(inside)
    for kind in ("near", "far"):
        outside = [row for row in rows if row.query.kind == kind]
        won = [
            1.0 if sure[id(a)] > sure[id(b)] else 0.5 if sure[id(a)] == sure[id(b)] else 0.0
            for a, b in product(inside, outside)
        ]
        if outside:
            assert found[f"AUC {kind}"] == pytest.approx(sum(won) / len(won))


@pytest.fixture(scope="module")
def reference():
    """The protocol's reference scorer, which lies beside the public sets."""
    folder = os.environ.get("DATA")
    path = Path(folder or ".") / "score.py"
    if not folder or not path.exists():
        pytest.skip("DATA names no folder with score.py: not compared with the reference scorer")
    spec = importlib.util.spec_from_file_location("reference_scorer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(RUNS)
def test_the_reference_scorer_says_the_same_of_the_same_run(reference, rows):
    truth = [
        {"query": "q", "kind": row.query.kind, "accept": ",".join(row.query.accept) or "-"}
        for row in rows
    ]
    lines = [line.split("\t") for line in run_file(rows).splitlines()]
    run = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    expected = reference.score(truth, run)
    found = values(score(rows))
    found["in-scope queries"] = len([row for row in rows if row.query.accept])
    assert expected.keys() - found.keys() == set()
    for name, value in expected.items():
        if name.startswith("ms"):
            assert found[name] == pytest.approx(value, abs=0.001)
        elif value == -inf:
            assert found[name] is None  # answers even what found nothing: no threshold at all
        else:
            assert found[name] == pytest.approx(value), name


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_wilsons(count, of, low, high):
    assert Share(count, of).interval == pytest.approx((low, high), abs=0.00006)


def test_calibration_compares_how_sure_with_how_often_right():
    def row(sure, right):
        return JudgedQuery(Query("q", frozenset({"1"}), "in"), ("1" if right else "2",), sure)

    rows = [row(0.95, at < 80) for at in range(100)] + [row(0.15, at < 10) for at in range(100)]
    calibration = reliability(rows)
    assert calibration is not None
    assert calibration.ece == pytest.approx((0.15 + 0.05) / 2)
    assert [bin_.queries for bin_ in calibration.bins] == [20] * 10
    # the order of equally sure queries changes nothing
    assert reliability(rows[::-1]) == calibration
    assert reliability([row(17.2, True)]) is None  # a raw score is no probability


def write(path, *lines):
    path.write_text("\n".join("\t".join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def test_columns_are_found_by_name_and_ids_however_they_are_separated(tmp_path):
    path = write(
        tmp_path / "300253.tsv",
        ("style", "accept", "why", "query", "kind"),
        ("typo", "300253/2025-002#3,300253/2025-2#24.2", "because", " 可转宅", "in"),
        ("", "300253/2025-002#3 300253/2025-002#24", "", "可转债", "in"),
        ("plain", "-", "", "分红", "near"),
        ("plain", "", "", "天气"),
    )
    both = frozenset({"300253/2025-2#3", "300253/2025-2#24"})
    assert read_queries(path) == [
        Query(" 可转宅", both, "in", "typo", "300253"),
        Query("可转债", both, "in", "", "300253"),
        Query("分红", frozenset(), "near", "plain", "300253"),
        Query("天气", frozenset(), "out", "plain", "300253"),
    ]


def test_a_line_that_asks_several_things_has_the_ids_of_each(tmp_path):
    path = write(
        tmp_path / "300253.tsv",
        ("style", "accept", "query"),
        ("multi", "300253/2025-002#3 300253/2025-002#4, -,300253/2025-2#5", "一？二？三？"),
        ("multi", "300253/2025-002#3 300253/2025-002#4", "not told apart"),
        ("keyword", "300253/2025-002#3,300253/2025-002#4", "one thing, either id"),
        ("multi", "-, -", "nothing answers either"),
    )
    several, together, one, nothing = read_queries(path)
    three, four, five = (f"300253/2025-2#{number}" for number in (3, 4, 5))
    assert several.groups == (frozenset({three, four}), frozenset(), frozenset({five}))
    assert several.answerable == (frozenset({three, four}), frozenset({five}))
    assert several.accept == {three, four, five}
    assert together.answerable == one.answerable == (frozenset({three, four}),)
    assert (nothing.kind, nothing.answerable) == ("out", ())


def test_without_a_header_the_columns_are_query_and_accept(tmp_path):
    path = write(tmp_path / "mine.tsv", ("可转债", "300253/2025-002#24"), ("天气", "-"))
    first, second = read_queries(path)
    assert (first.text, first.kind, first.company) == ("可转债", "in", "300253")
    assert (second.accept, second.kind, second.company) == (frozenset(), "out", "mine")


def test_a_file_that_is_no_query_file_is_refused_with_its_place(tmp_path):
    with pytest.raises(BotError, match=r"nothing.tsv：没有提问"):
        read_queries(write(tmp_path / "nothing.tsv", ("query", "accept")))
    with pytest.raises(BotError, match=r"half.tsv 第1行：.*accept"):
        read_queries(write(tmp_path / "half.tsv", ("query", "ids"), ("可转债", "1")))
    with pytest.raises(BotError, match=r"bare.tsv 第2行"):
        read_queries(write(tmp_path / "bare.tsv", ("可转债", "-"), ("天气怎么样",)))
    with pytest.raises(BotError, match=r"无法读取"):
        read_queries(tmp_path / "none.tsv")


QUERIES = (
    ("可转债", "300253/2025-2#24.2", "in"),
    ("#7", "300253/2025-002#7", "in"),
    ("zzzz", "-", "far"),
    ("公司明天会下雨吗", "-", "far"),
)


def test_the_desk_is_asked_as_a_chat_asks(responder, tmp_path):
    path = write(tmp_path / "q.tsv", ("query", "accept", "kind"), *QUERIES)
    bonds, number, nothing, weather = ask_all(responder, read_queries(path))
    assert (bonds.band, bonds.right) == ("answer", True)  # the part's question is accepted
    assert len(set(bonds.ids)) == len(bonds.ids) >= 10
    assert (number.ids, number.confidence, number.band) == (("300253/2025-002#7",), 1.0, "answer")
    assert (nothing.ids, nothing.band) == ((), "decline")
    assert (len(weather.ids), weather.band) == (
        10,
        "decline",
    )  # what was ranked is judged all the same


def test_the_accepted_ids_never_reach_the_desk(responder):
    texts = ["可转债", "关税", "AI医疗的进展", "公司明天会下雨吗"]
    labels = [frozenset({"300253/2025-2#24"}), frozenset({"300253/2025-2#1"}), frozenset()]
    runs = [
        [
            (row.ids, row.confidence, row.band)
            for row in ask_all(responder, [Query(text, label, "in") for text in texts])
        ]
        for label in labels
    ]
    assert runs[0] == runs[1] == runs[2]


def test_the_report_counts_by_kind_style_and_company(responder, tmp_path):
    path = write(tmp_path / "q.tsv", ("query", "accept", "kind"), *QUERIES)
    rows = list(ask_all(responder, read_queries(path)))
    whole = json.loads(json.dumps(report(rows), allow_nan=False))
    assert whole["R@1"] == 1.0
    assert whole["counts"]["R@1"] == [2, 2]
    assert whole["intervals"]["R@1"] == pytest.approx([0.342, 1.0], abs=0.001)
    assert whole["by_kind"]["far"]["out-of-scope declined"] == 1.0
    assert whole["by_company"].keys() == {"300253", "q"}
    assert "by_style" not in whole  # the file names none


def test_the_curves_are_an_svg_document(responder, tmp_path):
    path = write(tmp_path / "q.tsv", ("query", "accept", "kind"), *QUERIES)
    for rows in (
        list(ask_all(responder, read_queries(path))),
        list(ask_all(responder, read_queries(path)))[2:],
    ):
        root = ElementTree.fromstring(diagram(rows))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        titles = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert any("Reliability" in str(title) for title in titles)
