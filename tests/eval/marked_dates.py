"""List every date in an answer that its notice will call past, for reading which are wrong.

    python -m tests.eval.marked_dates [--stores FOLDER] [--today DATE]

Over all records under IR_TEST_RECORDS and the archive beside it, told as of a day far ahead unless
another is given: event, id, the words, the last day they mean, and the sentence. What is said again
in another answer is counted and not listed again.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.record import Record
from bot.store import Store
from bot.wording.outlook import Outlook, outlooks
from tests.eval.stores import Library

_SENTENCE = re.compile(r"[^。！？!?；;\n]+")


@dataclass(frozen=True)
class Marked:
    """One date of an answer, with the sentence that it stands in."""

    event: date
    id: str
    date: Outlook
    sentence: str


def marked(records: Sequence[Record], today: date) -> Iterator[Marked]:
    """Every date that has passed by a day."""
    for record in records:
        event = record.last_event.end
        for unit in (*record.questions, *record.paragraphs):
            for sentence in _SENTENCE.findall(unit.answer):
                for one in outlooks(sentence, event):
                    if one.until < today:
                        yield Marked(event, f"{record.id}#{unit.place}", one, sentence.strip())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--today", type=date.fromisoformat, default=date(2100, 1, 1))
    given = parser.parse_args(arguments)
    folder = os.environ.get("IR_TEST_RECORDS")
    if not folder:
        print("IR_TEST_RECORDS is not set", file=sys.stderr)
        return 2
    with TemporaryDirectory() as made:
        path = Library(Path(folder), given.stores or Path(made)).records()
        records = [item.record for item in Store(path).records()]
    found = list(marked(records, given.today))
    told = {(item.date, item.sentence): item for item in reversed(found)}
    for item in sorted(told.values(), key=lambda item: (item.event, item.id), reverse=True):
        print(
            f"{item.event}  {item.id}  [{item.date.printed} → {item.date.until}]  {item.sentence}"
        )
    answers = {item.id for item in found}
    print(
        f"{len(records)} records; {len(answers)} answers with {len(found)} dates, "
        f"{len(told)} of them different"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
