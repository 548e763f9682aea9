"""Opening statements: found by metric and period, offered, and quoted to the letter."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from bot.answering.narrative import with_paragraphs
from bot.config import CHINA, Settings
from bot.ingest.embedding import texts, vectors_of
from bot.matching.embedding import default_embedder
from bot.matching.index import Index
from bot.matching.periods import periods
from bot.matching.text import normalise
from bot.message import Chat, Hit, Likely, Message, Statement, Suggest, band
from bot.reading.document import read_records
from bot.store import Store
from bot.wording.presentation import Words
from handlers.json_output import reply_json
from handlers.slack import render as slack
from handlers.wecom import render as wecom
from tests.conftest import open_by_words

NOW = datetime(2026, 3, 24, 9, tzinfo=CHINA)
CHAT = Chat("slack", "T1", "C1", "U1")
FORM = """\
证券代码：399222 证券简称：水杉样本
水杉样本股份有限公司投资者关系活动记录表
编号：{no}
投资者关系活动类别 □特定对象调研 √业绩说明会
参与单位名称及人员姓名 线上参与本次业绩说明会的投资者
时间 {day}
地点 公司会议室
上市公司接待人员姓名 董事长：林一舟先生
投资者关系活动主要内容介绍
{content}
附件清单（如有） 无
日期 {day}
"""
SPEECH = """\
一、公司经营情况说明
{year}，公司实现营业收入{sales}亿元，同比增长12.50%；归属于上市公司股东的净利润{profit}亿元。
分板块来看：
海外业务方面，实现收入{abroad}亿元。公司在越南的工厂已经投产。
毛利率方面，公司整体毛利率为{margin}%，与上期基本持平，产品结构的优化抵消了原材料价格上涨带来的影响，预计后续仍会有小幅波动。
"""
QUESTIONS = """\
二、投资者问答
1、公司海外市场如何布局？
答：公司以东南亚为重点，逐步拓展销售网络。
2、公司今年的分红计划是什么？
答：请关注公司后续的公告。
"""
YEAR = SPEECH.format(year="2025年", sales="88.60", profit="9.31", abroad="21.75", margin="41.20")
HALF = SPEECH.format(
    year="2025年上半年", sales="40.15", profit="4.02", abroad="9.88", margin="40.75"
)
ANNUAL, INTERIM = "399222/2026-002", "399222/2025-007"


def document(content, no="2026-002", day="2026年3月17日"):
    return FORM.format(no=no, day=day, content=content.strip())


@pytest.fixture
def opened(tmp_path):
    """A responder over documents, and the store; by words alone."""

    def build(*documents):
        store = Store(tmp_path / "irbot.db")
        for at, text in enumerate(documents):
            store.add(read_records(text.encode(), f"{at}.txt"), text.encode(), f"{at}.txt")
        return open_by_words(Settings(store.place), lambda: NOW).responder, store

    return build


@pytest.fixture
def both(opened):
    return opened(document(YEAR + QUESTIONS), document(HALF, "2025-007", "2025年8月28日"))


def line_of(reply, responder, letter="A"):
    return next(item for item in responder.show(reply).options if item.letter == letter)


@pytest.mark.parametrize(
    ("typed", "id_", "sentence"),
    [
        ("2025年营业收入多少", f"{ANNUAL}#p1", YEAR.splitlines()[1].partition("；")[0] + "；"),
        ("2025年上半年营业收入", f"{INTERIM}#p1", HALF.splitlines()[1].partition("；")[0] + "；"),
        ("去年海外业务收入是多少亿", f"{ANNUAL}#p3", "海外业务方面，实现收入21.75亿元。"),
        # The paragraph names no period; the speech begins with it.
        ("2025年整体毛利率", f"{ANNUAL}#p4", YEAR.splitlines()[-1]),
        ("2025年上半年毛利率是多少", f"{INTERIM}#p4", HALF.splitlines()[-1]),
        ("越南工厂投产了吗", f"{ANNUAL}#p3", "公司在越南的工厂已经投产。"),
    ],
)
def test_a_figure_of_a_speech_is_offered_by_metric_and_period(both, typed, id_, sentence):
    responder, store = both
    reply = responder.reply(Message(typed))
    assert isinstance(reply, Likely | Suggest)
    first = reply.hits[0]
    assert (first.id, first.question.kind) == (id_, "narrative")
    if isinstance(reply, Likely):  # shown at once, whole
        assert responder.show(reply).quotations[0].answer == first.question.answer
        assert sentence in first.question.answer
        return
    option = line_of(reply, responder)
    assert option.question == sentence
    assert sentence in store.record(first.record.id).record.narrative[0].text
    assert option.caption.endswith(f"公司介绍第{id_[-1]}段{_excerpt(first)}）")


def _excerpt(hit):
    return "，节选" if hit.excerpt else ""


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("公司海外市场如何布局？", False),  # a stored question is asked
        ("今天上海天气怎么样", False),
        ("宁德时代的毛利率是多少", False),  # another company's
        ("2019年整体毛利率", False),  # of no period that is spoken of
        ("董事长被立案了吗", False),
    ],
)
def test_a_speech_joins_nothing_that_it_does_not_say(both, typed, offered):
    reply = both[0].reply(Message(typed))
    hits = getattr(reply, "hits", ())
    assert any(hit.question.is_narrative for hit in hits) == offered


@pytest.mark.parametrize("typed", ["海外布局", "今年分红", "2025年整体毛利率"])
def test_paragraphs_change_no_question(both, typed):
    records = [item.record for item in both[1].records()]
    silent = Index.of([replace(record, narrative=()) for record in records])
    found, alone = Index.of(records).search(typed), silent.search(typed)
    assert found.query == alone.query
    assert [(item.hit.id, item.features, item.confidence) for item in found.candidates] == [
        (item.hit.id, item.features, item.confidence) for item in alone.candidates
    ]


@pytest.mark.parametrize("typed", [f"{ANNUAL}#p4", f"{ANNUAL}#第4段", f"全文 {ANNUAL}#P4"])
def test_a_picked_paragraph_is_shown_to_the_letter_with_its_source(both, typed):
    responder, store = both
    responder.reply(Message("2025年整体毛利率", CHAT))
    reply = responder.reply(Message(typed, CHAT))
    assert isinstance(reply, Statement)
    (quotation,) = responder.show(reply).quotations
    stored = store.record(ANNUAL).record.narrative[0]
    assert quotation.answer == stored.text.split("\n")[3]
    assert quotation.question == stored.heading
    assert quotation.source == (
        f"出处：投资者关系活动记录表 公司介绍（第4段） {ANNUAL}#p4；以公司公告为准"
    )
    assert responder.show(responder.reply(Message("全文", CHAT))).quotations == (quotation,)
    assert responder.show(responder.reply(Message("第1段", CHAT))).quotations[0].id.endswith("#p1")


def test_a_paragraph_is_no_answer_and_a_picked_one_no_miss(both):
    responder, store = both
    asked = responder.reply(Message("越南工厂投产了吗", CHAT))
    reply = responder.reply(Message("A", CHAT))
    assert (band(asked), band(reply)) == ("suggest", "suggest")
    shown = reply_json("A", reply, responder.show(reply))
    assert (shown["kind"], shown["answers"]) == ("suggest", [])
    (hit,) = shown["suggestions"]
    assert {name: hit[name] for name in ("id", "kind", "question_no", "part", "question")} == {
        "id": f"{ANNUAL}#p3", "kind": "narrative", "question_no": None, "part": None, "question": ""
    }  # fmt: skip
    assert hit["answer"] == YEAR.splitlines()[-2]
    with sqlite3.connect(store.place) as db:
        assert db.execute("SELECT text FROM misses").fetchall() == [("越南工厂投产了吗",)]
    assert [(pick["text"], pick["question_id"]) for pick in store.picks()] == [
        ("越南工厂投产了吗", f"{ANNUAL}#p3")
    ]
    assert not list(store.misses())  # what it was offered was what it asked for


def test_what_is_shown_as_likely_is_a_miss_until_it_is_picked(opened):
    responder, store = opened(document(YEAR))
    reply = responder.reply(Message("2025年整体毛利率", CHAT))
    assert isinstance(reply, Likely)
    (miss,) = store.misses()
    assert miss["band"] == "suggest"
    assert json.loads(miss["offered"]) == [hit.full_id for hit in reply.hits]
    responder.reply(Message(reply.quoted[0].full_id, CHAT))
    assert not list(store.misses())


def test_a_paragraph_that_is_not_there_is_said_so(both):
    said = both[0].show(both[0].reply(Message(f"{ANNUAL}#p9"))).text
    assert said == f"水杉样本（{ANNUAL}）没有第9段公司介绍（共4段）。"


def test_a_store_of_speeches_alone_offers_them(opened):
    responder, _ = opened(document(YEAR))
    assert (
        f"公司介绍共4段，查看一段：{ANNUAL}#p1"
        in responder.show(responder.reply(Message("最新"))).text
    )
    reply = responder.reply(Message("2025年整体毛利率"))
    assert [hit.id for hit in reply.hits][:1] == [f"{ANNUAL}#p4"]
    assert isinstance(reply, Likely)
    assert responder.show(reply).intro == "不确定是否就是您要问的，最接近的公司介绍："
    near = responder.show(responder.reply(Message("越南工厂投产了吗")))
    assert near.intro == "没有直接对应的答复。相近的公司介绍："
    for nothing in ("今天上海天气怎么样", "2019年整体毛利率", "宁德时代的毛利率是多少"):
        assert band(responder.reply(Message(nothing))) == "decline"


def test_the_same_speech_at_several_events_is_offered_once_by_the_newest(opened):
    responder, _ = opened(document(YEAR), document(YEAR, "2026-003", "2026年3月20日"))
    reply = responder.reply(Message("2025年整体毛利率"))
    assert [hit.id for hit in reply.hits if hit.question.number == 4] == ["399222/2026-003#p4"]


def test_one_of_several_questions_gets_its_paragraph_by_name(opened):
    responder, _ = opened(document(YEAR + QUESTIONS))
    asked = "1、公司海外市场如何布局？ 2、2025年整体毛利率"
    shown = responder.show(responder.reply(Message(asked)))
    assert [quotation.id for quotation in shown.quotations] == [f"{ANNUAL}#1", f"{ANNUAL}#p4"]
    assert shown.quotations[1].head.startswith("【您问的第2题】不确定是否就是您要问的")
    asked = "1、公司海外市场如何布局？ 2、越南工厂投产了吗？"
    shown = responder.show(responder.reply(Message(asked)))
    assert "A 第2题相近：公司介绍第3段 公司在越南的工厂已经投产" in shown.text


@pytest.mark.parametrize(("target", "left"), [(INTERIM, []), (f"{INTERIM}#p4", ["p1", "p2", "p3"])])
def test_what_is_withdrawn_is_offered_and_shown_no_more(both, target, left):
    responder, store = both
    assert store.withdraw(target, "更正中") == target
    reply = responder.reply(Message("2025年上半年毛利率是多少"))
    assert f"{INTERIM}#p4" not in [hit.id for hit in getattr(reply, "hits", ())]
    assert not isinstance(responder.reply(Message(f"{INTERIM}#p4")), Statement)
    shown = [item.place for record in responder.records() for item in record.paragraphs]
    assert shown[4:] == left
    store.undo_withdrawal(target)
    assert isinstance(responder.reply(Message(f"{INTERIM}#p4")), Statement)


def test_a_speech_of_later_is_not_told_as_of_then(both):
    hits = both[0].reply(Message("2025年上半年毛利率是多少 @2025-12-31")).hits
    assert {hit.record.id for hit in hits} == {INTERIM}


def test_a_speech_gets_vectors_as_questions_do(both):
    _, store = both
    needed = texts(item.record for item in store.records())
    assert normalise("公司在越南的工厂已经投产。") in needed
    records = [item.record for item in store.records()]
    embedder = default_embedder()
    if embedder is None:
        pytest.skip("no model for this machine")
    index = Index.of(records, embedder=embedder, vectors=vectors_of(records, embedder))
    first = index.search("工厂开工没有").paragraphs[0]
    assert first.features.similarity is not None
    assert first.hit.id == f"{ANNUAL}#p3"
    assert first.hit.excerpt == "公司在越南的工厂已经投产。"


def test_chats_show_the_offer_and_the_pick_as_they_stand(both):
    responder, _ = both
    for typed in ("2025年整体毛利率", f"{ANNUAL}#p4"):
        shown = responder.show(responder.reply(Message(typed)))
        words = YEAR.splitlines()[-1]
        in_slack = json.dumps(slack.messages(shown, Words()), ensure_ascii=False)
        in_wecom = json.dumps(wecom.messages(shown, Words()), ensure_ascii=False)
        for said in (in_slack, in_wecom):
            assert words in said
            assert f"{ANNUAL}#p4" in said
    (card,) = [
        body["template_card"]
        for body in wecom.messages(
            responder.show(responder.reply(Message("越南工厂投产了吗"))), Words()
        )
        if "template_card" in body
    ]
    assert card["button_list"][0]["text"] == "A 公司介绍第3段"


def test_a_paragraph_stands_first_only_where_it_is_likelier_than_the_questions(sample):
    question = sample.record.questions[0]
    likely, unlikely = (Hit(sample.record, question, share) for share in (0.6, 0.2))
    told = Hit(read_records(document(YEAR).encode(), "a.txt")[0].record, question, 0.4)
    assert with_paragraphs([unlikely, likely], [told]) == [unlikely, told, likely]
    assert with_paragraphs([unlikely], [told]) == [told, unlikely]
    faint = replace(told, confidence=0.05)
    assert with_paragraphs([], [faint]) == []
    assert with_paragraphs([], [faint], alone=True) == [faint]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("2024年上半年毛利率,二季度环比", {(2024, 5), (2024, 2)}),
        ("24年半年报", {(2024, 5)}),
        ("2021年前三季度", {(2021, 3)}),
        ("去年全年", {(2025, 0)}),
        ("二四年营收", {(2024, 0)}),
        ("2026 q1 revenue", {(2026, 1)}),
        ("一季度", {(2026, 1)}),  # of the year in which it is said
        ("2024年度每10股派7元,占比20.24%", {(2024, 0)}),
        ("毛利率", set()),
    ],
)
def test_periods_are_read_from_the_day(text, named):
    assert {tuple(period) for period in periods(text, NOW.date())} == named
