"""Companies of a workspace, by the operator, and of a channel, by its managers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.commands import Plan
from bot.config import CHINA, Settings
from bot.message import Chat, Message
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from tests.conftest import open_by_words

NOW = datetime(2026, 11, 25, 9, tzinfo=CHINA)
NINE = Plan(time(9))
ONE, TWO, THREE = "300001", "300002", "300003"
NAMES = {ONE: "海风电气", TWO: "山水制药", THREE: "云谷软件"}
MATTERS = {ONE: "海上风机的订单", TWO: "新药的临床试验", THREE: "云平台的客户"}

TYPED = (
    *("海上风机的订单有多少？", "新药的临床试验到哪一步了？", "云平台的客户有多少？"),
    *("分红政策是什么？", "云谷软件的分红政策是什么？", "300003 分红", "云谷软件"),
    *("最新", "最新 300003", "最新 云谷软件", "更多", "A", "全文", "第1问", "帮助", "你好"),
    *("300003/2026-001#1", "300003/2026-001", "编号2026-001 第1问", "云谷软件 第1问", "#1"),
    *("公司 300003", "公司 云谷软件", "公司 300001 300003", "订阅 09:00 300003", "摘要"),
    *("2026年11月20日的会上说了什么", "今天天气怎么样", "股价会涨吗"),
)


def record(code):
    said = {f"{MATTERS[code]}进展如何？": f"{NAMES[code]}的{MATTERS[code]}进展顺利。"}
    said |= {"公司的分红政策是什么？": f"{NAMES[code]}每年分红一次，比例为三成。"}
    asked = tuple(
        Question(at, question, answer, printed_number=at)
        for at, (question, answer) in enumerate(said.items(), 1)
    )
    day = date(2026, 11, 20)
    event = EventDate(day, day, "day", str(day))
    return Record(code, NAMES[code], "2026-001", "记录表", (event,), asked, ("业绩说明会",))


class Desk:
    """A bot over some companies."""

    def __init__(self, place, codes=NAMES, **settings):
        self.store = Store(place)
        for code in codes:
            item = record(code)
            self.store.add([Reading(item)], repr(item).encode(), f"{code}.txt")
        self.responder = open_by_words(Settings(place, **settings), lambda: NOW).responder

    def says(self, text, chat):
        return self.responder.show(self.responder.reply(Message(text, chat))).text

    def digest(self, chat, plan=NINE):
        return self.responder.subscribing.digests.build(chat, plan, NOW.date(), NOW)


def chat_of(workspace, channel="C1", user="U1"):
    return Chat("slack", workspace, channel, user)


def told_of(digest):
    return {item.record.company_code for item in digest.new} if digest else set()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "irbot.db")


def test_of_a_company_that_is_not_allowed_every_message_is_answered_as_if_it_were_not_stored(
    desk, tmp_path
):
    """By words, by number, in lists and digests, in every talk."""
    lacking = Desk(tmp_path / "lacking.db", (ONE, TWO))
    desk.store.allow("slack", "T1", [ONE, TWO])
    desk.responder.reachability = lacking.responder.reachability = lambda _: ""
    for number, text in enumerate(TYPED):
        chat = chat_of("T1", f"C{number}")
        for typed in (text, "A", "更多", text):
            assert desk.says(typed, chat) == lacking.says(typed, chat), (text, typed)
    assert told_of(desk.digest(chat_of("T1", "D"))) == {ONE, TWO}
    assert desk.digest(chat_of("T1", "D"), replace(NINE, companies=(THREE,))) is None
    assert {item.company_code for item in desk.responder.records(chat_of("T1"))} == {ONE, TWO}


def test_other_workspaces_see_everything_and_a_change_holds_with_the_next_message(desk):
    desk.store.allow("slack", "T1", [ONE])
    own, other = chat_of("T1"), chat_of("T2")
    asked = "云平台的客户进展如何？"
    assert "云谷" not in desk.says(asked, own)
    assert "云谷软件的云平台的客户进展顺利" in desk.says(asked, other)
    desk.store.allow("slack", "T1", [ONE, THREE])
    assert "云谷软件的云平台的客户进展顺利" in desk.says(asked, own)
    desk.store.allow("slack", "T1", None)
    assert told_of(desk.digest(own)) == {ONE, TWO, THREE}
    desk.store.allow("slack", "T1", [])
    assert "云谷" not in desk.says(asked, own)
    assert desk.digest(own) is None


def test_what_was_shown_before_is_not_shown_any_more(desk):
    chat = chat_of("T1")
    assert "云谷软件" in desk.says("300003/2026-001#1", chat)
    desk.store.allow("slack", "T1", [ONE])
    for typed in ("全文", "更多", "第2问", "A", "300003/2026-001#1"):
        assert "云谷" not in desk.says(typed, chat), typed


def test_a_channel_is_answered_from_the_companies_that_it_chose_and_no_other(desk):
    chat, elsewhere = chat_of("T1"), chat_of("T1", "C2")
    assert "海风电气（300001）、云谷软件（300003）" in desk.says("公司 300001 300003", chat)
    asked = "公司的分红政策是什么？"
    said = desk.says(asked, chat)
    assert "山水制药" not in said + desk.says("300002/2026-001#2", chat)
    assert "海风电气" in said or "云谷软件" in said
    assert told_of(desk.digest(chat)) == {ONE, THREE}
    assert told_of(desk.digest(elsewhere)) == {ONE, TWO, THREE}
    assert told_of(desk.digest(chat, replace(NINE, companies=(TWO,)))) == {TWO}
    assert "现在只答：海风电气（300001）、云谷软件（300003）" in desk.says("公司", chat)
    assert "山水制药（300002）" in desk.says("公司 300002、300001", chat)
    assert "300009" in desk.says("公司 300001 300009", chat)  # which nobody stored
    assert desk.store.scope(chat).chosen == (TWO, ONE)
    assert "全部公司" in desk.says("公司 全部", chat)
    assert desk.store.scope(chat).chosen == ()


def test_a_channel_may_not_choose_beyond_its_workspace_and_what_is_taken_away_is_gone(desk):
    chat = chat_of("T1")
    desk.says("公司 300001 300003", chat)
    desk.store.allow("slack", "T1", [ONE, TWO])
    assert "云谷" not in desk.says("公司 300001 300003", chat)
    assert "云谷" not in desk.says("云平台的客户进展如何？", chat)
    assert "山水" not in desk.says("新药的临床试验进展如何？", chat)  # allowed, not chosen
    assert told_of(desk.digest(chat)) == {ONE}
    desk.store.allow("slack", "T1", [TWO])  # nothing is left of what was chosen
    assert "海风" not in desk.says("海上风机的订单进展如何？", chat)
    assert desk.digest(chat) is None
    assert "全部公司" in desk.says("公司 全部", chat)
    assert "山水" in desk.says("新药的临床试验进展如何？", chat)


@pytest.mark.parametrize("manager", ["U9", "T1/u9"])
def test_only_managers_choose(tmp_path, manager):
    desk = Desk(tmp_path / "irbot.db", managers=(manager,))
    chat = chat_of("T1")
    assert "管理员" in desk.says("公司 300001 300002", chat)
    assert desk.store.scope(chat).chosen == ()
    desk.says("公司 300001 300002", replace(chat, user="U9"))
    assert desk.store.scope(chat).chosen == (ONE, TWO)
    other = chat_of("T2", user="U9")  # somebody else where a workspace is named
    assert ("管理员" in desk.says("公司 300001 300002", other)) == ("/" in manager)


def test_a_record_that_comes_is_found_where_its_company_is_allowed(tmp_path):
    desk = Desk(tmp_path / "irbot.db", (ONE,))
    desk.store.allow("slack", "T1", [ONE, THREE])
    asked = "云平台的客户进展如何？"
    for workspace in ("T1", "T2"):
        assert "云谷" not in desk.says(asked, chat_of(workspace))
    desk.store.allow("slack", "T2", [ONE])
    item = record(THREE)
    desk.store.add([Reading(item)], b"x", "x.txt")
    assert "云谷" in desk.says(asked, chat_of("T1"))
    assert "云谷" not in desk.says(asked, chat_of("T2"))
