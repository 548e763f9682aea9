"""Score the timelines of ten themes over the records of one company.

    python -m tests.eval.timelines [--stores FOLDER] [--words] [--wrong]

The truth is timelines.toml, made by reading the documents. IR_TEST_RECORDS names the records; they
are in one store. Of every question of a theme are counted the answers of other events about the
same matter that its timeline has, and what it has besides. --words: without meaning. --wrong names
what is missing and what is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.answering.library import Library as Stored
from bot.bootstrap import put_together
from bot.config import Settings
from bot.ingest.embedding import embed_missing
from bot.store import Store
from tests.eval.stores import ASKED_AT, Library, once

TRUTH = Path(__file__).with_name("timelines.toml")

Pair = frozenset[str]


@dataclass(frozen=True)
class Theme:
    """Pairs that are about one matter, and whose timelines count."""

    name: str
    questions: frozenset[str]
    same: frozenset[Pair]


@dataclass(frozen=True)
class Score:
    """Links of a theme's questions."""

    name: str
    true: int
    found: int
    missing: tuple[Pair, ...]
    wrong: tuple[Pair, ...]
    links: int


def themes(truth: Mapping[str, Any]) -> tuple[list[Theme], set[Pair]]:
    """What the file says: the themes, and the pairs that may be linked, of whichever theme."""
    found = []
    right = {frozenset(pair) for pair in truth["also"]}
    for name, told in truth["themes"].items():
        questions = frozenset(id_ for group in told["same"] for id_ in group)
        same = {pair for group in told["same"] for pair in _pairs(group)}
        right |= _pairs([*questions, *told["near"]])
        found.append(Theme(name, questions, frozenset(same)))
    return found, right


def _pairs(ids: Sequence[str]) -> set[Pair]:
    """Every two of different events."""
    return {
        frozenset(pair)
        for pair in combinations(ids, 2)
        if pair[0].partition("#")[0] != pair[1].partition("#")[0]
    }


def links(library: Stored, company: str) -> set[Pair]:
    """Every two questions of which one is in the other's timeline."""
    found = set()
    for record in library.companies[company]:
        for number, same in library.same_questions.of(record).items():
            own = f"{record.id}#{number}".partition("/")[2]
            others = (hit.id.partition("/")[2] for hit in (*same.earlier, *same.later))
            found |= {frozenset((own, other)) for other in others}
    return found


def score(theme: Theme, right: set[Pair], found: set[Pair]) -> Score:
    """A pair is counted once, from whichever of its questions."""
    own = {pair for pair in found if pair & theme.questions}
    return Score(
        theme.name,
        len(theme.same),
        len(theme.same & own),
        tuple(theme.same - own),
        tuple(own - right),
        len(own),
    )


def check(library: Stored, truth: Mapping[str, Any]) -> None:
    """
    Raises:
        SystemExit: The store holds other questions than those that were read.
    """
    named = {id_ for pair in truth["also"] for id_ in pair}
    for told in truth["themes"].values():
        named |= {*told["near"], *(id_ for group in told["same"] for id_ in group)}
    asked = {
        f"{record.id}#{item.number}".partition("/")[2]: item.question
        for record in library.companies[truth["company"]]
        for item in record.questions
    }
    words = "\n".join(f"{id_} {asked.get(id_)}" for id_ in sorted(named))
    if hashlib.sha256(words.encode()).hexdigest() != truth["sha256"]:
        raise SystemExit("the store does not hold the questions that timelines.toml was made of")


def table(scores: Sequence[Score]) -> str:
    """A line for each theme, and one for all."""
    lines = [f"{'':32}{'true':>6}{'linked':>8}{'links':>7}{'wrong':>7}"]
    for item in scores:
        lines.append(f"{item.name:32}{item.true:6}{item.found:8}{item.links:7}{len(item.wrong):7}")
    true, found = sum(item.true for item in scores), sum(item.found for item in scores)
    all_links, wrong = sum(item.links for item in scores), sum(len(item.wrong) for item in scores)
    lines.append(f"{'all':32}{true:6}{found:8}{all_links:7}{wrong:7}")
    lines.append(f"linked {found / true:.1%} of the true, {wrong / all_links:.1%} of links wrong")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    given = parser.parse_args(arguments)
    folder = os.environ.get("IR_TEST_RECORDS")
    if not folder:
        print("IR_TEST_RECORDS is not set", file=sys.stderr)
        return 2
    truth = tomllib.loads(TRUTH.read_text(encoding="utf-8"))
    embedder = None if given.words else once()
    with TemporaryDirectory() as made:
        stores = Library(Path(folder), given.stores or Path(made))
        path = stores.records(truth["company"], with_archive=False)
        embed_missing(Store(path), embedder)
        library = put_together(Settings(path), embedder, lambda: ASKED_AT).responder.library
        check(library, truth)
        found = links(library, truth["company"])
    told, right = themes(truth)
    scores = [score(theme, right, found) for theme in told]
    print(table(scores))
    if given.wrong:
        for item in scores:
            for what, pairs in (("missing", item.missing), ("wrong", item.wrong)):
                for pair in sorted(map(sorted, pairs)):
                    print(f"{item.name}: {what}: {' '.join(pair)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
