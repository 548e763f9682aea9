"""When a digest is due, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.commands import Plan
from bot.config import CHINA, Settings
from bot.digest.due import due, last_due_day, next_due
from bot.digest.trading_days import TradingDays
from bot.message import Chat, Message
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from tests.conftest import open_by_words

NOW = datetime(2026, 11, 25, 9, tzinfo=CHINA)
NINE = Plan(time(9))
C1 = Chat("slack", "T1", "C1", "U1")
TRADING = TradingDays()


def record(
    no, day=date(2026, 11, 20), questions=3, code="300001", ask="第{no}份第{at}问的进展？", **more
):
    asked = tuple(
        Question(at, ask.format(no=no, at=at), f"答复{no}之{at}，进展顺利。", printed_number=at)
        for at in range(1, questions + 1)
    )
    event = EventDate(day, day, "day", str(day))
    return Record(code, "示例股份", no, "记录表", (event,), asked, ("业绩说明会",), **more)


class Library:
    """A store with a responder whose clock is set by hand."""

    def __init__(self, place):
        self.store = Store(place)
        self.now = NOW
        settings = Settings(self.store.place, desk_channels=("C9",))
        self.responder = open_by_words(settings, lambda: self.now).responder

    def add(self, *records, **more):
        for item in records:
            self.store.add([Reading(item)], repr(item).encode(), f"{item.id}.txt", **more)

    def build(self, plan=NINE, day=None, chat=C1):
        day = day or self.now.date()
        at = datetime.combine(day, time(9), CHINA)
        return self.responder.subscribing.digests.build(chat, plan, day, at)

    def post(self, day=None, plan=NINE, chat=C1):
        """As if the digest had been posted; returns it."""
        said = self.build(plan, day, chat)
        ledger = self.responder.subscribing.subscriptions
        assert ledger.claim(chat, day or self.now.date(), "k", NOW, said.items)
        return said

    def text(self, *given, **more):
        return self.responder.show(self.build(*given, **more)).text


@pytest.fixture
def library(place):
    return Library(place)


# When


@pytest.mark.parametrize(
    ("zone", "day", "at", "utc"),
    [
        ("Asia/Shanghai", date(2026, 11, 25), time(9), "2026-11-25T01:00"),
        ("America/New_York", date(2026, 3, 6), time(9), "2026-03-06T14:00"),
        ("America/New_York", date(2026, 3, 9), time(9), "2026-03-09T13:00"),
        # 02:30 does not exist on this day, 01:30 comes twice on that one
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
    ],
)
def test_the_wall_clock_decides_also_when_it_changes(zone, day, at, utc):
    found = due(Plan(at, every_day=True), day, ZoneInfo(zone), TRADING)
    assert found is not None
    assert found.astimezone(ZoneInfo("UTC")).isoformat()[:16] == utc


def test_nothing_is_due_on_a_holiday_unless_every_day_is_wanted():
    holiday = date(2026, 10, 1)
    assert due(NINE, holiday, CHINA, TRADING) is None
    assert due(Plan(time(9), every_day=True), holiday, CHINA, TRADING) is not None


def test_days_of_the_week_are_trading_days_unless_every_day_is_wanted():
    mondays = Plan(time(9), weekdays=(0,))
    assert due(mondays, date(2026, 11, 23), CHINA, TRADING)
    assert due(mondays, date(2026, 11, 24), CHINA, TRADING) is None
    assert due(mondays, date(2026, 10, 5), CHINA, TRADING) is None  # the week of National Day
    assert due(replace(mondays, every_day=True), date(2026, 10, 5), CHINA, TRADING)
    assert next_due(mondays, datetime(2026, 9, 29, tzinfo=CHINA), TRADING).date() == date(
        2026, 10, 12
    )
    assert last_due_day(mondays, date(2026, 10, 12), TRADING) == date(2026, 9, 28)


@pytest.mark.parametrize(
    ("after", "day"),
    [("2026-09-30T08:59", "2026-09-30"), ("2026-09-30T09:00", "2026-10-08")],
)
def test_the_next_one_is_on_the_next_trading_day(after, day):
    found = next_due(NINE, datetime.fromisoformat(after).replace(tzinfo=CHINA), TRADING)
    assert found.isoformat() == f"{day}T09:00:00+08:00"


# What


def test_a_new_record_is_shown_with_eight_of_its_questions_and_how_to_open_them(library):
    library.add(record("2026-007", questions=31))
    shown = library.responder.show(library.build())
    assert shown.intro.splitlines()[2:4] == [
        "示例股份（300001）2026-11-20 业绩说明会",
        "投资者关系活动记录表 编号2026-007 共31问，列出其中8问",
    ]
    assert "第8问 第2026-007份第8问的进展？" in shown.intro
    assert "第9问" not in shown.intro
    for says in ("300001/2026-007", "300001/2026-007#8"):
        assert says in [button.sends for button in shown.buttons]
        reply = library.responder.reply(Message(says))
        assert reply.record.id if says.endswith("007") else reply.hits


def test_what_was_shown_here_is_not_shown_here_again_but_elsewhere_it_is(library):
    library.add(record("2026-007"))
    assert library.post().new
    library.now += timedelta(days=1)
    assert not library.build().new
    assert library.build(chat=replace(C1, channel="C2")).new


def test_older_and_many_records_are_one_line_each(library):
    library.add(*(record(f"2024-{no:03}", date(2024, 5, 1)) for no in range(1, 45)))
    library.add(*(record(f"2026-{no:03}") for no in range(1, 10)))
    said = library.text()
    assert "补录历史记录44份（示例股份44份）" in said
    assert "另有新记录4份" in said
    assert said.count("业绩说明会") == 5
    library.post()
    library.now += timedelta(days=1)
    assert library.build().daily


def test_publication_decides_where_it_is_known(library):
    library.add(record("2024-001", date(2024, 5, 1)), published_at=NOW - timedelta(days=2))
    library.add(record("2026-001"), published_at=NOW - timedelta(days=31))
    library.add(record("2026-002"), published_at=NOW + timedelta(hours=1))
    said = library.build()
    assert [item.record.id for item in said.new] == ["300001/2024-001"]
    assert [item.id for item in said.history] == ["300001/2026-001"]


def test_a_corrected_record_is_shown_again_as_such(library):
    library.add(record("2026-007"))
    library.post()
    library.now += timedelta(days=1)
    library.add(record("2026-007", ask="第{at}问更正后的提问？"), replace_words=True)
    assert "业绩说明会（已更正）" in library.text()


def test_an_earlier_answer_to_the_same_question_is_named_without_judgement(library):
    ask = "公司的可转债计划何时下修转股价格？"
    library.add(record("2024-001", date(2024, 5, 6), questions=1, ask=ask))
    library.add(record("2025-001", date(2025, 5, 6), questions=1, ask=ask))
    library.add(record("2025-002", date(2025, 5, 7), questions=1, ask=ask, code="300002"))
    library.post()
    library.add(record("2026-007", questions=1, ask=f"您好，请问{ask}"))
    said = library.text()
    assert "　同题此前答复：2025-05-06 第1问 300001/2025-001#1\n" in said
    assert said.count("同题此前答复") == 1


@pytest.mark.parametrize(
    ("earlier", "ask", "is_same"),
    [
        ("CDU 产品是否已经批量交付？", "请问公司ＣＤＵ产品是否已经批量交付了？", True),
        ("公司目前在手订单情况如何？", "请介绍一下公司在手订单的情况。", True),
        ("公司在手订单情况？", "公司在手订单何时交付？", False),
        ("公司光伏业务毛利率如何？", "公司风电业务毛利率如何？", False),
        ("2025年公司光伏业务的毛利率水平", "2026年公司光伏业务的毛利率水平", False),
        ("公司毛利率下降的原因？", "公司毛利率上升的原因？", False),
        ("公司为什么分红？", "公司为什么不分红？", False),
        # the same words, a year later
        ("公司今年的分红计划？", "公司今年的分红计划？", False),
        ("公司三季度业绩增长的原因？", "公司三季度业绩增长的原因？", False),
    ],
)
def test_only_the_very_same_question_counts_as_answered_before(library, earlier, ask, is_same):
    library.add(record("2025-001", date(2025, 10, 6), questions=1, ask=earlier))
    library.post()
    library.add(record("2026-007", questions=1, ask=ask))
    assert ("同题此前答复" in library.text()) is is_same


def test_only_the_companies_wanted_are_in_it(library):
    library.add(record("2026-001"), record("2026-002", code="300002"))
    said = library.build(Plan(time(9), companies=("300002",)))
    assert [item.record.company_code for item in said.new] == ["300002"]


def test_each_question_of_the_day_comes_once_before_any_repeats(library):
    library.add(record("2024-001", date(2024, 5, 1), questions=5))
    library.post()
    seen = []
    for days in range(1, 11):
        day = NOW.date() + timedelta(days=days)
        library.now = NOW + timedelta(days=days)
        seen.append(library.post(day).daily.hits[0].id)
        assert "公司答：" in library.text(day=day)
    assert len(set(seen[:5])) == len(set(seen[5:])) == 5


def test_withdrawn_questions_and_dates_that_have_passed_are_no_question_of_the_day(library):
    item = record("2024-001", date(2024, 5, 1), questions=3)
    late = replace(item.questions[1], answer="预计 2024 年 9 月底前投产。")
    library.add(replace(item, questions=(item.questions[0], late, item.questions[2])))
    library.post()
    library.store.withdraw("300001/2024-001#1", "已更正")
    seen = set()
    for days in range(1, 4):
        day = NOW.date() + timedelta(days=days)
        seen.add(library.post(day).daily.hits[0].question.number)
    assert seen == {3}


def test_the_question_of_the_day_is_of_the_last_year_unless_there_is_none(library):
    library.add(record("2024-001", date(2024, 5, 1)), record("2026-001", date(2026, 1, 5)))
    library.post()
    seen = set()
    for days in range(1, 7):
        library.now = NOW + timedelta(days=days)
        seen.add(library.post().daily.hits[0].record.record_no)
    assert seen == {"2026-001"}
    library.now = NOW + timedelta(days=365)
    assert library.build().daily.hits[0].record.record_no == "2024-001"


def test_only_new_is_silent_without_a_new_record(library):
    library.add(record("2026-007"))
    plan = Plan(time(9), new_only=True)
    library.post(plan=plan)
    assert library.build(plan, NOW.date() + timedelta(days=1)) is None


def test_an_empty_store_says_nothing(library):
    assert library.build() is None


def test_the_desk_reads_counts_of_the_days_since_and_nobodys_words(library):
    library.add(record("2026-007", ask="光伏组件第{at}期产能何时投产？"))
    chat = Chat("slack", "T1", "C5", "U7")
    library.now = datetime(2026, 11, 20, 15, tzinfo=CHINA)  # a Friday
    for text in ("300001/2026-007#2", "300001/2026-007#2", "明天会下雨吗"):
        library.responder.reply(Message(text, chat))
    library.now = datetime(2026, 11, 23, 9, tzinfo=CHINA)
    said = library.text(Plan(time(9), desk=True), chat=replace(C1, channel="C9"))
    assert "2026-11-20 至 2026-11-22 收到提问3条：答复2，列出相近0，未找到1" in said
    assert "2次 300001/2026-007#2 光伏组件第2期产能何时投产？" in said
    assert "irbot misses" in said
    assert "下雨" not in said
    assert "U7" not in said


@pytest.mark.parametrize(("days", "said"), [(-90, False), (-30, True), (30, True)])
def test_the_desk_hears_of_the_end_of_the_holidays(library, days, said):
    end = TRADING.end
    library.now = datetime.combine(end + timedelta(days), time(9), CHINA)
    text = library.text(Plan(time(9), desk=True), chat=replace(C1, channel="C9"))
    assert (f"节假日表只到{end}" in text) is said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 21), ""),
        (date(2026, 12, 5), "已过0条，30天内到期1条，逐条查看：irbot due"),
        (date(2027, 1, 4), "已过1条，30天内到期0条，逐条查看：irbot due"),
    ],
)
def test_the_desk_hears_how_many_answers_pass_their_dates(library, day, said):
    item = record("2026-007")
    late = replace(item.questions[1], answer="预计 2026 年底前投产。")
    library.add(replace(item, questions=(item.questions[0], late)))
    library.now = datetime.combine(day, time(9), CHINA)
    text = library.text(Plan(time(9), desk=True), chat=replace(C1, channel="C9"))
    assert said in text
    assert ("irbot due" in text) is bool(said)


def test_a_digest_fits_whatever_the_chat_takes(library):
    """Fewer questions where it would not be one message; the number printed stays true."""
    from handlers.slack import render
    from handlers.wecom_webhook import app as webhook

    ask = "第{at}问：" + "公司在智能电网、储能与数据中心业务上的布局与进展如何？" * 4
    library.add(*(record(f"2026-00{no}", questions=31, ask=ask) for no in range(1, 6)))
    shown = library.responder.show(library.build())
    assert len(render.messages(shown, library.responder.words)) == 1
    few = library.responder.show(replace(library.build(), most=1))
    (payload,) = webhook.messages(few)
    assert payload["markdown_v2"]["content"].count("共31问，列出其中1问") == 5
