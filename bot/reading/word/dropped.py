"""Words that Word does not show, by the reason: left out of the record, counted and named."""

from __future__ import annotations

from typing import Any

from bot.reading.lines import squashed
from bot.reading.word.styles import W

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
TEXT = (f"{W}t", f"{MATH}t")
_NAMED = 40  # characters of words that are named

DELETED = "修订中删去的文字未收录"
HIDDEN = "隐藏文字不显示，未收录"
MERGED = "合并单元格里有不显示的文字"
PLACEHOLDER = "控件的提示文字未收录"
CODE = "域代码里的文字不显示，未收录"
READING = "拼音指南的注音未收录"
TWIN = ""  # the same words for older programs: not named


def words_of(element: Any) -> str:
    """All letters that stand in text elements below one."""
    return "".join(text.text or "" for text in element.iter(*TEXT))


class Dropped:
    """What was left out of one document."""

    def __init__(self) -> None:
        self.letters = 0
        self._words: dict[str, str] = {}

    def take(self, element: Any, why: str) -> None:
        """Leave out an element with all that stands in it."""
        words = words_of(element)
        if why == DELETED:  # they stand in elements of their own, which are no text
            words += "".join(text.text or "" for text in element.iter(f"{W}delText"))
        self.letters += len(squashed(words_of(element)))
        if why != TWIN and words.strip():
            self._words[why] = self._words.get(why, "") + words

    def told(self) -> list[str]:
        """A line for each reason, in Chinese, with the first words."""
        return [f"{why}：“{self._shown(words)}”" for why, words in self._words.items()]

    @staticmethod
    def _shown(words: str) -> str:
        words = " ".join(words.split())
        return words if len(words) <= _NAMED else f"{words[:_NAMED]}…（共{len(squashed(words))}字）"
