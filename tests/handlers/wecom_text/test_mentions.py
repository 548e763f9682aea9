"""Every shape of a mention that was seen, and the rules behind them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from handlers.wecom_text.mentions import read

CASES = json.loads(Path(__file__).with_name("vectors.json").read_text())["mention"]
NAMES = ("投关小助手", "IR Bot", "IRBot")


def test_every_case_is_run():
    assert len(CASES) == 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_mention_is_taken_off(case):
    said = read(case["raw"], case["bot_names"], in_group=case["mode"] == "group")
    assert said.text == case["expected"]
    assert said.command == case.get("command")
    assert said.args == case.get("args", case["expected"])


@pytest.mark.parametrize(
    ("raw", "args"),
    [
        # hand-typed after a comma, with a colon and spaces around it
        ("@投关小助手 ： 毛利率？", "毛利率？"),
        ("@投关小助手\u2005\u200b/ir\u3000毛利率？", "毛利率？"),
        # the bot is meant although somebody else stands first
        ("@张三 你怎么看 @投关小助手 毛利率？", "@张三 你怎么看 毛利率？"),
        # a digit right after the word: a question about /ir2024, not a command
        ("@投关小助手 /ir2024 是什么", "/ir2024 是什么"),
        ("@投关小助手@投关小助手毛利率？", "毛利率？"),
        ("@投关小助手\n/help", ""),
    ],
)
def test_a_group_message_is_read(raw, args):
    assert read(raw, NAMES, in_group=True).args == args


def test_a_name_that_is_not_configured_is_noticed_in_groups_only():
    assert read("@新名字 毛利率？", NAMES, in_group=True).stale_name
    assert not read("@新名字 毛利率？", NAMES, in_group=False).stale_name
    assert not read("@投关小助手 毛利率？", NAMES, in_group=True).stale_name


def test_a_name_with_markup_of_regular_expressions_is_taken_literally():
    assert read("@IR(测试)+ 毛利率？", ("IR(测试)+",), in_group=True).args == "毛利率？"
