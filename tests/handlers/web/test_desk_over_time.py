"""The desk beside time: dates that pass, what was announced and said since, where it was shown."""

from __future__ import annotations

from datetime import date

import pytest

from bot.message import Message
from bot.record import Question
from tests.handlers.web.desk import Desk
from tests.handlers.web.site import Site, record

MARGIN = "公司海外业务毛利率是多少？"
RECORD = "/desk/records/600000/2025-002"
ID = "600000/2025-002"
SCRIPT = "<script>alert(1)</script>"
ANNOUNCED = {
    "act": "add",
    "place": "1",
    "no": "2025-059",
    "title": f"关于{SCRIPT}的公告",
    "day": "2025-06-20",
    "url": "https://example.com/a?b=1&c=2",
}


@pytest.fixture
def desk(tmp_path):
    site = Site(tmp_path)
    first = Question(1, MARGIN, "2024年海外业务毛利率为 23.5%，预计2025年6月底前投产。")
    site.add(record("2025-001", first, day=date(2025, 1, 8)))
    second = Question(1, MARGIN, "2025年海外业务毛利率为 25.1%，预计2099年12月底前投产。")
    site.add(
        record("2025-002", second, "公司有多少员工？", day=date(2025, 6, 8), is_correction=True)
    )
    desk = Desk(site)
    desk.sign_in(desk.invite("王芳"))
    return desk


def changes(desk):
    """Who changed what of the question."""
    return [(item.who, item.what) for item in desk.site.store.changes(f"{ID}#1")]


def answer(desk):
    responder = desk.site.bot.responder
    return responder.show(responder.reply(Message(f"{ID}#1"))).text


def test_an_announcement_is_noted_at_a_question_and_taken_off(desk):
    before = answer(desk)
    desk.post(f"{RECORD}/later", **ANNOUNCED)
    assert f"此后公告：关于{SCRIPT}的公告（2025-059，2025-06-20）https://" in answer(desk)
    assert "example.com" not in desk.page(f"{RECORD}/2").said
    for page in (f"{RECORD}/1", RECORD):
        assert f"关于{SCRIPT}的公告" in desk.page(page).said
    assert "已有编号" in desk.post(f"{RECORD}/later", 422, **ANNOUNCED).text  # sent twice
    desk.post(f"{RECORD}/later", act="undo", place="1", no="2025-059")
    desk.post(f"{RECORD}/later", 404, act="undo", place="1", no="2025-059")
    assert answer(desk) == before
    assert changes(desk) == [("王芳", "later"), ("王芳", "later undone")]
    assert "撤销此后公告" in desk.page(f"{RECORD}/1").said


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"act": "sneak"}, 400),
        ({"day": ""}, 422),
        ({"day": "昨天"}, 422),
        ({"day": "2025-06-07"}, 422),  # before the answer
        ({"url": "javascript:alert(1)"}, 422),
        ({"url": "example.com"}, 422),
        ({"url": "https://www.szse.cn@example.com/"}, 422),
        ({"title": " "}, 422),
        ({"title": "长" * 201}, 422),
        ({"no": ""}, 422),
        ({"place": "9"}, 404),
        ({"place": ""}, 404),
    ],
)
def test_what_cannot_be_an_announcement_changes_nothing(desk, wrong, status):
    desk.post(f"{RECORD}/later", status, **{**ANNOUNCED, **wrong})
    assert desk.site.store.announcements() == []
    assert changes(desk) == []


def test_an_announcement_is_taken_off_where_its_question_is_no_more(desk):
    desk.post(f"{RECORD}/later", **{**ANNOUNCED, "place": "2"})
    corrected = record(
        "2025-002", Question(1, MARGIN, "另作答复。"), day=date(2025, 6, 8), is_correction=True
    )
    desk.site.add(corrected)
    desk.get(f"{RECORD}/2", 404)
    assert f"{ID}#2" in desk.page(RECORD).said
    desk.post(f"{RECORD}/later", act="undo", place="2", no="2025-059")
    assert desk.site.store.announcements() == []
    assert "2025-059" in desk.page(RECORD).said  # what was done is told there


def test_dates_that_pass_are_listed_until_their_answer_is_hidden(desk):
    said = desk.page("/desk/due").said
    assert "2025-06-30 已过" in said
    assert "2025年6月底前" in said
    assert "2099" not in said
    desk.get("/desk/due?days=31", 404)
    desk.get("/desk/due?days=365&page=2", 404)
    desk.post("/desk/records/600000/2025-001/hide", act="hold", place="1", reason="核对")
    assert "没有已过或快到的期限" in desk.page("/desk/due?days=365").said


def test_figures_of_two_events_stand_side_by_side(desk):
    page = desk.page(f"{RECORD}/1/timeline")
    for words in ("2025-01-08", "600000/2025-001#1", "23.5%", "25.1%", "2025年6月底前"):
        assert words in page.said
    assert f"{RECORD}/1" in page.links
    desk.get(f"{RECORD}/9/timeline", 404)
    desk.get(f"{RECORD}/p1/timeline", 404)
    desk.post(f"{RECORD}/hide", act="hold", place="1", reason="核对")
    assert "现在不对外显示" in desk.page(f"{RECORD}/1/timeline", 404).said


def test_where_an_answer_was_shown_is_told_without_who_asked(desk):
    assert "还没有显示过" in desk.page(f"{RECORD}/1/said").said
    desk.site.get(f"/r/{ID}")
    said = desk.page(f"{RECORD}/1/said").said
    assert "网页" in said
    assert "第1版" in said
    desk.site.add(
        record(
            "2025-002", Question(1, MARGIN, "另作答复。"), day=date(2025, 6, 8), is_correction=True
        )
    )
    assert "已更正为第2版" in desk.page(f"{RECORD}/1/said").said
    desk.get(f"{RECORD}/9/said", 404)
