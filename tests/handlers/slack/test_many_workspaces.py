"""Workspaces that install the app themselves: Bolt's own flow, over real HTTP and sockets."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from slack_sdk.signature import SignatureVerifier

from bot.config import load_settings
from bot.delivery.delivery import Delivery
from bot.delivery.mailbox import undelivered
from bot.errors import SettingsError
from bot.message import Chat
from bot.sealing import Seal, new_key
from bot.store import Store
from bot.store.connection import Database
from bot.store.installations import Installations
from handlers.doctor import checks
from handlers.slack import credentials
from handlers.slack.app import SlackChat
from handlers.web.app import callback_app
from tests.conftest import NOW, open_by_words
from tests.fakes.slack import TEAM, Workspace
from tests.handlers.slack.conftest import shown_text

KEY, SECRET = new_key(), "s3cret"
ALPHA, BETA = Workspace("T0ALPHA", "U0ALPHA"), Workspace("T0BETA", "U0BETA")
HOST = "https://bot.example.com"


@dataclass
class Serving:
    """A bot that workspaces install."""

    slack: Any
    chat: SlackChat
    delivery: Delivery
    browser: FlaskClient
    path: Any

    def begin(self, browser: FlaskClient | None = None) -> dict[str, list[str]]:
        """Open the install page; what Slack is asked."""
        answer = (browser or self.browser).get("/slack/install", base_url=HOST)
        assert answer.status_code == 302
        return parse_qs(urlsplit(answer.headers["Location"]).query)

    def install(self, code: str, **more: str) -> Any:
        """Agree in Slack, and come back."""
        query = {"code": code, "state": self.begin()["state"][0], **more}
        return self.browser.get("/slack/oauth_redirect", base_url=HOST, query_string=query)

    def installed(self) -> list[str]:
        stored = Installations(self.path, Seal([KEY])).of("slack")
        return sorted(one.workspace for one in stored)

    def posted(self, count: int) -> Any:
        self.slack.until(lambda: len(self.slack.posts) == count)
        return self.slack.posts

    def rows(self, sql: str) -> list[Any]:
        return Database.open(self.path).connection().execute(sql).fetchall()


@contextmanager
def serving(slack, tmp_path, now=NOW, **env):
    settings = load_settings(
        {**slack.env_of_many, "IR_SECRET_KEY": KEY, "IR_DB": "irbot.db", **env}, tmp_path
    )
    credentials.check(settings)
    bot = open_by_words(settings, now=lambda: now)
    chat = SlackChat(settings, bot.responder, bot.delivery)
    callbacks = callback_app(dict, [settings.callback_url])
    chat.mount(callbacks)
    bot.delivery.start()
    chat.start()
    slack.until(lambda: chat.state == "connected")
    try:
        yield Serving(slack, chat, bot.delivery, callbacks.test_client(), settings.db)
    finally:
        chat.stop()
        bot.delivery.stop()


@pytest.fixture
def fake(slack):
    slack.workspaces = {"a": Workspace(**vars(ALPHA)), "b": Workspace(**vars(BETA))}
    return slack


@pytest.fixture
def many(fake, store, tmp_path):
    with serving(fake, tmp_path) as bot:
        yield bot


def test_each_workspace_is_answered_by_its_own_token_over_one_socket(many, fake):
    for code, workspace in (("a", ALPHA), ("b", BETA)):
        answer = many.install(code)
        assert (answer.status_code, f"name of {workspace.team}" in answer.text) == (200, True)
    fake.mention("#7", "C1", within=ALPHA)
    fake.mention("#7", "C2", within=BETA)
    posts = many.posted(2)
    assert {(post["team"], post["channel"]) for post in posts} == {
        (ALPHA.team, "C1"),
        (BETA.team, "C2"),
    }
    assert all("第7问" in shown_text(post) for post in posts)
    assert "第7问" in fake.command("#7", team=BETA.team)["text"]  # and inside an acknowledgement


def test_what_goes_out_later_and_what_is_edited_go_by_the_same_token(many, fake):
    for code in "ab":
        many.install(code)
    ts = fake.mention("#7", "C1", within=BETA)
    many.posted(1)
    text = f"<@{BETA.bot_user}> "
    fake.edit(ts, f"{text}#8", f"{text}#7", within=BETA)
    fake.until(lambda: fake.updates)
    chat = Chat("slack", BETA.team, "C1", "U1")
    address = many.delivery.transport("slack").address_of(chat)
    many.delivery.sender.enqueue("later", chat, [{"text": "x", "blocks": []}], address)
    assert [post["team"] for post in (*many.posted(2), *fake.updates)] == [BETA.team] * 3


def test_over_http_a_workspace_is_answered_and_one_without_an_install_is_left(
    fake, store, tmp_path
):
    env = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SECRET}
    with serving(fake, tmp_path, **env) as many:
        many.install("a")
        for workspace in (BETA, ALPHA):
            body = _mention(workspace)
            answer = many.browser.post(
                "/slack/events", base_url=HOST, data=body, headers=_signed(body)
            )
            assert answer.status_code == 200
        assert [post["team"] for post in many.posted(1)] == [ALPHA.team]
        assert many.rows("SELECT DISTINCT workspace FROM inbox") == [(ALPHA.team,)]


def test_what_is_asked_of_slack_is_the_scopes_of_the_manifest_and_our_own_way_back(many):
    asked = many.begin()
    assert asked["scope"] == [many.slack.scopes]
    assert asked["redirect_uri"] == [f"{HOST}/slack/oauth_redirect"]


def test_a_state_is_used_once_in_the_browser_that_began_and_in_time(many, tmp_path):
    state = many.begin()["state"][0]

    def come_back(**query):
        where = "/slack/oauth_redirect"
        return many.browser.get(where, base_url=HOST, query_string={"code": "a", **query})

    for forged in ({}, {"state": "forged"}, {"state": state[:-1]}):
        assert come_back(**forged).status_code == 400
    elsewhere = many.browser.application.test_client()
    query = {"code": "a", "state": state}
    answer = elsewhere.get("/slack/oauth_redirect", base_url=HOST, query_string=query)
    assert (answer.status_code, many.installed()) == (400, [])
    assert come_back(state=state).status_code == 200
    many.browser.set_cookie("slack-app-oauth-state", state, domain="bot.example.com")
    assert come_back(state=state).status_code == 401  # it was used
    stored = Installations(many.path, Seal([KEY]))
    late = stored.issue_state(time.time() - 601)
    assert not stored.use_state(late, time.time())
    assert many.rows("SELECT count(*) FROM installations") == [(1,)]


def test_an_install_that_fails_says_why_and_keeps_nothing(many, fake):
    fake.workspaces["org"] = Workspace("E1", "U1", is_enterprise=True)
    for code, more, status, said in (
        ("nonsense", {}, 401, "没有安装"),
        ("org", {}, 403, "Enterprise Grid"),
        ("a", {"error": "access_denied"}, 200, "取消"),
    ):
        answer = many.install(code, **more)
        assert (answer.status_code, said in answer.text) == (status, True)
    assert many.installed() == []


def test_where_slack_or_the_database_is_away_who_installs_is_told_so(fake, store, tmp_path):
    away = {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": SECRET}
    with serving(fake, tmp_path, SLACK_API_URL="http://127.0.0.1:9/api/", **away) as many:
        answer = many.install("a")
        assert (answer.status_code, "过一会儿再试" in answer.text) == (503, True)
        Database.open(many.path).connection().execute("DROP TABLE install_states")
        answer = many.browser.get("/slack/install", base_url=HOST)
        assert (answer.status_code, "过一会儿再试" in answer.text) == (503, True)
        assert many.installed() == []


def test_who_asks_where_the_app_is_not_installed_is_told_where_to_install_it(many, fake):
    assert fake.command("#7", team=BETA.team) == {}
    (said,) = [response["text"] for response in fake.responses]
    assert said.endswith(f"{HOST}/slack/install")
    assert not many.rows("SELECT 1 FROM inbox")


@pytest.mark.parametrize(("person", "count"), [(ALPHA, 1), (BETA, 0)])
def test_what_somebody_of_another_organisation_presses_is_left(many, fake, person, count):
    many.install("a")
    pressed = {
        "type": "block_actions",
        "team": {"id": ALPHA.team},
        "user": {"id": "U9", "team_id": person.team},
        "channel": {"id": "C1"},
        "container": {"message_ts": "1.1", "channel_id": "C1"},
        "actions": [{"type": "button", "action_id": "ask:0", "value": "#7", "action_ts": "2.2"}],
        "response_url": f"{fake.url}respond/1",
    }
    fake.interact(pressed)
    assert many.rows("SELECT count(*) FROM inbox") == [(count,)]


def test_the_same_workspace_twice_is_one_installation_with_the_newer_token(many, fake):
    many.install("a")
    first = fake.workspaces["a"].token
    many.install("a")
    assert many.rows("SELECT count(*) FROM installations") == [(1,)]
    assert fake.workspaces["a"].token != first  # the older one is none any more
    fake.mention("#7", within=ALPHA)
    assert many.posted(1)[0]["team"] == ALPHA.team


def test_tokens_are_sealed_in_the_file_and_in_no_log(many, fake, caplog):
    caplog.set_level(logging.DEBUG)
    many.install("a")
    fake.mention("#7", within=ALPHA)
    many.posted(1)
    token = fake.workspaces["a"].token
    for file in many.path.parent.glob("irbot.db*"):
        assert file.is_dir() or token.encode() not in file.read_bytes()
    assert token not in caplog.text
    assert "client-s3cret" not in caplog.text
    assert KEY not in caplog.text


@pytest.mark.parametrize("farewell", ["app_uninstalled", "tokens_revoked"])
def test_a_workspace_that_removes_the_app_leaves_nothing_waiting_and_may_come_back(
    many, fake, farewell
):
    for code in "ab":
        many.install(code)
    for team in (ALPHA.team, BETA.team):
        assert "已订阅" in fake.command("订阅 09:00", "C9", team=team)["text"]
    chat = Chat("slack", ALPHA.team, "C9", "U1")
    transport = many.delivery.transport("slack")
    assert transport.reachability(chat) == ""
    later = {**transport.address_of(chat), "until": time.time() + 3600}
    payload = [{"text": "x", "blocks": []}]
    many.delivery.sender.enqueue("first/x", chat, payload, later, background=True)
    many.delivery.sender.enqueue("later/x", chat, payload, later, background=True)
    fake.workspaces["a"].token = ""
    _part(fake, farewell, ALPHA, int(time.time()) + 1)
    fake.until(lambda: many.installed() == [BETA.team])
    ended = "SELECT workspace, ended_why FROM subscriptions ORDER BY workspace"
    assert many.rows(ended) == [(ALPHA.team, farewell), (BETA.team, None)]
    fake.until(lambda: not many.delivery.oldest_undelivered_s())
    assert all(row["ref"] for row in undelivered(many.path) if row["workspace"] == ALPHA.team)
    assert transport.reachability(chat) == "no push"
    assert many.install("a").status_code == 200
    _part(fake, farewell, ALPHA, int(time.time()) - 60)  # told once more, of the time before
    before = len(fake.posts)
    fake.mention("#7", within=ALPHA)
    fake.until(lambda: any(post["team"] == ALPHA.team for post in fake.posts[before:]))
    assert many.installed() == [ALPHA.team, BETA.team]


def test_with_another_key_what_is_asked_waits_and_the_doctor_names_the_workspace(
    fake, store, tmp_path
):
    with serving(fake, tmp_path) as many:
        many.install("a")
    other = new_key()
    with serving(fake, tmp_path, IR_SECRET_KEY=other) as many:
        fake.mention("#7", within=ALPHA)
        fake.until(lambda: many.rows("SELECT 1 FROM outbox WHERE tries > 0"))
        assert not fake.posts
        env = {**fake.env_of_many, "IR_SECRET_KEY": other, "IR_DB": "irbot.db"}
        found = [one for one in checks(load_settings(env, tmp_path)) if one.what == "Slack 工作区"]
        assert any(one.ok is False and ALPHA.team in one.said for one in found)
    with serving(fake, tmp_path, IR_SECRET_KEY=f"{other},{KEY}") as many:
        assert many.posted(1)[0]["team"] == ALPHA.team
        assert Installations(many.path, Seal([other, KEY])).seal_anew() == 1
    with serving(fake, tmp_path, IR_SECRET_KEY=other) as many:
        fake.mention("#7", "C2", within=ALPHA)
        assert many.posted(2)[1]["channel"] == "C2"


def test_a_workspace_is_answered_from_the_companies_that_the_operator_allows(many, fake):
    for code in "ab":
        many.install(code)
    Store(many.path).allow("slack", ALPHA.team, ["600000"])
    fake.mention("300253/2025-002#7", "C1", within=ALPHA)
    fake.mention("300253/2025-002#7", "C2", within=BETA)
    said = {post["channel"]: post["text"] for post in many.posted(2)}
    assert ("300253" in said["C1"], "第7问" in said["C2"]) == (False, True)
    for workspace in (ALPHA, BETA):
        fake.event("app_home_opened", None, "D1", "U1", tab="home", within=workspace)
    fake.until(lambda: len(fake.views) == 2)
    homes = {view["team"]: str(view["view"]) for view in fake.views}
    assert ("卫宁健康" in homes[ALPHA.team], "卫宁健康" in homes[BETA.team]) == (False, True)


def test_a_workspace_over_its_quota_is_told_once_in_a_channel_and_others_are_answered(
    fake, store, tmp_path
):
    quota = {"IR_WORKSPACE_A_MINUTE": "3", "IR_WORKSPACE_A_DAY": "9"}
    with serving(fake, tmp_path, NOW, **quota) as many:
        for code in "ab":
            many.install(code)
        for channel in ("C1", "C2", "C3", "C4", "C4", "C5"):
            fake.mention("#7", channel, within=ALPHA)
        fake.mention("#7", "C6", within=BETA)
        posts = {post["channel"]: post["text"] for post in many.posted(6)}
        assert all("第7问" in posts[channel] for channel in ("C1", "C2", "C3", "C6"))
        assert all("过一分钟再问" in posts[channel] for channel in ("C4", "C5"))
        assert "过一分钟再问" in fake.command("#7", team=ALPHA.team)["text"]
        assert "第7问" in fake.command("#7", team=BETA.team)["text"]
    with serving(fake, tmp_path, NOW + timedelta(minutes=1), **quota) as many:
        said = [fake.command("#7", team=ALPHA.team)["text"] for _ in range(4)]
        assert ["第7问" in text for text in said] == [True, True, False, False]
        assert "明天再问" in said[-1]  # those over the minute's count as well
    with serving(fake, tmp_path, NOW + timedelta(days=1), **quota) as many:
        assert "第7问" in fake.command("#7", team=ALPHA.team)["text"]
        assert not many.rows("SELECT 1 FROM inbox WHERE state = 'new'")


def test_a_command_that_is_answered_later_counts_once(fake, store, tmp_path):
    env = {"IR_DESK_CHANNELS": "CDESK", "IR_WORKSPACE_A_MINUTE": "1"}
    with serving(fake, tmp_path, **env) as many:
        many.install("a")
        assert fake.command("转给证券部 明天会下雨吗？", team=ALPHA.team) == {}
        assert many.posted(1)[0]["channel"] == "CDESK"
        assert many.rows("SELECT in_minute FROM workspace_use") == [(1,)]


@pytest.mark.parametrize("label", ["全文", "分享到频道"])
def test_that_a_quota_is_used_up_takes_no_answers_place_and_is_not_shared(
    fake, store, tmp_path, label
):
    fake.workspaces["home"] = Workspace(TEAM, "U0HOME")
    with serving(fake, tmp_path, IR_WORKSPACE_A_MINUTE="1") as many:
        many.install("home")
        fake.press(fake.command("可转债", team=TEAM), label)
        said = fake.until(lambda: fake.responses)[0]
        assert "过一分钟再问" in said["text"]
        assert (said["response_type"], said["replace_original"]) == ("ephemeral", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1-test"),
        ("SLACK_CLIENT_SECRET", ""),
        ("IR_SECRET_KEY", ""),
        ("IR_SECRET_KEY", "no key"),
        ("IR_CALLBACK_URL", ""),
        ("IR_CALLBACK_URL", "http://bot.example.com"),
        ("IR_HTTP", ""),
    ],
)
def test_half_set_it_says_what_is_missing_and_never_the_secret(fake, tmp_path, name, value):
    env = {**fake.env_of_many, "IR_SECRET_KEY": KEY, name: value}
    with pytest.raises(SettingsError, match=name) as told:
        credentials.check(load_settings(env, tmp_path))
    assert "no key" not in str(told.value)


def _part(fake, kind: str, workspace: Workspace, at: int) -> None:
    tokens = {"tokens": {"bot": [workspace.bot_user]}} if kind == "tokens_revoked" else {}
    body = {"event_time": at}
    fake.event(kind, None, "", "", within=workspace, body=body, **tokens)
    fake.until(lambda: fake.unacknowledged() == 0)


def _mention(workspace: Workspace) -> str:
    event = {"type": "app_mention", "text": "#7", "channel": "C1", "user": "U1", "ts": "1.5"}
    about = {"team_id": workspace.team, "event_id": "Ev1", "event": event}
    return json.dumps({"type": "event_callback", **about})


def _signed(body: str) -> dict[str, str]:
    at = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body) or ""
    return {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
        "Content-Type": "application/json",
    }
