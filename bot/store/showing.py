"""What may be shown to everyone at an instant, as if nothing else were stored."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from bot.store.connection import first, instant
from bot.store.records import Records, Stored


@dataclass(frozen=True)
class Shown:
    """The records that may be shown, without what is hidden of them, newest event first."""

    generation: int  # of the store
    stored: tuple[Stored, ...]
    since: datetime | None  # the same is shown at every instant from here, None: from ever,
    until: datetime | None  # up to this one, at which a publication or a pause's end comes
    is_silenced: bool  # all that was public is hidden

    def is_of(self, at: datetime) -> bool:
        """Whether the same is shown at another instant."""
        after = self.since is None or self.since <= at
        return after and (self.until is None or at < self.until)


class Showing(Records):
    """For whatever answers or shows."""

    def shown(self, at: datetime) -> Shown:
        """What may be shown at that instant of the bot's clock."""
        generation = self.generation()  # first: what changes meanwhile is noticed then
        stored = self.records(at)
        shown = [item for item in stored if item.may_be_shown(at)]
        kept_back = self._kept_back(stored, at)
        absent = {item.record.id for item in stored} - {item.record.id for item in shown}
        since, until = self._span(at)
        return Shown(
            generation,
            tuple(_public(item, kept_back, absent) for item in shown),
            since,
            until,
            not shown and any(item.is_public(at) for item in stored),
        )

    def _kept_back(self, stored: Sequence[Stored], at: datetime) -> Set[str]:
        """The files, by hash, that hold words which may not be shown; others may share them."""
        kept_back: set[str] = set()
        for item in stored:
            if item.hidden or not item.may_be_shown(at):
                versions = self.versions(item.record.id, at)
                kept_back.update(source.sha256 for own in versions for source in own.sources)
            for waiting in item.pending:
                kept_back.update(source.sha256 for source in waiting.sources)
        return kept_back

    def _span(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """From when, and until when, as much is shown as at that instant."""
        row = first(
            self._db(),
            "SELECT max(iif(at <= ?, at, NULL)) AS since, min(iif(at > ?, at, NULL)) AS until "
            "FROM (SELECT published_at AS at FROM versions WHERE is_draft = 0 UNION ALL "
            "SELECT until FROM hidings WHERE ended_at IS NULL)",
            *[instant(at)] * 2,
        )
        since, until = (row["since"], row["until"]) if row else (None, None)
        return (
            datetime.fromisoformat(since) if since else None,
            datetime.fromisoformat(until) if until else None,
        )


def _public(stored: Stored, kept_back: Set[str], absent: Set[str]) -> Stored:
    """A record as anyone may see it.

    Without its hidden questions, and where there are any without the reader's remarks, which may
    quote them; without remarks that name records which are not shown, and the files kept back.
    """
    record = stored.visible
    if stored.hidden:
        record = replace(record, warnings=(), notes=())
    # A table may hold what is nobody's business: other companies, who asked.
    sources = () if record.is_from_table else stored.sources
    notes = tuple(item for item in record.notes if not any(name in item for name in absent))
    return replace(
        stored,
        record=replace(record, notes=notes),
        sources=tuple(item for item in sources if item.sha256 not in kept_back),
        pending=(),
        hidings=(),
        hidden={},
    )
