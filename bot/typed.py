"""What people type, as it is compared: without width, case, script, and the marks between words."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

from bot.radicals import unified

if TYPE_CHECKING:
    from opencc import OpenCC


def plain(text: str) -> str:
    """The text in one width, case and script; what is shown never passes through here.

    >>> plain("第７問，ＡＩ業務")
    '第7问,ai业务'
    """
    return "".join(map(_plain, text))


def words_of(text: str, words: Collection[str], longest: int) -> set[str] | None:
    """The words of plain text that is nothing but these, in any order, with marks between them.

    A Latin word or a number counts only whole.

    Args:
        text: As `plain` has it.
        words: Plain ones.
        longest: Characters of the longest word.

    Returns:
        Every word that stands in a division of the whole text; None where there is no division.

    >>> words_of("help me!", {"help", "me"}, 4) == {"help", "me"}, words_of("helpme", {"me"}, 4)
    (True, None)
    """
    ends: list[list[int]] = [[] for _ in text]  # by where a step begins
    reached = {0}
    for at, character in enumerate(text):
        if at in reached:
            ends[at] = [
                end
                for end in range(at + 1, min(at + longest, len(text)) + 1)
                if text[at:end] in words and not (_inside(text, at) or _inside(text, end))
            ]
            if not character.isalnum():
                ends[at].append(at + 1)
            reached.update(ends[at])
    if len(text) not in reached:
        return None
    leads_on = {len(text)}
    found: set[str] = set()
    for at in range(len(text) - 1, -1, -1):
        steps = [end for end in ends[at] if end in leads_on]
        if steps:
            leads_on.add(at)
            found.update(text[at:end] for end in steps)
    return found & {*words}


def consists_of(text: str, words: Collection[str], longest: int) -> bool:
    """Whether plain text is nothing but these words (see `words_of`)."""
    return words_of(text, words, longest) is not None


def _inside(text: str, at: int) -> bool:
    """Whether a place is inside a Latin word or a number."""
    around = text[max(at - 1, 0) : at + 1]
    return 0 < at < len(text) and around.isascii() and around.isalnum()


@cache
def _plain(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"  # half a pair is no character, and libraries refuse it
    folded = unicodedata.normalize("NFKC", unified(character)).casefold()
    if folded.isascii():
        return folded
    converted: str = _converter().convert(folded)
    return converted


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC  # its dictionaries take longer to load than all that needs none

    return OpenCC("t2s")
