"""Several questions in a message, several records of a company, several companies in the store."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from bot.answering.question_splitting import questions_in
from bot.config import CHINA, Settings
from bot.message import Answer, Chat, Decline, Likely, Message, Suggest
from bot.record import Reading
from bot.store import Store
from handlers.json_output import reply_json
from tests.conftest import open_by_words
from tests.matching.test_matching import OTHERS, made

NOW = datetime(2025, 5, 6, 9, tzinfo=CHINA)
CHAT = Chat("terminal", "", "room", "someone")


@pytest.fixture
def desk_over(tmp_path):
    """A responder over made records."""

    def build(*records, now=NOW):
        store = Store(tmp_path / "irbot.db")
        for at, record in enumerate(records):
            store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
        return open_by_words(Settings(store.place), lambda: now).responder

    return build


def says_something(text):
    return sum(map(str.isalnum, text)) > 1


# What is a question of its own


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("1、何时下修？2、分红多少", ["何时下修？", "分红多少"]),
        ("1. 何时下修\n2. 毛利率 3.5% 的原因\n3. 分红", ["何时下修", "毛利率 3.5% 的原因", "分红"]),
        ("（1）何时下修；（2）分红多少", ["何时下修", "分红多少"]),
        ("①何时下修？②分红多少？", ["何时下修？", "分红多少？"]),
        ("问题一：何时下修？问题二：分红多少？", ["何时下修？", "分红多少？"]),
        ("Q1：何时下修 Q2：分红多少", ["何时下修", "分红多少"]),
        ("第一，何时下修？第二，分红多少？", ["何时下修？", "分红多少？"]),
        ("您好，想请教两个问题：1、何时下修？2、分红多少？", ["何时下修？", "分红多少？"]),
        ("可转债：1、何时下修？2、能否回售？", ["可转债，何时下修？", "可转债，能否回售？"]),
        ("何时下修？\n分红多少？", ["何时下修？", "分红多少？"]),
        ("可转债\n分红\n关税", ["可转债", "分红", "关税"]),
        ("何时下修？分红多少？", ["何时下修？", "分红多少？"]),
        ("何时下修？分红多少", ["何时下修？", "分红多少"]),
    ],
)  # fmt: skip
def test_numbers_lines_and_question_marks_part_the_questions(typed, asked):
    assert [
        question.searched for question in questions_in(typed, says_something).questions
    ] == asked


@pytest.mark.parametrize(
    "typed",
    [
        "何时下修",
        "毛利率下滑了？原因是什么？",
        "听说裁员了，\n请问属实吗？",
        "您好！\n请问何时下修？\n谢谢",
        "收入1.5亿元，增长2.3%，可持续吗？",
        "2024年1月、2月的订单如何？",
        "https://example.invalid/a?b=1 里说的关税",
        "研发投入多少？听说同行都在减。",
        "？？？",
        "",
    ],
)
def test_what_leans_on_another_sentence_is_one_question_with_it(typed):
    found = questions_in(typed, says_something)
    assert len(found.questions) < 2
    assert "".join(question.printed for question in found.questions) == typed.strip()


# Answers to several


def test_each_is_answered_by_itself_and_the_rest_listed(responder):
    message = Message("1、可转债何时下修？\n2、星际旅行\n3、关税有影响吗？", CHAT)
    reply = responder.reply(message)
    assert isinstance(reply, Answer)
    assert [hit.full_id for hit in reply.hits] == [
        "300253/2025-002#24.2",
        "300253/2025-002#24.3",
    ]
    assert reply.places == ((1,), (3,))
    assert reply.not_found == ((2, "星际旅行"),)
    shown = responder.show(reply)
    heads = [quotation.head[:8] for quotation in shown.quotations]
    assert heads == ["【您问的第1题】", "【您问的第3题】"]
    for number, quotation in zip((2, 3), shown.quotations, strict=True):
        assert quotation.answer == reply.hits[0].question.part_answer(number)
    assert "【您问的第2题】“星际旅行”：在已收录记录中未找到" in shown.text


def test_what_was_not_found_is_kept_for_the_desk(responder, store):
    responder.reply(Message("1、可转债何时下修？2、星际旅行", CHAT))
    assert [miss["text"] for miss in store.misses()] == ["星际旅行"]


def test_questions_with_one_answer_get_it_once(responder):
    reply = responder.reply(Message("可转债何时下修？\n可转债？"))
    assert isinstance(reply, Answer)
    assert (len(reply.hits), reply.places) == (1, ((1, 2),))


def test_the_json_has_a_hit_for_each_question(responder):
    reply = responder.reply(Message("1、可转债何时下修？2、关税有影响吗？3、医院"))
    printed = reply_json("", reply, responder.show(reply))
    assert [(hit["question_no"], hit["part"]) for hit in printed["answers"]] == [(24, 2), (24, 3)]
    assert printed["confidence"] == min(hit["confidence"] for hit in printed["answers"])
    assert len(printed["suggestions"]) == 2  # for the third
    assert "【您问的第3题】“医院”：没有直接对应的答复，相近的提问见文末。" in printed["text"]


def test_what_is_likely_of_several_is_shown_as_likely_in_its_place(desk_over):
    records = made(
        ("公司的分红政策如何？", "比例为三成。"),
        ("可转债何时下修？", "目前没有计划。"),
        ("公司在印度尼西亚建设的第二座镍冶炼工厂进展如何？", "按计划推进。"),
        *OTHERS,
    )
    responder = desk_over(records)
    reply = responder.reply(
        Message("1、可转债何时下修？\n2、印尼那边怎么样了，工厂\n3、比特币", CHAT)
    )
    assert isinstance(reply, Answer)
    assert [(place, hit.question.number) for place, hit in reply.likely] == [((2,), 3)]
    shown = responder.show(reply)
    assert [quotation.head.split("】")[0] for quotation in shown.quotations] == [
        "【您问的第1题",
        "【您问的第2题",
    ]
    assert "【您问的第2题】不确定是否就是您要问的" in shown.text
    assert "【您问的第2题】“" not in shown.text
    assert "【您问的第3题】“比特币”：在已收录记录中未找到" in shown.text


NEAR = "印尼那边怎么样了，工厂"


@pytest.mark.parametrize(
    ("asked", "quoted"),
    [
        # sure for one of them, likely for the other, in either order
        (("公司在印度尼西亚建设的第二座镍冶炼工厂进展如何？", NEAR), ((1, 2),)),
        ((NEAR, "公司在印度尼西亚建设的第二座镍冶炼工厂进展如何？"), ((1, 2),)),
        ((NEAR, "可转债何时下修？", "印尼工厂那边怎么样了"), ((2,), (1, 3))),
        ((NEAR, "印尼工厂那边怎么样了"), ((1, 2),)),
    ],
)
def test_what_is_near_several_questions_is_quoted_once_for_all_of_them(desk_over, asked, quoted):
    typed = "\n".join(f"{place}、{question}" for place, question in enumerate(asked, 1))
    records = made(
        ("公司的分红政策如何？", "比例为三成。"),
        ("可转债何时下修？", "目前没有计划。"),
        ("公司在印度尼西亚建设的第二座镍冶炼工厂进展如何？", "按计划推进。"),
        *OTHERS,
    )
    responder = desk_over(records)
    reply = responder.reply(Message(typed))
    assert isinstance(reply, Answer | Likely)
    near = tuple(places for places, _ in reply.likely) if isinstance(reply, Answer) else ()
    assert (*reply.places, *near) == quoted
    shown = responder.show(reply).text
    assert shown.count("按计划推进。") == 1
    assert "未找到" not in shown


def test_at_most_five_are_looked_up_and_the_others_counted(responder):
    typed = "\n".join(f"{number}、关税有影响吗" for number in range(1, 9))
    reply = responder.reply(Message(typed))
    assert isinstance(reply, Answer)
    assert (reply.places, reply.unread) == (((1, 2, 3, 4, 5),), 3)
    assert "其余3个请另发一条消息" in responder.show(reply).text


def test_a_list_of_which_nothing_is_answered_is_offered_or_declined(responder):
    reply = responder.reply(Message("1、医院\n2、WiNEX"))
    assert isinstance(reply, Suggest)
    assert len({hit.full_id for hit in reply.hits}) == len(reply.hits)
    assert isinstance(responder.reply(Message("1、目标价多少\n2、董事长留置")), Decline)


# The stored question itself


def test_a_stored_question_typed_as_it_stands_is_answered(responder, sample):
    for question in sample.record.questions:
        reply = responder.reply(Message(f"您好，{question.question}谢谢"))
        assert isinstance(reply, Answer)
        assert question.number in [hit.question.number for hit in reply.hits]


# Several records of one company

DIVIDENDS = ("公司的分红政策如何？", "{year}年的分红比例为三成。")


def yearly(year, *pairs):
    return made(
        *(pairs or ((DIVIDENDS[0], DIVIDENDS[1].format(year=year)),)),
        *OTHERS,
        day=date(year, 4, 28),
        no=f"{year}-001",
    )


def test_the_newest_answer_speaks_and_the_earlier_ones_are_linked_with_words(desk_over):
    responder = desk_over(yearly(2023), yearly(2024), yearly(2025))
    reply = responder.reply(Message("贵司分红政策如何"))
    assert isinstance(reply, Answer)
    assert [hit.record.event_date for hit in (*reply.hits, *reply.earlier)] == [
        "2025-04-28",
        "2024-04-28",
        "2023-04-28",
    ]
    assert "A 此前：2024-04-28 第1问 公司的分红政策如何" in responder.show(reply).text


@pytest.mark.parametrize(
    "typed", ["2024年4月28日业绩会上讲的分红政策", "4月28日那次交流说的分红政策如何（2024年）"]
)
def test_an_event_named_in_the_message_decides_instead(desk_over, typed):
    responder = desk_over(yearly(2023), yearly(2024), yearly(2025))
    reply = responder.reply(Message(typed))
    assert reply.hits[0].record.event_date == "2024-04-28"


def test_a_record_named_by_its_number_decides_instead(desk_over):
    responder = desk_over(yearly(2023), yearly(2024), yearly(2025))
    for typed in ("2023-001 里说的分红政策", "编号2023-001那份，分红政策如何"):
        assert responder.reply(Message(typed)).hits[0].record.event_date == "2023-04-28"


def test_a_newer_question_whose_answer_does_not_cover_it_neither_blocks_nor_displaces(desk_over):
    asked = ("与示例大学共建的液冷实验室进展如何？", "液冷实验室已经揭牌。")
    alike = ("公司的液冷业务有哪些客户？", "液冷客户以数据中心为主。")
    responder = desk_over(yearly(2024, asked), yearly(2025, alike))
    reply = responder.reply(Message("与示例大学共建的液冷实验室进展怎样"))
    assert isinstance(reply, Answer)
    assert reply.hits[0].id == "399999/2024-001#1"
    assert not reply.newer


def test_as_of_a_day_the_newer_records_are_not_known_yet(desk_over):
    responder = desk_over(yearly(2023), yearly(2024), yearly(2025))
    reply = responder.reply(Message("分红政策如何", as_of=date(2024, 6, 1)))
    assert reply.hits[0].record.event_date == "2024-04-28"
    assert "2025" not in responder.show(reply).text


def test_the_same_words_in_two_records_are_one_hit(desk_over):
    same = (DIVIDENDS[0], "公司将综合考虑盈利、现金流和投资者回报，制定每年的分红方案。")
    responder = desk_over(yearly(2024, same), yearly(2025, same))
    reply = responder.reply(Message("公司的分红政策如何？"))
    assert isinstance(reply, Answer)
    linked = [hit.record.event_date for hit in reply.links]
    assert (reply.hits[0].record.event_date, linked) == ("2025-04-28", ["2024-04-28"])
    assert "A 此前：2024-04-28 第1问 公司的分红政策如何" in responder.show(reply).text


# Several companies


def test_a_topic_of_two_companies_is_offered_by_company(desk_over):
    other = made((DIVIDENDS[0], "样板的分红比例为五成。"), *OTHERS, code="388888", name="样板电器")
    responder = desk_over(yearly(2025), other)
    reply = responder.reply(Message("分红政策如何"))
    assert isinstance(reply, Likely | Suggest)
    assert {hit.record.company_code for hit in reply.hits[:2]} == {"399999", "388888"}
    for message in (
        Message("样板电器的分红政策如何"),
        Message("388888 分红政策如何"),
        Message("分红政策如何", company="388888"),
    ):
        reply = responder.reply(message)
        assert isinstance(reply, Answer)
        assert {hit.record.company_code for hit in reply.hits} == {"388888"}


def test_a_company_named_once_is_meant_by_every_question_of_the_message(desk_over):
    other = made(
        (DIVIDENDS[0], "样板的分红比例为五成。"),
        ("公司的出口占比如何？", "样板的出口占比为两成。"),
        code="388888",
        name="样板电器",
    )
    own = yearly(2025, DIVIDENDS, ("公司的出口占比如何？", "出口占比为一成。"))
    responder = desk_over(own, other)
    reply = responder.reply(Message("样板电器的分红政策如何？出口占比如何？"))
    assert isinstance(reply, Answer)
    assert [hit.id for hit in reply.hits] == ["388888/2025-001#1", "388888/2025-001#2"]
    for typed in (
        "贵州茅台的分红政策如何？出口占比如何？",
        "1、600519的分红政策如何\n2、出口占比如何",
    ):
        assert isinstance(responder.reply(Message(typed)), Decline)
