"""What was typed in the terminal: masked, its owner's alone, kept as long as askers' texts are.

The form of the file is prompt_toolkit's: `# instant`, then the lines, each behind a `+`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.masking import masked
from bot.private_files import make_private, narrow

FILE = ".irbot_history"  # beside the database


def add(path: Path, typed: str, now: datetime) -> None:
    """Keep what was typed."""
    make_private(path)
    lines = "".join(f"+{line}\n" for line in masked(typed).split("\n"))
    with path.open("a", encoding="utf-8") as file:
        file.write(f"\n# {now.astimezone(UTC).replace(tzinfo=None)}\n{lines}")


def forget(folder: Path, now: datetime, days: int) -> None:
    """Delete what is older, and mask what an earlier version kept as it was typed.

    Raises:
        OSError: It cannot be written.
    """
    path = folder / FILE
    try:
        kept = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    entries = re.split(r"(?m)^(?=# \d{4}-)", kept)
    young = "".join(_young(entries, now - timedelta(days=days)))
    if young != kept:
        other = path.with_name(f"{path.name}-new")
        make_private(other)
        other.write_text(young, encoding="utf-8")
        other.replace(path)
    narrow(path)


def _young(entries: Iterable[str], limit: datetime) -> Iterator[str]:
    for entry in entries:
        head, mark, typed = entry.partition("\n")
        with suppress(ValueError):  # what has no time that can be read is as old as can be
            at = datetime.fromisoformat(head.removeprefix("# "))
            if at.replace(tzinfo=UTC) >= limit:
                yield head + mark + masked(typed)
