"""When what is stored may be shown: at once, from an instant on, or when somebody says so.

A publication belongs to a version, so that the words before a correction stay until that is public.
It is never taken back: what was public is held or withdrawn, and only what `publish` did is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import BotError, NotFoundError
from bot.store.connection import Connection, grow
from bot.store.ids import normal_id
from bot.store.journal import note, of_versions
from bot.store.publication import DRAFT, Publication
from bot.store.records import Records

_JUST_NOW = timedelta(minutes=1)  # an instant may be typed to the minute that runs


@dataclass(frozen=True)
class Published:
    """What became of a version's publication."""

    record_id: str
    version: int
    before: Publication
    after: Publication


class Publishing(Records):
    """Of a record's newest version; every change is in the journal."""

    def publish(
        self,
        record_id: str,
        who: str = "",
        at: datetime | None = None,
        *,
        is_draft: bool = False,
        now: datetime | None = None,
    ) -> Published:
        """Say when the newest version of a record that is not public may be shown.

        Args:
            record_id: Which.
            who: Whose decision it is.
            at: From when; None: from now on.
            is_draft: Not until it is said again.
            now: The bot's clock; None: the system's.

        Raises:
            NotFoundError: No such record.
            BotError: It is public already, or the instant is past.
        """
        now = now or datetime.now(UTC)
        if "#" in record_id:
            raise BotError(f"公布以整份记录为单位：irbot publish {record_id.partition('#')[0]}")
        with self.database.transaction() as db:
            row = self._newest_or_raise(db, record_id)
            before = Publication.of(row)
            if before.is_public(now):
                hold = f"irbot hold {row['id']} --reason 原因"
                raise BotError(f"{row['id']} 已经公布，未作改动；要暂不展示：{hold}")
            if at is not None and at < now - _JUST_NOW:
                raise BotError(f"{past(at)}，未作改动；立即公布：irbot publish {row['id']}")
            # The minute that runs: a clock that is set for a trial starts anew with each command.
            after = DRAFT if is_draft else Publication(at or now.replace(second=0, microsecond=0))
            if after != before:
                self._set_publication(db, row, after, who)
                grow(db)
        return Published(row["id"], row["version"], before, after)

    def undo_publication(self, record_id: str, who: str = "") -> Published:
        """Take back the last change of the newest version's publication; twice changes nothing.

        Raises:
            NotFoundError: No such record, or its publication was never changed.
        """
        with self.database.transaction() as db:
            row = self._newest_or_raise(db, record_id)
            published = of_versions(db, row["id"], "publish")
            last = next((item for number, item in published if number == row["version"]), None)
            if last is None:
                raise NotFoundError(
                    f"{row['id']} 可以撤回的公布",
                    f"irbot hold {row['id']} --reason 原因 可暂不展示",
                )
            before = Publication.of(row)
            after = Publication.of(last.detail["before"])
            self._set_publication(db, row, after, who)
            grow(db)
        return Published(row["id"], row["version"], before, after)

    def _newest_or_raise(self, db: Connection, record_id: str) -> dict[str, Any]:
        row = self._newest(db, normal_id(record_id))
        if row is None:
            raise NotFoundError(record_id)
        return row

    def _set_publication(
        self, db: Connection, row: Mapping[str, Any], wanted: Publication, who: str
    ) -> None:
        """Change that of the version in the row, and keep who did."""
        columns = wanted.columns()
        db.execute(
            "UPDATE versions SET published_at = ?, is_draft = ? WHERE id = ?",
            [columns["published_at"], int(columns["is_draft"]), row["version_id"]],
        )
        before = Publication.of(row).columns()
        note(db, who, "publish", row["id"], version=row["version"], before=before, after=columns)


def past(at: datetime | None) -> str:
    """Says that an instant is."""
    return f"公布时刻 {at:%Y-%m-%d %H:%M} 已过" if at else "公布时刻已过"
