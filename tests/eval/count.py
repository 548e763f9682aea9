"""Count the phrasings by company, kind and style; fail under the least that was agreed.

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
    """Companies and styles against kinds."""
    named = {code: Counter(query.kind for query in queries) for code, queries in written.items()}
    styles: dict[str, Counter[str]] = {}
    for query in (query for queries in written.values() for query in queries):
        styles.setdefault(query.style or "-", Counter())[query.kind] += 1
    lines = []
    for title, rows in (("company", named), ("style", dict(sorted(styles.items())))):
        lines += [f"{title:16}" + "".join(f"{kind:>7}" for kind in ("in", "near", "far", "all"))]
        rows = {**rows, "all": sum(rows.values(), Counter())}
        for name, counts in rows.items():
            cells = [counts["in"], counts["near"], counts["far"], counts.total()]
            lines.append(f"{name:16}" + "".join(f"{cell:>7}" for cell in cells))
        lines.append("")
    return "\n".join(lines)


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
