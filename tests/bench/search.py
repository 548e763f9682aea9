"""How long a search takes in a store of any size, beside what others would search with.

    python -m tests.bench.search FOLDER [SIZE …] [--write]

FOLDER keeps what is made of generated pairs (generated.py: 2,000 companies): a file with the
questions alone, one with their answers too, and the rows. --write makes docs/speed.md anew.

Times are of one thread, on the processor: what else runs on the machine is not in them. Each
engine runs in a process of its own, over the same questions.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import islice
from math import log10
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bot.evaluating.plot import Line, Panel, svg
from bot.indexing.keeping import BEHIND
from bot.matching.index import Index
from bot.matching.lexicon import read_lexicon
from bot.matching.parts import Wanted
from bot.matching.segment_files import open_segment, write
from bot.record import EventDate, Question, Record
from tests.bench.generated import pairs
from tests.bench.peers import PEERS, Matcher, tantivy_grams

SIZES = (31, 1_000, 10_000, 100_000, 1_000_000)
PAGE = Path(__file__).parents[2] / "docs/speed.md"
_BLOCK = 100_000  # rows that are put into records at once
_ASKED = 300
_ASKED_OF_SLOW = 10
_TODAY = date(2026, 11, 24)
_BEST = 24
_SLOW = ("rapidfuzz WRatio", "FTS5 characters and pairs, OR")  # a second a message and more
_PEERS = (*_SLOW, "bm25s characters and pairs", "tantivy")

_LEAST, _MOST = log10(31), 6.0  # of the drawing
_MARKS = ("31", "10³", "10⁴", "10⁵", "10⁶")

Figures = dict[str, float]
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Rows:
    """Generated questions and answers in a file, as a shelf that fetches what a search finds."""

    path: Path

    @property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        found = self._found("SELECT DISTINCT code, name FROM entries")
        return {code: (code, name) for code, name in found}

    @property
    def newest(self) -> date:
        return _TODAY

    def record(self, key: int) -> Record:
        ((code, name),) = self._found("SELECT code, name FROM entries WHERE key = ?", key)
        return _record(code, name, ())

    words = record

    def questions(self, wanted: Sequence[tuple[int, int]]) -> list[Question]:
        return [_question(*self._row(*place)) for place in wanted]

    def _row(self, key: int, number: int) -> tuple[Any, ...]:
        (row,) = self._found(
            "SELECT number, asked, answered, at FROM rows WHERE key = ? AND number = ?", key, number
        )
        return row

    def _found(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        return list(self._db.execute(query, given))

    @cached_property
    def _db(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path)

    def records_named(self, text: str) -> frozenset[str]:
        return frozenset()

    def fill(self, count: int) -> None:
        """Put as many pairs into the file."""
        with self._db as db:
            db.execute("CREATE TABLE entries (key INTEGER PRIMARY KEY, code, name)")
            db.execute(
                "CREATE TABLE rows (key INTEGER, number INTEGER, asked, answered, at, "
                "PRIMARY KEY (key, number)) WITHOUT ROWID"
            )
            made = pairs(count)
            key = 0
            while block := list(islice(made, _BLOCK)):
                of_company: dict[tuple[str, str], list[tuple[str, ...]]] = {}
                for code, name, *row in block:
                    of_company.setdefault((code, name), []).append(tuple(row))
                for (code, name), own in of_company.items():
                    key += 1
                    db.execute("INSERT INTO entries VALUES (?, ?, ?)", [key, code, name])
                    db.executemany(
                        "INSERT INTO rows VALUES (?, ?, ?, ?, ?)",
                        [(key, at, row[0], row[2], row[3]) for at, row in enumerate(own, 1)],
                    )

    def entries(self, with_answers: bool) -> Iterator[tuple[int, Record]]:
        for key, code, name in self._found("SELECT key, code, name FROM entries"):
            rows = self._found("SELECT number, asked, answered, at FROM rows WHERE key = ?", key)
            found = tuple(_question(*row) for row in rows)
            if not with_answers:
                found = tuple(replace(item, answer="") for item in found)
            yield key, _record(code, name, found)

    def asked(self, count: int) -> list[str]:
        """Stretches of stored questions as people type them: words and half questions."""
        chance = random.Random(count)
        ((keys,),) = self._found("SELECT max(key) FROM entries")
        found: list[str] = []
        while len(found) < _ASKED:
            own = self._found("SELECT asked FROM rows WHERE key = ?", chance.randint(1, keys))
            found.append(_stretch(chance.choice(own)[0], chance))
        return found

    def texts(self) -> list[tuple[Any, ...]]:
        """Every question, by a name of its own."""
        return self._found("SELECT key || '/' || number, asked FROM rows")


def _question(number: int, asked: str, answered: str, at: str) -> Question:
    return Question(number, asked, answered, kind="platform", answered_at=at)


def _record(code: str, name: str, questions: tuple[Question, ...]) -> Record:
    dates = (EventDate(_TODAY, _TODAY, "day", f"{_TODAY}"),)
    return Record(code, name, None, "问答", dates, questions, is_written=True)


def _stretch(text: str, chance: random.Random) -> str:
    length = min(chance.choice((3, 4, 6, 15, 30)), len(text))
    start = chance.randint(0, len(text) - length)
    gone = start + chance.randrange(length) if length > 4 else -1
    return "".join(text[at] for at in range(start, start + length) if at != gone)


# Measuring


def made(folder: Path, size: int, with_answers: bool) -> tuple[Rows, Path, Figures]:
    """The rows and the segment of a size, made where they are not there, and what that took."""
    rows = Rows(folder / f"{size}.db")
    if not rows.path.exists():
        rows.fill(size)
    path = folder / f"{size}-{'answers' if with_answers else 'questions'}.segment"
    figures: Figures = {}
    if not path.exists():
        started = time.process_time()
        write(rows.entries(with_answers), path, read_lexicon())
        figures["build s"] = time.process_time() - started
    figures["file MB"] = path.stat().st_size / 1e6
    return rows, path, figures


def make(folder: Path, size: int, with_answers: bool) -> Figures:
    """What making the rows and the segment of a size took; nothing where they are there."""
    return made(folder, size, with_answers)[2]


def measure(folder: Path, size: int, with_answers: bool) -> Figures:
    """One size; milliseconds, seconds and megabytes by name."""
    rows, path, figures = made(folder, size, with_answers)
    asked = rows.asked(size)
    before = _memory_mb()
    started = time.perf_counter()
    segment = open_segment(path)
    live: dict[int, frozenset[str]] = dict.fromkeys(segment.keys.tolist(), frozenset())
    index = Index([segment], rows, live, lexicon=read_lexicon())
    figures["open s"] = time.perf_counter() - started
    collection, codes = index.collection, sorted(index.names.of_company)
    weights = {text: index.query(text).weights() for text in asked}
    of = {text: codes[at * 7 % len(codes)] for at, text in enumerate(asked)}

    def search(text: str, company: str = "") -> list[tuple[int, float]]:
        words = [
            *collection.texts.weighed(weights[text]),
            *collection.questions.weighed(weights[text], 0.5),
        ]
        scope = collection.scope(Wanted(frozenset({company} if company else ())))
        return collection.best(words, scope, _BEST)

    figures |= _times("search", search, asked)
    figures |= _times("one company", lambda text: search(text, of[text]), asked)
    figures |= _times("whole", index.search, asked)
    figures["memory MB"] = _memory_mb() - before
    return figures


def measure_peer(folder: Path, size: int, name: str) -> Figures:
    """A peer over the same questions."""
    rows = Rows(folder / f"{size}.db")
    started = time.process_time()
    build = tantivy_grams if name == "tantivy" else PEERS[name]
    matcher: Matcher = build(rows.texts())
    figures = {"build s": time.process_time() - started}
    asked = rows.asked(size)
    return figures | _times("search", matcher, asked[:_ASKED_OF_SLOW] if name in _SLOW else asked)


def measure_rebuild(folder: Path, size: int) -> Figures:
    """What messages cost and wait while another process, as low as `serve` has it, counts the store
    anew, and with none."""
    rows, path, _ = made(folder, size, with_answers=True)
    segment = open_segment(path)
    live: dict[int, frozenset[str]] = dict.fromkeys(segment.keys.tolist(), frozenset())
    index = Index([segment], rows, live, lexicon=read_lexicon())
    asked = rows.asked(size)
    figures = _waited("alone", index.search, asked)
    with TemporaryDirectory(dir=folder) as place:
        other = get_context("spawn").Process(
            target=_count, args=(Rows(rows.path), Path(place) / "0")
        )
        other.start()
        while not any(Path(place).iterdir()):  # it reads its modules first
            time.sleep(0.1)
        figures |= _waited("beside", index.search, asked)
        figures["is beside"] = float(other.is_alive())
        other.terminate()
        other.join()
    return figures


def _waited(what: str, search: Callable[[str], object], asked: Sequence[str]) -> Figures:
    cost = _times(f"{what}, processor", search, asked)
    return cost | _times(f"{what}, clock", search, asked[::-1], time.perf_counter)


def _count(rows: Rows, path: Path) -> None:
    os.nice(BEHIND)
    write(rows.entries(with_answers=True), path, read_lexicon())


def _times(
    what: str,
    search: Callable[[str], object],
    asked: Sequence[str],
    clock: Callable[[], float] = time.thread_time,
) -> Figures:
    search(asked[0])
    times = []
    for text in asked:
        started = clock()
        search(text)
        times.append((clock() - started) * 1000)
    middle, most = np.percentile(times, (50, 99))
    return {f"{what} p50": float(middle), f"{what} p99": float(most)}


def _memory_mb() -> float:
    """What is this process's alone: a mapped file is not."""
    with Path("/proc/self/smaps_rollup").open() as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Anonymous")) / 1024


# Telling


def _told(size: int, kind: str, figures: Figures) -> str:
    cells = [
        f"{figures['search p50']:.1f} / {figures['search p99']:.1f}",
        f"{figures['one company p50']:.1f} / {figures['one company p99']:.1f}",
        f"{figures['whole p50']:.1f} / {figures['whole p99']:.1f}",
        f"{figures['open s']:.2f}",
        f"{figures['memory MB']:.0f}",
        f"{figures['file MB']:.1f}",
        f"{figures['build s']:.0f}" if "build s" in figures else "",
    ]
    return f"| {size:,} {kind} | {' | '.join(cells)} |"


_HEAD = """\
| store | search, p50 / p99 ms | one company | with what is read of the best | open s | memory MB \
| file MB | build s |
| --- | --- | --- | --- | --- | --- | --- | --- |"""
_REBUILD_HEAD = """\
| search with what is read of the best | on the processor, p50 / p99 ms | by the clock |
| --- | --- | --- |"""
_PEERS_HEAD = """\
| engine | p50 / p99 ms | × irbot's p50 | build s |
| --- | --- | --- | --- |"""


def _told_peer(name: str, figures: Figures, own: Figures) -> str:
    times = figures["search p50"] / own["search p50"]
    spent = f"{figures['search p50']:.1f} / {figures['search p99']:.1f}"
    return f"| {name} | {spent} | {times:,.1f} | {figures['build s']:.0f} |"


def _told_rebuild(figures: Figures) -> Iterator[str]:
    yield _REBUILD_HEAD
    for what in ("alone", "beside"):
        spent = [
            f"{figures[f'{what}, {by} p50']:.1f} / {figures[f'{what}, {by} p99']:.1f}"
            for by in ("processor", "clock")
        ]
        yield f"| {what} | {' | '.join(spent)} |"


def tables(folder: Path, sizes: Sequence[int], found: dict[str, Points]) -> Iterator[str]:
    """The page's tables, line by line.

    Args:
        folder: Keeps what is made.
        sizes: Of stores.
        found: Takes what is drawn.
    """
    own: Figures = {}
    yield _HEAD
    for size in sizes:
        for kind in ("questions", "answers"):
            # Made in another process, whose memory is not measured.
            figures = _alone(make, folder, size, kind == "answers")
            figures |= _alone(measure, folder, size, kind == "answers")
            own = figures if kind == "questions" else own
            told = "questions" if kind == "questions" else "with answers"
            for what in ("search", "one company"):
                for share in ("p50", "p99"):
                    line = found.setdefault(f"{what}, {told}, {share}", [])
                    line.append((_across(size), figures[f"{what} {share}"]))
            yield _told(size, told, figures)
    yield ""
    yield f"{sizes[-1]:,} questions, each engine with characters and pairs:\n\n{_PEERS_HEAD}"
    yield _told_peer("irbot", own | {"build s": own.get("build s", 0)}, own)
    for name in _PEERS:
        yield _told_peer(name, _alone(measure_peer, folder, sizes[-1], name), own)
    yield ""
    rebuilding = measure_rebuild(folder, sizes[-1])
    assert rebuilding["is beside"], "it was counted before all was asked"
    yield f"{sizes[-1]:,} with answers, while another process counts them anew:\n"
    yield from _told_rebuild(rebuilding)


def _across(size: int) -> float:
    return (log10(size) - _LEAST) / (_MOST - _LEAST)


def drawn(found: Mapping[str, Points]) -> str:
    """How a search grows with the store, as SVG."""
    marks = [(_across(size), mark) for size, mark in zip(SIZES, _MARKS, strict=True)]
    lines = [Line(name, points, dots=True) for name, points in found.items() if "with" in name]
    title = "Questions with answers"
    return svg([Panel(title, "questions in the store", "ms", lines, top=20.0, marks=marks)])


def _alone(of: Callable[..., Figures], *given: object) -> Figures:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(of, given)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    lines = []
    found: dict[str, Points] = {}
    for line in tables(given.folder, given.sizes, found):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        before, mark, _ = PAGE.read_text(encoding="utf-8").partition(_MARK)
        PAGE.write_text(f"{before}{mark}" + "\n".join(lines) + "\n", encoding="utf-8")
        PAGE.with_suffix(".svg").write_text(drawn(found), encoding="utf-8")


_MARK = "is not the mapped file.\n\n"  # the tables come behind it


if __name__ == "__main__":
    main()
