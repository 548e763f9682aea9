"""Where a matter was asked of at other events: known by what stands out, not by the same words."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.same_questions import SameQuestions
from bot.matching.index import Index
from bot.record import EventDate, Question, Record

# Of three events: what was asked and answered.
ASKED = {
    date(2023, 5, 9): [
        ("请介绍一下公司的毛利率情况？", "公司毛利率为32.1%，毛利率略有下降，主要是原材料涨价。"),
        ("公司海外市场拓展得怎么样？", "海外收入增长较快，公司在东南亚海外市场设立了子公司。"),
        ("今年的分红计划是什么？", "公司拟每10股派发现金红利2元，分红比例约三成。"),
        ("公司研发投入的方向？", "研发投入集中在储能变流器，研发人员增加了两成。"),
        ("实控人是否有减持计划？", "公司未收到减持通知。"),
    ],
    date(2024, 5, 8): [
        ("我们看到毛利率有所提升，能否拆分一下提升的原因？", "毛利率升到35.3%，是产品结构优化。"),
        ("出海的进展如何，境外收入占比多少？", "境外收入占比28%，海外市场以东南亚为主。"),
        ("公司产能够用吗？", "公司产能利用率在九成以上，新厂房在建设。"),
        ("储能业务的竞争格局怎么看？", "行业竞争激烈，公司以品质和交付能力应对。"),
        ("应收账款增加的原因？", "应收账款随收入增长，客户信用良好。"),
    ],
    date(2025, 5, 7): [
        ("后续毛利率怎么看？", "预计毛利率保持稳定，原材料价格回落对毛利率有利。"),
        ("关税对公司海外业务有什么影响？", "美国收入占比低，海外市场分散，影响有限。"),
        ("如何看待分红？", "公司重视股东回报，分红比例不低于三成，拟派发现金红利。"),
        ("人员规模有什么规划？", "公司将控制人员总数，招聘以技术人员为主。"),
    ],
}  # fmt: skip


def record(day, asked, code="600000"):
    event = EventDate(day, day, "day", str(day))
    questions = tuple(Question(at, *words) for at, words in enumerate(asked, 1))
    return Record(code, f"示例{code}", f"{day.year}-001", "记录表", (event,), questions)


@pytest.fixture(scope="module")
def same():
    records = [record(day, asked) for day, asked in ASKED.items()]
    records.append(record(date(2024, 6, 1), ASKED[date(2023, 5, 9)], code="600001"))
    found = SameQuestions(Index.of(records))
    by_year = {item.last_event.end.year: item for item in records[:3]}

    def of(year, number):
        told = found.of_question(by_year[year], number)
        return [[hit.id.partition("/")[2] for hit in side] for side in (told.earlier, told.later)]

    return of


@pytest.mark.parametrize(
    ("year", "number", "earlier", "later"),
    [
        (2025, 1, ["2024-001#1", "2023-001#1"], []),
        (2024, 1, ["2023-001#1"], ["2025-001#1"]),
        (2025, 2, ["2024-001#2", "2023-001#2"], []),
        (2025, 3, ["2023-001#3"], []),
    ],
)
def test_a_matter_is_known_again_however_it_is_asked(same, year, number, earlier, later):
    assert same(year, number) == [earlier, later]


@pytest.mark.parametrize(("year", "number"), [(2023, 5), (2024, 3), (2024, 5), (2025, 4)])
def test_what_was_asked_once_is_linked_with_nothing(same, year, number):
    assert same(year, number) == [[], []]


def test_a_company_that_was_asked_at_one_event_has_no_timeline():
    day = date(2023, 5, 9)
    one = record(day, [*ASKED[day], *ASKED[day]])
    assert SameQuestions(Index.of([one])).of(one) == {}
