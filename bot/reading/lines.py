"""What every file form is brought to: lines with page and style marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.errors import Problem

# What Word and others write for a line's end, beside the usual ones.
LINE_BREAKS = "\x0b\x1c\x1d\x1e\x85\u2028\u2029"
# Characters without a shape, which copying leaves behind: zero-width ones, soft hyphen, byte order.
UNSEEN = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

ENDS = re.compile(r"[。！？!?…；;：:”\"）)]\s*$")  # a line with which a sentence may end


@dataclass(frozen=True)
class Line:
    """One line, cell or paragraph of the source."""

    text: str
    page: int  # from 1
    bold: bool = False  # all of it
    starts: bool = False  # a paragraph surely begins here
    row: Literal["", "label", "value"] = ""  # where the container tells the form's rows
    ticked: bool | None = None  # a check box stands before it
    links: tuple[str, ...] = ()
    indent: bool = False  # begins farther right than the lines around it
    aside: str = ""  # the kind of furniture that the container tells it is
    cell: bool = False  # of a table among the words of a row, not of the form's own


@dataclass(frozen=True)
class Source:
    """What a file holds, line by line, and an independent count of its characters."""

    lines: tuple[Line, ...]
    characters: int  # white space apart, counted without the code that made the lines
    wrapped: bool  # lines are broken by the page layout, so a break may be inside a sentence
    remarks: tuple[str, ...] = ()  # Chinese; what a person should look at in the original
    paged: bool = False  # the container tells where pages begin
    copied: bool = False  # a text, perhaps a converter's, so its order may not be the page's
    doubts: tuple[Problem, ...] = ()  # against importing it, until a person has looked
    notes: tuple[str, ...] = ()  # Chinese; facts


def squashed(text: str) -> str:
    """The text without white space, as labels are compared and characters counted."""
    return "".join(text.split())


def trimmed(text: str) -> str:
    """The text without white space and unseen characters at its ends."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or text[start] in UNSEEN):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in UNSEEN):
        end -= 1
    return text[start:end]
