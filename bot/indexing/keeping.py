"""The files of an index, written and merged: at an import, and in the background while a process
answers, in a process of its own, since counting takes all of a core."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from bot.errors import BotError, DisplacedError, StoreError, is_full, reason
from bot.indexing.folder import IndexFolder, Manifest, Named
from bot.matching.lexicon import Lexicon, LexiconFile, read_lexicon
from bot.matching.segment import Segment
from bot.matching.segment_files import merge, write
from bot.matching.version import counting
from bot.postgres_url import Place, folder_of
from bot.store import Store
from bot.store.connection import telling

# Questions from which a file pays: fewer are counted while the program starts.
_WORTH_A_FILE = 300
_MOST_FILES = 8
_MERGED = 6  # files, the smallest, that become one when there are more
# What a file counts and nobody finds, from which it is written anew: a share of it, and so many
# questions, since an index takes off again what they spell.
_DEAD_SHARE, _MOST_DEAD = 0.3, 2_000
_LOOK_S = 2.0  # between two looks whether files are to be made
_AGAIN_S = 600.0  # between two tries to make what could not be made
BEHIND = 10  # niceness of who makes them

log = logging.getLogger(__name__)

Tell = Callable[[int], None]


def covered(segments: Iterable[Segment]) -> set[int]:
    """The keys of what is counted in segments."""
    found: set[int] = set()
    for segment in segments:
        found.update(segment.keys.tolist())
    return found


def keep_files(store: Store, tell: Tell | None = None) -> None:
    """Make the files after an import; where another process does so already, it goes on with
    this.

    Args:
        store: What was imported into.
        tell: Called with the number of questions that were counted.
    """
    try:
        lexicon = read_lexicon(store.folder)
    except BotError as error:  # nothing can be answered before that is put right
        log.error("index files stay as they were: %s", error)
        return
    make_files(store, lexicon, tell=tell)


def make_files(
    store: Store, lexicon: Lexicon, *, wait: bool = False, tell: Tell | None = None
) -> bool:
    """Write what no file has, and merge files, as far as it pays.

    Args:
        store: Of which.
        lexicon: The word lists.
        wait: For another process that does so; else nothing is done where one does.
        tell: Called with the number of questions that were counted.

    Returns:
        Whether all is in files that should be; else the log says why.
    """
    folder = IndexFolder(store)
    try:
        if to_do(store, folder, lexicon) is None:
            return True
        with folder.writing(wait=wait) as is_ours:
            while is_ours and (work := to_do(store, folder, lexicon)):
                _do(store, folder, lexicon, work, tell)  # and more that came meanwhile
            return is_ours
    except OSError as error:
        why = "the disk is full" if is_full(error) else reason(error)
        log.warning("index files stay as they were: %s", why)
        return False


@dataclass(frozen=True)
class Work:
    """What is to be done to the files: versions to count, or else files to merge."""

    manifest: Manifest
    segments: Mapping[Named, Segment]
    wanted: Set[int]  # the keys of all that is or will be shown
    missing: Sequence[int] = ()
    together: Sequence[Named] = ()


def to_do(store: Store, folder: IndexFolder, lexicon: Lexicon) -> Work | None:
    """What is to be done next; None: nothing that pays."""
    found = folder.manifest(counting(lexicon))
    segments = folder.opened(found)
    manifest = replace(found, segments=tuple(segments))  # what is damaged is made anew
    wanted = store.countable(datetime.now(UTC))
    missing = sorted(wanted - covered(segments.values()))
    if missing and not store.holds_at_most(missing, _WORTH_A_FILE - 1):
        return Work(manifest, segments, wanted, missing=missing)
    together = _to_merge(segments, wanted)
    return Work(manifest, segments, wanted, together=together) if together else None


def _do(store: Store, folder: IndexFolder, lexicon: Lexicon, work: Work, tell: Tell | None) -> None:
    kept = tuple(named for named in work.manifest.segments if named not in work.together)
    merged = [work.segments[named] for named in work.together]
    path = folder.new_file()
    if work.missing:
        write(store.entries(work.missing), path, lexicon, tell)
    elif not work.wanted.isdisjoint(covered(merged)):
        merge(merged, work.wanted, path, store.entry)
    if path.exists():  # else nothing was left of what was merged
        kept = (*kept, folder.named(path))
    folder.replace(replace(work.manifest, segments=kept))
    log.info("index files: %d, questions=%d", len(kept), sum(item.documents for item in kept))


def _to_merge(segments: Mapping[Named, Segment], wanted: Set[int]) -> tuple[Named, ...]:
    """Files that one is to be made of: one in which much is dead, or the smallest of many."""
    for named, segment in segments.items():
        if _dead(segment, wanted) > min(_DEAD_SHARE * named.documents, _MOST_DEAD):
            return (named,)
    if len(segments) <= _MOST_FILES:
        return ()
    return tuple(sorted(segments, key=lambda named: named.documents)[:_MERGED])


def _dead(segment: Segment, wanted: Set[int]) -> int:
    """How many of a segment's questions are in no record that is or will be shown."""
    gone = [at for at, key in enumerate(segment.keys.tolist()) if key not in wanted]
    return int(np.isin(segment.questions.entry, gone).sum()) if gone else 0


# In the background


class Keeper:
    """Looks, while a process serves, whether files are to be made, and has them made."""

    def __init__(self, store: Store) -> None:
        """
        Raises:
            BotError: The word lists beside the store cannot be read.
        """
        self._store = store
        self._folder = IndexFolder(store)
        self._lexicon_file = LexiconFile(store.folder)
        self._seen: object = None
        self._seen_at = 0.0
        self._ended = threading.Event()

    def start(self) -> None:
        """In a thread."""
        threading.Thread(target=self._run, name="index", daemon=True).start()

    def stop(self) -> None:
        """Look no more; what is being made is made to its end, or by the next start."""
        self._ended.set()

    def _run(self) -> None:
        self.check()
        told = ""
        while not self._ended.wait(_LOOK_S):
            try:
                with telling(self._store.place):
                    self.look()
                told = ""
            except DisplacedError:  # whoever serves looks for it, and tells
                return
            except (StoreError, OSError) as error:  # also no process to make them in
                if str(error) != told:  # a server may be away for long
                    log.warning("index files are looked at later: %s", error)
                told = str(error)

    def check(self) -> None:
        """Read the files to their ends; one that is not as it was written is removed."""
        with suppress(StoreError), telling(self._store.place):
            found = self._folder.manifest(counting(self._lexicon_file.read()))
            for named in found.segments:
                self._folder.remove_if_damaged(named)

    def look(self) -> None:
        """Have made what is to be made, if anything was changed since the last look."""
        lexicon = self._lexicon_file.read()
        state = self._store.generation(), self._folder.stamp(), lexicon
        is_late = time.monotonic() - self._seen_at > _AGAIN_S  # there may be room by now
        if state != self._seen or is_late:
            if to_do(self._store, self._folder, lexicon):
                make_apart(self._store.place)
            self._seen = state[0], self._folder.stamp(), lexicon
            self._seen_at = time.monotonic()


def make_apart(db: Place) -> None:
    """Make the files in a process of its own, and wait for it."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_make_behind, args=(db,), daemon=True)
    process.start()
    process.join()


def _make_behind(db: Place) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that serves
    os.nice(BEHIND)
    with suppress(BotError):  # the process that serves tells it
        make_files(Store(db), read_lexicon(folder_of(db)))
