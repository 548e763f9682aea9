"""微信客服 on loopback: what customers write, fetched by cursor; messages to them.

As documented where the bot relies on it: messages of three days, pages of which one may be empty
although more follow; a message id that may be used once for an account; five messages within 48
hours after what a customer wrote; sessions in which only a program may write; codes that are good
for one message. The errcodes for an id that was used (`used_code`) and for a cursor that is not
known (`cursor_code`) are documented nowhere.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from handlers.wecom_server.crypto import Crypto
from tests.fakes.wecom_server import CORP, KEY, TOKEN, FakeWecomServer, Json

KF_SECRET = "kf-secret"
ACCOUNT = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q"
CRYPTO = Crypto(TOKEN, KEY, CORP)
_DAYS_3, _HOURS_48 = 3 * 86_400.0, 48 * 3_600.0


class FakeKf(FakeWecomServer):
    """`posts` holds what customers are shown, in order; `to` is their id."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets = {KF_SECRET: 7200}
        self.items: list[Json] = []  # all that can be fetched, oldest first
        self.page = 100  # items of one page
        self.empty_pages = 0  # with more behind them, to begin with
        self.used_code, self.cursor_code = 95031, 95032
        self.states: dict[str, int] = {}  # of sessions, by customer
        self.people: list[Json] = []
        self.codes: dict[str, float] = {}  # good for a message on an event, until when
        self.broken: list[Json] = []  # messages beyond what is documented
        self.refused: list[int] = []  # errcodes of messages
        self.epoch = 0  # of cursors; another one: all are forgotten
        self.ids: dict[str, str] = {}  # message id → to whom
        self._heard: dict[str, float] = {}
        self.since: defaultdict[str, int] = defaultdict(int)

    @property
    def env(self) -> dict[str, str]:
        return {
            "WECOM_API_URL": self.url,
            "WECOM_CORP_ID": CORP,
            "WECOM_KF_SECRET": KF_SECRET,
            "WECOM_KF_TOKEN": TOKEN,
            "WECOM_KF_ENCODING_AES_KEY": KEY,
            "WECOM_KF_OPEN_ID": ACCOUNT,
        }

    # What customers do

    def say(
        self,
        text: str,
        user: str = "wmA",
        *,
        menu_id: str = "",
        ago_s: float = 0.0,
        msgid: str = "",
    ) -> str:
        """Write, or choose an entry of a menu."""
        content = {"content": text, **({"menu_id": menu_id} if menu_id else {})}
        return self.write(user, "text", ago_s=ago_s, msgid=msgid, text=content)

    def write(
        self,
        user: str,
        kind: str,
        *,
        ago_s: float = 0.0,
        msgid: str = "",
        origin: int = 3,
        **more: Any,
    ) -> str:
        """Any message."""
        at = time.time() - ago_s
        with self.lock:
            if origin == 3:
                self._heard[user], self.since[user] = at, 0
                if self.states.get(user) == 4:
                    self.states[user] = 0
            who = {"open_kfid": ACCOUNT, "external_userid": user, "origin": origin}
            return self._add({**who, "msgtype": kind, **more}, at, msgid)

    def happens(self, kind: str, user: str, ago_s: float = 0.0, **more: Any) -> str:
        """Something that happened."""
        event = {"event_type": kind, "open_kfid": ACCOUNT, "external_userid": user, **more}
        with self.lock:
            item = {"origin": 4, "msgtype": "event", "event": event}
            return self._add(item, time.time() - ago_s, "")

    def enter(self, user: str = "wmA", ago_s: float = 0.0) -> str:
        """Open the chat; returns the welcome's code."""
        code = f"code-{next(self._count)}"
        self.codes[code] = time.time() - ago_s + 20.0
        self.happens("enter_session", user, ago_s, scene="", welcome_code=code)
        return code

    def choose(self, post: Json, label: str, user: str = "wmA", ago_s: float = 0.0) -> str:
        """Choose an entry of a menu that was shown."""
        (entry,) = (entry for entry in post["menu"] if entry["content"].startswith(label))
        return self.say(entry["content"], user, menu_id=entry["id"], ago_s=ago_s)

    def _add(self, item: Json, at: float, msgid: str) -> str:
        msgid = msgid or f"in-{next(self._count)}"
        self.items.append({"msgid": msgid, "send_time": int(at), **item})
        return msgid

    def callback(self, token: str = "fetch") -> str:
        """The XML that says that there is something."""
        return self.xml(MsgType="event", Event="kf_msg_or_event", Token=token, OpenKfId=ACCOUNT)

    # Calls to it

    def answer(self, path: str, body: Json) -> Json:
        calls: dict[str, Callable[[Json], Json]] = {
            "kf/sync_msg": self._sync,
            "kf/send_msg": self._send,
            "kf/send_msg_on_event": self._on_event,
            "kf/service_state/get": self._state,
            "kf/service_state/trans": self._transition,
            "kf/servicer/list": lambda body: {"servicer_list": self.people},
            "kf/account/list": lambda body: {
                "account_list": [
                    {"open_kfid": ACCOUNT, "name": "投资者热线", "manage_privilege": True}
                ]
            },
        }
        return calls[path](body) if path in calls else super().answer(path, body)

    def _sync(self, body: Json) -> Json:
        cursor = body.get("cursor") or f"{self.epoch}:0"
        epoch, _, at = cursor.partition(":")
        if body["open_kfid"] != ACCOUNT:
            return {"errcode": 95000}
        if body.get("token") == "old":
            return {"errcode": 95007}
        if epoch != str(self.epoch):
            return {"errcode": self.cursor_code}
        if self.empty_pages:
            self.empty_pages -= 1
            return {"next_cursor": f"{cursor}x", "has_more": 1, "msg_list": []}
        start = int(at.rstrip("x"))
        page = self.items[start : start + self.page]
        oldest = time.time() - _DAYS_3 - 1
        fresh = [item for item in page if _at(item) > oldest]
        end = start + len(page)
        return {
            "next_cursor": f"{epoch}:{end}",
            "has_more": int(end < len(self.items)),
            "msg_list": fresh,
        }

    def _send(self, body: Json) -> Json:
        answer = self._sent_to(body)
        if "errcode" in answer:
            self.refused.append(answer["errcode"])
        return answer

    def _sent_to(self, body: Json) -> Json:
        user, msgid = body["touser"], body["msgid"]
        if body["open_kfid"] != ACCOUNT:
            return {"errcode": 95000}
        if not re.fullmatch(r"[0-9a-zA-Z_-]{1,32}", msgid):
            return {"errcode": 40058}
        if msgid in self.ids:
            return {"errcode": self.used_code}
        if self.states.get(user, 0) > 1:
            return {"errcode": 95018}
        if time.time() - self._heard.get(user, 0.0) > _HOURS_48:
            return {"errcode": 95002}
        if self.since[user] >= 5:
            return {"errcode": 95001}
        self.since[user] += 1
        return self._show(user, body)

    def _on_event(self, body: Json) -> Json:
        if self.codes.pop(body["code"], 0.0) < time.time():
            return {"errcode": 95033}
        events = (item["event"] for item in self.items if item["msgtype"] == "event")
        user = next(
            (
                event["external_userid"]
                for event in events
                if event.get("welcome_code") == body["code"]
            ),
            body["code"].removeprefix("msg-"),
        )
        return self._show(user, body)

    def _show(self, user: str, body: Json) -> Json:
        self.ids[body["msgid"]] = user
        self.posts.append({"to": user, "at": time.time(), **self.shown(body["msgtype"], body)})
        return {"msgid": body["msgid"]}

    def shown(self, kind: str, body: Json) -> Json:
        if kind != "msgmenu":
            return {"menu": [], **super().shown(kind, body)}
        menu = body["msgmenu"]
        entries = [entry["click"] for entry in menu["list"]]
        if (
            len(menu["head_content"].encode()) > 1024
            or not 0 < len(entries) <= 10
            or any(not 0 < len(entry["id"].encode()) <= 64 for entry in entries)
            or any(not 0 < len(entry["content"].encode()) <= 128 for entry in entries)
        ):
            self.broken.append(body)
        return {"kind": kind, "content": menu["head_content"], "menu": entries}

    def _state(self, body: Json) -> Json:
        return {"service_state": self.states.get(body["external_userid"], 0)}

    def _transition(self, body: Json) -> Json:
        user = body["external_userid"]
        if self.states.get(user, 0) > 1:
            return {"errcode": 95016}
        self.states[user] = body["service_state"]
        code = f"msg-{user}"
        self.codes[code] = time.time() + _HOURS_48
        return {"msg_code": code}


def _at(item: Json) -> float:
    """When it was written; a test may add what is no item."""
    at = item.get("send_time")
    return float(at) if isinstance(at, int) else time.time()
