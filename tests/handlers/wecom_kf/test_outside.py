"""Nothing but public records leaves by 微信客服, whatever is typed or chosen there."""

from __future__ import annotations

import json
import tomllib
from dataclasses import MISSING, fields
from datetime import date, timedelta
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import bot.answering
import bot.commands
from bot.answering.outsiders import limited
from bot.answering.trail import Considered
from bot.commands import Ask
from bot.ingest.importing import Options, import_files
from bot.message import (
    Answer,
    Chat,
    Decline,
    DeskDigest,
    Digest,
    Help,
    Hit,
    Likely,
    Listing,
    Message,
    Statement,
    Suggest,
)
from bot.record import Announcement, Record
from bot.store import Store
from handlers.wecom_kf.credentials import PLATFORM
from tests.conftest import NOW
from tests.fakes.wecom_kf import ACCOUNT

WORDS = tomllib.loads((Path(bot.commands.__file__).parent / "words.toml").read_text("utf-8"))
TALK = tomllib.loads((Path(bot.answering.__file__).parent / "small_talk.toml").read_text("utf-8"))
HIDDEN = {
    "300901/2026-001": "定时机密",  # published later
    "300902/2026-001": "撤下机密",  # withdrawn
    "300903/2026-001": "题目机密",  # of which a question is withdrawn
    "300904/2026-001": "草稿机密",  # a draft
    "300905/2026-001": "暂停机密",  # held
    "300906/2026-001": "单题机密",  # of which a question is held
    "300907/2026-001": "公司机密",  # of a company that is paused
}
IN_SHEET = {"300908/qa": "表格机密"}  # a row that no company has published
ANNOUNCED = "预告机密"  # for a day to come, after a question that may be shown


def record(code, secret):
    return (
        f"证券代码：{code} 证券简称：密股{code[-1]}\n投资者关系活动记录表\n编号：2026-001\n"
        "投资者关系活动类别\t业绩说明会\n时间\t2026年10月8日\n地点\t公司\n"
        f"投资者关系活动主要内容介绍\t1、{secret}的量子镜头产能如何？\n答：{secret}的量子镜头产能充足。\n"
        "2、公司的分红计划如何？\n答：公司按章程进行分红。\n附件清单\t无\n日期\t2026年10月8日\n"
    )


@pytest.fixture
def hidden(store, tmp_path):
    """Records of which something may not be shown, one kind each."""
    for record_id, secret in HIDDEN.items():
        code = record_id.partition("/")[0]
        file = tmp_path / f"{code}.txt"
        file.write_text(record(code, secret), "utf-8")
        later = NOW + timedelta(days=30) if code == "300901" else None
        options = Options(published_at=later, is_draft=code == "300904")
        (outcome,) = import_files(store, [file], options)
        assert outcome.status == "imported", outcome.reason
    store.withdraw("300902/2026-001", "错误")
    store.withdraw("300903/2026-001#1", "错误")
    store.hold("300905/2026-001", "核对")
    store.hold("300906/2026-001#1", "核对")
    store.pause("静默期", company="300907")
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET, "utf-8")
    (outcome,) = import_files(store, [sheet], Options(), frozenset([sheet]))
    assert outcome.status == "imported", outcome.reason
    soon = Announcement("2026-099", "预告机密的公告", date(2026, 12, 1), "https://example.com/99")
    store.add_announcement("300253/2025-002#7", soon, "董秘")
    held = Announcement("2026-098", "单题机密的公告", date(2026, 11, 1), "https://example.com/98")
    store.add_announcement("300906/2026-001#1", held, "董秘")
    return store


# Rows of a sheet that nobody has published, beside one from a platform.
SHEET = (
    "公司代码,公司简称,问题,答复,日期\n"
    "300908,密股8,表格机密的量子镜头产能如何？,表格机密的量子镜头产能充足。,2026-10-09\n"
)
EXPORT = (
    "股票代码,公司简称,问题,提问时间,回答内容,回答时间,问题编号\n"
    "300908,密股8,车载镜头何时量产？,2026-09-28 09:01:02,车载镜头已在九月量产。,"
    "2026-09-29 17:20:00,2276616300371700001\n"
)


def everything():
    """All that can be typed that means something, and what asks for what is hidden."""
    yield from (word for words in WORDS.values() for word in words)
    yield from (words[0] for words in TALK.values())
    for record_id, secret in (HIDDEN | IN_SHEET).items():
        code = record_id.partition("/")[0]
        yield from (
            record_id,
            f"{record_id}#1",
            f"全文 {record_id}#1",
            f"{code} 最新",
            f"公司 {code}",
            f"{secret}的量子镜头产能如何？",
            f"密股{code[-1]} 第1问",
            f"密股{code[-1]}的量子镜头",
            f"订阅 09:00 {code}",
            f"{record_id}#1 @2027-01-31",
            f"{record_id}#p1",
            f"{secret}的公告",
            f"/ir {record_id}",
        )
    yield from (
        *("订阅 09:00 desk", "/ir 订阅 09:00 desk", "摘要", "/ir digest", "查看订阅", "/status"),
        *("转办1 公司已公告", "转给证券部", "转给证券部 量子镜头", "misses", "desk", "内部摘要"),
        *("#7 @2026-12-31", "300253/2025-002#7 @2027-06-30", "全文 300253/2025-002#7"),
        *(
            "时间线 量子镜头",
            "timeline 量子镜头",
            "此后公告",
            "later",
            "due",
            "said",
            "log",
            "aliases",
        ),
        *("publish 300904/2026-001", "release 300905/2026-001", "resume", "export", "forget wm0"),
        *("公司列表", "300908 有哪些问题", "300908/qa @2026-10-01", "证券部的联系方式"),
        *("量子镜头 @2026-12-31", "2026-10-08 那次交流", "编号2026-001", "第1问", "#1", "机密"),
    )


def sent(kf):
    return json.dumps(
        [body for path, body in kf.calls if path.startswith("kf/send_msg")], ensure_ascii=False
    )


MARKS = (*HIDDEN.values(), *IN_SHEET.values(), ANNOUNCED, "每日摘要 2", "内部", "desk")


def leaks(text):
    return [mark for mark in MARKS if mark in text]


def test_no_command_and_no_question_brings_out_what_is_hidden(hidden, start, kf):
    # Even where a customer's id stands among the desk's.
    talk = start(
        wecom_kf_a_minute=0,
        wecom_kf_a_day=0,
        desk_channels=("wm0", "wrDESK", "CDESK"),
    )
    typed = list(dict.fromkeys(everything()))
    for at, text in enumerate(typed):
        kf.say(text, f"wm{at}")
        if at % 8 == 0 or "机密" in text or "30090" in text:
            kf.say("全文", f"wm{at}")
            kf.say("a", f"wm{at}")
    chosen = [
        entry
        for record_id in (*HIDDEN, *IN_SHEET)
        for entry in (f"ask:{record_id}#1", f"rest:00000000:0:{record_id}#1", f"ask:{record_id}")
    ]
    for at, entry in enumerate((*chosen, "person", "latest", "help", "rest:x:y:z", "ask:")):
        kf.say("点选", f"wmMENU{at}", menu_id=entry)
    for at, text in enumerate(("订阅 09:00 desk", "摘要", "转办1 x", "转给证券部")):
        kf.say(text, "wm0", msgid=f"desk-{at}")
    talk.call()
    waiting = "SELECT 1 FROM inbox WHERE state = 'new' UNION ALL SELECT 1 FROM outbox o WHERE "
    open_ = waiting + "state IN ('ready', 'sending') AND channel != 'wm0'"
    db = Store(hidden.path).database
    kf.until(lambda: len(list(db.connection().query("SELECT 1 FROM inbox"))) > len(typed))
    kf.until(lambda: not list(db.connection().query(open_)))
    assert len(typed) > 250
    assert len({post["to"] for post in kf.posts}) > len(typed)
    assert not leaks(sent(kf))
    assert not list(db.connection().query("SELECT 1 FROM subscriptions"))
    assert not kf.broken


def test_the_same_questions_do_find_what_is_public(hidden, talk, kf):
    """What is asked above would be answered if it might be."""
    _, answer = talk.said("300903/2026-001#2", count=2)
    assert "公司按章程进行分红" in answer["content"]
    hidden.undo_withdrawal("300903/2026-001#1")
    (answer,) = talk.said("题目机密的量子镜头产能如何？")
    assert "题目机密的量子镜头产能充足" in answer["content"]


def test_what_is_withdrawn_while_its_answer_waits_does_not_leave(hidden, start, kf):
    talk = start()
    hidden.undo_withdrawal("300903/2026-001#1")
    kf.states["wmA"] = 0
    talk.said("300903/2026-001#2", count=2)
    kf.since["wmA"] = 5
    kf.say("300903/2026-001#1")
    kf.since["wmA"] = 5
    talk.call()
    kf.until(lambda: 95001 in kf.refused)
    hidden.withdraw("300903/2026-001#1", "错误")
    first, second = talk.said("#7", count=2, ago_s=-1.0)
    assert "已更新或撤下" in first["content"]
    assert "第7问" in second["content"]
    assert not [post for post in kf.posts if "题目机密" in post["content"]]


def test_a_row_of_a_sheet_is_for_members_and_one_of_a_platform_for_all(hidden, tmp_path, talk, kf):
    responder = talk.bot.responder
    said = responder.show(responder.reply(Message("表格机密的量子镜头产能如何？"))).text
    assert "表格机密的量子镜头产能充足" in said
    export = tmp_path / "export.csv"
    export.write_text(EXPORT, "utf-8")
    (outcome,) = import_files(hidden, [export], Options(), frozenset([export]))
    assert outcome.status in ("imported", "updated"), outcome.reason
    who, answer = talk.said("车载镜头何时量产？", count=2)
    assert "互动平台书面答复" in who["content"]
    assert "车载镜头已在九月量产" in answer["content"]
    kf.say("300908/qa", "wmB")
    talk.call()
    _, listing = kf.to("wmB", 2)
    assert "车载镜头何时量产" in listing["content"]
    assert "2026-09-29" in listing["content"]
    assert "2026-10-09" not in listing["content"]
    assert not [mark for mark in IN_SHEET.values() if mark in sent(kf)]


def test_a_list_that_waits_does_not_name_what_was_hidden_meanwhile(hidden, start, kf):
    talk = start()
    hidden.undo_withdrawal("300903/2026-001#1")
    talk.said("#7", count=2)
    kf.say("300903/2026-001")
    kf.since["wmA"] = 5
    talk.call()
    kf.until(lambda: 95001 in kf.refused)
    hidden.withdraw("300903/2026-001#1", "错误")
    first, second = talk.said("300903/2026-001", count=2, ago_s=-1.0)
    assert "已更新或撤下" in first["content"]
    assert "公司的分红计划如何" in second["content"]
    assert not [post for post in kf.posts if "题目机密" in post["content"]]


KINDS = (Answer, Likely, Suggest, Statement, Listing)  # that may leave


def made(hint, record):
    """A value of a type, with the record or its first question wherever there may be one."""
    if hint is Record:
        return record
    if hint is Hit:
        return Hit(record, record.questions[0], 1.0)
    return 1 if hint is int else tuple(made(item, record) for item in get_args(hint) if item != ...)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in KINDS
        for name, hint in get_type_hints(kind).items()
        if "Hit" in str(hint) or "Record" in str(hint)
    ],
)
def test_the_one_rule_looks_into_every_field(responder, hidden, kind, name):
    hints = get_type_hints(kind)
    shown = responder.library.records[0]
    withdrawn = next(item for item in hidden.records() if item.record.company_code == "300902")
    needed = {
        item.name: date(2026, 11, 24) if item.name == "as_of" else made(hints[item.name], shown)
        for item in fields(kind)
        if item.default is MISSING
    }
    for record, may_leave in ((shown, True), (withdrawn.record, False)):
        reply = kind(**{**needed, name: made(hints[name], record)})
        considered = Considered(Ask(""), reply, responder.library, "strict")
        left = limited(considered, responder.library, responder.words).reply
        assert (left == reply) is may_leave
        assert isinstance(left, Decline) is not may_leave


def test_a_list_with_a_question_that_is_hidden_is_kept_back(responder, hidden):
    stored = next(item for item in hidden.records() if item.record.company_code == "300903")
    for record, kept in ((stored.record, True), (stored.visible, False)):
        considered = Considered(Ask(""), Listing(record), responder.library, "strict")
        reply = limited(considered, responder.library, responder.words).reply
        assert isinstance(reply, Decline) is kept


@pytest.mark.parametrize(
    "reply",
    [
        Digest(date(2026, 11, 24)),
        DeskDigest(date(2026, 11, 24), date(2026, 11, 23), date(2026, 11, 24), 1, 1, 1),
    ],
)
def test_the_one_rule_keeps_back_kinds_that_are_not_for_outside(responder, reply):
    library = responder.library
    considered = Considered(Ask(""), reply, library, "strict")
    assert type(limited(considered, library, responder.words).reply).__name__ == "Decline"


def test_the_one_rule_keeps_back_a_record_that_the_library_does_not_have(responder, hidden):
    stored = next(item for item in hidden.records() if item.record.company_code == "300902")
    hit = Hit(stored.record, stored.record.questions[0], 1.0)
    library = responder.library
    reply = Answer((hit,), date(2026, 11, 24))
    considered = Considered(Ask(""), reply, library, "strict")
    assert type(limited(considered, library, responder.words).reply).__name__ == "Decline"


def test_help_for_members_is_not_help_for_customers(talk):
    responder = talk.bot.responder
    outside = Chat(PLATFORM, ACCOUNT, "wmA", "wmA")
    inside = Chat("slack", "T", "C", "U")
    assert responder.reply(Message("帮助", outside)) == Help(for_outsiders=True)
    assert responder.reply(Message("帮助", inside)) == Help("slack")
    assert "订阅" in responder.show(Help("slack")).text
    assert "订阅" not in responder.show(Help(for_outsiders=True)).text


def test_everything_paused_is_as_if_nothing_were_there(hidden, talk, kf):
    hidden.pause("静默期")
    _, said = talk.said("可转债", count=2)
    assert "未找到对应答复" in said["content"]
    for text in ("300253/2025-002#24", "最新", "公司列表"):
        (said,) = talk.said(text, ago_s=-1.0)
        assert "卫宁" not in said["content"]


def test_an_empty_store_is_no_matter_of_customers(start, kf, tmp_path):
    (tmp_path / "irbot.db").unlink()
    for beside in tmp_path.glob("irbot.db-*"):
        beside.unlink()
    talk = start()
    _, said = talk.said("可转债", count=2)
    assert "irbot import" not in said["content"]
    assert "没有可以展示的记录" in said["content"]
