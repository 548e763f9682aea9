"""When a plan's digest is due: wall-clock times on the days that it names."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from bot.commands import Plan
from bot.digest.trading_days import TradingDays

_WARN_BEFORE_END = timedelta(days=60)  # of the holiday lists; a year's is published in November
_LOOK_AHEAD = 400  # days; every plan is due within them


def due(plan: Plan, day: date, tz: tzinfo, trading: TradingDays) -> datetime | None:
    """The instant at which the plan's digest of that day is due; None on a day without one.

    A wall-clock time that daylight saving skips is due when the clock has passed it; one that
    comes twice is due the first time.
    """
    if not _is_due(plan, day, trading):
        return None
    # Comparing instants of one zone would compare wall clocks; UTC is what passes.
    local = datetime.combine(day, plan.at, tz)
    return datetime.fromtimestamp(local.timestamp(), tz)


def next_due(plan: Plan, after: datetime, trading: TradingDays) -> datetime:
    """The first due instant after that one."""
    assert after.tzinfo is not None
    for days in range(_LOOK_AHEAD):
        at = due(plan, after.date() + timedelta(days), after.tzinfo, trading)
        if at is not None and at.timestamp() > after.timestamp():
            return at
    raise ValueError("no day of the plan within a year")


def last_due_day(plan: Plan, before: date, trading: TradingDays) -> date:
    """The due day before that day."""
    days = (before - timedelta(back) for back in range(1, _LOOK_AHEAD))
    return next(day for day in days if _is_due(plan, day, trading))


def _is_due(plan: Plan, day: date, trading: TradingDays) -> bool:
    is_day = plan.every_day or trading.includes(day)
    return is_day and (not plan.weekdays or day.weekday() in plan.weekdays)


def ends_soon(trading: TradingDays, day: date) -> bool:
    """Whether the end of the holiday lists is near or past."""
    return day > trading.end - _WARN_BEFORE_END
