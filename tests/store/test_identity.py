"""One record under one id: copies, corrections, re-issues (design: "Identity")."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest

from bot.ingest.importing import Options, import_files
from bot.store import Store

SAMPLE = Path(__file__).parents[2] / "data/records/300253-2025-002.txt"
MADE_UP = Path(__file__).parents[1] / "records/made_up"
NUMBERED = (MADE_UP / "layout_b_numbered_with_da.txt").read_text(encoding="utf-8")
UNNUMBERED = (MADE_UP / "header_number_none.txt").read_text(encoding="utf-8")
RECORD_ID = "399102/2025-2"


@pytest.fixture
def store(place):
    return Store(place)


@pytest.fixture
def offer(store, tmp_path):
    """Import one file of the given words."""

    def offered(name, words, **options):
        path = tmp_path / name
        path.write_bytes(words if isinstance(words, bytes) else words.encode())
        (outcome,) = import_files(store, [path], Options(**options))
        return outcome

    return offered


def answers(store, record_id):
    return [item.answer for item in store.record(record_id).record.questions]


def test_a_record_as_pdf_and_as_its_text_is_one_record_with_two_sources(store, offer):
    content = (MADE_UP / "pdf_ruled_table.pdf").read_bytes()
    with pypdfium2.PdfDocument(content) as pdf:
        text = "\f".join(page.get_textpage().get_text_range() for page in pdf)
    assert offer("a.pdf", content).status == "imported"
    assert offer("a.txt", text).status == "unchanged"
    (stored,) = store.records()
    assert len(stored.sources) == 2


@pytest.mark.parametrize("other", ["2025-002", "2025-02"])
def test_a_number_is_the_same_with_and_without_zeros(store, offer, other):
    assert offer("a.txt", NUMBERED).status == "imported"
    assert offer("b.txt", NUMBERED.replace("编号：2025-2", f"编号：{other}")).status == "unchanged"
    (stored,) = store.records()
    assert stored.record.record_no == "2025-2"
    assert store.record(f"399102/{other}").record == stored.record


def test_a_number_that_is_a_date_keeps_its_zeros_apart(store, offer):
    assert offer("a.txt", NUMBERED.replace("2025-2\n", "2024-5-31\n")).status == "imported"
    assert offer("b.txt", NUMBERED.replace("2025-2\n", "2024-5-3\n")).status == "imported"
    assert len(store.records()) == 2


def test_other_words_under_a_stored_number_are_refused_naming_both(store, offer):
    offer("first.txt", NUMBERED)
    before = answers(store, RECORD_ID)
    outcome = offer("second.txt", NUMBERED.replace("3.20 元", "3.50 元"))
    assert outcome.status == "refused"
    assert "first.txt" in outcome.reason
    assert "second.txt" in outcome.reason
    assert answers(store, RECORD_ID) == before


@pytest.mark.parametrize("mark", ["更正后", "更正", "补充"])
def test_a_marked_correction_replaces_and_the_older_version_stays(store, offer, mark):
    offer("first.txt", NUMBERED)
    corrected = NUMBERED.replace("3.20 元", "3.50 元").replace("记录表\n", f"记录表（{mark}）\n", 1)
    assert offer("second.txt", corrected).status == "replaced"
    assert any("3.50 元" in answer for answer in answers(store, RECORD_ID))
    assert store.record(RECORD_ID).version == 2
    # The older one offered again is known, and does not come back.
    assert offer("first.txt", NUMBERED).status == "unchanged"
    assert any("3.50 元" in answer for answer in answers(store, RECORD_ID))


def test_other_words_replace_where_a_person_says_so(store, offer):
    offer("first.txt", NUMBERED)
    other = NUMBERED.replace("3.20 元", "3.50 元")
    assert offer("second.txt", other, replace_words=True).status == "replaced"


def test_a_dry_run_says_what_would_change_and_changes_nothing(store, offer):
    assert offer("first.txt", NUMBERED, dry_run=True).status == "imported"
    assert store.records() == []


def test_two_records_of_a_day_without_number_are_both_kept(store, offer):
    assert offer("a.txt", UNNUMBERED).status == "imported"
    other = UNNUMBERED.replace("订单饱满。", "订单略有下降。").replace("15:00-16:30", "9:00-10:00")
    outcome = offer("b.txt", other)
    assert outcome.status == "imported"
    assert [record.id for record in outcome.records] == ["399304/20250506-2"]
    assert any("399304/20250506" in note for note in outcome.records[0].notes)
    assert offer("a again.txt", UNNUMBERED).status == "unchanged"
    assert offer("b again.txt", other).status == "unchanged"
    assert len(store.records()) == 2


def test_a_bad_file_among_good_ones_leaves_these_in(store, tmp_path):
    good = [MADE_UP / "layout_b_numbered_with_da.txt", MADE_UP / "layout_h_mixed_number_styles.txt"]
    bad = MADE_UP / "refused_no_event_date.txt"
    outcomes = list(import_files(store, [good[0], bad, good[1]], Options()))
    assert [outcome.status for outcome in outcomes] == ["imported", "refused", "imported"]
    assert bad.name in outcomes[1].reason
    assert len(store.records()) == 2


def test_a_person_who_has_looked_may_accept_what_has_no_place(store):
    document = MADE_UP / "refused_words_after_the_foot.txt"
    (refused,) = import_files(store, [document], Options())
    assert refused.status == "refused"
    (outcome,) = import_files(store, [document], Options(accept_warnings=True))
    assert outcome.status == "imported"
    (stored,) = store.records()
    assert any("转载请注明出处" in warning for warning in stored.record.warnings)
    assert stored.sources[0].accept_warnings


@pytest.mark.parametrize("number", ["2025*?", "$HOME`id`", "2025'7", "2025&7", "~2025|7", '2025"7'])
def test_an_id_is_typed_in_a_shell_as_it_is_printed(store, offer, number):
    offer("odd.txt", NUMBERED.replace("2025-2", number, 1))
    (stored,) = store.newest_records()
    assert re.fullmatch(r"399102/[\w-]+", stored.record.id)
    assert store.record(stored.record.id).record == stored.record


def test_words_with_a_nul_character_which_one_engine_has_not_are_refused_by_both(store, offer):
    words = SAMPLE.read_text(encoding="utf-8")
    at = words.rindex("。", 0, len(words) * 3 // 4)  # further on than a file's kind is looked for
    outcome = offer("a.txt", f"{words[:at]}\0{words[at:]}")
    assert (outcome.status, "NUL" in outcome.reason) == ("refused", True)
    assert not store.records()
    assert offer("b.txt", words).status == "imported"
