"""The files of an index, written and merged: at an import, and in the background while a process
answers, in a process of its own, since counting takes all of a core."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bot.errors import BotError, DisplacedError, is_full, reason
from bot.indexing.folder import IndexFolder, Manifest, Named
from bot.matching.lexicon import Lexicon, read_lexicon
from bot.matching.segment import Segment
from bot.matching.segment_files import merge, write
from bot.matching.version import version
from bot.store import Store

# Questions from which a file pays: fewer are counted while the program starts.
_WORTH_A_FILE = 300
_MOST_FILES = 8
_MERGED = 6  # files, the smallest, that become one when there are more
_DEAD = 0.3  # share of what a file counts and nobody finds, from which it is written anew
_LOOK_S = 2.0  # between two looks whether files are to be made
_BEHIND = 10  # niceness of who makes them

log = logging.getLogger(__name__)

Tell = Callable[[int], None]


def covered(segments: Iterable[Segment]) -> set[int]:
    """The keys of what is counted in segments."""
    found: set[int] = set()
    for segment in segments:
        found.update(segment.keys.tolist())
    return found


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
        with folder.writing(wait=wait) as is_ours:
            if is_ours:
                while _make_once(store, folder, lexicon, tell):
                    pass  # more came meanwhile
            return is_ours
    except OSError as error:
        why = "the disk is full" if is_full(error) else reason(error)
        log.warning("index files stay as they were: %s", why)
        return False


def _make_once(store: Store, folder: IndexFolder, lexicon: Lexicon, tell: Tell | None) -> bool:
    """Whether anything was to do."""
    manifest, segments = _found(folder, version(lexicon, None))
    wanted = store.countable(datetime.now(UTC))
    missing = sorted(wanted - covered(segments.values()))
    if _are_worth_a_file(store, missing):
        path = folder.new_file()
        write(store.entries(missing), path, lexicon, tell)
        _replace(folder, manifest, (), path)
        return True
    if together := _to_merge(segments, wanted):
        path = folder.new_file()
        merge([segments[named] for named in together], wanted, path)
        _replace(folder, manifest, together, path)
        return True
    return False


def _found(folder: IndexFolder, matcher: str) -> tuple[Manifest, dict[Named, Segment]]:
    """What the folder has; what is damaged in it is made anew."""
    manifest = folder.manifest(matcher)
    segments = folder.opened(manifest)
    return replace(manifest, segments=tuple(segments)), segments


def _are_worth_a_file(store: Store, keys: Sequence[int]) -> bool:
    return bool(keys) and not store.holds_at_most(keys, _WORTH_A_FILE - 1)


def _to_merge(segments: dict[Named, Segment], wanted: set[int]) -> tuple[Named, ...]:
    """Files that one is to be made of: one in which much is dead, or the smallest of many."""
    for named, segment in segments.items():
        if _dead(segment, wanted) > _DEAD:
            return (named,)
    if len(segments) <= _MOST_FILES:
        return ()
    return tuple(sorted(segments, key=lambda named: named.documents)[:_MERGED])


def _dead(segment: Segment, wanted: set[int]) -> float:
    """The share of a segment's questions that are in no record that is or will be shown."""
    gone = [at for at, key in enumerate(segment.keys.tolist()) if key not in wanted]
    if not gone:
        return 0.0
    return float(np.isin(segment.questions.entry, gone).sum() / max(len(segment.questions), 1))


def _replace(folder: IndexFolder, manifest: Manifest, gone: Sequence[Named], path: Path) -> None:
    """Let a new file count, in place of others."""
    kept = tuple(named for named in manifest.segments if named not in gone)
    folder.replace(replace(manifest, segments=(*kept, folder.named(path))))


# In the background


class Keeper:
    """Looks, while a process serves, whether files are to be made, and has them made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = IndexFolder(store)
        self._seen: object = None
        self._ended = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="index", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        with suppress(DisplacedError):  # whoever serves looks for it, and tells
            while not self._ended.wait(_LOOK_S):
                self._look()

    def _look(self) -> None:
        try:
            lexicon = read_lexicon(self._store.path.parent)
        except BotError:
            return  # told elsewhere; the lists stay as they were
        matcher = version(lexicon, None)
        state = self._store.generation(), self._folder.stamp(), matcher
        if state == self._seen:
            return
        _, segments = _found(self._folder, matcher)
        wanted = self._store.countable(datetime.now(UTC))
        missing = sorted(wanted - covered(segments.values()))
        if _are_worth_a_file(self._store, missing) or _to_merge(segments, wanted):
            make_apart(self._store.path)
        self._seen = self._store.generation(), self._folder.stamp(), matcher


def make_apart(db: Path) -> None:
    """Make the files in a process of its own, and wait for it."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_make_behind, args=(db,), daemon=True)
    process.start()
    process.join()


def _make_behind(db: Path) -> None:
    os.nice(_BEHIND)
    with suppress(BotError):  # the process that serves tells it
        make_files(Store(db), read_lexicon(db.parent))
