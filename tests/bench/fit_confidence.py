"""Learn bot/matching/confidence.json from the *fit* phrasings.

    python -m tests.bench.fit_confidence [STORES]    IR_TEST_RECORDS: folder of the real records

Logistic regression by Newton's method: the same input gives the same file. It learns from stores of
one record and from those of all a company's records. Beside the phrasings as they are, each
answerable one counts once more, lightly, with its accepted questions taken out of the ranking: then
it is a near miss. Printed are the levels reached on each company by a model that was fitted on the
others, and the thresholds they suggest; the file is fitted on all of *fit*. STORES keeps the stores
for the next run.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from bot.evaluating import Query, plain_id
from bot.ingest.embedding import texts
from bot.matching.confidence import CAPS, FILE
from bot.matching.index import Index
from bot.matching.ranking import Candidate, judged
from bot.store import Store
from tests.eval.split import ARCHIVE, FOLDER, read_split
from tests.eval.stores import ASKED_AT, Company, Library, once

_HELD_OUT = 0.1  # weight of a phrasing whose answer is taken away
_BEHIND, _MOST_BEHIND = 0.1, 4  # weight of a candidate after the first, and how many count
_ONE_RECORD = 0.6  # weight of a phrasing over one record: desks run with all of them
_RIDGE = 3.0  # on standardised weights
_DAYS = 7  # after a single record's event: when its phrasings are asked


@dataclass(frozen=True)
class Row:
    company: str
    query: Query
    seen: dict[str, float]
    right: bool
    capped: float  # the most that its confidence may be
    weight: float = 1.0
    first: bool = True  # the best candidate to a phrasing as it is: what the levels count


def rows(company: Company, with_meaning: bool, all_records: bool) -> Iterator[Row]:
    records = company.responder().records()  # by now its store has all vectors
    embedder = once() if with_meaning else None
    vectors = Store(company.db).vectors(embedder.name, texts(records)) if embedder else None
    index = Index.of(records, embedder=embedder, vectors=vectors)
    newest = max(record.last_event.end for record in records)
    today: date = ASKED_AT.date() if all_records else newest + timedelta(days=_DAYS)
    weight = 1.0 if all_records else _ONE_RECORD
    for query in company.queries:
        if query.kind == "narrative" or len(query.groups) > 1:
            continue  # no single stored question is meant
        ranked = index.ranking(query.text, today, with_meaning)
        for at, item in enumerate(ranked[: 1 + _MOST_BEHIND]):
            yield _row(company.code, query, item, weight * (_BEHIND if at else 1.0), first=not at)
        rest = [item for item in ranked if plain_id(item.hit.id) not in query.accept]
        if query.accept and len(rest) > 1:
            again = judged(rest, is_aside=False)[0]
            yield _row(company.code, query, again, weight * _HELD_OUT, first=False)


def _row(code: str, query: Query, item: Candidate, weight: float, *, first: bool) -> Row:
    capped = min((CAPS[cap] for cap in item.caps), default=1.0)
    right = plain_id(item.hit.id) in query.accept
    return Row(
        code, query, dict(item.measures), right, capped, weight, first and bool(item.measures)
    )


def fit(learned: Sequence[Row]) -> tuple[float, dict[str, float]]:
    """Bias and weights of the logistic model."""
    names = list(learned[0].seen)
    x = np.array([[row.seen[name] for name in names] for row in learned])
    y = np.array([float(row.right) for row in learned])
    w = np.array([row.weight for row in learned])
    mean, spread = x.mean(0), x.std(0) + 1e-9
    z = np.c_[np.ones(len(x)), (x - mean) / spread]
    ridge = np.diag([0.0] + [_RIDGE] * len(names))
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ beta))
        step = np.linalg.solve(
            (z * (w * p * (1 - p))[:, None]).T @ z + ridge, z.T @ (w * (y - p)) - ridge @ beta
        )
        beta += step
    weights = beta[1:] / spread
    return float(beta[0] - weights @ mean), dict(zip(names, map(float, weights), strict=True))


def predict(model: tuple[float, dict[str, float]], row: Row) -> float:
    bias, weights = model
    total = bias + sum(weight * row.seen[name] for name, weight in weights.items())
    return min(float(1 / (1 + np.exp(-total))), row.capped)


def main() -> int:
    records = os.environ.get("IR_TEST_RECORDS")
    if not records:
        print("IR_TEST_RECORDS is not set", file=sys.stderr)
        return 2
    models = {}
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(records), Path(sys.argv[1] if len(sys.argv) > 1 else folder))
        fitted = [(library.company(FOLDER / f"{code}.tsv"), False) for code in read_split().fit]
        fitted += [
            (library.archive(ARCHIVE / f"{code}.tsv"), True) for code in read_split(ARCHIVE).fit
        ]
        for name in ("words", "meaning"):
            found = [
                row
                for company, all_records in fitted
                for row in rows(company, name == "meaning", all_records)
                if row.seen
            ]
            _tell_levels(name, found)
            bias, weights = fit(found)
            models[name] = {
                "bias": round(bias, 4),
                "weights": {key: round(weight, 4) for key, weight in weights.items()},
            }
    FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")
    return 0


def _tell_levels(name: str, found: Sequence[Row]) -> None:
    """Levels on each company by the others' model, at the thresholds that reach them."""
    sure: list[tuple[float, Row]] = []
    for code in dict.fromkeys(row.company for row in found):
        model = fit([row for row in found if row.company != code])
        sure += [(predict(model, row), row) for row in found if row.company == code and row.first]
    sure.sort(key=lambda pair: -pair[0])
    inside = sum(bool(row.query.accept) for _, row in sure)
    for limit in (0.01, 0.015, 0.02, 0.03, 0.05, 0.1):
        wrong = 0
        best = (0, 0.0, 0)
        for answered, (confidence, row) in enumerate(sure, 1):
            wrong += not row.right
            if wrong <= limit * answered:
                best = (answered - wrong, confidence, answered)
        right, threshold, count = best
        near = sum(row.query.kind == "near" for _, row in sure[:count])
        print(f"{name}: <= {limit:.1%} wrong from {threshold:.3f}: {right / inside:.3f} answered "
              f"right, {near} near misses answered")  # fmt: skip
    near_misses = sum(row.query.kind == "near" for _, row in sure)
    for limit in (0.01, 0.02, 0.03, 0.05):
        hit = [at for at, (_, row) in enumerate(sure) if row.query.kind == "near"]
        first_over = hit[int(limit * near_misses)]
        right = sum(row.right for _, row in sure[:first_over])
        print(f"{name}: <= {limit:.0%} of near misses answered above {sure[first_over][0]:.3f}: "
              f"{right / inside:.3f} answered right, {first_over - right} wrong")  # fmt: skip
    for floor in (0.05, 0.08, 0.1, 0.15, 0.2, 0.3):
        far = [confidence < floor for confidence, row in sure if row.query.kind == "far"]
        lost = sum(confidence < floor for confidence, row in sure if row.query.accept)
        print(f"{name}: below {floor}: {np.mean(far):.2f} of far, {lost / inside:.3f} of in scope")


if __name__ == "__main__":
    sys.exit(main())
