"""What happens in Slack: events, commands, clicks and shortcuts → the inbox.

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
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import App, BoltResponse
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk import WebClient

from bot.answering.handing_over import as_answer
from bot.answering.responder import Responder
from bot.commands import parse_plan
from bot.delivery.delivery import Delivery
from bot.errors import trace_of
from bot.message import Chat, Message
from handlers.slack import render
from handlers.slack.credentials import PLATFORM

_LISTENERS = 16
_ACK_WITHIN_S = 2.0  # Slack takes an answer inside the acknowledgement for 3 s
_RESPONSES = 5  # uses of a response URL
_TAKEN_SUBTYPES = {None, "file_share", "thread_broadcast"}
_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_CHANNEL_OR_GROUP = re.compile(r"<(?:#|!subteam\^)[^>|]*\|?([^>]*)>")
_BROADCAST = re.compile(r"<!(?:here|channel|everyone)(?:\|[^>]*)?>")
_LINK = re.compile(r"<((?:https?|mailto|tel):[^>|]*)(?:\|([^>]*))?>")

log = logging.getLogger(__name__)


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


@dataclass(frozen=True)
class Events:
    """Takes in what happens in the workspace that the bot signed in to."""

    responder: Responder
    delivery: Delivery
    tz: ZoneInfo
    team: str
    bot_user: str
    refused: Callable[[str], None]  # called with Slack's code when it sends the bot away

    def app(self, client: WebClient, signing_secret: str) -> App:
        """Bolt with every listener."""
        quiet = logging.getLogger("slack_bolt.irbot")
        quiet.setLevel(logging.ERROR)
        app = App(
            client=client,
            signing_secret=signing_secret or "unused",
            token_verification_enabled=False,  # `SlackChat` signed in
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
                self.refused(str(event["type"]))
            elif self._is_for_us(event):
                self._accept_event(event)
            elif self._is_in_desk(event):
                self._hear_desk(event)
        return BoltResponse(status=200, body="")

    def _is_for_us(self, event: dict[str, Any]) -> bool:
        """Whether it is answered: bots, edits and other teams are left."""
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
        if event["user"] == self.bot_user:
            return False
        teams = [event.get(name) for name in ("user_team", "source_team", "team")]
        sender = next((team for team in teams if team), self.team)
        return sender == self.team or str(sender).startswith("E")

    def _is_in_desk(self, event: dict[str, Any]) -> bool:
        """Whether somebody of the desk replies in a thread; a mention comes as an event of its own
        and asks the bot."""
        return (
            event.get("channel") in self.responder.desk_channels
            and isinstance(event.get("thread_ts"), str)
            and f"<@{self.bot_user}" not in str(event.get("text"))
            and self._is_for_us({**event, "channel_type": "im"})
        )

    def _hear_desk(self, event: dict[str, Any]) -> None:
        """What is said below a question that was handed over is its answer."""
        chat = self._chat(event["channel"], event["user"])
        number = self.delivery.desk.number_of(chat, event["thread_ts"])
        if number is not None and question_in(str(event.get("text") or "")):
            self._accept_event({**event, "text": as_answer(number, event["text"])})

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
        self.delivery.inbox.accept(
            f"{PLATFORM}/{self.team}/{mark}",
            Message(text, self._chat(channel, user)),
            {**address, "query": text},
        )

    def _chat(self, channel: str, user: str) -> Chat:
        return Chat(PLATFORM, self.team, channel, user)

    def _on_command(self, body: dict[str, Any]) -> str | dict[str, Any]:
        """`/ir TEXT`: answered inside the acknowledgement, seen by the asker only."""
        channel, user = str(body.get("channel_id", "")), str(body.get("user_id", ""))
        text = question_in(str(body.get("text") or ""))
        mark = f"{channel}/command/{body.get('trigger_id') or body.get('response_url', '')}"
        chat = self._chat(channel, user)
        until = time.monotonic() + _ACK_WITHIN_S
        shown = self.delivery.inbox.shown_within(Message(text, chat), _ACK_WITHIN_S)
        if shown is None:  # the index is being built anew: answered a little later
            self._accept(mark, text, channel, user, _to_asker(body))
            return ""
        payloads = render.to_asker(shown, self.responder.words, text)
        if len(payloads) == 1:
            return payloads[0]
        # The acknowledgement takes one message; more go in order through the response URL, which
        # takes five: what is longer still goes to the asker's direct messages.
        address = _to_asker(body) if len(payloads) <= _RESPONSES else {"channel": user}
        left_s = max(0.0, until - time.monotonic())
        self.delivery.post_within(left_s, f"{PLATFORM}/{self.team}/{mark}", chat, payloads, address)
        return "" if len(payloads) <= _RESPONSES else self.responder.words.text("sent directly")

    def _on_ask(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """A button of an offer, 全文 or 同题: the message it stands for, answered in its place."""
        action = body["actions"][0]
        sends, mark = str(action.get("value", "")), str(action.get("action_ts", ""))
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
        self._accept(f"{channel}/{shown_at}/{user}/{mark}", sends, channel, user, address)
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
            self.delivery.feedback.keep(
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
        made = self.responder.subscribing.subscriptions.changed_by(PLATFORM, self.team, user)
        view = render.home(self.responder.records(), self.responder.words, made, self.tz)
        self.delivery.sender.enqueue(
            f"{PLATFORM}/{self.team}/home/{user}/{mark}",
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
        subscribing = self.responder.subscribing
        for subscription in subscribing.subscriptions.changed_by(PLATFORM, self.team, user):
            if place != f"{subscription.workspace}/{subscription.channel}":
                continue
            if action["action_id"] == render.DIGEST_END:
                chat = self._chat(subscription.channel, user)
                subscribing.subscriptions.end(chat, "unsubscribed", self.responder.now())
            elif plan:
                subscribing.move(subscription, replace(subscription.plan, at=plan.at), user)
        ack()
        self._show_home(user, str(action.get("action_ts", "")))


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
