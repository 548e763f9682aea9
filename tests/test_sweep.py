"""No fragment in a question or an answer makes another question vanish without a word.

A sample of `tests/sweep.py`; the whole of it is `make trials`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.sweep import cases, fate

SAMPLE_OF = 41  # a prime, so that forms, places and styles all take turns
STILL_LOST = 30  # of the sample


def lost(every: int) -> list[object]:
    return [case for at, case in enumerate(cases()) if at % every == 0 and fate(case) == "lost"]


def test_a_sample_of_the_sweep_reads_clean_paragraphs_as_written():
    fates = Counter(fate(case) for at, case in enumerate(cases()) if at % SAMPLE_OF == 0)
    assert fates["exact"] > 0.85 * sum(fates.values())


def test_in_a_sample_of_the_sweep_few_questions_are_lost_in_silence():
    assert len(lost(SAMPLE_OF)) <= STILL_LOST


@pytest.mark.trial
def test_in_the_whole_sweep_few_questions_are_lost_in_silence():
    assert len(lost(1)) <= STILL_LOST * SAMPLE_OF
