"""Count the phrasings by company, style and kind; fail under the least that was agreed.

python -m tests.eval.count             the counts; exit 1 where something is missing
python -m tests.eval.count --hashes    the [sha256] table for split.toml
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bot.evaluating import Query, read_queries
from tests.eval.split import FOLDER, file_hash

COMPANIES = 8
IN_SCOPE, NEAR, FAR = 900, 150, 150
EACH_COMPANY = 60


def phrasings(folder: Path = FOLDER) -> dict[str, list[Query]]:
    """Company code → its phrasings."""
    return {path.stem: read_queries(path) for path in sorted(folder.glob("*.tsv"))}


def missing(written: dict[str, list[Query]]) -> list[str]:
    """What is missing to the least, one sentence each; empty when all is there."""
    kinds = Counter(query.kind for queries in written.values() for query in queries)
    wanted = [
        ("companies", len(written), COMPANIES),
        ("in scope", kinds["in"], IN_SCOPE),
        ("near", kinds["near"], NEAR),
        ("far", kinds["far"], FAR),
        *((code, len(queries), EACH_COMPANY) for code, queries in written.items()),
    ]
    return [f"{name}: {count} of {least}" for name, count, least in wanted if count < least]


def table(written: dict[str, list[Query]]) -> str:
    """Companies against styles, each cell in scope/near/far."""
    queries = [query for each in written.values() for query in each]
    styles = sorted({query.style for query in queries})
    lines = [["in/near/far", *(style or "-" for style in styles), "all"]]
    for code, each in {**written, "all": queries}.items():
        by_style = [[query for query in each if query.style == style] for style in styles]
        lines.append([code, *map(_kinds, by_style), _kinds(each)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in lines
    )


def _kinds(queries: Sequence[Query]) -> str:
    counts = Counter(query.kind for query in queries)
    return "/".join(str(counts[kind]) for kind in ("in", "near", "far"))


def main(arguments: Sequence[str]) -> int:
    if arguments == ["--hashes"]:
        print("[sha256]")
        for path in sorted(FOLDER.glob("*.tsv")):
            print(f'"{path.name}" = "{file_hash(path)}"')
        return 0
    written = phrasings()
    print(table(written))
    lacking = missing(written)
    for line in lacking:
        print(f"too few: {line}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
