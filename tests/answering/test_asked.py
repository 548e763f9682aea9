"""What people type, and what comes: `asked.tsv`, over two made-up companies.

`▸` stands between the messages of one chat, of which the last is judged, and `⏎` for a line's end.
What an answer or a list shows is given by ids, an offer by the first ones, all else by how it
begins.
"""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest

from bot.config import CHINA, Settings
from bot.message import Answer, Chat, Listing, Message, Suggest
from bot.reading.document import read_records
from bot.store import Store
from handlers.json_output import reply_json
from tests.conftest import open_by_words

RECORDS = Path(__file__).parents[1] / "records/made_up"
TABLE = Path(__file__).with_name("asked.tsv")
FILES = ("layout_f_compound_question.txt", "layout_b_numbered_with_da.txt")
CONTACT = "证券部 000-0000000"


def rows():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("asked") / "irbot.db")
    for name in FILES:
        content = (RECORDS / name).read_bytes()
        store.add(read_records(content, name), content, name)
    settings = Settings(store.place, contact=CONTACT)
    responder = open_by_words(settings, lambda: datetime(2026, 7, 1, 9, tzinfo=CHINA)).responder
    responder.reachability = lambda chat: ""
    return responder


def said(desk, messages, chat):
    """The kind of the last reply, and what it shows."""
    for text in messages:
        message = Message(text.replace("⏎", "\n"), chat)
        reply = desk.reply(message)
    match reply:
        case Answer(hits=hits) | Suggest(hits=hits):
            shown = " ".join(hit.full_id for hit in hits)
        case Listing(record=record):
            shown = record.id
        case _:
            shown = desk.show(reply).text
    return reply_json("", reply, desk.show(reply))["kind"], shown


def test_the_table_is_as_long_as_agreed():
    assert len(rows()) >= 150


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["typed"])
def test_what_comes(desk, row):
    kind, shown = said(desk, row["typed"].split("▸"), Chat("test", "", row["typed"], "U"))
    assert kind == row["kind"]
    if kind in ("answer", "list"):
        assert shown == row["what"]
    else:
        assert shown.startswith(row["what"])
