"""Known records, printed and broken at random: never a silently different result.

A reader may give the same words, warn, or refuse; it may not give other words and say nothing.
The long form is `make trials`. Where neither questions nor pages are numbered, loss cannot always
be seen; `tests/bench/silent_rate.py` measures how often.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests import paper
from tests.paper import NUMBERED, PAGE_NUMBERS, RUNNING_HEADS, UNNUMBERED, Furniture, Paper

# Explaining a failure takes minutes and says which lines of the reader ran, no more.
PHASES = [phase for phase in Phase if phase is not Phase.explain]
quick = settings(max_examples=40, deadline=None, derandomize=True, phases=PHASES)
long = settings(max_examples=3000, deadline=None, phases=PHASES)

WORDS = paper.sample_words()
# One record each, on one page, in plain text, with nothing left open.
MADE_UP = sorted(
    path
    for path in (paper.RECORDS / "made_up").glob("*.txt")
    if path.name.startswith(("layout_", "trap_", "header_"))
    and path.with_suffix(".json").exists()
    and '"left_open"' not in (expected := path.with_suffix(".json").read_text(encoding="utf-8"))
    and not expected.startswith("[")
    and b"\f" not in path.read_bytes()
)
LABELS = (*paper.HEADER, paper.CONTENT, *paper.FOOT)
styles = st.sampled_from(NUMBERED + UNNUMBERED)


@st.composite
def papers(draw, styles=styles):
    """A record of three to eight of the sample's questions, in one style."""
    count = draw(st.integers(3, 8))
    start = draw(st.integers(0, len(WORDS) - count))
    return Paper(WORDS[start : start + count], draw(styles))


@st.composite
def cuts(draw, lines, most=4):
    return paper.pages(lines, draw(st.lists(st.integers(1, len(lines) - 1), max_size=most)))


def check(data: bytes, truth) -> None:
    assert paper.fate(data, truth) != "silent", data.decode()


@pytest.mark.parametrize("style", NUMBERED + UNNUMBERED, ids=lambda style: style.question)
def test_a_record_printed_on_one_page_is_read_as_it_is(style):
    whole = Paper(WORDS[:8], style)
    data = "\n".join(whole.lines()).encode()
    assert paper.fate(data, whole.truth()) == "same"


def furniture_at_any_place(data):
    whole = data.draw(papers())
    furniture = data.draw(st.sampled_from(PAGE_NUMBERS + RUNNING_HEADS))
    # What runs over the pages is known by its running, so there are two at least.
    cut = data.draw(cuts(whole.lines()).filter(lambda cut: len(cut) > 1))
    check(paper.joined(paper.printed(cut, furniture), furniture), whole.truth())


def furniture_in_a_made_up_record(data):
    document = data.draw(st.sampled_from(MADE_UP))
    truth = json.loads(document.with_suffix(".json").read_text(encoding="utf-8"))
    lines = document.read_text(encoding="utf-8").splitlines()
    furniture = data.draw(st.sampled_from(PAGE_NUMBERS))
    cut = data.draw(cuts(lines).filter(lambda cut: len(cut) > 1))
    check(paper.joined(paper.printed(cut, furniture), furniture), paper.held(truth))


def broken_labels(data):
    whole = data.draw(papers())
    label = data.draw(st.sampled_from(LABELS))
    places = data.draw(st.sets(st.integers(1, len(label) - 1), min_size=1, max_size=3))
    between = data.draw(st.sampled_from(["\n", " ", " \n", "\u3000"]))
    broken = "".join(between * (at in places) + char for at, char in enumerate(label))
    whole = Paper(whole.words, whole.style, ((label, broken),))
    check("\n".join(whole.lines()).encode(), whole.truth())


def numbers_glued_to_years(data):
    whole = data.draw(papers())
    at = data.draw(st.integers(0, len(whole.words) - 1))
    question, answer = whole.words[at]
    year = data.draw(st.sampled_from(["2025 年", "2025年", "2019 年以前", "24 年", "1.6T "]))
    whole = whole.with_words(at, year + question, answer)
    check("\n".join(whole.lines()).encode(), whole.truth())


def figures_at_the_start_of_a_line(data):
    whole = data.draw(papers())
    at = data.draw(st.integers(0, len(whole.words) - 1))
    question, answer = whole.words[at]
    number = data.draw(st.sampled_from([at + 1, at + 2, at + 3, 1]))
    figure = data.draw(
        st.sampled_from(
            ["{n}.5亿元", "{n}.2025亿元", "{n}、{n}.6T产品", "{n}：1", "{n}）项目", "{n}%"]
        )
    ).format(n=number)
    lines = whole.lines()
    first = paper.wrapped(whole.style.answer.format(n=at + 1) + answer)
    end = next(
        place + len(first)
        for place in range(len(lines))
        if lines[place : place + len(first)] == first
    )
    lines[end - 1 : end] = [
        f"{lines[end - 1]}公司本期研发投入和资本开支合计约为",
        f"{figure}，同比增长。",
    ]
    added = f"公司本期研发投入和资本开支合计约为{figure}，同比增长。"
    check("\n".join(lines).encode(), whole.with_words(at, question, answer + added).truth())


def numbered_pages_doubled_or_dropped(data):
    whole = data.draw(papers())
    furniture = data.draw(st.sampled_from(PAGE_NUMBERS))
    texts = paper.printed(
        data.draw(cuts(whole.lines()).filter(lambda cut: len(cut) > 2)), furniture
    )
    # Without a total nothing says that the last page is gone.
    last = len(texts) - (1 if furniture.has_total else 2)
    at = data.draw(st.integers(0, last))
    if data.draw(st.booleans()):
        texts[at : at + 1] = [texts[at], texts[at]]
    else:
        del texts[at]
    check(paper.joined(texts, furniture), whole.truth())


def pages_of_numbered_questions_doubled_or_dropped(data):
    whole = data.draw(papers(st.sampled_from(NUMBERED)))
    lines = whole.lines()
    opens = [
        lines.index(paper.wrapped(whole.style.question.format(n=n) + question)[0])
        for n, (question, _) in enumerate(whole.words, 1)
    ]
    # A page that holds the start of a question, other than the first and the last one.
    inside = data.draw(st.integers(1, len(opens) - 2))
    start = data.draw(st.integers(opens[inside - 1] + 1, opens[inside]))
    end = data.draw(st.integers(opens[inside] + 1, opens[inside + 1]))
    before, page, after = lines[:start], lines[start:end], lines[end:]
    cut = [before, page, page, after] if data.draw(st.booleans()) else [before, after]
    check(paper.joined(paper.printed(cut, Furniture()), Furniture()), whole.truth())


PROPERTIES = [
    furniture_at_any_place,
    furniture_in_a_made_up_record,
    broken_labels,
    numbers_glued_to_years,
    figures_at_the_start_of_a_line,
    numbered_pages_doubled_or_dropped,
    pages_of_numbered_questions_doubled_or_dropped,
]


@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.__name__)
def test_nothing_is_silently_different(prop):
    quick(given(st.data())(prop))()


@pytest.mark.trial
@pytest.mark.parametrize("prop", PROPERTIES, ids=lambda prop: prop.__name__)
def test_nothing_is_silently_different_however_long_it_is_tried(prop):
    long(given(st.data())(prop))()
