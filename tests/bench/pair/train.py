"""Train the pair models, and keep what each makes of the phrasings.

    python -m tests.bench.pair.train FOLDER MODEL…      FOLDER: of tests.bench.pair.gather

A company's pairs are judged by a model that saw none of them; those of *judge* by one that saw all
of *fit*. Needs torch (docs/pair-model.md); the models are not kept.
"""

from __future__ import annotations

import copy
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.bench.pair.e5 import Weights
from tests.bench.pair.nets import Learner, Pace, Sample, Sees, alone, cross, interaction, vectors
from tests.bench.pair.rows import Pair, Row
from tests.bench.pair.states import Covers, Text, alignment, read_texts

_FURTHER, _TAKEN = 0.5, 0.3  # weight of a lower candidate; of one whose better was taken away
_FOLDS = (("002415",), ("000333", "300476"), ("300253", "600089", "300870"))  # by size
_DEPTH = 3  # layers of the cross-encoder: what trains in the time there is


@dataclass(frozen=True)
class Plan:
    """How much a model learns from."""

    public: int  # pairs of the public sets
    first: Pace  # on them
    then: Pace  # on the phrasings
    further: int  # candidates below the first
    taken: bool  # also the phrasings whose right pair was taken away
    seeds: int  # models whose logits are averaged


_HEAD = Pace(6, 1e-3, decay=0.02)
PLANS = {
    "message alone": Plan(0, Pace(0, 1e-3), _HEAD, 0, False, 3),
    "vectors": Plan(13_000, Pace(3, 1e-3), _HEAD, 2, True, 3),
    "interaction": Plan(13_000, Pace(3, 1e-3), _HEAD, 2, True, 2),
    "interaction, no public pairs": Plan(0, Pace(0, 1e-3), _HEAD, 2, True, 1),
    "interaction, covers alone": Plan(13_000, Pace(3, 1e-3), _HEAD, 2, True, 2),
    "interaction, message alone": Plan(0, Pace(0, 1e-3), _HEAD, 2, True, 2),
    "cross": Plan(4_500, Pace(1, 1e-3), Pace(2, 1e-3, 16), 0, False, 1),
}


@dataclass(frozen=True)
class Material:
    """What the models learn from and are judged on."""

    public: Sequence[Pair]
    fit: Sequence[Row]
    judge: Sequence[Row]
    texts: dict[str, Text]
    covers: Covers

    def learner(self, name: str) -> Learner:
        if name == "message alone":
            return alone(self.texts, self.covers)
        if name == "vectors":
            return vectors(self.texts, self.covers)
        if name == "cross":
            return cross(self.texts, self.covers, Weights(), _DEPTH)
        sees: dict[str, Sees] = {
            "interaction, covers alone": "covers",
            "interaction, message alone": "message",
        }
        return interaction(self.texts, self.covers, sees.get(name, "all"))


def read_material(folder: Path) -> Material:
    public, fit, judge = (_read(folder, name) for name in ("public", "fit", "judge"))
    learned = [*public, *(pair for row in fit for pair in row.pairs[:3])]
    judged = [row.pairs[0] for row in judge]
    kept = folder / "texts.pickle"
    if not kept.exists():
        every = [text for pair in (*learned, *judged) for text in _texts(pair)]
        kept.write_bytes(pickle.dumps(read_texts(every, Weights())))
    texts: dict[str, Text] = _read(folder, "texts")
    seen = {text: texts[text] for pair in learned for text in _texts(pair)}
    return Material(public, fit, judge, texts, Covers(texts, seen))


def _texts(pair: Pair) -> tuple[str, ...]:
    return (pair.message, pair.asked, *pair.answered)


def _read(folder: Path, name: str) -> Any:
    return pickle.loads((folder / f"{name}.pickle").read_bytes())


def samples(rows: Sequence[Row], plan: Plan) -> list[Sample]:
    found = []
    for row in rows:
        is_whole = row.weight == 1.0
        if is_whole or plan.taken:
            found.append((row.pairs[0], 1.0 if is_whole else _TAKEN))
        if is_whole:
            found += [(pair, _FURTHER) for pair in row.pairs[1 : 1 + plan.further]]
    return found


def logits(plan: Plan, name: str, material: Material) -> dict[str, list[float]]:
    """Of the first pair of every row, the mean over the seeds; *fit* by models of the others."""
    fit, judge = np.zeros(len(material.fit)), np.zeros(len(material.judge))
    for seed in range(plan.seeds):
        torch.manual_seed(seed)
        learner = material.learner(name)
        order = np.random.default_rng(seed).permutation(len(material.public))[: plan.public]
        if len(order):
            learner.train([(material.public[at], 1.0) for at in order], plan.first, seed)
        start = copy.deepcopy(learner.net.state_dict())
        for fold in (*_FOLDS, ()):
            learner.net.load_state_dict(start)
            rows = [row for row in material.fit if row.company not in fold]
            learner.train(samples(rows, plan), plan.then, seed)
            own = [at for at, row in enumerate(material.fit) if row.company in fold]
            fit[own] += learner.logits([material.fit[at].pairs[0] for at in own])
            print(name, seed, fold, f"{time.process_time():.0f} s", file=sys.stderr, flush=True)
        judge += learner.logits([row.pairs[0] for row in material.judge])
    return {"fit": list(fit / plan.seeds), "judge": list(judge / plan.seeds)}


def main(arguments: Sequence[str]) -> int:
    folder, *names = arguments
    torch.set_num_threads(1)
    material = read_material(Path(folder))
    for name in names:
        if name == "alignment":
            found: dict[str, list[Any]] = {
                half: [
                    alignment(row.pairs[0], material.texts[row.pairs[0].message], material.covers)
                    for row in rows
                ]
                for half, rows in (("fit", material.fit), ("judge", material.judge))
            }
        else:
            found = logits(PLANS[name], name, material)
        (Path(folder) / f"{name}.pickle").write_bytes(pickle.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
