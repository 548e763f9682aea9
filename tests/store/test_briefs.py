"""What is known of records without their words is what their words say, whatever was done."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from bot.errors import BotError
from bot.ingest.importing import Options, import_content
from bot.record import Question, Reading
from bot.store import Store
from bot.store.briefs import briefs
from bot.store.connection import instant
from tests.conftest import NOW
from tests.handlers.web.site import record

# A seed is a second of the processor, twice with two engines.
SEEDS = (0, 3, *(pytest.param(seed, marks=pytest.mark.trial) for seed in range(4, 30)))
_HEADER = "股票代码,公司简称,问题,提问时间,回答内容,回答时间,问题编号\n"


def deeds(store: Store, chance: random.Random) -> Iterator[None]:
    """Things done to a store, one after the other, in any order."""

    def row(company: int, number: int) -> str:
        answer = chance.choice("甲乙丙")
        day = date(2026, 1, 1) + timedelta(days=chance.randrange(300))
        return (
            f"{company:06},样例{company},第{number}件事如何？,2025-12-01 09:00:00,{answer}。,"
            f"{day} 09:00:00,22766163003717{number:05}\n"
        )

    def imported() -> None:
        no = f"2025-{chance.randrange(4):03}"
        words = Question(1, "分红吗？", chance.choice("子丑寅"))
        reading = Reading(record(no, words, day=date(2026, chance.randrange(1, 11), 3)))
        publication = (
            NOW + timedelta(days=chance.randrange(1, 9)) if chance.random() < 0.3 else None
        )
        store.add(
            [reading],
            repr(reading).encode(),
            "a.txt",
            replace_words=chance.random() < 0.7,
            published_at=publication,
            is_draft=publication is None and chance.random() < 0.2,
            now=NOW,
        )

    def rows() -> None:
        text = _HEADER + "".join(row(chance.randrange(1, 4), n) for n in range(3))
        import_content(store, "rows.csv", text.encode(), Options(replace_words=True, now=NOW))

    def decided() -> None:
        known = [item.record.id for item in store.newest_records()]
        if not known:
            return
        one = chance.choice(known)
        chance.choice(
            [
                lambda: store.withdraw(one, "错"),
                lambda: store.hold(f"{one}#1", "查"),
                lambda: store.release(f"{one}#1"),
                lambda: store.pause("静默期", company=one[:6], now=NOW),
                lambda: store.resume(one[:6], now=NOW),
                lambda: store.publish(one, now=NOW),
                lambda: store.undo_publication(one),
                lambda: store.restore_version(one, 1),
            ]
        )()

    while True:
        try:
            chance.choice([imported, imported, rows, decided, decided])()
        except BotError:  # not possible as things stand
            continue
        yield


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_kept_is_what_a_fresh_look_tells_whatever_was_done(place, seed):
    store, chance = Store(place), random.Random(seed)
    at = NOW
    for _, _ in zip(range(40), deeds(store, chance), strict=False):
        at += timedelta(hours=chance.choice((0, 0, 7, 90, -30)))
        shown = store.shown(at)
        fresh = Store(place).shown(at)
        assert shown.briefs == fresh.briefs
        assert (shown.live, shown.keys) == (fresh.live, fresh.keys)


@pytest.mark.parametrize("seed", SEEDS)
def test_briefs_and_live_places_say_what_the_words_say(place, seed):
    store, chance = Store(place), random.Random(seed)
    for _, _ in zip(range(40), deeds(store, chance), strict=False):
        known = briefs(store.database.connection(), instant(NOW))
        records = store.records(NOW)
        assert [brief.id for brief in known] == [item.record.id for item in records]
        for brief, item in zip(known, records, strict=True):
            said = item.record
            assert (brief.event_date, brief.last_day) == (said.event_date, said.last_event.end)
            assert brief.company_name == said.company_name
            assert (brief.record_no, bool(brief.is_written)) == (said.record_no, said.is_written)
            assert (brief.version, brief.publication) == (item.version, item.publication)
        shown = store.shown(NOW)
        public = [
            item
            for item in records
            if item.is_public(NOW) and item.superseded_by is None and not item.hidden_whole(NOW)
        ]
        assert [item.record.questions for item in shown.stored] == [
            item.visible.questions for item in public
        ]
        for keys, item in zip(shown.keys, shown.stored, strict=True):
            found = {
                question.number: question
                for key, own in store.entries(keys)
                for question in own.questions
                if question.place not in shown.live[key]
            }
            assert found == {question.number: question for question in item.record.questions}
            for number, question in found.items():
                assert item.record.question(number) == question
