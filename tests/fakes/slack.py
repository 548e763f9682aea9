"""A Slack to talk to: the Web API over HTTP and Socket Mode over WebSocket, on loopback.

Behaves as documented where the bot relies on it: an event that is not acknowledged is sent again
with the same event_id in a new envelope, posts keep their metadata, a refresh says `disconnect`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any, Self
from urllib.parse import parse_qs

from flask import Flask, Response, jsonify, request
from websockets.sync.server import Server, ServerConnection, serve
from werkzeug.serving import WSGIRequestHandler, make_server

from handlers.slack.manifest import SCOPES
from tests.waiting import PATIENCE_S

logging.getLogger("werkzeug").setLevel(logging.WARNING)

TEAM, BOT_USER, BOT_ID = "T0HOME", "U0BOT", "B0BOT"
CLIENT_ID, CLIENT_SECRET = "1.2", "client-s3cret"


@dataclass
class Workspace:
    """One that the app can be installed in."""

    team: str
    bot_user: str
    is_enterprise: bool = False
    token: str = ""  # of its installation; empty: it is in none


class FakeSlack:
    """One workspace, and more where `workspaces` has them. `posts` holds what the bot posted,
    `responses` what went to response URLs."""

    def __init__(self, retry_s: float = 1.0, relayed: bool = False) -> None:
        """Prepare.

        Args:
            retry_s: When an event that was not acknowledged is sent again.
            relayed: Sockets run through a relay, so that they can fall silent.
        """
        self.workspaces: dict[str, Workspace] = {}  # by the code of an install
        self.posts: list[dict[str, Any]] = []  # each with the team whose token it came by
        self.responses: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self.channels: dict[str, dict[str, Any]] = {}  # what conversations.info adds for a channel
        self.closed: dict[str, str] = {}  # channel → the error that a post to it meets
        self.refusals: dict[str, str] = {}  # method → the error that it meets
        self.said: list[dict[str, Any]] = []  # what people wrote
        self.updates: list[dict[str, Any]] = []
        self.ephemerals: list[dict[str, Any]] = []
        self.acks: dict[str, dict[str, Any]] = {}  # by envelope_id: payload and time
        self.calls: list[str] = []
        self.faults: list[Callable[[str, dict[str, Any]], Response | None]] = []
        self.sockets: list[ServerConnection] = []
        self.opened: list[float] = []  # when each socket was opened
        self.other_sockets = 0  # of the app, held by somebody else
        self.enterprise: str | None = None  # the workspace's organisation, in Enterprise Grid
        self.scopes = ",".join(SCOPES)
        self.ahead_s = 0.0  # its clock, of the machine's
        self._relay = _Relay() if relayed else None
        self._retry_s = retry_s
        self._count = itertools.count(1)
        self._lock = threading.Lock()
        self._heard = threading.Condition()
        self._pending: dict[str, tuple[float, dict[str, Any]]] = {}  # event_id → last sent
        self._event_of: dict[str, str] = {}
        self._closing = False

    def __enter__(self) -> Self:
        self._ws: Server = serve(self._socket, "127.0.0.1", 0, max_size=None)
        slack = self

        class Dated(WSGIRequestHandler):
            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(time.time() + slack.ahead_s, usegmt=True)

        app = self._app()
        self._http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Dated)
        self._socket_port: int = self._ws.socket.getsockname()[1]
        if self._relay is not None:
            self._socket_port = self._relay.open(self._socket_port)
        self.url = f"http://127.0.0.1:{self._http.server_port}/api/"
        http = partial(self._http.serve_forever, poll_interval=0.05)  # until a shutdown is seen
        for run in (self._ws.serve_forever, http, self._resend):
            threading.Thread(target=run, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        if self._relay is not None:
            self._relay.close()
        self._ws.shutdown()
        self._http.shutdown()
        self._http.server_close()

    @property
    def env(self) -> dict[str, str]:
        """What `irbot serve` needs to reach this workspace."""
        return {
            "SLACK_BOT_TOKEN": "xoxb-1-test",
            "SLACK_APP_TOKEN": "xapp-1-test",
            "SLACK_API_URL": self.url,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @property
    def env_of_many(self) -> dict[str, str]:
        """The same to be installed by workspaces; the database's key is the caller's."""
        return {
            **self.env,
            "SLACK_BOT_TOKEN": "",
            "SLACK_CLIENT_ID": CLIENT_ID,
            "SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "IR_CALLBACK_URL": "https://bot.example.com",
        }

    # What people do

    def mention(self, text: str, channel: str = "C1", user: str = "U1", **more: Any) -> str:
        """Mention the bot; returns the message's ts."""
        bot = more["within"].bot_user if "within" in more else BOT_USER
        return self.event("app_mention", f"<@{bot}> {text}", channel, user, **more)

    def direct(self, text: str, user: str = "U1", **more: Any) -> str:
        return self.event("message", text, f"D{user}", user, channel_type="im", **more)

    def say(self, text: str, channel: str = "C1", user: str = "U1", **more: Any) -> str:
        """Write something that the bot hears nothing of; returns its ts."""
        ts = f"{1_700_000_000 + next(self._count)}.000100"
        self.said.append({"text": text, "channel": channel, "user": user, "ts": ts, **more})
        return ts

    def event(self, kind: str, text: str | None, channel: str, user: str, **more: Any) -> str:
        around = {**_in(more.pop("within", None)), **more.pop("body", {})}
        ts = more.pop("ts", None) or f"{1_700_000_000 + next(self._count)}.000100"
        event = {"type": kind, "text": text, "channel": channel, "user": user, "ts": ts, **more}
        event_id = f"Ev{next(self._count)}"
        body = {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A1",
            "event_id": event_id,
            "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            **around,
        }
        self._send_event(event_id, body)
        return ts

    def edit(self, ts: str, text: str, before: str, channel: str = "C1", **more: Any) -> str:
        """Edit a message, as a channel's members and the other side of a talk are told; returns
        the mark of the edit."""
        edited = more.pop("at", None) or f"{1_700_000_000 + next(self._count)}.000100"
        message = {"type": "message", "user": "U1", "ts": ts, **more.pop("message", {})}
        now = {**message, "text": text, "edited": {"user": message["user"], "ts": edited}}
        self.event(
            "message",
            None,
            channel,
            "",
            subtype="message_changed",
            hidden=True,
            message=now,
            previous_message={**message, "text": before},
            channel_type="im" if channel.startswith("D") else "channel",
            **more,
        )
        return edited

    def command(
        self, text: str, channel: str = "C1", user: str = "U1", team: str = TEAM
    ) -> dict[str, Any]:
        """`/ir text`; returns the acknowledgement's payload."""
        number = next(self._count)
        body = {
            "command": "/ir",
            "text": text,
            "team_id": team,
            "channel_id": channel,
            "user_id": user,
            "trigger_id": f"t{number}",
            "response_url": f"{self.url}respond/{number}",
        }
        return self._request("slash_commands", body)

    def press(self, post: dict[str, Any], label: str, user: str = "U1") -> dict[str, Any]:
        """Press the button of a post or an ephemeral answer whose label begins so."""
        button = next(
            element
            for block in post["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
            if element["text"]["text"].startswith(label)
        )
        number = next(self._count)
        ephemeral = "ts" not in post
        body = {
            "type": "block_actions",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "channel": {"id": post.get("channel", "C1")},
            "container": {
                "type": "message",
                "message_ts": post.get("ts", "1.1"),
                "channel_id": post.get("channel", "C1"),
                "is_ephemeral": ephemeral,
            },
            "trigger_id": f"t{number}",
            "response_url": f"{self.url}respond/{number}",
            "actions": [
                {
                    "type": "button",
                    "block_id": "b",
                    "action_id": button["action_id"],
                    "value": button["value"],
                    "action_ts": f"{number}.1",
                }
            ],
        }
        if not ephemeral:
            body["message"] = {"ts": post["ts"], "thread_ts": post.get("thread_ts")}
        return self._request("interactive", body)

    def act(self, view: dict[str, Any], action_id: str, user: str = "U1", **more: Any) -> None:
        """Use the first such element of a Home view."""
        block, element = next(
            (block, element)
            for block in view["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
            if element["action_id"] == action_id
        )
        number = next(self._count)
        action = {
            "type": element["type"],
            "block_id": block["block_id"],
            "action_id": action_id,
            "action_ts": f"{number}.3",
            **({"value": element["value"]} if "value" in element else {}),
            **more,
        }
        body = {
            "type": "block_actions",
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "container": {"type": "view", "view_id": "V1"},
            "view": {"type": "home"},
            "trigger_id": f"t{number}",
            "actions": [action],
        }
        self._request("interactive", body)

    def reply(self, post: dict[str, Any], text: str, user: str = "U9", **more: Any) -> str:
        """Say something in a post's thread, without a mention; returns the message's ts."""
        channel, thread = post["channel"], post.get("thread_ts") or post["ts"]
        return self.event(
            "message", text, channel, user, thread_ts=thread, channel_type="channel", **more
        )

    def shortcut(self, text: str, **more: Any) -> dict[str, Any]:
        """The shortcut on a message."""
        number = next(self._count)
        body = {
            "type": "message_action",
            "callback_id": "ask_record",
            "team": {"id": TEAM},
            "user": {"id": "U1"},
            "channel": {"id": "C1"},
            "message": {"text": text, "ts": "1.1", **more},
            "action_ts": f"{number}.2",
            "trigger_id": f"t{number}",
            "response_url": f"{self.url}respond/{number}",
        }
        return self._request("interactive", body)

    def interact(self, body: dict[str, Any]) -> dict[str, Any]:
        """Any interactive request."""
        return self._request("interactive", body)

    # What the connection suffers

    def refresh(self, reason: str = "refresh_requested") -> None:
        self.raw(json.dumps({"type": "disconnect", "reason": reason}))

    def raw(self, frame: str) -> None:
        self.sockets[-1].send(frame)

    def cut(self) -> None:
        """Drop the TCP connection without a close frame."""
        self.sockets[-1].socket.shutdown(2)

    def fall_silent(self) -> None:
        """Nothing passes any more, in either direction, and nobody is told."""
        assert self._relay is not None
        self._relay.silence()

    def close_cleanly(self) -> None:
        self.sockets[-1].close()

    # Waiting

    def until(self, condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
        """Wait until the condition holds and return its value."""
        end = time.monotonic() + timeout_s
        with self._heard:
            while not (value := condition()):
                left = end - time.monotonic()
                assert left > 0, f"not within {timeout_s} s"
                self._heard.wait(min(left, 0.05))
        return value

    def forget(self) -> None:
        """Drop what is kept of posts and acknowledgements."""
        with self._lock:
            for made in (self.posts, self.responses):
                made.clear()
            self.calls.clear()
            self.acks.clear()
            self._event_of.clear()

    def unacknowledged(self) -> int:
        with self._lock:
            return len(self._pending)

    def waiting(self) -> set[str]:
        """The ts of the messages that were not acknowledged."""
        with self._lock:
            return {body["event"]["ts"] for _, body in self._pending.values()}

    # Inside

    def _send_event(self, event_id: str, body: dict[str, Any]) -> None:
        envelope_id = f"env{next(self._count)}"
        with self._lock:
            self._pending[event_id] = (time.monotonic(), body)
            self._event_of[envelope_id] = event_id
        self._send({"type": "events_api", "envelope_id": envelope_id, "payload": body})

    def _request(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        envelope_id = f"env{next(self._count)}"
        self._send(
            {
                "type": kind,
                "envelope_id": envelope_id,
                "payload": body,
                "accepts_response_payload": True,
            }
        )
        found: dict[str, Any] = self.until(lambda: self.acks.get(envelope_id))
        return found["payload"] or {}

    def _send(self, envelope: dict[str, Any]) -> None:
        with contextlib.suppress(Exception):  # nobody listens; an event is sent again
            self.sockets[-1].send(json.dumps(envelope))

    def _resend(self) -> None:
        while not self._closing:
            time.sleep(0.05)
            now = time.monotonic()
            with self._lock:
                late = [
                    (event_id, body)
                    for event_id, (sent, body) in self._pending.items()
                    if now - sent > self._retry_s
                ]
            for event_id, body in late:
                self._send_event(event_id, body)

    def _socket(self, connection: ServerConnection) -> None:
        self.sockets.append(connection)
        self.opened.append(time.monotonic())
        count = len(self.sockets) + self.other_sockets
        connection.send(json.dumps({"type": "hello", "num_connections": count}))
        self._notify()
        try:
            for frame in connection:
                self._acknowledged(json.loads(frame))
        except Exception:
            pass
        finally:
            if connection in self.sockets:
                self.sockets.remove(connection)

    def _acknowledged(self, frame: dict[str, Any]) -> None:
        envelope_id = frame["envelope_id"]
        with self._lock:
            self._pending.pop(self._event_of.get(envelope_id, ""), None)
        self.acks[envelope_id] = {"payload": frame.get("payload"), "at": time.monotonic()}
        self._notify()

    def _notify(self) -> None:
        with self._heard:
            self._heard.notify_all()

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.post("/api/respond/<number>")
        def respond(number: str) -> Response:
            self.responses.append({"to": number, **request.get_json()})
            self._notify()
            return Response("ok")

        @app.post("/api/<method>")
        def call(method: str) -> Response:
            given = _arguments()
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return self._call(method, given, given.pop("token", None) or token)

        return app

    def _workspace(self, token: str) -> Workspace | None:
        """Whose a token is; none that was revoked."""
        if token == "xoxb-1-test":
            return Workspace(TEAM, BOT_USER, token=token)
        known = (one for one in self.workspaces.values() if one.token and one.token == token)
        return next(known, None)

    def _access(self, given: dict[str, Any]) -> Response:
        """What an install's code is worth, once, to the app that it was issued for."""
        app, workspace = request.authorization, self.workspaces.get(given["code"])
        is_ours = app is not None and (app.username, app.password) == (CLIENT_ID, CLIENT_SECRET)
        if workspace is None or not is_ours:
            return jsonify({"ok": False, "error": "invalid_code"})
        workspace.token = f"xoxb-{workspace.team}-{next(self._count)}"
        answer = {
            "ok": True,
            "access_token": workspace.token,
            "token_type": "bot",
            "scope": self.scopes,
            "bot_user_id": workspace.bot_user,
            "app_id": "A1",
            "team": {"id": workspace.team, "name": f"name of {workspace.team}"},
            "enterprise": None,
            "authed_user": {"id": "U1"},
            "is_enterprise_install": workspace.is_enterprise,
        }
        if workspace.is_enterprise:
            answer |= {"team": None, "enterprise": {"id": "E1", "name": "org"}}
        return jsonify(answer)

    def _call(self, method: str, given: dict[str, Any], token: str) -> Response:
        self.calls.append(method)
        workspace = self._workspace(token)
        for fault in list(self.faults):
            answer = fault(method, given)
            if answer is not None:
                return answer
        body: dict[str, Any]
        if method in self.refusals:
            return jsonify({"ok": False, "error": self.refusals[method]})
        if method == "oauth.v2.access":
            return self._access(given)
        if workspace is None and not token.startswith("xapp-"):
            return jsonify({"ok": False, "error": "invalid_auth"})
        team = workspace.team if workspace else ""
        match method:
            case "auth.test":
                body = {"team_id": team, "user_id": workspace.bot_user if workspace else ""}
                body |= {"bot_id": BOT_ID, "team": "home"}
                body["enterprise_id"] = self.enterprise
                answer = jsonify({"ok": True, **body})
                answer.headers["x-oauth-scopes"] = self.scopes
                return answer
            case "apps.connections.open":
                body = {
                    "url": f"ws://127.0.0.1:{self._socket_port}/link?ticket={next(self._count)}"
                }
            case "chat.postMessage" if given["channel"] in self.closed:
                return jsonify({"ok": False, "error": self.closed[given["channel"]]})
            case "chat.postMessage":
                body = self.keep({**given, "team": team})
            case "chat.getPermalink":
                where = f"{given['channel']}/p{given['message_ts'].replace('.', '')}"
                body = {"permalink": f"https://home.slack.com/archives/{where}"}
            case "chat.update":
                changed = [post for post in self.posts if post["ts"] == given["ts"]]
                if not changed:
                    return jsonify({"ok": False, "error": "message_not_found"})
                changed[0].update(text=given["text"], blocks=given["blocks"])
                self.updates.append({**given, "team": team})
                body = {"ts": given["ts"], "channel": given["channel"], "text": given["text"]}
            case "chat.postEphemeral":
                self.ephemerals.append({**given, "team": team})
                body = {"message_ts": f"{1_800_000_000 + next(self._count)}.000300"}
            case "conversations.info":
                more = self.channels.get(given["channel"], {})
                body = {"channel": {"id": given["channel"], "is_member": True, **more}}
            case "views.publish":
                self.views.append({**given, "team": team})
                body = {"view": {}}
            case "conversations.replies" | "conversations.history":
                thread = given.get("ts")
                since = given.get("oldest") or ""
                found = [
                    post
                    for post in self.posts
                    if post["channel"] == given["channel"]
                    and thread in (None, post.get("thread_ts"))
                    and post["ts"] > since
                ]
                first = [item for item in (*self.said, *self.posts) if item["ts"] == thread]
                body = {"messages": [*first, *found][: int(given.get("limit") or 100)]}
            case _:
                return jsonify({"ok": False, "error": "unknown_method"})
        self._notify()
        return jsonify({"ok": True, **body})

    def keep(self, given: dict[str, Any]) -> dict[str, Any]:
        """Make a post."""
        with self._lock:
            post = {
                **given,
                "ts": f"{1_800_000_000 + next(self._count)}.000200",
                "at": time.monotonic(),
            }
            self.posts.append(post)
        return {"ts": post["ts"], "channel": given["channel"]}


class _Relay:
    """Passes bytes on between the bot and the workspace, until it falls silent."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._silent: list[threading.Event] = []

    def open(self, port: int) -> int:
        """Relay to that port; returns the one to connect to."""
        threading.Thread(target=self._accept, args=(port,), daemon=True).start()
        relay_port: int = self._listening.getsockname()[1]
        return relay_port

    def close(self) -> None:
        # A shutdown ends the accept, which a close does not.
        with self._listening, contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """All connections of now; later ones are relayed."""
        for silent in self._silent:
            silent.set()

    def _accept(self, port: int) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", port))
                silent = threading.Event()
                self._silent.append(silent)
                for one, other in ((near, far), (far, near)):
                    threading.Thread(
                        target=_pass_on, args=(one, other, silent), daemon=True
                    ).start()


def _pass_on(one: socket.socket, other: socket.socket, silent: threading.Event) -> None:
    with one:  # each closes the end it reads
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                if not silent.is_set():
                    other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _in(workspace: Workspace | None) -> dict[str, Any]:
    """What an event says of the workspace that it is of."""
    if workspace is None:
        return {}
    bot = {"team_id": workspace.team, "user_id": workspace.bot_user, "is_bot": True}
    return {"team_id": workspace.team, "authorizations": [bot]}


def _arguments() -> dict[str, Any]:
    if request.is_json:
        given: dict[str, Any] = request.get_json(silent=True) or {}
        return given
    form = parse_qs(request.get_data(as_text=True))
    return {
        name: json.loads(values[0]) if values[0][:1] in "[{" else values[0]
        for name, values in form.items()
    }
