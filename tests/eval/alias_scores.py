"""What teaching is worth: half of the phrasings given as aliases, the other half asked.

    python -m tests.eval.alias_scores [--half fit|judge] [--stores FOLDER] [--single]

For each company and store as tests.eval.archive_scores has them, at strict caution. A phrasing is
an alias or asked by its hash; what nothing stored answers is always asked. An alias goes to the
newest question that answers it, by the desk's own rules; those they refuse are counted.
IR_TEST_RECORDS names the records.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.bootstrap import put_together
from bot.config import Settings
from bot.errors import BotError
from bot.evaluating import JudgedQuery, Query, Share, ask_all, plain_id, score
from bot.ingest.embedding import embed_missing
from bot.store import Store
from bot.store.sqlite import file_of
from bot.teaching.rules import check, target
from tests.eval.archive_scores import companies
from tests.eval.stores import ASKED_AT, Company, Library, once

_COLUMNS = {
    "asked": "in-scope queries",
    "right": "in-scope answered right",
    "1st sight": "in-scope right at first sight",
    "wrong": "answered wrong",
    "1st wrong": "first sight wrong",
    "out": "out-of-scope queries",
    "out answered": "out-of-scope answered",
}


@dataclass(frozen=True)
class Taught:
    """A company's rows before and after, and what the rules refused."""

    code: str
    before: list[JudgedQuery]
    after: list[JudgedQuery]
    live: int
    refused: Counter[str]


def is_alias(query: Query) -> bool:
    """Whether a phrasing is given, not asked; one that asks several things never is."""
    given = sha256(query.text.encode()).digest()[0] % 2 == 0
    return bool(query.accept) and not query.groups and given


def taught(company: Company, folder: Path) -> Taught:
    """Ask a company's other half, teach it the one half, and ask again.

    Args:
        company: With its store, which stays as it is.
        folder: For a copy of it.
    """
    embedder = once()
    store = Store(company.db)
    embed_missing(store, embedder)
    copied = folder / company.db.name
    file_of(store.database).save(copied)
    bot = put_together(Settings(copied), embedder, lambda: ASKED_AT)
    asked = [query for query in company.queries if not is_alias(query)]
    before = list(ask_all(bot.responder, asked))
    days = {plain_id(record.id): record.last_event.end for record in bot.responder.records()}
    library, refused = bot.responder.library, Counter[str]()
    with bot.store.database.transaction():  # the index is built anew once, not for each of them
        for query in filter(is_alias, company.queries):
            try:
                wanted = target(library, bot.store, _newest(query, days))
                check(query.text, wanted, library, ASKED_AT.date(), bot.store.aliases("live"))
                words = wanted.question.question
                bot.store.propose_alias("desk", wanted.id, words, query.text, 1, ASKED_AT)
            except BotError as error:
                refused[str(error).partition("”")[2] or str(error)] += 1
    embed_missing(bot.store, embedder)
    live = len(bot.store.aliases("live"))
    return Taught(company.code, before, list(ask_all(bot.responder, asked)), live, refused)


def _newest(query: Query, days: dict[str, date]) -> str:
    """The accepted id of the newest event."""
    return max(sorted(query.accept), key=lambda id_: days[id_.partition("#")[0]])


def table(found: Sequence[Taught]) -> str:
    """Before and after, for all and for each company."""
    lines = [["", *_COLUMNS]]
    every = replace(
        found[0],
        code="all",
        before=[row for item in found for row in item.before],
        after=[row for item in found for row in item.after],
        live=sum(item.live for item in found),
    )
    for item in (every, *found):
        lines += [
            [f"{item.code} before", *_cells(item.before)],
            [f"{item.code} +{item.live}", *_cells(item.after)],
        ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def _cells(rows: Sequence[JudgedQuery]) -> Iterator[str]:
    numbers = score(rows)
    for name in _COLUMNS.values():
        number = numbers.get(name)
        if isinstance(number, Share):
            yield f"{number.count}/{number.of} {number.value:.3f}"
        else:
            yield "-" if number is None else str(number)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--half", choices=("fit", "judge"), default="")
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--single", action="store_true")
    parser.add_argument("--changes", action="store_true", help="Print what became wrong.")
    given = parser.parse_args(arguments)
    records = os.environ.get("IR_TEST_RECORDS")
    if not records:
        print("IR_TEST_RECORDS is not set", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        library = Library(Path(records), given.stores or Path(folder))
        which = "single" if given.single else "archive"
        found = []
        for company in companies(library, given.half, which):
            print(company.code, file=sys.stderr, flush=True)
            found.append(taught(company, Path(folder)))
    print(table(found))
    for why, count in sum((item.refused for item in found), Counter()).most_common():
        print(f"{count:4} refused: {why}")
    for item in found if given.changes else ():
        for was, now in zip(item.before, item.after, strict=True):
            if now.answered_wrong and not was.answered_wrong:
                print("wrong", item.code, now.query.text, now.answered, sorted(now.query.accept))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
