"""What a reply says, word for word (design: "What a reply says")."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.message import Answer, Hit, Likely
from bot.record import EventDate, Part, Question, Record
from bot.wording.excerpts import is_excerpt
from bot.wording.presentation import Words

DAY = EventDate(date(2025, 4, 28), date(2025, 4, 28), "day", "2025年4月28日")
ONE = "1、何时下修？2、何时回购？"
TWO = "1、在 2025 年 6 月底前不下修。2、暂无计划。"


def part(number, question, answer, texts=(ONE, TWO)):
    spans = [
        (text.index(words), text.index(words) + len(words))
        for text, words in zip(texts, (question, answer), strict=True)
    ]
    return Part(number, *spans)


QUESTION = Question(
    5,
    ONE,
    TWO,
    printed_label="5、",
    printed_number=5,
    parts=(
        part(1, "何时下修？", "在 2025 年 6 月底前不下修。"),
        part(2, "何时回购？", "暂无计划。"),
    ),
)
RECORD = Record("300001", "示例股份", "2025-003", "记录表", (DAY,), (QUESTION,), ("业绩说明会",))


def text(question=QUESTION, part=None, record=RECORD, as_of=date(2025, 7, 1), **options):
    hit = Hit(record, question, 1.0, part)
    return Words().show(Answer((hit,), as_of, **options)).text


def test_a_part_is_quoted_as_an_excerpt_with_its_place_last_and_the_whole_on_offer():
    assert text(part=1) == (
        "示例股份（300001）2025-04-28 业绩说明会\n"
        "注意：文中“2025 年 6 月底前”已过。\n"
        "投资者问（节选）：何时下修？\n"
        "公司答（节选）：在 2025 年 6 月底前不下修。\n"
        "出处：投资者关系活动记录表 编号2025-003 第5问第1小问（共2小问）；以公司公告为准\n"
        "\n"
        "全文"
    )


def test_a_notice_with_nothing_to_say_is_left_out():
    assert text(as_of=date(2025, 5, 1)).splitlines()[1] == "投资者问：" + ONE


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        (date(2025, 7, 26), "注意：文中“2025 年 6 月底前”已过。"),
        (date(2025, 7, 27), "注意：距今2个月，文中“2025 年 6 月底前”已过。"),
        (date(2026, 11, 24), "注意：距今1年6个月，文中“2025 年 6 月底前”已过。"),
    ],
)
def test_the_age_is_named_from_ninety_days_on(as_of, said):
    assert text(as_of=as_of).splitlines()[1] == said


@pytest.mark.parametrize("caveat", ["具体以公司公告为准。", "风险提示：以上不构成承诺。"])
def test_a_part_is_not_cut_out_of_an_answer_that_ends_in_a_caveat(caveat):
    question = replace(QUESTION, answer=TWO + caveat)
    assert is_excerpt(Hit(RECORD, QUESTION, 1.0, 1))
    assert not is_excerpt(Hit(RECORD, question, 1.0, 1))
    assert caveat in text(question, part=1)


def test_a_part_is_not_cut_off_from_a_lead_in_that_it_needs():
    lead = "经股东大会同意，"
    shifted = tuple(
        replace(item, answer_span=(start + len(lead), end + len(lead)))
        for item in QUESTION.parts
        for start, end in [item.answer_span]
    )
    question = replace(QUESTION, answer=lead + TWO, parts=shifted)
    assert lead in text(question, part=2)


def test_a_month_and_a_missing_number_are_said_as_such():
    month = EventDate(date(2026, 7, 1), date(2026, 7, 31), "month", "2026年7月")
    record = replace(RECORD, record_no=None, event_dates=(month,))
    unnumbered = replace(QUESTION, printed_number=None, printed_label=None)
    lines = text(unnumbered, record=record, as_of=date(2026, 8, 1)).splitlines()
    assert lines[0] == "示例股份（300001）2026年7月（原文未写具体日期） 业绩说明会"
    assert lines[-1] == "出处：投资者关系活动记录表 无编号 第5问（原文无编号）；以公司公告为准"


def test_a_range_of_days_is_said_from_first_to_last():
    days = EventDate(date(2024, 5, 7), date(2024, 5, 31), "day", "5月7日-31日")
    assert "2024-05-07 至 2024-05-31" in text(record=replace(RECORD, event_dates=(days,)))


def test_ids_are_full_where_several_records_are_stored():
    related = (Hit(RECORD, replace(QUESTION, number=7), 0.5),)
    said = text(part=1, among_many=True, related=related)
    assert "第5问第1小问（共2小问） 300001/2025-003#5.1；以公司公告为准" in said
    assert said.count("2025-003") == 1
    assert said.endswith("A 同题：2025-04-28 第7问 1、何时下修")


def test_the_first_activity_names_an_event_and_the_whole_answer_names_all():
    record = replace(RECORD, activities=("特定对象调研", "业绩说明会", "路演活动"))
    assert text(record=record).splitlines()[0] == "示例股份（300001）2025-04-28 特定对象调研"
    assert (
        text(record=record, whole=True)
        .splitlines()[0]
        .endswith("特定对象调研、业绩说明会、路演活动")
    )


def test_a_likely_answer_says_that_nothing_is_claimed_and_letters_the_others():
    first = Hit(RECORD, QUESTION, 0.6, 1)
    other = Hit(RECORD, replace(QUESTION, number=7), 0.3, excerpt="何时回购？")
    assert Words().show(Likely((first, other), date(2025, 5, 1))).text == (
        "不确定是否就是您要问的，最接近的一问：\n"
        "\n"
        "示例股份（300001）2025-04-28 业绩说明会\n"
        "投资者问（节选）：何时下修？\n"
        "公司答（节选）：在 2025 年 6 月底前不下修。\n"
        "出处：投资者关系活动记录表 编号2025-003 第5问第1小问（共2小问）；以公司公告为准\n"
        "\n"
        "也可能是：\n"
        "A. （第7问，节选）何时回购？\n"
        "\n"
        "全文"
    )


def test_quotations_stay_as_they_are_in_english():
    hit = Hit(RECORD, QUESTION, 1.0)
    shown = Words("en").show(Answer((hit,), date(2025, 5, 1))).text
    assert ONE in shown
    assert TWO in shown
    assert "the filings prevail" in shown
