"""How good a second reader must be to pay: a simulated curve over the judge companies.

    python -m tests.eval.reader_curve [--caution strict|normal|open] [--stores FOLDER] [--single]
        [--siding] [--runs N]

No model is asked. An oracle that knows the labels says which of the shown questions answers a
message, or none, and is always sure; so many per cent of its opinions are replaced by another one,
each other place as likely; with --siding by the worst one: the matcher's first where that is wrong,
else none. What it is worth is measured on the *fit* companies, as `irbot eval
--reader` does it, and counted on the *judge* companies. IR_TEST_RECORDS names the records.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import get_args

from bot.answering.responder import Responder
from bot.answering.second_opinion import Asked, Opinion, Worth
from bot.config import Caution
from bot.evaluating import JudgedQuery, Number, Query, Share, score
from bot.evaluating.second_reader import Reading, alone_and_read, with_worth, worth_of
from tests.bench.tables import grid
from tests.eval.archive_scores import companies
from tests.eval.stores import Company, Library

ERRORS = (0.0, 0.05, 0.1, 0.2)
_SHOWN = {  # head → number
    "right at first sight": "in-scope right at first sight",
    "wrong at first sight": "first sight wrong",
    "answered right": "in-scope answered right",
    "answered wrong": "answered wrong",
    "near misses answered": "near answered",
    "near misses shown a likely": "near shown a likely",
    "helped": "in-scope helped",
}


class Silent:
    """Says nothing; what it is asked is what counts."""

    worth: Worth | None = None
    timeout_s = 0.0

    def read(self, asked: Sequence[Asked], within_s: float) -> list[Opinion | None]:
        return [None for _ in asked]


def with_oracle(
    readings: Sequence[Reading], error: float, chance: random.Random, is_siding: bool
) -> Iterator[Reading]:
    """The readings with what the oracle says, so many of its opinions wrong."""
    for reading in readings:
        pick = reading.is_right.index(True) + 1 if any(reading.is_right) else 0
        if chance.random() < error:
            places = range(len(reading.is_right) + 1)
            wrong = [at for at in places if not (reading.is_right[at - 1] if at else pick == 0)]
            # The first place of a choice is wrong, or else the none before it.
            pick = min(wrong, key=lambda at: (at != 1, at)) if is_siding else chance.choice(wrong)
        yield replace(reading, opinion=Opinion(pick, True))


def curve(
    fit: Sequence[Company], judge: Sequence[Company], caution: Caution, runs: int, is_siding: bool
) -> dict[str, list[list[JudgedQuery]]]:
    """The judge companies' replies without and with the oracle, by its name; of each run."""
    learned = [
        reading for each in fit for reading in _alone(each.responder(caution), each.queries)[1]
    ]
    bots = [(each.responder(caution), each.queries) for each in judge]
    alone = [_alone(responder, queries) for responder, queries in bots]
    found = {"matcher alone": [[row for rows, _ in alone for row in rows]]}
    for error in ERRORS:
        name = f"oracle, {error:.0%} wrong"
        found[name] = []
        for run in range(runs if error else 1):
            chance = random.Random(run)
            worth = worth_of(with_oracle(learned, error, chance, is_siding))
            found[name].append(
                [
                    row
                    for (responder, _), (rows, readings) in zip(bots, alone, strict=True)
                    for row in with_worth(
                        responder,
                        rows,
                        list(with_oracle(readings, error, chance, is_siding)),
                        worth,
                    )
                ]
            )
            print(f"{name}: {run + 1}; worth {_told(worth)}", file=sys.stderr, flush=True)
    return found


def _alone(
    responder: Responder, queries: Sequence[Query]
) -> tuple[list[JudgedQuery], list[Reading]]:
    return alone_and_read(responder, Silent(), queries)


def _told(worth: Worth) -> str:
    return "; ".join(
        f"{name} " + " ".join(f"{said} {added:+.1f}" for said, added in own.items() if added)
        for name, own in (("first", worth.first), ("other", worth.other))
    )


def table(found: dict[str, list[list[JudgedQuery]]]) -> str:
    """Markdown; shares are means over the runs."""
    lines = []
    for name, runs in found.items():
        numbers = [score(rows) for rows in runs]
        lines.append(
            [name, *(_mean([each.get(key) for each in numbers]) for key in _SHOWN.values())]
        )
    return grid(["", *_SHOWN], lines)


def _mean(numbers: Sequence[Number]) -> str:
    shares = [number for number in numbers if isinstance(number, Share) and number.of]
    if not shares:
        return "–"
    share = f"{fmean(share.value for share in shares):.3f}"
    return f"{share} ({shares[0].count}/{shares[0].of})" if len(shares) == 1 else share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--caution", choices=get_args(Caution), default="strict")
    parser.add_argument("--stores", type=Path, help="folder where the stores are kept")
    parser.add_argument("--single", action="store_true", help="over single records")
    parser.add_argument("--siding", action="store_true", help="errors are the worst ones")
    parser.add_argument("--runs", type=int, default=1, help="of each share of errors")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        library = Library(Path(os.environ["IR_TEST_RECORDS"]), given.stores or Path(folder))
        which = "single" if given.single else "archive"
        fit, judge = (companies(library, half, which) for half in ("fit", "judge"))
        print(table(curve(fit, judge, given.caution, given.runs, given.siding)))


if __name__ == "__main__":
    main()
