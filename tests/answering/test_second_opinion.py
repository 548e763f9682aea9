"""What a second reader's opinion changes, and what it can never change."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import pytest

from bot.answering.decision import decide, limits
from bot.answering.explanation import Note
from bot.answering.second_opinion import (
    Asked,
    Heard,
    Opinion,
    Said,
    Worth,
    choices,
    shown,
    weighed,
)
from bot.config import Settings
from bot.matching.confidence import CAPS
from bot.message import Answer, Chat, Decline, Likely, Message, Suggest
from bot.record import Reading
from bot.store import Store
from tests.conftest import open_by_words
from tests.matching.test_matching import OTHERS, made

DISTRUST = Worth({"none": -9.0, "another": -9.0}, {})
TRUST = Worth(
    {"sure": 9.0, "unsure": 1.0, "another": -9.0, "none": -9.0}, {"sure": 9.0, "unsure": 1.0}
)
OPINIONS = [Opinion(pick, is_sure) for pick in range(6) for is_sure in (True, False)]


@dataclass
class Scripted:
    """A reader that always says the same, at once; keeps what it was asked."""

    opinion: Opinion | None
    worth: Worth | None = TRUST
    timeout_s: float = 2.0

    def __post_init__(self):
        self.asked: list[Asked] = []

    def read(self, asked, within_s):
        self.asked += asked
        return [
            self.opinion if self.opinion and self.opinion.pick <= len(one.choices) else None
            for one in asked
        ]


def responder_over(tmp_path, *records, caution="strict"):
    store = Store(tmp_path / "irbot.db")
    for at, record in enumerate(records):
        store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
    return open_by_words(Settings(store.place, caution=caution)).responder


UNDECIDED = "下修转股价的事打算怎么弄"
SURE = "三大运营商加入医疗信息化项目招投标，是否对公司业务产生很大的冲击？"


def search(responder, text):
    return responder.consider(Message(text)).text.whole


def heard(responder, text):
    found = search(responder, text)
    candidates = shown(found.result.candidates, found.decision)
    assert candidates
    return found.result.candidates, Heard(candidates, None, counts=False)


@pytest.mark.parametrize("caution", ["strict", "normal", "open"])
def test_an_offer_becomes_an_answer_where_the_reader_picks_it(responder, store, caution):
    responder = open_by_words(Settings(store.place, caution=caution)).responder
    alone = search(responder, UNDECIDED)
    responder.second_reader = Scripted(Opinion(1, True))
    reply = responder.consider(Message(UNDECIDED)).reply
    assert isinstance(reply, Answer)
    assert reply.hits[0].id == alone.result.candidates[0].hit.id
    assert reply.confidence >= limits(caution)[0]


def test_another_one_that_is_picked_goes_before_the_first(responder):
    ranked, asked = heard(responder, UNDECIDED)
    found = weighed(ranked, asked, Opinion(2, True), TRUST)
    assert found[0].at == asked.shown[1].at
    assert {item.at for item in found} == {item.at for item in ranked}
    first = decide(found, "open").first
    assert first is not None
    assert first.hit.id == asked.shown[1].hit.id


def test_an_answer_becomes_an_offer_where_the_reader_finds_none(store):
    responder = open_by_words(Settings(store.place, caution="open")).responder
    typed = next(
        text
        for text in ("可转债什么时候转股", "可转债会不会下修", "美国关税的影响", "毛利率为什么下降")
        if isinstance(responder.consider(Message(text)).reply, Answer)
        and shown(search(responder, text).result.candidates, search(responder, text).decision)
    )
    alone = responder.consider(Message(typed)).reply
    assert isinstance(alone, Answer)
    responder.second_reader = Scripted(Opinion(0, True), DISTRUST)
    assert isinstance(responder.consider(Message(typed)).reply, Suggest)
    responder.second_reader = Scripted(Opinion(2, True))  # who differ leave it to the asker
    considered = responder.consider(Message(typed))
    assert isinstance(considered.reply, Likely | Suggest)
    assert alone.hits[0].id in [hit.id for hit in considered.reply.hits]
    (explained,) = responder.explain(considered).searches
    assert explained.reasons == (Note("disputed", alone.hits[0].full_id),)


@pytest.mark.parametrize("opinion", OPINIONS)
def test_whatever_it_says_what_limits_a_candidate_limits_it_still(responder, opinion):
    for text in (UNDECIDED, "2010年，公司毛利率下降是否与产品价格下降有关？", "毛利率下降"):
        found = search(responder, text)
        candidates = shown(found.result.candidates, found.decision)
        if not candidates or opinion.pick > len(candidates):
            continue
        asked = Heard(candidates, opinion, counts=True)
        for item in weighed(found.result.candidates, asked, opinion, TRUST):
            before = next(one for one in found.result.candidates if one.at == item.at)
            if before.caps:
                assert item.confidence <= before.confidence
                assert item.confidence <= min(CAPS[cap] for cap in before.caps)
            assert (item.conflicts, item.caps, item.is_exact) == (
                before.conflicts,
                before.caps,
                before.is_exact,
            )


NEVER_ASKED = {
    "sure": SURE,
    "nothing near": "今天上海天气怎么样",
    "sensitive": "董事长被立案了吗",
    "not stored": "宁德时代的毛利率是多少",
    "the share": "明天股价会涨吗",
    "by number": "#24",
    "one of many": "医院",
    "no matter": "详细说明",
    "guarded": "2010年，公司毛利率下降是否与产品价格下降有关？",
}


@pytest.mark.parametrize("name", NEVER_ASKED)
def test_it_is_not_asked_where_it_must_not_change_anything(responder, name):
    text = NEVER_ASKED[name]
    alone = responder.consider(Message(text)).reply
    reader = Scripted(Opinion(1, True))
    responder.second_reader = reader
    reply = responder.consider(Message(text)).reply
    if name == "guarded":  # it may say which other one is meant
        assert not isinstance(reply, Answer | Likely) or reply.hits[0].id != alone.hits[0].id
    else:
        assert reply == alone
        assert reader.asked == []


def test_what_is_held_is_not_shown_to_it(responder, store):
    reader = Scripted(Opinion(1, True))
    responder.second_reader = reader
    store.hold("300253/2025-002#24", "quiet", responder.now())
    responder.consider(Message(UNDECIDED))
    words = [choice.question for asked in reader.asked for choice in asked.choices]
    assert not any("9.7 亿元可转债" in word for word in words)


def test_it_is_shown_five_at_most_each_matter_once(tmp_path):
    question = "公司的量子镜头产能今年如何安排？"
    events = [
        made((question, f"第{number}期产能为{number}万台。"), *OTHERS) for number in range(1, 4)
    ]
    records = [
        replace(record, record_no=f"2025-{number:03}") for number, record in enumerate(events, 1)
    ]
    found = search(responder_over(tmp_path, *records), "量子镜头那边产能咋安排的呀")
    candidates = shown(found.result.candidates, found.decision)
    asked = [choice.question for choice in choices(candidates)]
    assert len(asked) <= 5
    assert asked.count(question) <= 1


def test_without_a_worth_it_is_asked_in_chats_and_changes_no_reply(responder):
    alone = responder.consider(Message(UNDECIDED)).reply
    reader = Scripted(Opinion(1, True), worth=None)
    responder.second_reader = reader
    chat = Chat("slack", "T", "C", "U")
    assert responder.consider(Message(UNDECIDED)).reply == alone
    assert reader.asked == []
    assert responder.consider(Message(UNDECIDED, chat)).reply == alone
    assert [asked.text for asked in reader.asked] == [UNDECIDED]


def test_who_has_waited_too_long_gets_the_matchers_reply_at_once(responder):
    alone = responder.consider(Message(UNDECIDED)).reply
    reader = Scripted(Opinion(1, True))
    responder.second_reader = reader
    assert responder.consider(Message(UNDECIDED), waited_s=2.0).reply == alone
    assert reader.asked == []


def test_each_question_of_a_message_is_read_by_itself(responder):
    typed = f"1、{UNDECIDED}？\n2、今天上海天气怎么样？"
    reader = Scripted(Opinion(1, True))
    responder.second_reader = reader
    reply = responder.consider(Message(typed)).reply
    assert isinstance(reply, Answer)
    assert [place for place, _ in reply.not_answered] == [2]
    assert len(reader.asked) == 1


def test_a_pick_lowers_nothing_and_what_is_not_picked_is_not_raised_by_it(responder):
    ranked, asked = heard(responder, UNDECIDED)
    wrong_way: dict[Said, float] = {"sure": -5.0, "unsure": -5.0, "another": 5.0, "none": 5.0}
    backwards = Worth(wrong_way, wrong_way)
    for opinion in OPINIONS:
        if opinion.pick <= len(asked.shown):
            found = {item.at: item for item in weighed(ranked, asked, opinion, backwards)}
            assert [found[item.at].confidence for item in ranked] == [
                item.confidence for item in ranked
            ]


def test_an_offer_never_becomes_a_decline(responder):
    texts = (UNDECIDED, "可转债", "毛利率下降", "美国关税", "数据要素业务的进展", "分红")
    for text, opinion in itertools.product(texts, OPINIONS):
        responder.second_reader = None
        alone = responder.consider(Message(text)).reply
        responder.second_reader = Scripted(opinion)
        reply = responder.consider(Message(text)).reply
        assert isinstance(reply, Decline) == isinstance(alone, Decline)


def test_the_desk_is_told_what_it_says(responder):
    responder.second_reader = Scripted(Opinion(2, False), worth=None)
    (found,) = responder.read_again(UNDECIDED)
    assert found.heard.picked.hit.full_id == found.heard.shown[1].hit.full_id
    (other,) = responder.read_again("今天上海天气怎么样")
    assert other.heard is None


def test_what_proves_a_reply_says_that_the_reader_had_a_part_in_it(responder):
    chat = Chat("slack", "T", "C", "U")
    version = responder.matcher
    for reader, matcher in (
        (None, version),
        (Scripted(Opinion(1, True), worth=None), version),
        (Scripted(None), version),
        (Scripted(Opinion(1, True)), f"{version} + second reader"),
    ):
        responder.second_reader = reader
        assert responder.consider(Message(UNDECIDED, chat)).matcher == matcher
