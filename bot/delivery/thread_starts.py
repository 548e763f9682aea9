"""Reads the message under which another only calls the bot, before that one is answered.

It has a thread of its own, so that a slow platform holds up none but such messages. What was read
is committed to the inbox; a kill before that leaves the message as it was, to be read again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue

from bot.delivery.mailbox import Mailbox, Question, fault
from bot.delivery.transport import START, START_UNREAD, RateLimited, ReadStart, Refused
from bot.masking import masked

_TRIES = 3
_AGAIN_S = 1.0
_LONGEST_WAIT_S = 60.0  # for a limit to pass; longer ones count as a refusal

log = logging.getLogger(__name__)


class ThreadStarts:
    """One per process."""

    def __init__(
        self,
        mailbox: Mailbox,
        readers: Mapping[str, ReadStart],
        ready: Callable[[Question], None],
    ) -> None:
        """Prepare.

        Args:
            mailbox: The tables.
            readers: By platform, how a first message is read.
            ready: Called with a message that can be answered now.
        """
        self._mailbox = mailbox
        self._readers = readers
        self._ready = ready
        self._stopping = threading.Event()
        self._questions: SimpleQueue[Question | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="thread starts", daemon=True)

    def start(self) -> None:
        """Read until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Read nothing more; what is not committed stays for the next start."""
        self._stopping.set()
        self._questions.put(None)

    def can_read(self, question: Question) -> bool:
        """Whether it stands under a message that was not looked at yet."""
        return START in question.address and question.chat.platform in self._readers

    def put(self, question: Question) -> None:
        """Read what it stands under, and have it answered then."""
        self._questions.put(question)

    def _run(self) -> None:
        while (question := self._questions.get()) is not None and not self._stopping.is_set():
            try:
                self._look_at(question)
            except Exception as error:  # the database: the message stays in the inbox
                log.error("reading a thread waits: %s", fault(error))
                self._stopping.wait(_AGAIN_S)
                self._questions.put(question)

    def _look_at(self, question: Question) -> None:
        text = self._read(question)
        if self._stopping.is_set():
            return
        address = {name: value for name, value in question.address.items() if name != START}
        if text is None:
            address[START_UNREAD] = True
        with self._mailbox.transaction():
            self._mailbox.point(question.id, masked(text or ""), address)
        self._ready(question)

    def _read(self, question: Question) -> str | None:
        """The first message's words; None where they cannot be had."""
        read = self._readers[question.chat.platform]
        reason, wait_s = "", 0.0
        for _ in range(_TRIES):
            if self._stopping.wait(wait_s):
                return None
            try:
                found = read(question.address)
            except Exception as error:
                found = Refused(type(error).__name__, permanent=False)
            match found:
                case str():
                    return found
                case RateLimited(retry_after_s):
                    reason, wait_s = "rate limited", retry_after_s
                case Refused(reason, permanent):
                    wait_s = _LONGEST_WAIT_S if permanent else _AGAIN_S
            if wait_s >= _LONGEST_WAIT_S:
                break
        log.warning("%s: a thread's first message is not read: %s", question.chat.platform, reason)
        return None
