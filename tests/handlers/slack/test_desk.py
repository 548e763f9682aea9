"""What the record does not answer goes to the desk, and the desk's answer to who asked."""

from __future__ import annotations

import time

import pytest

from bot.config import load_settings
from bot.store.connection import connect
from tests.handlers.slack.conftest import running
from tests.handlers.slack.conftest import shown_text as _text

_QUESTION = "明天会下雨吗？"


@pytest.fixture
def settings(slack, store, tmp_path):
    return load_settings(
        {
            **slack.env,
            "IR_DB": "irbot.db",
            "IR_DESK_CHANNELS": "wrDESK,CDESK",
            "IR_CONTACT": "董办",
        },
        tmp_path,
    )


@pytest.fixture
def bot(slack, settings):
    with running(settings) as bot:
        slack.until(lambda: slack.sockets)
        yield bot


def _in(slack, channel, count):
    """The channel's posts once there are so many, and no more come."""
    slack.until(lambda: len([post for post in slack.posts if post["channel"] == channel]) >= count)
    time.sleep(0.2)
    posts = [post for post in slack.posts if post["channel"] == channel]
    assert len(posts) == count
    return posts


def _declined(slack, **more):
    asked = slack.mention(_QUESTION, **more)
    return slack.until(lambda: [post for post in slack.posts if post["thread_ts"] == asked])[0]


def test_a_question_is_handed_over_once_with_a_link_and_answered_in_its_thread(bot, slack):
    declined = _declined(slack, channel="C100", user="U100")
    for user in ("U100", "U100", "U200"):
        slack.press(declined, "转给证券部", user=user)
    *_, told = _in(slack, "C100", 4)
    assert _text(told) == "已转给证券部；有答复会在这里告诉您。"
    (post,) = _in(slack, "CDESK", 1)
    asked = declined["thread_ts"].replace(".", "")
    assert _QUESTION in _text(post)
    assert [element for element in _elements(post) if element["type"] != "text"] == [
        {"type": "user", "user_id": "U100"},
        {"type": "channel", "channel_id": "C100"},
        {
            "type": "link",
            "url": f"https://home.slack.com/archives/C100/p{asked}",
            "text": "查看原消息",
        },
    ]
    said = slack.reply(
        post,
        "公司暂无 <@U5> 此业务 *计划*，见<https://example.com/a> <https://example.com/b|公告> :+1:",
    )
    slack.event("message", "公司暂无", "CDESK", "U9", thread_ts=post["ts"], ts=said)  # again
    slack.reply(post, "<@U0BOT> 可转债")  # a mention is the bot's, and comes as its own event
    slack.reply(post, "", subtype="channel_join")
    slack.reply({**post, "ts": "1.1"}, "别的话题")
    answer = _in(slack, "C100", 5)[-1]
    assert answer["thread_ts"] == declined["thread_ts"]
    assert _text(answer).splitlines() == [
        "证券部对“明天会下雨吗？”的答复（不是活动记录原文）：",
        "公司暂无 此业务 *计划*，见 https://example.com/a 公告 https://example.com/b :+1:",
    ]
    assert _text(_in(slack, "CDESK", 2)[-1]) == "已转告提问人。"


def test_an_edited_question_is_handed_over_as_it_reads_now(bot, slack):
    ts = slack.mention(_QUESTION)
    (declined,) = _in(slack, "C1", 1)
    slack.edit(ts, "<@U0BOT> 后天会下雪吗？", f"<@U0BOT> {_QUESTION}")
    slack.until(lambda: slack.updates)
    slack.press(declined, "转给证券部")
    (post,) = _in(slack, "CDESK", 1)
    assert "后天会下雪吗？" in _text(post)
    assert _QUESTION not in _text(post)


def test_an_answer_of_the_desk_that_is_edited_is_told_once_more(bot, slack):
    declined = _declined(slack)
    slack.press(declined, "转给证券部")
    _in(slack, "CDESK", 1)
    said = slack.mention("转办1 没有计划", channel="CDESK", user="U9")
    _in(slack, "CDESK", 2)
    after, before = "<@U0BOT> 转办1 暂无计划", "<@U0BOT> 转办1 没有计划"
    slack.edit(said, after, before, channel="CDESK", message={"user": "U9"})
    *_, first, second = _in(slack, "C1", 4)
    assert [_text(post).splitlines()[-1] for post in (first, second)] == ["没有计划", "暂无计划"]
    assert [post["ts"] for post in slack.updates] == [_in(slack, "CDESK", 2)[1]["ts"]]


def test_in_a_thread_it_is_handed_over_without_reading_how_the_thread_began(bot, slack):
    slack.mention(_QUESTION, channel="C7", user="U7")
    (declined,) = _in(slack, "C7", 1)
    slack.mention("转给证券部", channel="C7", user="U7", thread_ts=declined["thread_ts"])
    assert _QUESTION in _text(_in(slack, "CDESK", 1)[0])
    assert _text(_in(slack, "C7", 2)[-1]) == "已转给证券部；有答复会在这里告诉您。"


def test_a_handover_survives_restarts_and_is_told_to_who_asked_by_a_command(slack, settings):
    with running(settings):
        slack.until(lambda: slack.sockets)
        declined = slack.command(_QUESTION, user="U3")
        slack.press(declined, "转给证券部", user="U3")
        (post,) = _in(slack, "CDESK", 1)
    with running(settings):
        slack.until(lambda: len(slack.sockets) == 1)
        slack.press(declined, "转给证券部", user="U3")
        assert slack.command("转给证券部", user="U3") == {}  # as typed, of what was asked last
        slack.until(lambda: len(slack.responses) == 3)
        assert len(_in(slack, "CDESK", 1)) == 1
        slack.mention("转办1 公司暂无此业务。", channel="CDESK", user="U9", thread_ts=post["ts"])
        slack.mention("转办7 公司暂无此业务。", channel="CDESK", user="U9")
        slack.mention("转办1", channel="CDESK", user="U9")
        (answer,) = _in(slack, "U3", 1)
        assert "公司暂无此业务。" in _text(answer)
        told = [_text(post) for post in _in(slack, "CDESK", 4)[1:]]
        assert told[0] == "已转告提问人。"
        assert told[1].startswith("没有 转办7 这条提问")
        assert told[2].startswith("请写上答复内容")


def test_a_desk_that_is_gone_is_told_to_the_asker_who_may_try_again(bot, slack, store):
    slack.closed["CDESK"] = "is_archived"
    declined = _declined(slack)
    slack.press(declined, "转给证券部")
    told = _in(slack, "C1", 3)[-1]
    assert told["thread_ts"] == declined["thread_ts"]
    assert _text(told) == "没有确认“明天会下雨吗？”已转到证券部，或联系：董办"
    slack.closed.clear()
    slack.press(declined, "转给证券部")
    assert "转办2" in _text(_in(slack, "CDESK", 1)[0])
    slack.faults.clear()
    keys = [row["key"] for row in connect(store.path).query("SELECT key FROM outbox")]
    assert sum(key.startswith("handover/") for key in keys) == 3


def test_a_link_that_slack_does_not_give_holds_up_no_question(bot, slack):
    from flask import jsonify

    slack.faults.append(
        lambda method, given: (
            jsonify({"ok": False, "error": "message_not_found"})
            if method == "chat.getPermalink"
            else None
        )
    )
    slack.press(_declined(slack), "转给证券部")
    (post,) = _in(slack, "CDESK", 1)
    assert _QUESTION in _text(post)


def test_the_desk_itself_and_a_bot_without_one_are_offered_no_handover(bot, slack, store, tmp_path):
    assert "转给证券部" not in str(_declined(slack, channel="CDESK")["blocks"])
    slack.mention("转给证券部", user="U4")  # who asked nothing
    slack.until(lambda: "没有可转的提问" in _text(slack.posts[-1]))


def test_without_a_desk_there_is_no_button(slack, store, tmp_path):
    with running(load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)):
        slack.until(lambda: slack.sockets)
        declined = _declined(slack)
        assert "转给证券部" not in str(declined["blocks"])
        slack.mention("转给证券部", channel="C2")
        slack.until(lambda: len(slack.posts) == 2)
        assert not list(connect(store.path).query("SELECT 1 FROM handovers"))


def _elements(post):
    return [
        element
        for block in post["blocks"]
        if block["type"] == "rich_text"
        for section in block["elements"]
        for element in section["elements"]
    ]
