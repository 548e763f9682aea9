"""The same messages get the same replies over a file and over a server that hold the same pairs."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import pytest

from bot.config import Settings
from bot.ingest.importing import Options, import_files
from bot.message import Message
from bot.store import Store
from handlers.json_output import reply_json
from tests.bench.generated import pairs, write
from tests.conftest import NOW, open_by_words


def messages(count, of):
    """What is asked of so many pairs: questions whole, cut and mistyped, of a company or of all."""
    chance = random.Random(of)
    rows = chance.sample(list(islice(pairs(of), of)), count)
    for number, (code, name, question, *_) in enumerate(rows):
        start = chance.randrange(len(question) // 2)
        at = chance.randrange(len(question))
        yield (
            f"{code} {question}",
            f"{name}{question[start:]}",
            f"{name} {question[:at]}{question[at + 1 :]}",
            question,
            f"{question[start : start + 6]}和{chance.choice(rows)[2]}",
        )[number % 5]


@pytest.mark.parametrize("engine", ["postgres"])
@pytest.mark.parametrize(
    ("of", "count"),
    [
        (500, 60),
        pytest.param(100_000, 300, marks=[pytest.mark.trial, pytest.mark.timeout(3600)]),
    ],
)
def test_replies_are_the_same_over_a_file_and_over_a_server(place, tmp_path, of, count, capsys):
    export = tmp_path / "pairs.csv"
    write(of, export)
    told, shown = [], []
    for each in (tmp_path / "file.db", place):
        store = Store(each)
        (imported,) = import_files(store, [export], Options(now=NOW))
        assert imported.status == "imported", imported.reason
        responder = open_by_words(Settings(each)).responder
        replies = [(text, responder.reply(Message(text))) for text in messages(count, of)]
        told.append([reply_json(text, said, responder.show(said)) for text, said in replies])
        shown.append([version.record for version in store.newest_records()])
    assert told[0] == told[1]
    assert shown[0] == shown[1]
    kinds = Counter(reply["kind"] for reply in told[0])
    assert len(kinds) > 1, kinds
    with capsys.disabled():
        if of > 1000:
            print("", f"{of} pairs, {count} messages, the same replies: {dict(kinds)}", sep="\n")
