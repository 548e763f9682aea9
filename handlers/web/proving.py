"""What a page shows of the official words is kept first, without who reads it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bot.answering.responder import Responder
from bot.errors import DisplacedError, StoreError
from bot.message import Chat, Message, Reply, ReplyView
from bot.record import Question, Record
from bot.store import Store
from bot.store.connection import telling

_WAIT_S = 2.0  # that a reader waits for a database which is being written
_ASKED = Chat("web", "", "ask", "")  # nobody is known to have asked

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proving:
    """A full disk, or a database that is locked, keeps nobody from reading."""

    responder: Responder
    store: Store

    def reply(self, message: Message) -> tuple[Reply, ReplyView]:
        """The reply to what was typed on a page, and its words; nothing is remembered of it."""
        considered = self.responder.consider(message)
        shown = self.responder.show(considered.reply)
        with self._unless_unwritable():
            self.responder.prove(_ASKED, considered, shown)
        return considered.reply, shown

    def view(self, record: Record, units: Sequence[Question], how: str) -> None:
        """These questions and paragraphs of a record are shown; `how`: page, or json."""
        with self._unless_unwritable():
            self.store.add_view(record, units, self.responder.now(), how)

    @contextmanager
    def _unless_unwritable(self) -> Iterator[None]:
        try:
            with telling(self.store.place), self.store.database.waiting(_WAIT_S):
                yield
        except DisplacedError:
            raise
        except StoreError as error:
            log.error("a page is shown, but nothing could be kept of it: %s", error)
