"""SQL as it is written here, with the marks for values that psycopg has."""

from __future__ import annotations

import re
from functools import lru_cache

_KEPT = 2048  # statements; some are as many as the lengths of their lists of values
_TOKEN = re.compile(
    r"""
      (?P<text>'(?:[^']|'')*')             # a string
    | (?P<name>"(?:[^"]|"")*")             # a name in quotes
    | (?P<cast>::)
    | (?P<mark>\?)                         # a value by its place
    | :(?P<value>[A-Za-z_]\w*)             # a value by its name
    | (?P<percent>%)                       # psycopg's own mark
    | (?P<user>(?<![\w."])user(?![\w."(])) # to PostgreSQL it is who is connected
    """,
    re.VERBOSE | re.IGNORECASE,
)


@lru_cache(_KEPT)
def translated(sql: str) -> bytes:
    """A statement for psycopg.

    >>> translated("SELECT '50%?' || :to FROM t WHERE \\"user\\" = ? AND a % 2 = 0")
    b'SELECT \\'50%%?\\' || %(to)s FROM t WHERE "user" = %s AND a %% 2 = 0'

    Raises:
        ValueError: It names a column `user` without quotes.
    """
    return _TOKEN.sub(_translated, sql).encode()


def _translated(found: re.Match[str]) -> str:
    if found["mark"]:
        return "%s"
    if found["value"]:
        return f"%({found['value']})s"
    if found["user"]:
        raise ValueError(f"user stands without quotes: {found.string}")
    return found[0].replace("%", "%%")
