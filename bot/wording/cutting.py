"""Where a text that is too long for one message is cut."""

from __future__ import annotations

import re

_SENTENCE_END = re.compile(r"[。！？；!?;]+[”』」）)]*|\n+")


def fitting(text: str, most_bytes: int) -> int:
    """How many characters of the text go into so many bytes of UTF-8."""
    return len(text.encode()[:most_bytes].decode(errors="ignore"))


def cut_after_sentence(text: str, most: int, *, inside_paragraph: bool = False) -> int:
    """Where to end a piece of at most so many characters of a longer text.

    After a sentence in its second half where there is one, else at the most.

    Args:
        text: Longer than that.
        most: Characters.
        inside_paragraph: Not at the end of a line, where a platform that trims messages would lose
            the line end between two of them.
    """
    ends = (found.end() for found in _SENTENCE_END.finditer(text, 0, most))
    if inside_paragraph:
        ends = (end for end in ends if "\n" not in text[end - 1 : end + 1])
    return max((end for end in ends if end > most // 2), default=most)
