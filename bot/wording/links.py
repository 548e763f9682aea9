"""Where a stored question can be read: the paths of the record pages."""

from __future__ import annotations

from urllib.parse import quote


def record_path(record_id: str) -> str:
    """A record's page.

    >>> record_path("300253/2025-002")
    '/r/300253/2025-002'
    """
    return f"/r/{quote(record_id)}"


def question_path(record_id: str, number: int) -> str:
    """Leads to the question on its record's page, on whichever sheet of it.

    >>> question_path("300253/2025-002", 24)
    '/r/300253/2025-002/q/24'
    """
    return f"{record_path(record_id)}/q/{number}"
