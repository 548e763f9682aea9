"""What a workspace sees."""

from __future__ import annotations

import time


def _text(post):
    """What a person reads in the blocks."""
    return "\n".join(
        "".join(element["text"] for element in section["elements"] if "text" in element)
        for block in post["blocks"]
        if block["type"] == "rich_text"
        for section in block["elements"]
    )


def test_a_mention_is_answered_once_in_its_thread(bot, slack, desk):
    ts = slack.mention("可转债")
    post = slack.until(lambda: slack.posts)[0]
    assert (post["channel"], post["thread_ts"]) == ("C1", ts)
    for fact in (
        "卫宁健康（300253）2025-04-28 业绩说明会",
        "编号2025-002 第24问第2小问（共3小问）",
    ):
        assert fact in _text(post)
        assert fact in post["text"]
    time.sleep(0.3)
    assert len(slack.posts) == 1


def test_repetitions_edits_and_the_same_message_as_another_event_are_answered_once(bot, slack):
    ts = slack.mention("关税")
    slack.until(lambda: slack.posts)
    slack.mention("关税！", ts=ts, edited={"user": "U1", "ts": ts})
    slack.event("message", "关税", "C1", "U1", ts=ts, channel_type="im")
    slack.until(lambda: slack.unacknowledged() == 0)
    time.sleep(0.3)
    assert len(slack.posts) == 1


def test_a_direct_message_is_answered_in_its_thread(bot, slack):
    ts = slack.direct("#7")
    post = slack.until(lambda: slack.posts)[0]
    assert post["thread_ts"] == ts
    assert "第7问" in _text(post)


def test_a_bare_mention_gets_help(bot, slack):
    slack.mention("")
    assert "直接提问" in _text(slack.until(lambda: slack.posts)[0])


def test_bots_subtypes_and_other_teams_are_acknowledged_and_left(bot, slack):
    slack.direct("可转债", bot_id="B9")
    slack.direct("可转债", subtype="message_changed")
    slack.mention("可转债", user_team="T0OTHER")
    slack.event("reaction_added", None, "C1", "U1")
    slack.until(lambda: slack.unacknowledged() == 0)
    time.sleep(0.3)
    assert not slack.posts


def test_a_command_is_answered_inside_its_acknowledgement(bot, slack):
    answer = slack.command("可转债")
    assert answer["response_type"] == "ephemeral"
    assert "第24问第2小问" in _text(answer)
    assert not slack.posts


def test_an_offer_pressed_in_a_thread_is_answered_there(bot, slack):
    slack.mention("可转债")
    post = slack.until(lambda: slack.posts)[0]
    slack.press(post, "全文")
    whole = slack.until(lambda: slack.posts[1:])[0]
    assert whole["thread_ts"] == post["thread_ts"]
    assert "（节选）" not in _text(whole)


def test_an_ephemeral_answer_is_shared_naming_who_did(bot, slack):
    answer = slack.command("可转债")
    slack.press(answer, "分享到频道", user="U7")
    shared = slack.until(lambda: slack.responses)[0]
    assert shared["response_type"] == "in_channel"
    assert shared["blocks"][0]["elements"][0]["elements"][0]["user_id"] == "U7"
    assert "第24问" in _text(shared)


def test_an_opinion_is_kept_with_question_and_query(bot, slack, store):
    slack.mention("可转债")
    slack.press(slack.until(lambda: slack.posts)[0], "有用")
    from bot.schema import connect

    (row,) = connect(store.path).query("SELECT * FROM feedback")
    assert (row["question_id"], row["query"], row["helpful"]) == (
        "300253/2025-002#24.2",
        "可转债",
        1,
    )


def test_the_shortcut_answers_the_asker_only(bot, slack):
    slack.shortcut("可转债")
    shown = slack.until(lambda: slack.responses)[0]
    assert shown["response_type"] == "ephemeral"
    assert "第24问" in _text(shown)


def test_app_home_tells_what_is_stored(bot, slack):
    slack.event("app_home_opened", None, "D1", "U1", tab="home")
    view = slack.until(lambda: slack.views)[0]["view"]
    assert "300253/2025-002" in _text(view)
