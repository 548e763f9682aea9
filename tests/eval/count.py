"""Count the phrasings by company, style and kind; fail under the least that was agreed.

python -m tests.eval.count             the counts; exit 1 where something is missing
python -m tests.eval.count --hashes    the [sha256] tables for split.toml and archive/split.toml
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.evaluating import Query, read_queries
from tests.eval.split import ARCHIVE, FOLDER, file_hash

KINDS = ("in", "near", "far", "narrative")


@dataclass(frozen=True)
class Least:
    """How many phrasings a folder has to hold."""

    companies: int
    kinds: dict[str, int]  # of all companies together
    each_company: int


LEAST = {
    FOLDER: Least(8, {"in": 900, "near": 150, "far": 150}, 60),
    ARCHIVE: Least(7, {"in": 900, "near": 360, "far": 170, "narrative": 120}, 150),
}


def phrasings(folder: Path = FOLDER) -> dict[str, list[Query]]:
    """Company code → its phrasings."""
    return {path.stem: read_queries(path) for path in sorted(folder.glob("*.tsv"))}


def missing(written: dict[str, list[Query]], least: Least) -> list[str]:
    """What is missing to the least, one sentence each; empty when all is there."""
    kinds = Counter(query.kind for queries in written.values() for query in queries)
    wanted = [
        ("companies", len(written), least.companies),
        *((kind, kinds[kind], count) for kind, count in least.kinds.items()),
        *((code, len(queries), least.each_company) for code, queries in written.items()),
    ]
    return [f"{name}: {count} of {needed}" for name, count, needed in wanted if count < needed]


def table(written: dict[str, list[Query]]) -> str:
    """Companies against styles, each cell the counts of the kinds that there are."""
    queries = [query for each in written.values() for query in each]
    kinds = [kind for kind in KINDS if any(query.kind == kind for query in queries)]
    styles = sorted({query.style for query in queries})
    lines = [["/".join(kinds), *(style or "-" for style in styles), "all"]]
    for code, each in {**written, "all": queries}.items():
        by_style = [[query for query in each if query.style == style] for style in styles]
        lines.append([code, *(_counts(some, kinds) for some in (*by_style, each))])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def _counts(queries: Sequence[Query], kinds: Sequence[str]) -> str:
    counts = Counter(query.kind for query in queries)
    return "/".join(str(counts[kind]) for kind in kinds)


def _hashes(folder: Path) -> str:
    lines = (f'"{path.name}" = "{file_hash(path)}"' for path in sorted(folder.glob("*.tsv")))
    return "\n".join(("[sha256]", *lines))


def main(arguments: Sequence[str]) -> int:
    if arguments == ["--hashes"]:
        print("\n\n".join(map(_hashes, LEAST)))
        return 0
    lacking = []
    for folder, least in LEAST.items():
        written = phrasings(folder)
        print(f"{folder.name}\n{table(written)}\n")
        lacking += [f"{folder.name}: {line}" for line in missing(written, least)]
    for line in lacking:
        print(f"too few: {line}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
