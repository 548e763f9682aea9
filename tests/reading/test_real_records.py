"""Real records against what a person reads on the printed page.

The records are other people's copies and stay outside the repository: IR_TEST_RECORDS names their
folder. What is expected of each stands in records/real/, written from the page by means other than
this reader: ends of twelve characters and lengths, all without white space, so that the joining of
lines does not matter there; `judged` names what had to be decided.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.ingest.importing import Options, Outcome, import_files
from bot.store import Store
from handlers.json_output import record_json
from tests.conftest import SAMPLE

EXPECTED = Path(__file__).parents[1] / "records/real"
STEMS = sorted(path.stem for path in EXPECTED.glob("*.json"))
KINDS = {".pdf", ".txt"}
EXACT = ["id", "company_code", "company_name", "record_no", "activities_read"]
EXACT += ["event_start", "event_end", "links", "form_dates"]

given = os.environ.get("IR_TEST_RECORDS")
if not given and os.environ.get("CI") != "true":
    pytest.skip("IR_TEST_RECORDS 未设置：不核对真实记录表", allow_module_level=True)
if given and not Path(given).is_dir():
    pytest.skip(f"没有文件夹 {given}：不核对真实记录表", allow_module_level=True)


@pytest.fixture(scope="module")
def documents() -> dict[str, Path]:
    """Every real record by its stem."""
    if not given:
        pytest.fail("IR_TEST_RECORDS is not set: the real records are part of CI")
    found = [path for path in Path(given, "real").rglob("*") if path.suffix in KINDS]
    return {path.stem: path for path in sorted(found)}


@pytest.fixture(scope="module")
def alone(documents, tmp_path_factory):
    """One record imported into an empty store, once: its outcome, and what `show` says of it."""
    done: dict[str, tuple[Outcome, dict[str, Any]]] = {}

    def imported(stem: str) -> tuple[Outcome, dict[str, Any]]:
        if stem not in done:
            store = Store(tmp_path_factory.mktemp("alone") / "irbot.db")
            (outcome,) = import_files(store, [documents[stem]], Options())
            shown = [record_json(store.record(record.id)) for record in outcome.records]
            done[stem] = outcome, shown[0] if len(shown) == 1 else {}
        return done[stem]

    return imported


def test_every_expectation_has_its_document_and_every_document_its_expectation(documents):
    assert sorted(documents) == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_a_record_is_imported_into_an_empty_store_with_nothing_left_over(alone, stem):
    outcome, _ = alone(stem)
    assert (outcome.status, outcome.reason) == ("imported", "")
    assert [reading.proof.unplaced for reading in outcome.readings] == [()]


@pytest.mark.parametrize("stem", STEMS)
def test_the_head_of_the_form_says_what_is_printed(alone, stem):
    expected, shown = _expected(stem), _shown(alone, stem)
    seen = {name: shown[name] for name in EXACT}
    seen["title"] = _squashed(shown["title"])
    seen["place"] = shown["place"] and _squashed(shown["place"])
    seen["activities"] = [_squashed(activity) for activity in shown["activities"]]
    seen["attachments"] = [_squashed(attachment) for attachment in shown["attachments"]]
    seen["event_dates"] = [
        {**dates, "printed": _squashed(dates["printed"])} for dates in shown["event_dates"]
    ]
    seen["attendees"] = shown["attendees"] and _ends(shown["attendees"])
    seen["other"] = {_squashed(label): _ends(text) for label, text in shown["other"].items()}
    assert seen == {name: expected[name] for name in seen}


@pytest.mark.parametrize("stem", STEMS)
def test_the_hosts_are_named(alone, stem):
    expected, hosts = _expected(stem)["hosts"], _shown(alone, stem)["hosts"]
    assert len(hosts) == expected["count"]
    for name, host in zip(expected["names"], hosts, strict=True):
        if name and expected["glued"]:  # `董事会秘书焦海华`: where the title ends is not printed
            assert _squashed(host["printed"]).endswith(name)
        elif name:
            assert host["name"] == name


@pytest.mark.parametrize("stem", STEMS)
def test_every_question_has_its_own_words_and_its_whole_answer(alone, stem):
    expected, shown = _expected(stem), _shown(alone, stem)
    seen = [_question(item) for item in shown["questions"]]
    for one, other in zip(seen, expected["questions"], strict=False):
        assert one == {name: other[name] for name in one}
    assert len(seen) == expected["number_of_questions"] == len(expected["questions"])


@pytest.mark.parametrize("stem", [stem for stem in STEMS if stem.startswith("002415")])
def test_paragraphs_of_a_pdf_begin_where_the_page_indents_them(alone, stem):
    seen = {
        item["question_no"]: tuple(len(item[side].split("\n")) for side in ("question", "answer"))
        for item in _shown(alone, stem)["questions"]
    }
    assert seen == {
        item["question_no"]: (item["question_paragraphs"], item["answer_paragraphs"])
        for item in _expected(stem)["questions"]
    }


@pytest.mark.parametrize("stem", STEMS)
def test_words_that_answer_no_question_are_kept_as_narrative(alone, stem):
    seen = [
        {"heading": item["heading"] and _squashed(item["heading"]), **_ends(item["text"])}
        for item in _shown(alone, stem)["narrative"]
        if item["text"]
    ]
    assert seen == _expected(stem)["narrative"]


@pytest.mark.trial
def test_all_records_and_the_sample_are_imported_into_one_store(documents, tmp_path):
    store = Store(tmp_path / "irbot.db")
    outcomes = list(import_files(store, [SAMPLE, *documents.values()], Options()))
    assert {outcome.file: outcome.reason for outcome in outcomes if outcome.reason} == {}
    assert {outcome.status for outcome in outcomes} == {"imported"}
    ids = [_expected(stem)["id"] for stem in STEMS]
    assert sorted(stored.record.id for stored in store.records()) == sorted(
        ["300253/2025-002", *ids]
    )


def _expected(stem: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((EXPECTED / f"{stem}.json").read_text(encoding="utf-8"))
    return content


def _shown(alone: Any, stem: str) -> dict[str, Any]:
    outcome, shown = alone(stem)
    assert shown, outcome.reason or f"{len(outcome.records)} records"
    return dict(shown)


def _question(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "question_no": item["question_no"],
        "printed_label": item["printed_label"] and _squashed(item["printed_label"]),
        **{f"question_{name}": value for name, value in _ends(item["question"]).items()},
        **{f"answer_{name}": value for name, value in _ends(item["answer"]).items()},
    }


def _ends(text: str) -> dict[str, Any]:
    squashed = _squashed(text)
    return {"first": squashed[:12], "last": squashed[-12:], "length": len(squashed)}


def _squashed(text: str) -> str:
    return "".join(text.split())
