"""What two spellings of one record id have in common."""

from __future__ import annotations

from bot.record import Record


def normal_id(record_id: str) -> str:
    """The id with its number in normal form: `2025-002` and `2025-2` are one, dates are not.

    >>> normal_id("300253/2025-002"), normal_id("300253/2025-2"), normal_id("002415/2024-5-31")
    ('300253/2025-2', '300253/2025-2', '002415/2024-5-31')
    """
    code, _, number = record_id.partition("/")
    groups = number.split("-")
    if len(groups) == 2 and all(group.isdigit() for group in groups):
        number = f"{groups[0]}-{int(groups[1])}"
    return f"{code}/{number}"


def key_of(record: Record) -> str:
    """What two spellings of one id have in common."""
    # The suffix of an unnumbered record (20260917-2) is ours and already in normal form.
    return normal_id(record.id)
