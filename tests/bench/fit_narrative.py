"""Learn bot/matching/narrative.json from the *fit* phrasings over all records of a company.

    python -m tests.bench.fit_narrative STORES        a folder that holds CODE.db, or CODE/irbot.db

The same regression as fit_confidence.py; a row is a paragraph that a message may mean. Messages
that a stored answer answers are left out: nobody judged which paragraphs say it too. Printed is
how often a right paragraph stands first, each fifth of the messages judged by the others' model.

Printed besides, by the model of the file: the same where the stored answers are paragraphs and no
question is stored, as with companies that file their answers as one text.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from bot.evaluating import Query, plain_id, read_queries
from bot.ingest.embedding import texts
from bot.matching.embedding import default_embedder
from bot.matching.index import Index
from bot.matching.narrative import FILE, measures
from bot.matching.parts import Wanted
from bot.record import Narrative, Record
from bot.store import Store
from bot.store.ids import normal_id
from tests.bench.fit_confidence import Row, fit, predict
from tests.eval.split import ARCHIVE, read_split

_FOLDS = 5
_DAYS = 7  # after the newest event: when the phrasings are asked
_OFFERED_FROM = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Asked:
    """A message, and the paragraphs that it may mean."""

    kind: str
    rows: tuple[Row, ...]


def asked(code: str, stores: Path, with_meaning: bool) -> Iterator[Asked]:
    """The phrasings of one company that no stored answer answers."""
    records = _records(code, stores)
    index = _index(records, _store(code, stores), with_meaning)
    today = max(record.last_event.end for record in records) + timedelta(days=_DAYS)
    with (ARCHIVE / f"{code}.tsv").open(encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if line["kind"] != "in":
                told = line["kind"] == "narrative"
                right = right_paragraphs(line["note"], records) if told else set()
                yield _asked(code, index, line, right, today, with_meaning)


def _store(code: str, stores: Path) -> Store:
    beside = stores / f"{code}.db"
    return Store(beside if beside.exists() else stores / code / "irbot.db")


def _records(code: str, stores: Path) -> list[Record]:
    records = [item.record for item in _store(code, stores).records()]
    return [record for record in records if record.company_code == code]


def _index(records: list[Record], store: Store, with_meaning: bool) -> Index:
    """Made with the store's vectors, and those that it lacks."""
    embedder = default_embedder() if with_meaning else None
    if embedder is None:
        return Index.of(records)
    needed = texts(records)
    known = store.vectors(embedder.name, needed)
    lacking = sorted(needed - known.keys())
    if lacking:
        known |= dict(zip(lacking, embedder(lacking), strict=True))
    return Index.of(records, embedder=embedder, vectors=known)


def _asked(
    code: str, index: Index, line: dict[str, str], right: set[str], today: date, with_meaning: bool
) -> Asked:
    query = index.query(line["query"], today)
    typed = Query(line["query"], frozenset(), line["kind"], line["style"], code)
    vector = index.vectors([query.text]).get(query.text) if with_meaning else None
    found = index.paragraphs(query, Wanted(), vector)
    return Asked(
        line["kind"],
        tuple(
            Row(code, typed, measures(index.narrative, query, item), item.hit.id in right, False)
            for item in found
        ),
    )


def right_paragraphs(note: str, records: Sequence[Record]) -> set[str]:
    """Ids of the paragraphs that a note of a phrasing names: RECORD~LENGTH:DIGEST."""
    found = set()
    for named in note.split():
        record_id, _, mark = named.partition("~")
        length, _, digest = mark.partition(":")
        for record in records:
            if normal_id(record.id) == normal_id(record_id):
                found |= {
                    f"{record.id}#{item.place}"
                    for item in record.paragraphs
                    if _digest("".join(item.answer.split())[: int(length)]) == digest
                }
    return found


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:10]


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m tests.bench.fit_narrative STORES", file=sys.stderr)
        return 2
    _tell_alone(Path(sys.argv[1]))
    models = {}
    for name in ("words", "meaning"):
        found = [
            item
            for code in read_split(ARCHIVE).fit
            for item in asked(code, Path(sys.argv[1]), name == "meaning")
        ]
        _tell_levels(name, found)
        bias, weights = fit([row for item in found for row in item.rows])
        models[name] = {
            "bias": round(bias, 4),
            "weights": {key: round(weight, 4) for key, weight in weights.items()},
        }
    FILE.write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")
    return 0


def _tell_alone(stores: Path) -> None:
    found: list[tuple[str, float, bool]] = []
    for code in read_split(ARCHIVE).fit:
        records, of = _as_speeches(_records(code, stores))
        index = _index(records, _store(code, stores), with_meaning=True)
        today = max(record.last_event.end for record in records) + timedelta(days=_DAYS)
        for query in read_queries(ARCHIVE / f"{code}.tsv"):
            if query.kind != "narrative" and query.style != "multi":
                read = index.query(query.text, today)
                vector = index.vectors([read.text]).get(read.text)
                ranked = index.paragraphs(read, Wanted(), vector)
                sure = ranked[0].confidence if ranked else 0.0
                right = bool(ranked) and of[ranked[0].hit.id] in query.accept
                found.append((query.kind, sure, right))
    print("answers as speeches")
    _tell(Counter(kind for kind, _, _ in found), found)


def _as_speeches(records: list[Record]) -> tuple[list[Record], dict[str, str]]:
    """Each answer as a paragraph; and the plain id of the question that a paragraph answered."""
    made: list[Record] = []
    of: dict[str, str] = {}
    for record in records:
        said = [item for item in record.questions if item.answer.strip()]
        text = "\n".join(item.answer.replace("\n", "") for item in said)
        made.append(replace(record, questions=(), narrative=(Narrative(None, text),)))
        of |= {
            f"{record.id}#p{at}": plain_id(f"{record.id}#{item.number}")
            for at, item in enumerate(said, 1)
        }
    return made, of


def _tell_levels(name: str, found: list[Asked]) -> None:
    firsts: list[tuple[str, float, bool]] = []
    for fold in range(_FOLDS):
        others = [item for at, item in enumerate(found) if at % _FOLDS != fold]
        model = fit([row for item in others for row in item.rows])
        for item in found[fold::_FOLDS]:
            first = max(item.rows, key=lambda row: predict(model, row), default=None)
            if first:
                firsts.append((item.kind, predict(model, first), first.right))
    kinds = Counter(item.kind for item in found)
    print(f"{name}: right first {sum(right for _, _, right in firsts)} of {kinds['narrative']}")
    _tell(kinds, firsts)


def _tell(kinds: Counter[str], firsts: Sequence[tuple[str, float, bool]]) -> None:
    for limit in _OFFERED_FROM:
        shown = [(kind, right) for kind, sure, right in firsts if sure >= limit]
        counts = Counter(kind for kind, _ in shown)
        told = ", ".join(f"{kind} {counts[kind]}/{kinds[kind]}" for kind in kinds)
        print(f"  from {limit:.2f}: {told}; right {sum(right for _, right in shown)}")


if __name__ == "__main__":
    sys.exit(main())
