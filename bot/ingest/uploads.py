"""A file that was sent to the desk's page: read and looked at first, stored when somebody says so.

The look is a dry run. What is stored is read from the same bytes with the same decisions; where
these were changed since somebody looked, nothing is stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.errors import BotError
from bot.ingest.importing import Options, Outcome, import_content
from bot.store import Store, Upload

_LOOKS = 8  # kept: paging through one, nothing is read again


@dataclass(frozen=True)
class Look:
    """What would become of an upload."""

    upload: Upload
    sha256: str
    options: Options
    outcome: Outcome

    @property
    def can_be_stored(self) -> bool:
        """Whether storing it would change anything."""
        return self.outcome.status in ("imported", "replaced")


class UploadDesk:
    """Uploads of one store."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        """now: The bot's clock."""
        self._store = store
        self._now = now
        # A look belongs to bytes, to decisions and to what the store had then.
        self._looked = lru_cache(_LOOKS)(self._look)

    def take(self, file: str, content: bytes, who: str, at: datetime) -> str:
        """Put a file aside; returns the upload's id."""
        return self._store.keep_upload(file, content, _written(Options()), who, at)

    def look(self, upload_id: str) -> Look:
        """What would become of it now.

        Raises:
            NotFoundError: It does not wait any more.
        """
        return self._looked(upload_id, self._options(upload_id), self._store.generation())

    def decide(self, upload_id: str, options: Options) -> None:
        """Set how it is to be imported."""
        self._store.set_upload_options(upload_id, _written(options))

    def store(self, upload_id: str, seen: str, who: str) -> Outcome:
        """Store what was looked at, and keep who did.

        Args:
            upload_id: Which.
            seen: The upload's options as they were when somebody looked.
            who: The desk's user.

        Raises:
            NotFoundError: It does not wait any more.
            BotError: It was decided otherwise since, or it is refused; nothing is changed.
        """
        upload, content = self._store.upload(upload_id)
        if upload.options != seen:
            raise BotError("这个文件的导入方式刚被改过，请再看一遍；没有改动")

        options = replace(_read(seen), who=who, now=self._now())
        outcome = import_content(
            self._store,
            upload.file,
            content,
            options,
            lambda outcome: self._store.drop_upload(upload_id),
        )
        if outcome.status == "refused":
            raise BotError(outcome.reason)
        return outcome

    def drop(self, upload_id: str) -> None:
        """Forget an upload.

        Raises:
            NotFoundError: It does not wait any more: it may be stored by now.
        """
        self._options(upload_id)
        self._store.drop_upload(upload_id)

    def _options(self, upload_id: str) -> str:
        return self._store.upload(upload_id)[0].options

    def _look(self, upload_id: str, written: str, generation: int) -> Look:
        upload, content = self._store.upload(upload_id)
        options = _read(written)
        dry = replace(options, dry_run=True, now=self._now())
        outcome = import_content(self._store, upload.file, content, dry)
        return Look(upload, hashlib.sha256(content).hexdigest(), options, outcome)


def _written(options: Options) -> str:
    published = options.published_at
    return json.dumps(
        {
            "given": dict(options.given),
            "published_at": published.isoformat() if published else None,
            "is_draft": options.is_draft,
            "accept_warnings": options.accept_warnings,
            "replace_words": options.replace_words,
        },
        ensure_ascii=False,
    )


def _read(written: str) -> Options:
    options: Mapping[str, Any] = json.loads(written)
    published = options["published_at"]
    return Options(
        options["given"],
        datetime.fromisoformat(published) if published else None,
        options["accept_warnings"],
        options["replace_words"],
        is_draft=options["is_draft"],
    )
