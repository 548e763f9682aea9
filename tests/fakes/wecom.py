"""A WeCom gateway for smart bots on the long connection, on loopback.

Behaves as documented where the bot relies on it: one connection for each bot, the older one told
`disconnected_event`; nothing before the subscribe's ack; request ids that belong to one callback
of one kind; content limits in bytes, 30 posts a minute and 1,000 an hour for each chat. What it
refuses, and every breach of protocol, is kept in `refused`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from websockets.sync.server import Server, ServerConnection, serve

from tests.waiting import PATIENCE_S

BOT, SECRET, NAME = "aibTEST", "long-connection-secret", "投关小助手"

Frame = dict[str, Any]


class FakeWecom:
    """One bot's gateway. `posts` holds what chats show, in order."""

    def __init__(
        self,
        redeliver: bool = False,
        window_s: float = 5.0,
        tls: ssl.SSLContext | None = None,
        bot: str = BOT,
        secret: str = SECRET,
    ) -> None:
        """Prepare.

        Args:
            redeliver: Send callbacks without an answer again, with the same msgid and another
                req_id, to the next connection.
            window_s: For welcomes and card updates.
            tls: Serve `wss://` with it.
            bot: BotID.
            secret: Of its long connection.
        """
        self.bot, self.secret = bot, secret
        self.others: dict[str, FakeWecom] = {}  # bots that connect here, too, not entered
        self.posts: list[Frame] = []  # content, card, chat, at, cmd, asked (a msgid)
        self.welcomes: list[Frame] = []
        self.updates: list[Frame] = []
        self.frames: list[Frame] = []  # every frame received
        self.refused: list[tuple[int, Frame]] = []
        self.opened: list[float] = []  # when each connection was subscribed
        self.pings: list[float] = []
        self.faults: list[Callable[[Frame], int | str | None]] = []  # errcode, "silent" or "cut"
        self.limits: tuple[tuple[int, float], ...] = ((30, 60.0), (1000, 3600.0))
        self.mute = False  # reads on, says nothing
        self.ack_s = 0.0  # between carrying a post out and acknowledging it
        self.asked: dict[str, Frame] = {}  # msgid → its callback's body
        self._redeliver = redeliver
        self._window_s = window_s
        self._tls = tls
        self._origins: dict[str, tuple[str, Frame, float]] = {}  # req_id → kind, body, sent at
        self._chats: set[str] = set()  # where the bot may push
        self._posted: defaultdict[str, list[float]] = defaultdict(list)
        self._in_flight: set[str] = set()
        self._live: ServerConnection | None = None
        self._sockets: list[ServerConnection] = []
        self._count = itertools.count(1)
        self._lock = threading.RLock()
        self._heard = threading.Condition()

    def __enter__(self) -> FakeWecom:
        self._server: Server = serve(
            self._socket, "127.0.0.1", 0, ssl=self._tls, max_size=None, ping_interval=None
        )
        self.port = self._server.socket.getsockname()[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        for socket in list(self._sockets):
            _cut(socket)

    @property
    def url(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What `irbot serve` needs to be this bot."""
        return {
            "WECOM_BOT_ID": BOT,
            "WECOM_BOT_SECRET": SECRET,
            "WECOM_BOT_NAMES": NAME,
            "WECOM_WS_URL": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    # What people do

    def mention(
        self, text: str, chat: str = "wrCHAT01", user: str = "zhangsan", **more: Any
    ) -> str:
        """Mention the bot in a group; returns the msgid."""
        return self.say(f"@{NAME} {text}", chat, user, **more)

    def say(self, text: str, chat: str = "", user: str = "zhangsan", **more: Any) -> str:
        """A text message, in a group or to the bot alone."""
        return self.message(chat, user, **{"msgtype": "text", "text": {"content": text}, **more})

    def message(self, chat: str = "", user: str = "zhangsan", **body: Any) -> str:
        number = next(self._count)
        whole = self._body(chat, user, **{"msgid": f"m-{number}", **body})
        self.asked[whole["msgid"]] = whole
        self._callback("aibot_msg_callback", "message", whole)
        return str(whole["msgid"])

    def enter(self, user: str = "zhangsan", **more: Any) -> str:
        return self.event({"eventtype": "enter_chat"}, "", user, **more)

    def press(self, post: Frame, label: str, user: str = "zhangsan", **more: Any) -> str:
        """Press the button of a card whose text begins so."""
        card = post["card"]
        button = next(item for item in card["button_list"] if item["text"].startswith(label))
        pressed = {
            "card_type": card["card_type"],
            "event_key": button["key"],
            "task_id": card["task_id"],
        }
        chat = "" if post["chat"] == user else post["chat"]
        return self.event(
            {"eventtype": "template_card_event", "template_card_event": pressed}, chat, user, **more
        )

    def judge(self, post: Frame, kind: int, user: str = "zhangsan", **more: Any) -> str:
        """有用 (1), 没用 (2, with what was ticked and written), taken back (3)."""
        opinion = {"id": post["feedback"], "type": kind, **more}
        chat = "" if post["chat"] == user else post["chat"]
        return self.event({"eventtype": "feedback_event", "feedback_event": opinion}, chat, user)

    def event(self, event: Frame, chat: str = "", user: str = "zhangsan", **more: Any) -> str:
        number = next(self._count)
        more = {"msgid": f"e-{number}", "create_time": 1764000000, **more}
        body = self._body(chat, user, msgtype="event", event=event, **more)
        self._callback("aibot_event_callback", event["eventtype"], body)
        return str(body["msgid"])

    def _body(self, chat: str, user: str, **more: Any) -> Frame:
        where = {"chattype": "group", "chatid": chat} if chat else {"chattype": "single"}
        self._chats.add(chat or user)
        return {
            "aibotid": self.bot,
            **where,
            "from": {"userid": user},
            "response_url": "https://example.invalid/cgi-bin/aibot/response?response_code=TEST",
            **more,
        }

    # What the connection suffers

    def raw(self, text: str | bytes) -> None:
        with self._lock:
            if self._live is not None:
                with contextlib.suppress(Exception):
                    self._live.send(text)

    def close_cleanly(self, code: int = 1000) -> None:
        socket, self._live = self._live, None
        assert socket is not None
        socket.close(code)

    def cut(self) -> None:
        """Drop the TCP connection without a close frame."""
        socket, self._live = self._live, None
        assert socket is not None
        _cut(socket)

    def forget_subscription(self) -> None:
        """The connection stays open, and answers 846609 from now on."""
        self._live = None

    @property
    def is_held(self) -> bool:
        return self._live is not None

    # Waiting

    def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Wait until the condition holds and return its value."""
        end = time.monotonic() + timeout_s
        with self._heard:
            while not (value := condition()):
                left = end - time.monotonic()
                assert left > 0, f"not within {timeout_s} s"
                self._heard.wait(min(left, 0.02))
        return value

    def answers(self, msgid: str) -> list[Frame]:
        """Posts that answer this message."""
        return [post for post in self.posts if post["asked"] == msgid]

    # Inside

    def _callback(self, cmd: str, kind: str, body: Frame) -> None:
        req_id = f"cb-{next(self._count)}"
        self._origins[req_id] = (kind, body, time.monotonic())
        self.raw(json.dumps({"cmd": cmd, "headers": {"req_id": req_id}, "body": body}))

    def _socket(self, socket: ServerConnection) -> None:
        self._sockets.append(socket)
        try:
            for raw in socket:
                frame = json.loads(raw)
                wanted = (frame.get("body") or {}).get("bot_id")
                if frame["cmd"] == "aibot_subscribe" and wanted in self.others:
                    self.others[wanted]._subscribed_elsewhere(socket, frame)
                elif not self.mute:
                    self._received(socket, frame)
        except Exception:
            pass
        finally:
            self._sockets.remove(socket)
            with self._lock:
                if self._live is socket:
                    self._live = None

    def _subscribed_elsewhere(self, socket: ServerConnection, first: Frame) -> None:
        """Serve a connection that came by another bot's address, to its end."""
        self._received(socket, first)
        try:
            for raw in socket:
                self._received(socket, json.loads(raw))
        finally:
            with self._lock:
                if self._live is socket:
                    self._live = None

    def _received(self, socket: ServerConnection, frame: Frame) -> None:
        req_id = frame["headers"]["req_id"]
        at = time.monotonic()
        with self._lock:
            self.frames.append({**frame, "received": at})
            fault = next(filter(None, (fault(frame) for fault in self.faults)), 0)
            if fault == "cut":
                _cut(socket)
                return
            errcode = fault if isinstance(fault, int) and fault else self._judged(socket, frame)
            if errcode:
                self.refused.append((errcode, frame))
            if fault != "silent":
                ack = {"headers": {"req_id": req_id}, "errcode": errcode}
                self._say(socket, {**ack, "errmsg": "ok" if not errcode else "refused"}, frame)
            subscribed = frame["cmd"] == "aibot_subscribe" and not errcode
            if subscribed:
                self._subscribed(socket)
        with self._heard:
            self._heard.notify_all()

    def _say(self, socket: ServerConnection, ack: Frame, frame: Frame) -> None:
        if not self.ack_s or frame["cmd"] in ("aibot_subscribe", "ping"):
            socket.send(json.dumps(ack))
            return

        def later() -> None:
            with contextlib.suppress(Exception):  # nobody listens any more
                socket.send(json.dumps(ack))

        threading.Timer(self.ack_s, later).start()

    def _judged(self, socket: ServerConnection, frame: Frame) -> int:
        """Carry a frame out; its errcode."""
        body = frame.get("body") or {}
        if frame["cmd"] == "aibot_subscribe":
            good = (body.get("bot_id"), body.get("secret")) == (self.bot, self.secret)
            return 0 if good else 853000
        if self._live is not socket:
            return 846609
        match frame["cmd"]:
            case "ping":
                self.pings.append(time.monotonic())
                return 0
            case "aibot_respond_msg":
                kind, origin, _ = self._origins.get(frame["headers"]["req_id"], ("", {}, 0))
                if kind != "message":
                    return 846605
                chat = origin.get("chatid") or origin["from"]["userid"]
                return self._post(chat, frame, origin["msgid"])
            case "aibot_send_msg":
                if body.get("chatid") not in self._chats:
                    return 93006
                return self._post(body["chatid"], frame, "")
            case "aibot_respond_welcome_msg":
                return self._timely(frame, "enter_chat", self.welcomes)
            case "aibot_respond_update_msg":
                return self._timely(frame, "template_card_event", self.updates)
        return 40008

    def _timely(self, frame: Frame, wanted: str, into: list[Frame]) -> int:
        kind, origin, sent = self._origins.get(frame["headers"]["req_id"], ("", {}, 0))
        if kind != wanted or time.monotonic() - sent > self._window_s:
            return 846605
        card = frame["body"].get("template_card")
        if card is not None:
            event = origin["event"]["template_card_event"]
            if card.get("task_id") != event["task_id"] or not _is_card(card):
                return 40058
        into.append({**frame["body"], "event": origin["msgid"], "after": time.monotonic() - sent})
        return 0

    def _post(self, chat: str, frame: Frame, asked: str) -> int:
        body = frame["body"]
        content = card = None
        feedback = ""
        match body["msgtype"]:
            case "markdown":
                content = body["markdown"]["content"]
                feedback = (body["markdown"].get("feedback") or {}).get("id", "")
                if not 1 <= len(content.encode()) <= 20480 or len(feedback.encode()) > 256:
                    return 40058
            case "stream":
                content = body["stream"]["content"]
                if not body["stream"].get("finish"):
                    return 0
            case "template_card":
                card = body["template_card"]
                if not _is_card(card):
                    return 40058
            case "stream_with_template_card" if frame["cmd"] == "aibot_respond_msg":
                content, card = body["stream"]["content"], body["template_card"]
                feedback = (body["stream"].get("feedback") or {}).get("id", "")
                whole = body["stream"].get("finish") and body["stream"]["id"]
                if not (whole and 1 <= len(content.encode()) <= 20480 and _is_card(card)):
                    return 40058
            case _:
                return 40008
        now = time.monotonic()
        posted = self._posted[chat]
        for count, seconds in self.limits:
            if sum(at > now - seconds for at in posted) >= count:
                return 45009
        posted.append(now)
        self.posts.append(
            {
                "chat": chat,
                "content": content,
                "card": card,
                "feedback": feedback,
                "asked": asked,
                "cmd": frame["cmd"],
                "at": now,
            }
        )
        return 0

    def _subscribed(self, socket: ServerConnection) -> None:
        older, self._live = self._live, socket
        self.opened.append(time.monotonic())
        if older is not None and older is not socket:
            event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
            kicked = {
                "cmd": "aibot_event_callback",
                "headers": {"req_id": f"d-{next(self._count)}"},
            }
            with contextlib.suppress(Exception):
                older.send(
                    json.dumps({**kicked, "body": {"msgid": "kick", "aibotid": self.bot, **event}})
                )
        if self._redeliver:
            answered = {post["asked"] for post in self.posts}
            for msgid, body in list(self.asked.items()):
                if msgid not in answered:
                    self._callback("aibot_msg_callback", "message", body)


def _is_card(card: Frame) -> bool:
    """The limits of a button card as documented."""
    if card.get("card_type") == "text_notice":
        return bool(card.get("main_title") and (card.get("card_action") or {}).get("type"))
    buttons = card.get("button_list") or []
    return (
        card.get("card_type") == "button_interaction"
        and bool((card.get("main_title") or {}).get("title"))
        and 1 <= len(buttons) <= 6
        and all(item["text"] and 0 < len(item["key"].encode()) <= 1024 for item in buttons)
        and 0 < len(card.get("task_id", "")) <= 128
    )


def _cut(socket: ServerConnection) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(2)
