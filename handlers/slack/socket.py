"""Socket Mode that notices a lost connection at once.

The SDK's client, with what it lacks (each measured against it): the read of the old session is
ended as soon as a new one stands, so that the new one is heard at once; a cut or closed socket is
seen by polling it; a silent one by its missing pongs; a failed reconnect is tried again with
growing waits, and one that Slack refuses for good is given up.
"""

from __future__ import annotations

import contextlib
import json
import logging
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.builtin import SocketModeClient

_PING_S = 1.0
_SILENT_S = 2.5  # without a pong for so long the session is replaced
_LOOK_S = 0.1
_WAITS_S = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_DISABLED_WAIT_S = 300.0  # Socket Mode was turned off in the app's settings
FOR_GOOD = {
    "account_inactive",
    "app_uninstalled",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "token_expired",
    "token_revoked",
    "missing_scope",
}

log = logging.getLogger(__name__)


class Socket(SocketModeClient):
    """A Socket Mode client that stays connected until `close`."""

    def __init__(
        self, app_token: str, web_client: WebClient, refused: Callable[[str], None]
    ) -> None:
        """Prepare; `connect` is left to the watcher that `open` starts.

        Args:
            app_token: `xapp-…`.
            web_client: For `apps.connections.open`; its base URL, proxy and CA are used.
            refused: Called once with Slack's error code where trying again is no use.
        """
        # Frames that wait in the socket are parsed by recursion, one level each.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))
        super().__init__(
            app_token=app_token,
            web_client=web_client,
            logger=_quiet_logger(),
            auto_reconnect_enabled=False,  # the watcher does it
            ping_interval=_PING_S,
            receive_buffer_size=65_536,
            proxy=web_client.proxy,
            on_message_listeners=[self._note_disabled],
        )
        self._refused = refused
        self._disabled = False
        self._connected_at = 0.0
        self._watcher = threading.Thread(target=self._watch, name="slack-socket", daemon=True)

    def open(self) -> None:
        """Connect, and stay connected."""
        self._watcher.start()

    def is_heard(self) -> bool:
        """Whether the session stands and answered a ping lately."""
        session = self.current_session
        return session is not None and session.is_active() and not self._is_silent(session)

    def connect(self) -> None:
        """As the SDK's, and the old session's blocking read ends once the new one stands."""
        old, state = self.current_session, self.current_session_state
        if old is not None and old.sock is not None:
            threading.Thread(target=_end_read, args=(old, state), daemon=True).start()
        super().connect()
        self._connected_at = time.time()

    def connect_to_new_endpoint(self, force: bool = False) -> None:
        """As the SDK's; a failure is left to the watcher instead of being raised into a thread."""
        try:
            super().connect_to_new_endpoint(force)
        except Exception as error:
            log.warning("Slack: reconnecting failed: %s", code_of(error))

    # Watching

    def _watch(self) -> None:
        failures = 0
        while not self.closed:
            session = self.current_session
            if session is not None and session.is_active() and not self._is_lost(session):
                failures = 0
                continue
            if self._disabled:
                log.error("Slack: Socket Mode is turned off for this app; turn it on to go on")
                self._rest(_DISABLED_WAIT_S)
                self._disabled = False
            wait = _WAITS_S[min(failures, len(_WAITS_S) - 1)]
            failures += 1
            self._rest(wait)
            try:
                with self.connect_operation_lock:
                    # A `disconnect` frame may have been quicker.
                    if self.current_session is session and not self.closed:
                        self.wss_uri = self.issue_new_wss_url()
                        self.connect()
            except Exception as error:
                code = code_of(error)
                if code in FOR_GOOD:
                    self._refused(code)
                    return
                log.warning("Slack: no connection yet: %s", code)
                self._rest(_retry_after(error))

    def _is_lost(self, session: Any) -> bool:
        """Look at the socket for a moment: hung up, or silent."""
        sock = session.sock
        if sock is None:
            return True
        poller = select.poll()
        try:
            poller.register(sock.fileno(), select.POLLRDHUP | select.POLLHUP | select.POLLERR)
            hung_up = poller.poll(_LOOK_S * 1000)
        except (OSError, ValueError):
            return True  # closed in between
        return bool(hung_up) or self._is_silent(session)

    def _is_silent(self, session: Any) -> bool:
        last = session.last_ping_pong_time or self._connected_at
        return time.time() - last > _SILENT_S

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.closed and time.monotonic() < until:
            time.sleep(min(_LOOK_S, max(0.0, until - time.monotonic())))

    def _note_disabled(self, raw: str) -> None:
        if '"link_disabled"' in raw:
            with contextlib.suppress(ValueError, AttributeError):
                frame = json.loads(raw)
                self._disabled = frame.get("type") == "disconnect"


def _end_read(session: Any, state: Any) -> None:
    until = time.monotonic() + 10.0
    while not state.terminated and time.monotonic() < until:
        time.sleep(0.005)
    sock = session.sock
    if state.terminated and sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def code_of(error: Exception) -> str:
    """Slack's error code, else the kind of the fault; never a message, which may hold a secret."""
    if isinstance(error, SlackApiError):
        return str(error.response.get("error", "unknown"))
    return type(error).__name__


def _retry_after(error: Exception) -> float:
    if isinstance(error, SlackApiError):
        headers = {name.lower(): value for name, value in error.response.headers.items()}
        with contextlib.suppress(KeyError, ValueError, TypeError):
            return float(headers["retry-after"])
    return 0.0


def _quiet_logger() -> logging.Logger:
    """The SDK's own talk is for debugging; ours says what an operator needs."""
    quiet = logging.getLogger("slack_sdk.socket_mode")
    quiet.setLevel(logging.CRITICAL)
    return quiet
