"""Tables in the store: what a row becomes, what changes it, how it is proven and shown."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from sqlite3 import connect

import pytest
from click.testing import CliRunner

from bot.commands import Plan
from bot.config import CHINA, Settings
from bot.errors import NotFoundError
from bot.ingest.importing import Options, import_content, import_files
from bot.ingest.verifying import verify_records
from bot.message import Answer, Chat, Digest, Message, Suggest
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from handlers.cli.main import cli
from handlers.json_output import import_json
from tests.conftest import open_by_words

HEADER = "股票代码,公司简称,问题,提问时间,回答内容,回答时间,问题编号\n"
DIVIDEND = (
    '000001,样例银行,"您好,分红(含税)会调整吗？",2025-04-28 09:01:02,每10股派2元。,'
    "2025-04-29 17:20:00,2276616300371700001\n"
)
BUYBACK = "000001,样例银行,公司会回购股份吗？,2025-04-28 23:59:00,,,2276616300371700002\n"
ORDERS = (
    "000001,样例银行,海外订单情况如何？,2025-04-27 10:00:00,海外订单同比增长一成。,"
    "2025-04-28 09:00:00,2276616300371700000\n"
)


class Desk:
    """A store, and files that are imported into it."""

    def __init__(self, folder):
        self.folder = folder
        self.store = Store(folder / "irbot.db")

    def put(self, text, name="export.csv", **options):
        """What an import of this text says, as JSON."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        (outcome,) = import_files(self.store, [path], Options(**options), frozenset([path]))
        return import_json(outcome)

    def filed(self, question, answer, day=date(2025, 5, 9), number="2025-002"):
        asked = (Question(1, question, answer, printed_number=1),)
        dates = (EventDate(day, day, "day", str(day)),)
        record = Record("000001", "样例银行", number, "记录表", dates, asked, ("业绩说明会",))
        self.store.add([Reading(record)], repr(record).encode(), f"{number}.txt")

    def questions(self, record_id="000001/qa"):
        return {item.question: item for item in self.store.record(record_id).record.questions}

    def ask(self, text, as_of=None):
        bot = open_by_words(Settings(self.store.path))
        reply = bot.responder.reply(Message(text, as_of=as_of))
        return reply, bot.responder.show(reply).text

    def damage(self, sql):
        with closing(connect(self.store.path)) as db, db:
            assert db.execute(sql).rowcount

    def differing(self):
        return [line for checked in verify_records(self.store) for line in checked.differences]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_rows_are_one_record_of_their_company(desk):
    said = desk.put("\ufeff" + HEADER + DIVIDEND + BUYBACK)
    assert (said["status"], said["record_ids"]) == ("imported", ["000001/qa"])
    assert (said["rows"]["added"], said["rows"]["unanswered"]) == (1, 1)
    stored = desk.store.record("000001/qa")
    (row,) = stored.record.questions
    assert (row.number, row.question, row.row_id) == (
        1,
        "您好,分红(含税)会调整吗？",
        "2276616300371700001",
    )
    assert stored.record.of(row).event_date == "2025-04-29"
    assert desk.differing() == []


def test_a_grown_export_adds_its_new_rows_and_leaves_the_others_their_ids(desk):
    desk.put(HEADER + DIVIDEND)
    answered = BUYBACK.replace(",,,", ",暂无计划。,2025-04-30 10:00:00,")
    said = desk.put(HEADER + ORDERS + answered + DIVIDEND, "grown.csv")
    counts = said["rows"]
    assert (counts["added"], counts["changed"], counts["unchanged"]) == (2, 0, 1)
    numbers = {question: item.number for question, item in desk.questions().items()}
    assert numbers == {
        "您好,分红(含税)会调整吗？": 1,
        "海外订单情况如何？": 2,
        "公司会回购股份吗？": 3,
    }
    assert desk.put(HEADER + DIVIDEND + ORDERS + answered, "moved.csv")["status"] == "unchanged"
    assert desk.put(HEADER + DIVIDEND)["status"] == "unchanged"
    assert desk.differing() == []


def test_a_row_is_the_same_in_another_exports_words_for_it(desk):
    desk.put(HEADER + DIVIDEND)
    other = (
        "股票代码,公司简称,问题,回答内容,提问者,提问时间,回答时间\n"
        '1,样例银行,"您好,分红(含税)会调整吗？",每10股派2元。,irm1,'
        "2025-04-28 09:01:02,2025-04-29 17:20:00\n"
    )
    assert desk.put(other, "ans.csv")["rows"]["unchanged"] == 1


def test_a_question_asked_again_is_a_row_of_its_own(desk):
    desk.put(
        "问题,答复,股票代码,日期\n股东人数是多少？,3万户。,000001,2025-04-30\n"
        "股东人数是多少？,3万户。,000001,2025-07-31\n股东人数是多少？,3万户。,000001,2025-07-31\n"
    )
    days = [item.answered_at for item in desk.store.record("000001/qa").record.questions]
    assert days == ["2025-04-30", "2025-07-31"]


def test_another_answer_is_refused_until_the_platform_or_a_person_says_so(desk):
    desk.put(HEADER + DIVIDEND)
    changed = DIVIDEND.replace("派2元", "派3元")
    said = desk.put(HEADER + changed + ORDERS, "changed.csv")
    assert said["rows"]["refused"] == 1
    assert "第1问" in said["rows"]["refused_rows"][0]["reason"]
    assert said["rows"]["added"] == 1  # the other row is not held up
    later = changed.replace("2025-04-29 17:20", "2025-05-06 09:00")
    assert desk.put(HEADER + later, "later.csv")["status"] == "replaced"
    assert desk.questions()["您好,分红(含税)会调整吗？"].answer == "每10股派3元。"
    assert desk.put(HEADER + DIVIDEND, "old.csv")["status"] == "unchanged"
    assert (
        desk.put(HEADER + changed.replace("3元", "4元"), "set.csv", replace_words=True)["status"]
        == "replaced"
    )
    (answer,) = {item.answer for item in desk.questions().values() if item.number == 1}
    assert answer == "每10股派4元。"
    assert desk.differing() == []


def test_two_rows_of_a_file_that_contradict_each_other_are_told(desk):
    said = desk.put(HEADER + DIVIDEND + DIVIDEND + DIVIDEND.replace("派2元", "派3元"))
    assert (said["rows"]["added"], said["rows"]["twice"], said["rows"]["refused"]) == (1, 1, 1)
    assert said["rows"]["refused_rows"][0]["row"] == 4


def test_an_older_version_comes_back_whole(desk):
    desk.put(HEADER + DIVIDEND)
    later = DIVIDEND.replace("派2元", "派3元").replace("2025-04-29 17", "2025-04-30 17")
    desk.put(HEADER + later + ORDERS, "later.csv")
    desk.store.restore_version("000001/qa", 1)
    assert [item.answer for item in desk.questions().values()] == ["每10股派2元。"]
    assert desk.put(HEADER + ORDERS, "orders.csv")["rows"]["added"] == 1
    assert len(desk.questions()) == 2
    assert desk.differing() == []


def test_a_file_that_breaks_off_changes_nothing(desk):
    desk.put(HEADER + DIVIDEND)
    before = desk.store.generation()
    said = desk.put(HEADER + ORDERS + '000001,样例银行,"没有配对', "broken.csv")
    assert (said["status"], said["record_ids"]) == ("refused", [])
    assert (desk.store.generation(), len(desk.questions())) == (before, 1)


def test_a_dry_run_says_the_same_and_writes_nothing(desk):
    said = desk.put(HEADER + DIVIDEND + BUYBACK, dry_run=True)
    with pytest.raises(NotFoundError):
        desk.store.record("000001/qa")
    assert said == desk.put(HEADER + DIVIDEND + BUYBACK)


def test_verifying_finds_what_was_changed_in_the_store(desk):
    desk.put(HEADER + DIVIDEND + ORDERS)
    desk.damage("UPDATE questions SET answer = replace(answer, '一成', '两成')")
    (line,) = desk.differing()
    assert "两成" in line
    assert "一成" in line
    assert desk.put(HEADER + DIVIDEND + ORDERS, replace_words=True)["status"] == "replaced"
    assert desk.differing() == []
    desk.damage("UPDATE questions SET answered_at = '2025-01-01' WHERE number = 1")
    assert len(desk.differing()) == 1
    desk.damage("UPDATE sources SET content = x'00'")
    assert any("源文件" in line for line in desk.differing())


# Replies


def test_a_platforms_answer_is_shown_with_its_days(desk):
    desk.put(
        HEADER.replace("问题编号", "链接,问题编号")
        + DIVIDEND.replace(",2276", ",https://irm.cninfo.com.cn/1,2276")
    )
    reply, text = desk.ask("分红会调整吗")
    assert isinstance(reply, Answer)
    assert "出处：互动易书面答复 提问日2025-04-28 回复日2025-04-29 第1问" in text
    assert "https://irm.cninfo.com.cn/1" in text
    assert "投资者关系活动记录表" not in text


def test_a_date_of_any_change_is_not_called_the_answers(desk):
    desk.put(HEADER.replace("回答时间", "更新时间") + DIVIDEND)
    _, text = desk.ask("分红会调整吗")
    assert "更新日2025-04-29" in text
    assert "回复日" not in text


def test_a_sheets_answer_is_called_unchecked(desk):
    desk.put("问题,答复,股票代码,日期\n海外订单情况如何？,同比增长。,000001,2025-04-30\n")
    reply, text = desk.ask("海外订单情况如何")
    assert reply.hits[0].question.kind == "table"
    assert "来自导入表格，未经原文核对" in text
    assert "投资者关系活动记录表" not in text


@pytest.mark.parametrize("of_platform", [True, False])
def test_a_filed_record_comes_before_rows_that_answer_the_same(desk, of_platform):
    answer = "截至报告期末，公司海外订单同比增长一成，占比约三成。"
    header = HEADER if of_platform else "股票代码,公司简称,问题,甲,答复,日期,乙\n"
    desk.put(
        header + ORDERS.replace("海外订单同比增长一成。", answer).replace("2025-04-2", "2025-06-2")
    )
    desk.filed("公司海外的订单怎么样？", answer)
    reply, _ = desk.ask("海外订单情况如何？")
    assert isinstance(reply, Answer)
    assert [hit.question.kind for hit in reply.hits] == ["record"]
    assert "000001/qa#1" in [hit.id for hit in reply.links]


EVASIVE = "您好！具体请查阅公司定期报告，感谢您的关注。"


def test_stock_phrases_never_go_before_an_answer(desk):
    asked = "公司海外订单情况如何？"
    desk.put(
        HEADER
        + f"000001,样例银行,{asked},2025-06-01 09:00:00,{EVASIVE},2025-06-02 09:00:00,11\n"
        + ORDERS
    )
    reply, _ = desk.ask(asked)
    assert reply.hits[0].question.answer == "海外订单同比增长一成。"
    claimed = reply.hits if isinstance(reply, Answer) else ()
    assert all(hit.question.answer != EVASIVE for hit in claimed)


def test_stock_phrases_are_shown_where_nothing_else_is_there(desk):
    desk.put(HEADER + f"000001,样例银行,海外订单情况如何？,2025-06-01,{EVASIVE},2025-06-02,11\n")
    reply, text = desk.ask("海外订单情况如何？")
    assert not isinstance(reply, Suggest)
    assert EVASIVE in text


def test_rows_are_found_by_number_and_up_to_a_day(desk):
    later = DIVIDEND.replace("1\n", "9\n").replace("2025-04-2", "2025-06-2").replace("2元", "5元")
    desk.put(HEADER + DIVIDEND + later)
    assert desk.ask("000001/qa#2")[0].hits[0].question.answer == "每10股派5元。"
    reply, _ = desk.ask("分红会调整吗")
    assert reply.hits[0].question.answer == "每10股派5元。"
    assert [hit.id for hit in reply.earlier] == ["000001/qa#1"]
    reply, _ = desk.ask("分红会调整吗", as_of=date(2025, 5, 1))
    assert [hit.question.answer for hit in reply.hits] == ["每10股派2元。"]


def test_a_withdrawn_row_stays_so_in_a_grown_export_and_hides_no_other(desk):
    again = DIVIDEND.replace("1\n", "9\n").replace("2025-04-2", "2025-06-2")
    desk.put(HEADER + DIVIDEND + again)
    desk.store.withdraw("000001/qa#1", "测试")
    desk.put(HEADER + ORDERS + DIVIDEND + again, "grown.csv")
    assert desk.store.record("000001/qa").withdrawn_questions == {1}


# Records that a table names by their number


NUMBERED = (
    "question_no,question,answer,company_code,record_no,event_date\n"
    "24,海外订单情况如何？,同比增长。,000001,2025-002,2025-05-09\n"
    "3,会回购吗？,暂无。,000001,2025-002,2025-05-09\n"
)


def test_a_tables_record_has_its_number_and_is_no_filed_one(desk):
    said = desk.put(NUMBERED)
    assert said["record_ids"] == ["000001/2025-002"]
    _, text = desk.ask("000001/2025-002#24")
    assert "来自导入表格，未经原文核对 编号2025-002" in text
    assert desk.put(NUMBERED)["status"] == "unchanged"
    assert desk.put(NUMBERED.replace("增长", "下降"), "other.csv")["rows"]["refused"] == 1
    assert desk.differing() == []


def test_a_filed_record_takes_a_tables_place_and_keeps_it(desk):
    desk.put(NUMBERED)
    desk.filed("海外订单情况如何？", "同比增长。")
    assert not desk.store.record("000001/2025-002").record.is_from_table
    said = desk.put(NUMBERED, "again.csv", replace_words=True)
    assert said["status"] == "refused"
    assert "原文" in said["reason"]
    part = NUMBERED.rsplit("3,会", 1)[0]
    assert desk.put(part, "part.csv")["status"] == "unchanged"
    assert not desk.store.record("000001/2025-002").record.is_from_table


# Digests


def test_a_digest_tells_the_rows_that_came(desk):
    now = datetime(2025, 4, 30, 9, tzinfo=CHINA)
    bot = open_by_words(Settings(desk.store.path), lambda: now)
    chat = Chat("slack", "T1", "C1", "U1")

    def told(day):
        at = datetime.combine(day, time(9), CHINA)
        digests = bot.responder.subscribing
        said = digests.digests.build(chat, Plan(time(9)), day, at)
        assert isinstance(said, Digest)
        assert digests.subscriptions.claim(chat, day, "k", at, said.items)
        return [
            (item.is_corrected, [one.number for one in item.record.questions]) for item in said.new
        ]

    old = DIVIDEND.replace("2025-", "2020-").replace("1\n", "7\n")
    desk.put(HEADER + old + DIVIDEND)
    assert told(date(2025, 4, 30)) == [(False, [2])]
    desk.put(HEADER + ORDERS + old + DIVIDEND, "grown.csv")
    assert told(date(2025, 5, 1)) == [(False, [3])]


# The command


def test_the_command_names_the_rows_that_are_out_and_ends_with_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    Path("a.csv").write_text(
        HEADER + DIVIDEND + BUYBACK + ORDERS.replace("000001", "12345"), "utf-8"
    )
    done = CliRunner().invoke(cli, ["import", "a.csv"])
    assert done.exit_code == 1
    assert "已收录 000001/qa" in done.stderr
    assert "没有答复1行、未收录1行" in done.stderr
    assert "未收录第4行：股票代码缺位" in done.stderr
    shown = json.loads(CliRunner().invoke(cli, ["show", "000001/qa", "--json"]).stdout)
    (row,) = shown["questions"]
    assert (row["event_date"], row["asked_at"]) == ("2025-04-29", "2025-04-28T09:01:02")
    assert CliRunner().invoke(cli, ["verify"]).exit_code == 0
    (line,) = json.loads(CliRunner().invoke(cli, ["records", "--json"]).stdout)
    assert (line["id"], line["questions"]) == ("000001/qa", 1)


def test_a_table_comes_in_by_upload_too(desk):
    content = (HEADER + DIVIDEND + BUYBACK).encode()
    looked = import_content(desk.store, "a.csv", content, Options(dry_run=True))
    kept = import_content(desk.store, "a.csv", content, Options())
    rows = [outcome.rows for outcome in (looked, kept) if outcome.rows]
    assert [item.added.records[0].added for item in rows] == [1, 1]
    assert len(desk.questions()) == 1
    unanswered = (HEADER + BUYBACK).encode()
    assert import_content(desk.store, "b.csv", unanswered, Options()).status == "refused"


def test_rows_that_are_added_correct_nothing(desk):
    def states():
        stored = desk.store.record("000001/qa")
        whole = [state.kind for state in desk.store.states(stored, datetime.now(CHINA))]
        return whole, sorted(desk.store.states_of_units(stored))

    desk.put(HEADER + DIVIDEND)
    desk.put(HEADER + DIVIDEND + ORDERS, "grown.csv")
    assert desk.store.record("000001/qa").version == 2
    assert states() == ([], [])
    later = DIVIDEND.replace("派2元", "派3元").replace("2025-04-29", "2025-05-06")
    desk.put(HEADER + later, "later.csv")
    assert states() == (["corrected"], ["1"])
