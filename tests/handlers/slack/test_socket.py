"""Connections end in every way; the bot is back at once and loses nothing."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest

from bot.config import load_settings
from tests.fakes.slack import FakeSlack
from tests.handlers.slack.conftest import running


@pytest.fixture
def relayed(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeSlack(relayed=True) as fake:
        yield fake


@pytest.mark.parametrize("seconds", [4, pytest.param(60, marks=pytest.mark.trial)])
def test_whatever_happens_to_the_socket_nothing_is_lost_and_it_is_soon_heard_again(
    relayed, store, tmp_path, seconds, capsys
):
    """Refreshed, cut, closed and silenced in turn; mentions all the while."""
    slack, every_s = relayed, seconds / 12 if seconds >= 60 else 1.0
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    deaf: dict[str, list[float]] = {}
    asked: set[str] = set()
    with running(settings):
        slack.until(lambda: slack.sockets)
        ends = itertools.cycle(["refresh", "cut", "close_cleanly", "fall_silent"])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            slack.until(lambda: slack.unacknowledged() == 0)
            heard, end, began = len(slack.acks), next(ends), time.monotonic()
            getattr(slack, end)()
            # Slack sends on the newest socket; what goes astray is sent again.
            while len(slack.acks) == heard:
                asked.add(slack.mention("关税", channel=f"C{len(asked)}"))
                time.sleep(0.02)
            deaf.setdefault(end, []).append(time.monotonic() - began)
            time.sleep(max(0.0, began + every_s - time.monotonic()))
        slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= asked)
    assert len(slack.posts) == len(asked)
    with capsys.disabled():
        for end, times in deaf.items():
            print(f"\n{end}: deaf at most {max(times):.3f} s of {len(times)}", end="")
    if seconds >= 60:  # the short form runs beside everything else
        assert max(max(times) for times in deaf.values()) <= 0.5


@pytest.mark.parametrize("end", ["refresh", "cut", "close_cleanly"])
def test_a_lost_connection_is_replaced(bot, slack, end):
    slack.mention("可转债", channel="C1")
    slack.until(lambda: slack.posts)
    opened = len(slack.opened)
    getattr(slack, end)()
    slack.until(lambda: len(slack.opened) > opened)
    slack.mention("关税", channel="C2")
    slack.until(lambda: len(slack.posts) == 2)
    slack.until(lambda: slack.unacknowledged() == 0)


def test_malformed_frames_do_not_end_the_connection(bot, slack):
    deep = "[" * 100_000
    event = '{"type": "events_api", "envelope_id": "y", "payload": {"event": '
    frames = ["no json", "[]", '{"type": 7}', '{"type": "events_api", "envelope_id": "x"}', ""]
    for frame in (*frames, deep, event + deep, event + "7}}", event + '{"blocks": 7}}}'):
        slack.raw(frame)
    slack.mention("可转债")
    assert slack.until(lambda: slack.posts)
    assert len(slack.opened) == 1


def test_connections_of_the_app_that_are_not_ours_are_told_and_our_own_are_not(bot, slack, caplog):
    def again(end):
        opened = len(slack.opened)
        end()
        slack.until(lambda: len(slack.opened) > opened)
        slack.until(bot.chat._socket.is_heard)

    again(slack.refresh)
    assert "not ours" not in caplog.text
    slack.other_sockets = 1
    again(slack.refresh)
    slack.until(lambda: "not ours: 1" in caplog.text)


def test_a_lost_connection_that_slack_still_counts_is_not_taken_for_another_bots(
    bot, slack, caplog
):
    slack.other_sockets = 1
    opened = len(slack.opened)
    slack.cut()
    slack.until(lambda: len(slack.opened) > opened)
    slack.mention("关税")
    slack.until(lambda: slack.posts)
    assert "not ours" not in caplog.text


def test_a_refused_token_is_failed_and_not_hammered(slack, tmp_path):
    from flask import jsonify

    def refuse(method, given):
        return jsonify({"ok": False, "error": "invalid_auth"})

    slack.faults.append(refuse)
    settings = load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)
    with running(settings) as bot:
        slack.until(lambda: bot.chat.state == "failed")
        time.sleep(0.5)
    assert len(slack.calls) == 1


def test_a_limited_channel_waits_and_delays_no_other(bot, slack):
    from flask import make_response

    limited: list[float] = []

    def limit(method, given):
        if method == "chat.postMessage" and given["channel"] == "C1" and not limited:
            limited.append(time.monotonic())
            answer = make_response({"ok": False, "error": "ratelimited"}, 429)
            answer.headers["Retry-After"] = "2"
            return answer
        return None

    slack.faults.append(limit)
    slack.mention("可转债", channel="C1")
    slack.until(lambda: limited)
    slack.mention("关税", channel="C2")
    slack.until(lambda: slack.posts)
    assert slack.posts[0]["channel"] == "C2"
    slack.until(lambda: len(slack.posts) == 2)
    assert slack.posts[1]["at"] - limited[0] >= 2


def test_a_post_whose_fate_is_unknown_is_looked_up_before_it_is_repeated(bot, slack):
    from flask import make_response

    cut: list[dict[str, Any]] = []

    def made_but_failed(method, given):
        if method == "chat.postMessage" and not cut:
            cut.append(slack.keep(given))
            return make_response("gateway", 502)
        return None

    slack.faults.append(made_but_failed)
    slack.mention("可转债")
    slack.until(lambda: "conversations.replies" in slack.calls)
    time.sleep(1.0)
    assert len(slack.posts) == 1
