"""Which companies' records a chat is answered from.

Two settings, and both hold: the operator says which companies a workspace may see, and a channel's
managers which of them it is answered from. What the operator does not allow does not exist there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.message import Chat
from bot.store.connection import File, first, instant


@dataclass(frozen=True)
class Scope:
    """Company codes."""

    allowed: tuple[str, ...] | None = None  # of the workspace; None: all
    chosen: tuple[str, ...] = ()  # of the channel; none: all that are allowed

    @property
    def company(self) -> str | None:
        """The only one that is chosen."""
        return self.chosen[0] if len(self.chosen) == 1 else None

    @property
    def of_workspace(self) -> frozenset[str] | None:
        """What may be known in the workspace; None: everything."""
        return None if self.allowed is None else frozenset(self.allowed)

    @property
    def of_library(self) -> frozenset[str] | None:
        """What an answer may come from; None: everything. A single one that is chosen is asked of
        by itself, so that whoever names another one is told that it is another."""
        return self.of_workspace if len(self.chosen) < 2 else frozenset(self.within(self.chosen))

    def of_digest(self, wanted: Sequence[str]) -> tuple[str, ...] | None:
        """What a digest tells of, which may have companies of its own; None: of everything."""
        if wanted or self.chosen:
            return self.within(tuple(wanted) or self.chosen)
        return self.allowed

    def within(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Those that are allowed."""
        return tuple(code for code in codes if self.allowed is None or code in self.allowed)


class Scopes(File):
    """Both settings. Safe to share between threads."""

    def scope(self, chat: Chat) -> Scope:
        """What holds in a chat."""
        row = first(
            self._db(),
            "SELECT company_code FROM channels "
            "WHERE platform = ? AND workspace = ? AND channel = ?",
            chat.platform,
            chat.workspace,
            chat.channel,
        )
        chosen = (row["company_code"] or "").split() if row else ()
        return Scope(self.allowed(chat.platform, chat.workspace), tuple(chosen))

    def choose(self, chat: Chat, codes: Sequence[str], at: datetime) -> None:
        """Narrow a channel to some companies' records; none: all again."""
        self._db().table("channels").upsert(
            {
                "platform": chat.platform,
                "workspace": chat.workspace,
                "channel": chat.channel,
                "company_code": " ".join(codes) or None,
                "set_by": chat.user,
                "set_at": instant(at),
            },
            pk=("platform", "workspace", "channel"),
        )

    def allowed(self, platform: str, workspace: str) -> tuple[str, ...] | None:
        """What a workspace may see; None: everything."""
        row = first(
            self._db(),
            "SELECT companies FROM allowed_companies WHERE platform = ? AND workspace = ?",
            platform,
            workspace,
        )
        return tuple(row["companies"].split()) if row else None

    def allowed_everywhere(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """What is allowed, by platform and workspace, of those that may not see everything."""
        rows = self._db().query("SELECT * FROM allowed_companies ORDER BY platform, workspace")
        return {
            (row["platform"], row["workspace"]): tuple(row["companies"].split()) for row in rows
        }

    def allow(self, platform: str, workspace: str, codes: Sequence[str] | None) -> None:
        """Say what a workspace may see, from its next message on; None: everything."""
        with self.database.transaction(alone=False) as db:
            of = [platform, workspace]
            db.execute("DELETE FROM allowed_companies WHERE platform = ? AND workspace = ?", of)
            if codes is not None:
                db.execute(
                    "INSERT INTO allowed_companies (platform, workspace, companies) "
                    "VALUES (?, ?, ?)",
                    [*of, " ".join(codes)],
                )
