"""Where a company was asked the same, while records come and go."""

from __future__ import annotations

from datetime import date

import pytest

from bot.config import Settings
from bot.record import Reading
from bot.store import Store
from tests.conftest import open_by_words
from tests.handlers.web.site import record

SAME, OTHER = "公司的毛利率为什么下降？", "请介绍一下在手订单的情况。"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "irbot.db")


def add(store, year, *questions):
    made = record(f"{year}-001", *questions, day=date(year, 5, 6))
    store.add([Reading(made)], str(year).encode(), f"{year}.pdf")


def answered_at(library, year):
    """The years of the earlier and later answers to each question of that year's record."""
    stored = library.record(f"600000/{year}-001")
    return {
        number: [[hit.record.last_event.end.year for hit in hits] for hits in (a.earlier, a.later)]
        for number, a in library.same_questions.of(stored).items()
    }


def test_it_is_true_of_the_records_as_they_are_now(store):
    for year in (2021, 2022, 2023):
        add(store, year, SAME, f"{year}年的产能？")
    responder = open_by_words(Settings(store.path)).responder
    responder.library.same_questions.prepare()
    assert answered_at(responder.library, 2022) == {1: [[2021], [2023]]}
    add(store, 2024, OTHER, SAME)
    assert answered_at(responder.library, 2022) == {1: [[2021], [2024, 2023]]}
    store.withdraw("600000/2023-001#1", "误")
    add(store, 2025, "请介绍一下在手订单情况")
    for prepared in (True, False):
        library = responder.library
        if prepared:
            library.same_questions.prepare()
        else:
            library = open_by_words(Settings(store.path)).responder.library
        assert answered_at(library, 2022) == {1: [[2021], [2024]]}
        assert answered_at(library, 2024) == {1: [[], [2025]], 2: [[2022, 2021], []]}


def test_keys_are_read_by_the_word_lists_of_now(store, tmp_path):
    add(store, 2021, SAME)
    responder = open_by_words(Settings(store.path)).responder
    before = responder.library.keys
    add(store, 2022, SAME)
    assert responder.library.keys is before
    (tmp_path / "lexicon.toml").write_text('same = [["毛利率", "盈利能力"]]\n', encoding="utf-8")
    library = responder.library
    assert library.keys is not before
    assert library.keys.lexicon == library.index.lexicon
    assert answered_at(library, 2022) == {1: [[2021], []]}
