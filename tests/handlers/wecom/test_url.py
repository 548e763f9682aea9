"""The smart bot called by URL: what people see who fetch its answers."""

from __future__ import annotations

import json
import random
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from bot.config import load_settings
from bot.errors import SettingsError
from bot.message import Chat, Message
from bot.store import Store
from bot.store.connection import connect
from handlers.web.app import callback_app
from handlers.wecom.render import LIMIT, feedback_id
from handlers.wecom.url import PATH, UrlChat
from handlers.wecom.url_chat import check, checks, is_configured
from handlers.wecom.url_transport import UrlTransport
from handlers.wecom_server.crypto import Crypto
from tests.conftest import open_by_words
from tests.fakes.wecom_server import CORP, KEY, TOKEN, post, sealed
from tests.handlers.wecom_app.test_app import import_long
from tests.serving import served
from tests.waiting import settled, until

CRYPTO = Crypto(TOKEN, KEY, "")
FRAMES = [
    case
    for case in json.loads((Path(__file__).parents[1] / "wecom_server/vectors.json").read_text())[
        "frames"
    ]
    if case["mode"] == "aibot-url"
]


class ResponseUrls:
    """WeCom's server, which takes one message for each response URL."""

    def __enter__(self):
        app = Flask(__name__)
        self.posts: list[tuple[str, str]] = []
        self.used: set[str] = set()
        self.faults: list[str] = []
        self.lock = threading.Lock()

        @app.post("/cgi-bin/aibot/response")
        def respond():
            code = request.args["response_code"]
            with self.lock:
                fault = self.faults.pop(0) if self.faults else None
                if code in self.used:
                    return jsonify({"errcode": 60140})
                if fault != "before":
                    self.used.add(code)
                    self.posts.append((code, request.get_json()["markdown"]["content"]))
            return Response(status=502) if fault else jsonify({"errcode": 0})

        self._http = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def urls(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr("handlers.wecom.url_transport._AGAIN_S", 0.1)
    with ResponseUrls() as urls:
        yield urls


def env(urls):
    return {
        "WECOM_BOT_TOKEN": TOKEN,
        "WECOM_BOT_ENCODING_AES_KEY": KEY,
        "WECOM_BOT_NAMES": "投关小助手",
        "WECOM_API_URL": urls.url,
        "IR_DB": "irbot.db",
    }


class Platform:
    """Calls back, and fetches streams until they are finished."""

    def __init__(self, client, urls):
        self.client, self.urls = client, urls

    def call(self, body, crypto=CRYPTO):
        query, encrypted = sealed(json.dumps(body), crypto)
        answer = self.client.post(PATH, query_string=query, data=json.dumps({"encrypt": encrypted}))
        self.status = answer.status_code
        if self.status != 200 or not answer.data:
            return None
        said = json.loads(answer.data)
        assert said["nonce"] == query["nonce"]
        assert isinstance(said["timestamp"], int)
        return json.loads(
            CRYPTO.decrypted(
                said["msgsignature"], str(said["timestamp"]), said["nonce"], said["encrypt"]
            )
        )

    def message(self, text, msgid="m1", user="zhangsan", chat="", **more):
        return {
            "msgid": msgid,
            "aibotid": "aibTEST",
            "chattype": "group" if chat else "single",
            **({"chatid": chat} if chat else {}),
            "from": {"userid": user},
            "response_url": f"{self.urls.url}/cgi-bin/aibot/response?response_code={msgid}",
            "msgtype": "text",
            "text": {"content": text},
            **more,
        }

    def fetched(self, first):
        """The stream once it is finished."""
        assert first["msgtype"] == "stream"
        poll = {"msgid": "poll", "msgtype": "stream", "stream": {"id": first["stream"]["id"]}}
        stream = first["stream"]
        if not stream["finish"]:
            stream = until(lambda: (now := self.call(poll)["stream"])["finish"] and now)
        return stream["content"]

    def asked(self, text, **more):
        return self.fetched(self.call(self.message(text, **more)))


@pytest.fixture
def platform(urls, store, tmp_path):
    settings = load_settings(env(urls), tmp_path)
    bot = open_by_words(settings)
    chat = UrlChat(settings, bot.responder, bot.delivery)
    flask = callback_app(dict)
    chat.mount(flask)
    bot.delivery.start()
    yield Platform(flask.test_client(), urls)
    bot.delivery.stop()


def test_setting_up_the_callback_is_answered_with_the_plaintext(platform):
    query, encrypted = sealed("1616140317555161061", CRYPTO)
    answer = platform.client.get(PATH, query_string={**query, "echostr": encrypted})
    assert (answer.status_code, answer.text) == (200, "1616140317555161061")


def test_the_same_words_as_in_every_chat(platform, responder):
    for at, text in enumerate(("可转债", "关税", "今天天气", "收入下滑", "300253/2025-002#24")):
        expected = responder.show(responder.reply(Message(text))).text
        said = platform.asked(text, msgid=f"m{at}", user=f"u{at}")
        shown = [line for line in said.split("\n") if line and "```" not in line]
        for line in (line for line in expected.split("\n") if line):
            assert line in shown
    assert not platform.urls.posts


def test_a_mention_is_taken_off_and_letters_pick(platform):
    said = platform.asked("@投关小助手 收入下滑", chat="wrA")
    assert "回复字母" in said
    assert "公司答" in platform.asked("@投关小助手 b", chat="wrA", msgid="m2")


def test_three_deliveries_of_one_message_are_one_answer(platform, tmp_path):
    first = platform.call(platform.message("#7"))
    for _ in range(2):
        again = platform.call(platform.message("#7"))
        assert again["stream"]["id"] == first["stream"]["id"]
    assert "第7问" in platform.fetched(first)
    assert connect(tmp_path / "irbot.db")["inbox"].count == 1
    assert connect(tmp_path / "irbot.db")["outbox"].count == 1


def test_a_long_answer_takes_stream_and_url(platform, tmp_path):
    answer = "".join(f"第{at}句说明公司的经营情况良好。" for at in range(800))
    import_long(tmp_path, answer)
    said = platform.asked("300900/2026-001#1")
    ((_, rest),) = until(lambda: platform.urls.posts)
    assert len(said.encode()) <= LIMIT
    assert len(rest.encode()) <= LIMIT
    assert joined(said, rest).count("第799句") == 1
    assert answer in joined(said, rest)
    assert "其余没有显示" not in rest


def joined(*pages):
    return "".join(page.partition("）\n\n")[2] for page in pages)


def test_what_does_not_fit_into_the_window_is_told_with_where_it_is(urls, responder, store):
    shown = responder.show(responder.reply(Message("#7")))
    long = replace(shown.quotations[0], answer="公司经营情况良好。" * 3_000)
    transport = UrlTransport(store, responder.words, urls.url)
    response = f"{urls.url}/cgi-bin/aibot/response?response_code=x"
    for url, where in (("", "按编号问"), ("https://ir.example.com/r/1", "https://ir.example.com")):
        view = replace(shown, quotations=(replace(long, url=url),))
        for ways, address in (
            (2, {"stream": "s", "response_url": response}),
            (1, {"stream": "s", "response_url": ""}),
            (1, {"response_url": response}),
        ):
            pages = transport.render(view, address)
            assert len(pages) == ways
            assert f"最多显示{ways}条" in pages[-1]["markdown"]["content"]
            assert where in pages[-1]["markdown"]["content"]
            assert all(len(page["markdown"]["content"].encode()) <= LIMIT for page in pages)


def test_an_answer_goes_to_no_other_host(platform, tmp_path):
    answer = "".join(f"第{at}句说明公司的经营情况良好。" for at in range(800))
    import_long(tmp_path, answer)
    said = platform.asked("300900/2026-001#1", response_url="https://example.invalid/x")
    assert "其余没有显示" in said
    assert not platform.urls.posts


@pytest.mark.parametrize("fault", ["after", pytest.param("before", marks=pytest.mark.trial)])
def test_a_call_whose_fate_is_not_known_is_repeated_and_shown_once(platform, tmp_path, fault):
    answer = "".join(f"第{at}句说明公司的经营情况良好。" for at in range(800))
    import_long(tmp_path, answer)
    platform.urls.faults = [fault]
    platform.asked("300900/2026-001#1")
    db = connect(tmp_path / "irbot.db")
    settled(db.conn)
    assert {row["state"] for row in db["outbox"].rows} == {"sent"}
    assert len(platform.urls.posts) == 1


# Events


def event(kind, **more):
    return {
        "msgid": f"e-{kind}",
        "aibotid": "aibTEST",
        "from": {"userid": "zhangsan"},
        "msgtype": "event",
        "event": {"eventtype": kind, **more},
    }


def test_events_are_answered_at_once(platform, store):
    assert "直接提问" in platform.call(event("enter_chat"))["text"]["content"]
    pressed = {"event_key": "src:42", "task_id": "t1", "card_type": "button_interaction"}
    card = platform.call(event("template_card_event", template_card_event=pressed))
    assert card["response_type"] == "update_template_card"
    assert card["template_card"]["task_id"] == "t1"
    opinion = {"id": feedback_id(["300253/2025-002#7"], "关税"), "type": 2, "content": "答非所问"}
    assert platform.call(event("feedback_event", feedback_event=opinion)) is None
    assert platform.status == 200
    (row,) = connect(store.path).query("SELECT * FROM feedback")
    assert (row["question_id"], row["helpful"]) == ("300253/2025-002#7", 0)
    assert platform.call(event("brand_new")) is None


def test_what_holds_no_words_is_told_so_and_status_tells_ids(platform):
    picture = platform.message("", msgtype="image", image={"url": "https://example.invalid/p"})
    assert "请用文字提问" in platform.fetched(platform.call(picture))
    assert "woX" in platform.asked("/status", user="woX", msgid="m2")


# Every frame of the vectors


@pytest.mark.parametrize("case", FRAMES, ids=lambda case: case["id"])
def test_a_vector_is_answered(platform, store, case):
    if case["id"].endswith("pending"):
        store.promise("s-1", Chat("wecom-url", "aibTEST", "u", "u"), time.time())
    if case["id"].endswith("done"):
        store.promise("s-1", Chat("wecom-url", "aibTEST", "u", "u"), time.time())
        store.fulfil("s-1", json.dumps({"markdown": {"content": "答复"}}))
    reply = platform.call(case["in"])
    expected = case["expect"]["reply_plain"]["stream"]
    assert platform.status == case["expect"]["http_status"]
    assert reply["msgtype"] == "stream"
    assert reply["stream"]["finish"] is expected["finish"]
    assert reply["stream"]["content"]
    if not expected["id"].startswith("$"):
        assert reply["stream"]["id"] == expected["id"]
    else:
        assert platform.fetched(reply)


# What is refused


def test_callbacks_of_others_and_what_is_none_store_nothing(platform, tmp_path):
    message = platform.message("#7")
    for crypto in (
        Crypto(TOKEN, KEY, CORP),
        Crypto("other", KEY, ""),
        Crypto(TOKEN, KEY[::-1], ""),
    ):
        assert platform.call(message, crypto) is None
        assert platform.status == 403
    query, _ = sealed("x", CRYPTO)
    for body in ("", "{}", "[]", '{"encrypt": 7}', "<xml/>", "[" * 60_000, '{"encrypt":""}'):
        assert platform.client.post(PATH, query_string=query, data=body).status_code == 400
    assert platform.client.post(PATH, query_string=query, data="x" * 1_100_000).status_code == 413
    for wrong in ("text", 7, None):
        assert platform.call(wrong) is None
        assert platform.status == 400
    for left in ({}, {"msgtype": "stream"}, {"msgtype": "text"}, {**message, "from": 7}):
        assert platform.call(left) is None
        assert platform.status == 200
    assert connect(tmp_path / "irbot.db")["inbox"].count == 0


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"WECOM_BOT_TOKEN": ""}, "WECOM_BOT_TOKEN"),
        ({"WECOM_BOT_ENCODING_AES_KEY": ""}, "WECOM_BOT_ENCODING_AES_KEY"),
        ({"WECOM_BOT_ENCODING_AES_KEY": KEY[1:]}, "WECOM_BOT_ENCODING_AES_KEY"),
        ({"IR_HTTP": ""}, "IR_CALLBACK_HTTP"),
    ],
)
def test_half_set_or_malformed_credentials_are_named(urls, tmp_path, changed, named):
    settings = load_settings({**env(urls), **changed}, tmp_path)
    assert is_configured(settings)
    with pytest.raises(SettingsError, match=named):
        check(settings)
    (finding,) = checks(settings)
    assert named in finding.said
    assert KEY[1:] not in finding.said


# Kills


@pytest.mark.parametrize(
    "kills", [1, pytest.param(50, marks=[pytest.mark.trial, pytest.mark.timeout(900)])]
)
def test_over_kills_what_was_taken_is_answered_once(kills, urls, imported, tmp_path, capsys):
    chance = random.Random(kills)
    imported.copy(tmp_path / "irbot.db")
    taken: dict[str, int] = {}  # stream → which question
    calls: list[threading.Thread] = []

    def ask(platform, at):
        for _ in range(3):
            reply = platform.call(platform.message(f"#{at % 24 + 1}", f"m{at}", f"u{at}"))
            if reply:
                taken[reply["stream"]["id"]] = at % 24 + 1
                return
            time.sleep(1.5)

    with served(tmp_path, env(urls)) as bot, closing(connect(tmp_path / "irbot.db").conn) as conn:
        ask(Platform(Http(bot), urls), 0)
        at = 1
        for _ in range(kills):
            end = time.monotonic() + chance.uniform(0.05, 0.4)
            while time.monotonic() < end:
                calls.append(threading.Thread(target=ask, args=(Platform(Http(bot), urls), at)))
                calls[-1].start()
                at += 1
                time.sleep(0.02)
            bot.kill()
            bot.start()
        for thread in calls:
            thread.join()
        platform = Platform(Http(bot), urls)
        for stream, number in taken.items():
            first = {"msgtype": "stream", "stream": {"id": stream, "finish": False}}
            assert f"编号2025-002 第{number}问" in platform.fetched(first)
        settled(conn)  # also what was kept, and whose reply a kill took: it is not in `taken`
        states = dict(conn.execute("SELECT state, count(*) FROM outbox GROUP BY state"))
        with capsys.disabled():
            print(f"\n{kills} kills, {at} asked, {len(taken)} taken, {states}", end="")
        assert taken
        assert states.keys() == {"sent"}
        for table in ("inbox", "outbox", "streams"):  # each question was of another chat
            (most,) = conn.execute(
                f"SELECT max(n) FROM (SELECT count(*) AS n FROM {table} GROUP BY channel)"
            ).fetchone()
            assert most == 1, table
        assert not list(conn.execute("SELECT 1 FROM streams WHERE body = ''"))
        assert not Store(tmp_path / "irbot.db").stream("s-lost")


class Http:
    """A client of a bot that runs, as Flask's own are."""

    def __init__(self, bot):
        self._url = bot.url

    def post(self, path, query_string, data):
        status, text = post(f"{self._url}{path}?{urlencode(query_string)}", data.encode())
        return type("Answer", (), {"status_code": status, "data": text})
