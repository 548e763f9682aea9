"""The segments that a process searches: those of the folder, and what no file has yet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bot.indexing.folder import IndexFolder
from bot.indexing.keeping import covered, make_files
from bot.matching.lexicon import Lexicon
from bot.matching.merging import build_segment
from bot.matching.segment import Segment
from bot.matching.version import counting
from bot.store import Shown, Store

_IN_MEMORY = 2_000  # questions that no file has and every process counts for itself: a second
_MOST_PIECES = 8  # that they are counted in before they are counted as one

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counted:
    """Segments, and the word lists that they were made with."""

    segments: Sequence[Segment]
    lexicon: Lexicon


class Segments:
    """Those of one store. Not safe in threads: whoever puts an index together asks in turn."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = IndexFolder(store)
        self._pieces: list[Segment] = []  # what no file has
        self._history = 0  # of the database, when these were counted
        self._in_use: Counted | None = None
        self._counting: tuple[Lexicon, str] | None = None
        self._stamp: object = None

    def changed(self) -> bool:
        """Whether other files count than were opened last."""
        return self._folder.stamp() != self._stamp

    def of(self, shown: Shown, lexicon: Lexicon) -> Counted:
        """Segments of what is shown.

        What is few is counted now. Of much the files are made before the first message is
        answered; later these are made elsewhere, and until then it is not found, or with other
        word lists found as before.
        """
        counted = self._counted(shown, lexicon)
        if counted is None and self._in_use is None:
            counted = self._made(shown, lexicon)
        elif counted is None:
            assert self._in_use is not None
            counted = self._counted(shown, self._in_use.lexicon, at_most=True)
        assert counted is not None
        self._in_use = counted
        return counted

    def _made(self, shown: Shown, lexicon: Lexicon) -> Counted:
        log.warning("index files are made before the first answer; this is needed once")
        make_files(self._store, lexicon, wait=True)
        if counted := self._counted(shown, lexicon):
            return counted
        # There is no room for them.
        self._pieces = [self._piece([*shown.live], lexicon)]
        return Counted(self._pieces, lexicon)

    def _counted(self, shown: Shown, lexicon: Lexicon, at_most: bool = False) -> Counted | None:
        """Segments of what is shown; None where too much is in none.

        Args:
            shown: What it is.
            lexicon: The word lists.
            at_most: What there is, then.
        """
        history = self._store.database.history
        if self._history != history or (self._in_use and self._in_use.lexicon is not lexicon):
            self._pieces, self._history = [], history
        self._stamp = self._folder.stamp()
        manifest = self._folder.manifest(self._way(lexicon))
        files = [*self._folder.opened(manifest).values()]
        missing = set(shown.live) - covered(files)
        self._pieces = [piece for piece in self._pieces if not missing.isdisjoint(_keys(piece))]
        if len(self._pieces) >= _MOST_PIECES:
            self._pieces = []
        missing -= covered(self._pieces)
        if missing:
            if not self._store.holds_at_most(missing, _IN_MEMORY):
                return Counted([*files, *self._pieces], lexicon) if at_most else None
            self._pieces.append(self._piece(sorted(missing), lexicon))
        return Counted([*files, *self._pieces], lexicon)

    def _piece(self, keys: Sequence[int], lexicon: Lexicon) -> Segment:
        return build_segment(self._store.entries(keys), lexicon)

    def _way(self, lexicon: Lexicon) -> str:
        if self._counting is None or self._counting[0] is not lexicon:
            self._counting = lexicon, counting(lexicon)
        return self._counting[1]


def _keys(segment: Segment) -> list[int]:
    keys: list[int] = segment.keys.tolist()
    return keys
