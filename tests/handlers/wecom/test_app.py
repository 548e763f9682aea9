"""What a company's members see."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from bot.store.connection import connect
from handlers.wecom.render import messages
from tests.fakes.wecom import BOT, NAME
from tests.handlers.wecom.conftest import QUICK
from tests.waiting import settled as nothing_open

FRAMES = json.loads(Path(__file__).with_name("vectors.json").read_text())["frames"]


def settled(wecom, chat, count):
    """The posts of a chat once there are so many, and no more come."""
    wecom.until(lambda: len([post for post in wecom.posts if post["chat"] == chat]) >= count)
    time.sleep(0.1)
    return [post for post in wecom.posts if post["chat"] == chat]


def test_a_mention_is_answered_once_with_the_request_id_of_its_callback(bot, wecom):
    msgid = wecom.mention("可转债")
    (post,) = settled(wecom, "wrCHAT01", 1)
    assert (post["cmd"], post["asked"]) == ("aibot_respond_msg", msgid)
    for fact in (
        "卫宁健康（300253）2025-04-28 业绩说明会",
        "编号2025-002 第24问第2小问（共3小问）",
        "以公司公告为准",
    ):
        assert fact in post["content"]
    assert not wecom.refused


def test_single_chat_needs_no_mention(bot, wecom):
    wecom.say("#7")
    (post,) = settled(wecom, "zhangsan", 1)
    assert "第7问" in post["content"]


@pytest.mark.parametrize("command", ["/ir 可转债", "／ir　可转债", "、ir可转债", "可转债"])
def test_a_command_word_is_optional_in_every_spelling(bot, wecom, command):
    wecom.mention(command)
    (post,) = settled(wecom, "wrCHAT01", 1)
    assert "第24问第2小问" in post["content"]


def test_the_same_words_in_group_single_chat_and_slack(bot, wecom, responder):
    from bot.message import Message

    for text in ("可转债", "关税", "今天天气", "最新", "300253/2025-002#24"):
        expected = responder.show(responder.reply(Message(text)))
        wecom.mention(text, chat=f"wr{text}")
        wecom.say(text, user=f"u{text}")
        for chat in (f"wr{text}", f"u{text}"):
            post = settled(wecom, chat, 1)[0]
            shown = [line for line in post["content"].split("\n") if line and "```" not in line]
            assert shown == [line for line in expected.text.split("\n") if line]


def test_a_repetition_with_another_request_id_is_answered_once(bot, wecom):
    msgid = wecom.mention("关税")
    settled(wecom, "wrCHAT01", 1)
    wecom.mention("关税", msgid=msgid)
    wecom.mention("关税", chat="wrOTHER")
    settled(wecom, "wrOTHER", 1)
    assert len(wecom.answers(msgid)) == 1


def test_a_bare_mention_gets_help_and_one_on_a_quotation_asks_about_that(bot, wecom):
    wecom.say(f"@{NAME}  ", chat="wrA")
    assert "直接提问" in settled(wecom, "wrA", 1)[0]["content"]
    quote = {"msgtype": "text", "text": {"content": "可转债何时下修？"}}
    wecom.say(f"@{NAME}", chat="wrB", quote=quote)
    assert "第24问" in settled(wecom, "wrB", 1)[0]["content"]


def test_a_quotation_is_kept_apart_from_the_question(bot, wecom):
    quote = {"msgtype": "text", "text": {"content": "可转债何时下修？"}}
    wecom.say(f"@{NAME} #7", chat="wrA", quote=quote)
    (post,) = settled(wecom, "wrA", 1)
    assert "第7问" in post["content"]
    picture = {"msgtype": "image", "image": {"url": "https://example.invalid/a"}}
    wecom.say(f"@{NAME} #7", chat="wrB", quote=picture)
    assert "第7问" in settled(wecom, "wrB", 1)[0]["content"]


def quoting(text):
    return {"quote": {"msgtype": "text", "text": {"content": text}}}


@pytest.mark.parametrize(
    "typed", ["帮我查一下这个", "？", "这个呢？", "[微笑]", "https://a.example/b"]
)
def test_a_quotation_is_the_question_where_nothing_typed_is_to_be_looked_up(bot, wecom, typed):
    wecom.mention(typed, **quoting(f"@{NAME} [强]可转债何时下修？"))
    (post,) = settled(wecom, "wrCHAT01", 1)
    assert "第24问第2小问" in post["content"]


def test_the_whole_answer_of_a_quoted_one_is_shown(bot, wecom):
    wecom.mention("可转债")
    (post,) = settled(wecom, "wrCHAT01", 1)
    wecom.mention("关税")
    wecom.mention("这条的全文", **quoting(post["content"]))
    whole = settled(wecom, "wrCHAT01", 3)[2]["content"]
    assert "第24问" in whole
    assert "（节选）" not in whole


def test_what_a_quoted_message_orders_is_not_done(bot, wecom, responder):
    for order in ("订阅 09:00", "退订", "公司 300253"):
        wecom.mention("这个", **quoting(order))
    posts = settled(wecom, "wrCHAT01", 3)
    assert all("直接提问" in post["content"] for post in posts)
    assert not list(responder.subscribing.subscriptions.changed_by("wecom", BOT, "zhangsan"))


def test_hostile_quotations_are_answered_or_left_and_the_connection_stays(bot, wecom):
    text = {"msgtype": "text", "text": {"content": "可转债"}}
    mixed, quoted = text, text
    for _ in range(100):
        mixed = {"msgtype": "mixed", "mixed": {"msg_item": [mixed]}}
        quoted = {**text, "quote": quoted}
    quotes = [
        mixed,
        quoted,
        {"msgtype": "text", "text": 7},
        {"msgtype": ["text"]},
        [],
        "可转债",
        None,
    ]
    for at, quote in enumerate(quotes):
        wecom.mention("这个", chat=f"wr{at}", quote=quote)
        assert settled(wecom, f"wr{at}", 1)[0]["content"]
    assert len(wecom.opened) == 1


def test_words_beside_a_picture_are_answered_saying_that_it_was_not_read(bot, wecom):
    items = [
        {"msgtype": "text", "text": {"content": f"@{NAME} 可转债"}},
        {"msgtype": "image", "image": {"url": "https://example.invalid/a", "aeskey": "x"}},
    ]
    wecom.message("wrA", msgtype="mixed", mixed={"msg_item": items})
    (post,) = settled(wecom, "wrA", 1)
    assert "第24问" in post["content"]
    assert "没有读图片" in post["content"]


@pytest.mark.parametrize("kind", ["image", "file", "video", "location", "of the future"])
def test_a_message_without_words_is_told_that_words_are_needed(bot, wecom, kind):
    wecom.message(msgtype=kind, **{kind: {"url": "https://example.invalid/x", "aeskey": "x"}})
    (post,) = settled(wecom, "zhangsan", 1)
    assert "请用文字提问" in post["content"]


def test_the_same_msgid_of_another_person_is_another_message(bot, wecom):
    wecom.mention("#7", user="zhangsan", msgid="m-same")
    wecom.mention("#7", user="zhangsan", msgid="m-same")
    wecom.mention("#7", chat="wrB", user="lisi", msgid="m-same")
    settled(wecom, "wrB", 1)
    assert len(settled(wecom, "wrCHAT01", 1)) == 1


def test_voice_is_read_as_the_text_the_platform_made_of_it(bot, wecom):
    wecom.message(msgtype="voice", voice={"content": "可转债"})
    assert "第24问" in settled(wecom, "zhangsan", 1)[0]["content"]
    wecom.message(msgtype="voice", voice={"content": ""}, user="lisi")
    assert "语音" in settled(wecom, "lisi", 1)[0]["content"]


def test_opening_the_chat_is_welcomed_within_five_seconds(bot, wecom):
    msgid = wecom.enter()
    (welcome,) = wecom.until(lambda: wecom.welcomes)
    assert welcome["msgtype"] == "text"
    assert "直接提问" in welcome["text"]["content"]
    wecom.enter(msgid=msgid)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)
    assert len(wecom.welcomes) == 1
    assert not wecom.refused


def test_a_welcome_too_late_is_not_sent(start, wecom, store, monkeypatch):
    monkeypatch.setattr("handlers.wecom.smart_bot._WINDOW_S", 0.3)
    chat, _ = start()
    wecom.until(lambda: chat.state == "connected")
    db = connect(store.path)
    db.conn.execute("BEGIN IMMEDIATE")  # whatever is asked now waits for the database
    wecom.say("#7")
    wecom.enter(user="lisi")
    time.sleep(0.6)
    db.conn.execute("ROLLBACK")
    settled(wecom, "zhangsan", 1)
    assert not wecom.welcomes
    assert not wecom.refused


def offered(wecom, chat, say):
    """The one message that offers several near questions: a lettered list with its card."""
    say("收入下滑")
    (offer,) = settled(wecom, chat, 1)
    return offer


def test_an_offer_is_a_lettered_list_and_a_card_whose_buttons_answer(bot, wecom):
    card = offered(wecom, "wrA", lambda text: wecom.mention(text, chat="wrA"))
    assert "不代表公司观点" in card["content"]
    assert "\nA. （第" in card["content"]
    assert len(card["card"]["button_list"]) == card["content"].count("\n\n")
    wecom.press(card, "B", user="lisi")
    answer = settled(wecom, "wrA", 2)[1]
    number = card["card"]["button_list"][1]["text"].split(" ")[1]
    assert answer["cmd"] == "aibot_send_msg"
    assert number in answer["content"]
    (update,) = wecom.updates
    assert update["after"] < 5.0
    assert number in update["template_card"]["main_title"]["desc"]
    assert not wecom.refused


def test_a_button_of_what_is_held_since_gets_the_ordinary_decline(bot, wecom, store):
    card = offered(wecom, "zhangsan", wecom.say)
    number = re.findall(r"第(\d+)问", card["card"]["button_list"][1]["text"])[0]
    store.hold(f"300253/2025-002#{number}", "静默期")
    wecom.press(card, "B", user="zhangsan")
    wecom.say("公司养不养鲸鱼")
    _, pressed, declined = settled(wecom, "zhangsan", 3)
    assert pressed["content"] == declined["content"]
    assert "在已收录记录中未找到对应答复" in pressed["content"]


def test_an_offer_works_without_cards_by_its_letters(bot, wecom):
    card = offered(wecom, "zhangsan", wecom.say)
    number = card["card"]["button_list"][1]["text"].split(" ")[1]
    for count in (2, 3):
        wecom.say("b")
        assert number in settled(wecom, "zhangsan", count)[-1]["content"]


@pytest.mark.parametrize(("errcode", "again"), [(40008, False), (40058, True), (600039, True)])
def test_where_a_card_does_not_reach_the_list_alone_is_the_one_message(bot, wecom, errcode, again):
    def refuse(frame):
        is_card = "template_card" in (frame.get("body") or {})
        return errcode if is_card else None

    wecom.faults.append(refuse)
    for count in (1, 2):
        wecom.mention("收入下滑", chat="wrA")
        post = settled(wecom, "wrA", count)[-1]
        assert post["card"] is None
        assert "回复字母" in post["content"]
    assert len(wecom.refused) == (2 if again else 1)  # a kind that is unknown is not tried again
    wecom.mention("b", chat="wrA")
    assert "公司答" in settled(wecom, "wrA", 3)[-1]["content"]


def test_an_offer_that_is_pushed_is_the_list_alone(bot, wecom):
    def invalid(frame):
        return 846605 if frame["cmd"] == "aibot_respond_msg" else None

    wecom.faults.append(invalid)
    wecom.mention("收入下滑", chat="wrA")
    (post,) = settled(wecom, "wrA", 1)
    assert (post["cmd"], post["card"]) == ("aibot_send_msg", None)
    assert "回复字母" in post["content"]


def test_a_press_delivered_twice_answers_once_and_an_unknown_button_says_so(bot, wecom):
    card = offered(wecom, "wrA", lambda text: wecom.mention(text, chat="wrA"))
    msgid = wecom.press(card, "A")
    wecom.press(card, "A", msgid=msgid)
    settled(wecom, "wrA", 2)
    assert len(wecom.posts) == 2
    card["card"]["button_list"].append({"text": "old", "key": "src:42"})
    wecom.press(card, "old")
    wecom.until(lambda: len(wecom.updates) == 2)
    assert "失效" in wecom.updates[1]["template_card"]["main_title"]["title"]
    wecom.press({**card, "card": wecom.updates[1]["template_card"]}, "使用帮助")
    assert "直接提问" in settled(wecom, "wrA", 3)[2]["content"]


def test_an_opinion_is_kept_as_in_slack_and_can_be_taken_back(bot, wecom, store):
    wecom.mention("可转债")
    (post,) = settled(wecom, "wrCHAT01", 1)
    rows = lambda: list(connect(store.path).query("SELECT * FROM feedback"))  # noqa: E731
    wecom.judge(post, 1)
    (row,) = wecom.until(rows)
    assert (row["platform"], row["question_id"], row["query"], row["helpful"]) == (
        "wecom",
        "300253/2025-002#24.2",
        "可转债",
        1,
    )
    wecom.judge(post, 2)
    wecom.until(lambda: [row["helpful"] for row in rows()] == [0])
    wecom.judge(post, 3)
    wecom.until(lambda: not rows())
    wecom.judge({**post, "feedback": "fb-0001"}, 1)
    wecom.judge({**post, "feedback": "另一个"}, 1)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)
    assert not rows()


def test_an_askers_words_are_not_repeated_in_a_group(bot, wecom):
    for text in (
        "骂人的话",
        "300253/骂人的话",
        "300253/骂人的话#3",
        "骂人的话 @2025",
        "公司 骂人的话",
    ):
        wecom.mention(text, chat="wrA")
    posts = settled(wecom, "wrA", 5)
    assert not [post for post in posts if "骂人" in (post["content"] or "")]


def test_other_questions_that_found_nothing_are_counted_in_a_group_and_named_in_single_chat(
    responder,
):
    from bot.message import Answer, Message

    reply = responder.reply(Message("#7"))
    assert isinstance(reply, Answer)
    from dataclasses import replace

    shown = responder.show(replace(reply, asked=("第7问", "骂人的话"), places=((1,),)))
    in_group = messages(shown, responder.words, in_group=True)[0]["markdown"]["content"]
    assert "骂人" not in in_group
    assert "另有1个提问" in in_group
    assert "骂人" in messages(shown, responder.words)[0]["markdown"]["content"]


def test_status_tells_the_ids_that_settings_need(bot, wecom):
    wecom.mention("/status", chat="wrA", user="woOPAQUE")
    (post,) = settled(wecom, "wrA", 1)
    assert "wrA" in post["content"]
    assert "woOPAQUE" in post["content"]


def test_callbacks_for_another_bot_are_left(bot, wecom):
    wecom.say("#7", aibotid="aibOTHER")
    wecom.say("#7", user="lisi")
    settled(wecom, "lisi", 1)
    assert len(wecom.posts) == 1


# Every frame of the vectors


def _cases(*kinds):
    found = [case for case in FRAMES if case["expect"]["kind"] in kinds]
    assert found
    return pytest.mark.parametrize("case", found, ids=lambda case: case["id"])


def test_every_frame_of_the_long_connection_is_among_the_vectors():
    assert len(FRAMES) == 48


def deliver(wecom, case, **changes):
    """Send a vector's callback; its request id is good for what its kind allows."""
    frame = case["in"]
    body = {**frame["body"], **changes}
    event = body.get("event", {}).get("eventtype")
    wecom._origins[frame["headers"]["req_id"]] = (event or "message", body, time.monotonic())
    wecom._chats.add(body.get("chatid") or body.get("from", {}).get("userid"))
    wecom.raw(json.dumps({**frame, "body": body}))


def last_frame(wecom, req_id):
    return wecom.until(
        lambda: [frame for frame in wecom.frames if frame["headers"]["req_id"] == req_id]
    )[-1]


@_cases("answer", "help", "unsupported")
def test_a_vector_is_answered_with_its_own_request_id(bot, wecom, store, case):
    deliver(wecom, case)
    req_id = case["in"]["headers"]["req_id"]
    frame = last_frame(wecom, req_id)
    assert frame["cmd"] == "aibot_respond_msg"
    said = frame["body"].get("markdown") or frame["body"]["stream"]  # an offer has a card beside it
    assert 1 <= len(said["content"].encode()) <= 20480
    asked = case["expect"].get("question")
    misses = [row["text"] for row in connect(store.path).query("SELECT text FROM misses")]
    if asked and misses:
        assert misses == [asked]
    if case["expect"]["kind"] == "help":
        assert "直接提问" in said["content"]
    assert not wecom.refused


@_cases("ignore")
def test_a_vector_to_be_left_is_left_and_the_connection_stays(bot, wecom, store, case, monkeypatch):
    before = next((item for item in FRAMES if item["id"] == case["expect"].get("after")), None)
    if before:
        deliver(wecom, before)
        last_frame(wecom, before["in"]["headers"]["req_id"])
        nothing_open(connect(store.path).conn)  # an offer has a card too
    sent = len([frame for frame in wecom.frames if frame["cmd"] != "ping"])
    if "raw_text" in case:
        wecom.raw(case["raw_text"])
    elif case["expect"].get("simulate_delay_ms"):
        monkeypatch.setattr("handlers.wecom.smart_bot._WINDOW_S", -1.0)
        deliver(wecom, case)
    elif "cmd" in case["in"]:
        deliver(wecom, case)
    else:
        wecom.raw(json.dumps(case["in"]))
    wecom.say("#7", user="after")
    settled(wecom, "after", 1)
    frames = [frame for frame in wecom.frames if frame["cmd"] != "ping"]
    assert len(frames) == sent + 1
    assert len(wecom.opened) == 1


@_cases("welcome")
def test_a_vector_is_welcomed(bot, wecom, case):
    deliver(wecom, case)
    frame = last_frame(wecom, case["in"]["headers"]["req_id"])
    assert frame["cmd"] == "aibot_respond_welcome_msg"
    assert frame["body"]["msgtype"] == "text"
    assert not wecom.refused


@_cases("card_update")
def test_a_vectors_card_is_updated_under_its_task_id(bot, wecom, case):
    deliver(wecom, case)
    frame = last_frame(wecom, case["in"]["headers"]["req_id"])
    assert frame["cmd"] == "aibot_respond_update_msg"
    assert frame["body"]["response_type"] == "update_template_card"
    assert frame["body"]["template_card"]["task_id"] == case["expect"]["task_id"]
    assert not wecom.refused


@_cases("record_feedback")
def test_a_vectors_opinion_is_kept(bot, wecom, store, case):
    from handlers.wecom.render import feedback_id

    _, parts = bot
    from bot.message import Chat

    parts.delivery.feedback.keep(Chat("wecom", BOT, "zhangsan", "zhangsan"), "q", "", helpful=True)
    event = case["in"]["body"]["event"]
    opinion = {**event["feedback_event"], "id": feedback_id(["q"], "可转债")}
    deliver(wecom, case, event={**event, "feedback_event": opinion})
    expected = {"good": [1], "bad": [0], "withdrawn": []}[case["expect"]["value"]]
    query = "SELECT helpful FROM feedback WHERE query = '可转债' OR query = ''"
    rows = lambda: [row["helpful"] for row in connect(store.path).query(query)]  # noqa: E731
    wecom.until(lambda: rows() == expected)
    assert len([frame for frame in wecom.frames if frame["cmd"] != "ping"]) == 1


def test_ten_thousand_characters_and_hostile_ones_are_answered(bot, wecom):
    hostile = (
        "涨" * 10_000,
        " " * 10_000 + "x",
        "@" * 10_000,
        "\ud800" + "可转债",
        "'; DROP TABLE inbox; --",
        "\x00\x1b[31m",
        "````" * 2_500,
    )
    for at, text in enumerate(hostile):
        wecom.mention(text, chat=f"wr{at}")
    for at in range(len(hostile)):
        settled(wecom, f"wr{at}", 1)
    assert len(wecom.opened) == 1


def test_frames_that_break_the_protocol_cost_a_connection_but_no_answer(bot, wecom):
    wecom.raw(b"\xff\xfe")
    wecom.raw("[" * 100_000)
    wecom.raw(json.dumps({"cmd": 7, "headers": {"req_id": "x"}}))
    wecom.raw(json.dumps({"cmd": "aibot_msg_callback", "headers": {"req_id": ["x"]}}))
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


def test_a_message_that_cannot_be_kept_is_apologised_for(start, wecom, store):
    chat, _ = start(QUICK)
    wecom.until(lambda: chat.state == "connected")
    connect(store.path).execute("ALTER TABLE inbox RENAME TO gone")
    wecom.say("#7")
    (post,) = settled(wecom, "zhangsan", 1)
    assert "抱歉" in post["content"]
