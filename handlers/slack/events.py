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
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt import BoltResponse

from bot.answering.handing_over import as_answer, is_answer
from bot.answering.responder import Responder
from bot.commands import parse_plan
from bot.delivery.delivery import Delivery
from bot.delivery.transport import REPLACES, START, Address
from bot.masking import masked
from bot.message import Chat, Message, ReplyView
from handlers.slack import render
from handlers.slack.credentials import PLATFORM
from handlers.slack.edits import changed, edit_of
from handlers.slack.origin import Home
from handlers.slack.reading import Said, question_in, read, with_addresses
from handlers.slack.transport import TEAM

# Slack takes an answer inside the acknowledgement for 3 s; a second reader may take 2 of them.
_ACK_WITHIN_S = 2.2
_RESPONSES = 5  # uses of a response URL
_TAKEN_SUBTYPES = {None, "file_share", "thread_broadcast"}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Events:
    """Takes in what happens in a workspace of the bot."""

    responder: Responder
    delivery: Delivery
    tz: ZoneInfo
    home: Home
    bot_user: str
    sent_away: Callable[[str, float], None]  # called with Slack's code, and when (since 1970)

    def take_in(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:
        """Commit a message before it is acknowledged; answer a command inside it.

        Other requests go on to their listener, for which Bolt looks every 10 ms only.
        """
        if "command" in body:
            return BoltResponse(status=200, body=self._on_command(body))
        if body.get("type") == "app_rate_limited":
            log.warning("Slack: too many events; some were left out by Slack")
        elif "event" not in body and body.get("type") != "event_callback":
            return next() if self._is_pressed_by_us(body) else BoltResponse(status=200, body="")
        event = body.get("event")
        if isinstance(event, dict):
            if event.get("subtype") == "message_changed":
                event = changed(event, self.bot_user)
            if event.get("type") == "app_home_opened":
                self._open_home(event)
            elif _is_farewell(event):
                self.sent_away(str(event["type"]), _instant(body))
            elif self._is_for_us(event, body):
                self._accept_event(event)
            elif self._is_in_desk(event, body):
                self._hear_desk(event)
        return BoltResponse(status=200, body="")

    def _is_for_us(self, event: dict[str, Any], body: dict[str, Any]) -> bool:
        """Whether it is answered: bots and other organisations are left."""
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
        return self.home.is_of_us(event, body)

    def _is_pressed_by_us(self, body: dict[str, Any]) -> bool:
        """Whether a click or shortcut is of somebody whose messages are answered."""
        sender = (body.get("user") or {}).get("team_id")
        enterprise = (body.get("enterprise") or {}).get("id")
        return self.home.is_of_us({"user_team": sender}, {"enterprise_id": enterprise})

    def _is_in_desk(self, event: dict[str, Any], body: dict[str, Any]) -> bool:
        """Whether somebody of the desk replies in a thread; a mention comes as an event of its own
        and asks the bot."""
        return (
            event.get("channel") in self.responder.desk_channels
            and isinstance(event.get("thread_ts"), str)
            and f"<@{self.bot_user}" not in str(event.get("text"))
            and self._is_for_us({**event, "channel_type": "im"}, body)
        )

    def _hear_desk(self, event: dict[str, Any]) -> None:
        """What is said below a question that was handed over is its answer."""
        chat = self._chat(event["channel"], event["user"])
        number = self.delivery.desk.number_of(chat, event["thread_ts"])
        if number is not None and with_addresses(str(event.get("text") or "")):
            self._accept_event({**event, "text": as_answer(number, event["text"])})

    def _said(self, event: dict[str, Any]) -> Said:
        """What is said; of the desk's answer nothing that the asker is to be told is left out."""
        said = read(event)
        if event["channel"] in self.responder.desk_channels and is_answer(said.typed):
            return Said(with_addresses(event["text"]))
        return said

    def _accept_event(self, event: dict[str, Any]) -> None:
        channel, user, ts = event["channel"], event["user"], event["ts"]
        said = self._said(event)
        thread = str(event.get("thread_ts") or ts)
        chat = self._chat(channel, user, thread, in_thread=thread != ts)
        address = self._thread(channel, thread, ts, user)
        mark = f"{channel}/{ts}"
        if event["type"] == "app_mention" and chat.in_thread and not said.quoted:
            address[START] = thread
        if edit := edit_of(event):
            address[REPLACES] = self._key(mark)
            mark += f"/edit/{edit}"
        if event.get("files") and not said.whole:
            self._say(mark, "text only", chat, address)
        else:
            self._accept(mark, said, chat, address)

    def _accept(
        self, mark: str, said: Said, chat: Chat, address: Address, *, is_counted: bool = False
    ) -> None:
        message = Message(said.typed, chat, quoted=said.quoted)
        address = {**address, "query": said.whole}
        self.delivery.inbox.accept(self._key(mark), message, address, is_counted=is_counted)

    def _say(self, mark: str, key: str, chat: Chat, address: Address) -> None:
        """Say something of the bot's own, once for a message."""
        payloads = render.messages(ReplyView(self.responder.words.text(key)), self.responder.words)
        self.delivery.sender.enqueue(self._key(mark), chat, payloads, address)

    def _key(self, mark: str) -> str:
        return f"{PLATFORM}/{self.home.team}/{mark}"

    def _thread(self, channel: str, thread: str, after: str, asker: str) -> Address:
        """The address of a reply in a thread."""
        return {
            TEAM: self.home.team,
            "channel": channel,
            "thread_ts": thread,
            "after": after,
            "asker": asker,
        }

    def _to_asker(self, body: dict[str, Any]) -> Address:
        """The address that only the asker sees, with a queue of its own."""
        of = {TEAM: self.home.team}
        url = body.get("response_url")
        if not url:
            return {**of, "channel": (body.get("user") or {}).get("id") or body.get("user_id", "")}
        lane = f"asker/{hashlib.sha256(url.encode()).hexdigest()[:16]}"
        return {**of, "respond": url, "lane": lane}

    def _chat(self, channel: str, user: str, thread: str = "", in_thread: bool = False) -> Chat:
        return Chat(PLATFORM, self.home.team, channel, user, thread, in_thread)

    def _on_command(self, body: dict[str, Any]) -> str | dict[str, Any]:
        """`/ir TEXT`: answered inside the acknowledgement, seen by the asker only."""
        channel, user = str(body.get("channel_id", "")), str(body.get("user_id", ""))
        text = masked(question_in(str(body.get("text") or "")))  # the buttons hold it
        mark = f"{channel}/command/{body.get('trigger_id') or body.get('response_url', '')}"
        chat = self._chat(channel, user)
        until = time.monotonic() + _ACK_WITHIN_S
        shown = self.delivery.inbox.shown_within(Message(text, chat), _ACK_WITHIN_S)
        if shown is None:  # the index is being built anew: answered a little later
            self._accept(mark, Said(text), chat, self._to_asker(body), is_counted=True)
            return ""
        payloads = render.to_asker(shown, self.responder.words, text)
        if len(payloads) == 1:
            return payloads[0]
        # The acknowledgement takes one message; more go in order through the response URL, which
        # takes five: what is longer still goes to the asker's direct messages.
        address = (
            self._to_asker(body)
            if len(payloads) <= _RESPONSES
            else {TEAM: self.home.team, "channel": user}
        )
        left_s = max(0.0, until - time.monotonic())
        self.delivery.post_within(left_s, self._key(mark), chat, payloads, address)
        return "" if len(payloads) <= _RESPONSES else self.responder.words.text("sent directly")

    def on_ask(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """A button of an offer, 全文 or 同题: the message it stands for, answered in its place."""
        action = body["actions"][0]
        sends, mark = str(action.get("value", "")), str(action.get("action_ts", ""))
        container, message = body.get("container") or {}, body.get("message") or {}
        channel, user = _where(body)
        shown_at = container.get("message_ts") or message.get("ts") or ""
        address: Address
        chat = self._chat(channel, user)
        if container.get("is_ephemeral") or not shown_at:
            in_place = str(action.get("action_id", "")).startswith(render.IN_PLACE)
            address = {**self._to_asker(body), "in_place": in_place}
        else:
            thread = message.get("thread_ts") or container.get("thread_ts") or shown_at
            address = self._thread(channel, thread, shown_at, user)
            chat = self._chat(channel, user, thread, in_thread=True)
        self._accept(f"{channel}/{shown_at}/{user}/{mark}", Said(sends), chat, address)
        ack()

    def on_opinion(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
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

    def on_share(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """分享到频道: through the response URL, which works where the bot is no member."""
        action = body["actions"][0]
        channel, user = _where(body)
        self._accept(
            f"{channel}/share/{user}/{action.get('action_ts', '')}",
            Said(str(action.get("value", ""))),
            self._chat(channel, user),
            {**self._to_asker(body), "shared_by": user},
        )
        ack()

    def on_shortcut(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """查活动记录 on a message: what the record says about it, for the asker only."""
        channel, user = _where(body)
        mark = f"{channel}/shortcut/{body.get('action_ts') or body.get('trigger_id', '')}"
        said = Said("", quoted=read(body.get("message") or {}).whole)
        self._accept(mark, said, self._chat(channel, user), self._to_asker(body))
        ack()

    def _open_home(self, event: dict[str, Any]) -> None:
        if event.get("tab") not in (None, "home") or not isinstance(event.get("user"), str):
            return
        self._show_home(event["user"], str(event.get("event_ts", "")))

    def _show_home(self, user: str, mark: str) -> None:
        chat = self._chat("", user)
        made = self.responder.subscribing.changeable(chat)
        view = render.home(self.responder.records(chat), self.responder.words, made, self.tz)
        self.delivery.sender.enqueue(
            self._key(f"home/{user}/{mark}"),
            self._chat(f"home/{user}", user),
            [{"view": view}],
            {TEAM: self.home.team, "home": user},
        )

    def on_digest(self, body: dict[str, Any], ack: Callable[..., Any]) -> None:
        """App Home: another time for a digest, or its end; only for who had a hand in it."""
        action = body["actions"][0]
        user = _where(body)[1]
        place = str(action.get("value") or str(action.get("block_id", "")).partition(":")[2])
        plan = parse_plan(str(action.get("selected_time") or ""))
        subscribing = self.responder.subscribing
        for subscription in subscribing.changeable(self._chat("", user)):
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


def _instant(body: dict[str, Any]) -> float:
    """When something happened; where Slack does not say, later than all else."""
    at = body.get("event_time")
    return float(at) if isinstance(at, int | float) else math.inf


def _is_farewell(event: dict[str, Any]) -> bool:
    """The app was removed from the workspace, or its bot token was."""
    if event.get("type") == "tokens_revoked":
        return bool((event.get("tokens") or {}).get("bot"))
    return event.get("type") == "app_uninstalled"
