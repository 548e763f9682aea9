"""Hiding records and questions from every reply, and showing them again."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.errors import NotFoundError
from bot.record import QuestionId
from bot.store.connection import grow, instant
from bot.store.hidden import hidden_questions, withdrawals
from bot.store.ids import normal_id
from bot.store.records import Records


class Withdrawals(Records):
    """A withdrawal outlives the version that it was decided on."""

    def withdraw(self, target: str, reason: str) -> str:
        """Hide a record or a question from every reply; returns its id as stored.

        Raises:
            NotFoundError: No such record or question.
        """
        record_id, number = self._target(target)
        question = self.record(record_id).record.question(number) if number else None
        target = str(QuestionId(record_id, number)) if number else record_id
        with self.database.transaction() as db:
            db.table("withdrawals").insert(
                {
                    "target": target,
                    "reason": reason,
                    "withdrawn_at": instant(datetime.now(UTC)),
                    "undone_at": None,
                    "question": question.question if question else None,
                }
            )
            grow(db)
        return target

    def undo_withdrawal(self, target: str) -> str:
        """Show a withdrawn record or question again.

        Raises:
            NotFoundError: It is not stored, or not withdrawn.
        """
        record_id, number = self._target(target)
        target = str(QuestionId(record_id, number)) if number else record_id
        with self.database.transaction() as db:
            decided = withdrawals(db).get(normal_id(record_id), [])
            if number:
                undone = hidden_questions(self.record(record_id).record, decided).get(number, ())
            else:
                undone = tuple(item for item in decided if item.number is None)
            if not undone:
                raise NotFoundError(f"已撤下的 {target}")
            now = instant(datetime.now(UTC))
            for withdrawal in undone:
                db.execute(
                    "UPDATE withdrawals SET undone_at = ? WHERE id = ?", [now, withdrawal.id]
                )
            grow(db)
        return target

    def _target(self, target: str) -> tuple[str, int | None]:
        record_id, mark, number = target.partition("#")
        record = self.record(record_id).record
        if not mark:
            return record.id, None
        if not number.isdecimal() or record.question(int(number)) is None:
            raise NotFoundError(target)
        return record.id, int(number)
