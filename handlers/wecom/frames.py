"""Frames of the long connection: what arrives, as values.

A frame is read once; after it nobody looks at raw JSON again. What cannot be used becomes `Left`
with the reason, never an exception: the connection outlives every frame.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

_READABLE = {"text", "mixed", "voice"}
# Of `inaccurate_reason_list`, as the platform's form names them.
_REASONS: dict[object, str] = {
    1: "与问题无关",
    2: "内容不完整",
    3: "内容有错误",
    4: "数据分析错误",
}


@dataclass(frozen=True)
class Ack:
    """The gateway's word on a request of ours."""

    req_id: str
    errcode: int
    errmsg: str


@dataclass(frozen=True)
class Origin:
    """Where a callback came from and how it is answered."""

    req_id: str
    msgid: str
    bot_id: str  # empty where the frame names none
    user: str  # opaque; never a name to show
    chatid: str  # of a group; empty in single chat

    @property
    def in_group(self) -> bool:
        return bool(self.chatid)

    @property
    def channel(self) -> str:
        """The chat: a group's id, or in single chat the person's."""
        return self.chatid or self.user


@dataclass(frozen=True)
class Asked:
    """A message with words in it."""

    origin: Origin
    text: str
    quoted: str  # words of the quoted message; kept apart from the question
    has_pictures: bool  # beside the words


@dataclass(frozen=True)
class Wordless:
    """A message without words, also of a kind that is not known yet."""

    origin: Origin
    kind: Literal["voice", "other"]  # voice: the platform made no text of it


@dataclass(frozen=True)
class Entered:
    """Somebody opened the single chat for the first time that day."""

    origin: Origin


@dataclass(frozen=True)
class Pressed:
    """A card's button."""

    origin: Origin
    key: str
    task_id: str


@dataclass(frozen=True)
class Opinion:
    """What somebody thinks of an answer; None: taken back."""

    origin: Origin
    feedback_id: str
    helpful: bool | None
    reasons: tuple[str, ...] = ()  # why not
    words: str = ""


@dataclass(frozen=True)
class Kicked:
    """A newer connection of the same bot has subscribed."""


@dataclass(frozen=True)
class Left:
    """Nothing to do; why, in English, without a word of a message."""

    why: str


Callback = Asked | Wordless | Entered | Pressed | Opinion
Frame = Ack | Callback | Kicked | Left


class _UnusableError(Exception):
    """A frame lacks what is needed; the text says what."""


def read(raw: str | bytes) -> Frame:
    """Read one frame."""
    try:
        frame = json.loads(raw)
    except (ValueError, RecursionError):
        return Left("not JSON")
    try:
        return _read(_object(frame, "frame"))
    except _UnusableError as unusable:
        return Left(str(unusable))


def _read(frame: dict[str, Any]) -> Frame:
    req_id = _words(_object(frame.get("headers"), "headers").get("req_id"), "req_id")
    match frame.get("cmd"):
        case None | "":
            errcode = frame.get("errcode")
            if not isinstance(errcode, int):
                return Left("neither cmd nor errcode")
            return Ack(req_id, errcode, str(frame.get("errmsg", "")))
        case "aibot_msg_callback":
            return _message(req_id, _object(frame.get("body"), "body"))
        case "aibot_event_callback":
            return _event(req_id, _object(frame.get("body"), "body"))
    return Left("unknown cmd")


def read_callback(body: dict[str, Any]) -> Frame:
    """Read what a callback by URL holds: the same without a frame around it."""
    try:
        if body.get("msgtype") == "event":
            return _event("", body)
        return _message("", body)
    except _UnusableError as unusable:
        return Left(str(unusable))


def _message(req_id: str, body: dict[str, Any]) -> Frame:
    kind = _kind(body)
    origin = _origin(req_id, body)
    if not kind:
        return Left("no msgtype")
    if kind not in _READABLE:
        return Wordless(origin, "other")
    text, has_pictures = _content(body)
    if text.strip():
        return Asked(origin, text, _quoted(body.get("quote")), has_pictures)
    if has_pictures:
        return Wordless(origin, "other")
    if kind == "voice":
        return Wordless(origin, "voice")
    return Asked(origin, "", _quoted(body.get("quote")), False)


def _event(req_id: str, body: dict[str, Any]) -> Frame:
    event = _object(body.get("event"), "event")
    match event.get("eventtype"):
        case "disconnected_event":
            return Kicked()
        case "enter_chat":
            return Entered(_origin(req_id, body))
        case "template_card_event":
            pressed = _object(event.get("template_card_event"), "template_card_event")
            return Pressed(
                _origin(req_id, body),
                _words(pressed.get("event_key"), "event_key"),
                _words(pressed.get("task_id"), "task_id"),
            )
        case "feedback_event":
            opinion = _object(event.get("feedback_event"), "feedback_event")
            kind = opinion.get("type")
            if kind not in (1, 2, 3):
                return Left("unknown type of feedback")
            return Opinion(
                _origin(req_id, body),
                _words(opinion.get("id"), "feedback id"),
                {1: True, 2: False}.get(kind),
                _reasons(opinion.get("inaccurate_reason_list")),
                opinion["content"] if isinstance(opinion.get("content"), str) else "",
            )
    return Left("unknown event")


def _reasons(listed: object) -> tuple[str, ...]:
    """What was ticked, in the platform's words; a number that it has added since as it is."""
    items = listed if isinstance(listed, list) else []
    return tuple(
        _REASONS.get(item, str(item))
        for item in items
        if isinstance(item, int | str) and not isinstance(item, bool)
    )


def _origin(req_id: str, body: dict[str, Any]) -> Origin:
    kind = body.get("chattype")
    in_group = kind == "group" or (kind is None and bool(body.get("chatid")))
    return Origin(
        req_id,
        _words(body.get("msgid"), "msgid"),
        _words(body["aibotid"], "aibotid") if body.get("aibotid") else "",
        _words(_object(body.get("from"), "from").get("userid"), "userid"),
        _words(body.get("chatid"), "chatid") if in_group else "",
    )


def _content(message: dict[str, Any]) -> tuple[str, bool]:
    """Words of a text, voice or mixed message, and whether there are pictures beside them."""
    kind = message.get("msgtype")
    if kind == "mixed":
        items = _object(message.get("mixed"), "mixed").get("msg_item")
        if not isinstance(items, list):
            raise _UnusableError("no msg_item")
        texts = [_content(item)[0] for item in items if _kind(item) == "text"]
        return "\n".join(texts), any(_kind(item) not in ("text", "") for item in items)
    content = _object(message.get(str(kind)), str(kind)).get("content")
    if not isinstance(content, str):
        raise _UnusableError("content is no text")
    # Half a surrogate pair is no character, and cannot be stored.
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), False


def _kind(item: Any) -> str:
    kind = item.get("msgtype") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else ""


def _quoted(quote: Any) -> str:
    """Words of what a message quotes; a picture gives none, and none are invented."""
    if _kind(quote) not in _READABLE:
        return ""
    try:
        return _content(quote)[0]
    except _UnusableError:
        return ""


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _UnusableError(f"no {name}")
    return value


def _words(value: Any, name: str) -> str:
    """An id: text, not empty, that can be stored."""
    if not isinstance(value, str) or not value:
        raise _UnusableError(f"no {name}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _UnusableError(f"{name} is no text") from None
    return value
