"""The real Bolt and SDK against the fake Slack, in this process."""

from __future__ import annotations

import pytest

from bot.config import load_settings
from bot.delivery import Delivery
from handlers.slack.app import SlackChat
from tests.fakes.slack import FakeSlack


@pytest.fixture
def slack(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def bot(slack, desk, tmp_path):
    """A running bot; the store is the one of the `desk` fixture."""
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    delivery = Delivery(desk, settings.db)
    chat = SlackChat(settings, desk, delivery)
    delivery.start()
    chat.start()
    slack.until(lambda: slack.sockets)
    yield chat
    chat.stop()
    delivery.stop()
