"""Whether the time of a decline tells that something is hidden.

    python -m tests.bench.hidden_times 记录表.pdf folder/ --declines 1000

The files are imported twice for each kind of hiding: into a store that hides something, and into
one that lacks it. Both are asked the same, in turns, what both decline. Printed are the medians and
how often a decline of the one was slower than a decline of the other: within the bounds of chance
around a half, nobody can tell them apart by time.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.answering.responder import Responder
from bot.config import Settings
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.message import Decline, Message
from bot.record import Reading, Record
from bot.store import Store
from tests.conftest import open_by_words

# What no record speaks of, each time otherwise.
_BESIDE = (
    "鲸鱼在第{number}个海湾里唱歌吗",
    "骆驼{number}号喝了几桶水",
    "第{number}只海豚何时学会跳舞",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--declines", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "all.db")
        list(import_files(store, files_in(given.paths), Options()))
        records = [item.record for item in store.records()]
        for kind, hiding, lacking in _pairs(Path(folder), records):
            asked = list(_declined(hiding, lacking, records[0], given.declines))
            _report(kind, *_timed(hiding, lacking, asked))


def _pairs(folder: Path, records: list[Record]) -> Iterator[tuple[str, Responder, Responder]]:
    """By kind: over a store that hides something of the newest record, over one that lacks it."""
    newest, *others = records
    question = newest.questions[0]
    rest = newest.without({question.number}, frozenset())
    target = f"{newest.id}#{question.number}"
    kinds: dict[str, tuple[Callable[[Store], object], list[Record], bool]] = {
        "nothing": (lambda store: None, records, False),  # what two equal stores differ by
        "draft": (lambda store: None, others, True),
        "held": (lambda store: store.hold(target, "trial"), [rest, *others], False),
        "withdrawn": (lambda store: store.withdraw(target, "trial"), [rest, *others], False),
        "held record": (lambda store: store.hold(newest.id, "trial"), others, False),
    }
    for kind, (hide, left, is_draft) in kinds.items():
        hiding, lacking = (Store(folder / f"{kind} {which}.db") for which in ("hides", "lacks"))
        for item in records:
            content = item.id.encode()
            hiding.add([Reading(item)], content, item.id, is_draft=is_draft and item is newest)
        hide(hiding)
        for item in left:
            lacking.add([Reading(item)], item.id.encode(), item.id)
        one, other = (open_by_words(Settings(store.path)) for store in (hiding, lacking))
        yield kind, one.responder, other.responder


def _declined(hiding: Responder, lacking: Responder, hidden: Record, count: int) -> Iterator[str]:
    """What both decline: the hidden words where they are declined, then others."""
    beside = (_BESIDE[number % 3].format(number=number) for number in range(count * 5))
    made = (*(item.question for item in hidden.questions), *beside)
    found = 0
    for text in made:
        replies = [responder.consider(Message(text)).reply for responder in (hiding, lacking)]
        assert replies[0] == replies[1], text
        if isinstance(replies[0], Decline):
            found += 1
            yield text
        if found == count:
            return


def _timed(
    hiding: Responder, lacking: Responder, asked: list[str]
) -> tuple[list[float], list[float]]:
    """Seconds of each decline, the two asked in an order that chance decides."""
    chance = random.Random(22)
    seconds: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    for text in asked:
        for which in chance.sample((0, 1), 2):
            begun = time.perf_counter()
            (hiding, lacking)[which].reply(Message(text))
            seconds[which].append(time.perf_counter() - begun)
    gc.enable()
    return seconds


def _report(kind: str, hiding: list[float], lacking: list[float]) -> None:
    count = len(hiding)
    slower = sum(
        (one > other) + (one == other) / 2 for one, other in zip(hiding, lacking, strict=True)
    )
    bound = 1.96 * (0.25 / count) ** 0.5
    medians = [f"{statistics.median(seconds) * 1000:.3f}" for seconds in (hiding, lacking)]
    print(
        f"{kind}: {count} declines, median {medians[0]} ms where it is hidden, {medians[1]} ms "
        f"where it is not stored; the first was slower in {slower / count:.1%} of the pairs "
        f"(by chance 50% ± {bound:.1%})"
    )


if __name__ == "__main__":
    main()
