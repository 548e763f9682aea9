"""Messages that a stored question does not answer, as the desk said.

What no question answers is a miss that is not ours (marks.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import NotFoundError, RefusedError
from bot.store.connection import File, first, grow, insert, instant
from bot.store.journal import note


@dataclass(frozen=True)
class Counterexample:
    """What is asked like this is not answered by that question."""

    id: int
    text: str
    question_id: str  # as it was numbered then
    question: str  # what was asked there then, or the paragraph's words
    at: datetime
    undone_at: datetime | None = None


class Counterexamples(File):
    """Each is in the journal, under its question."""

    def add_counterexample(
        self, who: str, text: str, at: datetime, question_id: str, question: str
    ) -> Counterexample:
        """Keep that a question does not answer a message.

        Args:
            who: Who said so.
            text: The message.
            at: By the bot's clock; 今年 in the text is counted from it.
            question_id: Of the question or paragraph.
            question: What is asked there; the paragraph's words.
        """
        with self.database.transaction() as db:
            row = {
                "text": text,
                "question_id": question_id,
                "question": question,
                "at": instant(at),
            }
            own = insert(db, "counterexamples", row)
            note(db, who, "counterexample", question_id, counterexample=own)
            grow(db)
        return self.counterexample(own)

    def undo_counterexample(self, who: str, own: int) -> Counterexample:
        """Take one back.

        Raises:
            NotFoundError: There is none of that number.
            RefusedError: It was taken back already.
        """
        with self.database.transaction() as db:
            found = self.counterexample(own)
            if found.undone_at:
                raise RefusedError(f"反例 {own} 已撤销；没有改动")
            db.execute(
                "UPDATE counterexamples SET undone_at = ? WHERE id = ?",
                [instant(datetime.now(UTC)), own],
            )
            note(db, who, "counterexample undone", found.question_id, counterexample=own)
            grow(db)
        return self.counterexample(own)

    def counterexample(self, own: int) -> Counterexample:
        """One of them.

        Raises:
            NotFoundError: There is none of that number, or its words were forgotten.
        """
        row = first(self._db(), "SELECT * FROM counterexamples WHERE id = ? AND text != ''", own)
        if row is None:
            raise NotFoundError(f"反例 {own}", "irbot alias list 查看各个反例")
        return _counterexample(row)

    def counterexamples(self) -> list[Counterexample]:
        """Those that hold, the first one first."""
        rows = self._db().query("SELECT * FROM counterexamples WHERE undone_at IS NULL ORDER BY id")
        return [_counterexample(row) for row in rows]


def _counterexample(row: dict[str, Any]) -> Counterexample:
    undone = row["undone_at"]
    return Counterexample(
        row["id"],
        row["text"],
        row["question_id"],
        row["question"],
        datetime.fromisoformat(row["at"]),
        datetime.fromisoformat(undone) if undone else None,
    )
