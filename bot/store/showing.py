"""What may be shown to everyone at an instant, as if nothing else were stored.

It is told by the briefs of the records (briefs.py) and by the few decisions that hide something;
the words are read when somebody looks at them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from bot.store.announced import Announced, announced, announced_of
from bot.store.briefs import Brief, Briefs, grown
from bot.store.connection import first, instant
from bot.store.hidden import EVERYTHING, Hidings, hidden_units, hidings
from bot.store.loading import Loading
from bot.store.looked import Looked
from bot.store.records import Stored

_NONE: frozenset[str] = frozenset()
_AT_ONCE = 500  # records of one query


@dataclass(frozen=True)
class Shown:
    """The records that may be shown, without what is hidden of them, newest event first."""

    generation: int  # of the store
    changes: int  # how many generations did more than add to it
    briefs: Sequence[Brief]
    stored: Sequence[Stored]  # the same, each read when it is looked at
    keys: Sequence[tuple[int, ...]]  # of each, the versions that it is made of
    live: Mapping[int, Set[str]]  # by such a key: the places (`4`, `p3`) of it that are not shown
    since: datetime | None  # the same is shown at every instant from here, None: from ever,
    until: datetime | None  # up to this one, at which a publication or a pause's end comes
    is_silenced: bool  # all that was public is hidden
    absent: int  # records that are stored, too

    def is_of(self, at: datetime) -> bool:
        """Whether the same is shown at another instant."""
        after = self.since is None or self.since <= at
        return after and (self.until is None or at < self.until)


@dataclass(frozen=True)
class _Decided:
    """What is decided of the records."""

    briefs: Sequence[Brief]  # of all that are stored
    shown: Sequence[Brief]
    hidden: Mapping[str, Set[str]]  # places, by record in normal form
    announced: Mapping[str, Sequence[Announced]]

    @cached_property
    def absent(self) -> Set[str]:
        """Ids of the records that are not shown."""
        return {item.id for item in self.briefs} - {item.id for item in self.shown}


class Showing(Loading):
    """For whatever answers or shows."""

    @cached_property
    def _briefs(self) -> Briefs:
        return Briefs()

    def shown(self, at: datetime) -> Shown:
        """What may be shown at that instant of the bot's clock."""
        generation, changes = self.generations()  # first: what comes meanwhile is noticed then
        db, now = self._db(), instant(at)
        known, decided = self._briefs.get(db, now, self.database.history), hidings(db)
        shown, any_public = _shown(known, decided, at, now)
        hidden = self._hidden_places(shown, decided)
        keys, live = _live(shown, hidden, grown(db, shown))
        since, until = self._span(at)
        of_all = _Decided(known, shown, hidden, announced(db))
        return Shown(
            generation,
            changes,
            shown,
            Looked(shown, self._reader(of_all)),
            keys,
            live,
            since,
            until,
            any_public and not shown,
            len(known) - len(shown),
        )

    def _hidden_places(self, shown: Sequence[Brief], decided: Hidings) -> dict[str, Set[str]]:
        """By record in normal form, what is hidden of it; most have nothing."""
        touched = decided.partly_hidden()
        found = {
            item.key: hidden_units(self.words(item.version_id), decided.touching(item.key))
            for item in (shown if touched else ())
            if item.key in touched
        }
        return {key: frozenset(places) for key, places in found.items() if places}

    def _reader(self, decided: _Decided) -> Callable[[Brief], Stored]:
        """Reads a record as anyone may see it."""
        kept_back: list[Set[str]] = []  # found out when the first one is looked at

        def read(brief: Brief) -> Stored:
            if not kept_back:
                kept_back.append(self._kept_back(decided))
            return self._public(brief, decided, kept_back[0])

        return read

    def _public(self, brief: Brief, decided: _Decided, kept_back: Set[str]) -> Stored:
        """Without its hidden questions, and where there are any without the reader's remarks,
        which may quote them; without remarks that name records which are not shown, and the files
        kept back."""
        words = self.words(brief.version_id)
        stored = Stored(
            record=words,
            version=brief.version,
            imported_at=brief.imported_at,
            sources=(),
            superseded_by=None,
            publication=brief.publication,
            hidden=dict.fromkeys(decided.hidden.get(brief.key, _NONE), ()),
            later=announced_of(words, decided.announced.get(brief.key, ())),
        )
        record = stored.visible
        if stored.hidden:
            record = replace(record, warnings=(), notes=())
        notes = tuple(
            item for item in record.notes if not any(name in item for name in decided.absent)
        )
        # A table may hold what is nobody's business: other companies, who asked.
        sources = () if record.is_from_table else self._sources(self._db(), brief.version_id)
        return replace(
            stored,
            record=replace(record, notes=notes) if notes != record.notes else record,
            sources=tuple(item for item in sources if item.sha256 not in kept_back),
            hidden={},
        )

    def _kept_back(self, decided: _Decided) -> Set[str]:
        """The files, by hash, that hold words which may not be shown; others may share them."""
        partly = {item.id: 0 for item in decided.shown if item.key in decided.hidden}
        waiting = {item.id: item.version for item in decided.briefs if item.version < item.newest}
        after = waiting | dict.fromkeys(decided.absent, 0) | partly
        found, pairs = set[str](), list(after.items())
        for start in range(0, len(pairs), _AT_ONCE):
            some = pairs[start : start + _AT_ONCE]
            rows = self._db().execute(
                f"WITH after (id, version) AS (VALUES {', '.join(['(?, ?)'] * len(some))}) "
                "SELECT DISTINCT s.sha256 FROM after CROSS JOIN versions v "
                "JOIN version_sources s ON s.version_id = v.id "
                "WHERE v.record_id = after.id AND v.version > after.version",
                [value for each in some for value in each],
            )
            found.update(sha256 for (sha256,) in rows)
        return found

    def _span(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """From when, and until when, as much is shown as at that instant."""
        row = first(
            self._db(),
            "SELECT max(CASE WHEN at <= ? THEN at END) AS since, "
            "min(CASE WHEN at > ? THEN at END) AS until "
            "FROM (SELECT published_at AS at FROM versions WHERE is_draft = 0 "
            "AND published_at IS NOT NULL UNION ALL "
            "SELECT until FROM hidings WHERE ended_at IS NULL) AS turns",
            *[instant(at)] * 2,
        )
        since, until = (row["since"], row["until"]) if row else (None, None)
        return (
            datetime.fromisoformat(since) if since else None,
            datetime.fromisoformat(until) if until else None,
        )


def _shown(
    known: Sequence[Brief], decided: Hidings, at: datetime, now: str
) -> tuple[Sequence[Brief], bool]:
    """The records that may be shown, and whether any is public."""
    public = [item for item in known if item.is_public(now)]
    gone, paused = decided.hidden_whole(at)
    if EVERYTHING in paused:
        return (), bool(public)
    shown = [
        item
        for item in public
        if item.superseded_by is None and item.key not in gone and item.company_code not in paused
    ]
    return tuple(shown), bool(public)


def _live(
    shown: Sequence[Brief],
    hidden: Mapping[str, Set[str]],
    grown_of: Mapping[int, Sequence[tuple[int, str | None]]],
) -> tuple[list[tuple[int, ...]], dict[int, Set[str]]]:
    """Of what versions each record is made, and what of these is not shown: what is hidden, and
    what a later one says otherwise."""
    keys: list[tuple[int, ...]] = []
    live: dict[int, Set[str]] = {}
    for brief in shown:
        places = hidden.get(brief.key, _NONE)
        if brief.version_id not in grown_of:
            keys.append((brief.version_id,))
            live[brief.version_id] = places
            continue
        own = grown_of[brief.version_id]
        keys.append(tuple(key for key, _ in own))
        for key, changed in reversed(own):
            live[key] = places
            if changed:  # those before it had it in other words
                places = places | frozenset(changed.split(" "))
    return keys, live
