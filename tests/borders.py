"""Lines moved across the borders of records: how often a reader notices.

    python -m tests.borders FOLDER...

Of every text record that is read without a warning, each kind of fault is made once at several
places. `noticed`: refused, or a warning that the clean record does not have. `harmless`: the words
of questions and answers are as before. `silent`: other words, and nothing said.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import ReadingError
from bot.reading.document import read_records
from bot.reading.form import row_at
from bot.reading.ledger import Ledger
from bot.reading.source import read_source
from bot.record import Record
from tests.sweep import squashed

_TRIES = 3  # places for each kind in each record


def _row(lines: list[str], pattern: str) -> int | None:
    return next((at for at, line in enumerate(lines) if re.match(pattern, squashed(line))), None)


def _foot_label_gone(lines: list[str], rng: random.Random) -> list[str] | None:
    """The foot's label is lost, its value follows the last answer."""
    at = _row(lines, r"附件清单|关于本次活动|本次活动是否")
    if at is None:
        return None
    value = re.sub(r"^.*?[）)]?\s+(?=\S+$)", "", lines[at])
    return [*lines[:at], value if value != lines[at] else "无", *lines[at + 1 :]]


def _foot_words_above(lines: list[str], rng: random.Random) -> list[str] | None:
    """A statement of the foot is printed under the last answer."""
    at = _row(lines, r"附件清单|关于本次活动|本次活动是否|日期\d")
    words = rng.choice(
        [
            "是否涉及应披露重大信息的说明无",
            "参会名单：甲方证券、乙方基金、丙方资本、丁方保险",
            "注：以上内容以公告为准。",
        ]
    )
    return None if at is None else [*lines[:at], words, *lines[at:]]


def _label_broken(lines: list[str], rng: random.Random) -> list[str] | None:
    """A row's label is misspelt, so that its words fall to the row above."""
    at = _row(lines, r"(?:上市)?公司接待|参与单位|地点|时间")
    if at is None:
        return None
    label = lines[at][:2]
    return [*lines[:at], label[::-1] + lines[at][2:], *lines[at + 1 :]]


def _page_marker(lines: list[str], rng: random.Random) -> list[str] | None:
    """One page marker stands in the middle of the content."""
    begin, end = _row(lines, r".*(?:主要内容|交流内容)"), _row(lines, r"附件清单|日期\d")
    if begin is None or end is None or end - begin < 4:
        return None
    at = rng.randrange(begin + 2, end)
    marker = rng.choice(["第 3 页 共 9 页", "— 3 —", "==== page 3 ====", "3 / 9"])
    return [*lines[:at], marker, *lines[at:]]


def _question_label_lost(lines: list[str], rng: random.Random) -> list[str] | None:
    """A question lacks its label and falls to the answer above."""
    asked = [
        at for at, line in enumerate(lines) if re.match(r"\s*(?:Q|问题)?\d{1,2}[、.：:]", line)
    ]
    if len(asked) < 3:
        return None
    at = rng.choice(asked[1:])
    return [*lines[:at], re.sub(r"^\s*(?:Q|问题)?\d{1,2}[、.：:]", "", lines[at]), *lines[at + 1 :]]


def _lines_swapped(lines: list[str], rng: random.Random) -> list[str] | None:
    """The foot's first row stands above the last answer's last line."""
    at = _row(lines, r"附件清单|日期\d")
    if at is None or at < 3:
        return None
    return [*lines[: at - 1], lines[at], lines[at - 1], *lines[at + 1 :]]


KINDS: dict[str, Callable[[list[str], random.Random], list[str] | None]] = {
    "a foot's label is gone": _foot_label_gone,
    "words of the foot under the last answer": _foot_words_above,
    "a row's label is misspelt": _label_broken,
    "a lone page marker in the content": _page_marker,
    "a question's label is lost": _question_label_lost,
    "the foot's row above the answer's last line": _lines_swapped,
}


def words(record: Record) -> list[tuple[str, str]]:
    return [(squashed(item.question), squashed(item.answer)) for item in record.questions]


def rest(record: Record) -> tuple[object, ...]:
    return (record.place, record.attendees, record.hosts, record.other, record.event_dates)


def fate(data: bytes, clean: Record) -> str:
    try:
        record = read_records(data, "moved.txt")[0].record
    except ReadingError:
        return "noticed"
    if set(record.warnings) - set(clean.warnings):
        return "noticed"
    return "harmless" if (words(record), rest(record)) == (words(clean), rest(clean)) else "silent"


def clean_texts(folders: list[Path]) -> Iterator[tuple[str, Record]]:
    """The records as lines of text, whatever their form, that read so without a warning."""
    for path in sorted(file for folder in folders for file in folder.rglob("*")):
        if path.suffix not in (".txt", ".pdf"):
            continue
        try:
            ledger = Ledger(read_source(path.read_bytes(), path.name))
            text = "\n".join(line.text for line in ledger.source.lines)
            readings = read_records(text.encode(), path.name)
        except ReadingError:
            continue
        rows = any(row_at(ledger, at) for at in range(len(ledger.source.lines)))
        if rows and len(readings) == 1 and readings[0].record.questions:
            yield text, readings[0].record


def run(folders: list[Path]) -> dict[str, Counter[str]]:
    """How often each kind of fault is noticed, silent or harmless."""
    fates: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for text, clean in clean_texts(folders):
        for kind, change in KINDS.items():
            for seed in range(_TRIES):
                moved = change(text.split("\n"), random.Random(seed))
                if moved is not None:
                    fates[kind][fate("\n".join(moved).encode(), clean)] += 1
    return fates


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path, nargs="+")
    for kind, found in run(arguments.parse_args().folder).items():
        told = found["noticed"] + found["silent"]
        share = f"{found['noticed'] / told:.0%}" if told else "-"
        print(
            f"{kind:<46}",
            *(f"{name} {found[name]:>4}" for name in ("noticed", "silent", "harmless")),
            share,
        )


if __name__ == "__main__":
    main()
