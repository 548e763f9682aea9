"""HTTP mode: only what Slack signed is taken in."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest
from slack_sdk.signature import SignatureVerifier

from bot.config import load_settings
from bot.store.connection import connect
from handlers.slack.app import SlackChat
from handlers.web.app import web_app
from tests.conftest import open_by_words
from tests.fakes.slack import TEAM

SECRET = "s3cret"


@pytest.fixture
def http(slack, store, tmp_path):
    """A client of the web application in HTTP mode."""
    env = {**slack.env, "SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SECRET, "IR_DB": "irbot.db"}
    settings = load_settings(env, tmp_path)
    bot = open_by_words(settings)
    chat = SlackChat(settings, bot.responder, bot.delivery)
    app = web_app(bot, dict)
    chat.mount(app)
    bot.delivery.start()
    chat.start()
    slack.until(lambda: chat.state == "connected")
    yield app.test_client()
    chat.stop()
    bot.delivery.stop()


def _signed(body, at=None):
    timestamp = str(int(time.time())) if at is None else str(at)
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=timestamp, body=body)
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature or "",
        "Content-Type": "application/json",
    }


def _mention():
    event = {
        "type": "app_mention",
        "text": "<@U0BOT> 可转债",
        "channel": "C1",
        "user": "U1",
        "ts": "1.5",
    }
    return json.dumps({"type": "event_callback", "team_id": TEAM, "event": event})


def test_a_signed_event_is_answered_and_the_challenge_too(http, slack):
    body = _mention()
    assert http.post("/slack/events", data=body, headers=_signed(body)).status_code == 200
    assert slack.until(lambda: slack.posts)[0]["thread_ts"] == "1.5"
    challenge = json.dumps({"type": "url_verification", "challenge": "abc"})
    answer = http.post("/slack/events", data=challenge, headers=_signed(challenge))
    assert (answer.status_code, "abc" in answer.text) == (200, True)


def test_forged_replayed_and_malformed_requests_are_401_and_store_nothing(http, tmp_path):
    body = _mention()
    good = _signed(body)
    for headers in (
        {**good, "X-Slack-Signature": "v0=" + "0" * 64},
        {**good, "X-Slack-Signature": "v0=ä"},
        {**good, "X-Slack-Request-Timestamp": "abc"},
        _signed(body, at=int(time.time()) - 600),
        {"Content-Type": "application/json"},
    ):
        assert http.post("/slack/events", data=body, headers=headers).status_code == 401
    assert connect(tmp_path / "irbot.db")["inbox"].count == 0
    for timestamp in ("9" * 5_000, "-1", "", "１２３"):
        headers = {**good, "X-Slack-Request-Timestamp": timestamp.encode().decode("latin-1")}
        assert http.post("/slack/events", data=body, headers=headers).status_code == 401
    assert http.post("/slack/events", data=b"\xff\xfe", headers=good).status_code == 401
    large = "x" * 1_000_001
    assert http.post("/slack/events", data=large, headers=_signed(large)).status_code == 413


def test_a_request_signed_but_unreadable_is_no_fault_of_ours(http, slack):
    deep = "[" * 100_000
    for body in ("no json", "[]", "", "payload=%7B", '{"type":"event_callback"}', deep):
        headers = _signed(body)
        assert http.post("/slack/events", data=body, headers=headers).status_code < 500
    event = '{"type": "event_callback", "event": '
    shapes = ("7", '{"event": 7}', '{"actions": 7}', '{"actions": [7]}', '{"user": []}', "null")
    shapes += ('{"type": "block_actions", "actions": []}',)
    for body in (deep, '{"event":' * 20_000, event + deep, "{", "{]", *shapes):
        assert http.post("/slack/events", data=body, headers=_signed(body)).status_code == 400
        form = urlencode({"payload": body})
        headers = _signed(form) | {"Content-Type": "application/x-www-form-urlencoded"}
        assert http.post("/slack/events", data=form, headers=headers).status_code == 400
    body = _mention()
    http.post("/slack/events", data=body, headers=_signed(body))
    assert slack.until(lambda: slack.posts)


def test_a_command_is_answered_inside_the_response(http):
    body = urlencode({"command": "/ir", "text": "#7", "channel_id": "C1", "user_id": "U1"})
    form = {**_signed(body), "Content-Type": "application/x-www-form-urlencoded"}
    answer = http.post("/slack/events", data=body, headers=form)
    assert answer.json["response_type"] == "ephemeral"
    assert "第7问" in answer.json["text"]
