"""Connections that send no whole request cannot keep others out.

Waitress counts connections, stops accepting at a limit, and looks every half minute for those on
which nothing came; a byte now and then keeps one open for ever. Here each has so long for a whole
request, however it comes, and a new one beyond the limit takes the place of the one that has been
waiting longest: whoever holds many open loses those first.
"""

from __future__ import annotations

import socket
import time
from functools import partial
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer

MOST = 256  # of a server; both together stay below the 1,024 files that systems let one open


def limit_connections(sockets: dict[int, Any], whole_within_s: float) -> None:
    """Let the servers among waitress's sockets take connections so.

    Args:
        sockets: Waitress's map.
        whole_within_s: For a request, from the connection's begin or the last response on.
    """
    for server in sockets.values():
        if isinstance(server, BaseWSGIServer):
            server.channel_class = partial(_Channel, whole_within_s)


class _Channel(HTTPChannel):  # type: ignore[misc]
    def __init__(
        self,
        whole_within_s: float,
        server: BaseWSGIServer,
        connection: socket.socket,
        address: Any,
        adjustments: Any,
        map: dict[int, Any],
    ) -> None:
        self.waiting_since = time.monotonic()  # for a whole request
        self._whole_within_s = whole_within_s
        super().__init__(server, connection, address, adjustments, map=map)
        self._make_room(server)

    def _make_room(self, server: BaseWSGIServer) -> None:
        # Closed by the loop's next round: what is closed in this one could give its number away.
        stay = [channel for channel in server.active_channels.values() if not channel.will_close]
        waiting = [channel for channel in stay if not channel.requests and channel is not self]
        if len(stay) > MOST and waiting:
            min(waiting, key=lambda channel: channel.waiting_since).will_close = True

    def readable(self) -> bool:
        """Asked in each round of the loop, once a second at least."""
        if not self.requests and time.monotonic() - self.waiting_since > self._whole_within_s:
            self.will_close = True
        return bool(super().readable())

    def service(self) -> None:
        super().service()
        self.waiting_since = time.monotonic()
