"""A message that names no matter is never answered with official words, and gets no offers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot.config import CHINA, Settings
from bot.message import Answer, Decline, Likely, Message, Suggest
from bot.reading.document import read_records
from bot.store import Store
from tests.conftest import SAMPLE, open_by_words

HERE = Path(__file__).parent
MADE_UP = HERE.parent / "records/made_up"
FILES = (
    SAMPLE,
    MADE_UP / "layout_f_compound_question.txt",
    MADE_UP / "layout_b_numbered_with_da.txt",
)


def lines(name):
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


WORDS = sorted({word for line in lines("function_words.txt") for word in line.split()})
FOLLOW_UPS = lines("follow_ups.txt")


@pytest.fixture(scope="module", params=["strict", "open"])
def desk(request, tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("nothing") / "irbot.db")
    for path in FILES:
        store.add(read_records(path.read_bytes(), path.name), path.read_bytes(), path.name)
    now = datetime(2026, 7, 1, 9, tzinfo=CHINA)
    return open_by_words(Settings(store.place, caution=request.param), lambda: now).responder


def wordy(desk, texts):
    """Those that official words, or offers, or a miss came of."""
    return [
        text
        for text in texts
        if isinstance(desk.reply(Message(text)), Answer | Likely | Suggest | Decline)
    ]


def test_function_words(desk):
    assert len(WORDS) >= 500
    assert wordy(desk, WORDS) == []
    assert wordy(desk, [f"{word}？" for word in WORDS]) == []


def test_follow_ups_without_a_subject(desk):
    assert len(FOLLOW_UPS) >= 100
    assert wordy(desk, FOLLOW_UPS) == []
    assert wordy(desk, [f"您好，请问{text}？谢谢！" for text in FOLLOW_UPS]) == []


@pytest.mark.parametrize(
    "text",
    [
        "毛利率",
        "收入",
        "原材料成本",
        "零件",
        "条件",
        "用地",
        "同行",
        "年会",
        "下单",
        "股东人数",
        "谢谢，毛利率呢",
        "目前订单进展如何",
        "关税有什么影响",
        "网传裁员属实吗",
        "2024年利润呢",
    ],
)
def test_a_noun_of_the_matter_is_looked_up(desk, text):
    assert wordy(desk, [text]) == [text]
