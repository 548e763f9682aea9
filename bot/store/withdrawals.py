"""Hiding records, questions and paragraphs from every reply, and showing them again."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.errors import NotFoundError
from bot.record import Question, Record
from bot.store.connection import grow, instant
from bot.store.hidden import hidden_units, withdrawals, words_of
from bot.store.ids import normal_id
from bot.store.records import Records


class Withdrawals(Records):
    """A withdrawal outlives the version that it was decided on."""

    def withdraw(self, target: str, reason: str) -> str:
        """Hide a record, a question or a paragraph from every reply; returns its id as stored.

        Raises:
            NotFoundError: No such record, question or paragraph.
        """
        record, unit = self._target(target)
        target = _id(record, unit)
        with self.database.transaction() as db:
            db.table("withdrawals").insert(
                {
                    "target": target,
                    "reason": reason,
                    "withdrawn_at": instant(datetime.now(UTC)),
                    "undone_at": None,
                    "question": words_of(unit) if unit else None,
                }
            )
            grow(db)
        return target

    def undo_withdrawal(self, target: str) -> str:
        """Show a withdrawn record, question or paragraph again.

        Raises:
            NotFoundError: It is not stored, or not withdrawn.
        """
        record, unit = self._target(target)
        target = _id(record, unit)
        with self.database.transaction() as db:
            decided = withdrawals(db).get(normal_id(record.id), [])
            if unit:
                undone = hidden_units(record, decided).get(unit.place, ())
            else:
                undone = tuple(item for item in decided if item.place is None)
            if not undone:
                raise NotFoundError(f"已撤下的 {target}")
            now = instant(datetime.now(UTC))
            for withdrawal in undone:
                db.execute(
                    "UPDATE withdrawals SET undone_at = ? WHERE id = ?", [now, withdrawal.id]
                )
            grow(db)
        return target

    def _target(self, target: str) -> tuple[Record, Question | None]:
        record_id, mark, place = target.partition("#")
        record = self.record(record_id).record
        unit = record.unit(place)
        if mark and unit is None:
            raise NotFoundError(target)
        return record, unit


def _id(record: Record, unit: Question | None) -> str:
    return f"{record.id}#{unit.place}" if unit else record.id
