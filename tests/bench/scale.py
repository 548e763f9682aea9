"""How both engines grow with the store: `python -m tests.bench.scale FOLDER [SIZE …] [--write]`.

Pairs are generated (generated.py), 1,850 to a company in the middle. Each size is loaded into a
SQLite file and into a PostgreSQL server of this run, both below FOLDER, which any user must be able
to enter. What was measured of a size is kept there as SIZE.json and not measured again. --write
makes the tables of docs/scale.md anew.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import scale_runs as runs
from tests.bench.generated import PAIRS_OF_A_COMPANY, market
from tests.bench.machine import measured as machine
from tests.bench.scale_runs import Engine, Figures
from tests.postgres import Cluster

SIZES = (10_000, 100_000, 1_000_000)
PAGE = Path(__file__).parents[2] / "docs/scale.md"
_PROCESSES = (1, 4)
_FEED_S = 40.0
# An operator gives a server of a million pairs more than the distribution's 128 MB.
_SERVER = {"max_wal_size": "4GB"}

Found = dict[str, dict[str, Any]]  # engine → part → figures


@contextmanager
def engines(folder: Path, size: int) -> Iterator[tuple[Engine, Engine]]:
    """Both, empty."""
    companies = max(1, size // PAIRS_OF_A_COMPANY)
    room = folder / "server"
    room.mkdir(exist_ok=True)
    room.chmod(0o777)  # a server is not root's
    with Cluster(durable=True, room=room) as cluster, cluster.database() as name:
        cluster.set(**_SERVER)
        yield (
            Engine("SQLite", "irbot.db", folder / f"{size}-sqlite", companies),
            Engine("PostgreSQL", cluster.url(name), folder / f"{size}-pg", companies, cluster),
        )


def measure(folder: Path, size: int) -> Found:
    """Everything of one size, the engines in turn."""
    file = folder / f"{size}.csv"
    companies = max(1, size // PAIRS_OF_A_COMPANY)
    if not file.exists():
        runs.write(market(size, companies), file)
    found: Found = {}
    with engines(folder, size) as both:
        for engine in both:
            found[engine.name] = {"loading": _loaded(engine, size, file)}
            _tell(size, engine, found)
        messages = runs.asked(size, companies)
        said = {}
        for count in _PROCESSES:
            for engine in both:
                figures, said[engine.name] = runs.replies(engine, count, messages)
                found[engine.name][f"replies {count}"] = figures
            one, other = said.values()
            same = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
            for engine in both:
                found[engine.name][f"replies {count}"]["same"] = same
                _tell(size, engine, found)
        for engine in both:
            found[engine.name]["feed"] = runs.feed(engine, size, _FEED_S)
            _tell(size, engine, found)
    return found


def _loaded(engine: Engine, size: int, file: Path) -> Figures:
    settings, before = engine.settings(), engine.server_s()
    figures: Figures = runs.alone(runs.load, settings, file)
    figures["load server s"] = engine.server_s() - before
    figures["database MB"] = engine.database_mb()
    row = next(iter(market(size, engine.companies)))
    figures |= runs.alone(runs.first_answer, settings, row)
    return figures


def _tell(size: int, engine: Engine, found: Found) -> None:
    part, figures = list(found[engine.name].items())[-1]
    told = ", ".join(f"{name} {value:.3g}" for name, value in figures.items())
    print(f"{time.strftime('%H:%M')} {size:,} {engine.name}, {part}: {told}", flush=True)


# Telling

_USERS = ("importer", "replica", "server")

_LOADING = """\
| pairs | engine | load s (processor s, of it the server's) | pairs a second | database MB \
| index MB | first answer s: no index (processor s) | with one |
| --- | --- | --- | --- | --- | --- | --- | --- |"""
_REPLIES = """\
| pairs | processes | engine | processor ms, p50 / p99 | × SQLite's | the server's | p50 / p99 ms \
| replies a second | memory MB | replies the same |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""
_FEED = """\
| pairs | engine | new pairs a second | lag p50 / p99 s | marks seen \
| processor ms a pair: importer, replica, server |
| --- | --- | --- | --- | --- | --- |"""


def tables(found: dict[int, Found]) -> Iterator[str]:
    """The page's tables, line by line; of a part that is missing there is no line."""
    each = [
        (size, name, parts, of["SQLite"])
        for size, of in found.items()
        for name, parts in of.items()
    ]
    yield _LOADING
    for size, name, parts, _ in each:
        yield _told_loading(size, name, parts["loading"])
    yield from ("", _REPLIES)
    for size, name, parts, sqlite in each:
        for count in _PROCESSES:
            if (part := f"replies {count}") in parts:
                yield _told_replies(size, name, count, parts[part], sqlite[part])
    yield from ("", _FEED)
    for size, name, parts, _ in each:
        if "feed" in parts:
            yield _told_feed(size, name, parts["feed"])


def _told_loading(size: int, name: str, of: Figures) -> str:
    spent = of["load cpu s"] + of["load server s"]
    cells = [
        f"{of['load s']:.0f} ({spent:.0f}, {of['load server s']:.0f})",
        f"{size / of['load s']:,.0f}",
        f"{of['database MB']:,.0f}",
        f"{of['index MB']:,.0f}",
        f"{of['first, no index s']:.1f} ({of['first, no index cpu s']:.1f})",
        f"{of['first s']:.1f} ({of['first cpu s']:.1f})",
    ]
    return f"| {size:,} | {name} | {' | '.join(cells)} |"


def _told_replies(size: int, name: str, count: int, of: Figures, sqlite: Figures) -> str:
    cells = [
        f"{of['cpu p50']:.0f} / {of['cpu p99']:.0f}",
        f"{of['cpu p50'] / sqlite['cpu p50']:.2f} / {of['cpu p99'] / sqlite['cpu p99']:.2f}",
        f"{of['server ms']:.1f}",
        f"{of['p50']:.0f} / {of['p99']:.0f}",
        f"{of['a second']:.0f}",
        f"{of['memory MB']:.0f}",
        f"{of['same']:.1%}",
    ]
    return f"| {size:,} | {count} | {name} | {' | '.join(cells)} |"


def _told_feed(size: int, name: str, of: Figures) -> str:
    each = [1000 * of[f"{who} cpu"] / of["pairs a second"] for who in _USERS]
    used = ", ".join(f"{value:.2f}" for value in each)
    lag = f"{of['lag p50 s']:.2f} / {of['lag p99 s']:.2f}"
    return (
        f"| {size:,} | {name} | {of['pairs a second']:,.0f} | {lag} | {of['seen']:.0%} | {used} |"
    )


_MARK = "(tests/bench/scale.py).\n\n"  # the tables come behind it


def kept(folder: Path, sizes: Sequence[int]) -> dict[int, Found]:
    """What there is of each size, measured where it is not."""
    found: dict[int, Found] = {}
    for size in sizes:
        file = folder / f"{size}.json"
        if not file.exists():
            file.write_text(json.dumps(measure(folder, size), indent=1), encoding="utf-8")
        found[size] = json.loads(file.read_text(encoding="utf-8"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    print(machine())
    lines = list(tables(kept(given.folder.resolve(), given.sizes)))
    print("\n".join(lines))
    if given.write:
        before, mark, _ = PAGE.read_text(encoding="utf-8").partition(_MARK)
        PAGE.write_text(f"{before}{mark}" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
