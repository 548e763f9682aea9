"""What of the records the company has published: no row of a sheet, which may be anybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace

from bot.record import Record
from bot.store.briefs import Brief
from bot.store.looked import Looked
from bot.store.records import Stored
from bot.store.showing import Showing, Shown


class Disclosing(Showing):
    """For people outside the company."""

    def disclosed(self, shown: Shown) -> Shown:
        """The same without the rows of sheets; itself where it has none.

        Where of a record nothing is left it is not shown.
        """
        sheets = self._sheets()
        if not sheets or not any(key in sheets for key in shown.live):
            return shown
        rows = self._rows(key for key, is_all in sheets.items() if not is_all)
        kept = [
            at
            for at, keys in enumerate(shown.keys)
            if not any(key in sheets for key in keys) or _is_left(shown, at, keys, sheets)
        ]
        place_of = {shown.briefs[at].id: at for at in kept}

        def read(brief: Brief) -> Stored:
            at = place_of[brief.id]
            stored = shown.stored[at]
            if not any(key in sheets for key in shown.keys[at]):
                return stored
            return replace(stored, record=_disclosed(stored.record))

        briefs = tuple(shown.briefs[at] for at in kept)
        keys = [tuple(key for key in shown.keys[at] if not sheets.get(key, False)) for at in kept]
        return replace(
            shown,
            briefs=briefs,
            stored=Looked(briefs, read),
            keys=keys,
            live={key: shown.live[key] | rows.get(key, frozenset()) for own in keys for key in own},
            is_silenced=shown.is_silenced or not briefs,
        )

    def narrowed(self, shown: Shown, companies: Set[str]) -> Shown:
        """The same of some companies alone: others are as if they were not stored."""
        kept = [at for at, brief in enumerate(shown.briefs) if brief.company_code in companies]
        place_of = {shown.briefs[at].id: at for at in kept}
        briefs = tuple(shown.briefs[at] for at in kept)
        keys = [shown.keys[at] for at in kept]
        return replace(
            shown,
            briefs=briefs,
            stored=Looked(briefs, lambda brief: shown.stored[place_of[brief.id]]),
            keys=keys,
            live={key: shown.live[key] for own in keys for key in own},
            is_silenced=shown.is_silenced or not briefs,
        )

    def _sheets(self) -> Mapping[int, bool]:
        """The versions that hold rows of sheets, and whether they hold nothing else."""
        db = self._db()
        counts = dict(
            db.execute(
                "SELECT version_id, count(*) FROM questions "
                f"{db.engine.indexed_by('questions_of_sheets')} "
                "WHERE kind = 'table' GROUP BY version_id"
            ).fetchall()
        )
        sql = "SELECT count(*) FROM questions WHERE version_id = ?"
        return {key: db.execute(sql, [key]).fetchone()[0] == count for key, count in counts.items()}

    def _rows(self, keys: Iterable[int]) -> dict[int, frozenset[str]]:
        """The places of the rows of sheets in versions."""
        sql = "SELECT number FROM questions WHERE version_id = ? AND kind = 'table'"
        db = self._db()
        return {key: frozenset(str(number) for (number,) in db.execute(sql, [key])) for key in keys}


def _is_left(shown: Shown, at: int, keys: Iterable[int], sheets: Mapping[int, bool]) -> bool:
    """Whether anything is but rows of sheets."""
    if all(sheets.get(key, False) for key in keys):
        return False
    record = _disclosed(shown.stored[at].record)
    return bool(record.questions or record.paragraphs)


def _disclosed(record: Record) -> Record:
    rows = {item.number for item in record.questions if not item.is_disclosed}
    return record.without(rows, frozenset())
