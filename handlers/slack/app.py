"""Slack: events, commands, clicks and shortcuts → the inbox; the outbox → the Web API.

Bolt acknowledges an event before its listener runs, so messages are committed to the inbox in a
global middleware; listeners only serve what is answered inside the acknowledgement. Nothing here
calls the Web API while Slack waits: posts are sent by the delivery's own threads. (One exception:
`/ir subscribe` looks, for two seconds at most, whether the bot is a member of the channel.)
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any, cast

from flask import Flask, request
from flask.typing import ResponseReturnValue
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.answering.responder import Desk
from bot.commands import parse_plan
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import SettingsError, trace_of
from bot.message import Chat, Message
from handlers.slack import render
from handlers.slack.carrier import SlackCarrier, pace
from handlers.slack.client import web_client
from handlers.slack.errors import FOR_GOOD, code_of
from handlers.slack.socket import Socket

PLATFORM = "slack"

_RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
_LISTENERS = 16
_BODY_LIMIT = 1_000_000
_ACK_WITHIN_S = 2.0  # Slack takes an answer inside the acknowledgement for 3 s
_RESPONSES = 5  # uses of a response URL
_TAKEN_SUBTYPES = {None, "file_share", "thread_broadcast"}
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_CHANNEL_OR_GROUP = re.compile(r"<(?:#|!subteam\^)[^>|]*\|?([^>]*)>")
_BROADCAST = re.compile(r"<!(?:here|channel|everyone)(?:\|[^>]*)?>")
_LINK = re.compile(r"<((?:https?|mailto|tel):[^>|]*)(?:\|([^>]*))?>")

log = logging.getLogger(__name__)


def check(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed.
    """
    bot, app, secret = (
        settings.slack_bot_token,
        settings.slack_app_token,
        settings.slack_signing_secret,
    )
    if not bot:
        raise SettingsError(
            "已设 SLACK_APP_TOKEN 或 SLACK_SIGNING_SECRET，但缺 SLACK_BOT_TOKEN（以 xoxb- 开头）"
        )
    if not re.fullmatch(r"xoxb-[\w-]+", bot):
        raise SettingsError("SLACK_BOT_TOKEN 应以 xoxb- 开头（OAuth & Permissions 页的 Bot Token）")
    if not app and not secret:
        raise SettingsError(
            "已设 SLACK_BOT_TOKEN，但缺 SLACK_APP_TOKEN（以 xapp- 开头；"
            "或用 HTTP 方式时的 SLACK_SIGNING_SECRET）"
        )
    if app and not re.fullmatch(r"xapp-[\w-]+", app):
        raise SettingsError(
            "SLACK_APP_TOKEN 应以 xapp- 开头（Basic Information 页的 App-Level Token）"
        )
    if not re.fullmatch(r"https?://[^\s/]+(/.*)?", settings.slack_api_url):
        raise SettingsError("SLACK_API_URL 应为网址，例如 https://slack.com/api/")


def question_in(text: str) -> str:
    """What was asked: mention marks off, Slack's escapes undone.

    >>> question_in("<@U01> 毛利率 &gt; 40%？")
    '毛利率 > 40%？'
    """
    text = _BROADCAST.sub(" ", _MENTION.sub(" ", text))
    text = _CHANNEL_OR_GROUP.sub(lambda found: found[1], text)
    text = _LINK.sub(lambda found: found[2] or found[1], text)
    # Half a surrogate pair, which JSON may hold, can be neither stored nor sent.
    return unescape(text).encode("utf-8", "replace").decode().strip()


class SlackChat:
    """The Slack side of one process: Socket Mode, or HTTP mode with only a signing secret."""

    def __init__(self, settings: Settings, desk: Desk, delivery: Delivery) -> None:
        self._settings = settings
        self._desk = desk
        self._delivery = delivery
        self._client = web_client(settings)
        self._socket: Socket | None = None
        self._http: SlackRequestHandler | None = None
        self._state = "connecting"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._set_up, name="slack", daemon=True)
        self._team = self._bot_user = ""
        limits = pace(settings.slack_posts_a_minute)
        delivery.register(PLATFORM, SlackCarrier(self._client, desk.words, limits, self._refused))

    # Life

    @property
    def state(self) -> str:
        """connected, connecting or failed, for /healthz."""
        if self._state == "connected" and self._socket is not None:
            return "connected" if self._socket.is_heard() else "connecting"
        return self._state

    def start(self) -> None:
        """Sign in and connect in the background; retried until Slack refuses for good."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more in; what was acknowledged is in the inbox."""
        self._stopping.set()
        if self._socket is not None:
            closing = threading.Thread(target=self._socket.close, daemon=True)
            closing.start()
            closing.join(1.0)  # it says goodbye to Slack

    def _set_up(self) -> None:
        signed_in = self._signed_in()
        if signed_in is None:
            return
        self._team, self._bot_user = signed_in["team_id"], signed_in["user_id"]
        app = self._bolt()
        if not self._settings.slack_app_token:
            self._http = SlackRequestHandler(app)
            self._state = "connected"
            log.info("Slack: ready for HTTP requests at /slack/events")
            return

        def take(session: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
            try:
                response = run_bolt_app(app, envelope)
            except _UNREADABLE as error:  # not ours: those go through app.error
                log.warning("Slack: a request Bolt cannot read was left: %s", trace_of(error))
                response = BoltResponse(status=200, body="")
            send_response(session, envelope, response, 0)

        self._socket = Socket(self._settings.slack_app_token, self._client, take, self._refused)
        self._state = "connected"
        self._socket.open()
        log.info("Slack: signed in; connecting by Socket Mode")

    def _signed_in(self) -> dict[str, Any] | None:
        """auth.test's answer, or None when refused for good or stopping."""
        tries = 0
        while not self._stopping.is_set():
            try:
                return cast(dict[str, Any], self._client.auth_test().data)
            except Exception as error:
                code = code_of(error)
                if code in FOR_GOOD:
                    self._refused(code)
                    return None
            log.warning("Slack: cannot sign in yet (%s); trying again", code)
            self._stopping.wait(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1
        return None

    def _refused(self, code: str) -> None:
        if self._state == "failed":
            return  # said already
        self._state = "failed"
        log.error(
            "Slack refused the credentials (%s); check the tokens in .env, then restart", code
        )

    # Bolt

    def _bolt(self) -> App:
        quiet = logging.getLogger("slack_bolt.irbot")
        quiet.setLevel(logging.ERROR)
        app = App(
            client=self._client,
            signing_secret=self._settings.slack_signing_secret or "unused",
            token_verification_enabled=False,  # done in _signed_in
            raise_error_for_unhandled_request=True,
            listener_executor=ThreadPoolExecutor(_LISTENERS, thread_name_prefix="slack"),
            logger=quiet,
        )
        app.middleware(self._take_in)
        app.action(re.compile(f"{render.ASK}:.*"))(self._on_ask)
        app.action(re.compile(f"{render.HELPFUL}|{render.UNHELPFUL}"))(self._on_opinion)
        app.action(render.SHARE)(self._on_share)
        app.action(re.compile(f"{render.DIGEST_AT}|{render.DIGEST_END}"))(self._on_digest)
        app.message_shortcut(re.compile(".*"))(self._on_shortcut)
        app.error(_unhandled)
        return app

    def _take_in(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:
        """Commit a message before it is acknowledged; answer a command inside it.

        Other requests go on to their listener, for which Bolt looks every 10 ms only.
        """
        if "command" in body:
            return BoltResponse(status=200, body=self._on_command(body))
        if body.get("type") == "app_rate_limited":
            log.warning("Slack: too many events; some were left out by Slack")
        elif "event" not in body and body.get("type") != "event_callback":
            return next()
        event = body.get("event")
        if isinstance(event, dict):
            if event.get("type") == "app_home_opened":
                self._open_home(event)
            elif _is_farewell(event):
                self._refused(str(event["type"]))
            elif self._is_for_us(event):
                self._accept_event(event)
        return BoltResponse(status=200, body="")

    def _is_for_us(self, event: dict[str, Any]) -> bool:
        """Rules for what is answered (slack-facts: bots, subtypes and other teams are left)."""
        kind = event.get("type")
        if kind == "message" and event.get("channel_type") != "im":
            return False
        if kind not in ("message", "app_mention"):
            return False
        if event.get("subtype") not in _TAKEN_SUBTYPES or event.get("hidden"):
            return False
        if event.get("bot_id") or event.get("bot_profile"):
            return False
        if not all(isinstance(event.get(name), str) for name in ("user", "channel", "ts")):
            return False
        if event["user"] == self._bot_user:
            return False
        teams = [event.get(name) for name in ("user_team", "source_team", "team")]
        sender = next((team for team in teams if team), self._team)
        return sender == self._team or str(sender).startswith("E")

    def _accept_event(self, event: dict[str, Any]) -> None:
        channel, user, ts = event["channel"], event["user"], event["ts"]
        text = question_in(str(event.get("text") or ""))
        address = {
            "channel": channel,
            "thread_ts": str(event.get("thread_ts") or ts),
            "after": ts,  # where to look for the reply
        }
        self._accept(f"{channel}/{ts}", text, channel, user, address)

    def _accept(
        self, mark: str, text: str, channel: str, user: str, address: dict[str, Any]
    ) -> None:
        self._delivery.accept(
            f"{PLATFORM}/{self._team}/{mark}",
            Message(text, self._chat(channel, user)),
            {**address, "query": text},
        )

    def _chat(self, channel: str, user: str) -> Chat:
        return Chat(PLATFORM, self._team, channel, user)

    def _on_command(self, body: dict[str, Any]) -> str | dict[str, Any]:
        """`/ir TEXT`: answered inside the acknowledgement, seen by the asker only."""
        channel, user = str(body.get("channel_id", "")), str(body.get("user_id", ""))
        text = question_in(str(body.get("text") or ""))
        mark = f"{channel}/command/{body.get('trigger_id') or body.get('response_url', '')}"
        chat = self._chat(channel, user)
        shown = self._delivery.shown_within(Message(text, chat), _ACK_WITHIN_S)
        if shown is None:  # the index is being built anew: answered a little later
            self._accept(mark, text, channel, user, _to_asker(body))
            return ""
        payloads = render.to_asker(shown, self._desk.words, text)
        if len(payloads) == 1:
            return payloads[0]
        # The acknowledgement takes one message; more go in order through the response URL, which
        # takes five: what is longer still goes to the asker's direct messages.
        address = _to_asker(body) if len(payloads) <= _RESPONSES else {"channel": user}
        self._delivery.enqueue(f"{PLATFORM}/{self._team}/{mark}", chat, payloads, address)
        return "" if len(payloads) <= _RESPONSES else self._desk.words.text("sent directly")

    def _on_ask(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """A button of an offer, 全文 or 同题: the message it stands for, answered in its place."""
        action = body["actions"][0]
        says, mark = str(action.get("value", "")), str(action.get("action_ts", ""))
        container, message = body.get("container") or {}, body.get("message") or {}
        channel, user = _where(body)
        shown_at = container.get("message_ts") or message.get("ts") or ""
        address: dict[str, Any]
        if container.get("is_ephemeral") or not shown_at:
            in_place = str(action.get("action_id", "")).startswith(render.IN_PLACE)
            address = {**_to_asker(body), "in_place": in_place}
        else:
            thread = message.get("thread_ts") or container.get("thread_ts") or shown_at
            address = {"channel": channel, "thread_ts": thread, "after": shown_at}
        self._accept(f"{channel}/{shown_at}/{user}/{mark}", says, channel, user, address)
        ack()

    def _on_opinion(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        action = body["actions"][0]
        channel, user = _where(body)
        try:
            about = json.loads(action["value"])
            ids, query = [str(item) for item in about["ids"]], str(about["query"])
        except (KeyError, TypeError, ValueError):
            ids, query = [], ""
        for question_id in ids:
            self._delivery.keep_opinion(
                self._chat(channel, user),
                question_id,
                query,
                helpful=action["action_id"] == render.HELPFUL,
            )
        ack()

    def _on_share(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """分享到频道: through the response URL, which works where the bot is no member."""
        action = body["actions"][0]
        channel, user = _where(body)
        self._accept(
            f"{channel}/share/{user}/{action.get('action_ts', '')}",
            str(action.get("value", "")),
            channel,
            user,
            {**_to_asker(body), "shared_by": user},
        )
        ack()

    def _on_shortcut(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """查活动记录 on a message: what the record says about it, for the asker only."""
        message = body.get("message") or {}
        channel, user = _where(body)
        mark = f"{channel}/shortcut/{body.get('action_ts') or body.get('trigger_id', '')}"
        text = question_in(str(message.get("text") or ""))
        self._accept(mark, text, channel, user, _to_asker(body))
        ack()

    def _open_home(self, event: dict[str, Any]) -> None:
        if event.get("tab") not in (None, "home") or not isinstance(event.get("user"), str):
            return
        self._show_home(event["user"], str(event.get("event_ts", "")))

    def _show_home(self, user: str, mark: str) -> None:
        made = self._desk.subscribing.subscriptions.changed_by(PLATFORM, self._team, user)
        view = render.home(self._desk.records(), self._desk.words, made, self._settings.tz)
        self._delivery.enqueue(
            f"{PLATFORM}/{self._team}/home/{user}/{mark}",
            self._chat(f"home/{user}", user),
            [{"view": view}],
            {"home": user},
        )

    def _on_digest(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """App Home: another time for a digest, or its end; only for who had a hand in it."""
        action = body["actions"][0]
        user = _where(body)[1]
        place = str(action.get("value") or str(action.get("block_id", "")).partition(":")[2])
        plan = parse_plan(str(action.get("selected_time") or ""))
        subscribing = self._desk.subscribing
        for subscription in subscribing.subscriptions.changed_by(PLATFORM, self._team, user):
            if place != f"{subscription.workspace}/{subscription.channel}":
                continue
            if action["action_id"] == render.DIGEST_END:
                chat = self._chat(subscription.channel, user)
                subscribing.subscriptions.end(chat, "unsubscribed", self._desk.now())
            elif plan:
                subscribing.move(subscription, replace(subscription.plan, at=plan.at), user)
        ack()
        self._show_home(user, str(action.get("action_ts", "")))

    # HTTP mode

    def mount(self, app: Flask) -> None:
        """Serve `/slack/events`: events, commands and clicks of HTTP mode."""
        if self._settings.slack_app_token:
            return
        verifier = SignatureVerifier(self._settings.slack_signing_secret)

        @app.post("/slack/events")
        def slack_events() -> ResponseReturnValue:
            request.max_content_length = _BODY_LIMIT  # beyond it reading the body is a 413
            timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
            signature = request.headers.get("X-Slack-Signature", "")
            body = request.get_data(cache=True)
            # Both checked for their form first: the verifier fails on others with an exception.
            well_formed = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
            if not (well_formed and signature.isascii() and _is_utf8(body)):
                return "unsigned", 401
            if not verifier.is_valid(body, timestamp, signature):
                return "not signed by Slack, or too old", 401
            if self._http is None:
                return "not ready", 503
            try:
                return cast(ResponseReturnValue, self._http.handle(request))
            except _UNREADABLE as error:  # not ours: those go through app.error
                log.warning("Slack: a request Bolt cannot read was left: %s", trace_of(error))
                return "not readable", 400


def _where(body: dict[str, Any]) -> tuple[str, str]:
    """Channel and user of a click or shortcut."""
    container = body.get("container") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    return channel, (body.get("user") or {}).get("id", "")


def _to_asker(body: dict[str, Any]) -> dict[str, Any]:
    """The address that only the asker sees, with a queue of its own."""
    url = body.get("response_url")
    if not url:
        return {"channel": (body.get("user") or {}).get("id") or body.get("user_id", "")}
    return {"respond": url, "lane": f"asker/{hashlib.sha256(url.encode()).hexdigest()[:16]}"}


def _is_farewell(event: dict[str, Any]) -> bool:
    """The app was removed from the workspace, or its bot token was."""
    if event.get("type") == "tokens_revoked":
        return bool((event.get("tokens") or {}).get("bot"))
    return event.get("type") == "app_uninstalled"


def _unhandled(error: Exception) -> BoltResponse:
    """Acknowledge what nobody listens to, or Slack sends it again; anything else is a fault."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("Slack: a request of an unknown kind was acknowledged and left")
        return BoltResponse(status=200, body="")
    log.error("Slack: a request failed: %s", trace_of(error))
    return BoltResponse(status=500, body="")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
