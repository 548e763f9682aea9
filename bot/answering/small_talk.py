"""What people say to a bot that is no question: one line back, nothing searched, nothing missed.

The words stand in `small_talk.toml`. Only a message that is nothing but such words counts:
`谢谢，可转债进展如何` is a question. So is one of asking words alone (`详细说明`, `为什么`), of
which the matcher can look up nothing; it is told how to ask.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bot.answering.library import Library
from bot.commands import Ask, Command, SmallTalk
from bot.message import Decline, Message, Notice, Reply
from bot.typed import plain, words_of
from bot.wording.presentation import Words

NOTHING_ASKED = SmallTalk("nothing asked")

_FILE = Path(__file__).with_name("small_talk.toml")
_SERVICE = ("contact", "companies")
_ENDS = re.compile(r"^\W+|\W+$")


def unless_asked(command: Command, library: Library) -> Command:
    """The command, or small talk where its free text asks of nothing.

    Args:
        command: As parsed.
        library: Knows which words name a matter.
    """
    if not isinstance(command, Ask):
        return command
    kind = kind_of(command.text)
    if kind:
        return SmallTalk(kind)
    return command if library.index.names_a_matter(command.text) else NOTHING_ASKED


def kind_of(text: str) -> str | None:
    """Which kind of small talk a text is, if it is nothing else.

    >>> kind_of("你好，謝謝！"), kind_of("您好，请问毛利率？")
    ('thanks', None)
    """
    typed = plain(text)
    lists = _lists()
    alone = _ENDS.sub("", typed)
    if kind := lists.kind({alone}):
        return kind
    found = words_of(typed, lists.together, lists.longest)
    found = found or words_of(typed, lists.service, lists.longest) or set()
    return lists.kind({word for word in found if not any(word in one for one in found - {word})})


def reply(talk: SmallTalk, library: Library, words: Words) -> Reply:
    """One line for small talk, but for how to ask, which depends on the chat."""
    match talk.kind:
        case "companies" if library.is_silenced:
            return Decline()
        case "companies":
            return Notice(words.companies(library.coverage(Message(""))))
        case kind:
            return Notice(words.small_talk(kind))


@dataclass(frozen=True)
class _Lists:
    kinds: dict[str, frozenset[str]]
    together: frozenset[str]  # all that may stand beside each other
    service: frozenset[str]  # what makes a whole question of service: 证券部的电话是多少
    longest: int  # characters of the longest of them

    def kind(self, words: Collection[str]) -> str | None:
        """The first kind that has one of the words."""
        return next((kind for kind, own in self.kinds.items() if not own.isdisjoint(words)), None)


@cache
def _lists() -> _Lists:
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    beside = frozenset(map(plain, content.pop("beside")))
    asked = beside.union(map(plain, content.pop("asked")))
    kinds = {kind: frozenset(map(plain, words)) for kind, words in content.items()}
    # A single character is a word of its own only where nothing else is said.
    single = {word for own in kinds.values() for word in own if len(word) == 1 and word.isalnum()}
    together = beside.union(*kinds.values()) - (single - beside)
    service = asked.union(*(kinds[kind] for kind in _SERVICE))
    return _Lists(kinds, together, service, max(map(len, together | service)))
