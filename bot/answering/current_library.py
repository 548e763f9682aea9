"""The library as the store, the clock and the word lists have it now; replaced whole when one of
them changes."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from bot.answering.library import Library
from bot.errors import DisplacedError, StoreError
from bot.indexing import Counted, Segments, StoreShelf
from bot.ingest.embedding import known_vectors
from bot.ingest.meaning import MeaningState, meaning_state
from bot.matching.embedding import Embedder
from bot.matching.index import Index
from bot.matching.lexicon import LexiconFile
from bot.matching.taught import Rejection, Wording
from bot.record import Record
from bot.store import Shown, Store, meant_now, normal_id
from bot.store.connection import telling

Find = Callable[[str], Record | None]

_LIMITED = 64  # libraries of some companies that are kept, those that were asked of last

log = logging.getLogger(__name__)


class CurrentLibrary:
    """Keeps the library as the store, the clock and the word lists have it. Safe in threads."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        embedder: Embedder | None,
        is_taught: bool = True,
    ) -> None:
        """
        Args:
            store: What is stored.
            now: The clock.
            embedder: The model that made the store's vectors; None: words alone.
            is_taught: Whether aliases and counterexamples count.

        Raises:
            BotError: The word lists beside the store cannot be read.
        """
        self._store = store
        self._now = now
        self._embedder = embedder
        self._is_taught = is_taught
        self._lock = threading.Lock()
        self._lexicon_file = LexiconFile(store.folder)
        self._segments = Segments(store)
        self._aside = threading.Semaphore()
        self._library = self._load()
        self._outside: tuple[Library, Library] | None = None  # of which it was made
        self._limiting = threading.Lock()  # guards the next
        self._limited: OrderedDict[tuple[frozenset[str], bool], tuple[Library, Library]] = (
            OrderedDict()
        )

    def get(self) -> Library:
        """What may be answered now.

        What was changed or hidden is so with the next message. What only came is found by it,
        too; where putting the library together would keep somebody waiting, it is put together
        aside, and found a moment later.
        """
        while True:
            library = self._library
            match self._lacks(library):
                case "nothing":
                    return library
                case "more" if library.is_large:
                    self._load_aside()
                    return library
            with self._lock:
                if self._library is library:
                    self._library = self._load()

    def _lacks(self, library: Library) -> Literal["nothing", "more", "changes"]:
        """What has come or was changed since a library was put together."""
        until = library.shown.until
        generation, changes = self._store.generations()
        if (until is not None and until <= self._now()) or changes != library.shown.changes:
            return "changes"
        is_whole = generation == library.generation and not self._lexicon_file.changed()
        return "nothing" if is_whole and not self._segments.changed() else "more"

    def _load_aside(self) -> None:
        """Put the next library together in a thread, one at a time."""

        def load() -> None:
            try:
                with self._lock, telling(self._store.place):
                    self._library = self._load()
            except DisplacedError:  # whoever serves looks for it, and tells
                pass
            except StoreError as error:  # the next message tries again
                log.warning("what came is not found yet: %s", error)
            finally:
                self._aside.release()

        if self._aside.acquire(blocking=False):
            threading.Thread(target=load, name="library", daemon=True).start()

    def outside(self) -> Library:
        """What people outside the company may be told now: no row of a sheet."""
        library = self.get()
        made = self._outside
        if made is None or made[0] is not library:
            with self._lock:
                made = self._outside
                if made is None or made[0] is not library:
                    self._outside = made = library, self._of_outside(library)
        return made[1]

    def limited(self, companies: frozenset[str] | None, *, outside: bool = False) -> Library:
        """What may be answered now of some companies: of all others it knows nothing.

        Args:
            companies: Their codes; None: all.
            outside: For people outside the company.
        """
        library = self.outside() if outside else self.get()
        if companies is None:
            return library
        with self._limiting:
            of = companies, outside
            made = self._limited.pop(of, None)
            if made is None or made[0] is not library:
                shown = self._store.narrowed(library.shown, companies)
                made = library, self._put_together(shown, library.counted)
            self._limited[of] = made
            if len(self._limited) > _LIMITED:
                self._limited.popitem(last=False)
        return made[1]

    def _of_outside(self, library: Library) -> Library:
        shown = self._store.disclosed(library.shown)
        if shown is library.shown:
            return library
        return self._put_together(shown, library.counted)

    @property
    def built(self) -> Library:
        """As it was built last, for what must not wait for another."""
        return self._library

    def meaning(self) -> MeaningState:
        """How much of what may be shown can be compared by meaning."""
        return meaning_state(self._store, self._embedder, self._now())

    def _load(self) -> Library:
        shown = self._store.shown(self._now())
        return self._put_together(shown, self._segments.of(shown, self._lexicon_file.read()))

    def _put_together(self, shown: Shown, counted: Counted) -> Library:
        find = _by_any_spelling(shown)
        index = Index(
            counted.segments,
            StoreShelf(self._store, shown),
            shown.live,
            lexicon=counted.lexicon,
            embedder=self._embedder,
            vectors_of=known_vectors(self._store, self._embedder),
            wordings=self._wordings(find) if self._is_taught else (),
            rejections=self._rejections(find) if self._is_taught else (),
        )
        log.info("index built: records=%d generation=%d", len(shown.briefs), shown.generation)
        return Library(shown, index, self._store, counted)

    def _wordings(self, find: Find) -> Iterator[Wording]:
        """The live aliases of what may be shown, under the number that each question has now."""
        for alias in self._store.aliases("live"):
            if meant := meant_now(find, alias.question_id, alias.question):
                record, unit, part = meant
                yield Wording(record.id, unit.number, alias.text, part)

    def _rejections(self, find: Find) -> Iterator[Rejection]:
        """What no question answers, and what one of those that may be shown does not."""
        zone = self._now().tzinfo
        for text, at in self._store.not_ours().items():
            yield Rejection(text, at.astimezone(zone).date())
        for item in self._store.counterexamples():
            if meant := meant_now(find, item.question_id, item.question):
                record, unit, _ = meant
                yield Rejection(item.text, item.at.astimezone(zone).date(), record.id, unit.place)


def _by_any_spelling(shown: Shown) -> Find:
    """Finds a record by its id, however its number is written."""
    places: dict[str, int] = {}

    def find(record_id: str) -> Record | None:
        if not places:
            places.update((brief.key, at) for at, brief in enumerate(shown.briefs))
        at = places.get(normal_id(record_id))
        return None if at is None else shown.stored[at].record

    return find
