"""Waiting for what threads and processes do: for a state, never for a time.

A test waits until what it proves could be seen, and looks then. How long that took is no part of
it, so the limit is far beyond what a machine under load needs; it ends a test that waits in vain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any

PATIENCE_S = 60.0  # half of pytest's own limit (pyproject.toml)
_OPEN = (
    "SELECT 'inbox ' || id FROM inbox WHERE state = 'new' UNION ALL "
    "SELECT 'outbox ' || id FROM outbox WHERE state IN ('ready', 'sending') UNION ALL "
    "SELECT 'stream ' || id FROM streams WHERE body = ''"
)


def until(condition: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """What the condition gives, once that is something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)
    return found


def settled(db: Connection) -> None:
    """Wait until nothing is open: no message without its answer, no post on its way.

    A kill leaves more of it than a sender knows: what was kept, and whose acknowledgement the kill
    took.
    """
    until(lambda: db.execute(_OPEN).fetchone() is None)
