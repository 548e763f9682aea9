"""What is asked where a message points to words that are not its own.

Those are a quotation, a forwarded message, or the message under which somebody only calls the
bot. What was typed is the question where it holds something to look up; else what is pointed to
is: `帮我查一下这个`, `？`, `这条的全文`. Of a long text the end and the beginning are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from bot.answering.small_talk import NOTHING_ASKED
from bot.commands import Ask, Command, Show, ShowHelp, ShowLatest, ShowRecord, ShowWhole, SmallTalk
from bot.message import Message
from bot.wording.cutting import cut_after_sentence

LONGEST = 2000  # characters that are looked at, as the text `cut` says
PART = LONGEST // 2

_POINTS = re.compile(
    r"帮我?忙?|麻烦|请问?|给我?|我?想|[查看问找搜]{1,2}(?:一?下|询|看)?|解释(?:一?下)?|告诉|发我?"
    r"|[这那此该](?:个|条|里|句|段|一?问|则)?|上[面述]|以上|楼上|引用|同[问上]|它|全文|完整|原文|答[复案]|回[答复]|[的了呢吗吧]"
)
# 那四季度呢？ asks of another time than the question that it points to.
_OTHER_TIME = re.compile(r"[\d一二三四上下今去前明后本]个?(?:季|年|月)|半年")
_WHOLE = re.compile(r"全文|完整|whole|full")
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")

Parse = Callable[[str], tuple[Command, date | None]]


@dataclass(frozen=True)
class Asked:
    """What is to be looked up or done."""

    text: str  # the typed or the quoted one, whole
    command: Command
    as_of: date | None
    whole: bool = False  # all of the answer, although a part of it is meant

    @property
    def is_cut(self) -> bool:
        """Whether only parts of it are looked at."""
        return len(self.text) > LONGEST


def asked(message: Message, parse: Parse, says_something: Callable[[str], bool]) -> Asked:
    """What a message asks.

    Args:
        message: With what it points to, if it does.
        parse: Reads what was typed.
        says_something: Whether a text holds something to look up.
    """
    typed = looked_at(message.text)
    command, as_of = parse(typed)
    if not (message.quoted and points(command, typed, says_something)):
        return Asked(message.text, command, as_of)
    found, limit = parse(looked_at(message.quoted))
    whole = bool(_WHOLE.search(typed))
    match found:
        case Show():
            found = replace(found, whole=found.whole or whole)
        case Ask() | ShowRecord() | ShowLatest():
            pass
        case _:  # what somebody else ordered is not ordered again
            found = ShowHelp()
    return Asked(message.quoted, found, as_of or limit, whole)


def points(command: Command, typed: str, says_something: Callable[[str], bool]) -> bool:
    """Whether what was typed is no question and no order by itself."""
    if not says_anything(typed):
        return True
    if _OTHER_TIME.search(typed):
        return False
    match command:
        case ShowWhole():
            return True
        case SmallTalk():
            return command == NOTHING_ASKED
        case Ask(text):
            return not says_something(_POINTS.sub(" ", text))
        case _:
            return False


def says_anything(text: str) -> bool:
    """Whether there is a letter, a digit or a Han character in it."""
    return bool(re.search(r"\w", text))


def looked_at(text: str) -> str:
    """The text, or of a long one the end and then the beginning, whole sentences if there are."""
    if len(text) <= LONGEST:
        return text
    end = text[-PART:]
    if begun := _SENTENCE_END.search(end, 0, PART // 2):
        end = end[begun.end() :]
    return f"{end}\n{text[: cut_after_sentence(text, PART)]}"
