"""Digests that may have been posted by a database which is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.digest.due import due
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import TradingDays


def leave_due_in_doubt(
    subscriptions: SubscriptionStore, trading: TradingDays, late: timedelta, now: datetime
) -> int:
    """Let every digest that is due by now, and could still be posted, count as perhaps posted.

    Args:
        subscriptions: With the ledger of an earlier day.
        trading: Trading days.
        late: How long after its time a digest is posted.
        now: In the zone of the plans.

    Returns:
        How many they are.
    """
    zone = now.tzinfo
    assert zone is not None
    count = 0
    for days in range(late.days + 1, -1, -1):
        day = now.date() - timedelta(days)
        for subscription in subscriptions.without_entry(day):
            at = due(subscription.plan, day, zone, trading)
            # As instants: times of one zone are compared by their wall clocks.
            if at is None or at.timestamp() > now.timestamp():
                continue
            if at.timestamp() > subscription.made_at.timestamp():
                count += subscriptions.note(subscription.chat, day, "unknown", now)
    return count
