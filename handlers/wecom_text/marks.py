"""What stands in a WeCom message and is no word: emoji codes, such as `[微笑]`, and addresses.

The platform delivers an emoji as its name in brackets, which people also put around words of
their own: `[可转债]何时下修`. So only the names of its emoji are marks.
"""

from __future__ import annotations

import re
from pathlib import Path

# As the clients for Chinese and for English write them.
_EMOJI = frozenset(Path(__file__).with_name("emoji.txt").read_text(encoding="utf-8").split())
_IN_BRACKETS = re.compile(r"\[([^\[\]\s]{1,12})\]")
_ADDRESS = re.compile(r"(?:https?|ftp)://[!-~]*", re.IGNORECASE)


def without(text: str) -> str:
    """The text without marks.

    >>> without("[微笑]可转债[强][可转债]怎么看https://a.example/b，谢谢")
    '可转债 [可转债]怎么看 ，谢谢'
    """
    text = _IN_BRACKETS.sub(lambda found: " " if found[1] in _EMOJI else found[0], text)
    return re.sub(r" {2,}", " ", _ADDRESS.sub(" ", text)).strip()


def has_emoji(text: str) -> bool:
    """Whether a client would show some of the text as the picture of an emoji.

    >>> has_emoji("可转债[强]"), has_emoji("[可转债]")
    (True, False)
    """
    return any(found[1] in _EMOJI for found in _IN_BRACKETS.finditer(text))
