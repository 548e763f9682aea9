"""What two spellings of one record id have in common."""

from __future__ import annotations

from bot.record import AWKWARD_IN_ID, Record
from bot.typed import plain


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


def typed_id(record_id: str) -> str:
    """What two spellings of an id have in common where one was typed by a person.

    >>> typed_id("300253/2025-IR02") == typed_id("３００２５３/2025-ir02")
    True
    """
    return normal_id(plain(record_id))


def numbered(company_code: str, record_no: str) -> str:
    """The id, as `typed_id` has it, of a company's record with that 编号."""
    return typed_id(f"{company_code}/{AWKWARD_IN_ID.sub('-', record_no.strip())}")
