"""A record's words changed without a file: an older version shown again, a source read again.

The highest version of a record is the one shown. What is brought back is a new version that says
the same, so that the history stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.errors import NotFoundError
from bot.reading.comparing import changes
from bot.record import Record
from bot.store.adding import Added, Adding, Deed
from bot.store.announcements import announce_too
from bot.store.connection import grow
from bot.store.hiding import hide_too
from bot.store.ids import key_of, normal_id
from bot.store.journal import note
from bot.store.records import Source


class Restoring(Adding):
    """A person decides; every version stays."""

    def restore_version(self, record_id: str, number: int, who: str = "") -> Added:
        """Show an older version again, as a new one that says the same and is as public.

        A record that another one supersedes is no longer superseded. What is hidden stays so.

        Raises:
            NotFoundError: No such record or version.
        """
        with self.database.transaction() as db:
            wanted = self.version(record_id, number)
            row = self._newest(db, normal_id(record_id))
            if row is None:
                raise NotFoundError(record_id)
            stored = self.newest(record_id)
            versions = self.versions(record_id)
            of = next(item for item in versions if item.number == number)
            is_same = wanted == stored.record and of.publication == stored.publication
            if is_same and stored.superseded_by is None:
                return Added("unchanged", wanted, publication=of.publication)
            if not is_same:
                version_id, version = self._write_version(
                    db, wanted, row["id"], of.publication, number
                )
                for source in of.sources:
                    self._attach(db, version_id, source)
            else:
                version = stored.version
            note(db, who, "restore-version", row["id"], version=version, of=number)
            db.execute("UPDATE records SET superseded_by = NULL WHERE id = ?", [row["id"]])
            grow(db)
        differing = tuple(changes(stored.record, wanted, exact=True))
        return Added("replaced", wanted, differing, publication=of.publication)

    def read_again(
        self, record_id: str, record: Record, sources: Sequence[Source], who: str = ""
    ) -> Added:
        """Show what stored sources say today, as a new version of the record.

        Where today's reading gives the record another id, it is stored under that, and what was
        stored is superseded by it; what is hidden of it and was announced after it goes along.

        Raises:
            NotFoundError: No such record.
            IdentityError: The other id is stored with other words.
        """
        with self.database.transaction() as db:
            row = self._newest(db, normal_id(record_id))
            if row is None:
                raise NotFoundError(record_id)
            stored = self.newest(record_id)
            publication = stored.publication
            deed = Deed(sources[0], who=who, publication=publication)
            differing = tuple(changes(stored.record, record, exact=True))
            if key_of(replace(record, sequence=stored.record.sequence)) == row["key"]:
                record = replace(record, sequence=stored.record.sequence)
                self._write(db, record, deed, publication, row["id"])
            else:
                record = self._add(db, record, deed, {}).record
                db.execute(
                    "UPDATE records SET superseded_by = (SELECT id FROM records WHERE key = ?) "
                    "WHERE id = ?",
                    [key_of(record), row["id"]],
                )
                note(db, who, "supersede", row["id"], by=record.id, version=row["version"])
                hide_too(db, row["id"], record.id, who)
                announce_too(db, row["id"], record.id, who)
            if now := self._newest(db, key_of(record)):
                for source in sources[1:]:
                    self._attach(db, now["version_id"], source)
            grow(db)
        return Added("replaced", record, differing, publication=publication)

    def move_source(self, record_id: str, source: Source, number: int) -> None:
        """Note that a source of the version shown says what another version says.

        Earlier releases kept it with whatever version was the newest.
        """
        with self.database.transaction() as db:
            versions = db.execute(
                "SELECT v.version, v.id FROM versions v JOIN records r ON r.id = v.record_id "
                "WHERE r.key = ? ORDER BY v.version",
                [normal_id(record_id)],
            ).fetchall()
            before, after = versions[-1][1], dict(versions)[number]
            if before == after or not self._is_source(db, before, source):
                return
            sql = "DELETE FROM version_sources WHERE sha256 = ? AND version_id = ?"
            db.execute(sql, [source.sha256, after])
            db.execute(
                "UPDATE version_sources SET version_id = ? WHERE sha256 = ? AND version_id = ?",
                [after, source.sha256, before],
            )
