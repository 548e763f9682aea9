"""A time by which a connection ends, whatever the other side sends until then.

An HTTP library's time limit is for each piece that is read: a header that comes letter by letter,
or interim answers (1xx) without end, keep within it for ever. So the connection is cut from
outside.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

# The library tells of these with what is to be cut from then on.
_CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class Deadline:
    """Of one request; a context, `trace` of which is the request's."""

    def __init__(self, until: float) -> None:
        """
        Args:
            until: Of the clock that does not jump.
        """
        self._until = until
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, until - time.monotonic()), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._socket = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Told by the library what it does (its request extension `trace`)."""
        if event.endswith(_CONNECTED):
            self._socket = info["return_value"].get_extra_info("socket")
            if time.monotonic() >= self._until:  # the timer found none yet
                self._cut()

    def _cut(self) -> None:
        connected = self._socket
        if connected is not None:
            try:
                # Past the TLS object, which another thread is reading from.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)
            except OSError:
                return  # it is closed
