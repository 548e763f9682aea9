"""The connection's life: what ends it, what replaces it, and what that does to answers."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import ssl
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from bot.config import load_settings
from bot.delivery.mailbox import undelivered
from bot.errors import SettingsError
from bot.store.connection import connect
from handlers.serving import chats_configured
from handlers.wecom import transport
from handlers.wecom.chat import check
from handlers.wecom.connection import Connection, NoAnswerError, NotSentError, Timing
from handlers.wecom.lease import FileLease
from tests import warm
from tests.fakes.wecom import BOT, SECRET, FakeWecom
from tests.handlers.wecom.conftest import HASTY, QUICK
from tests.handlers.wecom.test_app import FRAMES, settled
from tests.waiting import PATIENCE_S, until

ANSWERS = ("aibot_respond_msg", "aibot_send_msg")
VECTORS = {case["id"]: case for case in FRAMES}


def errcode(vector):
    return VECTORS[vector]["in"]["errcode"]


def once(code, *commands):
    """A fault for the first frame of such a command."""
    left = [1]

    def fault(frame):
        if frame["cmd"] in commands and left:
            left.pop()
            return code
        return None

    return fault


def commands(wecom):
    return [frame["cmd"] for frame in wecom.frames if frame["cmd"] != "ping"]


@pytest.fixture
def connected(wecom, tmp_path):
    """A bare connection, for what needs no bot."""
    connection = Connection(
        wecom.url, BOT, SECRET, FileLease(BOT, tmp_path), lambda *_: None, replace(HASTY, ping=60.0)
    )
    connection.start()
    wecom.until(lambda: connection.session)
    yield connection
    connection.stop()


# Beginning


def test_the_chat_is_connected_only_after_the_ack(start, wecom):
    wecom.mute = True
    chat, _ = start(replace(QUICK, ack=60.0))
    wecom.until(lambda: wecom._sockets)
    time.sleep(0.2)
    assert chat.state == "connecting"
    chat.stop()


def test_an_ack_makes_it_connected_and_pings_keep_it_alive(bot, wecom):
    assert VECTORS["ack-subscribe-ok"]["expect"]["becomes"] == "ready"
    wecom.until(lambda: len(wecom.pings) >= 3)
    assert bot[0].state == "connected"
    assert len(wecom.opened) == 1
    gaps = [later - earlier for earlier, later in zip(wecom.pings, wecom.pings[1:], strict=False)]
    assert min(gaps) > 0.25


def test_bad_credentials_end_it_with_a_clear_line(start, wecom, caplog):
    chat, _ = start(wecom_bot_secret="wrong")
    wecom.until(lambda: chat.state == "failed")
    wecom.until(lambda: not wecom._sockets)  # the platform leaves it open, so the bot closes it
    time.sleep(0.5)
    assert commands(wecom) == ["aibot_subscribe"]
    assert wecom.refused[0][0] == errcode("ack-subscribe-bad-credentials")
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(said) == 1
    assert "WECOM_BOT_SECRET" in said[0]
    assert "wrong" not in caplog.text


def test_a_subscribe_refused_as_too_often_is_rested_on(start, wecom):
    wecom.faults.append(once(errcode("ack-subscribe-rate-limited"), "aibot_subscribe"))
    chat, _ = start(replace(QUICK, refused_wait=0.8))
    wecom.until(lambda: chat.state == "connected")
    first, second = [f["received"] for f in wecom.frames if f["cmd"] == "aibot_subscribe"]
    assert second - first >= 0.8


def test_the_platforms_own_intervals_are_the_default():
    timing = Timing()
    assert (timing.ping, timing.ack, timing.refused_wait) == (30.0, 10.0, 60.0)
    assert timing.first_wait == 0.5
    assert timing.longest_refused_wait == 600.0
    for vector in ("ack-subscribe-rate-limited", "disconnected"):
        assert "60 s" in VECTORS[vector]["expect"]["reconnect"]


# Ends


@pytest.mark.parametrize("code", [1000, 1001, 1011])
def test_a_clean_close_is_replaced_without_waiting_for_a_ping(start, wecom, code):
    chat, _ = start(Timing())
    wecom.until(lambda: chat.state == "connected")
    wecom.close_cleanly(code)
    closed = time.monotonic()
    wecom.until(lambda: len(wecom.opened) == 2)
    assert wecom.opened[1] - closed < Timing().ping
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


def test_a_cut_is_replaced_and_so_is_every_later_one(bot, wecom):
    for times in range(1, 4):
        wecom.until(lambda: wecom.is_held)
        wecom.cut()
        wecom.until(lambda times=times: len(wecom.opened) == times + 1)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


@pytest.mark.parametrize(
    ("timing", "within_s"),
    [
        (HASTY, PATIENCE_S),
        pytest.param(Timing(), 95.0, marks=[pytest.mark.trial, pytest.mark.timeout(150)]),
    ],
)
def test_a_silent_connection_is_replaced(start, wecom, timing, within_s):
    chat, _ = start(timing)
    wecom.until(lambda: chat.state == "connected")
    began = time.monotonic()
    wecom.mute = True
    wecom.until(lambda: chat.state == "connecting", within_s)
    wecom.mute = False
    wecom.until(lambda: len(wecom.opened) == 2, within_s)
    assert wecom.opened[1] - began < within_s
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


def test_a_gateway_that_reads_nothing_is_given_up_by_the_write_deadline(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"ws://127.0.0.1:{server.getsockname()[1]}"
        connection = Connection(
            address,
            BOT,
            SECRET,
            FileLease(BOT, tmp_path),
            lambda *_: None,
            replace(HASTY, write=0.3),
        )
        connection.start()
        taken = _handshake(server)
        until(lambda: connection.session)
        big = {"content": "长" * 8_000_000}
        with pytest.raises(NoAnswerError):
            connection.request("aibot_send_msg", "", big)
        until(lambda: not connection.session)
        with pytest.raises(NotSentError):
            connection.request("aibot_send_msg", "", {})
        connection.stop()
        taken.close()


def _handshake(server):
    """Accept one client by hand, acknowledge its subscribe, then read no more."""
    taken, _ = server.accept()
    protocol: Any = ServerProtocol(max_size=None)
    while True:
        protocol.receive_data(taken.recv(65536))
        for event in protocol.events_received():
            if isinstance(event, Request):
                protocol.send_response(protocol.accept(event))
            else:
                req_id = json.loads(event.data)["headers"]["req_id"]
                ack = {"headers": {"req_id": req_id}, "errcode": 0, "errmsg": "ok"}
                protocol.send_text(json.dumps(ack).encode())
            taken.sendall(b"".join(protocol.data_to_send()))
            if not isinstance(event, Request):
                return taken


def test_another_holder_is_not_fought(start, wecom, caplog):
    kicked = VECTORS["disconnected"]
    chat, _ = start(replace(QUICK, refused_wait=1.0))
    wecom.until(lambda: chat.state == "connected")
    wecom.raw(json.dumps(kicked["in"]))
    at = time.monotonic()
    wecom.until(lambda: not wecom._sockets and chat.state == "connecting")  # before it is back
    assert any(record.levelno >= logging.ERROR for record in caplog.records)  # the alarm
    wecom.until(lambda: len(wecom.opened) == 2)
    assert wecom.opened[1] - at >= 1.0
    wecom.raw(json.dumps(kicked["in"]))
    at = time.monotonic()
    wecom.until(lambda: len(wecom.opened) == 3)
    assert wecom.opened[2] - at >= 2.0  # later each time


def test_a_bot_kicked_by_another_machines_leaves_it_the_connection(start, wecom, tmp_path):
    start(replace(QUICK, refused_wait=30.0))
    wecom.until(lambda: wecom.opened)
    elsewhere = Connection(
        wecom.url, BOT, SECRET, _FreeLease(BOT, tmp_path), lambda *_: None, QUICK
    )
    elsewhere.start()
    wecom.until(lambda: elsewhere.session)
    time.sleep(1.0)
    assert elsewhere.session
    assert len(wecom.opened) == 2
    elsewhere.stop()


class _FreeLease(FileLease):
    """Of another machine."""

    def take(self):
        return True


def test_an_end_is_waited_on_longer_each_time_until_a_connection_has_settled(connected, wecom):
    gaps = []
    for times in range(1, 5):
        wecom.until(lambda: wecom.is_held)
        wecom.cut()
        cut = time.monotonic()
        wecom.until(lambda times=times: len(wecom.opened) == times + 1)
        gaps.append(wecom.opened[-1] - cut)
    assert gaps[3] > max(0.4, gaps[0])


# Answers over the ends


def test_an_answer_whose_connection_ended_is_pushed_by_the_next(bot, wecom, store):
    db = connect(store.path)
    db.conn.execute("BEGIN IMMEDIATE")  # holds the message back while the connection changes
    wecom.mention("可转债")
    pings = len(wecom.pings)
    wecom.until(lambda: len(wecom.pings) > pings + 1)  # so the message was read before the ack
    wecom.cut()
    wecom.until(lambda: len(wecom.opened) == 2)
    db.conn.execute("ROLLBACK")
    (post,) = settled(wecom, "wrCHAT01", 1)
    assert post["cmd"] == "aibot_send_msg"


@pytest.mark.parametrize("vector", ["ack-reply-846605", "ack-reply-846608", "ack-reply-600039"])
def test_an_answer_refused_for_its_request_is_pushed_once(bot, wecom, vector):
    code = errcode(vector)
    wecom.faults.append(lambda f: code if f["cmd"] == "aibot_respond_msg" else None)
    wecom.mention("可转债")
    (post,) = settled(wecom, "wrCHAT01", 1)
    assert commands(wecom)[1:] == ["aibot_respond_msg", "aibot_send_msg"]
    pushed = [frame for frame in wecom.frames if frame["cmd"] != "ping"][-1]
    assert (pushed["body"]["chatid"], pushed["body"]["chat_type"]) == ("wrCHAT01", 2)
    assert "第24问" in post["content"]


def test_an_answer_refused_both_ways_is_given_up_and_listed(bot, wecom, store):
    wecom.faults.append(lambda f: 846605 if f["cmd"] in ANSWERS else None)
    wecom.say("#7")
    states = lambda: [row["state"] for row in connect(store.path).query("SELECT * FROM outbox")]  # noqa: E731
    wecom.until(lambda: states() == ["failed"])
    time.sleep(0.3)
    assert commands(wecom)[1:] == ["aibot_respond_msg", "aibot_send_msg"]


def test_a_lost_subscription_is_renewed_and_the_answer_pushed_once(bot, wecom):
    assert errcode("ack-reply-846609") == 846609
    wecom.forget_subscription()
    frame = {"chattype": "single", "from": {"userid": "zhangsan"}, "msgid": "m-x"}
    callback = {**frame, "msgtype": "text", "text": {"content": "#7"}, "aibotid": BOT}
    wecom._chats.add("zhangsan")
    wecom._sockets[0].send(
        json.dumps({"cmd": "aibot_msg_callback", "headers": {"req_id": "x"}, "body": callback})
    )
    (post,) = settled(wecom, "zhangsan", 1)
    assert post["cmd"] == "aibot_send_msg"
    assert len(wecom.opened) == 2
    assert [code for code, _ in wecom.refused] == [846609]


def test_a_ping_that_is_refused_renews_the_subscription(bot, wecom):
    wecom.forget_subscription()
    wecom.until(lambda: len(wecom.opened) == 2)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


def test_an_answer_refused_as_too_often_is_repeated_once_after_a_minute(
    start, wecom, store, monkeypatch
):
    chat, _ = start()
    wecom.until(lambda: chat.state == "connected")
    case = VECTORS["ack-reply-45009"]
    assert case["expect"]["retry_after_s"] == transport._TOO_OFTEN_WAIT_S
    monkeypatch.setattr(transport, "_TOO_OFTEN_WAIT_S", 0.5)
    wecom.faults.append(once(errcode("ack-reply-45009"), "aibot_respond_msg"))
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)
    first, second = [f["received"] for f in wecom.frames if f["cmd"] == "aibot_respond_msg"]
    assert second - first >= 0.5
    wecom.faults[:] = [lambda f: 45009 if f["cmd"] in ANSWERS else None]
    wecom.say("#8", user="lisi")
    states = lambda: [row["state"] for row in connect(store.path).query("SELECT * FROM outbox")]  # noqa: E731
    wecom.until(lambda: states() == ["sent", "failed"])
    assert len(wecom.refused) == 3


def test_an_answer_without_an_ack_is_unknown_and_never_sent_again(start, wecom, store):
    chat, _ = start(HASTY)
    wecom.until(lambda: chat.state == "connected")
    wecom.faults.append(lambda f: "silent" if f["cmd"] == "aibot_respond_msg" else None)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)  # it was shown, which the bot cannot know
    (unknown,) = wecom.until(lambda: undelivered(store.path))
    assert (unknown["channel"], unknown["state"]) == ("zhangsan", "unknown")
    wecom.faults.clear()
    wecom.say("#8")
    settled(wecom, "zhangsan", 2)
    assert len(wecom.posts) == 2


def test_an_ack_of_nothing_and_a_late_one_change_nothing(connected, wecom):
    wecom.raw(json.dumps(VECTORS["ack-unknown-req"]["in"]))
    wecom.faults.append(lambda f: "silent" if f["cmd"] == "aibot_send_msg" else None)
    wecom._chats.add("u")
    with pytest.raises(NoAnswerError):
        connected.request("aibot_send_msg", "late", {"chatid": "u", "msgtype": "x"})
    wecom.raw(json.dumps({"headers": {"req_id": "late"}, "errcode": 0, "errmsg": "ok"}))
    assert connected.session
    wecom.faults.clear()
    ack = connected.request("ping", "", {})
    assert ack.errcode == 0


def test_whatever_is_asked_while_it_ends_is_told_so_at_once(wecom, tmp_path):
    """Nothing waits for a thread that has gone, and nothing is begun in it and dropped."""
    wecom._chats.add("u")
    patient = replace(QUICK, ack=PATIENCE_S)
    took = []

    def keep_asking(connection, ended):
        while not ended.is_set():
            began = time.monotonic()
            with contextlib.suppress(NotSentError, NoAnswerError):
                connection.request("aibot_send_msg", "", {"chatid": "u", "msgtype": "x"})
            took.append(time.monotonic() - began)

    for _ in range(10):
        connection = Connection(
            wecom.url, BOT, SECRET, FileLease(BOT, tmp_path), lambda *_: None, patient
        )
        connection.start()
        wecom.until(lambda connection=connection: connection.session)
        ended = threading.Event()
        threads = [threading.Thread(target=keep_asking, args=(connection, ended)) for _ in range(4)]
        for thread in threads:
            thread.start()
        connection.stop()
        ended.set()
        for thread in threads:
            thread.join()
    assert max(took) < patient.ack / 2


def test_of_one_request_id_one_frame_is_in_flight(connected, wecom):
    most = []
    wecom.faults.append(lambda f: "silent" if f["headers"]["req_id"] == "same" else None)

    def ask(number):
        with contextlib.suppress(NoAnswerError):
            connected.request("aibot_respond_msg", "same", {"number": number})

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for number in range(3):
        wecom.until(lambda number=number: len(_bodies(wecom)) == number + 1)
        time.sleep(0.05)
        most.append(len(_bodies(wecom)))
        wecom.raw(json.dumps({"headers": {"req_id": "same"}, "errcode": 0, "errmsg": "ok"}))
    for thread in threads:
        thread.join()
    assert most == [1, 2, 3]


def _bodies(wecom):
    return [frame for frame in wecom.frames if frame["headers"]["req_id"] == "same"]


# Proxies and certificates


def _tls(tmp_path):
    """A gateway with a certificate of its own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("localhost.pem"))
    return context


def test_a_ca_file_of_the_environment_is_trusted_and_no_other_certificate(start, monkeypatch):
    with FakeWecom(tls=_tls(None)) as secure:
        chat, _ = start(wecom_ws_url=secure.url)
        time.sleep(0.5)
        assert chat.state == "connecting"
        assert not secure.frames
        monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__).with_name("localhost.pem")))
        secure.until(lambda: chat.state == "connected")


def test_a_proxy_of_the_environment_is_gone_through(start, wecom, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        asked: list[str] = []
        threading.Thread(target=_proxy, args=(proxy, asked), daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        chat, _ = start()
        wecom.until(lambda: chat.state == "connected")
        assert asked == [f"CONNECT 127.0.0.1:{wecom.port} HTTP/1.1"]
        wecom.say("#7")
        settled(wecom, "zhangsan", 1)


def test_a_proxy_written_in_dotenv_is_gone_through_too(wecom, serving, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        asked: list[str] = []
        threading.Thread(target=_proxy, args=(proxy, asked), daemon=True).start()
        (tmp_path / ".env").write_text(f"HTTPS_PROXY=http://127.0.0.1:{proxy.getsockname()[1]}\n")
        serving(wecom, NO_PROXY="")
        wecom.until(lambda: wecom.opened)
        assert asked == [f"CONNECT 127.0.0.1:{wecom.port} HTTP/1.1"]


def _proxy(server, asked):
    client, _ = server.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += client.recv(4096)
    asked.append(request.split(b"\r\n")[0].decode())
    host, port = asked[0].split(" ")[1].split(":")
    upstream = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pump, args=(upstream, client), daemon=True)
    back.start()
    pump(client, upstream)
    back.join()
    client.close()
    upstream.close()


# Processes


@pytest.fixture
def serving(imported, tmp_path):
    """Start `irbot serve` in a folder; all are ended afterwards."""
    processes: list[Any] = []

    def serve(wecom, folder=tmp_path, **more):
        env = {
            **os.environ,
            **wecom.env,
            "IR_HTTP": "",
            "IR_DB": "irbot.db",
            "TMPDIR": str(tmp_path),
            **more,
        }
        if not (folder / "irbot.db").exists():
            imported.copy(folder / "irbot.db")
        process = warm.Started(["serve"], folder, env, tmp_path / "log")
        processes.append(process)
        return process

    yield serve
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize("shared", [True, False], ids=["one database", "a database each"])
def test_of_two_processes_one_holds_the_connection_until_it_dies(wecom, serving, tmp_path, shared):
    first = serving(wecom)
    wecom.until(lambda: wecom.opened)
    serving(wecom, tmp_path if shared else tmp_path / "other")
    time.sleep(1.5)
    assert len(wecom.opened) == 1
    first.kill()
    wecom.until(lambda: len(wecom.opened) == 2)
    wecom.say("#7")
    settled(wecom, "zhangsan", 1)


def test_serve_ends_with_its_work_in_hand_kept_and_waits_for_no_ack(wecom, serving):
    process = serving(wecom)
    wecom.until(lambda: wecom.opened)
    wecom.faults.append(lambda f: "silent" if f["cmd"] == "aibot_respond_msg" else None)
    wecom.say("#7")
    wecom.until(lambda: wecom.posts)
    process.terminate()
    assert process.wait(Timing().ack) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"WECOM_BOT_SECRET": ""}, "WECOM_BOT_SECRET"),
        ({"WECOM_BOT_ID": ""}, "WECOM_BOT_ID"),
        ({"WECOM_BOT_ID": "机器人"}, "WECOM_BOT_ID"),
        ({"WECOM_BOT_SECRET": "sec ret"}, "WECOM_BOT_SECRET"),
        ({"WECOM_BOT_SECRET": "“secret”"}, "WECOM_BOT_SECRET"),
        ({"WECOM_WS_URL": "ws://openws.work.weixin.qq.com"}, "WECOM_WS_URL"),
        ({"WECOM_WS_URL": "https://openws.work.weixin.qq.com"}, "WECOM_WS_URL"),
        ({"WECOM_WS_URL": "wss://[x"}, "WECOM_WS_URL"),
    ],
)
def test_half_set_or_malformed_credentials_are_named_without_their_value(wecom, changed, said):
    settings = load_settings({**wecom.env, **changed})
    assert "wecom" in chats_configured(settings)
    with pytest.raises(SettingsError, match=said) as raised:
        check(settings)
    assert "sec" not in str(raised.value).replace("SECRET", "")


def test_half_set_credentials_end_serve_before_it_connects(wecom, serving, tmp_path):
    process = serving(wecom, WECOM_BOT_SECRET="")
    assert process.wait(PATIENCE_S) == 1
    error = (tmp_path / "log").read_text()
    assert "WECOM_BOT_SECRET" in error
    assert "Traceback" not in error
    assert not wecom.frames


def test_refused_credentials_end_serve_where_wecom_is_the_only_chat(wecom, serving, tmp_path):
    process = serving(wecom, WECOM_BOT_SECRET="another-secret")
    assert process.wait(PATIENCE_S) == 1
    error = (tmp_path / "log").read_text()
    assert "853000" in error
    assert "another-secret" not in error


def test_every_vector_is_covered():
    by_kind = {"answer", "help", "unsupported", "ignore", "welcome", "card_update"}
    by_name = {
        "ack-subscribe-ok",
        "ack-subscribe-bad-credentials",
        "ack-subscribe-rate-limited",
        "ack-ping",
        "ack-reply-ok",
        "ack-reply-846605",
        "ack-reply-846608",
        "ack-reply-846609",
        "ack-reply-600039",
        "ack-reply-45009",
        "disconnected",
    }
    rest = {
        case["id"] for case in FRAMES if case["expect"]["kind"] not in by_kind | {"record_feedback"}
    }
    assert rest == by_name
