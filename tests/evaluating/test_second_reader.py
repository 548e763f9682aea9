"""What a measurement finds of second readers of every kind, and what it lets them change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.bootstrap import second_reader
from bot.config import Settings
from bot.evaluating import Query, ask_all
from bot.evaluating.second_reader import measure, worth_of
from bot.message import Answer, Chat, Message
from bot.record import Reading as Read
from bot.store import Store
from handlers.cli.second_reader import reader_json, told, try_reader
from tests.conftest import NOW, open_by_words
from tests.fakes.reader import PROSE, FakeReader, always, at_random, picking, saying
from tests.matching.test_matching import made

NAMES = [one + other for one in "青赤玄素金银碧紫" for other in "鹰狮鲸鹤"]
ASKED = {f"请问贵公司{name}项目的进展如何，何时量产？": name for name in NAMES}


def in_scope(name):
    return f"{name}什么时候能造出来"


def near(name):
    return f"{name}项目用了哪家的芯片"


QUERIES = [
    *(
        Query(in_scope(name), frozenset({f"399999/2025-1#{number}"}), "in")
        for number, name in enumerate(NAMES, 1)
    ),
    *(Query(near(name), frozenset(), "near") for name in NAMES),
]


def answers(message):
    """The stored question that a message asks."""
    return {asked for asked, name in ASKED.items() if message == in_scope(name)}


SCRIPTS = {
    "right": picking(answers),
    "always first": always(1),
    "always none": always(0),
    "at random": at_random(1),
    "hostile": picking(answers, is_hostile=True),
    "prose": saying(PROSE),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("products") / "irbot.db")
    told = (
        (asked, f"{name}项目已经进入试产阶段，公司将按计划推进。") for asked, name in ASKED.items()
    )
    store.add([Read(made(*told))], b"made up", "made.txt")
    return store


@pytest.fixture(scope="module")
def alone(store):
    """The matcher's own replies, by caution."""
    return {
        caution: list(ask_all(bot(store, caution=caution).responder, QUERIES))
        for caution in ("strict", "open")
    }


def bot(store, fake=None, **more):
    more = {**more, **({"reader_url": fake.url, "reader_model": "m"} if fake else {})}
    return open_by_words(Settings(store.path, reader_timeout_s=20.0, **more))


def tried(store, fake, **more):
    settings = Settings(
        store.path,
        reader_url=fake.url,
        reader_model="m",
        reader_timeout_s=20.0,
        clock_offset=NOW - Settings().now(),
        **more,
    )
    return settings, try_reader(settings, bot(store, **more).responder, QUERIES)


def right(rows):
    return sum(row.answered_right for row in rows)


def wrong(rows):
    return sum(row.answered_wrong for row in rows)


def test_a_reader_that_reads_is_switched_on_and_then_answers_more_and_nothing_wrong(store, alone):
    with FakeReader(SCRIPTS["right"]) as fake:
        settings, measured = tried(store, fake)
        assert measured.refused == ""
        assert [row.query for row in measured.together] == QUERIES
        assert right(measured.together) > right(measured.alone) + 20
        assert wrong(measured.together) == 0
        said = told(settings, measured)
        assert "第二读者的效果" in said
        assert said.endswith("检验通过，可以启用：IR_READER=use")
        used = bot(store, fake, reader_use="use").responder
        observed = bot(store, fake).responder
        rows = list(ask_all(used, QUERIES))
        assert right(rows) >= right(measured.together)
        assert wrong(rows) == 0
        assert right(ask_all(observed, QUERIES)) == right(alone["strict"])
        assert len(fake.asked) == len(measured.readings)  # each once that day


def test_it_turns_wrong_answers_into_offers(store, alone):
    with FakeReader(SCRIPTS["right"]) as fake:
        _, measured = tried(store, fake, caution="open")
    assert measured.refused == "" or "没有明显增加" in measured.refused
    assert wrong(alone["open"]) > 20
    assert wrong(measured.together) == 0


REFUSED = {
    "always first": "第1条候选对的时候，它选第1条的占100%；不对的时候，占100%",
    "always none": "第1条候选对的时候，它选第1条的占0%；不对的时候，占0%",
    "at random": "它的选择说明不了什么",
    "hostile": "第1条候选对的时候，它选第1条的占0%",
    "prose": "只得到0个意见",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_reader_that_is_no_help_is_not_switched_on_and_it_is_said_why(name, store, alone):
    with FakeReader(SCRIPTS[name]) as fake:
        settings, measured = tried(store, fake)
        assert REFUSED[name] in measured.refused
        assert told(settings, measured).endswith(f"不启用，意见仍只看不用。{measured.refused}")
        assert reader_json(settings, measured)["refused"] == measured.refused
        used = bot(store, fake, reader_use="use")
        assert used.second_reader.worth is None
        rows = list(ask_all(used.responder, QUERIES[::4]))
    assert [row.shown for row in rows] == [row.shown for row in alone["strict"][::4]]


@pytest.mark.parametrize("name", SCRIPTS)
def test_while_it_is_observed_no_reply_changes(name, store, alone):
    with FakeReader(SCRIPTS[name]) as fake:
        responder = bot(store, fake, caution="open").responder
        chat = Chat("slack", "T", "C", "U")
        for row in alone["open"][::8]:
            reply = responder.consider(Message(row.query.text, chat)).reply
            assert isinstance(reply, Answer) == (row.band == "answer")
            assert tuple(hit.id for hit in reply.hits)[:1] == row.ids[:1]


def test_a_file_without_near_misses_is_too_little(store):
    with FakeReader(SCRIPTS["right"]) as fake:
        responder = bot(store).responder
        reader = second_reader(
            Settings(store.path, reader_url=fake.url, reader_model="n", reader_timeout_s=20.0),
            store,
            lambda: NOW,
        )
        assert reader is not None
        measured = measure(responder, reader, QUERIES[:32], "strict")
    assert "标注的提问太少" in measured.refused
    assert "不对的有0条" in measured.refused


def test_a_reader_that_is_wrong_too_often_is_refused_by_the_wrong_answers(store):
    """It is right of most, and of a few near misses it is as sure as of the others."""

    def mistaken(message, candidates):
        name = next(name for name in NAMES if name in message)
        is_fooled = NAMES.index(name) % 6 == 0
        return SCRIPTS["right" if not is_fooled else "always first"](message, candidates)

    with FakeReader(mistaken) as fake:
        _, measured = tried(store, fake)
    assert wrong(measured.together) > 0
    assert "答错的多了" in measured.refused


def test_few_readings_show_little(store):
    with FakeReader(SCRIPTS["right"]) as fake:
        _, measured = tried(store, fake)
    few = [*measured.readings[:4], *measured.readings[-4:]]
    assert worth_of(few).first.get("sure", 0) < worth_of(measured.readings).first["sure"]
    backwards = [
        replace(reading, is_right=tuple(not one for one in reading.is_right)) for reading in few
    ]
    assert all(added >= 0 for said, added in worth_of(backwards).first.items() if said == "sure")
