"""PDFs damaged at random: each is read or refused, in lines that name it; nobody sees a traceback.

What a damaged file may still say is the proof's matter; here it is that reading ends, well, for
every one of them. `make trials` damages ten thousand; IR_TEST_RECORDS adds the real ones.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.reading.apart import Job, Read, read_apart

RECORDS = Path(__file__).parents[1] / "records"
SEEDS = sorted(
    path
    for where in ("made_up/pdf_*.pdf", "kinds/pdf/*.pdf", "kinds/hostile/c*.pdf")
    for path in RECORDS.glob(where)
)
REAL = sorted(Path(os.environ.get("IR_TEST_RECORDS", "/nowhere")).rglob("*.pdf"))
WORDS = (b"obj", b"stream", b"/Length", b"/Type", b"/Kids", b"/Count", b"R", b"<<", b"]", b"/Font")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The file with one kind of damage, at one place or at several."""
    kind = chance.choice(["flip", "flip", "cut", "double", "swap", "number", "word", "end"])
    for _ in range(chance.choice([1, 1, 3, 20])):
        at = chance.randrange(len(data))
        if kind == "flip":
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at] + data[at + chance.randrange(1, 200) :]
        elif kind == "double":
            data = data[:at] + data[at : at + chance.randrange(1, 500)] + data[at:]
        elif kind == "swap":
            other = chance.randrange(len(data))
            data = data[:at] + data[other : other + 40] + data[at + 40 :]
        elif kind == "number":
            digits = [
                place for place in range(at, min(at + 400, len(data))) if data[place] in b"0123"
            ]
            for place in digits[:1]:
                number = chance.choice([b"0", b"-1", b"9", b"99999999999", b"1e9", b"/x"])
                data = data[:place] + number + data[place + 1 :]
        elif kind == "word":
            word = chance.choice(WORDS)
            place = data.find(word, at)
            if place >= 0:
                data = data[:place] + chance.choice(WORDS) + data[place + len(word) :]
        elif kind == "end":
            return data[:at] + data[-200:]
        if len(data) < 300:
            return data
    return data


def reads(seeds: list[Path], count: int) -> Iterator[tuple[bytes, Read]]:
    chance = random.Random(count)
    damaged = [mutated(chance.choice(seeds).read_bytes(), chance) for _ in range(count)]
    jobs = (Job(f"damaged {number}.pdf", data) for number, data in enumerate(damaged))
    yield from zip(damaged, read_apart(jobs, os.cpu_count() or 1), strict=True)


def check(seeds: list[Path], count: int) -> Counter[str]:
    told = Counter[str]()
    for number, (data, read) in enumerate(reads(seeds, count)):
        assert read.file == f"damaged {number}.pdf"
        if not read.failed:
            told["read"] += 1
            continue
        for line in read.reason.splitlines():
            assert line.startswith(read.file), (line, data)
            assert "Traceback" not in line
        told[read.reason.split("：")[1][:12]] += 1
    assert sum(told.values()) == count
    return told


def test_damaged_pdfs_are_read_or_refused():
    assert check(SEEDS, 150).total() == 150


@pytest.mark.trial
@pytest.mark.parametrize("kind", ["made up", "real"])
def test_ten_thousand_damaged_pdfs_are_read_or_refused(kind):
    if kind == "real" and not REAL:
        pytest.skip("IR_TEST_RECORDS is not set")
    small = [path for path in REAL if path.stat().st_size < 350_000]
    print(check(SEEDS if kind == "made up" else small, 10_000 if kind == "made up" else 500))
