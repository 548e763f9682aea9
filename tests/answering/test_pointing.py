"""What is asked where a message points to something, and what of a long one is looked at."""

from __future__ import annotations

import pytest

from bot.answering.pointing import LONGEST, looked_at
from bot.message import Answer, Chat, Decline, Help, Message, Notice, Suggest

QUESTION = "可转债何时下修？"
PART = "300253/2025-002#24.2"


def ids(reply):
    return [hit.full_id for hit in reply.hits]


@pytest.mark.parametrize(
    "typed",
    ["", "？", "?!", "…", "🙂", "帮我查一下这个", "这个呢？", "看看这条", "请问这条怎么看", "同问"],
)
def test_words_without_a_matter_ask_about_what_they_point_to(responder, typed):
    reply = responder.reply(Message(typed, quoted=QUESTION))
    assert isinstance(reply, Answer)
    assert ids(reply) == [PART]


@pytest.mark.parametrize(
    ("typed", "found"), [("关税", "300253/2025-002#24.3"), ("第7问", "300253/2025-002#7")]
)
def test_words_with_a_matter_are_the_question(responder, typed, found):
    reply = responder.reply(Message(typed, quoted=QUESTION))
    assert isinstance(reply, Answer)
    assert ids(reply) == [found]


@pytest.mark.parametrize("typed", ["那四季度呢？", "去年呢", "2026年的呢？", "那上半年怎么看"])
def test_another_time_is_not_what_is_pointed_to(responder, typed):
    reply = responder.reply(Message(typed, quoted=QUESTION))
    assert not (isinstance(reply, Answer) and ids(reply) == [PART])


@pytest.mark.parametrize("typed", ["全文", "这条的全文", "看这条的完整答复"])
@pytest.mark.parametrize("is_reply", [True, False])
def test_the_whole_of_what_is_quoted_is_shown(responder, typed, is_reply):
    quoted = responder.show(responder.reply(Message(QUESTION))).text if is_reply else QUESTION
    reply = responder.reply(Message(typed, quoted=quoted))
    assert isinstance(reply, Answer)
    assert reply.hits[0].id == "300253/2025-002#24"
    assert reply.whole


def test_help_and_orders_stay_what_they_are_and_quoted_orders_are_not_done(responder, store):
    chat = Chat("slack", "T", "C1", "U1")
    assert isinstance(responder.reply(Message("帮助", chat, quoted=QUESTION)), Help)
    assert isinstance(responder.reply(Message("公司 300253", chat, quoted=QUESTION)), Notice)
    responder.reply(Message("公司 全部", chat))
    for order in ("公司 300253", "订阅 09:00", "退订", "A", "帮助", "？"):
        assert isinstance(responder.reply(Message("这个", chat, quoted=order)), Help)
    assert store.scope(chat).company is None


def test_a_miss_holds_what_was_asked_about(responder, store):
    responder.reply(Message("？", Chat("slack", "T", "C1", "U1"), quoted="明天会下雨吗"))
    assert [row["text"] for row in store.misses()] == ["明天会下雨吗"]


FILLER = "".join(f"第{at}段说的是天气晴好。" for at in range(600))


@pytest.mark.parametrize("text", [f"{FILLER}\n{QUESTION}", f"{QUESTION}\n{FILLER}"])
@pytest.mark.parametrize("is_quoted", [True, False])
def test_a_long_text_is_looked_at_where_it_ends_and_where_it_begins_and_that_is_said(
    responder, text, is_quoted
):
    message = Message("", quoted=text) if is_quoted else Message(text)
    reply = responder.reply(message)
    assert isinstance(reply, Answer | Suggest)
    assert ids(reply)[0] == PART
    shown = responder.show(reply)
    assert len([line for line in shown.text.split("\n") if "超过2000字" in line]) == 1


def test_nothing_is_said_of_length_where_all_was_looked_at(responder):
    for text in (QUESTION, "明天会下雨吗"):
        assert not responder.show(responder.reply(Message(text))).remarks
    long = responder.reply(Message("明天会下雨吗。" * 400))
    assert isinstance(long, Decline)
    assert "超过2000字" in responder.show(long).text


def test_the_parts_of_a_long_text_are_whole_sentences():
    end, begin = looked_at(FILLER).split("\n")
    assert begin == FILLER[: len(begin)]
    assert end == FILLER[-len(end) :]
    assert (begin[-1], end[0]) == ("。", "第")
    assert LONGEST * 0.9 < len(looked_at(FILLER)) <= LONGEST + 1
    assert len(looked_at("问" * 10_000)) == LONGEST + 1
    assert looked_at("问" * LONGEST) == "问" * LONGEST
