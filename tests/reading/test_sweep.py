"""No fragment in a question or an answer makes another question vanish without a word.

A sample of `tests/sweep.py`, and records of random answers; the whole of both is `make trials`.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.errors import ReadingError
from bot.reading.document import read_records
from tests import borders
from tests.sweep import FORMS, FRAGMENTS, PAIRS, STYLES, Case, cases, fate, printed, squashed

SAMPLE_OF = 83  # a prime, so that forms, places and styles all take turns
# What an unescaped sign means where the whole file is Markdown, or recognised text, is its own.
UNMARKED = ("plain", "paged", "bars", "html table", "html paragraphs")
MARKS = {"stars", "underscore/tilde", "hash", "gt/lt", "entities", "pipes", "tabs", "urls"}
WORDS = sorted(
    {
        fragment
        for group, fragments in FRAGMENTS.items()
        if group not in MARKS | {"labels", "headings", "qa-like", "greet"}
        for fragment in fragments
        if squashed(fragment) and fragment.isprintable()
    }
)


def sample(every: int) -> list[tuple[Case, str]]:
    return [(case, fate(case)) for at, case in enumerate(cases()) if at % every == 0]


def check(found: list[tuple[Case, str]]) -> None:
    assert [case for case, name in found if name == "lost"] == []
    plain = [
        (case, name) for case, name in found if case.form in UNMARKED and case.group not in MARKS
    ]
    silent = Counter(case.group for case, name in plain if name == "silent")
    # Rows under the last answer, and questions in answers, cannot be told from real ones.
    assert set(silent) <= {"labels", "qa-like", "headings"}, silent
    assert sum(silent.values()) < 0.01 * len(plain), silent


def test_a_sample_of_the_sweep_loses_no_question_in_silence():
    check(sample(SAMPLE_OF))


@pytest.mark.trial
def test_the_whole_sweep_loses_no_question_in_silence():
    check(sample(1))


@st.composite
def records(draw):
    """Four questions whose answers are paragraphs of plain words and awkward ones."""
    plain = ["您好。", "项目进展顺利，订单稳步增加。", "谢谢！", "研发投入同比增长，"]
    paragraph = st.lists(st.sampled_from(plain) | st.sampled_from(WORDS), min_size=1, max_size=4)
    answers = [
        tuple(f"{''.join(words)}。" for words in draw(st.lists(paragraph, min_size=1, max_size=4)))
        for _ in PAIRS
    ]
    return tuple((question, answer) for (question, _), answer in zip(PAIRS, answers, strict=True))


def never_otherwise_and_silent(data):
    pairs, style = data.draw(records()), data.draw(st.sampled_from(STYLES))
    form = data.draw(st.sampled_from(sorted(FORMS)))
    text = FORMS[form](printed(pairs, style))
    try:
        record = read_records(text.encode(), "made-up.txt")[0].record
    except ReadingError:
        return
    wanted = [(squashed(question), squashed("".join(answer))) for question, answer in pairs]
    seen = [(squashed(item.question), squashed(item.answer)) for item in record.questions]
    assert seen == wanted or record.warnings, text


PHASES = [phase for phase in Phase if phase is not Phase.explain]


def test_awkward_answers_are_read_as_written_or_named():
    few = settings(max_examples=60, deadline=None, derandomize=True, phases=PHASES)
    few(given(st.data())(never_otherwise_and_silent))()


@pytest.mark.trial
def test_awkward_answers_are_read_as_written_or_named_however_long_it_is_tried():
    many = settings(max_examples=2000, deadline=None, phases=PHASES)
    many(given(st.data())(never_otherwise_and_silent))()


@pytest.mark.trial
def test_most_lines_moved_across_a_border_are_noticed():
    folders = [Path(__file__).parents[1] / "records/made_up"]
    folders += [Path(given) for given in [os.environ.get("IR_TEST_RECORDS")] if given]
    fates = borders.run(folders)
    for kind in ("words of the foot under the last answer", "a lone page marker in the content"):
        found = fates[kind]
        assert found["noticed"] > 0.95 * (found["noticed"] + found["silent"]), (kind, found)
