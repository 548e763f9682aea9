"""The `/ir` grammar, the same in every chat: text → what is wanted.

    values        what a message may want
    grammar       text → one of these; words of command, letters, what is nearly a command
    references    numbers, ids and codes → a question or a record
    citations     the bot's own lines, pasted back → the same
    plans         when a digest is wanted

Width, case and script do not matter; `／ir`-style command words and mention marks are already off.
"""

from bot.commands.grammar import parse
from bot.commands.plans import parse_plan
from bot.commands.values import (
    Ask,
    Command,
    Pick,
    Plan,
    SetCompanies,
    Show,
    ShowDigest,
    ShowHelp,
    ShowLatest,
    ShowMore,
    ShowRecord,
    ShowSubscription,
    ShowWhole,
    SmallTalk,
    Subscribe,
    Unreadable,
    Unsubscribe,
)

__all__ = [
    "Ask",
    "Command",
    "Pick",
    "Plan",
    "SetCompanies",
    "Show",
    "ShowDigest",
    "ShowHelp",
    "ShowLatest",
    "ShowMore",
    "ShowRecord",
    "ShowSubscription",
    "ShowWhole",
    "SmallTalk",
    "Subscribe",
    "Unreadable",
    "Unsubscribe",
    "parse",
    "parse_plan",
]
