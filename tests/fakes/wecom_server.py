"""WeCom's server on loopback: tokens, messages of an app, its menu, and callbacks to us.

Behaves as documented where the bot relies on it: HTTP 200 always, the verdict in errcode; a token
that was taken back answers 40014 or 42001; content of a text is cut silently beyond 2,048 bytes,
which is kept in `cut`; no more than 30 messages a minute for each member, the surplus dropped.
"""

from __future__ import annotations

import itertools
import re
import secrets
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from handlers.wecom_server.crypto import Crypto
from tests.waiting import PATIENCE_S, until

CORP, AGENT, SECRET = "ww0000000000000001", "1000002", "app-secret"
TOKEN, KEY = "IrDeskToken2026", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"

Json = dict[str, Any]


class _Quiet(WSGIRequestHandler):
    """Its log would hold secrets, which tests look for in ours."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class FakeWecomServer:
    """`posts` holds what members are shown, in order."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.posts: list[Json] = []  # to, content, kind, at
        self.calls: list[tuple[str, Json]] = []  # path behind /cgi-bin/, body
        self.cut: list[Json] = []
        self.menus: list[Json] = []
        self.files: dict[str, bytes] = {}
        self.faults: list[Callable[[str, Json], Any]] = []  # errcode, Json or Response
        self.secrets = {SECRET: 7200}  # how long their tokens last
        self.expired_code = 42001
        self.fetches: Counter[str] = Counter()  # of tokens, by secret
        self.pause_s = 0.0  # between carrying out a message and answering
        self._tokens: dict[str, str] = {}  # token → its secret
        self._sent: defaultdict[str, list[float]] = defaultdict(list)
        self._count = itertools.count(1)
        self.lock = threading.RLock()

    def __enter__(self) -> Self:
        app = Flask(__name__)
        app.add_url_rule("/cgi-bin/<path:path>", "call", self._call, methods=["GET", "POST"])
        self._http = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=_Quiet, ssl_context=self._tls
        )
        origin = "https://localhost" if self._tls else "http://127.0.0.1"
        self.url = f"{origin}:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def env(self) -> dict[str, str]:
        """What the app needs in the environment."""
        return {
            "WECOM_API_URL": self.url,
            "WECOM_CORP_ID": CORP,
            "WECOM_AGENT_ID": AGENT,
            "WECOM_AGENT_SECRET": SECRET,
            "WECOM_TOKEN": TOKEN,
            "WECOM_ENCODING_AES_KEY": KEY,
        }

    # Calls to it

    def _call(self, path: str) -> Response:
        if path == "gettoken":
            return self._gettoken()
        body = request.get_json(silent=True) or {}
        with self.lock:
            self.calls.append((path, body))
            if request.args.get("access_token") not in self._tokens:
                code = self.expired_code
                return jsonify({"errcode": code, "errmsg": "access_token expired"})
            for fault in self.faults:
                found = fault(path, body)
                if isinstance(found, Response):
                    return found
                if found is not None:
                    said = found if isinstance(found, dict) else {"errcode": found}
                    return jsonify({"errmsg": "no", **said})
            answer = self.answer(path, body)
        time.sleep(self.pause_s)
        return jsonify({"errcode": 0, "errmsg": "ok", **answer})

    def _gettoken(self) -> Response:
        secret = request.args.get("corpsecret", "")
        with self.lock:
            self.fetches[secret] += 1
            if request.args.get("corpid") != CORP:
                return jsonify({"errcode": 40013, "errmsg": "invalid corpid"})
            if secret not in self.secrets:
                return jsonify({"errcode": 40001, "errmsg": "invalid credential"})
            token = secrets.token_hex(16)
            self._tokens[token] = secret
            lasts_s = self.secrets[secret]
        return jsonify({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": lasts_s})

    def expire(self) -> None:
        """Take every token back."""
        with self.lock:
            self._tokens.clear()

    def answer(self, path: str, body: Json) -> Json:
        """Carry out a call; `errcode` only where it is refused."""
        match path:
            case "message/send":
                return self._message(body)
            case "media/upload":
                media_id = f"media-{next(self._count)}"
                self.files[media_id] = request.files["media"].read()
                return {"media_id": media_id}
            case "menu/create":
                self.menus.append({**body, "agentid": request.args["agentid"]})
                return {}
            case "menu/get":
                return dict(self.menus[-1]) if self.menus else {"errcode": 46003}
        return {"errcode": 40066, "errmsg": "no such interface"}

    def _message(self, body: Json) -> Json:
        if str(body.get("agentid")) != AGENT:
            return {"errcode": 40056}
        to, kind = body["touser"], body["msgtype"]
        now = time.time()
        lately = [at for at in self._sent[to] if at > now - 60]
        self._sent[to] = [*lately, now]
        if len(lately) < 30:
            self.posts.append({"to": to, "at": now, **self.shown(kind, body)})
        return {"msgid": f"out-{next(self._count)}", "invaliduser": ""}

    def shown(self, kind: str, body: Json) -> Json:
        """What of a message is seen."""
        if kind == "file":
            return {"kind": kind, "content": self.files[body["file"]["media_id"]].decode()}
        content = body["text"]["content"].encode()
        if len(content) > 2048:
            self.cut.append(body)
        return {"kind": kind, "content": content[:2048].decode(errors="ignore")}

    until = staticmethod(until)

    def to(self, user: str, count: int = 1) -> list[Json]:
        """The posts to one member, once there are so many."""
        return self.until(  # type: ignore[no-any-return]
            lambda: len(found := self._to(user)) >= count and found
        )

    def whole(self, user: str) -> str:
        """One reply to a member, its pieces put together once all are there."""
        first = self.to(user)[0]["content"]
        numbered = re.match(r"（1/(\d+)）\n", first)
        posts = self.to(user, int(numbered[1]) if numbered else 1)
        return "".join(re.sub(r"^（\d+/\d+）\n", "", post["content"]) for post in posts)

    def _to(self, user: str) -> list[Json]:
        return [post for post in self.posts if post["to"] == user]

    # Callbacks from it

    def text(self, content: str, user: str = "zhangsan", msgid: str = "") -> str:
        """The XML of a member's message."""
        msgid = msgid or str(7459035031717794886 + next(self._count))
        return self.xml(
            FromUserName=user, MsgType="text", Content=content, MsgId=msgid, AgentID=AGENT
        )

    def event(self, event: str, user: str = "zhangsan", **more: str) -> str:
        """The XML of an event."""
        return self.xml(FromUserName=user, MsgType="event", Event=event, AgentID=AGENT, **more)

    def xml(self, **given: str) -> str:
        """The XML of a callback with these fields."""
        whole = {"ToUserName": CORP, "CreateTime": str(int(time.time())), **given}
        inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in whole.items())
        return f"<xml>{inner}</xml>"


def sealed(content: str, crypto: Crypto | None = None, timestamp: str = "") -> tuple[Json, str]:
    """Query and ciphertext of a callback that says this."""
    crypto = crypto or Crypto(TOKEN, KEY, CORP)
    timestamp, nonce = timestamp or str(int(time.time())), str(secrets.randbelow(10**9))
    encrypted, signature = crypto.encrypted(content, timestamp, nonce)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
    return query, encrypted


def in_xml(encrypted: str) -> str:
    """The body of an app's callback."""
    return f"<xml><ToUserName>{CORP}</ToUserName><Encrypt>{encrypted}</Encrypt></xml>"


def deliver(
    url: str, content: str, crypto: Crypto | None = None, timeout_s: float = PATIENCE_S
) -> tuple[int, str]:
    """Call back over HTTP as the platform does; status 0 where nobody answers in time."""
    query, encrypted = sealed(content, crypto)
    return post(f"{url}?{urlencode(query)}", in_xml(encrypted).encode(), timeout_s)


def post(url: str, body: bytes, timeout_s: float = PATIENCE_S) -> tuple[int, str]:
    """One POST, straight to loopback."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body), timeout=timeout_s) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except (OSError, HTTPException):  # cut
        return 0, ""
