"""A proxy that is away, a certificate that is no good, a clock that jumps: each has its line in the
log, and what was meant goes on when it is over, in the same process."""

from __future__ import annotations

import os
import ssl
import urllib.request
from contextlib import ExitStack

import pytest

from bot.config import Settings, load_settings
from bot.delivery.transport import Refused
from handlers.network import read_certificates_as_they_change
from handlers.serving import ClockWatch
from handlers.slack.app import SlackChat
from handlers.web.app import callback_app
from handlers.wecom.connection import Connection, Timing
from handlers.wecom.lease import FileLease
from handlers.wecom_app.app import AppChat
from handlers.wecom_app.credentials import PATH
from tests.conftest import open_by_words
from tests.delivery.test_delivery import Platform, ask
from tests.fakes.authority import Authority
from tests.fakes.proxy import FakeProxy
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_server import FakeWecomServer, in_xml, sealed


@pytest.fixture(autouse=True)
def _own_ways(monkeypatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr("handlers.wecom_server.signing_in._RETRY_S", (0.05,))
    monkeypatch.setattr("handlers.slack.app._RETRY_S", (0.05,))
    yield
    urllib.request.install_opener(None)


@pytest.fixture
def ending():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def authority(tmp_path, monkeypatch):
    found = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(found.file))
    return found


@pytest.fixture
def start(store, tmp_path, ending):
    """Start an app of a server; returns the chat and what calls it back."""

    def start(server):
        read_certificates_as_they_change()  # as `serve`, which knows the proxy by then
        settings = load_settings({**server.env, "IR_DB": "irbot.db"}, tmp_path)
        bot = open_by_words(settings)
        chat = AppChat(settings, bot.responder, bot.delivery)
        flask = callback_app(dict)
        chat.mount(flask)
        bot.delivery.start()
        ending.callback(bot.delivery.stop)
        chat.start()
        ending.callback(chat.stop)

        def said(text):
            query, encrypted = sealed(server.text(text))
            client = flask.test_client()
            assert client.post(PATH, query_string=query, data=in_xml(encrypted)).status_code == 200

        return chat, said

    return start


def test_a_proxy_that_is_away_is_told_and_waited_for(authority, start, ending, monkeypatch, caplog):
    proxy = ending.enter_context(FakeProxy())
    proxy.stop()
    monkeypatch.setenv("HTTPS_PROXY", f"http://name:password@{proxy.address}")
    server = ending.enter_context(FakeWecomServer(authority.context()))
    chat, said = start(server)
    told = f"cannot sign in yet (proxy {proxy.address} not reached (ConnectionRefusedError))"
    server.until(lambda: told in caplog.text)
    proxy.start()
    server.until(lambda: chat.state == "connected")
    proxy.stop()
    said("#7")
    away = f"proxy {proxy.address} not reached"
    server.until(lambda: f"wecom-app: a post is tried again: {away}" in caplog.text)
    proxy.start()
    assert "第7问" in server.whole("zhangsan")
    assert "password" not in caplog.text
    assert set(proxy.asked) == {server.url.removeprefix("https://")}


def test_a_certificate_that_has_expired_is_told_until_it_is_renewed(
    authority, start, ending, caplog
):
    context = authority.context(begins=-30, ends=-1)
    server = ending.enter_context(FakeWecomServer(context))
    chat, said = start(server)
    server.until(lambda: "cannot sign in yet (certificate expired" in caplog.text)
    authority.renew(context)
    server.until(lambda: chat.state == "connected")
    said("#7")
    assert "第7问" in server.whole("zhangsan")


def test_a_file_of_certificates_is_read_again_when_it_is_replaced(
    tmp_path, start, ending, monkeypatch, caplog
):
    before, after = Authority(tmp_path, "before"), Authority(tmp_path, "after")
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(before.file.read_bytes())
    os.utime(trusted, (0, 0))
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    server = ending.enter_context(FakeWecomServer(after.context()))
    chat, _ = start(server)
    server.until(lambda: "cannot sign in yet (certificate not trusted" in caplog.text)
    trusted.write_bytes(after.file.read_bytes())
    server.until(lambda: chat.state == "connected")


def test_slack_tells_of_a_certificate_and_of_a_proxy(
    authority, store, tmp_path, ending, monkeypatch, caplog
):
    server = ending.enter_context(FakeWecomServer(authority.context(name="elsewhere.example")))
    env = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "IR_DB": "irbot.db"}
    settings = load_settings({**env, "SLACK_API_URL": f"{server.url}/api"}, tmp_path)
    bot = open_by_words(settings)
    chat = SlackChat(settings, bot.responder, bot.delivery)
    chat.start()
    ending.callback(chat.stop)
    server.until(lambda: "Slack: cannot sign in yet (certificate of another host" in caplog.text)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    chat = SlackChat(settings, bot.responder, bot.delivery)
    chat.start()
    ending.callback(chat.stop)
    server.until(lambda: "Slack: cannot sign in yet (proxy 127.0.0.1:9 not reached" in caplog.text)


def test_the_long_connection_tells_the_same_and_comes_back(
    authority, tmp_path, ending, monkeypatch, caplog
):
    context: ssl.SSLContext = authority.context(begins=-30, ends=-1)
    proxy = ending.enter_context(FakeProxy(status=403))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with FakeWecom(tls=context) as wecom:
        env = wecom.env
        connection = Connection(
            env["WECOM_WS_URL"].replace("127.0.0.1", "localhost"),
            env["WECOM_BOT_ID"],
            env["WECOM_BOT_SECRET"],
            FileLease(env["WECOM_BOT_ID"], tmp_path),
            lambda *_: None,
            Timing(first_wait=0.02, longest_wait=0.05),
        )
        connection.start()
        ending.callback(connection.stop)
        refused = f"no connection yet (proxy {proxy.address} refuses 403"
        wecom.until(lambda: refused in caplog.text)
        proxy.status = 200
        wecom.until(lambda: "no connection yet (certificate expired" in caplog.text)
        authority.renew(context)
        wecom.until(lambda: connection.state == "connected")


def test_a_clock_that_jumps_is_told_once(caplog):
    clocks = {"wall": 1_000_000.0, "steady": 5.0}
    watch = ClockWatch(lambda: clocks["wall"], lambda: clocks["steady"])
    assert watch.is_trusted()
    for wall_s, steady_s in ((0.5, 0.5), (86_400.5, 0.5), (0.5, 0.5), (-3_599.5, 0.5), (0.5, 0.5)):
        clocks["wall"] += wall_s
        clocks["steady"] += steady_s
        watch.look()
    assert [record.getMessage().split(",")[0] for record in caplog.records] == [
        "the system's clock jumped by +86400 s",
        "the system's clock jumped by -3600 s",
    ]
    assert not watch.is_trusted()  # nothing is deleted by it yet
    clocks["wall"] += 86_400
    clocks["steady"] += 86_400
    watch.look()
    assert watch.is_trusted()


@pytest.mark.parametrize("jump_s", [400 * 86_400, -400 * 86_400])
def test_a_post_that_waits_goes_out_although_the_clock_jumps(store, jump_s, monkeypatch):
    monkeypatch.setattr("bot.delivery.transition._BACKOFF_S", (0.3,))
    now = [1_700_000_000.0]
    delivery = open_by_words(Settings(store.path), clock=lambda: now[0]).delivery
    platform = Platform(Refused("x", permanent=False), Refused("x", permanent=False))
    delivery.register("slack", platform)
    delivery.start()
    ask(delivery, "k")
    while not delivery.counters.all()["retries"]:
        platform.until(lambda: len(platform.answers) < 2)
    now[0] += jump_s
    platform.until(lambda: platform.posts == ["k/1"])
    delivery.stop()
