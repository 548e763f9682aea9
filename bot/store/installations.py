"""Where the bot was installed: a Slack workspace, a corporation's smart bot; secrets sealed.

What the settings name (SLACK_BOT_TOKEN, WECOM_BOT_ID) stands there and not here.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.postgres_url import Place
from bot.sealing import Seal, SealError, WrongKeyError
from bot.store.connection import File, first

_STATE_S = 600.0  # how long somebody may take to agree to an install, as Slack's own SDK has it


@dataclass(frozen=True)
class Installation:
    """One workspace's."""

    platform: str
    workspace: str
    name: str  # as the platform shows it
    details: dict[str, Any]  # what the platform's handler wants to know of it; no secret
    sealed: str = field(repr=False)
    added_at: datetime


class Installations(File):
    """The table of them. Safe to share between threads."""

    def __init__(self, place: Place, seal: Seal) -> None:
        """Open.

        Args:
            place: The database.
            seal: Keeps the secrets.

        Raises:
            StoreError: The database cannot be used.
        """
        super().__init__(place)
        self._seal = seal

    def add(
        self,
        platform: str,
        workspace: str,
        secret: str,
        at: datetime,
        name: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        """Keep one, in the place of what was kept of the same workspace.

        Raises:
            SealError: There is no key to seal its secret with.
        """
        sealed = self._seal.seal(secret)
        with self.database.transaction(alone=False) as db:
            db.execute(
                "INSERT INTO installations (platform, workspace, name, details, sealed, added_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (platform, workspace) DO UPDATE SET "
                "name = excluded.name, details = excluded.details, sealed = excluded.sealed, "
                "added_at = excluded.added_at",
                [
                    platform,
                    workspace,
                    name,
                    json.dumps(details or {}, ensure_ascii=False),
                    sealed,
                    at.isoformat(),
                ],
            )

    def remove(self, platform: str, workspace: str) -> bool:
        """Forget one, with its secret; False where it is not there."""
        with self.database.transaction(alone=False) as db:
            done = db.execute(
                "DELETE FROM installations WHERE platform = ? AND workspace = ?",
                [platform, workspace],
            )
        return bool(done.rowcount)

    def get(self, platform: str, workspace: str) -> Installation | None:
        """One workspace's."""
        sql = "SELECT * FROM installations WHERE platform = ? AND workspace = ?"
        row = first(self._db(), sql, platform, workspace)
        return _installation(row) if row else None

    def of(self, platform: str) -> list[Installation]:
        """All of a platform, the first one first."""
        rows = self._db().query(
            "SELECT * FROM installations WHERE platform = ? ORDER BY added_at, workspace",
            [platform],
        )
        return [_installation(row) for row in rows]

    def secret(self, installation: Installation) -> str:
        """Its token.

        Raises:
            SealError: It was sealed by a key that is not set.
        """
        return self._seal.open(installation.sealed)

    def opens(self, installation: Installation) -> bool:
        """Whether a key that is set opens it."""
        try:
            self.secret(installation)
        except SealError:
            return False
        return True

    def seal_anew(self) -> int:
        """Seal every secret by the first key; how many there are.

        Raises:
            SealError: There is no key, or one cannot be opened, and which; nothing is changed.
        """
        with self.database.transaction() as db:
            rows = db.execute("SELECT platform, workspace, sealed FROM installations").fetchall()
            for platform, workspace, sealed in rows:
                db.execute(
                    "UPDATE installations SET sealed = ? WHERE platform = ? AND workspace = ?",
                    [self._sealed_anew(sealed, f"{platform}:{workspace}"), platform, workspace],
                )
        return len(rows)

    def _sealed_anew(self, sealed: str, whose: str) -> str:
        try:
            return self._seal.seal(self._seal.open(sealed))
        except WrongKeyError as error:
            raise WrongKeyError(
                f"IR_SECRET_KEY 打不开 {whose} 的令牌，什么都没有改：把加密它时用的密钥也写上，"
                f"以逗号隔开；找不回来就 irbot workspaces remove {whose}，再重新安装或添加"
            ) from error

    # Installs under way

    def issue_state(self, now: float) -> str:
        """A mark of an install that begins, which comes back with it once."""
        state = secrets.token_urlsafe(32)
        with self.database.transaction(alone=False) as db:
            db.execute("DELETE FROM install_states WHERE until < ?", [now])
            db.execute(
                "INSERT INTO install_states (state, until) VALUES (?, ?)", [state, now + _STATE_S]
            )
        return state

    def use_state(self, state: str, now: float) -> bool:
        """Whether a mark was issued lately, and did not come back before."""
        with self.database.transaction(alone=False) as db:
            done = db.execute(
                "DELETE FROM install_states WHERE state = ? AND until >= ?", [state, now]
            )
        return bool(done.rowcount)


def _installation(row: dict[str, Any]) -> Installation:
    return Installation(
        row["platform"],
        row["workspace"],
        row["name"],
        json.loads(row["details"]),
        row["sealed"],
        datetime.fromisoformat(row["added_at"]),
    )
