"""What people say to a bot that is no question: one line back, nothing searched, nothing missed.

The words stand in `small_talk.toml`. Only a message that is nothing but such words counts:
`谢谢，可转债进展如何` is a question. So is one of asking words alone (`详细说明`, `为什么`), of
which the matcher can look up nothing; it is told how to ask.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from bot.answering.library import Library
from bot.commands import Ask, Command, SmallTalk
from bot.message import Help, Message, Notice, Reply
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
    kinds, together, asked, longest = _words()
    alone = _ENDS.sub("", typed)
    if kind := next((kind for kind, own in kinds.items() if alone in own), None):
        return kind
    found = words_of(typed, together, longest) or words_of(typed, asked, longest) or set()
    whole = {word for word in found if not any(word != one and word in one for one in found)}
    return next((kind for kind, own in kinds.items() if not whole.isdisjoint(own)), None)


def reply(talk: SmallTalk, library: Library, words: Words) -> Reply:
    """One line for small talk; how to ask, where that is what is asked."""
    match talk.kind:
        case "usage":
            return Help()
        case "companies":
            return Notice(words.companies(library.coverage(Message(""))))
        case kind:
            return Notice(words.small_talk(kind))


@cache
def _words() -> tuple[dict[str, frozenset[str]], frozenset[str], frozenset[str], int]:
    """The words by kind, those that may stand together, those that may make a question of service,
    and how long the longest is.

    A single character stands for a word of its own only where nothing else is said.
    """
    content = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    beside = frozenset(map(plain, content.pop("beside")))
    asked = frozenset(map(plain, content.pop("asked"))) | beside
    kinds = {kind: frozenset(map(plain, words)) for kind, words in content.items()}
    alone = {word for own in kinds.values() for word in own if len(word) == 1 and word.isalnum()}
    together = frozenset().union(beside, *kinds.values()) - (alone - beside)
    service = asked.union(*(kinds[kind] for kind in _SERVICE))
    return kinds, together, service, max(map(len, together | service))
