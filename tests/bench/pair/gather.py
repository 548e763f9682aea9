"""The phrasings with what the matcher puts forward for each, gathered once and kept in a folder.

    python -m tests.bench.pair.gather FOLDER DATA       IR_TEST_RECORDS: folder of the real records

`archive` beside the real records holds the other records of a company. DATA: the public sets.
"""

from __future__ import annotations

import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.evaluating import Query, plain_id, read_queries
from bot.ingest.embedding import vectors_of
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.matching.index import Index
from bot.matching.passages import answered_pieces
from bot.matching.ranking import Candidate, judged
from bot.matching.text import normalise
from bot.record import Record
from bot.store import Store
from tests.bench.fit_confidence import _DAYS, _HELD_OUT
from tests.bench.pair.rows import Pair, Row
from tests.bench.sets import public_sets
from tests.eval.split import ARCHIVE, FOLDER, read_split
from tests.eval.stores import Library, once

CANDIDATES = 5  # that are kept of a message
_PAIRS = ("lcqmc", "bq", "afqmc")
_DENSE_FROM = 5  # in bq and afqmc the first hits are paraphrases that nobody labelled


def rows(
    store: str, code: str, records: Sequence[Record], queries: Iterable[Query]
) -> Iterator[Row]:
    embedder = once()
    assert embedder is not None
    index = Index.of(records, embedder=embedder, vectors=vectors_of(records, embedder))
    today = max(record.last_event.end for record in records) + timedelta(days=_DAYS)
    for query in queries:
        ranked = index.ranking(query.text, today, with_meaning=True)
        if ranked:
            yield Row(store, code, query, _pairs(index, query, ranked))
        rest = [item for item in ranked if plain_id(item.hit.id) not in query.accept]
        if query.accept and len(rest) > 1:
            again = judged(rest, is_aside=False)
            yield Row(store, code, query, _pairs(index, query, again), _HELD_OUT)


def _pairs(index: Index, query: Query, ranked: Sequence[Candidate]) -> tuple[Pair, ...]:
    read = index.query(query.text)
    weights = {term.text: index.collection.weight(term) for term in read.terms}
    terms = {term.text: term for term in read.terms if not term.is_single}
    found = []
    for item in ranked[:CANDIDATES]:
        both = index.collection.profile(item.at).both
        found.append(
            Pair(
                read.text,
                normalise(item.passage.asked),
                tuple(answered_pieces(item.passage)),
                plain_id(item.hit.id) in query.accept,
                tuple(
                    (text, weights[text], not term.words.isdisjoint(both))
                    for text, term in terms.items()
                ),
                dict(item.measures),
                bool(item.conflicts),
                item.is_exact,
            )
        )
    return tuple(found)


def public_pairs(data: Path) -> Iterator[Pair]:
    """Pairs of the public sets: accepted ones, and what words alone confuse with them."""
    for each in public_sets(data):
        if each.name not in _PAIRS:
            continue
        search, texts = each.irbot(with_meaning=False), dict(each.rows)
        for query in each.queries:
            ids = [id_ for id_, _ in search(query.text)[0]]
            others = [id_ for id_ in ids if id_ not in query.accept]
            wrong = others[:2] if each.name == "lcqmc" else others[_DENSE_FROM : _DENSE_FROM + 1]
            for id_ in [*sorted(query.accept)[:2], *wrong]:
                asked = normalise(texts[id_])
                yield Pair(normalise(query.text), asked, (), id_ in query.accept)


def main(arguments: Sequence[str]) -> int:
    folder, data = map(Path, arguments)
    records = Path(os.environ["IR_TEST_RECORDS"])
    folder.mkdir(exist_ok=True)
    _keep(folder / "public.pickle", lambda: public_pairs(data))
    with tempfile.TemporaryDirectory() as where:
        library = Library(records, Path(where))
        stored = _archive(records, Path(where) / "archive.db")
        for half in ("fit", "judge"):
            _keep(folder / f"{half}.pickle", partial(_half, half, library, stored))
    return 0


def _half(half: str, library: Library, stored: Sequence[Record]) -> Iterator[Row]:
    for code in getattr(read_split(), half):
        company = library.company(FOLDER / f"{code}.tsv")
        yield from rows("single", code, company.records(), company.queries)
    for code in getattr(read_split(ARCHIVE), half):
        own = [record for record in stored if record.company_code == code and record.questions]
        print(code, len(own), "records with questions", file=sys.stderr, flush=True)
        if own:
            yield from rows("archive", code, own, read_queries(ARCHIVE / f"{code}.tsv"))


def _archive(records: Path, db: Path) -> list[Record]:
    """The records of the companies of the archive phrasings."""
    archive = records.parent / "archive"
    companies = [archive / path.stem for path in sorted(ARCHIVE.glob("*.tsv"))]
    folders = [path for path in (*companies, archive / "other", records / "real") if path.is_dir()]
    store = Store(db)
    for _ in import_files(store, files_in(folders), Options(accept_warnings=True)):
        pass
    return [stored.record for stored in store.records()]


def _keep(path: Path, make: Callable[[], Iterable[object]]) -> None:
    if not path.exists():
        path.write_bytes(pickle.dumps(list(make())))
        print(path, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
