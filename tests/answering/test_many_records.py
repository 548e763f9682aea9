"""Among very many records what is named is found as among a few, without reading them all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.config import Settings
from bot.message import Answer, Decline, Message, Notice, Statement, Suggest
from bot.record import Narrative, Question, Reading
from bot.store import Store
from tests.conftest import NOW, open_by_words
from tests.handlers.web.site import record

_RECORDS = 130


@pytest.fixture(scope="module")
def responder(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("many") / "irbot.db")
    readings = []
    for at in range(_RECORDS):
        asked = [Question(n, f"第{at}次的第{n}件事？", f"答{at}。") for n in (1, 2)]
        if at == 90:
            asked.append(Question(7, "只问过一次的事？", "只答过一次。"))
        day = date(2026, 1, 1) + timedelta(days=at)
        told = (Narrative("致辞", "一。\n二。"),) if at == 40 else ()
        code = f"{600000 + at % 20}"
        readings.append(
            Reading(record(f"2026-{at:03}", *asked, day=day, code=code, narrative=told))
        )
    store.add(readings, b"many", "many.txt", now=NOW)
    return open_by_words(Settings(store.place)).responder


def test_a_number_that_many_have_offers_the_newest(responder):
    reply = responder.reply(Message("第2问"))
    assert isinstance(reply, Suggest)
    assert reply.hits[0].record.record_no == f"2026-{_RECORDS - 1:03}"


def test_a_number_that_one_has_is_its_answer(responder):
    reply = responder.reply(Message("第7问"))
    assert isinstance(reply, Answer)
    assert reply.hits[0].question.answer == "只答过一次。"


def test_a_paragraph_that_one_has_is_shown(responder):
    reply = responder.reply(Message("第2段"))
    assert isinstance(reply, Statement)
    assert reply.hit.question.answer == "二。"


@pytest.mark.parametrize("number", ["8", "9" * 30])
def test_a_number_that_none_has_is_told(responder, number):
    assert isinstance(responder.reply(Message(f"第{number}问")), Notice | Decline)


def test_what_there_is_counts_them_all(responder):
    covered = responder.library.coverage(Message(""))
    assert sum(item.records for item in covered) == _RECORDS
    assert covered[0].latest == "2026-05-10"
    until = responder.library.coverage(Message("", as_of=date(2026, 1, 25)))
    assert sum(item.records for item in until) == 25
    one = responder.library.coverage(Message("", company="600003"))
    assert [(item.company_code, item.records) for item in one] == [("600003", 7)]
