"""The app against the fake server, in this process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import load_settings
from handlers.web.app import callback_app
from handlers.wecom_app.app import AppChat
from tests.conftest import open_by_words
from tests.fakes.wecom_server import FakeWecomServer


@pytest.fixture(autouse=True)
def _straight(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def server():
    with FakeWecomServer() as fake:
        yield fake


@pytest.fixture
def start(server, store, tmp_path):
    """Start an app over the database of `store`; returns a client of its path, and its bot."""
    running = []

    def start(**more):
        found = load_settings({**server.env, "IR_DB": "irbot.db"}, tmp_path)
        settings = replace(found, **more)
        bot = open_by_words(settings)
        chat = AppChat(settings, bot.responder, bot.delivery)
        flask = callback_app(dict)
        chat.mount(flask)
        running.append((chat, bot))
        bot.delivery.start()
        chat.start()
        return flask.test_client(), chat, bot

    yield start
    for chat, bot in running:
        chat.stop()
        bot.delivery.stop()


@pytest.fixture
def app(start, server):
    """A client of a running app."""
    client, chat, _ = start()
    server.until(lambda: chat.state == "connected")
    return client
