"""Find what is stored of a company among very many other questions.

    python -m tests.eval.among_many [--count 100000] [--half judge|fit] [--stores FOLDER]
        [--every N] [--words]

The phrasings of the half's companies are asked of one index that holds the companies' records and
so many made-up questions of others (tests/bench/speed.py: sentences of the sample record with one
character in twenty changed, so that they speak of the same matters); with the company known, as in
a chat that is set to it or a message that names it, and without. R@1 and R@5: an accepted question
stands first, or among five. Meaning is compared as in a store that is too large to be compared as a
whole; the vectors that candidates need are made when they are wanted, which takes long (--words:
by words alone).
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bot.evaluating import Query, plain_id
from bot.matching.embedding import Vectors
from bot.matching.index import Index
from bot.matching.lexicon import read_lexicon
from bot.matching.merging import build_segment
from bot.matching.shelf import RecordShelf
from bot.record import Record
from tests.bench.speed import made_up
from tests.eval.archive_scores import companies
from tests.eval.stores import ASKED_AT, Company, Library, once


def index_of(records: Sequence[Record], with_meaning: bool) -> Index:
    """In memory, by meaning too where that is wanted."""
    shelf, lexicon, embedder = RecordShelf(records), read_lexicon(), once()

    def vectors_of(texts: Iterable[str]) -> dict[str, Vectors]:
        needed = sorted(texts, key=len)
        return dict(zip(needed, embedder(needed), strict=True)) if embedder and needed else {}

    return Index(
        [build_segment(shelf.entries, lexicon)],
        shelf,
        {key: frozenset() for key, _ in shelf.entries},
        lexicon=lexicon,
        embedder=embedder if with_meaning else None,
        vectors_of=vectors_of if with_meaning else None,
    )


def found(index: Index, queries: Sequence[Query], named: bool) -> tuple[float, float, float]:
    """R@1, R@5 and the seconds of a search."""
    first = five = 0
    began = perf_counter()
    for query in queries:
        company = query.company if named else None
        hits = index.search(query.text, company=company, today=ASKED_AT.date()).hits
        ids = list(dict.fromkeys(plain_id(hit.id) for hit in hits))
        first += bool(query.accept.intersection(ids[:1]))
        five += bool(query.accept.intersection(ids[:5]))
    count = max(1, len(queries))
    return first / count, five / count, (perf_counter() - began) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--half", choices=("judge", "fit"), default="judge")
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--every", type=int, default=1, help="of so many phrasings one is asked")
    parser.add_argument("--words", action="store_true", help="ask no model")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        library = Library(Path(os.environ["IR_TEST_RECORDS"]), given.stores or Path(folder))
        asked = companies(library, given.half)
        own = [record for company in asked for record in company.records() if record.questions]
        ways = (False,) if given.words else (False, True)
        _tell(asked, own, given.count, given.every, ways)


def _tell(
    asked: Sequence[Company], own: Sequence[Record], count: int, every: int, ways: Sequence[bool]
) -> None:
    codes = {record.company_code for record in own}
    queries = [
        query
        for company in asked
        for query in company.queries
        if query.accept and query.company in codes
    ][::every]
    others = [
        record
        for record in made_up(count, random.Random(count))
        if record.company_code not in codes
    ]
    print(f"phrasings: {len(queries)}, other questions: {sum(len(r.questions) for r in others):,}")
    for with_meaning in ways:
        for records, where in ((own, "alone"), ([*own, *others], "among them")):
            index = index_of(records, with_meaning)
            for named in (True, False):
                one, five, seconds = found(index, queries, named)
                print(
                    f"{'by meaning too' if with_meaning else 'by words'}, {where}, "
                    f"{'the company known' if named else 'no company'}: "
                    f"R@1 {one:.3f}, R@5 {five:.3f}; {seconds * 1000:.0f} ms a search",
                    flush=True,
                )


if __name__ == "__main__":
    main()
