"""What `irbot eval` says first: the counts that a desk asks for, then what failed, by name."""

from __future__ import annotations

import pytest

from bot.evaluating import JudgedQuery, Query, plainly
from bot.evaluating.shown import Shown
from bot.wording.texts import Texts


def row(text, accept, band, *, answered=(), offered=()):
    query = Query(text, frozenset(accept), "in" if accept else "out")
    ids = (*answered, *offered)
    return JudgedQuery(query, ids, 0.9, band, 1.0, Shown(answered=answered, offered=offered))


ROWS = (
    row("可转债", ["a#1"], "answer", answered=("a#1",)),
    row("下修", ["a#1"], "suggest", offered=("a#2", "a#1")),
    row("转股", ["a#1"], "suggest", offered=("a#1",)),
    row("关税", ["a#3"], "answer", answered=("a#1",)),
    row("员工", ["a#3"], "suggest", offered=("a#4",)),
    row("天气", [], "decline"),
    row("股价", [], "answer", answered=("a#5",)),
)


@pytest.mark.parametrize(
    ("lang", "first", "failed"),
    [
        (
            "zh",
            "7条：答对1、列出且在内2、答错2、没找到1、库中没有、也没有答1",
            "没找到：员工（列出 a#4，应为 a#3）",
        ),
        (
            "en",
            "7 queries: 1 right, 2 in the list offered, 2 wrong, 1 not found, "
            "1 not stored and not answered",
            "Not found: 员工 (listed a#4, accepted a#3)",
        ),
    ],
)
def test_a_desk_reads_counts_and_then_what_failed_by_name(lang, first, failed):
    told = plainly(ROWS, Texts(lang)).split("\n")
    assert told[0] == first
    assert [name for line in told[1:] for name in ("关税", "员工", "股价") if name in line] == [
        *("关税", "员工", "股价")
    ]
    assert failed in told


def test_what_no_query_did_is_left_out_but_right_offered_and_wrong():
    assert plainly(ROWS[:1], Texts()) == "1条：答对1、列出且在内0、答错0"
