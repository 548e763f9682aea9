"""The worst time that bad input takes: `python -m tests.bench.hostile`.

Every message of HOSTILE goes to the bot over the sample record, several times, by words alone and
with meaning where there is a model. Printed are the worst times, the median of each message's runs
first; the promise is 50 ms by words alone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from bot.answering.responder import Responder
from bot.bootstrap import open_responder
from bot.config import Settings
from bot.ingest.embedding import embed_missing
from bot.matching.embedding import default_embedder
from bot.message import Message
from bot.reading.document import read_records
from bot.store import Store
from tests.conftest import SAMPLE
from tests.matching.test_matching import HOSTILE

_RUNS = 5
_PROMISED_MS = 50.0


def worst(responder: Responder) -> list[tuple[float, float, str]]:
    """(median ms, worst ms, message), slowest first; the first run of each warms up."""
    found = []
    for typed in HOSTILE:
        times = [_ms(responder, typed) for _ in range(_RUNS + 1)]
        found.append((median(times[1:]), max(times), typed))
    return sorted(found, reverse=True)


def _ms(responder: Responder, typed: str) -> float:
    start = perf_counter()
    responder.reply(Message(typed))
    return (perf_counter() - start) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "irbot.db")
        (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
        store.add([reading], SAMPLE.read_bytes(), SAMPLE.name)
        for what in ("words alone", "with meaning"):
            responder = open_responder(Settings(store.path), store)
            responder.reply(Message("可转债"))
            times = worst(responder)
            print(f"{what}, {responder.matcher}: {len(HOSTILE)} messages")
            for middle, most, typed in times[:5]:
                print(f"  {middle:7.1f} ms, at worst {most:7.1f}  {typed[:20]!r} ({len(typed)})")
            if what == "words alone":
                print(
                    "  promise kept"
                    if max(most for _, most, _ in times) < _PROMISED_MS
                    else "  PROMISE BROKEN"
                )
                embed_missing(store, default_embedder())


if __name__ == "__main__":
    main()
