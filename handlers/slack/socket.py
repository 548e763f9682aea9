"""Socket Mode that notices a lost connection at once, and is never deaf while it is replaced.

In place of slack_sdk's client, which reads a new connection only once the old one's read timed
out (3 s), needs most of a minute to notice a cut, and parses waiting frames by recursion. The
connection itself is websockets'. A session that Slack wants refreshed, or that no longer answers
pings, is heard on until its successor stands. How long a pong may take is measured on the
connection, and doubled whenever a session given up turns out to have lived.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from slack_sdk import WebClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bot.errors import trace_of
from handlers.slack.errors import FOR_GOOD, code_of, retry_after_s, why

_TICK_S = 0.025
_PING_S = 0.1  # or one round trip, where that is longer
_PATIENCE_S = 0.2  # for a pong, at first
_MOST_PATIENCE_S = 5.0
_OLD_S = 5.0  # how long a replaced session is still heard
_COUNTED_S = 60.0  # Slack may count one so long that ended without a goodbye
_STOOD_S = 2.0  # a session that ended sooner counts as a failure
_WAITS_S = (0.0, 0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_DISABLED_WAIT_S = 300.0  # Socket Mode was turned off in the app's settings
_OPEN_TIMEOUT_S = 8.0
_LARGEST_FRAME = 8_000_000
_WORKERS = 10

log = logging.getLogger(__name__)

Take = Callable[[BaseSocketModeClient, SocketModeRequest], None]


class Socket:
    """Stays connected from `open` to `close`."""

    def __init__(
        self, app_token: str, web_client: WebClient, take: Take, refused: Callable[[str], None]
    ) -> None:
        """Prepare.

        Args:
            app_token: `xapp-…`.
            web_client: For `apps.connections.open`.
            take: Called with each request and the session to acknowledge it to; events one
                after another, in their order.
            refused: Called once with Slack's error code where trying again is no use.
        """
        self._app_token = app_token
        self._web_client = web_client
        self._take = take
        self._refused = refused
        self._closing = threading.Event()
        self._current: _Session | None = None
        self._replaced: list[_Session] = []
        self._counted: list[_Session] = []  # that Slack may count
        self._others = 0  # connections of the app that are not ours
        self._patience_s = _PATIENCE_S
        self._failures = 0
        self._not_before = 0.0
        self._events = ThreadPoolExecutor(1, thread_name_prefix="slack-events")
        self._asks = ThreadPoolExecutor(_WORKERS, thread_name_prefix="slack-asks")
        self._watcher = threading.Thread(target=self._watch, name="slack-socket", daemon=True)

    def open(self) -> None:
        """Connect, and stay connected."""
        self._watcher.start()

    def close(self) -> None:
        """End; what was taken in is finished by others."""
        self._closing.set()
        self._watcher.join(2.0)
        for session in filter(None, (self._current, *self._replaced)):
            session.close()
        for pool in (self._events, self._asks):
            pool.shutdown(wait=False, cancel_futures=True)

    def is_heard(self) -> bool:
        """Whether the session stands and answered a ping lately."""
        session = self._current
        return session is not None and session.is_open and not session.is_silent(self._patience_s)

    # Watching

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._closing.is_set():
            session = self._current
            if session is None or not session.is_open or session.wants_successor:
                self._replace(session)
            elif session.is_silent(self._patience_s):
                log.info("Slack: the connection fell silent")
                session.was_silent = True
                self._replace(session)
            else:
                session.ping()
            session = self._current
            ended = session.ended if session is not None else self._closing
            ended.wait(_TICK_S)
            now = time.monotonic()
            if session is not None:
                session.forgive(now - last - _TICK_S)  # we slept too long, not Slack
            last = now
            self._look_at_replaced(now)

    def _replace(self, old: _Session | None) -> None:
        """Open a session; the old one is heard on for a moment."""
        if old is not None and old.is_disabled:
            log.error("Slack: Socket Mode is turned off for this app; turn it on to go on")
            self._closing.wait(_DISABLED_WAIT_S)
        elif old is not None and not old.counted and time.monotonic() - old.since > _STOOD_S:
            self._failures, self._not_before = 0, 0.0
            old.counted = True
        if time.monotonic() < self._not_before:
            return
        opened = ExitStack()
        try:
            url = self._web_client.apps_connections_open(app_token=self._app_token)["url"]
            began = time.monotonic()
            connection = opened.enter_context(
                connect(
                    url,
                    open_timeout=_OPEN_TIMEOUT_S,
                    close_timeout=1.0,
                    ping_interval=None,  # `_watch` pings, and replaces before it closes
                    max_size=_LARGEST_FRAME,
                    compression=None,
                    logger=_quiet_logger(),
                )
            )
        except Exception as error:
            code = code_of(error)
            if code in FOR_GOOD:
                self._refused(code)
                self._closing.set()
                return
            said = why(error, self._web_client.base_url)
            log.warning("Slack: no connection yet (%s); trying again", said)
            self._hold_back(retry_after_s(error) or 0.0)
            return
        self._hold_back(0.0)
        handshake_s = time.monotonic() - began
        self._current = _Session(connection, opened, self._on_request, self._on_hello, handshake_s)
        self._counted.append(self._current)
        if old is not None:
            old.replaced_at = time.monotonic()
            self._replaced.append(old)
        log.info("Slack: connected")

    def _hold_back(self, at_least_s: float) -> None:
        wait_s = _WAITS_S[min(self._failures, len(_WAITS_S) - 1)]
        self._failures += 1
        self._not_before = time.monotonic() + max(wait_s, at_least_s)

    def _look_at_replaced(self, now: float) -> None:
        for session in list(self._replaced):
            if session.was_silent and session.answered:
                session.was_silent = False
                self._patience_s = min(self._patience_s * 2, _MOST_PATIENCE_S)
                log.info("Slack: it was not silent, only slow")
            if not session.is_open or now - session.replaced_at > _OLD_S:
                self._replaced.remove(session)
                threading.Thread(target=session.close, daemon=True).start()

    # What Slack says

    def _on_hello(self, session: _Session, connections: int) -> None:
        """Tell of connections of this app that are not ours."""
        now = time.monotonic()
        self._counted = [item for item in self._counted if item.may_be_counted(now)]
        others = max(0, connections - 1 - sum(item is not session for item in self._counted))
        if others > self._others:
            log.warning(
                "Slack: connections of this app that are not ours: %d, and each event goes to only "
                "one of all; is another irbot running with its token?",
                others,
            )
        self._others = others

    def _on_request(self, session: _Session, request: SocketModeRequest) -> None:
        pool = self._events if request.type == "events_api" else self._asks
        with contextlib.suppress(RuntimeError):  # closing: Slack sends it again
            pool.submit(self._run, session, request)

    def _run(self, session: _Session, request: SocketModeRequest) -> None:
        try:
            self._take(session, request)
        except ConnectionClosed:
            self._acknowledge_elsewhere(request)
        except Exception as error:
            log.error("Slack: a request failed: %s", trace_of(error))

    def _acknowledge_elsewhere(self, request: SocketModeRequest) -> None:
        """What was taken in over a session that ended; if it fails, Slack sends it again."""
        session = self._current
        if session is not None and request.type == "events_api":
            with contextlib.suppress(ConnectionClosed):
                session.send_socket_mode_response(SocketModeResponse(request.envelope_id))


class _Session(BaseSocketModeClient):
    """One connection; what Bolt acknowledges to."""

    def __init__(
        self,
        connection: ClientConnection,
        opened: ExitStack,
        on_request: Callable[[_Session, SocketModeRequest], None],
        on_hello: Callable[[_Session, int], None],
        handshake_s: float,
    ) -> None:
        self.logger = _quiet_logger()
        self.since = time.monotonic()
        self.ended = threading.Event()
        self.wants_successor = False
        self.is_disabled = False
        self.was_silent = False
        self.replaced_at = 0.0
        self.counted = False  # that it stood long enough to be no failure
        self._connection = connection
        self._opened = opened
        self._on_request = on_request
        self._on_hello = on_hello
        self._handshake_s = handshake_s
        self._heard_at = self.since
        self._was_lost = False  # it ended without a goodbye
        self._pinged_at = self.since
        self._pong = threading.Event()
        self._pong.set()
        threading.Thread(target=self._read, name="slack-read", daemon=True).start()

    @property
    def is_open(self) -> bool:
        return not self.ended.is_set()

    def may_be_counted(self, now: float) -> bool:
        """Whether Slack may take it to be open."""
        return self.is_open or (self._was_lost and now - self._heard_at < _COUNTED_S)

    @property
    def answered(self) -> bool:
        """Whether the last ping was answered."""
        return self._pong.is_set()

    def is_silent(self, patience_s: float) -> bool:
        """Whether a pong is overdue and nothing else was heard meanwhile."""
        if self._pong.is_set():
            return False
        trip_s = self._connection.latency or self._handshake_s
        since = max(self._pinged_at, self._heard_at)
        return time.monotonic() - since > max(patience_s, 4 * trip_s)

    def ping(self) -> None:
        """Ping, unless one is under way or the last one is not long ago."""
        now = time.monotonic()
        if self._pong.is_set() and now - self._pinged_at >= max(_PING_S, self._connection.latency):
            self._pinged_at = now
            with contextlib.suppress(ConnectionClosed):
                self._pong = self._connection.ping(ack_on_close=True)

    def forgive(self, late_s: float) -> None:
        """Do not count time in which this process did not run."""
        if late_s > _TICK_S:
            self._pinged_at += late_s

    def send_message(self, message: str) -> None:
        """Send a frame.

        Raises:
            ConnectionClosed: It ended.
        """
        self._connection.send(message)

    def close(self) -> None:
        """Close the connection, within its time limit."""
        self._opened.close()

    def _read(self) -> None:
        try:
            for frame in self._connection:
                self._heard_at = time.monotonic()
                self._on_frame(frame)
        except Exception as error:
            self._was_lost = True
            log.info("Slack: a connection ended: %s", type(error).__name__)
        finally:
            self.wants_successor = True
            self.ended.set()

    def _on_frame(self, raw: str | bytes) -> None:
        """One frame; what cannot be read is left, what is no request is acknowledged."""
        try:
            frame: Any = json.loads(raw)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            log.info("Slack: a frame that is no object was left")
            return
        if frame.get("type") == "disconnect":
            self.is_disabled = frame.get("reason") == "link_disabled"
            self.wants_successor = True
            return
        envelope_id = frame.get("envelope_id")
        if not isinstance(envelope_id, str):
            connections = frame.get("num_connections")
            if frame.get("type") == "hello" and isinstance(connections, int):
                self._on_hello(self, connections)
            return  # and what else needs no acknowledgement
        if not (isinstance(frame.get("payload"), dict) and isinstance(frame.get("type"), str)):
            self.send_socket_mode_response(SocketModeResponse(envelope_id))
            return
        request = SocketModeRequest.from_dict(frame)
        if request is not None:
            self._on_request(self, request)


def _quiet_logger() -> logging.Logger:
    """The libraries' own talk is for debugging; ours says what an operator needs."""
    quiet = logging.getLogger("irbot.slack.socket")
    quiet.setLevel(logging.CRITICAL)
    return quiet
