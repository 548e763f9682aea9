"""Other wordings of stored questions, as the desk approved them.

    proposed → live          once enough different people approved it; proposing is approving
             → refused       never proposed again by itself
    live     → undone        and so may be what is only proposed; both may be proposed again

What may be proposed at all is decided in bot/teaching. An alias belongs to the words of its
question, not to its number (decided.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.errors import NotFoundError, RefusedError
from bot.store.connection import Connection, File, first, grow, insert, instant
from bot.store.journal import note

AliasState = Literal["proposed", "live", "refused", "undone"]

_STATES: dict[AliasState, str] = {
    "proposed": "待同意",
    "live": "已生效",
    "refused": "已否决",
    "undone": "已撤销",
}


@dataclass(frozen=True)
class Alias:
    """Another wording of a stored question; never words of the record."""

    id: int
    question_id: str  # full, with its part, as it was numbered when this was proposed
    question: str  # what was asked there then
    text: str
    state: AliasState
    proposed_at: datetime  # by the bot's clock
    proposed_by: str  # empty: by itself, from what people picked
    approved_by: tuple[str, ...]  # in order; the proposer is the first

    @property
    def state_name(self) -> str:
        """The state for a person."""
        return _STATES[self.state]


class Aliases(File):
    """Each step is in the journal, under the question, with who took it."""

    def propose_alias(
        self,
        who: str,
        question_id: str,
        question: str,
        text: str,
        needed: int,
        at: datetime,
    ) -> Alias:
        """Keep a wording; whoever proposes it approves it.

        Args:
            who: The proposer; empty: nobody, people picked it.
            question_id: Full, with its part.
            question: What is asked there.
            text: The wording.
            needed: Approvals by different people from which on it is live.
            at: By the bot's clock.
        """
        with self.database.transaction() as db:
            row = {
                "question_id": question_id,
                "question": question,
                "text": text,
                "state": "proposed",
                "proposed_at": instant(at),
                "proposed_by": who,
            }
            alias_id = insert(db, "aliases", row)
            note(db, who, "alias proposed", question_id, alias=alias_id, text=text)
            if who:
                self._approve(db, who, self.alias(alias_id), needed)
        return self.alias(alias_id)

    def approve_alias(self, who: str, alias_id: int, needed: int) -> Alias:
        """Approve a proposal; it is live once `needed` different people did.

        Raises:
            NotFoundError: No such alias.
            RefusedError: It is no proposal any more, or `who` approved it already and others are
                still to.
        """
        with self.database.transaction() as db:
            alias = self._in_state(alias_id, "proposed")
            if who in alias.approved_by and len(alias.approved_by) < needed:
                left = needed - len(alias.approved_by)
                raise RefusedError(f"{who} 已经同意过说法 {alias_id}；还需另外 {left} 人同意")
            self._approve(db, who, alias, needed)
        return self.alias(alias_id)

    def refuse_alias(self, who: str, alias_id: int) -> Alias:
        """Turn a proposal down.

        Raises:
            NotFoundError: No such alias.
            RefusedError: It is no proposal any more.
        """
        with self.database.transaction() as db:
            alias = self._in_state(alias_id, "proposed")
            self._set(db, who, alias, "refused", "alias refused")
        return self.alias(alias_id)

    def undo_alias(self, who: str, alias_id: int) -> Alias:
        """Take an alias back: a live or proposed one is undone, a refused one a proposal again.

        Raises:
            NotFoundError: No such alias.
            RefusedError: It is undone already.
        """
        with self.database.transaction() as db:
            alias = self._in_state(alias_id, "live", "proposed", "refused")
            back: AliasState = "proposed" if alias.state == "refused" else "undone"
            self._set(db, who, alias, back, "alias undone")
            if alias.state == "live":
                grow(db)
        return self.alias(alias_id)

    def alias(self, alias_id: int) -> Alias:
        """One alias.

        Raises:
            NotFoundError: No such alias, or its words were forgotten.
        """
        row = first(self._db(), "SELECT * FROM aliases WHERE id = ? AND text != ''", alias_id)
        if row is None:
            raise NotFoundError(f"说法 {alias_id}", "irbot alias list 查看各个说法")
        return self._alias(row)

    def aliases(self, *states: AliasState) -> list[Alias]:
        """All, or those in some states; the first proposed first."""
        rows = self._db().query("SELECT * FROM aliases WHERE text != '' ORDER BY id")
        return [self._alias(row) for row in rows if not states or row["state"] in states]

    def _alias(self, row: dict[str, Any]) -> Alias:
        return Alias(
            row["id"],
            row["question_id"],
            row["question"],
            row["text"],
            row["state"],
            datetime.fromisoformat(row["proposed_at"]),
            row["proposed_by"],
            tuple(self._approvals(row["id"])),
        )

    def _approvals(self, alias_id: int) -> Iterator[str]:
        rows = self._db().query(
            "SELECT who FROM alias_approvals WHERE alias = ? ORDER BY rowid", [alias_id]
        )
        return (row["who"] for row in rows)

    def _approve(self, db: Connection, who: str, alias: Alias, needed: int) -> None:
        approved = {*alias.approved_by, who}
        if who not in alias.approved_by:
            db.table("alias_approvals").insert(
                {"alias": alias.id, "who": who, "at": instant(datetime.now(UTC))}
            )
            note(db, who, "alias approved", alias.question_id, alias=alias.id, text=alias.text)
        if len(approved) >= needed:
            self._set(db, who, alias, "live", "alias live")
            grow(db)

    def _set(self, db: Connection, who: str, alias: Alias, state: AliasState, what: str) -> None:
        db.execute("UPDATE aliases SET state = ? WHERE id = ?", [state, alias.id])
        if state == "undone":  # whoever proposes it again begins anew
            db.execute("DELETE FROM alias_approvals WHERE alias = ?", [alias.id])
        note(db, who, what, alias.question_id, alias=alias.id, text=alias.text, before=alias.state)

    def _in_state(self, alias_id: int, *states: AliasState) -> Alias:
        alias = self.alias(alias_id)
        if alias.state not in states:
            raise RefusedError(f"说法 {alias_id}“{alias.text}”{alias.state_name}；没有改动")
        return alias
