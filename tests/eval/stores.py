"""Stores of real records for the phrasings: kept in a folder, made anew when a file or the reader
changed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import bot
from bot.answering.responder import Responder
from bot.bootstrap import put_together
from bot.config import CHINA, Caution, Settings
from bot.evaluating import Query, plain_id, read_queries
from bot.ingest.embedding import embed_missing
from bot.ingest.files import files_in
from bot.ingest.importing import Options, Outcome, import_files
from bot.matching.embedding import Embedder, Vectors, default_embedder
from bot.record import Record
from bot.store import Store

ASKED_AT = datetime(2026, 11, 25, 9, tzinfo=CHINA)  # 今年 is counted from here, in every run
_BOT = Path(bot.__file__).parent
_SAMPLE = _BOT.parent / "data/records"
_READER = ("reading", "ingest", "store", "record.py", "numerals.py", "radicals.py")  # of bot/


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
    """One company's phrasings, and a store of records that they are labelled against."""

    code: str
    queries: tuple[Query, ...]
    db: Path

    def responder(self, caution: Caution = "strict", with_meaning: bool = True) -> Responder:
        embedder = once() if with_meaning else None
        embed_missing(Store(self.db), embedder)
        settings = Settings(self.db, caution=caution)
        return put_together(settings, embedder, lambda: ASKED_AT).responder

    def records(self) -> Sequence[Record]:
        return self.responder(with_meaning=False).records()

    @property
    def unread(self) -> tuple[str, ...]:
        """The labelled records that no file yields."""
        stored = {plain_id(record.id) for record in self.records()}
        return tuple(sorted(_labelled(self.queries) - stored))

    @property
    def strange(self) -> tuple[str, ...]:
        """The accepted ids that are no stored question."""
        accepted = {id_ for query in self.queries for id_ in query.accept}
        stored = {plain_id(id_) for id_, _ in self.rows(with_answer=False)}
        return tuple(sorted(accepted - stored))

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


class Library:
    """The record files outside the repository and the sample, and the stores made of them."""

    def __init__(self, records: Path, folder: Path) -> None:
        """
        Args:
            records: As IR_TEST_RECORDS names it; the archive lies beside it.
            folder: Where the stores go. Those that are there are used as long as no file and
                nothing of the reader changed.
        """
        archive = self.archive_beside(records)
        self._single = files_in([_SAMPLE, records])
        self._archive = files_in(
            [path for path in archive.iterdir() if path.name == "other" or path.name.isdigit()]
            if archive.is_dir()
            else []
        )
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    @staticmethod
    def archive_beside(records: Path) -> Path:
        """Where the other records of the companies lie."""
        return records.parent / "archive"

    def company(self, phrasings: Path) -> Company:
        """CODE.tsv with a store of its own, which holds the records that its labels name."""
        return self._labelled(phrasings.stem, [phrasings])

    def together(self, phrasings: Sequence[Path]) -> Company:
        """Several companies' phrasings over one store with all their records."""
        return self._labelled("all", phrasings)

    def archive(self, phrasings: Path) -> Company:
        """CODE.tsv with a store of every record of the company."""
        code = phrasings.stem
        files = frozenset((*self._single, *self._archive))
        store = self._store(code, code, files, lambda record: record.company_code == code)
        return Company(code, _queries([phrasings]), store)

    def records(self, company: str = "", with_archive: bool = True) -> Path:
        """A store of all records, or of one company's, without its labels.

        Args:
            company: Six digits; empty: all companies.
            with_archive: Also what lies beside the single records.
        """
        files = frozenset((*self._single, *self._archive) if with_archive else self._single)
        name = f"{company or 'every'}-{'all' if with_archive else 'single'}"
        return self._store(name, name, files, lambda record: company in ("", record.company_code))

    def _labelled(self, name: str, phrasings: Sequence[Path]) -> Company:
        queries = _queries(phrasings)
        named = _labelled(queries)
        wish = "\n".join(sorted(named))
        store = self._store(
            name, wish, frozenset(self._single), lambda record: plain_id(record.id) in named
        )
        return Company(name, queries, store)

    def _store(
        self, name: str, wish: str, files: frozenset[Path], wanted: Callable[[Record], bool]
    ) -> Path:
        """The store of the wanted records; the first file of each record is the one taken."""
        key = hashlib.sha256(f"{self._state}\n{wish}".encode()).hexdigest()[:12]
        kept = self._folder / f"{name}-{key}.db"
        if kept.exists():
            return kept
        print(f"making {kept.name}", file=sys.stderr, flush=True)
        with TemporaryDirectory(dir=self._folder) as made:
            store = Store(Path(made) / kept.name)
            known: set[str] = set()
            for outcome in self._outcomes:
                new = {record.id for record in outcome.records if wanted(record)} - known
                if new and Path(outcome.file) in files:
                    known |= new
                    content = Path(outcome.file).read_bytes()
                    store.add(outcome.readings, content, outcome.file, accept_warnings=True)
            store.database.close()  # the file alone holds all of it then
            store.path.rename(kept)
        return kept

    @cached_property
    def _outcomes(self) -> list[Outcome]:
        """What every file holds; the slow part, and only needed where a store is missing."""
        files = list(dict.fromkeys((*self._single, *self._archive)))
        with TemporaryDirectory() as folder:
            probe = Store(Path(folder) / "probe.db")
            return list(import_files(probe, files, Options(accept_warnings=True)))

    @cached_property
    def _state(self) -> str:
        """The files and the reader, as a digest."""
        digest = hashlib.sha256()
        reader = files_in([_BOT / name for name in _READER])
        for path in (*self._single, *self._archive, *reader):
            if path.suffix != ".pyc":
                digest.update(f"{path.name}\n".encode() + path.read_bytes())
        return digest.hexdigest()


def _queries(phrasings: Sequence[Path]) -> tuple[Query, ...]:
    return tuple(
        replace(query, company=path.stem) for path in phrasings for query in read_queries(path)
    )


def _labelled(queries: Sequence[Query]) -> set[str]:
    """The records that the labels name."""
    return {id_.partition("#")[0] for query in queries for id_ in query.accept}
