"""From when a version of a record may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from bot.store.connection import instant


@dataclass(frozen=True)
class Publication:
    """Public since an unknown day, from an instant on, or not until somebody says when."""

    at: datetime | None = None  # None: public since its import, or a draft
    is_draft: bool = False

    def is_public(self, now: datetime) -> bool:
        """Whether it may be shown at that instant."""
        return not self.is_draft and (self.at is None or self.at <= now)

    def columns(self) -> dict[str, Any]:
        """As the store has it, and the journal."""
        return {"published_at": instant(self.at) if self.at else None, "is_draft": self.is_draft}

    @classmethod
    def of(cls, row: Any) -> Self:
        """From these columns."""
        at = row["published_at"]
        return cls(datetime.fromisoformat(at) if at else None, bool(row["is_draft"]))


PUBLIC = Publication()
DRAFT = Publication(is_draft=True)
