"""Whether two checkouts answer every phrasing with the same bytes.

    python -m tests.eval.compare OTHER_CHECKOUT RECORDS

For a change that must change no reply. OTHER_CHECKOUT has its own .venv; RECORDS is the folder
that IR_TEST_RECORDS names. Each checkout imports each company's records into a store of its own
and runs `irbot ask --file --json` over the phrasings at every caution.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.evaluating import read_queries
from tests.eval.split import FOLDER, read_split

HERE = Path(__file__).parents[2]
_NOW = "2026-11-25T09:00:00+08:00"  # ages are counted from it
_CAUTIONS = ("strict", "normal", "open")


def replies(checkout: Path, store: Path, queries: str, caution: str) -> list[str]:
    """One JSON line for every query, as that checkout answers it."""
    done = _irbot(checkout, store, caution, "ask", "--file", "-", "--json", given=queries)
    return done.splitlines()


def _irbot(checkout: Path, store: Path, caution: str, *words: str, given: str = "") -> str:
    settings = {"IR_DB": str(store), "IR_NOW": _NOW, "IR_CAUTION": caution}
    done = subprocess.run(
        [str(checkout / ".venv/bin/irbot"), *words],
        cwd=checkout,
        env={**os.environ, **settings},
        input=given,
        capture_output=True,
        text=True,
    )
    if done.returncode and words[0] != "import":  # a folder may hold a file that is refused
        raise SystemExit(f"{checkout}: irbot {words[0]}: {done.stderr}")
    return done.stdout


def main(other: Path, records: Path) -> int:
    """Print what differs; the number of replies that do."""
    split, different, asked = read_split(), 0, 0
    for company in (*split.fit, *split.judge):
        files = sorted(path for path in records.rglob(f"*{company}*") if path.suffix != ".json")
        queries = "\n".join(query.text for query in read_queries(FOLDER / f"{company}.tsv")) + "\n"
        with TemporaryDirectory() as folder:
            stores = {HERE: Path(folder) / "here.db", other: Path(folder) / "other.db"}
            for checkout, store in stores.items():
                _irbot(checkout, store, "strict", "import", "--accept-warnings", *map(str, files))
            for caution in _CAUTIONS:
                here, there = (
                    replies(checkout, store, queries, caution) for checkout, store in stores.items()
                )
                for one, two in zip(here, there, strict=True):
                    asked += 1
                    if one != two:
                        different += 1
                        print(company, caution, json.loads(one)["query"], flush=True)
        print(f"{company}: {asked} replies so far, {different} differ", file=sys.stderr)
    return different


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()) > 0)
