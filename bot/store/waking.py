"""Processes that share a server wake each other; what is told to nobody is found by looking.

A note is sent with the commit of what it tells of (`Connection.notify`). One that is told while
nobody listens, as when the server restarts, is lost: so whoever is woken looks at times, too, and
is woken whenever a connection is made anew. A file has no such notes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from bot.errors import StoreError
from bot.postgres_url import PostgresUrl
from bot.store.connection import Database, telling

_LISTEN_S = 1.0  # until it is looked whether to stop
_AGAIN_S = 1.0  # between two tries to connect

log = logging.getLogger(__name__)


class Listener:
    """Hears what other processes tell, in a thread and by a connection of its own."""

    def __init__(self, database: Database, hear: Mapping[str, Callable[[], None]]) -> None:
        """Prepare.

        Args:
            database: Whose processes are heard.
            hear: By channel, what is called, also where something may have been missed; it must
                not block.
        """
        self._database = database
        self._hear = hear
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listen", daemon=True)

    def start(self) -> None:
        """Listen until `stop`, where there is anything to hear."""
        if isinstance(self._database.place, PostgresUrl):
            self._thread.start()

    def stop(self) -> None:
        """Hear nothing more."""
        self._stopping.set()

    def _run(self) -> None:
        is_told = False
        while not self._stopping.is_set():
            try:
                with telling(self._database.place), closing(self._database.apart()) as connection:
                    self._listen(connection)
            except StoreError as error:
                if not is_told:
                    log.warning("not woken by other processes for now: %s", error)
                is_told = True
                self._stopping.wait(_AGAIN_S)
            else:
                is_told = False

    def _listen(self, connection: Any) -> None:
        for channel in self._hear:
            connection.execute(f"LISTEN {channel}")
        for wake in self._hear.values():  # of what was told until now
            wake()
        while not self._stopping.is_set():
            for note in connection.driver.notifies(timeout=_LISTEN_S):
                self._hear[note.channel]()
