"""What a workspace sees."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from flask import jsonify

from bot.config import load_settings
from bot.delivery.mailbox import undelivered
from bot.store.connection import connect
from tests.conftest import NOW
from tests.handlers.slack.conftest import running
from tests.handlers.slack.conftest import shown_text as _text


def test_a_mention_is_answered_once_in_its_thread(bot, slack):
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


SISTER, FOREIGN = {"user_team": "T0SISTER"}, {"user_team": "T0FOREIGN"}
GRID, SHARED = {"enterprise_id": "E0HOME"}, {"is_ext_shared_channel": True}


def test_sister_workspaces_of_the_organisation_are_answered_and_other_organisations_left(
    slack, store, tmp_path
):
    slack.enterprise = "E0HOME"
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    with running(settings):
        slack.until(lambda: slack.sockets)
        answered = [
            slack.mention("关税", "C1", user_team="E0HOME"),
            slack.mention("关税", "C2", **SISTER, body=GRID),
            slack.mention("关税", "C3", **SISTER, body={**GRID, **SHARED, "team_id": "T0SISTER"}),
            slack.mention("关税", "C4", user_team=None, source_team="E0HOME"),
        ]
        left: list[dict[str, Any]] = [
            {"user_team": "E0FOREIGN"},
            {**FOREIGN, "body": {"enterprise_id": "E0FOREIGN", **SHARED}},
            {**FOREIGN, "body": {**GRID, **SHARED}},
            {**FOREIGN, "body": {"enterprise_id": None}},
            {"user_team": "?"},
        ]
        for at, more in enumerate(left):
            slack.mention("关税", f"C9{at}", **more)
        slack.until(lambda: slack.unacknowledged() == 0 and len(slack.posts) == len(answered))
        time.sleep(0.1)
    assert {post["thread_ts"] for post in slack.posts} == set(answered)


def test_outside_enterprise_grid_every_other_team_is_left(bot, slack):
    for sender in ("E0HOME", "T0SISTER"):
        slack.mention("关税", "C1", user_team=sender, body={"enterprise_id": None})
    slack.mention("关税", "C2")
    slack.until(lambda: slack.unacknowledged() == 0 and slack.posts)
    assert [post["channel"] for post in slack.posts] == ["C2"]


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


def test_an_offer_only_the_asker_sees_is_replaced_by_what_is_picked(bot, slack):
    offer = slack.command("WiNEX 进展如何？")
    assert "不代表公司观点" in _text(offer)
    slack.press(offer, "A")
    picked = slack.until(lambda: slack.responses)[0]
    assert (picked["replace_original"], picked["response_type"]) == (True, "ephemeral")
    assert "公司答" in _text(picked)
    slack.press(picked, "分享到频道")
    assert slack.until(lambda: slack.responses[1:])[0]["replace_original"] is False


def test_what_is_shared_is_what_was_read(bot, slack):
    excerpt = slack.command("可转债")
    slack.press(excerpt, "分享到频道")
    assert "（节选）" in _text(slack.until(lambda: slack.responses)[0])
    slack.press(excerpt, "全文")
    whole = slack.until(lambda: slack.responses[1:])[0]
    slack.press(whole, "分享到频道")
    shared = slack.until(lambda: slack.responses[2:])[0]
    assert "（节选）" not in _text(shared)
    assert _text(whole) in _text(shared)


def test_a_button_of_a_question_that_is_gone_gets_the_ordinary_decline(bot, slack, store):
    slack.mention("可转债")
    post = slack.until(lambda: slack.posts)[0]
    store.withdraw("300253/2025-002#24", "更正中")
    slack.press(post, "全文")
    pressed = slack.until(lambda: slack.posts[1:])[0]
    slack.mention("公司养不养鲸鱼")
    assert _text(pressed) == _text(slack.until(lambda: slack.posts[2:])[0])


def test_what_is_held_since_it_was_answered_is_shared_with_nobody(bot, slack, store):
    answered = slack.command("可转债")
    store.hold("300253/2025-002#24", "静默期")
    slack.press(answered, "分享到频道")
    shared = _text(slack.until(lambda: slack.responses)[0])
    assert "可转债" not in shared
    assert _text(slack.command("公司养不养鲸鱼")) in shared


def test_two_people_who_press_at_once_are_answered_both(bot, slack):
    slack.mention("WiNEX 进展如何？")
    post = slack.until(lambda: slack.posts)[0]
    slack.press(post, "A", user="U1")
    slack.press(post, "A", user="U2")
    slack.until(lambda: len(slack.posts) == 3)


@pytest.mark.parametrize(
    "text",
    [
        "问" * 10_000,
        "",
        "🙂🙂",
        "\x00\x1b[2J\x07",
        "<@U2> <@W3|张三> <!here>",
        "\ud800",
        "'; DROP TABLE inbox;--",
        "&lt;b&gt; *_~`",
    ],
)
def test_whatever_is_typed_gets_one_reply_that_calls_nobody(bot, slack, text):
    slack.mention(text)
    post = slack.until(lambda: slack.posts)[0]
    assert post["text"]
    assert not {"<!", "<@"} & {post["text"][at : at + 2] for at in range(len(post["text"]))}
    assert (post["unfurl_links"], post["unfurl_media"]) == (False, False)
    slack.command(text)
    slack.mention("#7", channel="C2")
    slack.until(lambda: len(slack.posts) == 2)


def test_help_says_that_commands_do_not_work_in_threads(bot, slack):
    assert "话题内不能用斜杠命令" in _text(slack.command("帮助"))


def test_a_nine_thousand_character_answer_arrives_whole_and_in_order(bot, slack, store, sample):
    answer = "".join(f"第{at}句，公司经营正常。" for at in range(2_000))
    question = replace(sample.record.questions[0], answer=answer, parts=())
    record = replace(sample.record, record_no="2025-009", questions=(question,))
    store.add([replace(sample, record=record)], b"long", "long.txt")
    for text in ("300253/2025-009#1",):
        slack.mention(text)
        slack.until(lambda: "出处" in "".join(map(_text, slack.posts)))
        assert len(slack.posts) > 1
        assert len({post["thread_ts"] for post in slack.posts}) == 1
        assert answer in "".join(_text(post) for post in slack.posts)
        asked = slack.command(text)
        assert asked == {}
        slack.until(lambda: "出处" in "".join(map(_text, slack.responses)))
        assert answer in "".join(_text(part) for part in slack.responses)


def test_counters_tell_what_happened_and_the_log_tells_nobodys_words(bot, slack, caplog):
    caplog.set_level("INFO")
    slack.mention("可转债", channel="C1")
    slack.mention("WiNEX 进展如何？", channel="C2")
    slack.mention("明天会下雨吗", channel="C3")
    slack.command("关税")
    slack.until(lambda: len(slack.posts) == 3)
    slack.until(lambda: bot.delivery.counters.all()["sent"] == 3)
    counted = bot.delivery.counters.all()
    names = ("asked", "answered", "offered", "declined", "retries")
    assert [counted[name] for name in names] == [4, 2, 1, 1, 0]
    assert "answered platform=slack" in caplog.text
    for word in ("可转债", "WiNEX", "下雨", "关税", "xoxb-", "xapp-", "respond/"):
        assert word not in caplog.text


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "restricted_action"])
def test_what_a_channel_refuses_is_sent_to_the_asker_and_holds_up_no_other(
    unpaced, bot, slack, store, code
):
    slack.closed["C1"] = code
    slack.mention("可转债", channel="C1", user="U7")
    slack.mention("关税", channel="C2")
    slack.until(lambda: len(slack.posts) == 2)
    posts = {post["channel"]: post for post in slack.posts}
    assert posts.keys() == {"U7", "C2"}
    assert "thread_ts" not in posts["U7"]
    assert "C1 的提问" in posts["U7"]["text"]
    assert "第24问第2小问" in _text(posts["U7"])
    assert not undelivered(store.path)
    assert bot.chat.state == "connected"


def test_what_a_thread_refuses_is_shown_to_the_asker_alone_in_the_channel(
    unpaced, bot, slack, store
):
    slack.closed["C1"] = "restricted_action_thread_locked"
    slack.mention("可转债", user="U7")
    (shown,) = slack.until(lambda: slack.ephemerals)
    assert (shown["channel"], shown["user"]) == ("C1", "U7")
    assert "第24问第2小问" in _text(shown)
    slack.refusals["chat.postEphemeral"] = "user_not_in_channel"
    slack.mention("关税", user="U7")
    (post,) = slack.until(lambda: slack.posts)
    assert post["channel"] == "U7"
    slack.closed["U7"] = "messages_tab_disabled"
    slack.mention("#7", user="U7")
    slack.until(
        lambda: [row["ref"] for row in undelivered(store.path)] == ["messages_tab_disabled"]
    )


@pytest.mark.parametrize("code", ["message_limit_exceeded", "team_added_to_org", "rate_limited"])
def test_what_slack_refuses_for_the_moment_is_tried_again(bot, slack, store, code):
    refused: list[object] = []

    def refuse(method, given):
        if method == "chat.postMessage" and not refused:
            refused.append(given)
            return jsonify({"ok": False, "error": code})
        return None

    slack.faults.append(refuse)
    ts = slack.mention("可转债")
    assert slack.until(lambda: slack.posts)[0]["thread_ts"] == ts
    assert len(slack.posts) == len(refused) == 1
    assert not undelivered(store.path)


def test_blocks_that_slack_refuses_go_out_as_text(bot, slack):
    def refuse(method, given):
        if method == "chat.postMessage" and "blocks" in given:
            return jsonify({"ok": False, "error": "invalid_blocks"})
        return None

    slack.faults.append(refuse)
    slack.mention("可转债")
    post = slack.until(lambda: slack.posts)[0]
    assert "编号2025-002 第24问" in post["text"]
    assert post["mrkdwn"] in (False, "0")


def test_a_token_revoked_at_work_fails_the_chat_and_loses_no_answer(slack, store, tmp_path):
    def revoked(method, given):
        if method == "chat.postMessage":
            return jsonify({"ok": False, "error": "token_revoked"})
        return None

    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    slack.faults.append(revoked)
    with running(settings) as bot:
        slack.until(lambda: slack.sockets)
        ts = slack.mention("可转债")
        slack.until(lambda: bot.chat.state == "failed")
        assert not undelivered(store.path)
    slack.faults.clear()
    with running(settings):
        assert slack.until(lambda: slack.posts)[0]["thread_ts"] == ts


def test_an_answer_that_takes_longer_than_slack_waits_comes_a_little_later(
    slack, store, tmp_path, monkeypatch
):
    def slow():  # every answer asks what time it is
        time.sleep(0.3)
        return NOW

    monkeypatch.setattr("handlers.slack.events._ACK_WITHIN_S", 0.1)
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    with running(settings, now=slow):
        slack.until(lambda: slack.sockets)
        assert slack.command("明天会下雨吗") == {}
        assert "未找到" in _text(slack.until(lambda: slack.responses)[0])
        time.sleep(0.5)
    assert len(slack.responses) == len(list(store.misses())) == 1


def test_the_agent_pane_is_answered_in_its_thread_and_opening_it_publishes_no_home(bot, slack):
    slack.event("app_home_opened", None, "DU1", "U1", tab="messages")
    ts = slack.direct("最新")
    assert slack.until(lambda: slack.posts)[0]["thread_ts"] == ts
    follow_up = slack.direct("关税", thread_ts=ts)
    assert follow_up != ts
    assert slack.until(lambda: slack.posts[1:])[0]["thread_ts"] == ts
    assert not slack.views


def test_an_app_that_was_uninstalled_is_failed(bot, slack):
    slack.event("tokens_revoked", None, "", "", tokens={"oauth": ["U1"]})
    slack.until(lambda: slack.unacknowledged() == 0)
    assert bot.chat.state == "connected"
    slack.event("app_uninstalled", None, "", "")
    slack.until(lambda: bot.chat.state == "failed")


def test_requests_of_unknown_kinds_are_acknowledged(bot, slack):
    for body in (
        {"type": "block_actions", "actions": [{"action_id": "of_an_older_version"}]},
        {"type": "view_submission", "view": {"callback_id": "x"}},
        {"type": "shortcut", "callback_id": "x"},
        {"type": "of the future"},
    ):
        assert slack.interact({"team": {"id": "T0HOME"}, "user": {"id": "U1"}, **body}) == {}
