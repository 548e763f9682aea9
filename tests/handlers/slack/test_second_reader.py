"""A second reader that is late, hangs or fails, beside messages in Slack."""

from __future__ import annotations

import itertools
import json
import threading
import time
import urllib.request
from contextlib import contextmanager

import pytest

from bot.config import load_settings
from bot.message import Likely, Message
from bot.second_reader.reader import name_of
from tests.conftest import NOW, open_by_words
from tests.fakes.reader import FakeReader, always, pick
from tests.handlers.slack.conftest import running, shown_text
from tests.serving import free_port, served

WHO, END = ("公司", "你们", "今后", "到底", "究竟", "接下来"), "呀啊吧呢嘛哦"
UNDECIDED = [f"下修的事{who}打算怎么弄{end}" for who, end in itertools.product(WHO, END)]
SURE = "不确定是否就是您要问的"  # stands above what is only likely


@pytest.fixture
def trusted(slack, store, tmp_path):
    """Run a bot whose reader is believed."""

    @contextmanager
    def run(fake, timeout_s):
        environ = {**slack.env, **fake.env, "IR_DB": "irbot.db", "IR_READER": "use"}
        settings = load_settings({**environ, "IR_READER_TIMEOUT_S": str(timeout_s)}, tmp_path)
        worth = {"first": {"sure": 9.0}, "other": {}}
        store.add_reader_trial(name_of(settings), "strict", worth, "", NOW)
        alone = open_by_words(load_settings({"IR_DB": "irbot.db"}, tmp_path)).responder
        replies = [alone.consider(Message(text)).reply for text in UNDECIDED]
        assert all(isinstance(reply, Likely) for reply in replies)
        with running(settings) as bot:
            slack.until(lambda: slack.sockets)
            yield bot

    return run


def test_many_at_once_are_all_answered_and_who_is_late_gets_the_matchers_reply(
    slack, store, trusted, unpaced
):
    is_over = threading.Event()

    def script(message, candidates):
        """At once for the first one; then it hangs."""
        is_over.wait(0 if message == UNDECIDED[0] else 60)
        return pick(1)

    with FakeReader(script) as fake, trusted(fake, timeout_s=2):
        sent = [slack.mention(text, f"C{at}") for at, text in enumerate(UNDECIDED)]
        slack.until(lambda: len(slack.posts) >= len(sent), 30)
        slack.until(lambda: slack.unacknowledged() == 0)
        is_over.set()
    assert sorted(post["thread_ts"] for post in slack.posts) == sorted(sent)
    answered = [post["thread_ts"] for post in slack.posts if SURE not in shown_text(post)]
    assert answered == sent[:1]
    assert 2 <= len(fake.asked) < len(sent)
    # What is waited for could be written meanwhile, so nobody waited in a transaction.
    assert store.database.connection().table("reader_opinions").count >= 1


def test_a_command_is_answered_inside_its_acknowledgement_while_the_reader_hangs(slack, trusted):
    with FakeReader(always(1), wait_s=60) as fake, trusted(fake, timeout_s=0.2):
        for text in UNDECIDED[:8]:
            assert SURE in shown_text(slack.command(text))
        assert len(fake.asked) < 8  # after three failures it is left alone


def test_an_opinion_answers_who_asks_the_same_that_day_at_once(slack, trusted):
    with FakeReader(always(1)) as fake, trusted(fake, timeout_s=20):
        slack.mention(UNDECIDED[0])
        posted = slack.until(lambda: slack.posts, 20)[0]
        answer = slack.command(UNDECIDED[0])
    assert len(fake.asked) == 1
    for shown in (posted, answer):
        assert SURE not in shown_text(shown)
        assert "第24问" in shown_text(shown)


def test_healthz_has_a_line_of_it_and_it_makes_nothing_ill(slack, store, tmp_path):
    local = f"127.0.0.1:{free_port()}"
    with (
        FakeReader(always(1), status=500) as fake,
        served(
            tmp_path,
            {**slack.env, **fake.env, "IR_READER_TIMEOUT_S": "20", "IR_HTTP": local},
        ),
    ):
        slack.direct(UNDECIDED[0])
        slack.until(lambda: slack.posts)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            with opener.open(f"http://{local}/healthz", timeout=5) as answer:
                told = json.load(answer)["second_reader"]
            time.sleep(0.02)
            if told["failed"]:
                break
    assert told == {
        "use": "observe",
        "state": "failing",
        "why": "HTTP 500",
        "asked": 1,
        "opinions": 0,
        "failed": 1,
    }
    log = (tmp_path / "log").read_text()
    assert log.count("second reader gives no opinion: HTTP 500") == 1
    assert "下修" not in log
