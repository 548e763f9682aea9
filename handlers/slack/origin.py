"""Whose a message is: people of the own workspace, or of its Enterprise organisation, are answered.

In a channel shared with another organisation (Slack Connect) its people are left; a channel may
also be shared among the workspaces of one organisation (Enterprise Grid), whose people are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_SENDER = ("user_team", "source_team", "team")  # in a message, the first that is there


@dataclass(frozen=True)
class Home:
    """Where the bot is installed."""

    team: str
    enterprise: str = ""  # of the organisation; empty outside Enterprise Grid

    def is_of_us(self, message: dict[str, Any], body: dict[str, Any]) -> bool:
        """Whether its sender is of the own workspace or organisation.

        Args:
            message: As in the event.
            body: The request around it, which says where it happened.
        """
        sender = next((message[name] for name in _SENDER if message.get(name)), self.team)
        if sender in (self.team, self.enterprise):
            return True
        if not self.enterprise or not str(sender).startswith("T"):
            return False
        # Another workspace. In a channel with other organisations only the place tells whose.
        is_shared = bool(body.get("is_ext_shared_channel"))
        happened_here = body.get("enterprise_id") == self.enterprise
        return happened_here and (not is_shared or body.get("team_id") == sender)
