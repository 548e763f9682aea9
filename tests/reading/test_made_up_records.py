"""Made-up records, one for each layout and trap that was seen, read to the letter.

Beside each document lies what a person reads on its page, written by hand: `NAME.json`, the object
of `irbot show RECORD --json` (a list where the file holds several records), or
`NAME.refused.json`, the words that the refusal must hold. Adding a case adds files, no code.

Where the exact sentence is the reader's, `warnings_hold` and `notes_hold` name words that one of
them must contain; `parts_read` are the parts of compound questions, by question number;
`furniture_hold` are pieces of page furniture, page and text; `left_open` names fields for which the
page allows more than one reading; `squashed_hold` gives what such a field says without white space.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.ingest.importing import Options, import_files
from bot.store import Store
from handlers.json_output import record_json

FOLDER = Path(__file__).parents[1] / "records/made_up"
DOCUMENTS = sorted(
    path
    for path in FOLDER.iterdir()
    if path.is_file() and path.suffix not in (".json", ".py") and path.name != "README.md"
)
# Where a file came from and when it was published are the import's matter, not the page's.
NOT_ON_THE_PAGE = {"sources", "published_at", "version", "versions", "withdrawn"} | {
    "withdrawn_paragraphs",
    "withdrawn_questions",
    "paragraphs",
    "state",
    "states",
}


def expected_of(document: Path) -> Path:
    """The hand-written file beside a document."""
    whole, refused = document.with_suffix(".json"), document.with_suffix(".refused.json")
    assert whole.exists() != refused.exists(), f"{document.name} needs one expected file beside it"
    return whole if whole.exists() else refused


READ = [path for path in DOCUMENTS if expected_of(path).suffixes == [".json"]]
REFUSED = [path for path in DOCUMENTS if path not in READ]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "irbot.db")


def test_there_are_documents_of_every_layout():
    layouts = {path.name.split("_")[1] for path in READ if path.name.startswith("layout_")}
    traps = {path.name.split("_")[1] for path in DOCUMENTS if path.name.startswith("trap_")}
    assert layouts == set("abcdefghijklmn")
    assert traps == {f"{number:02}" for number in range(1, 17)}
    assert REFUSED


def test_no_expected_file_lacks_its_document():
    stems = {path.stem for path in DOCUMENTS}
    orphans = [
        path.name
        for path in FOLDER.glob("*.json")
        if path.name.removesuffix(".json").removesuffix(".refused") not in stems
    ]
    assert orphans == []


@pytest.mark.parametrize("document", READ, ids=lambda path: path.name)
def test_a_made_up_record_is_read_to_the_letter(document, store):
    expected = json.loads(expected_of(document).read_text(encoding="utf-8"))
    (outcome,) = import_files(store, [document], Options(), named=frozenset([document]))
    assert outcome.status == "imported", outcome.reason

    shown = [record_json(store.record(record.id)) for record in outcome.records]
    wanted = _listed(expected)
    assert [item["id"] for item in shown] == [item["id"] for item in wanted]
    for reading, one, other in zip(outcome.readings, shown, wanted, strict=True):
        _compare(reading, one, other)


def test_all_of_them_fit_into_one_store_and_stay_when_seen_again(store):
    wanted = {
        item["id"]: item
        for document in READ
        for item in _listed(json.loads(expected_of(document).read_text(encoding="utf-8")))
    }
    for status in ("imported", "unchanged"):
        outcomes = list(import_files(store, READ, Options()))
        assert {outcome.status for outcome in outcomes} == {status}
        shown = {stored.record.id: record_json(stored) for stored in store.records()}
        assert set(shown) == set(wanted)
        for record_id, item in wanted.items():
            assert shown[record_id]["questions"] == item["questions"]


@pytest.mark.parametrize("document", REFUSED, ids=lambda path: path.name)
def test_what_cannot_be_proven_is_refused_by_name(document, store):
    expected = json.loads(expected_of(document).read_text(encoding="utf-8"))
    (outcome,) = import_files(store, [document], Options(), named=frozenset([document]))
    assert outcome.status == "refused"
    assert store.records() == []
    reasons = outcome.reason.splitlines()
    assert all(document.name in reason for reason in reasons)
    for words in expected["reasons_hold"]:
        assert words in outcome.reason
    if expected.get("lines"):
        assert len(reasons) == expected["lines"]


def _listed(expected):
    return expected if isinstance(expected, list) else [expected]


def _compare(reading, shown, wanted):
    assert reading.proof.unplaced == ()
    wanted = dict(wanted)
    parts = wanted.pop("parts_read", None)
    furniture = {(piece.page, piece.text) for piece in reading.proof.furniture}
    assert {tuple(piece) for piece in wanted.pop("furniture_hold", ())} <= furniture
    for name, words in wanted.pop("squashed_hold", {}).items():
        assert "".join(shown[name].split()) == words
    for name in wanted.pop("left_open", ()):
        wanted[name] = shown[name]
    for name in ("warnings", "notes"):
        for words in wanted.pop(f"{name}_hold", ()):
            assert any(words in line for line in shown[name]), (words, shown[name])
    # Warnings and notes that the expected file does not name are the reader's own.
    left_open = {"warnings", "notes"} - set(wanted)
    assert {name: shown[name] for name in wanted if name != "questions"} == {
        name: value for name, value in wanted.items() if name != "questions"
    }
    assert set(shown) - set(wanted) <= NOT_ON_THE_PAGE | left_open
    assert shown["questions"] == wanted["questions"]
    if parts is not None:
        assert {
            str(item.number): [
                {
                    "part_question": item.part_question(part.number),
                    "part_answer": item.part_answer(part.number),
                }
                for part in item.parts
            ]
            for item in reading.record.questions
            if item.parts
        } == parts
