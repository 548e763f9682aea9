"""What is measured on: the hand-written phrasings over real records, and the public pair sets."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import numpy as np

from bot.answering.decision import decide
from bot.answering.responder import Responder
from bot.bootstrap import put_together
from bot.config import CHINA, Caution, Settings
from bot.evaluating import Query, plain_id, read_queries
from bot.ingest.embedding import embed_missing, vectors_of
from bot.ingest.importing import Options, files_in, import_files
from bot.matching.embedding import Embedder, Vectors, default_embedder
from bot.matching.index import Index
from bot.message import Band
from bot.record import EventDate, Question, Record
from bot.store import Store
from tests.bench.peers import Ranking

PUBLIC = ("afqmc", "bq", "atec", "lcqmc", "pawsx")
WITH_MEANING = ("afqmc", "bq", "lcqmc")  # vectors of the others would take minutes more
ASKED_AT = datetime(2026, 11, 25, 9, tzinfo=CHINA)  # 今年 is counted from here, in every run
_SAMPLE = Path(__file__).parents[2] / "data/records"


class _Once:
    """The installed model, no text twice: one message is asked of many stores."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._embedder(new), strict=True)) if new else {}
        return np.array([self._known[text] for text in texts])


@cache
def once() -> Embedder | None:
    embedder = default_embedder()
    return _Once(embedder) if embedder else None


@dataclass(frozen=True)
class Company:
    """One company's phrasings, and the records that they are labelled against."""

    code: str
    queries: tuple[Query, ...]
    db: Path
    unread: tuple[str, ...] = ()  # labelled records that no file yields

    def responder(self, caution: Caution = "strict", with_meaning: bool = True) -> Responder:
        embedder = once() if with_meaning else None
        embed_missing(Store(self.db), embedder)
        settings = Settings(self.db, caution=caution)
        return put_together(settings, embedder, lambda: ASKED_AT).responder

    def records(self) -> tuple[Record, ...]:
        return self.responder(with_meaning=False).records()

    def rows(self, with_answer: bool) -> list[tuple[str, str]]:
        """(id, text) as a peer stores it."""
        return [
            (id_, f"{question}\n{answer}" if with_answer else question)
            for id_, question, answer in self._stored(parts=False)
        ]

    def units(self) -> list[tuple[str, str, str]]:
        """(id, question, answer), each part of a compound question once more by itself."""
        return list(self._stored(parts=True))

    def _stored(self, parts: bool) -> Iterator[tuple[str, str, str]]:
        for record in self.records():
            for item in record.questions:
                id_ = f"{record.id}#{item.number}"
                yield id_, item.question, item.answer
                for part in item.parts if parts else ():
                    yield (
                        id_,
                        item.part_question(part.number) or item.question,
                        item.part_answer(part.number) or item.answer,
                    )


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
        index = Index([record], embedder=embedder, vectors=vectors)
        ids = [id_ for id_, _ in self.rows]

        def search(text: str) -> tuple[Ranking, Band]:
            hits = index.search(text).hits
            ranking = [(ids[hit.question.number - 1], float(hit.confidence)) for hit in hits]
            return ranking, decide(hits, "strict")

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


class Library:
    """Record files in a folder and the sample, by the records they hold; stores made of them."""

    def __init__(self, records: Path, folder: Path) -> None:
        """records: as IR_TEST_RECORDS names it; folder: where the stores go."""
        self._folder = folder
        self._holding: dict[str, Path] = {}
        files = files_in([_SAMPLE, records])
        for outcome in import_files(Store(folder / "probe.db"), files, Options(dry_run=True)):
            for record in outcome.records:
                self._holding.setdefault(plain_id(record.id), Path(outcome.file))

    def company(self, phrasings: Path) -> Company:
        """CODE.tsv with a store of its own, which holds the records that its labels name."""
        return self._company(phrasings.stem, [phrasings])

    def together(self, phrasings: Sequence[Path]) -> Company:
        """Several companies' phrasings over one store with all their records."""
        return self._company("all", phrasings)

    def _company(self, name: str, phrasings: Sequence[Path]) -> Company:
        queries = tuple(
            replace(query, company=path.stem) for path in phrasings for query in read_queries(path)
        )
        named = {id_.partition("#")[0] for query in queries for id_ in query.accept}
        unread = tuple(sorted(named - self._holding.keys()))
        db = self._folder / f"{name}.db"
        files = sorted({self._holding[id_] for id_ in named.difference(unread)})
        for outcome in import_files(Store(db), files, Options()):
            assert outcome.status == "imported", outcome.reason
        return Company(name, queries, db, unread)
