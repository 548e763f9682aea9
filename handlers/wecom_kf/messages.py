"""What is fetched of an account, as values: what a customer wrote, and what happened.

Source: document/path/94670 of developer.work.weixin.qq.com.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CUSTOMER, _PERSON = 3, 5  # `origin`; 4: the platform tells of an event
_BEGUN, _ENDED = frozenset({1, 2, 4}), 3  # `change_type` of a session: taken, passed on, taken anew


@dataclass(frozen=True)
class Origin:
    """Who, and when, by the platform's clock in seconds since 1970."""

    user: str
    msgid: str
    at: float


@dataclass(frozen=True)
class Asked:
    """Words, or an entry of a menu that was chosen."""

    origin: Origin
    text: str
    menu_id: str


@dataclass(frozen=True)
class Wordless:
    """A picture, a voice, a place …"""

    origin: Origin


@dataclass(frozen=True)
class Entered:
    """The chat was opened; the code is good for one welcome, within seconds."""

    origin: Origin
    welcome_code: str


@dataclass(frozen=True)
class Served:
    """A person serves this customer from then on, or no longer."""

    origin: Origin
    by_person: bool


@dataclass(frozen=True)
class NotShown:
    """A message of ours that was taken and not shown; `why` is the platform's number."""

    msgid: str
    why: int


@dataclass(frozen=True)
class Recalled:
    """A customer took a message of theirs back."""

    msgid: str


@dataclass(frozen=True)
class Left:
    """Nothing to do."""


Item = Asked | Wordless | Entered | Served | NotShown | Recalled | Left


class _UnusableError(Exception):
    pass


def read(item: Any, account: str) -> Item:
    """Read one item of an account's list; what cannot be used is left."""
    try:
        return _read(_object(item), account)
    except _UnusableError:
        return Left()


def _read(item: dict[str, Any], account: str) -> Item:
    kind = item.get("msgtype")
    if kind == "event":
        return _event(item, _object(item.get("event")), account)
    if item.get("open_kfid", account) != account:
        return Left()
    origin = _origin(item, item)
    if item.get("origin") == _PERSON:
        return Served(origin, True)
    if item.get("origin") != _CUSTOMER:
        return Left()
    if kind != "text":
        return Wordless(origin)
    text = _object(item.get("text"))
    content, menu_id = text.get("content"), text.get("menu_id", "")
    if not isinstance(content, str) or not isinstance(menu_id, str):
        return Wordless(origin)
    return Asked(origin, _storable(content), _storable(menu_id))


def _event(item: dict[str, Any], event: dict[str, Any], account: str) -> Item:
    if event.get("open_kfid", account) != account:
        return Left()
    match event.get("event_type"):
        case "enter_session":
            code = event.get("welcome_code")
            return Entered(_origin(item, event), code if isinstance(code, str) else "")
        case "msg_send_fail":
            why = event.get("fail_type")
            return NotShown(_id(event.get("fail_msgid")), why if isinstance(why, int) else 0)
        case "user_recall_msg":
            return Recalled(_id(event.get("recall_msgid")))
        case "session_status_change":
            change = event.get("change_type")
            if change == _ENDED:
                return Served(_origin(item, event), False)
            return Served(_origin(item, event), True) if change in _BEGUN else Left()
    return Left()


def _origin(item: dict[str, Any], of: dict[str, Any]) -> Origin:
    at = item.get("send_time")
    if not isinstance(at, int) or isinstance(at, bool):
        raise _UnusableError
    return Origin(_id(of.get("external_userid")), _id(item.get("msgid")), float(at))


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _UnusableError
    return value


def _id(value: Any) -> str:
    if not isinstance(value, str) or not value or _storable(value) != value:
        raise _UnusableError
    return value


def _storable(text: str) -> str:
    """Half a surrogate pair is no character, and cannot be stored."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
