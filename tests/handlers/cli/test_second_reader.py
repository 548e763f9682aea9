"""The second reader at the command line: shown beside a reply, measured, and told by the doctor."""

from __future__ import annotations

import json

import pytest

from tests.fakes.reader import FakeReader, always

PATIENT = {"IR_READER_TIMEOUT_S": "20"}
UNDECIDED = "下修的事打算怎么弄呀"


@pytest.fixture
def loaded(irbot, imported, tmp_path):
    imported.copy(tmp_path / "data/irbot.db")
    return irbot


def test_it_is_asked_once_for_two_explanations_and_its_opinion_stands_in_both(loaded):
    plain = loaded("ask", UNDECIDED).stdout
    with FakeReader(always(1, is_sure=False)) as fake:
        explained = json.loads(
            loaded("ask", UNDECIDED, "--explain", "--json", **fake.env, **PATIENT).stdout
        )
        told = loaded("ask", UNDECIDED, "--explain", **fake.env, **PATIENT).stdout
        assert loaded("ask", UNDECIDED, **fake.env, **PATIENT).stdout == plain
        assert fake.messages == [UNDECIDED]
    (search,) = explained["explain"]["searches"]
    first = search["candidates"][0]
    assert search["second_reader"] == {
        "asked": min(5, search["second_reader"]["asked"]),
        "pick": first["id"],
        "said": "unsure",
        "confidence": first["confidence"],
        "counts": False,
    }
    assert told.startswith(plain)
    assert f"第二读者：选 {first['id']}，把握不大" in told
    assert "只看不用" in told


def test_eval_refuses_one_that_always_picks_the_first_and_says_why(loaded, tmp_path):
    (tmp_path / "q.tsv").write_text(f"{UNDECIDED}\t300253/2025-002#24\n", encoding="utf-8")
    with FakeReader(always(1)) as fake:
        done = loaded("eval", "--reader", "q.tsv", **fake.env, **PATIENT)
        assert done.returncode == 0
        assert "第二读者的效果" in done.stdout
        assert "不启用，意见仍只看不用。标注的提问太少" in done.stdout
        doctor = loaded("doctor", IR_READER="use", **fake.env, **PATIENT).stdout
    assert "注意 第二读者：scripted（127.0.0.1" in doctor
    assert "检验没有通过，意见只看不用：标注的提问太少" in doctor


def test_eval_says_where_there_is_none(loaded, tmp_path):
    (tmp_path / "q.tsv").write_text(f"{UNDECIDED}\t-\n", encoding="utf-8")
    done = loaded("eval", "--reader", "q.tsv")
    assert done.returncode == 1
    assert "没有设置第二读者" in done.stderr
