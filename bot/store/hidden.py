"""Which questions and paragraphs of a record are withdrawn, whatever version of it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.record import Question, Record
from bot.store.connection import Connection
from bot.store.ids import normal_id


@dataclass(frozen=True)
class Withdrawal:
    """One decision to hide a record, a question or a paragraph."""

    id: int
    place: str | None  # `4`, `p3` in the version that was shown then; None: the record
    words: str | None  # of the question or of the paragraph


def withdrawals(db: Connection) -> dict[str, list[Withdrawal]]:
    """Those that hold, by record id in normal form."""
    found: dict[str, list[Withdrawal]] = {}
    for row in db.query(
        "SELECT id, target, question FROM withdrawals WHERE undone_at IS NULL ORDER BY id"
    ):
        record_id, _, place = row["target"].partition("#")
        withdrawal = Withdrawal(row["id"], place or None, row["question"])
        found.setdefault(normal_id(record_id), []).append(withdrawal)
    return found


def hidden_units(
    record: Record, decided: Sequence[Withdrawal]
) -> Mapping[str, tuple[Withdrawal, ...]]:
    """The places (`4`, `p3`) of what they hide, and which of them does.

    A question is known by its words: another version may number it otherwise. Where none has
    these words, it is the one of that number, asked in other words. So is a paragraph.
    """
    hidden: dict[str, tuple[Withdrawal, ...]] = {}
    for withdrawal in decided:
        if withdrawal.place is None:
            continue
        if record.is_written:  # its numbers stay, and one question is asked many times
            hidden[withdrawal.place] = (*hidden.get(withdrawal.place, ()), withdrawal)
            continue
        units = record.paragraphs if withdrawal.place.startswith("p") else record.questions
        wanted = _bare(withdrawal.words or "")
        same = [item.place for item in units if wanted == _bare(words_of(item))]
        for place in same or [withdrawal.place]:
            hidden[place] = (*hidden.get(place, ()), withdrawal)
    return hidden


def words_of(unit: Question) -> str:
    """The words that a question or a paragraph is known by."""
    return unit.answer if unit.is_narrative else unit.question


def _bare(text: str) -> str:
    return "".join(text.split())
