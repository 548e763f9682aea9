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
from bot.store.adding import Added, Adding
from bot.store.connection import grow
from bot.store.ids import key_of, normal_id
from bot.store.records import Source


class Restoring(Adding):
    """A person decides; every version stays."""

    def restore_version(self, record_id: str, number: int) -> Added:
        """Show an older version again, as a new one that says the same.

        A record that another one supersedes is no longer superseded. What is withdrawn stays so.

        Raises:
            NotFoundError: No such record or version.
        """
        with self.database.transaction() as db:
            stored, wanted = self.record(record_id), self.version(record_id, number)
            row = self._shown(db, normal_id(record_id))
            if row is None:
                raise NotFoundError(record_id)
            if wanted == stored.record and stored.superseded_by is None:
                return Added("unchanged", wanted)
            if wanted != stored.record:
                version_id = self._write_version(db, wanted, row["id"], number)
                for version in self.versions(record_id):
                    if version.number == number:
                        for source in version.sources:
                            self._attach(db, version_id, source)
            db.execute("UPDATE records SET superseded_by = NULL WHERE id = ?", [row["id"]])
            grow(db)
        return Added("replaced", wanted, tuple(changes(stored.record, wanted, exact=True)))

    def read_again(self, record_id: str, record: Record, sources: Sequence[Source]) -> Added:
        """Show what stored sources say today, as a new version of the record.

        Where today's reading gives the record another id, it is stored under that, and what was
        stored is superseded by it.

        Raises:
            NotFoundError: No such record.
            IdentityError: The other id is stored with other words.
        """
        with self.database.transaction() as db:
            stored, row = self.record(record_id), self._shown(db, normal_id(record_id))
            if row is None:
                raise NotFoundError(record_id)
            differing = tuple(changes(stored.record, record, exact=True))
            if key_of(replace(record, sequence=stored.record.sequence)) == row["key"]:
                record = replace(record, sequence=stored.record.sequence)
                self._write(db, record, sources[0], row["id"])
            else:
                record = self._add(db, record, sources[0], {}, replace_words=False).record
                db.execute(
                    "UPDATE records SET superseded_by = (SELECT id FROM records WHERE key = ?) "
                    "WHERE id = ?",
                    [key_of(record), row["id"]],
                )
            if now := self._shown(db, key_of(record)):
                for source in sources[1:]:
                    self._attach(db, now["version_id"], source)
            grow(db)
        return Added("replaced", record, differing)

    def move_source(self, record_id: str, source: Source, number: int) -> None:
        """Note that a source of the version shown says what another version says.

        Earlier releases kept it with whatever version was the newest.
        """
        of = "(SELECT v.id FROM versions v JOIN records r ON r.id = v.record_id WHERE r.key = ?"
        key = normal_id(record_id)
        with self.database.transaction() as db:
            db.execute(
                f"UPDATE OR REPLACE version_sources SET version_id = {of} AND v.version = ?) "
                f"WHERE sha256 = ? AND version_id = {of} ORDER BY v.version DESC LIMIT 1)",
                [key, number, source.sha256, key],
            )
