"""What members see who write to the app, and what is refused at its path."""

from __future__ import annotations

import json
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.message import Message
from bot.reading.document import read_records
from bot.store import Store
from bot.store.connection import connect
from handlers.wecom_app.app import api_of
from handlers.wecom_app.credentials import PATH
from handlers.wecom_app.transport import AppTransport
from handlers.wecom_server.api import ServerApi
from handlers.wecom_server.crypto import Crypto
from tests.fakes.wecom_server import CORP, KEY, TOKEN, in_xml, sealed

VECTORS = json.loads((Path(__file__).parents[1] / "wecom_server/vectors.json").read_text())
FRAMES = VECTORS["frames"]


def call(client, content, crypto=None, timestamp=""):
    query, encrypted = sealed(content, crypto, timestamp)
    return client.post(PATH, query_string=query, data=in_xml(encrypted))


def say(client, server, text, **more):
    answer = call(client, server.text(text, **more))
    assert (answer.status_code, answer.data) == (200, b"")


def kept(tmp_path, table="inbox"):
    return connect(tmp_path / "irbot.db")[table].count


def test_setting_up_the_callback_is_answered_with_the_plaintext(app):
    case = next(case for case in VECTORS["decrypt"] if case["kind"] == "echostr")
    query, encrypted = sealed(case["plaintext"])
    answer = app.get(PATH, query_string={**query, "echostr": encrypted})
    assert (answer.status_code, answer.text) == (200, case["plaintext"])
    assert answer.mimetype == "text/plain"
    spoilt = encrypted.replace("+", " ")  # where nobody wrote %2B
    assert app.get(PATH, query_string={**query, "echostr": spoilt}).text == case["plaintext"]
    assert app.get(PATH, query_string={**query, "echostr": "x"}).status_code == 403


def test_a_message_is_answered_as_in_every_chat(app, server, responder):
    for text in ("可转债", "关税", "今天天气", "最新", "300253/2025-002#24"):
        say(app, server, text, user=f"u{text}")
        expected = responder.show(responder.reply(Message(text))).text
        assert server.whole(f"u{text}") == expected
    assert not server.cut


@pytest.mark.parametrize("typed", ["/ir 可转债", "／ir　可转债", "、ir可转债", "[微笑]可转债"])
def test_a_command_word_is_optional_and_marks_are_left_out(app, server, typed):
    say(app, server, typed)
    assert "第24问第2小问" in server.to("zhangsan")[0]["content"]


def test_three_deliveries_of_one_callback_are_answered_once(app, server):
    for _ in range(3):
        say(app, server, "#7", msgid="1")
    say(app, server, "#8", msgid="2")
    assert ["第7问" in post["content"] for post in server.to("zhangsan", 2)] == [True, False]


def test_twenty_messages_with_an_expired_token_fetch_one_and_are_all_answered(app, server):
    for code in (42001, 40014):
        server.expire()
        server.expired_code, before = code, server.fetches.total()
        for at in range(20):
            say(app, server, "#7", user=f"{code}-{at}")
        server.until(lambda code=code: all(server._to(f"{code}-{at}") for at in range(20)))
        assert server.fetches.total() == before + 1


def test_a_token_serves_other_processes_and_is_for_its_owner_only(app, start, server, tmp_path):
    before = server.fetches.total()
    _, again, _ = start()
    server.until(lambda: again.state == "connected")
    assert server.fetches.total() == before
    (file,) = tmp_path.glob("irbot.db-token-*")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_cut_short_by_a_kill_is_fetched_anew(app, server, tmp_path):
    (file,) = tmp_path.glob("irbot.db-token-*")
    file.write_bytes(file.read_bytes()[:20])
    api_of(load_settings({**server.env, "IR_DB": "irbot.db"}, tmp_path)).sign_in()
    assert server.fetches.total() == 2


def test_a_long_answer_arrives_whole_in_order(start, server, tmp_path):
    answer = "".join(f"第{at}句说明公司的经营情况良好。" for at in range(600))
    assert len(answer) > 9_000
    import_long(tmp_path, answer)
    client, _, bot = start()
    say(client, server, "300900/2026-001#1")
    expected = bot.responder.show(bot.responder.reply(Message("300900/2026-001#1"))).text
    assert answer in expected
    assert server.whole("zhangsan") == expected
    posts = server.posts
    assert max(len(post["content"].encode()) for post in posts) <= 2048
    assert all(post["content"].rstrip("\n").endswith("。") for post in posts[1:-1])
    assert not server.cut


def import_long(folder, answer):
    """Store a record whose one answer is this."""
    text = (
        "证券代码：300900 证券简称：长答股份\n投资者关系活动记录表\n编号：2026-001\n"
        "投资者关系活动类别\t业绩说明会\n时间\t2026年10月8日\n地点\t公司\n"
        f"投资者关系活动主要内容介绍\t1、公司经营情况如何？\n答：{answer}\n附件清单\t无\n日期\t2026年10月8日\n"
    )
    store = Store(folder / "irbot.db")
    store.add(read_records(text.encode(), "long.txt"), text.encode(), "long.txt")


@pytest.mark.parametrize("mark", ["<a href='x'>", "[微笑]", "</A>"])
def test_what_text_would_alter_goes_as_a_file(app, server, responder, mark):
    shown = responder.show(responder.reply(Message("#7")))
    altered = replace(shown, quotations=(replace(shown.quotations[0], answer=f"见{mark}。"),))
    api = ServerApi(server.url, CORP, "app-secret", Path(responder._store.path))
    transport = AppTransport(api, 1000002, responder.words, lambda: True)
    for payload in transport.render(altered, {"touser": "lisi"}):
        transport.send(payload, {"touser": "lisi"}, "k")
    note, file = server.to("lisi", 2)
    assert "文本文件" in note["content"]
    assert (file["kind"], file["content"]) == ("file", altered.text)


# The menu and other events


def test_the_menu_asks(app, server):
    call(app, server.event("click", EventKey="help"))
    assert "直接提问" in server.to("zhangsan")[0]["content"]
    call(app, server.event("click", EventKey="latest", user="lisi"))
    assert "共" in server.to("lisi")[0]["content"]
    call(app, server.event("click", EventKey="gone", user="wangwu"))
    assert "失效" in server.to("wangwu")[0]["content"]


def test_opening_the_app_is_welcomed_once_a_day(app, server):
    for event in ("subscribe", "enter_agent", "enter_agent"):
        assert call(app, server.event(event, EventKey="")).status_code == 200
    say(app, server, "#7")
    posts = server.to("zhangsan", 2)
    time.sleep(0.1)
    assert ["直接提问" in post["content"] for post in posts] == [True, False]
    assert len(server.posts) == 2


def test_two_events_of_one_second_are_two(app, server):
    call(app, server.event("click", EventKey="help", CreateTime="1764000000"))
    call(app, server.event("click", EventKey="latest", CreateTime="1764000000"))
    call(app, server.event("click", EventKey="help", CreateTime="1764000000"))
    server.to("zhangsan", 2)
    time.sleep(0.1)
    heads = [post["content"] for post in server.posts if "（2/" not in post["content"]]
    assert len([post for post in heads if "直接提问" in post]) == 1
    assert len([post for post in heads if post.startswith("（1/")]) == 1


def test_what_members_order_is_done_where_an_app_can(app, server):
    say(app, server, "订阅 09:00")
    assert "已订阅" in server.to("zhangsan")[0]["content"]
    say(app, server, "/status")
    assert "zhangsan" in server.to("zhangsan", 2)[1]["content"]


# Every frame of the vectors


@pytest.mark.parametrize(
    "case", [case for case in FRAMES if case["mode"] == "app-xml"], ids=lambda case: case["id"]
)
def test_a_vector_is_heard(app, server, case, tmp_path):
    expect, content = case["expect"], case["raw_text"]
    for _ in range(2 if "after" in expect else 1):
        answer = call(app, content)
    assert (answer.status_code, answer.data) == (200, expect.get("http_body", "").encode())
    say(app, server, "#7", user="after")
    server.to("after")
    if expect["kind"] != "ignore" or "after" in expect:
        server.to("zhangsan")
    time.sleep(0.05)
    posts = [post for post in server.posts if post["to"] == "zhangsan"]
    said = {
        "answer": lambda: len(posts) == 1,
        "ignore": lambda: len(posts) == ("after" in expect),
        "help": lambda: "直接提问" in posts[0]["content"],
        "welcome": lambda: "您好" in posts[0]["content"],
        "welcome_once_a_day": lambda: "您好" in posts[0]["content"],
        "card_update": lambda: "失效" in posts[0]["content"],
        "unsupported": lambda: "请用文字提问" in posts[0]["content"],
    }
    assert said[expect["kind"]]()
    for name, value in (expect.get("then_send") or [{}])[0].get("body", {}).items():
        sent = next(
            body
            for path, body in server.calls
            if path == "message/send" and body["touser"] == "zhangsan"
        )
        if name != "text":
            assert sent[name] == value
    if asked := expect.get("question"):
        misses = list(connect(tmp_path / "irbot.db").query("SELECT text FROM misses"))
        assert not misses or misses[0]["text"] == asked


@pytest.mark.parametrize(
    "case",
    [case for case in FRAMES if case["mode"] == "app-xml-outer"],
    ids=lambda case: case["id"],
)
def test_a_vector_is_refused(app, case, tmp_path):
    body = case.get("raw_text") or "<xml>" + "x" * 65_536 + "</xml>"
    query, _ = sealed("x")
    answer = app.post(PATH, query_string=query, data=body)
    assert answer.status_code == case["expect"]["http_status"]
    assert kept(tmp_path) == 0


# What is refused


def test_what_is_not_from_wecom_or_not_for_us_is_refused_and_stores_nothing(app, server, tmp_path):
    content = server.text("可转债")
    query, encrypted = sealed(content)
    for changed in (
        {**query, "msg_signature": "0" * 40},
        {**query, "msg_signature": ""},
        {**query, "nonce": "1"},
        {**query, "timestamp": "1"},
        {},
    ):
        assert app.post(PATH, query_string=changed, data=in_xml(encrypted)).status_code == 403
    for crypto in (
        Crypto(TOKEN, KEY, "ww0000000000000002"),  # another corporation
        Crypto(TOKEN, KEY, ""),  # a smart bot
        Crypto("other", KEY, CORP),
        Crypto(TOKEN, KEY[::-1], CORP),
    ):
        assert call(app, content, crypto).status_code == 403
    assert call(app, content.replace(CORP, "ww0000000000000002")).status_code == 403
    assert call(app, content.replace("1000002", "1000003")).status_code == 403
    assert app.put(PATH).status_code == 405
    assert kept(tmp_path) == 0


def test_a_replay_is_no_second_message_and_has_an_age_only_where_one_is_set(
    app, start, server, tmp_path
):
    old = "1764000000"
    for _ in range(2):
        assert call(app, server.text("#7", msgid="1"), timestamp=old).status_code == 200
    assert kept(tmp_path) == 1
    strict, _, _ = start(wecom_max_skew=300)
    assert call(strict, server.text("#8"), timestamp=old).status_code == 403
    assert call(strict, server.text("#8")).status_code == 200
    assert kept(tmp_path) == 2


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>x</Encrypt></xml>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/">%p;]><xml/>',
        "<!DOCTYPE x ["
        + '<!ENTITY l0 "lol">'
        + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        + "]><xml><Encrypt>&l9;</Encrypt></xml>",
        "<xml><Encrypt></Encrypt></xml>",
        "<a>" * 10_000,
        "<xml>" + "<a>" * 5_000 + "</a>" * 5_000 + "</xml>",
        "<html>a proxy's page</html>",
        '{"encrypt": "x"}',
        "",
        "\x00",
        "<?xml version='1.0' encoding='no-such'?><xml/>",
    ],
)
def test_hostile_xml_is_not_readable_outside_and_inside(app, body, tmp_path):
    query, _ = sealed("x")
    assert app.post(PATH, query_string=query, data=body).status_code == 400
    assert call(app, body).status_code in (400, 403)
    assert kept(tmp_path) == 0


def test_a_body_over_a_megabyte_is_refused_unread(app, tmp_path):
    query, _ = sealed("x")
    answer = app.post(PATH, query_string=query, data=b"x" * 1_100_000)
    assert answer.status_code == 413
    assert kept(tmp_path) == 0


def test_what_cannot_be_kept_is_not_acknowledged_and_answered_when_it_comes_again(
    app, server, tmp_path
):
    db = connect(tmp_path / "irbot.db")
    content = server.text("#7")
    db.execute("ALTER TABLE inbox RENAME TO gone")
    assert call(app, content).status_code == 503
    db.execute("ALTER TABLE gone RENAME TO inbox")
    assert call(app, content).status_code == 200
    assert "第7问" in server.to("zhangsan")[0]["content"]


# What the platform refuses


def test_an_address_that_is_not_trusted_is_told_and_the_answer_goes_out_later(
    app, server, caplog, monkeypatch
):
    monkeypatch.setattr("handlers.wecom_server.api._WAIT_S", 0.3)
    said = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at …"
    server.faults.append(
        lambda path, body: {"errcode": 60020, "errmsg": said} if path == "message/send" else None
    )
    say(app, server, "#7")
    server.until(lambda: "203.0.113.7" in caplog.text)
    server.faults.clear()
    assert "第7问" in server.to("zhangsan")[0]["content"]


@pytest.mark.parametrize("code", [-1, 45009, 45033])
def test_a_busy_platform_is_tried_again(app, server, code, monkeypatch):
    monkeypatch.setattr("handlers.wecom_server.api._WAIT_S", 0.1)
    left = [code, code]
    server.faults.append(lambda path, body: left.pop() if left and path == "message/send" else None)
    say(app, server, "#7")
    assert len(server.to("zhangsan")) == 1


def test_credentials_that_are_refused_end_the_chat_with_one_line(start, server, caplog):
    server.secrets = {}
    _, chat, _ = start()
    server.until(lambda: chat.state == "failed")
    assert "40001" in caplog.text
    assert "app-secret" not in caplog.text


def test_a_member_who_got_nothing_is_no_success(app, server, tmp_path):
    server.faults.append(
        lambda path, body: (
            {"errcode": 0, "invaliduser": "zhangsan"} if path == "message/send" else None
        )
    )
    say(app, server, "#7")
    rows = lambda: list(connect(tmp_path / "irbot.db").query("SELECT state, ref FROM outbox"))  # noqa: E731
    server.until(lambda: rows() and rows()[0]["state"] == "failed")
    assert rows()[0]["ref"] == "invaliduser"


def test_no_secret_and_no_token_is_in_the_log(app, server, caplog):
    caplog.set_level("DEBUG")
    server.expire()
    server.faults.append(lambda path, body: -1 if len(server.calls) < 3 else None)
    say(app, server, "#7")
    server.to("zhangsan")
    tokens = [*server._tokens, "app-secret", KEY, TOKEN]
    assert not [token for token in tokens if token in caplog.text]


def test_messages_at_once_are_all_kept(app, server):
    threads = [
        threading.Thread(target=say, args=(app, server, "#7"), kwargs={"user": f"u{at}"})
        for at in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.until(lambda: len(server.posts) == 20)
