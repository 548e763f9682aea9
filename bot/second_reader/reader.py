"""The reader as `answering` knows it: opinions within a time, equal questions asked once a day.

Each question is put in a thread of its own, so that whoever waits gives up in time whatever the
network does; nothing is waited for in a transaction or under a lock. What comes too late for one
message is there for the next one that asks the same.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from bot.answering.second_opinion import Asked, Opinion, Worth
from bot.config import Settings
from bot.errors import StoreError
from bot.second_reader.client import Client, NoOpinionError
from bot.second_reader.health import Health
from bot.second_reader.prompt import messages, read_opinion, told
from bot.store import Store, Trial
from bot.store.connection import telling

_AT_ONCE = 8  # questions; a message beyond them gets the matcher's reply
_KEEP_S = 0.2  # that an opinion waits for a database which is being written

Said = tuple[int | None, bool]  # its pick, None for what cannot be read; whether it was sure

log = logging.getLogger(__name__)


class _Reading:
    """One question that is put to the reader."""

    def __init__(self) -> None:
        self._is_done = threading.Event()
        self._opinion: Opinion | None = None

    def end(self, said: Said | None) -> None:
        """That is what it said; the first end holds."""
        if not self._is_done.is_set():
            pick, is_sure = said or (None, False)
            self._opinion = None if pick is None else Opinion(pick, is_sure)
            self._is_done.set()

    def opinion(self, within_s: float) -> Opinion | None:
        """Its opinion; None where there is none in so many seconds."""
        return self._opinion if self._is_done.wait(max(0.0, within_s)) else None


class CompanyReader:
    """One per process. Safe to share between threads."""

    def __init__(self, settings: Settings, store: Store, now: Callable[[], datetime]) -> None:
        """
        Args:
            settings: Where it is, and whether its opinion may count.
            store: Keeps what it said for a day.
            now: The bot's clock.
        """
        self.timeout_s = settings.reader_timeout_s
        self.client = Client(
            settings.reader_url,
            settings.reader_model,
            settings.reader_key,
            settings.reader_private,
        )
        self.name = name_of(settings)
        self._is_used = settings.reader_use == "use"
        self._caution = settings.caution
        self._store = store
        self._now = now
        self._health = Health(time.monotonic)
        self._lock = threading.Lock()
        self._readings: dict[str, _Reading] = {}  # in hand, by what is asked

    @property
    def worth(self) -> Worth | None:
        """What its opinions count; None: they are only shown, as long as it is observed, was not
        measured, or was found to be no help."""
        trial = self.trial() if self._is_used else None
        return Worth(**trial.worth) if trial and not trial.refused else None  # type: ignore[arg-type]

    def trial(self) -> Trial | None:
        """Its last measurement at the caution that is set."""
        try:
            with telling(self._store.place):
                return self._store.reader_trial(self.name, self._caution)
        except StoreError:
            return None  # who cannot read that does without

    def read(self, asked: Sequence[Asked], within_s: float) -> list[Opinion | None]:
        """As `SecondReader.read`."""
        until = time.monotonic() + within_s
        readings = [self._reading(one) for one in asked]
        return [reading.opinion(until - time.monotonic()) for reading in readings]

    def told(self) -> dict[str, Any]:
        """For `/healthz`."""
        use = "observe"
        if self._is_used:
            use = "use" if self.worth else "observe, until `irbot eval --reader` finds it worth it"
        return {"use": use, **self._health.told()}

    # One question

    def _reading(self, asked: Asked) -> _Reading:
        """What becomes of a question; done at once where it is not put to the reader."""
        key, reading = self._key(asked), _Reading()
        known = self._known(key)
        with self._lock:
            if known is None and key in self._readings:
                return self._readings[key]
            is_put = known is None and len(self._readings) < _AT_ONCE and self._health.may_ask()
            if is_put:
                self._readings[key] = reading
        if is_put:
            arguments = key, asked, reading
            threading.Thread(
                target=self._ask, args=arguments, name="second reader", daemon=True
            ).start()
        else:
            reading.end(known)
        return reading

    def _ask(self, key: str, asked: Asked, reading: _Reading) -> None:
        try:
            known = self._known(key)  # somebody may just have asked the same
            if known is None:
                known = self._said(asked)
                self._keep(key, known)  # before a command ends with what it waits for
            reading.end(known)
        except NoOpinionError as error:
            self._health.failed(str(error), error.rest_s)
        except Exception as error:  # nobody waits for what goes wrong here
            self._health.failed(type(error).__name__)
        finally:
            reading.end(None)
            with self._lock:
                del self._readings[key]

    def _said(self, asked: Asked) -> Said:
        """What it says now.

        Raises:
            NoOpinionError: Nothing.
        """
        opinion = read_opinion(self.client.ask(asked, self.timeout_s), len(asked.choices))
        if opinion is None:
            self._health.failed("its answer is not one pick")
            return None, False
        self._health.answered()
        return opinion.pick, opinion.is_sure

    # What it said lately

    def _key(self, asked: Asked) -> str:
        return hashlib.sha256(f"{self.name}\n{json.dumps(messages(asked))}".encode()).hexdigest()

    def _known(self, key: str) -> Said | None:
        try:
            with telling(self._store.place):
                return self._store.reader_opinion(key, self._now())
        except StoreError:
            return None

    def _keep(self, key: str, said: Said) -> None:
        try:
            with telling(self._store.place), self._store.database.waiting(_KEEP_S):
                self._store.add_reader_opinion(key, *said, self._now())
        except StoreError as error:
            log.warning("an opinion of the second reader could not be kept: %s", error)


def name_of(settings: Settings) -> str:
    """A reader's name in the store: another model, address or prompt is another reader."""
    parts = (settings.reader_url, settings.reader_model, told())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
