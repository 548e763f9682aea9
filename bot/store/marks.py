"""What the desk makes of messages that got no answer: a mark holds for all messages like its texts.

    new         nobody has looked at it
    ours        an open point for the next record
    not ours    no record answers it, and none of the stored ones is to
    done        it is answered now: another wording was attached to a question

The texts stay as long as the messages do (borrowed.py), and a mark that has none left ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from bot.errors import NotFoundError, RefusedError
from bot.store.connection import File, first, grow, insert, instant
from bot.store.journal import note

MissState = Literal["new", "ours", "not ours", "done"]
MISS_STATES: tuple[MissState, ...] = get_args(MissState)


@dataclass(frozen=True)
class Mark:
    """One decision; of those that hold the newest one counts."""

    id: int
    texts: tuple[str, ...]  # as they were asked
    state: MissState
    at: datetime  # by the bot's clock
    alias: int | None = None  # whose question answers it, once that is live
    undone_at: datetime | None = None


class Marks(File):
    """Each is in the journal under `miss/ID`, without what was asked."""

    def add_mark(
        self,
        who: str,
        texts: Sequence[str],
        state: MissState,
        at: datetime,
        alias: int | None = None,
    ) -> Mark:
        """Keep a decision.

        Args:
            who: Who took it.
            texts: Of the messages.
            state: What becomes of them.
            at: By the bot's clock; 今年 in the texts is counted from it.
            alias: Whose question answers them.
        """
        with self.database.transaction() as db:
            row = {
                "texts": json.dumps(list(texts), ensure_ascii=False),
                "state": state,
                "at": instant(at),
                "alias": alias,
            }
            own = insert(db, "miss_marks", row)
            note(db, who, f"miss {state}", f"miss/{own}", alias=alias)
            grow(db)
        return self.mark(own)

    def undo_mark(self, who: str, own: int) -> Mark:
        """Take a decision back; the one before holds again.

        Raises:
            NotFoundError: There is none of that number.
            RefusedError: It was taken back already.
        """
        with self.database.transaction() as db:
            mark = self.mark(own)
            if mark.undone_at:
                raise RefusedError(f"标记 {own} 已撤销；没有改动")
            db.execute(
                "UPDATE miss_marks SET undone_at = ? WHERE id = ?",
                [instant(datetime.now(UTC)), own],
            )
            note(db, who, "miss undone", f"miss/{own}", before=mark.state)
            grow(db)
        return self.mark(own)

    def mark(self, own: int) -> Mark:
        """One decision.

        Raises:
            NotFoundError: There is none of that number.
        """
        row = first(self._db(), "SELECT * FROM miss_marks WHERE id = ?", own)
        if row is None:
            raise NotFoundError(f"标记 {own}", "irbot misses 查看各组")
        return _mark(row)

    def marks(self) -> list[Mark]:
        """Those that hold, the newest last."""
        rows = self._db().query(
            "SELECT * FROM miss_marks WHERE undone_at IS NULL AND texts != '[]' ORDER BY id"
        )
        return list(map(_mark, rows))

    def not_ours(self) -> dict[str, datetime]:
        """The texts that no record is to answer, and since when."""
        newest = {text: mark for mark in self.marks() for text in mark.texts}
        return {text: mark.at for text, mark in newest.items() if mark.state == "not ours"}


def _mark(row: dict[str, Any]) -> Mark:
    undone = row["undone_at"]
    return Mark(
        row["id"],
        tuple(json.loads(row["texts"])),
        row["state"],
        datetime.fromisoformat(row["at"]),
        row["alias"],
        datetime.fromisoformat(undone) if undone else None,
    )
