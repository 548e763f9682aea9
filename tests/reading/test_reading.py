"""Whole documents against what a person reads on the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.reading.document import read_records
from bot.store import Stored
from handlers.json_output import record_json
from tests.conftest import SAMPLE

IMPORTED = datetime(2026, 11, 24, tzinfo=UTC)
EXPECTED = Path(__file__).parents[1] / "records"


def test_the_sample_record_is_read_to_the_letter(sample):
    expected = json.loads((EXPECTED / "300253-2025-002.json").read_text(encoding="utf-8"))
    shown = record_json(Stored(sample.record, 1, IMPORTED, (), None))
    questions = expected.pop("questions")
    assert {name: shown[name] for name in expected} == expected
    assert [
        {name: item[name] for name in ("question_no", "question", "answer")}
        for item in shown["questions"]
    ] == questions


def test_parts_are_mapped_where_the_company_numbered_both_sides(sample):
    with_parts = [item for item in sample.record.questions if item.parts]
    assert [(item.number, len(item.parts)) for item in with_parts] == [(24, 3)]
    question = with_parts[0]
    assert question.part_question(2).startswith("公司发行 9.7 亿元可转债")
    assert question.part_answer(2).endswith("再次审议是否下修并对外披露。")
    assert question.part_answer(3).startswith("目前公司业务均在中国开展")


def test_every_character_of_the_sample_is_placed(sample):
    assert sample.proof.unplaced == ()


@pytest.mark.parametrize("where", [0.3, 0.5, 0.8])
def test_a_record_cut_short_never_gives_a_different_answer(where, sample):
    whole = {item.number: item for item in sample.record.questions}
    text = SAMPLE.read_text(encoding="utf-8")
    try:
        readings = read_records(text[: int(len(text) * where)].encode(), "cut.txt")
    except BotError:
        return
    for item in readings[0].record.questions[:-1]:
        assert item.answer == whole[item.number].answer


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02" * 99, "今天天气很好。".encode(), b"%PDF-1.7\n%%EOF"]
)
def test_what_is_no_record_is_refused(content):
    with pytest.raises(BotError):
        read_records(content, "file")
