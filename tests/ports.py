"""Ports of this machine for servers of tests."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from functools import cache

# Below what systems give out by themselves (Linux from 32768 on, others from 49152): no connection
# and no server of another test comes to lie on a port between two processes that serve there.
_FIRST, _BLOCK, _END = 20_000, 200, 32_000


@cache
def _ports() -> Iterator[int]:
    """The ports of a block that is this process's: the block's first one stays open until it ends,
    so that tests which run beside these take another."""
    start = _FIRST + os.getpid() * _BLOCK % (_END - _FIRST)
    for first in (*range(start, _END, _BLOCK), *range(_FIRST, start, _BLOCK)):
        with contextlib.suppress(OSError):
            _held.append(socket.create_server(("127.0.0.1", first)))
            return iter(range(first + 1, first + _BLOCK))
    raise AssertionError("no block of ports is free")


_held: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens, given out once."""
    for port in _ports():
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a block of ports is enough for a process")
