"""What the record does not answer goes to the desk's group, and its answer to who asked."""

from __future__ import annotations

import time

import pytest

from tests.fakes.wecom import NAME
from tests.handlers.wecom.test_app import settled

_QUESTION = "今天天气怎么样"
_DESK = ("CSLACK", "wrDESK")


@pytest.fixture
def bot(start, wecom):
    chat, bot = start(desk_channels=_DESK)
    wecom.until(lambda: chat.state == "connected")
    wecom.mention(
        "帮助", chat="wrDESK", user="mishu"
    )  # where nobody spoke, nobody can be written to
    settled(wecom, "wrDESK", 1)
    return chat, bot


def _hand_over(wecom, chat):
    """Press the button below a decline; returns what the desk is shown."""
    wecom.mention(_QUESTION, chat=chat)
    (declined,) = settled(wecom, chat, 1)
    assert "转给证券部" in declined["content"]
    before = len(settled(wecom, "wrDESK", 1))
    for user in ("zhangsan", "lisi", "lisi"):
        wecom.press(declined, "转给证券部", user=user)
    settled(wecom, chat, 4)
    posts = settled(wecom, "wrDESK", before + 1)
    assert len(posts) == before + 1
    return posts[-1]


def test_a_question_is_handed_over_once_and_its_answer_comes_by_quotation(bot, wecom):
    post = _hand_over(wecom, "wrA")
    assert "zhangsan 在 wrA 提问" in post["content"]
    assert _QUESTION in post["content"]
    title = wecom.updates[0]["template_card"]["main_title"]["title"]
    assert title == "已转给证券部；有答复会在这里告诉您。"
    quote = {"msgtype": "text", "text": {"content": post["content"]}}
    wecom.mention(
        "晴，*最高* 12 度，见https://example.com/a [微笑]", chat="wrDESK", user="mishu", quote=quote
    )
    answer = settled(wecom, "wrA", 5)[-1]
    assert answer["cmd"] == "aibot_send_msg"
    assert f"证券部对“{_QUESTION}”的答复（不是活动记录原文）" in answer["content"]
    assert "晴，*最高* 12 度，见https://example.com/a [微笑]" in answer["content"]
    assert "已转告提问人" in settled(wecom, "wrDESK", 3)[-1]["content"]
    # The same words quoted elsewhere, or by who is not the desk, are a question as any other.
    wecom.mention("晴", chat="wrB", quote=quote)
    settled(wecom, "wrB", 1)
    assert len(settled(wecom, "wrA", 5)) == 5
    assert not wecom.refused


def test_both_ways_work_typed(bot, wecom):
    wecom.say(_QUESTION, user="wangwu")
    settled(wecom, "wangwu", 1)
    wecom.say("转给证券部。", user="wangwu")
    wecom.say("转给证券部：明年天气怎么样", user="wangwu")
    posts = settled(wecom, "wrDESK", 3)[1:]
    assert _QUESTION in posts[0]["content"]
    assert "\n\n明年天气怎么样\n\n" in posts[1]["content"]
    wecom.message(
        "wrDESK",
        "mishu",
        msgtype="text",
        text={"content": f"@{NAME} 【转办2】：不知道，见https://example.com/a"},
    )
    answer = settled(wecom, "wangwu", 4)[-1]["content"]
    assert "“明年天气怎么样”" in answer
    assert "不知道，见https://example.com/a" in answer


def test_a_desk_that_cannot_be_reached_is_told_to_the_asker(start, wecom):
    chat, _ = start(desk_channels=("wrGONE",))
    wecom.until(lambda: chat.state == "connected")
    wecom.mention(_QUESTION, chat="wrA")
    (declined,) = settled(wecom, "wrA", 1)
    wecom.press(declined, "转给证券部")
    wecom.until(lambda: any("没有确认" in (post["content"] or "") for post in wecom.posts))
    time.sleep(0.1)
    told = [post["content"] for post in settled(wecom, "wrA", 3)[1:]]
    assert told == [
        "已转给证券部；有答复会在这里告诉您。",
        f"没有确认“{_QUESTION}”已转到证券部。",
    ]


def test_where_a_card_does_not_reach_it_is_said_what_to_type(bot, wecom):
    wecom.faults.append(
        lambda frame: 40008 if "template_card" in (frame.get("body") or {}) else None
    )
    wecom.mention(_QUESTION, chat="wrA")
    (post,) = settled(wecom, "wrA", 1)
    assert post["card"] is None
    assert post["content"].endswith("回复“转给证券部”即可转交。")
