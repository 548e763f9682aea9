"""Ask every phrasing, and print what a person gets.

    python -m tests.eval.archive_scores [--half fit|judge] [--caution strict|normal|open]
        [--stores FOLDER] [--single | --all] [--misses FILE]

Over stores that hold all records of a company; with --single over those of the records that are
labelled, with --all over one store of all these companies. IR_TEST_RECORDS names the records. The
stores are kept in FOLDER and made anew when a file or the reader changed. --misses writes a line
for every message, for reading why.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from bot.config import Caution
from bot.evaluating import JudgedQuery, Number, Query, Share, ask_all, groups, score
from tests.eval.split import ARCHIVE, FOLDER, read_split
from tests.eval.stores import Company, Library

_INSIDE = {  # head → number
    "in": "in-scope queries",
    "right": "in-scope answered right",
    "1st sight": "in-scope right at first sight",
    "helped": "in-scope helped",
    "wrong": "answered wrong",
    "1st wrong": "first sight wrong",
    "newest": "newest answered",
    "named": "newest named",
    "offers": "offers a list",
    "precision": "offer precision",
    "chars": "characters to read",
    "likely": "characters of a likely",
}
_OUTSIDE = {"answered": "answered", "likely": "shown a likely", "list": "given a list"}
_KINDS = ("near", "far", "narrative", "out")

Grid = tuple[list[str], list[list[str]]]  # heads, lines


def companies(library: Library, half: str = "", which: str = "archive") -> list[Company]:
    """Those of a half, or of both, with the stores that are meant.

    Args:
        library: Where the stores come from.
        half: "fit", "judge", or both.
        which: "archive", all records of a company; "single", those that its labels name; "all",
            those in one store.

    Raises:
        SystemExit: A label names a record or a question that no file yields.
    """
    folder = ARCHIVE if which == "archive" else FOLDER
    split = read_split(folder)
    paths = {code: folder / f"{code}.tsv" for code in (*split.fit, *split.judge)}
    codes = {"fit": split.fit, "judge": split.judge}.get(half, tuple(paths))
    if which == "all":
        whole = library.together(list(paths.values()))
        found = [replace(whole, queries=tuple(q for q in whole.queries if q.company in codes))]
    else:
        store = library.archive if which == "archive" else library.company
        found = [store(paths[code]) for code in codes]
    if strange := sorted(id_ for each in found for id_ in each.strange):
        raise SystemExit(f"accepted, but in no store: {', '.join(strange)}")
    return found


def ask(found: Sequence[Company], caution: Caution) -> list[JudgedQuery]:
    """Every message of the companies, each asked of its company's store."""
    rows: list[JudgedQuery] = []
    total = sum(len(each.queries) for each in found)
    for each in found:
        for row in ask_all(each.responder(caution), each.queries):
            rows.append(row)
            if len(rows) % 50 == 0 or len(rows) == total:
                print(f"\r{each.code}: {len(rows)} of {total}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows


def inside(named: Mapping[str, Sequence[JudgedQuery]], cell: Callable[[Number], str]) -> Grid:
    """What a person gets of what is in scope, a line for each group that has any."""
    return ["", *_INSIDE], [
        [name, *(cell(numbers.get(key)) for key in _INSIDE.values())]
        for name, rows in named.items()
        if (numbers := score(rows))["in-scope queries"]
    ]


def outside(named: Mapping[str, Sequence[JudgedQuery]], cell: Callable[[Number], str]) -> Grid:
    """What a person gets of what is not, a line for each group that has any."""
    found = {row.query.kind for rows in named.values() for row in rows if not row.query.accept}
    columns = {
        f"{kind} {head}": f"{kind} {key}"
        for kind in _KINDS
        if kind in found
        for head, key in _OUTSIDE.items()
    }
    return ["", *columns], [
        [name, *(cell(numbers.get(key)) for key in columns.values())]
        for name, rows in named.items()
        if (numbers := score(rows))["out-of-scope queries"]
    ]


def table(rows: Sequence[JudgedQuery]) -> str:
    """All, then by company, kind and style: what is in scope, then what is not."""
    named: dict[str, Sequence[JudgedQuery]] = {"all": rows}
    for grouping in ("company", "kind", "style"):
        named |= groups(rows).get(grouping, {})
    return "\n\n".join(_aligned(*part(named, _cell)) for part in (inside, outside))


def _aligned(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        for line in (heads, *lines)
    )


def _cell(number: Number) -> str:
    if isinstance(number, Share):
        return f"{number.count}/{number.of} {number.value:.3f}" if number.of else "-"
    if number is None:
        return "-"
    return f"{number:.2f}" if isinstance(number, float) else str(number)


def misses(rows: Sequence[JudgedQuery]) -> str:
    """A line for every message: what it is, what came, and whether that was right."""
    lines = [
        "verdict\tkind\tstyle\tcompany\tquery\tband\tconfidence\tanswered\topened\toffered\tnamed\taccepted"
    ]
    for row in rows:
        assert row.shown is not None
        query, reply = row.query, row.shown
        cells = (
            verdict(row), query.kind, query.style, query.company, query.text, row.band or "",
            f"{row.confidence:.3f}", " ".join(reply.answered), reply.opened,
            " ".join(reply.offered), " ".join(reply.named), _accepted(query),
        )  # fmt: skip
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def verdict(row: JudgedQuery) -> str:
    """One word for what came of a message."""
    assert row.shown is not None
    if row.answered_wrong:
        return "wrong"
    if not row.query.accept:
        return "offered" if row.shown.is_list else "declined"
    if row.answered_right:
        return "right"
    if row.shown.opened in row.query.accept:
        return "opened right"
    if row.answered:
        return "partly"
    return "listed" if row.helped else "lost"


def _accepted(query: Query) -> str:
    return ", ".join(" ".join(sorted(group)) or "-" for group in query.groups or (query.accept,))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--half", choices=("fit", "judge"), default="")
    parser.add_argument("--caution", choices=get_args(Caution), default="strict")
    parser.add_argument("--stores", type=Path)
    parser.add_argument("--misses", type=Path)
    which = parser.add_mutually_exclusive_group()
    for name in ("single", "all"):
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name)
    parser.set_defaults(which="archive")
    given = parser.parse_args(arguments)
    records = os.environ.get("IR_TEST_RECORDS")
    if not records:
        print("IR_TEST_RECORDS is not set", file=sys.stderr)
        return 2
    with TemporaryDirectory() as folder:
        library = Library(Path(records), given.stores or Path(folder))
        rows = ask(companies(library, given.half, given.which), given.caution)
    print(table(rows))
    if given.misses:
        given.misses.write_text(misses(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
