"""The real Bolt and SDK against the fake Slack, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from bot.config import Settings, load_settings
from bot.delivery.delivery import Delivery
from bot.delivery.rate_limits import RateLimits
from handlers.slack.app import SlackChat
from tests.conftest import open_by_words
from tests.fakes.slack import FakeSlack


@dataclass
class Running:
    """A bot at work."""

    chat: SlackChat
    delivery: Delivery


def shown_text(post):
    """What a person reads in the blocks."""
    return "\n".join(
        "".join(element["text"] for element in section["elements"] if "text" in element)
        for block in post["blocks"]
        if block["type"] == "rich_text"
        for section in block["elements"]
    )


@contextmanager
def running(settings: Settings, **clocks: Any) -> Iterator[Running]:
    """Start a bot over the settings' database, and stop it."""
    bot = open_by_words(settings, **clocks)
    chat = SlackChat(settings, bot.responder, bot.delivery)
    bot.delivery.start()
    chat.start()
    try:
        yield Running(chat, bot.delivery)
    finally:
        chat.stop()
        bot.delivery.stop()


@pytest.fixture
def slack(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def unpaced(monkeypatch):
    """Posts of a channel follow each other at once; to be named before `bot`."""
    monkeypatch.setattr("handlers.slack.app.rate_limits", lambda _: RateLimits())


@pytest.fixture
def bot(slack, store, tmp_path):
    """A running bot over the database of `store`."""
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    with running(settings) as bot:
        slack.until(lambda: slack.sockets)
        yield bot
