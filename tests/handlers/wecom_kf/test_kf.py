"""What people outside see."""

from __future__ import annotations

import re
import time

import pytest
from flask import Response

from bot.message import Chat, Message
from bot.store import Store
from bot.store.connection import connect
from handlers.wecom_kf import render
from handlers.wecom_kf.credentials import PATH, PLATFORM
from handlers.wecom_server.crypto import Crypto
from tests.fakes.wecom_kf import ACCOUNT
from tests.fakes.wecom_server import CORP, KEY, TOKEN
from tests.handlers.wecom_app.test_app import import_long

LONG = "".join(f"第{at}句说明公司的经营情况良好。" for at in range(600))


def told(folder, user="wmA"):
    """Let a customer have been told already what the bot is."""
    Store(folder / "irbot.db").note_told(Chat(PLATFORM, ACCOUNT, user, user), time.time())


def text_of(posts):
    return "".join(re.sub(r"^（\d+/\d+）\n", "", post["content"]) for post in posts)


def rows(tmp_path, query):
    return list(connect(tmp_path / "irbot.db").query(query))


def test_a_first_question_is_answered_and_told_who_answers(talk, kf):
    who, answer = talk.said("可转债", count=2)
    for fact in ("自动答复程序，不是真人", "投资者关系活动记录表", "保留90天", "不构成投资建议"):
        assert fact in who["content"]
    assert "第24问第2小问" in answer["content"]
    (second,) = talk.said("#7")
    assert "第7问" in second["content"]
    assert not kf.broken


def test_the_same_text_as_in_every_chat(talk, kf, responder):
    for at, text in enumerate(("可转债", "关税", "今天天气", "收入下滑", "300253/2025-002#24")):
        expected = responder.show(responder.reply(Message(text))).text
        kf.say(text, f"wm{at}")
        talk.call()
        who, *posts = kf.until(
            lambda at=at, expected=expected: (
                text_of(kf._to(f"wm{at}")[1:]) == expected and kf._to(f"wm{at}")
            )
        )
        assert "自动答复程序" in who["content"]
        assert posts
    assert not kf.broken
    assert not kf.cut


def test_offers_are_a_menu_and_are_picked_by_its_ids(talk, kf):
    _, offer = talk.said("收入下滑", count=2)
    assert offer["kind"] == "msgmenu"
    assert "不代表公司观点" in offer["content"]
    letters = [entry["content"][:2] for entry in offer["menu"]]
    assert letters == [f"{letter} " for letter in "ABCDE"[: len(letters)]]
    number = offer["menu"][1]["content"].split(" ")[1]
    before = len(kf._to("wmA"))
    kf.choose(offer, "B")
    talk.call()
    assert number in kf.to("wmA", before + 1)[-1]["content"]
    assert number in talk.said("b")[0]["content"]  # letters do, too


def test_a_menu_of_somebody_elses_program_is_read_as_its_words(talk, kf):
    _, answer = talk.said("可转债", count=2, menu_id="101")
    assert "第24问" in answer["content"]


def test_a_picture_is_told_that_words_are_needed(talk, kf):
    kf.write("wmA", "image", image={"media_id": "m"})
    talk.call()
    assert "请用文字提问" in kf.to("wmA")[0]["content"]


def test_what_was_taken_back_before_it_was_fetched_is_not_answered_nor_kept(talk, kf, tmp_path):
    taken_back = kf.say("手机是机密的")
    kf.say("#7")
    kf.happens("user_recall_msg", "wmA", recall_msgid=taken_back)
    kf.happens("user_recall_msg", "wmA", recall_msgid=5)
    talk.call()
    _, answer = kf.to("wmA", 2)
    assert "第7问" in answer["content"]
    talk.said("#8")
    assert len(kf.to("wmA")) == 3
    assert len(rows(tmp_path, "SELECT 1 FROM inbox")) == 2


# Welcome


def test_opening_the_chat_is_welcomed_with_the_notice_and_a_menu(talk, kf):
    kf.people = [{"userid": "zhangsan", "status": 0}]
    kf.enter()
    talk.call()
    (welcome,) = kf.to("wmA")
    assert "自动答复程序" in welcome["content"]
    assert [entry["content"] for entry in welcome["menu"]][:2] == ["如何提问", "最新记录"]
    kf.choose(welcome, "如何提问")
    talk.call()
    help_ = kf.to("wmA", 2)[1]["content"]  # and no notice again
    assert "直接提问" in help_
    assert "订阅" not in help_
    assert "Slack" not in help_


def test_a_welcome_too_late_is_not_tried_and_the_notice_comes_with_the_answer(talk, kf):
    kf.enter(ago_s=30.0)
    kf.happens("enter_session", "wmA", scene="")  # without a code: welcomed lately, or elsewhere
    who, _ = talk.said("#7", count=2)
    assert "自动答复程序" in who["content"]
    assert not [path for path, _ in kf.calls if path == "kf/send_msg_on_event"]


# Long answers


def test_a_long_answer_is_joined_what_is_missing_is_told_and_goes_on(start, kf, tmp_path):
    import_long(tmp_path, LONG)
    talk = start()
    responder = talk.bot.responder
    told(tmp_path)
    posts = talk.said("300900/2026-001#1", count=5)
    seen = []
    while True:
        *texts, last = posts
        assert all(len(post["content"].encode()) <= 2048 for post in texts)
        body = text_of(posts)
        if "没有发出" not in body:
            seen.append(body)
            break
        body, _, note = body.rpartition("\n（一次最多发5条")
        assert int(re.findall(r"还有(\d+)字", note)[0]) > 0
        seen.append(body)
        before = len(kf._to("wmA"))
        kf.choose(last, "看余下部分", ago_s=-1.0)  # the platform's times are seconds
        talk.call()
        kf.until(lambda before=before: numbered(kf._to("wmA")[before:]))
        posts = kf._to("wmA")[before:]
        assert len(posts) <= 5
    whole = responder.show(responder.reply(Message("300900/2026-001#1"))).text
    assert "".join(part.removeprefix("（接上文）\n") for part in seen) == whole
    assert len(seen) > 2
    assert not kf.broken
    assert not kf.cut


def numbered(posts):
    """Whether all pieces of a reply are there."""
    found = re.match(r"（1/(\d+)）", posts[0]["content"]) if posts else None
    return bool(posts) and len(posts) == (int(found[1]) if found else 1)


def test_what_changed_meanwhile_is_shown_from_its_beginning(responder):
    shown = responder.show(responder.reply(Message("#7")))
    (message,) = render.messages(shown, responder.words, rest=render.Rest("00000000", 10))
    assert message["text"]["content"].startswith("（答复已更新，从头显示。）")
    assert shown.quotations[0].answer in message["text"]["content"]


def test_no_more_than_five_messages_follow_what_was_written(start, kf, tmp_path):
    """Six answers to six messages that came at once: the sixth waits for the next word."""
    talk = start(wecom_kf_a_minute=0)
    told(tmp_path)
    for at in range(6):
        kf.say(f"#{at + 1}")
    talk.call()
    kf.to("wmA", 5)
    time.sleep(1.2)  # the platform's times are seconds
    assert len(kf._to("wmA")) == 5
    sixth, seventh = talk.said("#9", count=2)
    assert "第6问" in sixth["content"]
    assert "第9问" in seventh["content"]
    assert not kf.refused


def test_five_by_the_platforms_count_hold_an_answer_back_until_the_next_word(talk, kf):
    kf.since["wmA"] = 0
    talk.said("#7", count=2)
    kf.say("#8")
    kf.since["wmA"] = 5  # a person wrote meanwhile, say
    talk.call()
    time.sleep(0.5)
    assert len(kf._to("wmA")) == 2
    time.sleep(0.7)
    first, second = talk.said("#9", count=2)
    assert "第8问" in first["content"]
    assert "第9问" in second["content"]


# A person


@pytest.fixture
def staffed(kf, start):
    kf.people = [{"userid": "zhangsan", "status": 0}]
    return start()


@pytest.mark.parametrize("typed", ["转人工", "menu"])
def test_a_person_is_called_by_the_menu_or_a_word_and_the_bot_is_silent(staffed, kf, typed):
    _, decline = staffed.said("今天天气", count=2)
    assert decline["menu"][-1]["content"] == "转人工"
    if typed == "menu":
        kf.choose(decline, "转人工")
    else:
        kf.say("转人工")
    staffed.call()
    assert "已转人工" in kf.to("wmA", 3)[2]["content"]
    assert kf.states["wmA"] == 2
    kf.say("#7")
    kf.states["wmA"] = 3
    kf.write("wmA", "text", origin=5, text={"content": "您好"}, servicer_userid="zhangsan")
    kf.say("#8")
    staffed.call()
    staffed.said("#7", user="wmB", count=2)
    assert len(kf._to("wmA")) == 3
    kf.states["wmA"] = 4
    kf.happens("session_status_change", "wmA", change_type=3, old_servicer_userid="zhangsan")
    (answer,) = staffed.said("#9")
    assert "第9问" in answer["content"]


def test_an_end_that_nobody_told_of_is_seen_when_the_customer_writes(staffed, kf):
    staffed.said("转人工")
    kf.states["wmA"] = 0
    _, answer = staffed.said("#9", count=2)
    assert "第9问" in answer["content"]


def test_where_nobody_is_on_duty_that_is_said(staffed, kf):
    kf.people = [{"userid": "zhangsan", "status": 1}]
    assert "没有接待人员" in staffed.said("转人工")[0]["content"]
    assert kf.states.get("wmA", 0) == 0


def test_without_people_there_is_no_such_entry(talk, kf):
    _, decline = talk.said("今天天气", count=2)
    assert not decline["menu"]


def test_a_session_that_a_person_took_without_our_knowing_is_left_to_them(talk, kf, tmp_path):
    kf.states["wmA"] = 3
    kf.say("#7")
    talk.call()
    query = "SELECT state FROM outbox WHERE state != 'ready' AND state != 'sending'"
    kf.until(lambda: {row["state"] for row in rows(tmp_path, query)} == {"late"})
    kf.say("#8")
    talk.call()
    kf.until(lambda: len(rows(tmp_path, "SELECT 1 FROM inbox WHERE state = 'done'")) == 2)
    assert not kf.posts


# Limits


def test_questions_beyond_a_minutes_are_told_once(start, kf, tmp_path):
    talk = start(wecom_kf_a_minute=2)
    for at in range(6):
        kf.say(f"#{at + 1}")
    talk.call()
    kf.until(lambda: len(rows(tmp_path, "SELECT 1 FROM inbox WHERE state = 'done'")) == 6)
    posts = kf.to("wmA", 4)
    time.sleep(0.1)
    assert len(kf._to("wmA")) == 4
    assert [post for post in posts if "太快" in post["content"]]
    assert "第1问" in talk.said("#1", user="wmB", count=2)[1]["content"]


def test_questions_beyond_a_days_are_told_once(start, kf):
    talk = start(wecom_kf_a_day=1, contact="0755-1")
    talk.said("#7", count=2)
    assert "0755-1" in talk.said("#8")[0]["content"]
    kf.say("#9")
    talk.call()
    time.sleep(0.3)
    assert len(kf._to("wmA")) == 3


# Fetching


def test_pages_are_followed_even_where_one_is_empty(talk, kf):
    kf.page, kf.empty_pages = 2, 1
    for at in range(5):
        kf.say("#7", f"wm{at}")
    talk.call()
    for at in range(5):
        kf.to(f"wm{at}", 2)


def test_a_missed_callback_is_caught_up_by_looking_now_and_then(start, kf):
    start(poll_s=0.2)
    kf.say("#7")
    assert "第7问" in kf.to("wmA", 2)[1]["content"]


def test_three_callbacks_for_one_message_are_one_answer(talk, kf):
    talk.said("#7", count=2)
    for _ in range(2):
        assert talk.call().status_code == 200
    kf.epoch += 1  # and its item comes again
    talk.said("#8")
    assert len(kf._to("wmA")) == 3


def test_a_token_of_a_callback_that_is_too_old_is_done_without(talk, kf):
    kf.say("#7")
    assert talk.call(kf.callback("old")).status_code == 200
    kf.to("wmA", 2)


def test_a_cursor_that_is_not_known_any_more_costs_and_doubles_nothing(talk, kf, caplog):
    talk.said("#7", count=2)
    kf.epoch += 1
    (answer,) = talk.said("#8")
    assert "第8问" in answer["content"]
    assert "the cursor is not known" in caplog.text
    time.sleep(0.2)
    assert len(kf._to("wmA")) == 3


def test_a_fetch_that_fails_is_tried_again(talk, kf):
    left = [-1, 45009, 95017]
    kf.faults.append(lambda path, body: left.pop() if left and path == "kf/sync_msg" else None)
    talk.said("#7", count=2)
    assert not left


def test_what_was_written_during_a_standstill_gets_one_line(start, kf, caplog):
    talk = start()
    talk.said("#1", count=2)
    talk.chat.stop()
    for hours in (71, 70, 47, 30, 20, 2):
        kf.say(f"第{hours}小时的问题", ago_s=hours * 3600.0)
    kf.say("#2", user="wmOLD", ago_s=71 * 3600.0)
    kf.say("#5", user="wmB")
    again = start()
    (line,) = kf.to("wmA", 3)[2:]
    assert "服务中断" in line["content"]
    assert "第5问" in kf.to("wmB", 2)[1]["content"]
    again.said("#3")
    assert not kf._to("wmOLD")
    assert len(kf._to("wmA")) == 4


def test_what_was_written_before_the_first_start_is_left(kf, start):
    kf.say("#1", ago_s=2 * 3600.0)
    kf.say("#5", user="wmB")
    start()
    kf.to("wmB", 2)
    assert not kf._to("wmA")


def test_items_that_are_none_are_left(talk, kf):
    whole = {"msgid": "x", "send_time": int(time.time()), "open_kfid": ACCOUNT, "origin": 3}
    kf.items += [
        {},
        {"msgtype": "text"},
        {**whole, "msgtype": "text"},
        {**whole, "external_userid": "wmA", "msgtype": "text", "send_time": "now"},
        {**whole, "external_userid": "wmA", "msgtype": "event"},
        {**whole, "external_userid": "\ud800", "msgtype": "text", "text": {"content": "#7"}},
        {**whole, "external_userid": "wmC", "open_kfid": "wkother", "msgtype": "text"},
        {**whole, "msgtype": "event", "event": {"event_type": "brand_new"}},
        {**whole, "origin": 9, "external_userid": "wmA", "msgtype": "text"},
    ]
    kf.say("可转债\ud800")
    talk.call()
    kf.to("wmA", 2)
    assert len(kf.posts) == 2


def test_hostile_words_are_answered(talk, kf):
    for at, text in enumerate(
        ("涨" * 10_000, "'; DROP TABLE inbox; --", "\x00\x1b[31m", "[" * 5_000)
    ):
        kf.say(text, f"wm{at}")
    talk.call()
    for at in range(4):
        kf.to(f"wm{at}", 2)


def test_a_message_that_was_not_shown_after_all_is_no_success(talk, kf, tmp_path):
    talk.said("#7", count=2)
    msgid = list(kf.ids)[1]
    kf.until(
        lambda: rows(tmp_path, f"SELECT 1 FROM outbox WHERE state = 'sent' AND ref = '{msgid}'")
    )
    kf.happens("msg_send_fail", "wmA", fail_msgid=msgid, fail_type=10)
    talk.call()
    failed = "SELECT ref FROM outbox WHERE state = 'failed'"
    kf.until(lambda: [row["ref"] for row in rows(tmp_path, failed)] == ["fail_type 10"])


# What is refused


def test_callbacks_of_others_are_refused_and_store_nothing(talk, kf, tmp_path):
    kf.say("#7")
    for crypto in (
        Crypto(TOKEN, KEY, "ww0000000000000002"),
        Crypto(TOKEN, KEY, ""),
        Crypto("other", KEY, CORP),
    ):
        assert talk.call(crypto=crypto).status_code == 403
    assert talk.call(kf.callback().replace(CORP, "ww0000000000000002")).status_code == 403
    assert talk.call('<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>').status_code == 400
    assert talk.client.post(PATH, data=b"x" * 1_100_000).status_code == 413
    other = kf.callback().replace(ACCOUNT, "wkother")
    assert talk.call(other).status_code == 200  # of an account that is none of ours
    time.sleep(0.2)
    assert not rows(tmp_path, "SELECT 1 FROM inbox")
    talk.call()
    kf.to("wmA", 2)


# A send whose fate is not known


@pytest.mark.parametrize(
    "used_code", [95031, *(pytest.param(code, marks=pytest.mark.trial) for code in (40058, 95999))]
)
def test_a_send_that_was_cut_is_repeated_under_its_id_and_shown_once(
    start, kf, tmp_path, used_code, monkeypatch
):
    monkeypatch.setattr("handlers.wecom_kf.transport._AGAIN_S", 0.1)
    monkeypatch.setattr("bot.delivery.transport.SETTLE_S", 0.1)
    kf.used_code = used_code
    talk = start()
    cut: list[str] = []

    def cut_once(path, body):
        if path == "kf/send_msg" and len(cut) < 2:
            cut.append(body["msgid"])
            kf.answer(path, body)  # carried out, and no answer
            return Response(status=502)
        return None

    kf.faults.append(cut_once)
    talk.said("#7", count=2)
    kf.until(
        lambda: (
            [row["state"] for row in rows(tmp_path, "SELECT state FROM outbox")] == ["sent", "sent"]
        ),
        15,
    )
    assert len(kf.posts) == 2


def test_a_send_that_was_cut_before_it_was_taken_is_shown_all_the_same(start, kf, monkeypatch):
    monkeypatch.setattr("handlers.wecom_kf.transport._AGAIN_S", 0.1)
    cut: list[dict[str, str]] = []

    def cut_once(path, body):
        if path == "kf/send_msg" and not cut:
            cut.append(body)
            return Response(status=502)
        return None

    talk = start()
    kf.faults.append(cut_once)
    assert len(talk.said("#7", count=2)) == 2
