"""What Slack's errors mean: their code, whether trying again is of use, and when."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from bot.delivery.transport import Loss
from handlers.network import trouble_of

# The credentials are refused: nothing of this workspace works until someone acts.
_CREDENTIALS = {
    "account_inactive": Loss("revoked"),
    "app_uninstalled": Loss("revoked"),
    "invalid_auth": Loss("revoked"),
    "missing_scope": Loss("other"),
    "not_allowed_token_type": Loss("other"),
    "not_authed": Loss("revoked"),
    "token_expired": Loss("revoked"),
    "token_revoked": Loss("revoked"),
}
FOR_GOOD = frozenset(_CREDENTIALS)
# Slack failed after it may have done what was asked.
MAY_BE_DONE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
# Slack did nothing, and the cause passes: too much is written, or the place is being moved.
PASSING = frozenset(
    {
        "external_channel_migrating",
        "message_limit_exceeded",
        "org_login_required",
        "team_added_to_org",
    }
)
_TOO_OFTEN = {"rate_limited", "ratelimited"}  # also at HTTP 200
# The blocks are refused, not the message.
BAD_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"}
)
# A post of the bot's cannot be changed (any more).
NO_CHANGE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})
# The bot cannot see the place (any more), so it cannot look there either.
_PLACES = {
    "channel_not_found": Loss("left"),
    "is_archived": Loss("archived"),
    "not_in_channel": Loss("left"),
    "thread_not_found": Loss("other"),
    "user_not_found": Loss("other"),
}
NO_PLACE = frozenset(_PLACES)
# The channel takes words, but not in this thread.
NO_THREAD = frozenset(
    {
        "cannot_reply_to_message",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)
# The channel takes no words of the bot's.
NO_WORDS = NO_PLACE - NO_THREAD | {
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
}


def loss_of(code: str) -> Loss:
    """What Slack's code says of the chat that a post was for."""
    return (_PLACES | _CREDENTIALS).get(code, Loss("other"))


def code_of(error: Exception) -> str:
    """Slack's error code, else the kind of the fault; never a message, which may hold a secret."""
    if isinstance(error, SlackApiError):
        data = error.response.data
        return str(data.get("error", "unknown")) if isinstance(data, dict) else "unknown"
    return type(error).__name__


def why(error: Exception, url: str) -> str:
    """For the log: Slack's error code, or why its address could not be reached."""
    return code_of(error) if isinstance(error, SlackApiError) else str(trouble_of(error, url))


def retry_after_s(error: Exception) -> float | None:
    """How long Slack wants to be left alone, where it said that it was asked too often."""
    if not isinstance(error, SlackApiError):
        return None
    response = error.response
    if response.status_code != 429 and code_of(error) not in _TOO_OFTEN:
        return None
    return seconds(response.headers)


def seconds(headers: Mapping[str, Any] | http.client.HTTPMessage) -> float:
    """`Retry-After`, or a second where it says nothing readable."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            with contextlib.suppress(TypeError, ValueError):
                return max(0.0, float(value[0] if isinstance(value, list) else value))
    return 1.0
