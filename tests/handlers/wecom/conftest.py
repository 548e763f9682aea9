"""The bot against the fake gateway, in this process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.config import load_settings
from handlers.wecom.app import WecomChat
from handlers.wecom.connection import Timing
from tests.conftest import open_by_words
from tests.fakes.wecom import FakeWecom

# The platform's intervals, a hundred times as fast where a test would wait for them. No ack that
# comes is late, however busy the machine is; where none comes, it is waited for a moment.
QUICK = Timing(ping=0.3, first_wait=0.1, settled=5.0, refused_wait=1.0, lease=0.05)
HASTY = replace(QUICK, ack=0.5, write=0.5)


@pytest.fixture(autouse=True)
def _own_lease(tmp_path, monkeypatch):
    """Tests run side by side with the same bot id; each has a machine of its own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def wecom():
    with FakeWecom() as fake:
        yield fake


@pytest.fixture
def start(wecom, store, tmp_path):
    """Start a chat over the database of `store`; returns it with its bot."""
    running = []

    def start(timing=QUICK, **more):
        found = load_settings({**wecom.env, "IR_DB": "irbot.db"}, tmp_path)
        settings = replace(found, **more)
        bot = open_by_words(settings)
        chat = WecomChat(settings, bot.responder, bot.delivery, timing)
        running.append((chat, bot))
        bot.delivery.start()
        chat.start()
        return chat, bot

    yield start
    for chat, bot in running:
        chat.stop()
        bot.delivery.stop()


@pytest.fixture
def bot(start, wecom):
    """A running, connected chat and its bot."""
    started = start()
    wecom.until(lambda: started[0].state == "connected")
    return started
