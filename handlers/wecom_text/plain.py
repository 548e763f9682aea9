"""A reply as WeCom's `text` messages, the one kind that shows words as they are.

Content is limited in bytes and cut silently beyond; so longer replies go out in numbered pieces.
Two things are no plain text even there: `<a` makes a link, and the name of an emoji in brackets is
shown as its picture. What holds either goes out as a text file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bot.wording.cutting import cut_after_sentence, fitting
from handlers.wecom_text import marks

MOST = 2_048  # bytes of a text's content
FILE = "text_file"  # kind of a payload that is uploaded before it is sent
_NUMBER = 24  # bytes kept free for a piece's number
_LINK = re.compile(r"</?a(?![0-9a-z])", re.IGNORECASE)


def is_altered(text: str) -> bool:
    """Whether a client shows something else than these characters."""
    return bool(_LINK.search(text)) or marks.has_emoji(text)


def pieces(text: str, most: int = MOST) -> list[str]:
    """The text in as few messages as it takes, in order; numbered where there are several.

    Without the numbers they are the text again, to the letter.
    """
    if _size(text) <= most:
        return [text]
    parts = list(_parts(text, most - _NUMBER))
    return [f"（{at}/{len(parts)}）\n{part}" for at, part in enumerate(parts, 1)]


def file(text: str) -> dict[str, Any]:
    """The text as what is to be uploaded, and sent as a file."""
    return {"msgtype": FILE, "content": text}


def _parts(text: str, room: int) -> Iterator[str]:
    while _size(text) > room:
        end = cut(text, room)
        yield text[:end]
        text = text[end:]
    yield text


def cut(text: str, room: int) -> int:
    """Where to end a piece of at most so many bytes of a longer text.

    After a sentence inside a paragraph: a line end between two messages might be trimmed. Where
    there is none, as in a list, after a line.
    """
    most = fitting(text, room)
    inside = cut_after_sentence(text, most, inside_paragraph=True)
    return inside if inside < most else cut_after_sentence(text, most)


def _size(text: str) -> int:
    return len(text.encode())
