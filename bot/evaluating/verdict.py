"""What became of each query, as a desk asks: how many were right, and which were not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from bot.evaluating.asking import JudgedQuery
from bot.wording.texts import Texts

Verdict = Literal["right", "offered", "wrong", "missed", "left"]
_ALWAYS: tuple[Verdict, ...] = ("right", "offered", "wrong")  # counted aloud also where none is
_WHERE_ANY: tuple[Verdict, ...] = ("missed", "left")
_FAILED = frozenset[Verdict](("wrong", "missed"))


def verdict(row: JudgedQuery) -> Verdict:
    """What became of a query.

    Returns:
        "right": all that is stored on it is answered; "offered": it is in the list; "wrong": an
        answer that is not accepted; "missed": stored, and neither answered nor listed; "left":
        nothing stored answers it, and nothing was answered.
    """
    if row.answered_wrong:
        return "wrong"
    if not row.query.accept:
        return "left"
    if row.answered_right:
        return "right"
    return "offered" if row.helped else "missed"


def plainly(rows: Sequence[JudgedQuery], words: Texts) -> str:
    """The counts in one line, then the queries that failed, by their words.

    Args:
        rows: What was asked and what came back.
        words: In whose language it is told.
    """
    counts = Counter(map(verdict, rows))
    counted = (*_ALWAYS, *(one for one in _WHERE_ANY if counts[one]))
    told = words.listed(words.text(f"eval, {one}", count=counts[one]) for one in counted)
    return "\n".join((words.text("eval", count=len(rows), told=told), *_failed(rows, words)))


def _failed(rows: Sequence[JudgedQuery], words: Texts) -> Iterator[str]:
    for row in rows:
        if (found := verdict(row)) in _FAILED:
            shown = row.answered or (row.shown.offered if row.shown else ())
            yield words.text(
                f"eval, failed {found}",
                query=row.query.text,
                shown=words.listed(shown) or words.text("eval, nothing"),
                accept=words.listed(sorted(row.query.accept)) or words.text("eval, nothing"),
            )
