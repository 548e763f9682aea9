"""A workspace that sent the bot away, or that the operator took out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.delivery.clearing import close_workspace
from bot.digest.subscriptions import SubscriptionStore
from bot.store.installations import Installations


@dataclass(frozen=True)
class Left:
    """What ended with it."""

    posts: int  # that waited
    subscriptions: int


def leave(
    installations: Installations, platform: str, workspace: str, why: str, at: datetime
) -> Left | None:
    """Forget an installation with its secret, close what waits for it, end its subscriptions.

    Args:
        installations: The table.
        platform: Whose.
        workspace: Which one.
        why: What posts and subscriptions tell of their end; the platform's code where there is one.
        at: Now.

    Returns:
        None where it was not installed.
    """
    with installations.database.transaction() as db:
        if not installations.remove(platform, workspace):
            return None
        posts = close_workspace(db, platform, workspace, why)
        subscriptions = SubscriptionStore(installations.database)
        return Left(posts, subscriptions.end_all(platform, workspace, why, at))
