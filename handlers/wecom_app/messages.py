"""What an app is told, as values: the fields of a callback → what a member wrote or did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handlers.wecom_server.xml import UnreadableError


@dataclass(frozen=True)
class Origin:
    """Who did it, and the mark by which a repetition is known."""

    user: str
    key: str


@dataclass(frozen=True)
class Asked:
    """Words."""

    origin: Origin
    text: str


@dataclass(frozen=True)
class Wordless:
    """A picture, a voice, a place …"""

    origin: Origin


@dataclass(frozen=True)
class Chosen:
    """An entry of the app's menu."""

    origin: Origin
    entry: str


@dataclass(frozen=True)
class Pressed:
    """A card's button; this app sends no cards any more."""

    origin: Origin


@dataclass(frozen=True)
class Entered:
    """The app was opened, or given to this member."""

    origin: Origin


@dataclass(frozen=True)
class Left:
    """Nothing to do."""


Received = Asked | Wordless | Chosen | Pressed | Entered | Left
_EVENTS: dict[str, Callable[[Origin], Received]] = {
    "subscribe": Entered,
    "enter_agent": Entered,
    "template_card_event": Pressed,
}


def read(given: Mapping[str, str]) -> Received:
    """Read the fields of a callback.

    Raises:
        UnreadableError: It is none of a message or an event.
    """
    kind, user = given.get("MsgType", ""), given.get("FromUserName", "")
    if not kind:
        raise UnreadableError("no MsgType")
    if kind == "event":
        return _event(given, user) if user else Left()
    if not user or not given.get("MsgId"):
        raise UnreadableError("no FromUserName or MsgId")
    origin = Origin(user, given["MsgId"])
    return Asked(origin, given.get("Content", "")) if kind == "text" else Wordless(origin)


def _event(given: Mapping[str, str], user: str) -> Received:
    """An event has no id: two of them in one second differ by what they are about."""
    event = given.get("Event", "")
    marks = (given.get(name, "") for name in ("CreateTime", "Event", "EventKey", "TaskId"))
    origin = Origin(user, ":".join((user, *marks)).rstrip(":"))
    if event == "click":
        return Chosen(origin, given.get("EventKey", ""))
    value = _EVENTS.get(event)
    return value(origin) if value else Left()
