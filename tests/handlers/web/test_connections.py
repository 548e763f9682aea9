"""What connections that send no whole request do to others, and who is told what."""

from __future__ import annotations

import http.client
import select
import socket
from contextlib import ExitStack, closing

import pytest

from handlers.web.app import WebServer, callback_app, callback_server
from handlers.web.connections import MOST

BEGINNINGS = {
    "nothing": b"",
    "half a head": b"POST /wecom/callback HTTP/1.1\r\nHost: localhost\r\nContent-",
    "half a body": b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n<xml>",
    "half a chunk": b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff",
}


@pytest.fixture
def started():
    """A server of callbacks, as `serve` opens it or with less patience."""
    with ExitStack() as ending:

        def start(make=callback_server, *more):
            server = make(callback_app(lambda: {"chats": {}}), "127.0.0.1:0", *more)
            server.start()
            ending.callback(server.stop)
            return server

        yield start


def asked(server, path="/healthz", **headers):
    """Status and body of a GET."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers


def opened(server, count, beginning, ending):
    """So many connections that send no more than this."""
    for _ in range(count):
        connection = ending.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        connection.sendall(beginning)
        yield connection


def is_closed(connection, seconds=0.0):
    """Whether the server has hung up, or does so in time."""
    with closing(select.epoll()) as poll:  # select() ends at 1,024
        poll.register(connection, select.EPOLLIN)
        return bool(poll.poll(seconds))


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_three_hundred_connections_that_send_no_request_keep_nobody_out(started, beginning):
    server = started()
    with ExitStack() as ending:
        held = list(opened(server, 300, beginning, ending))
        for _ in range(3):
            assert asked(server)[0] == 200
        assert is_closed(held[0], 20)  # the oldest made room
        assert sum(map(is_closed, held)) < 300 - MOST // 2  # and not all


def test_a_byte_now_and_then_does_not_keep_a_connection(started):
    server = started(WebServer, "IR_CALLBACK_HTTP", 1000, 0.3)
    with ExitStack() as ending:
        (held,) = opened(server, 1, BEGINNINGS["half a head"], ending)
        while not is_closed(held, 0.05):
            held.sendall(b"x")
        assert asked(server)[0] == 200


def test_a_connection_that_asks_again_and_again_stays(started):
    server = started(WebServer, "IR_CALLBACK_HTTP", 1000, 2.0)
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        for _ in range(3):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            kept = connection.sock
            assert not is_closed(kept, 0.8)


def test_callbacks_are_taken_under_names_of_this_server_alone(caplog):
    app = callback_app(lambda: {"chats": {}}, ["https://bot.example.com", "", "//10.0.0.5:8301"])
    app.add_url_rule("/wecom/callback", "callback", lambda: "taken")
    client = app.test_client()
    for name in ("bot.example.com", "BOT.example.com:443", "10.0.0.5:8301", "127.0.0.1", "[::1]:1"):
        assert client.get("/wecom/callback", headers={"Host": name}).text == "taken"
    for name in ("evil.example", "bot.example.com.evil.example", "a b", ""):
        assert client.get("/wecom/callback", headers={"Host": name}).status_code == 400
    assert "evil.example: IR_PUBLIC_URL or IR_CALLBACK_URL names this server" in caplog.text


@pytest.mark.parametrize(("state", "status"), [("connected", 200), ("connecting", 503)])
def test_the_world_learns_only_whether_all_is_well(state, status):
    app = callback_app(lambda: {"live": True, "chats": {"slack": state}, "records": 7})
    for name in ("localhost", "10.0.0.5"):  # also who watches by address
        answer = app.test_client().get("/healthz", headers={"Host": name})
        assert (answer.json, answer.status_code) == ({"live": status == 200}, status)


def test_every_response_of_callbacks_has_the_security_headers(started):
    server = started()
    for path in ("/healthz", "/nowhere", "/wecom/callback"):
        _, _, headers = asked(server, path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
