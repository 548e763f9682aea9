"""What was asked in a WeCom message: mention marks and command words off.

The platform marks a mention as plain text, `@显示名`, followed by none, one or two spaces of any
kind; there is no list of mentions, so the bot must be told its names (WECOM_BOT_NAMES).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_COMMANDS = {"ir", "help", "status", "about"}

# Zero-width marks count as space next to a mention and at the ends only: inside, U+200D joins
# emoji. `\s` covers U+00A0, U+2000-200A, U+202F, U+205F and U+3000.
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _ZERO_WIDTH
_GAP = rf"[\s{_ZERO_WIDTH}]*"
_AT = "[@＠]"
_OTHER = re.compile(rf"{_AT}[^\s{_ZERO_WIDTH}@＠]+[\s{_ZERO_WIDTH}]+")
_AFTER = re.compile(rf"{_GAP}[：:，,]?{_GAP}")
_WORD = r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]+"
_COMMAND = re.compile(rf"[/／、]\s*({_WORD})")


@dataclass(frozen=True)
class Said:
    """A message without its marks."""

    text: str  # mentions off, a command word still there
    command: str | None  # ir, help, status, about
    args: str  # what follows the command word; without one the text
    stale_name: bool = False  # the bot was mentioned by a name that is not configured


def read(raw: str, names: Sequence[str], *, in_group: bool) -> Said:
    """Take a message apart.

    Args:
        raw: As the platform delivers it.
        names: The bot's display names.
        in_group: Group messages arrive only when the bot is mentioned, so that an unknown
            mention at the start is the bot under a new name.
    """
    text, stale = _without_mentions(_trim(raw), names, in_group)
    text = _trim(text)
    if word := _command_at(text, 0):
        return Said(text, _folded(word[1]), _trim(text[word.end() :]), stale)
    return Said(text, None, text, stale)


def _without_mentions(text: str, names: Sequence[str], in_group: bool) -> tuple[str, bool]:
    bot = _bot_mention(names)
    end, bot_leads = _leading_run(text, bot)
    if bot_leads:
        after = _AFTER.match(text, end)
        text = text[after.end() if after else end :]
    elif in_group and text[:1] in ("@", "＠") and not (bot and bot.search(text)):
        return _without_unknown_name(text, end), True
    return _without_inner(text, bot) if bot else text, False


def _bot_mention(names: Sequence[str]) -> re.Pattern[str] | None:
    spelled = []
    for name in sorted(filter(None, names), key=len, reverse=True):
        words = rf"[\s{_ZERO_WIDTH}]+".join(re.escape(word) for word in name.split())
        # 投关小助手毛利率 is the bot and a question; IRBotX is somebody else.
        spelled.append(words + (r"(?![0-9A-Za-z])" if re.match(r"[0-9A-Za-z]", name[-1]) else ""))
    if not spelled:
        return None
    # A letter before the mark makes it an e-mail address.
    return re.compile(rf"(?<![0-9A-Za-z]){_AT}(?:{'|'.join(spelled)})", re.IGNORECASE)


def _leading_run(text: str, bot: re.Pattern[str] | None) -> tuple[int, bool]:
    """Where the mentions that begin a text end, and whether the bot is among them."""
    end, bot_leads = 0, False
    while True:
        if bot and (found := bot.match(text, end)):
            bot_leads = True
        elif not (found := _OTHER.match(text, end)):
            return end, bot_leads
        end = len(text) - len(text[found.end() :].lstrip(_SPACES))


def _without_unknown_name(text: str, end: int) -> str:
    for found in re.finditer(r"\S+", text):
        if _command_at(text, found.start()):
            return text[found.start() :]
    return text[end:] if end else text[1:]


def _without_inner(text: str, bot: re.Pattern[str]) -> str:
    if not bot.search(text):
        return text
    return " ".join(filter(None, map(_trim, bot.split(text))))


def _command_at(text: str, at: int) -> re.Match[str] | None:
    found = _COMMAND.match(text, at)
    return found if found and _folded(found[1]) in _COMMANDS else None


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).lower()


def _trim(text: str) -> str:
    return text.strip(_SPACES)
