"""How far the main content reaches: up to its last question or answer, at the least.

A line such as `日期：…` or `附件1：…` inside an answer looks like a row of the form. It is none as
long as questions or answers follow. Those are told by the content's own example: a label of a shape
that opened a question or an answer before, its number the next one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.reading.lines import Line, squashed
from bot.reading.question_labels import ANSWER, ASKS, FAR_AHEAD, GREETS, Label, label_of

_QUESTION_LINES = 4  # over which a question may be broken


class _Asked:
    """What has opened questions and answers so far."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._shapes: set[str] = set()
        self._number = 0

    def opens(self, at: int) -> bool:
        """Whether a question or an answer begins at this line; lines come in order."""
        text = self._lines[at].text
        if answer := _answer_mark(text):
            return self._by_example(f"answer {answer}")
        label = label_of(text)
        if label is None or label.weak:
            return False
        if label.number is None:
            return label.printed.endswith((":", "：", "】")) and self._by_example(_shape(label))
        if not self._number < label.number <= self._number + FAR_AHEAD:
            return False
        if label.kind != "prefixed" and not self._asks(at):
            return False
        if label.kind == "prefixed" and not self._by_example(_shape(label)):
            return False
        self._number = label.number
        return True

    def _by_example(self, shape: str) -> bool:
        """The first of its kind sets the example."""
        kind = shape.partition(" ")[0]
        if not any(seen.startswith(f"{kind} ") for seen in self._shapes):
            self._shapes.add(shape)
        return shape in self._shapes

    def _asks(self, at: int) -> bool:
        """Whether the lines up to the next label ask, or are answered."""
        for after in range(at, min(at + _QUESTION_LINES, len(self._lines))):
            text = self._lines[after].text
            if after > at and (_answer_mark(text) or GREETS.match(text)):
                return True
            if after > at and label_of(text) is not None:
                return False
            if re.search(r"[？?]\s*$", text) or (self._lines[after].bold and ASKS.search(text)):
                return True
        return False


def _shape(label: Label) -> str:
    return f"question {re.sub(r'[0-9]+', '0', squashed(label.printed))}"


def _answer_mark(text: str) -> str:
    """An answer's label that ends in a colon or a bracket, its number as 0; empty if none."""
    match = ANSWER.match(text)
    mark = squashed(match[0]) if match else ""
    return (
        re.sub(r"[0-9]+", "", mark).replace(":", "：") if mark.endswith((":", "：", "】")) else ""
    )


def last_asked(lines: Sequence[Line], begin: int, end: int) -> int:
    """The last line from `begin` up to `end` at which a question or an answer begins; `begin`
    where none does."""
    asked = _Asked(lines[:end])
    return max((at for at in range(begin, end) if asked.opens(at)), default=begin)
