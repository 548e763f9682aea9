"""The access token of an app, one for all threads and processes of a machine.

It is kept in a file beside the database, which only its owner may read: a token that each process
fetched for itself would use up what the platform allows, and the database is copied and handed on.
Whoever finds it used up takes the file's lock and looks again, so that of many one fetches another.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.postgres_url import Place, beside

_EARLY_S = 300.0  # before its end a token is given up


@dataclass(frozen=True)
class Token:
    """What the platform gave, and until when it is used, in seconds since 1970."""

    text: str
    until: float

    @classmethod
    def lasting(cls, text: str, seconds: float) -> Token:
        """One that the platform takes for so long from now on."""
        return cls(text, time.time() + seconds - min(_EARLY_S, seconds / 10))

    def is_good(self) -> bool:
        return bool(self.text) and time.time() < self.until


_NONE = Token("", 0.0)


class AccessToken:
    """One of an app."""

    def __init__(self, db: Place, name: str, fetch: Callable[[], Token]) -> None:
        """Prepare.

        Args:
            db: The database.
            name: Of the app with its secret; only a hash of it is written.
            fetch: Asks the platform; what it raises goes to who wants a token.
        """
        mark = hashlib.sha256(name.encode()).hexdigest()[:16]
        self._path = beside(db, f"-token-{mark}")
        self._fetch = fetch
        self._lock = threading.Lock()
        self._held = _NONE

    def get(self) -> str:
        """The token; fetched where there is none.

        Raises:
            OSError: The file cannot be used.
        """
        held = self._held
        return held.text if held.is_good() else self._renewed("")

    def after(self, failed: str) -> str:
        """Another token than one that the platform refused; fetched once, however many ask.

        Raises:
            OSError: As `get`.
        """
        return self._renewed(failed)

    def _renewed(self, failed: str) -> str:
        with self._lock, _locked(self._path) as file:
            held = _read(file)
            if not held.is_good() or held.text == failed:
                held = self._fetch()
                with suppress(OSError):  # a full disk: this process has it all the same
                    _write(file, held)
            self._held = held
            return held.text


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(file, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _read(file: int) -> Token:
    """What the file holds; none where a kill cut it short."""
    try:
        found = json.loads(os.pread(file, 4_096, 0))
        return Token(str(found["token"]), float(found["until"]))
    except (ValueError, KeyError, TypeError):
        return _NONE


def _write(file: int, token: Token) -> None:
    os.ftruncate(file, 0)
    os.pwrite(file, json.dumps({"token": token.text, "until": token.until}).encode(), 0)
