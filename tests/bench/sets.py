"""The public pair sets, measured on beside the hand-written phrasings."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.answering.decision import decide
from bot.evaluating import Query, read_queries
from bot.ingest.embedding import vectors_of
from bot.matching.index import Index
from bot.message import Band
from bot.record import EventDate, Question, Record
from tests.bench.peers import Ranking
from tests.eval.stores import once

PUBLIC = ("afqmc", "bq", "atec", "lcqmc", "pawsx")
WITH_MEANING = ("afqmc", "bq", "lcqmc")  # vectors of the others would take minutes more


@dataclass(frozen=True)
class PublicSet:
    """A pair corpus: stored questions without answers, and queries."""

    name: str
    queries: tuple[Query, ...]
    rows: tuple[tuple[str, str], ...]

    def irbot(self, with_meaning: bool = True) -> Callable[[str], tuple[Ranking, Band]]:
        """The project's matcher over the set, as one long record."""
        record = self._record()
        embedder = once() if with_meaning else None
        vectors = vectors_of([record], embedder) if embedder else None
        index = Index.of([record], embedder=embedder, vectors=vectors)
        ids = [id_ for id_, _ in self.rows]

        def search(text: str) -> tuple[Ranking, Band]:
            found = index.search(text)
            ranking = [(ids[hit.question.number - 1], float(hit.confidence)) for hit in found.hits]
            return ranking, decide(found.candidates, "strict").band

        return search

    def units(self) -> list[tuple[str, str, str]]:
        """(id, question, answer): no two answers alike, and no word in any to be found."""
        digits = {ord(str(digit)): 0x2801 + digit for digit in range(10)}  # Braille
        return [
            (id_, text, f"{at:06}".translate(digits)) for at, (id_, text) in enumerate(self.rows, 1)
        ]

    def _record(self) -> Record:
        questions = tuple(
            Question(at, question, answer)
            for at, (_, question, answer) in enumerate(self.units(), 1)
        )
        day = EventDate(date(2025, 1, 1), date(2025, 1, 1), "day", "2025-01-01")
        return Record("000000", "某公司", "2025-001", self.name, (day,), questions)


def public_sets(data: Path) -> list[PublicSet]:
    return [
        PublicSet(
            name, tuple(read_queries(data / f"{name}.queries.tsv.gz")), tuple(_store(data, name))
        )
        for name in PUBLIC
    ]


def _store(data: Path, name: str) -> Iterator[tuple[str, str]]:
    with gzip.open(data / f"{name}.store.tsv.gz", "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            id_, _, text = line.rstrip("\r\n").partition("\t")
            yield id_, text
