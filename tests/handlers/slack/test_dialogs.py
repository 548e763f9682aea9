"""Talks in Slack: threads, quotations, edits and picks, as the people in them see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import make_response

from tests.handlers.slack.conftest import shown_text

OFFERS = ("WiNEX 进展如何？", "收入下滑")


class Talk:
    """Says something and waits for the reply."""

    def __init__(self, slack):
        self.slack = slack

    def say(self, text, **more):
        count = len(self.slack.posts)
        ts = self.slack.mention(text, **more)
        return ts, self.slack.until(lambda: self.slack.posts[count:])[0]

    def press(self, post, label, **more):
        count = len(self.slack.posts)
        self.slack.press(post, label, **more)
        return self.slack.until(lambda: self.slack.posts[count:])[0]


@pytest.fixture
def talk(unpaced, bot, slack):
    return Talk(slack)


def first_option(post):
    """The question of the list's first line."""
    line = next(line for line in shown_text(post).split("\n") if line.startswith("A. "))
    return line.partition("）")[2]


def test_two_threads_keep_their_lists_whoever_picks_and_however_often(talk):
    one, list_one = talk.say(OFFERS[0], user="U1")
    other, list_other = talk.say(OFFERS[1], user="U1")
    picks = [("A", one, list_one), ("a", other, list_other), ("A", one, list_one)]
    for user, (letter, thread, offer) in zip(("U2", "U3", "U1"), picks, strict=True):
        _, answer = talk.say(letter, user=user, thread_ts=thread)
        assert answer["thread_ts"] == thread
        assert first_option(offer) in shown_text(answer)
    pressed = talk.press(list_one, "A", user="U9")
    assert first_option(list_one) in shown_text(pressed)
    _, typed = talk.say("A", user="U2", thread_ts=one)
    assert first_option(list_one) in shown_text(typed)


def test_the_whole_answer_in_a_thread_is_the_threads(talk):
    thread, _ = talk.say("可转债", user="U1")
    talk.say("关税", user="U2")
    _, whole = talk.say("全文", user="U2", thread_ts=thread)
    assert "第24问" in shown_text(whole)
    assert "（节选）" not in shown_text(whole)
    _, none = talk.say("全文", user="U2", thread_ts="1600000000.000100")
    assert "还没有引用过答复" in shown_text(none)


def test_a_forwarded_message_is_the_question_of_who_adds_none(talk):
    forwarded = [{"is_share": True, "author_name": "张三", "text": "<@U2> 可转债何时下修？"}]
    for typed in ("", "帮我查一下这个", ":point_up:", "<https://a.example/b>"):
        _, post = talk.say(typed, attachments=forwarded)
        assert "第24问第2小问" in shown_text(post)
    _, post = talk.say("第7问", attachments=forwarded)
    assert "第7问" in shown_text(post)


@pytest.mark.parametrize("typed", ["", "？", "帮我查一下这个", ":eyes:"])
def test_a_bare_mention_under_somebodys_question_asks_that(talk, typed):
    asked = talk.slack.say("<@U5> 可转债何时下修？", user="U5")
    _, post = talk.say(typed, user="U6", thread_ts=asked)
    assert post["thread_ts"] == asked
    assert "第24问第2小问" in shown_text(post)
    assert talk.slack.calls.count("conversations.replies") == 1


def test_a_forwarded_message_under_which_the_bot_is_called_is_read(talk):
    asked = talk.slack.say("看", user="U5", attachments=[{"is_share": True, "text": "可转债"}])
    _, post = talk.say("", thread_ts=asked)
    assert "第24问第2小问" in shown_text(post)


def test_what_needs_no_first_message_reads_none(talk):
    asked = talk.slack.say("可转债何时下修？")
    for typed in ("第7问", "帮助", "关税"):
        talk.say(typed, thread_ts=asked)
    _, post = talk.say("这个呢", thread_ts=asked)  # after an answer, it is not meant any more
    assert "第24问" not in shown_text(post)
    talk.say("")
    assert "conversations.replies" not in talk.slack.calls


def test_a_bare_mention_under_the_bots_own_post_gets_help(talk):
    _, own = talk.say("可转债")
    _, post = talk.say("", thread_ts=own["ts"])
    assert "直接提问" in shown_text(post)


@pytest.mark.parametrize("code", ["missing_scope", "thread_not_found", "not_in_channel"])
def test_a_first_message_that_cannot_be_read_is_told_in_one_line(talk, code):
    talk.slack.refusals["conversations.replies"] = code
    _, post = talk.say("", thread_ts=talk.slack.say("可转债何时下修？"))
    assert shown_text(post).startswith("我读不到这个话题的第一条消息")
    assert "\n" not in shown_text(post)


def test_a_first_message_is_waited_for_while_slack_is_busy(talk):
    busy: list[str] = []

    def limited(method, given):
        if method == "conversations.replies" and not busy:
            busy.append(method)
            answer = make_response({"ok": False, "error": "ratelimited"}, 429)
            answer.headers["Retry-After"] = "0.1"
            return answer
        return None

    talk.slack.faults.append(limited)
    _, post = talk.say("", thread_ts=talk.slack.say("可转债何时下修？"))
    assert "第24问第2小问" in shown_text(post)


def test_a_message_of_blocks_alone_is_read(talk):
    words = [{"type": "user", "user_id": "U0BOT"}, {"type": "text", "text": " 可转债"}]
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": words}]}]
    count = len(talk.slack.posts)
    talk.slack.event("app_mention", "", "C1", "U1", blocks=blocks)
    post = talk.slack.until(lambda: talk.slack.posts[count:])[0]
    assert "第24问第2小问" in shown_text(post)


def test_a_file_alone_is_told_that_words_are_needed(talk):
    _, post = talk.say("", files=[{"id": "F1", "mimetype": "audio/webm"}], subtype="file_share")
    assert "请用文字提问" in shown_text(post)
    _, post = talk.say("关税", files=[{"id": "F1"}], subtype="file_share")
    assert "公司答" in shown_text(post)


def test_the_shortcut_reads_a_bots_message_and_does_no_orders(talk, responder):
    _, post = talk.say("可转债")
    talk.slack.shortcut(post["text"], blocks=post["blocks"], bot_id="B0BOT")
    shown = talk.slack.until(lambda: talk.slack.responses)[0]
    assert "第24问" in shown_text(shown)
    talk.slack.shortcut("", attachments=[{"text": "可转债何时下修？"}], bot_id="B9")
    shown = talk.slack.until(lambda: talk.slack.responses[1:])[0]
    assert "第24问第2小问" in shown_text(shown)
    talk.slack.shortcut("订阅 09:00")
    assert "直接提问" in shown_text(talk.slack.until(lambda: talk.slack.responses[2:])[0])
    assert not responder.subscribing.subscriptions.changed_by("slack", "T0HOME", "U1")


def test_a_message_of_forty_thousand_characters_is_answered_saying_what_was_looked_at(talk):
    _, post = talk.say("天气晴好。" * 8_000 + "可转债何时下修？")
    assert "超过2000字" in shown_text(post)
    assert "第24问第2小问" in shown_text(post) or "（第24问）" in shown_text(post)


# Edits


def mention(text):
    return f"<@U0BOT> {text}"


def test_an_edited_question_is_answered_in_the_place_of_its_first_reply(talk):
    slack = talk.slack
    ts, post = talk.say("关税")
    edited = slack.edit(ts, mention("可转债"), mention("关税"))
    slack.mention("可转债", ts=ts, edited={"user": "U1", "ts": edited})  # told of it twice
    slack.until(lambda: slack.updates)
    slack.until(lambda: slack.unacknowledged() == 0)
    assert "第24问第2小问" in shown_text(post)
    slack.edit(ts, mention("第7问"), mention("可转债"))
    slack.until(lambda: len(slack.updates) == 2)
    assert "第7问" in shown_text(post)
    assert [given["ts"] for given in slack.updates] == [post["ts"]] * 2
    assert len(slack.posts) == 1


def test_an_edited_direct_message_needs_no_mention(talk):
    slack = talk.slack
    ts = slack.direct("关税")
    (post,) = slack.until(lambda: slack.posts)
    slack.edit(ts, "可转债", "关税", channel="DU1")
    slack.until(lambda: slack.updates)
    assert "第24问第2小问" in shown_text(post)


def test_what_is_no_new_question_changes_nothing(talk):
    slack = talk.slack
    ts, post = talk.say("关税")
    before = mention("关税")
    slack.edit(ts, "可转债", before)  # the mention is gone
    slack.edit(ts, mention("关税 :smile:"), before)
    slack.edit(ts, mention("可转债"), before, at=f"{int(ts[:10]) + 3601}.000100")
    slack.edit(ts, mention("可转债"), before, at="soon")
    slack.edit(ts, mention("可转债"), before, message={"bot_id": "B9"})
    slack.edit(ts, mention("可转债"), before, message={"user_team": "T0OTHER"})
    slack.edit(ts, mention("可转债"), before, message={"user": "U0BOT"})
    broken: list[dict[str, Any]] = [{"message": 7}, {"message": {"text": "x"}}, {}]
    for more in broken:
        slack.event("message", None, "C1", "U1", subtype="message_changed", hidden=True, **more)
    slack.until(lambda: slack.unacknowledged() == 0)
    talk.say("第7问", channel="C2")
    assert not slack.updates
    assert "关税" in shown_text(post)


def test_a_mention_that_an_edit_adds_is_a_question(talk):
    ts = talk.slack.say("可转债")
    talk.slack.edit(ts, mention("可转债"), "可转债")
    (post,) = talk.slack.until(lambda: talk.slack.posts)
    assert post["thread_ts"] == ts
    assert "第24问第2小问" in shown_text(post)


def test_where_the_shape_does_not_fit_the_new_answer_stands_below(talk, store, sample):
    long = "".join(f"第{at}句，公司经营正常。" for at in range(1_000))
    question = replace(sample.record.questions[0], answer=long, parts=())
    record = replace(sample.record, record_no="2025-009", questions=(question,))
    store.add([replace(sample, record=record)], b"long", "long.txt")
    slack = talk.slack
    ts, post = talk.say("300253/2025-002#7")
    slack.edit(ts, mention("300253/2025-009#1"), mention("300253/2025-002#7"))
    below = slack.until(lambda: slack.posts[2:])
    assert "提问已修改" in shown_text(below[-1])
    assert "提问已修改" not in shown_text(post)
    assert not slack.updates
    slack.edit(ts, mention("300253/2025-002#8"), mention("300253/2025-009#1"))
    short = slack.until(lambda: slack.posts[3:])[0]
    assert "第8问" in shown_text(short)
    slack.edit(ts, mention("300253/2025-002#9"), mention("300253/2025-002#8"))
    (update,) = slack.until(lambda: slack.updates)
    assert update["ts"] == short["ts"]


@pytest.mark.parametrize("code", ["message_not_found", "edit_window_closed", "invalid_blocks"])
def test_a_reply_that_cannot_be_changed_is_followed_by_the_new_one(talk, code):
    slack = talk.slack
    ts, _ = talk.say("关税")
    slack.refusals["chat.update"] = code
    slack.edit(ts, mention("可转债"), mention("关税"))
    new = slack.until(lambda: slack.posts[1:])[0]
    assert new["thread_ts"] == ts
    assert "第24问第2小问" in shown_text(new)


def test_no_button_holds_an_askers_number(talk):
    asked = "关税有影响吗？电话 138-1234-5678"
    _, post = talk.say(asked)
    answered = talk.slack.command(asked)
    for payload in (post, answered):
        assert "＊＊＊" in str(payload["blocks"])
        assert "5678" not in str(payload)
