"""What a Slack message says: the words typed, and those of messages forwarded with it.

Marks of people, groups, channels and dates, emoji codes and links are no words. Text arrives with
`&`, `<` and `>` escaped (docs.slack.dev, "Formatting message text"); in blocks, which may hold any
depth of elements, only what is mrkdwn is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

# Their lengths have an end, so that 40,000 characters of `<@` take no time.
_LINK = re.compile(r"<(?:https?|mailto|tel):[^>|]{0,3000}+(?:\|([^>]{0,3000}+))?>")
_MARK = re.compile(r"<[@#!][^>]{0,1000}+>")
# 09:30:15 holds none, nor does any word before a colon.
_EMOJI = re.compile(r"(?<![0-9A-Za-z]):[a-z0-9_+'-]+:(?::skin-tone-[2-6]:)?")
# `cninfo.com.cn/new` is an address; so Slack takes 300253.SZ, which is a code.
_ADDRESS = re.compile(
    r"(?!\d{6}\.[A-Z]{2}\Z)(?:\w+://\S*|[\w.+-]+@[\w.-]+|(?:[\w-]+\.)+[A-Z]{2,}(?:[/?#:]\S*)?)",
    re.ASCII | re.IGNORECASE,
)
_MOST = 40_000  # characters; Slack takes no more in a message


@dataclass(frozen=True)
class Said:
    """A message in words."""

    typed: str
    quoted: str = ""  # of the messages that it forwards or that a link in it shows

    @property
    def whole(self) -> str:
        return "\n".join(filter(None, (self.typed, self.quoted)))


def read(message: dict[str, Any]) -> Said:
    """The words of a message, as in an event or in a channel's history."""
    typed = question_in(_text(message.get("text"))) or _in_blocks(message.get("blocks"))
    attachments = message.get("attachments")
    shown = [_quoted(item) for item in attachments] if isinstance(attachments, list) else []
    return Said(typed, "\n".join(filter(None, shown))[:_MOST])


def question_in(text: str) -> str:
    """What was asked: marks off, Slack's escapes undone.

    >>> question_in("<@U01> :wave: 毛利率 &gt; 40%？ <https://example.com>")
    '毛利率 > 40%？'
    """
    text = _LINK.sub(lambda found: _label(found[1] or ""), text)
    text = _EMOJI.sub(" ", _MARK.sub(" ", text))
    return _storable(unescape(text))


def with_addresses(text: str) -> str:
    """What was said to be passed on: marks off, but links and emoji codes are a part of it.

    >>> with_addresses("<@U01> 见<https://example.com/a|公告>，&lt;附件&gt; <https://example.com>")
    '见公告 https://example.com/a ，<附件> https://example.com'
    """
    return _storable(unescape(_MARK.sub(" ", _LINK.sub(_address, text))))


def _address(found: re.Match[str]) -> str:
    address = found[0][1:-1].partition("|")[0]
    return f"{(_label(found[1] or '')).strip()} {address} "


def _label(label: str) -> str:
    """What a link says, where that is not an address again."""
    return "" if _ADDRESS.fullmatch(unescape(label).strip()) else f" {label} "


def _quoted(attachment: Any) -> str:
    """The words of one attachment: those of its message, else its title and text."""
    if not isinstance(attachment, dict):
        return ""
    blocks = attachment.get("message_blocks") or attachment.get("blocks")
    parts = [question_in(_text(attachment.get(name))) for name in ("pretext", "title", "text")]
    said = "\n".join(filter(None, parts))
    return said or _in_blocks(blocks) or question_in(_text(attachment.get("fallback")))


def _in_blocks(blocks: Any) -> str:
    """The words of blocks, in order; without recursion, for they may be nested to any depth."""
    return _storable("".join(_pieces(blocks))[:_MOST])


def _pieces(blocks: Any) -> Iterator[str]:
    waiting = [blocks]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += reversed(item)
        elif isinstance(item, dict):
            words = item.get("text")
            match item.get("type"):
                case "text":
                    yield _text(words)
                case "link":
                    yield _label(_text(words))
                case "mrkdwn" | "plain_text" | "markdown":
                    yield question_in(_text(words)) + "\n"
                case "actions" | "context_actions":
                    pass
                case _:
                    waiting.append("\n" if "elements" in item else " ")
                    inner = ("text", "fields", "elements", "message", "blocks")
                    waiting += [item[name] for name in reversed(inner) if name in item]
        elif item in ("\n", " "):
            yield item


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _storable(text: str) -> str:
    # Half a surrogate pair, which JSON may hold, can be neither stored nor sent.
    return re.sub(r"[^\S\n]+", " ", text.encode("utf-8", "replace").decode()).strip()
