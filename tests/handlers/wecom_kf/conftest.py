"""微信客服 against the fake, in this process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import load_settings
from handlers.web.app import callback_app
from handlers.wecom_kf.app import KfChat
from handlers.wecom_kf.credentials import PATH
from tests.conftest import open_by_words
from tests.fakes.wecom_kf import CRYPTO, FakeKf
from tests.fakes.wecom_server import in_xml, sealed


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr("handlers.wecom_kf.transport._FULL_S", 0.1)
    monkeypatch.setattr("handlers.wecom_kf.sync._RETRY_S", (0.1,))


@pytest.fixture
def kf():
    with FakeKf() as fake:
        yield fake


class Running:
    """A running chat: `call` says that there is something to fetch."""

    def __init__(self, chat, bot, client, kf):
        self.chat, self.bot, self.client, self.kf = chat, bot, client, kf

    def call(self, content=None, crypto=CRYPTO):
        query, encrypted = sealed(content or self.kf.callback(), crypto)
        return self.client.post(PATH, query_string=query, data=in_xml(encrypted))

    def said(self, text, user="wmA", count=1, **more):
        """What is shown once somebody wrote: their last posts."""
        before = len(self.kf._to(user))
        self.kf.say(text, user, **more)
        assert self.call().status_code == 200
        return self.kf.to(user, before + count)[before:]


@pytest.fixture
def start(kf, store, tmp_path):
    """Start a chat over the database of `store`."""
    running = []

    def start(poll_s=300.0, **more):
        found = load_settings({**kf.env, "IR_DB": "irbot.db"}, tmp_path)
        settings = replace(found, **more)
        bot = open_by_words(settings)
        chat = KfChat(settings, bot.responder, bot.delivery, poll_s)
        flask = callback_app(dict)
        chat.mount(flask)
        running.append((chat, bot))
        bot.delivery.start()
        chat.start()
        kf.until(lambda: any(path == "kf/sync_msg" for path, _ in kf.calls))
        return Running(chat, bot, flask.test_client(), kf)

    yield start
    for chat, bot in running:
        chat.stop()
        bot.delivery.stop()


@pytest.fixture
def talk(start):
    """A running chat."""
    return start()
