"""How build, memory and search grow with the store: `python -m tests.bench.speed [SIZE …]`.

Stores of 31 (the sample record), 1,000, 10,000 and 100,000 questions, the larger ones made up of
the sample's sentences and clauses with one character in twenty changed, 1,850 to a company as on
the exchanges. So few words make every pair of characters common, which is the hard case for an
index of pairs. Beside each figure stands rapidfuzz `WRatio` over the same questions in the same
run: on another machine, or a busy one, only the ratio can be compared.

Every size is measured in a process of its own, which warms up first.
"""

from __future__ import annotations

import argparse
import random
import resource
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from multiprocessing import get_context
from time import perf_counter

import numpy as np
from rapidfuzz import fuzz, process

from bot.ingest.embedding import texts
from bot.matching.dense_index import LARGEST
from bot.matching.embedding import default_embedder
from bot.matching.index import Index
from bot.matching.text import sentences
from bot.reading.document import read_records
from bot.record import EventDate, Question, Record
from tests.conftest import SAMPLE

SIZES = (31, 1_000, 10_000, 100_000)
_OF_A_COMPANY, _OF_A_RECORD = 1_850, 50
_CHANGED = 0.05  # of the characters
_QUERIES, _QUERIES_OF_PEER = 200, 10
_TODAY = date(2026, 11, 24)


def made_up(count: int, chance: random.Random) -> list[Record]:
    """Records of so many questions; the sample itself where it is large enough."""
    (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
    sample = reading.record.questions
    if count <= len(sample):
        return [reading.record]
    asked = [piece for item in sample for piece in sentences(item.question)]
    said = [piece for item in sample for piece in sentences(item.answer)]
    letters = sorted({letter for piece in said for letter in piece if letter >= "㐀"})

    def text(pieces: Sequence[str], least: int, most: int) -> str:
        chosen = "".join(chance.choices(pieces, k=chance.randint(least, most)))
        return "".join(
            chance.choice(letters) if chance.random() < _CHANGED else letter for letter in chosen
        )

    records = []
    for at in range(0, count, _OF_A_RECORD):
        code = f"{300_000 + at // _OF_A_COMPANY:06}"
        day = _TODAY - timedelta(days=at % 700)
        records.append(
            Record(
                company_code=code,
                company_name=f"示例{code}",
                record_no=f"{day.year}-{at // _OF_A_RECORD % 1000:03}",
                title="投资者关系活动记录表",
                event_dates=(EventDate(day, day, "day", f"{day}"),),
                questions=tuple(
                    Question(number, text(asked, 1, 3), text(said, 2, 8))
                    for number in range(1, min(_OF_A_RECORD, count - at) + 1)
                ),
            )
        )
    return records


def queries(records: Sequence[Record], chance: random.Random) -> list[str]:
    """Stretches of stored questions as typed: keywords and half questions, a letter missing."""
    stored = [item.question for record in records for item in record.questions]
    found = []
    for _ in range(_QUERIES):
        text = chance.choice(stored)
        length = min(chance.choice((3, 4, 6, 15, 30)), len(text))
        start = chance.randint(0, len(text) - length)
        gone = start + chance.randrange(length) if length > 4 else -1
        found.append("".join(text[at] for at in range(start, start + length) if at != gone))
    return found


def measure(size: int) -> dict[str, float]:
    """The figures of one size; milliseconds, seconds and megabytes by name."""
    chance = random.Random(size)
    records = made_up(size, chance)
    asked = queries(records, chance)
    before = _peak_mb()
    started = perf_counter()
    index = Index.of(records)
    figures = {"build s": perf_counter() - started, "memory MB": _peak_mb() - before}
    code = records[0].company_code

    def by_words(text: str) -> object:
        return index.search(text, today=_TODAY)

    figures |= _times("words", by_words, asked)
    figures |= _times("one company", lambda text: index.search(text, company=code), asked)
    embedder = default_embedder()
    if embedder and size <= LARGEST:
        # Any vectors do for the time of a search, and real ones take minutes.
        needed, width = sorted(texts(records)), embedder(["可转债"]).shape[1]
        rows = np.random.default_rng(size).normal(size=(len(needed), width)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        vectors = dict(zip(needed, rows, strict=True))
        meant = Index.of(records, embedder=embedder, vectors=vectors)
        figures |= _times("meaning", lambda text: meant.search(text, today=_TODAY), asked)
    stored = [item.question for record in records for item in record.questions]
    figures |= _times(
        "WRatio",
        lambda text: process.extract(text, stored, scorer=fuzz.WRatio, limit=5),
        asked if size < 10_000 else asked[:_QUERIES_OF_PEER],
    )
    return figures


def _times(what: str, search: Callable[[str], object], asked: Sequence[str]) -> dict[str, float]:
    search(asked[0])
    times = []
    for text in asked:
        started = perf_counter()
        search(text)
        times.append((perf_counter() - started) * 1000)
    middle, most = np.percentile(times, (50, 99))
    return {f"{what} p50": float(middle), f"{what} p99": float(most)}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux


def told(size: int, figures: dict[str, float]) -> str:
    """One size in lines; ratios against WRatio's median and 99 % in brackets, below 1 is faster."""
    lines = [
        f"{size:,} questions: built in {figures['build s']:.1f} s, "
        f"{figures['memory MB']:.0f} MB more at the peak"
    ]
    for what in ("words", "one company", "meaning", "WRatio"):
        if f"{what} p50" in figures:
            middle, most = figures[f"{what} p50"], figures[f"{what} p99"]
            ratios = f"({middle / figures['WRatio p50']:.3f}, {most / figures['WRatio p99']:.3f})"
            lines.append(f"  {what:12} p50 {middle:8.1f} ms, p99 {most:8.1f} ms  {ratios}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    for size in parser.parse_args().sizes:
        with get_context("spawn").Pool(1) as pool:
            print(told(size, pool.apply(measure, (size,))), flush=True)


if __name__ == "__main__":
    main()
