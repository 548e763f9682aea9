"""Files that were sent to the desk's page, kept aside until somebody decides on them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import NotFoundError
from bot.store.connection import File, first, instant

KEPT = timedelta(days=1)  # without a decision


@dataclass(frozen=True)
class Upload:
    """A file that waits."""

    id: str
    file: str
    options: str  # JSON: how it is to be imported
    who: str
    at: datetime


class Uploads(File):
    """Nothing of them is searched or shown but on the desk. Instants are the real clock's."""

    def keep_upload(self, file: str, content: bytes, options: str, who: str, at: datetime) -> str:
        """Put a file aside, and drop those that were forgotten; returns its id."""
        upload_id = secrets.token_urlsafe(12)
        with self.database.transaction() as db:
            db.execute("DELETE FROM uploads WHERE at < ?", [instant(at - KEPT)])
            db.table("uploads").insert(
                {
                    "id": upload_id,
                    "file": file,
                    "content": content,
                    "options": options,
                    "who": who,
                    "at": instant(at),
                }
            )
        return upload_id

    def uploads(self) -> list[Upload]:
        """Those that wait, the newest first."""
        rows = self._db().query(
            "SELECT id, file, options, who, at FROM uploads ORDER BY at DESC, id"
        )
        return [
            Upload(row["id"], row["file"], row["options"], row["who"], _read(row["at"]))
            for row in rows
        ]

    def upload(self, upload_id: str) -> tuple[Upload, bytes]:
        """One that waits, and its bytes.

        Raises:
            NotFoundError: It was decided on, dropped or never sent.
        """
        row = first(self._db(), "SELECT * FROM uploads WHERE id = ?", upload_id)
        if row is None:
            raise NotFoundError("这个上传的文件", "工作台的“导入”重新上传")
        upload = Upload(row["id"], row["file"], row["options"], row["who"], _read(row["at"]))
        return upload, row["content"]

    def set_upload_options(self, upload_id: str, options: str) -> None:
        """How it is to be imported, as somebody decided."""
        self._db().execute("UPDATE uploads SET options = ? WHERE id = ?", [options, upload_id])

    def drop_upload(self, upload_id: str) -> None:
        """Forget it."""
        self._db().execute("DELETE FROM uploads WHERE id = ?", [upload_id])


def _read(at: str) -> datetime:
    return datetime.fromisoformat(at)
