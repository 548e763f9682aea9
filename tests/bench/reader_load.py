"""Slack beside a second reader that is slow: `python -m tests.bench.reader_load`.

`/ir` one after another with a reader that never answers, then mentions all at once with one that
takes a second. Bot and reader run as `irbot serve` meets them, the reader's opinion counting;
every message is one where the matcher is undecided, none twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.bootstrap import open_responder
from bot.config import Settings
from bot.evaluating import read_queries
from bot.evaluating.second_reader import alone_and_read
from bot.second_reader.reader import name_of
from bot.store import Store
from tests.bench.slack_load import serving
from tests.conftest import IRBOT, NOW, SAMPLE, Imported
from tests.eval.reader_curve import Silent
from tests.eval.split import FOLDER
from tests.fakes.reader import FakeReader, always
from tests.fakes.slack import FakeSlack

_WORTH = {"first": {"sure": 2.0, "none": -2.0}, "other": {"sure": 2.0}}


def prepared(folder: Path, count: int) -> tuple[Imported, list[str]]:
    """The sample in a store, and about so many messages that leave the matcher undecided."""
    db = folder / "irbot.db"
    env = {"IR_DB": str(db), "PATH": ""}
    for arguments in (("import", "--quiet", str(SAMPLE)), ("ask", "--file", "-")):
        subprocess.run([IRBOT, *arguments], input=b"", env=env, cwd=folder, check=True)
    queries = read_queries(FOLDER / "300253.tsv")[: 2 * count]  # most of them do
    _, readings = alone_and_read(open_responder(Settings(db)), Silent(), queries)
    typed = {query.text for query in queries}
    undecided = dict.fromkeys(reading.asked.text for reading in readings)
    return Imported("", db), [text for text in undecided if text in typed]


def trusted(imported: Imported, reader: FakeReader) -> dict[str, str]:
    """What `serve` needs so that the reader's opinion counts."""
    settings = Settings(reader_url=reader.url, reader_model=reader.env["IR_READER_MODEL"])
    Store(imported.db).add_reader_trial(name_of(settings), "strict", _WORTH, "", NOW)
    Store(imported.db).database.close()
    return {**reader.env, "IR_READER": "use"}


def commands(imported: Imported, texts: list[str], wait_s: float) -> dict[str, Any]:
    """`/ir`, one after another; how long until each is answered inside its acknowledgement."""
    with FakeReader(always(1), wait_s=wait_s) as reader, FakeSlack() as slack:
        with serving(slack, [IRBOT, "serve"], imported, **trusted(imported, reader)):
            took, answered = [], 0
            for at, text in enumerate(texts):
                began = time.monotonic()
                answered += bool(slack.command(text, channel=f"C{at}"))
                took.append(time.monotonic() - began)
        asked = len(reader.asked)
    took.sort()
    at = min(len(took) - 1, int(len(took) * 0.99))
    return {
        "commands": len(texts),
        "answered at once": answered,
        "reader asked": asked,
        "p50 s": round(took[len(took) // 2], 3),
        "p99 s": round(took[at], 3),
        "max s": round(took[-1], 3),
    }


def mentions(imported: Imported, texts: list[str], wait_s: float) -> dict[str, Any]:
    """All at once, each in a channel of its own."""
    with FakeReader(always(1), wait_s=wait_s) as reader, FakeSlack(retry_s=10) as slack:
        with serving(slack, [IRBOT, "serve"], imported, **trusted(imported, reader)):
            began = time.monotonic()
            sent = {slack.mention(text, channel=f"M{at}") for at, text in enumerate(texts)}
            slack.until(lambda: len({post["thread_ts"] for post in slack.posts}) >= len(sent), 120)
            time.sleep(1.0)  # for posts that should not come
            posts = list(slack.posts)
        asked = len(reader.asked)
    first = {post["thread_ts"] for post in posts}
    return {
        "mentions": len(texts),
        "lost": len(sent - first),
        "doubled": len(posts) - len({(post["thread_ts"], str(post["blocks"])) for post in posts}),
        "reader asked": asked,
        "all answered after s": round(max(post["at"] for post in posts) - began, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        imported, texts = prepared(Path(folder), given.count)
        texts = texts[: given.count]
        found = {
            "/ir, the reader hangs": commands(imported, texts, 3600.0),
            "mentions at once, the reader takes 1 s": mentions(imported, texts, 1.0),
        }
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
