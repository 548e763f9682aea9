"""Edited messages: an edited question is asked again, for an hour.

Slack tells of an edit by `message_changed`, in direct messages and where the app hears all of a
channel, and by the `app_mention` once more, with `edited` in it.
"""

from __future__ import annotations

from typing import Any

from handlers.slack.reading import read

_WITHIN_S = 3600.0


def changed(event: dict[str, Any], bot_user: str) -> dict[str, Any]:
    """The message that a `message_changed` tells of, as an event of its own.

    Empty where it is not asked again: other things than its words changed, the bot is not mentioned
    in it, or it is too late.
    """
    message, before = event.get("message"), event.get("previous_message")
    if not (isinstance(message, dict) and isinstance(before, dict)):
        return {}
    is_direct = event.get("channel_type") == "im"
    is_called, was_called = (
        is_direct or f"<@{bot_user}" in str(item.get("text") or "") for item in (message, before)
    )
    if not (is_called and edit_of(message)) or (was_called and read(message) == read(before)):
        return {}
    kind = "message" if is_direct else "app_mention"
    where = {name: event.get(name) for name in ("channel", "channel_type")}
    return {**message, **where, "type": kind}


def edit_of(message: dict[str, Any]) -> str:
    """The mark of a message's last edit; empty where there is none, or it came after the hour."""
    edited = message.get("edited")
    if not isinstance(edited, dict):
        return ""
    try:
        age_s = float(edited["ts"]) - float(message["ts"])
    except (KeyError, TypeError, ValueError):
        return ""
    return str(edited["ts"]) if 0 <= age_s <= _WITHIN_S else ""
