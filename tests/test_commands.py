"""The `/ir` grammar."""

from __future__ import annotations

from datetime import date, time

import pytest

from bot.commands import (
    Ask,
    Pick,
    Plan,
    SetCompanies,
    Show,
    ShowDigest,
    ShowHelp,
    ShowLatest,
    ShowRecord,
    ShowSubscription,
    ShowWhole,
    Subscribe,
    Unreadable,
    Unsubscribe,
    parse,
)

RECORD = "300253/2025-002"


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("24", Show(24)),
        ("#24", Show(24)),
        ("＃２４", Show(24)),
        ("第24问", Show(24)),
        ("第 24 问", Show(24)),
        ("Q24", Show(24)),
        ("问题24", Show(24)),
        ("第二十四个问题", Show(24)),
        ("第一百零三问", Show(103)),
        ("#24.2", Show(24, 2)),
        ("第24问第2小问", Show(24, 2)),
        (f"{RECORD}#24", Show(24, None, RECORD)),
        (f"{RECORD}#24.2", Show(24, 2, RECORD)),
        (f"全文 {RECORD}#24", Show(24, None, RECORD, whole=True)),
        (f"{RECORD}#p3", Show(3, None, RECORD, is_paragraph=True)),
        (f"{RECORD}＃Ｐ3", Show(3, None, RECORD, is_paragraph=True)),
        (f"{RECORD}#第3段", Show(3, None, RECORD, is_paragraph=True)),
        (f"全文 {RECORD}#p3", Show(3, None, RECORD, whole=True, is_paragraph=True)),
        ("第三段", Show(3, is_paragraph=True)),
        ("#p12", Show(12, is_paragraph=True)),
        (RECORD, ShowRecord(RECORD)),
        ("全文", ShowWhole()),
        ("", ShowHelp()),
        ("  HELP ", ShowHelp()),
        ("帮助", ShowHelp()),
        ("latest", ShowLatest()),
        ("最新", ShowLatest()),
        ("最新 300253", ShowLatest("300253")),
        ("300253", ShowLatest("300253")),
        ("b", Pick(1)),
        ("Ｃ", Pick(2)),
        ("company 300253", SetCompanies(("300253",))),
        ("公司300253", SetCompanies(("300253",))),
        ("公司 全部", SetCompanies(())),
        ("公司 300253 600089", SetCompanies(("300253", "600089"))),
        ("只看600089、300253和600089", SetCompanies(("600089", "300253"))),
        ("公司 300253 600089 分红", Ask("公司 300253 600089 分红")),
        ("公司", Unreadable("how to set company")),
    ],
)
def test_command_words_and_numbers_are_recognised(typed, command):
    assert parse(typed) == (command, None)


@pytest.mark.parametrize(
    "typed",
    [
        "可转债",
        "公司 毛利率是多少",
        "公司今年分红吗",
        "24年营收多少",
        "第三季度收入",
        "一季度利润",
        "2025年业绩",
        "十",
        "三段",
        "p3",
        "全文在哪里看",
        "latest news?",
        "e",
    ][:-1],
)
def test_everything_else_is_a_question(typed):
    assert parse(typed) == (Ask(typed), None)


@pytest.mark.parametrize("limit", ["2025-06-30", "2025/6/30", "20250630", "2025年6月30日"])
def test_a_date_limit_is_taken_off_the_question(limit):
    assert parse(f"可转债 @{limit}") == (Ask("可转债"), date(2025, 6, 30))


def test_a_date_that_does_not_exist_is_told():
    assert parse("可转债 @2025-02-30") == (Unreadable("bad date", "2025-02-30"), None)


NINE, HALF_PAST = Plan(time(9)), Plan(time(9, 30))


@pytest.mark.parametrize(
    ("typed", "plan"),
    [
        ("subscribe 09:00", NINE),
        ("SUBSCRIBE  9：00", NINE),
        ("订阅 9点", NINE),
        ("订阅9点", NINE),
        ("订阅 九点整", NINE),
        ("subscribe 9am", NINE),
        ("订阅 早上九点半", HALF_PAST),
        ("订阅 ９：３０", HALF_PAST),
        ("订阅 9点30分 交易日", HALF_PAST),
        ("订阅 下午3点一刻", Plan(time(15, 15))),
        ("订阅 中午12点", Plan(time(12))),
        ("订阅 中午一点", Plan(time(13))),
        ("订阅 晚上八点", Plan(time(20))),
        ("订阅 零点", Plan(time(0))),
        ("subscribe 23:59", Plan(time(23, 59))),
        ("订阅 每天 09:00", Plan(time(9), every_day=True)),
        ("订阅每天早上九点半", Plan(time(9, 30), every_day=True)),
        ("订阅 09:00 仅新增", Plan(time(9), new_only=True)),
        ("subscribe 09:00 desk", Plan(time(9), desk=True)),
        ("订阅 09:00 300253、600089", Plan(time(9), companies=("300253", "600089"))),
        ("订阅 09:00 周一三五", Plan(time(9), weekdays=(0, 2, 4))),
        ("订阅 周一、周三和周五 9点", Plan(time(9), weekdays=(0, 2, 4))),
        ("订阅 每周一 9点", Plan(time(9), weekdays=(0,))),
        ("订阅 每个星期二早上九点半", Plan(time(9, 30), weekdays=(1,))),
        ("订阅 周三十点", Plan(time(10), weekdays=(2,))),
        ("订阅 周一三点", Plan(time(3), weekdays=(0,))),
        ("订阅 周五至周一 9点", Plan(time(9), every_day=True, weekdays=(0, 4, 5, 6))),
        ("订阅 周二到周四 9点", Plan(time(9), weekdays=(1, 2, 3))),
        ("订阅 周一至周五 9点", NINE),
        ("订阅 工作日 9点", NINE),
        ("订阅 每天 周一 9点", Plan(time(9), every_day=True, weekdays=(0,))),
        ("订阅 周末 9点", Plan(time(9), every_day=True, weekdays=(5, 6))),
        ("訂閱 禮拜天 9點", Plan(time(9), every_day=True, weekdays=(6,))),
        ("subscribe 9am mon,wed", Plan(time(9), weekdays=(0, 2))),
        ("subscribe every Monday and Friday at 9", Plan(time(9), weekdays=(0, 4))),
        ("subscribe tue-thu 09:00", Plan(time(9), weekdays=(1, 2, 3))),
    ],
)
def test_a_time_is_understood_as_people_write_it(typed, plan):
    assert parse(typed) == (Subscribe(plan), None)


@pytest.mark.parametrize(
    "typed", ["25:00", "24:00", "9:75", "晚上12点", "早上12点", "2025", "9:00 foo", "09:00 30025"]
)
def test_a_time_that_is_none_is_told(typed):
    assert parse(f"subscribe {typed}") == (Unreadable("bad time", typed), None)
    without = {parse(typed) for typed in ("订阅", "订阅 每天", "订阅 周一三五", "subscribe mon")}
    assert without == {(Unreadable("how to subscribe"), None)}


@pytest.mark.parametrize(
    "typed", ["订阅收入是多少", "订阅用户 2025年增长多少", "订阅业务晚上能用吗", "摘要里写了什么"]
)
def test_questions_about_subscriptions_are_questions(typed):
    assert parse(typed) == (Ask(typed), None)


def test_the_other_digest_words():
    assert [parse(typed)[0] for typed in ("退订", "Unsubscribe", "查看订阅", "摘要", "digest")] == [
        Unsubscribe(),
        Unsubscribe(),
        ShowSubscription(),
        ShowDigest(),
        ShowDigest(),
    ]


@pytest.mark.parametrize(
    "typed",
    ["第" * 2000, "7" * 2000, "第" + "9" * 1990 + "问", "（" * 2000, "退订" * 1000, "不要" * 1000,
     "编号" * 1000, "@2025" * 400, "$" * 2000, "出处：" * 600, "(原编号" * 500, "周一" * 1000],
)  # fmt: skip
def test_long_repeats_of_the_words_of_the_grammar_are_read_to_the_end(typed):
    assert isinstance(parse(typed)[0], Ask | ShowHelp | Unreadable | Unsubscribe)
