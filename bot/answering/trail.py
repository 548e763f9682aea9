"""What was done for a message, kept until its reply is out: `--explain` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bot.answering.decision import Decision
from bot.answering.library import Library
from bot.answering.second_opinion import Heard
from bot.commands import Command
from bot.config import Caution
from bot.matching.index import SearchResult
from bot.message import Answer, Decline, Hit, Likely, Reply, Suggest

TextBand = Answer | Likely | Suggest | Decline  # what free text may get
_RANKED = 10


@dataclass(frozen=True)
class Search:
    """One search, for a message or one question of it, and the reply to it alone."""

    text: str
    company: str | None  # six digits, that limited it
    as_of: date | None
    result: SearchResult
    decision: Decision
    reply: TextBand
    heard: Heard | None = None  # from the second reader, where it was asked


@dataclass(frozen=True)
class TextReply:
    """The reply to free text, and the searches behind it."""

    reply: TextBand
    whole: Search  # the message read as one question
    parts: tuple[Search, ...] = ()  # its several questions, where they were looked up
    is_list: bool = False  # the asker listed them: the message as one question decides nothing

    @property
    def searches(self) -> tuple[Search, ...]:
        """All of them."""
        return (self.whole, *self.parts)

    @property
    def has_failed(self) -> bool:
        """Whether meaning was to be compared and the model failed."""
        return any(search.result.has_failed for search in self.searches)

    @property
    def deciding(self) -> tuple[Search, ...]:
        """The searches that the reply comes from."""
        return self.parts if self.is_list else self.searches


@dataclass(frozen=True)
class Considered:
    """A reply, and all that led to it."""

    command: Command
    reply: Reply
    library: Library  # that was searched
    caution: Caution
    text: TextReply | None = None  # None: the command is no free text, or nothing is stored

    @property
    def matcher(self) -> str:
        """Which matcher made the reply: without the model where that failed; and whether a second
        reader's opinion counted in it."""
        index = self.library.index
        version = index.version_by_words if self.text and self.text.has_failed else index.version
        is_read = self.text and any(item.heard and item.heard.counts for item in self.text.deciding)
        return f"{version} + second reader" if is_read else version

    @property
    def ranked(self) -> list[Hit]:
        """The stored questions behind the reply to free text, best first, whatever its band."""
        return self.text.whole.result.hits[:_RANKED] if self.text else []
