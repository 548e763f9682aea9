"""What a pair model costs beside a search, in one sitting: milliseconds, parameters.

python -m tests.bench.pair.cost FOLDER      FOLDER: of tests.bench.pair.train; IR_TEST_RECORDS
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from bot.ingest.embedding import vectors_of
from bot.matching.embedding import default_embedder
from bot.matching.index import Index
from tests.bench.pair.nets import Learner
from tests.bench.pair.rows import Pair
from tests.bench.pair.train import PLANS, read_material
from tests.eval.split import FOLDER, read_split
from tests.eval.stores import Library

_MESSAGES = 60


def main(arguments: Sequence[str]) -> int:
    torch.set_num_threads(1)
    material = read_material(Path(arguments[0]))
    code = read_split().fit[0]
    rows = [row for row in material.fit if (row.store, row.company) == ("single", code)]
    pairs = [row.pairs[0] for row in rows if row.weight == 1.0][:_MESSAGES]
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(os.environ["IR_TEST_RECORDS"]), Path(folder))
        records = library.company(FOLDER / f"{code}.tsv").records()
        embedder = default_embedder()
        assert embedder is not None
        index = Index.of(records, embedder=embedder, vectors=vectors_of(records, embedder))
        _tell("a search", lambda pair: index.search(pair.message), pairs)
        _tell("  of it the message's vector", lambda pair: embedder([pair.message]), pairs)
    for name in PLANS:
        learner = material.learner(name)
        count = sum(own.numel() for own in learner.net.parameters())
        title = f"{name}, {count:,} parameters"
        _tell(title, partial(_judge, learner), pairs)
    return 0


def _judge(learner: Learner, pair: Pair) -> None:
    learner.logits([pair])


def _tell(name: str, run: Callable[[Pair], object], pairs: Sequence[Pair]) -> None:
    taken = []
    for pair in pairs:
        start = perf_counter()
        run(pair)
        taken.append((perf_counter() - start) * 1000)
    p50, p90 = np.percentile(taken, [50, 90])
    print(f"{name}: {p50:.1f} / {p90:.1f} ms")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
