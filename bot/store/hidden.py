"""Which questions of a record are withdrawn, whatever version of it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.record import Record
from bot.store.connection import Connection
from bot.store.ids import normal_id


@dataclass(frozen=True)
class Withdrawal:
    """One decision to hide a record or a question."""

    id: int
    number: int | None  # of the question, in the version that was shown then; None: the record
    question: str | None  # its words


def withdrawals(db: Connection) -> dict[str, list[Withdrawal]]:
    """Those that hold, by record id in normal form."""
    found: dict[str, list[Withdrawal]] = {}
    for row in db.query(
        "SELECT id, target, question FROM withdrawals WHERE undone_at IS NULL ORDER BY id"
    ):
        record_id, _, number = row["target"].partition("#")
        withdrawal = Withdrawal(row["id"], int(number) if number else None, row["question"])
        found.setdefault(normal_id(record_id), []).append(withdrawal)
    return found


def hidden_questions(
    record: Record, decided: Sequence[Withdrawal]
) -> Mapping[int, tuple[Withdrawal, ...]]:
    """The numbers of the questions that they hide, and which of them does.

    A question is known by its words: another version may number it otherwise. Where none has
    these words, it is the one of that number, asked in other words.
    """
    hidden: dict[int, tuple[Withdrawal, ...]] = {}
    for withdrawal in decided:
        if withdrawal.number is None:
            continue
        asked = _words(withdrawal.question or "")
        same = [item.number for item in record.questions if asked == _words(item.question)]
        for number in same or [withdrawal.number]:
            hidden[number] = (*hidden.get(number, ()), withdrawal)
    return hidden


def _words(text: str) -> str:
    return "".join(text.split())
