"""The desk: what was asked and not answered is seen, and taught; records come by upload."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.message import Answer, Chat, Hit, Message
from bot.store.feedback import Feedback
from bot.teaching import key_of
from tests.conftest import NOW, SAMPLE
from tests.fakes.reader import FakeReader, always
from tests.handlers.web.desk import Desk
from tests.handlers.web.site import Page, Site, record

SCRIPT = '<script>alert("1")</script>的产能'
ASKER = "U_ZHANGSAN"
QUESTIONS = ("公司的分红政策是什么？", "海外业务的收入占比是多少？", "二〇二五年的产能规划如何？")
BONUS = "600000/2025-001#1"


@pytest.fixture
def desk(tmp_path):
    return made(tmp_path)


def made(path, **settings):
    site = Site(path, **settings)
    site.add(record("2025-001", *QUESTIONS))
    desk = Desk(site)
    desk.sign_in(desk.invite("王芳"))
    return desk


def miss(desk, text, user=ASKER, ago=0, offered=()):
    chat = Chat("slack", "T1", "C1", user)
    hits = [hit(desk, number) for number in offered]
    band = "suggest" if offered else "decline"
    desk.site.store.add_miss(chat, text, band, NOW - timedelta(hours=ago), hits)
    return chat


def hit(desk, number):
    found = desk.site.store.record("600000/2025-001").record
    return Hit(found, found.question(number), 0.5)


def place(text):
    """Where the misses like a text are."""
    return f"/desk/misses/{key_of(text)}"


def act(desk, what, text, status=303, **fields):
    return desk.post(f"{place(text)}/{what}", status, **fields)


def reply(desk, text):
    return desk.site.bot.responder.reply(Message(text))


def what_was_done(desk):
    """By whom and what, after the sign-in."""
    changes = [change for change in desk.site.store.changes() if change.who not in ("", "管理员")]
    return [(change.who, change.what) for change in changes if change.what != "desk sign-in"]


# Misses


def test_misses_are_grouped_with_counts_and_become_a_wording_that_answers(desk):
    for ago, text in enumerate(["股东能拿回多少现金", "股东能拿回多少现金？", SCRIPT]):
        miss(desk, text, ago=ago)
    assert not isinstance(reply(desk, "股东能拿回多少现金"), Answer)
    page = desk.page("/desk/misses")
    assert "2次" in page.said
    assert place("股东能拿回多少现金") in page.links
    found = desk.page(f"{place('股东能拿回多少现金？')}?q=分红")
    choices = [given["value"] for tag, given in found.tags if given.get("type") == "radio"]
    assert choices[0] == BONUS
    act(desk, "attach", "股东能拿回多少现金", question_id=BONUS, wording="")
    answer = reply(desk, "股东能拿回多少现金")
    assert isinstance(answer, Answer)
    assert answer.hits[0].id == BONUS
    assert "已生效" in desk.page("/desk/misses").said
    assert "股东能拿回多少现金" in desk.page("/desk/misses?state=done").said
    assert ("王芳", "alias live") in what_was_done(desk)
    desk.post("/desk/aliases/1/undo")
    assert not isinstance(reply(desk, "股东能拿回多少现金"), Answer)


def test_a_wording_that_was_hit_is_told_where_it_is_looked_for(desk):
    desk.post("/desk/aliases", question_id=BONUS, text="股东能拿回多少现金")
    miss(desk, "股东能拿回多少现金呀")
    assert "经说法找到：股东能拿回多少现金" in desk.page(place("股东能拿回多少现金呀")).said
    assert "股东能拿回多少现金" in desk.page("/desk/records/600000/2025-001/1").said
    assert "股东能拿回多少现金" not in desk.page("/desk/records/600000/2025-001/2").said


def test_a_wording_takes_as_many_people_as_are_set(tmp_path):
    desk = made(tmp_path, desk_approvals=2)
    other = Desk(desk.site)
    other.sign_in(other.invite("李明"))
    miss(desk, "股东能拿回多少现金")
    act(desk, "attach", "股东能拿回多少现金", typed_id=BONUS)
    assert "还需1人同意" in desk.page("/desk/misses").said
    assert not isinstance(reply(desk, "股东能拿回多少现金"), Answer)
    assert "已经同意过" in desk.post("/desk/aliases/1/approve", 422).text
    other.post("/desk/aliases/1/approve")
    assert isinstance(reply(desk, "股东能拿回多少现金"), Answer)
    steps = other.page("/desk/aliases/1").said.partition("经过")[2]
    assert steps.index("王芳") < steps.index("李明")
    assert "自动" not in steps


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("股", "太短"),
        ("请问", "什么提问都会碰上"),
        ("海外业务的收入占比是多少", "另一问 600000/2025-001#2 的原话"),
        ("股" * 501, "最多500个"),
        ("分红\x00政策怎样", "控制字符"),
        ("帮助", "指令"),
        ("", "空的"),
    ],
)
def test_a_wording_that_would_catch_other_messages_is_refused(desk, text, why):
    before, generation = what_was_done(desk), desk.site.store.generation()
    answer = desk.post("/desk/aliases", 422, question_id=BONUS, text=text)
    assert why in answer.text
    assert (what_was_done(desk), desk.site.store.generation()) == (before, generation)
    assert desk.site.store.aliases() == []


@pytest.mark.parametrize(
    ("question_id", "status"),
    [("", 422), ("600000/2025-001#9", 404), ("../../etc/passwd", 404), ("<b>#1", 404), ("#1", 404)],
)
def test_a_question_that_is_not_there_gets_no_wording(desk, question_id, status):
    miss(desk, "股东能拿回多少现金")
    answer = act(desk, "attach", "股东能拿回多少现金", status, question_id=question_id)
    assert "<b>" not in Page(answer.text).raw.split("<main")[1]
    assert desk.site.store.aliases() == []
    act(desk, "attach", "没有人问过", 404, question_id=BONUS)
    assert what_was_done(desk) == []


def test_misses_are_marked_and_unmarked(desk):
    miss(desk, "门口的石狮子多重")
    for state in ("ours", "not ours", "done"):
        act(desk, "mark", "门口的石狮子多重", state=state)
        assert "门口的石狮子多重" not in desk.page("/desk/misses").of_class.get("miss", [])
        assert "石狮子" in desk.page(f"/desk/misses?state={state}").said
    for _ in range(3):
        act(desk, "mark", "门口的石狮子多重", state="undo")
    assert "石狮子" in "".join(desk.page("/desk/misses").of_class["miss"])
    act(desk, "mark", "门口的石狮子多重", 422, state="undo")
    act(desk, "mark", "门口的石狮子多重", 400, state="x")
    assert [what for _, what in what_was_done(desk)] == [
        *("miss ours", "miss not ours", "miss done"),
        *["miss undone"] * 3,
    ]


def test_what_several_people_picked_waits_for_approval(desk):
    for user in ("U1", "U2"):
        chat = miss(desk, "股东能拿回多少现金", user, offered=(1, 2))
        desk.site.store.add_pick(chat, BONUS, NOW, NOW - timedelta(hours=1))
    assert "有1个说法等待同意" in desk.page("/desk").said
    page = desk.page("/desk/aliases")
    assert "自动提出" in page.said
    desk.post("/desk/aliases/1/approve")
    assert isinstance(reply(desk, "股东能拿回多少现金"), Answer)
    picked = desk.page("/desk/asked").said
    assert "股东能拿回多少现金" in picked
    assert "2次" in picked


def test_an_answer_that_did_not_help_is_ruled_out_for_the_question(desk):
    text = "海外业务收入占比的趋势"
    desk.site.store.count_reply("slack", "answer", "600000/2025-001#2", NOW)
    opinions = Feedback(desk.site.store.path, NOW.timestamp)
    chat = Chat("wecom", "T1", "C1", ASKER)
    wrong = "600000/2025-001#2"
    opinions.keep(chat, wrong, text, helpful=False, reasons=["答非所问"], words="<b>没说趋势</b>")
    said = desk.page("/desk/feedback").said
    assert "答非所问×1" in said
    assert "<b>没说趋势</b>" in said
    act(desk, "reject", text, question_id=wrong)
    answer = reply(desk, text)
    assert not (isinstance(answer, Answer) and answer.hits[0].id == wrong)
    desk.post("/desk/rejections/1/undo")
    assert [what for _, what in what_was_done(desk)] == ["counterexample", "counterexample undone"]


def test_pages_stay_small_whatever_was_typed(desk):
    def long(number):
        return "".join(f"{chr(0x4E00 + number * 97 + at)}<" for at in range(240)) + "产能"

    opinions = Feedback(desk.site.store.path, NOW.timestamp)
    for number in range(30):
        for more in ("", "了", "吗", "呢", "啊"):
            miss(desk, long(number) + more, offered=(3,))
            chat = Chat("wecom", "", "", more)
            words = long(number + 100) + more
            own = f"{BONUS}.{number}"
            opinions.keep(chat, own, words, helpful=False, reasons=[words] * 9, words=words)
        desk.site.store.propose_alias("王芳", BONUS, "分红", long(number), 2, NOW)
    links = desk.page("/desk/misses").links
    groups = [link for link in links if re.fullmatch("/desk/misses/[0-9a-f]{16}", link)]
    assert len(groups) == 20
    for url in ("/desk/misses", "/desk/aliases", "/desk/feedback", "/desk/journal", groups[0]):
        assert 10_000 < len(desk.get(url).data) < 100_000, url


# What the desk reads


def test_volume_is_counted_by_day_and_band(desk):
    for ago, band in ((0, "answer"), (1, "suggest"), (1, "decline"), (1, "answer"), (40, "answer")):
        question = BONUS if band == "answer" else ""
        desk.site.store.count_reply("slack", band, question, NOW - timedelta(days=ago))
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>.*?</tr>", desk.get("/desk").text, re.S)
    assert rows[:2] == ["11-24", "11-23"]
    page = desk.get("/desk").text
    yesterday = page[page.index("11-23") : page.index("11-22")]
    assert re.findall(r"<td>(.*?)</td>", yesterday) == ["1", "1", "1"]
    assert yesterday.count("<rect") == 3
    total = page[page.index("<tfoot>") :]
    assert re.findall(r"<td>(\d+)</td>", total) == ["2", "1", "1"]
    assert re.findall(r"<td>(\d+)</td>", desk.get("/desk?days=90").text)[-3:] == ["3", "1", "1"]
    desk.get("/desk?days=100000", 404)
    assert "3次" in desk.page("/desk/asked").said


def test_the_journal_says_who_did_what_page_by_page(desk):
    for number in range(70):
        desk.site.store.invite(f"甲{number}", "管理员", datetime.now(UTC))
    page = desk.page("/desk/journal")
    assert "管理员" in page.said
    (older,) = [link for link in page.links if "before=" in link]
    assert "甲0" not in page.said
    assert "甲0" in desk.page(f"/desk/journal{older}").said
    for before in ("x", "-1", "9" * 30, "１"):
        desk.get(f"/desk/journal?before={before}", 404)


def test_every_page_is_safe_reachable_and_names_no_asker(desk):
    miss(desk, SCRIPT, offered=(3,))
    chat = miss(desk, f"{SCRIPT}哪天投产", offered=(3,))
    desk.site.store.add_pick(chat, "600000/2025-001#3", NOW, NOW - timedelta(hours=1))
    miss(desk, "很长的提问" + "长" * 1900)
    opinions = Feedback(desk.site.store.path, NOW.timestamp)
    opinions.keep(chat, BONUS, SCRIPT, helpful=False, reasons=[SCRIPT], words=SCRIPT)
    desk.post("/desk/aliases", question_id="600000/2025-001#3", text=f"{SCRIPT}怎么安排")
    upload(desk, SAMPLE.read_bytes(), f"{SCRIPT}.txt")
    found, waiting = {}, ["/desk"]
    while waiting:
        url = waiting.pop()
        if url in found or not url.startswith("/desk"):
            continue
        found[url] = desk.get(url)
        waiting += Page(found[url].text).links
    assert len(found) > 15
    for url, answer in found.items():
        assert len(answer.data) < 100_000, url
        assert ASKER not in answer.text, url
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
        check_markup(Page(answer.text), url)
    assert SCRIPT in desk.page("/desk/misses?state=done").said


def check_markup(page, url):
    """Nothing inline, a token in each form that changes something, a name for each field."""
    assert len(page.ids) == len(set(page.ids)), url
    labelled = {given.get("for") for tag, given in page.tags if tag == "label"}
    forms = 0
    for tag, given in page.tags:
        assert tag not in ("script", "style"), url
        assert "style" not in given, url
        assert not [name for name in given if name.startswith("on")], url
        forms += tag == "form" and given.get("method") == "post"
        if tag == "input" and given.get("type") not in ("hidden", "checkbox"):
            assert given.get("id") in labelled or "aria-label" in given, (url, given)
    tokens = [given for _, given in page.tags if given.get("name") == "csrf_token"]
    assert len(tokens) == forms, url
    assert all(given["value"] for given in tokens), url


# Uploads


def upload(desk, content, name="记录.txt", status=303):
    answer = desk.client.post(
        "/desk/import",
        data={"csrf_token": desk.csrf, "file": (io.BytesIO(content), name)},
        buffered=True,
    )
    assert answer.status_code == status, answer.text
    return answer.location


def seen(desk, at):
    page = desk.page(at)
    return next(given["value"] for _, given in page.tags if given.get("name") == "seen")


def test_a_record_is_looked_at_before_exactly_it_is_stored(desk, sample):
    content = SAMPLE.read_bytes()
    at = upload(desk, content, "C:\\下载\\../../<b>记录.txt")
    page = desk.page(at)
    assert "<b>记录.txt" in page.said
    assert "共31问" in page.said
    assert "未归位0字" in page.said
    assert page.of_class["q"] == [item.question for item in sample.record.questions]
    assert [item.record.id for item in desk.site.store.records()] == ["600000/2025-001"]
    desk.post(f"{at}/store", seen=seen(desk, at))
    stored = desk.site.store.record("300253/2025-002")
    assert desk.site.store.content(stored.sources[0].sha256) == content
    assert stored.record == sample.record
    assert "已收录" in desk.page("/desk/import").said
    assert "可转债" in desk.page("/ask?q=可转债").said
    desk.get(at, 404)
    desk.post(f"{at}/store", 404, seen="")
    assert what_was_done(desk) == [("王芳", "import")]


def test_what_is_refused_or_dropped_changes_nothing(desk):
    before = desk.site.store.generation()
    at = upload(desk, b"%PDF-1.4 nothing")
    page = desk.page(at)
    assert "不会收录" in page.said
    assert not [given for _, given in page.tags if given.get("id") == "store"]
    row, _ = desk.site.store.upload(at.rpartition("/")[2])
    desk.post(f"{at}/store", 422, seen=row.options)
    desk.post(f"{at}/drop")
    desk.get(at, 404)
    upload(desk, b"", status=422)
    assert desk.client.post("/desk/import", data={"csrf_token": desk.csrf}).status_code == 422
    desk.get("/desk/import/..%2f..%2fetc%2fpasswd", 404)
    assert (desk.site.store.generation(), what_was_done(desk)) == (before, [])


def test_what_is_stored_cannot_be_dropped_any_more(desk, sample):
    at = upload(desk, SAMPLE.read_bytes())
    options = seen(desk, at)
    desk.post(f"{at}/store", seen=options)
    for again in ("store", "drop"):
        answer = desk.post(f"{at}/{again}", 404, seen=options)
        assert "放弃" not in Page(answer.text).said
    desk.site.get("/r/300253/2025-002")


def test_how_a_file_is_imported_can_be_decided_and_looked_at_again(desk, sample):
    desk.site.add(sample.record, content=SAMPLE.read_bytes())
    changed = SAMPLE.read_bytes().replace("交付验收延后".encode(), "交付验收推后".encode(), 1)
    at = upload(desk, changed)
    assert "--replace" in desk.page(at).said
    first, _ = desk.site.store.upload(at.rpartition("/")[2])
    desk.post(f"{at}/options", replace_words="on", published_at="2030-01-02T03:04")
    page = desk.page(at)
    assert "将更新已有记录" in page.said
    assert "推后" in "".join(page.of_class["report"])
    assert "改过" in desk.post(f"{at}/store", 422, seen=first.options).text
    assert desk.site.store.record("300253/2025-002").record == sample.record
    desk.post(f"{at}/options", 422, published_at="明天")
    desk.post(f"{at}/store", seen=seen(desk, at))
    stored = desk.site.store.newest("300253/2025-002")
    assert "推后" in stored.record.questions[0].question
    assert stored.published_at == datetime.fromisoformat("2030-01-02T03:04+08:00")


def test_a_file_that_nobody_decides_on_is_forgotten(desk):
    store = desk.site.store
    long_ago = datetime.now(UTC) - timedelta(days=2)
    old = store.keep_upload("旧.txt", b"x", "{}", "王芳", long_ago)
    upload(desk, SAMPLE.read_bytes())
    assert [item.file for item in store.uploads()] == ["记录.txt"]
    desk.get(f"/desk/import/{old}", 404)


def test_a_stranger_sees_and_sends_nothing(desk):
    at = upload(desk, SAMPLE.read_bytes())
    stranger = Desk(desk.site)
    for url in ("/desk/misses", "/desk/aliases", "/desk/journal", "/desk/users", at):
        stranger.get(url, 403)
    upload(stranger, SAMPLE.read_bytes(), status=403)
    for url in (f"{at}/store", f"{at}/drop", "/desk/aliases", f"{place(SCRIPT)}/mark"):
        stranger.post(url, 403, seen="")
    assert len(desk.site.store.uploads()) == 1


# Whether it may be said

RECORD = "/desk/records/600000/2025-001"


def test_a_question_is_held_and_released_with_who_and_why(desk):
    assert isinstance(reply(desk, QUESTIONS[0]), Answer)
    assert "写明原因" in desk.post(f"{RECORD}/hide", 422, act="hold", place="1", reason=" ").text
    desk.post(f"{RECORD}/hide", act="hold", place="1", reason="<b>静默期</b>")
    answer = reply(desk, QUESTIONS[0])
    assert not isinstance(answer, Answer) or answer.hits[0].id != BONUS
    said = desk.page(f"{RECORD}/1").said
    for words in ("已暂停展示", "<b>静默期</b>", "王芳"):
        assert words in said
    assert "部分不显示" in desk.page("/desk/records").said
    desk.post(f"{RECORD}/hide", 422, act="hold", place="1", reason="再来一次")
    desk.post(f"{RECORD}/hide", act="release", place="1")
    assert isinstance(reply(desk, QUESTIONS[0]), Answer)
    desk.post(f"{RECORD}/hide", act="withdraw", reason="作废")
    desk.site.get("/r/600000/2025-001", 404)
    assert "已撤下" in desk.page("/desk/records?q=2025-001").said
    desk.post(f"{RECORD}/hide", act="show")
    desk.site.get("/r/600000/2025-001")
    assert [what for _, what in what_was_done(desk)] == [
        *("hold", "release", "withdraw", "withdraw undone"),
    ]


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00", "昨天"])
def test_a_moment_that_no_calendar_needs_is_refused(desk, until):
    desk.post("/desk/pause", 422, company="600000", reason="静默期", until=until)
    desk.post(f"{RECORD}/publish", 422, act="at", at=until)
    assert what_was_done(desk) == []


def test_a_reason_is_one_that_fits_a_list(desk):
    desk.post("/desk/pause", 422, company="600000", reason="长" * 201)
    desk.post(f"{RECORD}/hide", 422, act="withdraw", reason="长" * 201)
    desk.post(f"{RECORD}/hide", 422, act="hold", place="1", reason="长" * 201)
    assert what_was_done(desk) == []


def test_a_company_is_paused_until_it_is_resumed(desk):
    assert desk.post("/desk/pause", 404, company="600009", reason="静默期").status_code == 404
    desk.post("/desk/pause", 422, company="600000", reason="静默期", until="2020-01-01T00:00")
    desk.post("/desk/pause", company="600000", reason="静默期", until="2030-01-01T00:00")
    desk.site.get("/r/600000/2025-001", 404)
    assert "静默期" in desk.page("/desk/records").said
    desk.post("/desk/resume", company="600000")
    desk.site.get("/r/600000/2025-001")
    desk.post("/desk/resume", 404, company="600000")
    desk.post("/desk/pause", 400, company="<b>", reason="静默期")
    assert [what for _, what in what_was_done(desk)] == ["pause", "resume"]


def test_a_draft_is_published_when_somebody_says_so(desk):
    at = upload(desk, SAMPLE.read_bytes())
    desk.post(f"{at}/options", is_draft="on")
    desk.post(f"{at}/store", seen=seen(desk, at))
    draft = "/desk/records/300253/2025-002"
    desk.site.get("/r/300253/2025-002", 404)
    assert "草稿" in desk.page(draft).said
    desk.post(f"{draft}/publish", 422, act="at", at="")
    desk.post(f"{draft}/publish", 422, act="at", at="2020-01-01T00:00")
    desk.post(f"{draft}/publish", act="at", at="2030-01-01T09:00")
    assert "将于 2030-01-01 09:00 公布" in desk.page(draft).said
    desk.site.get("/r/300253/2025-002", 404)
    desk.post(f"{draft}/publish", act="now")
    desk.site.get("/r/300253/2025-002")
    desk.post(f"{draft}/publish", act="undo")
    desk.site.get("/r/300253/2025-002", 404)
    assert "草稿" in desk.page("/desk/journal").said


@pytest.mark.parametrize(
    "url",
    [
        "/desk/records/600000/2025-009",
        f"{RECORD}/9",
        f"{RECORD}/<b>",
        f"{RECORD}?page=9",
        "/desk/records?page=0",
        f"/desk/aliases/{'9' * 30}",
        "/desk/records/..%2f..%2fetc/passwd",
    ],
)
def test_what_is_not_stored_has_no_page(desk, url):
    desk.get(url, 404)
    desk.post(f"/desk/rejections/{'9' * 30}/undo", 404)
    desk.post(f"{RECORD}/hide", 404, act="hold", place="9", reason="无")
    desk.post(f"{RECORD}/hide", 400, act="x", place="1", reason="无")
    assert what_was_done(desk) == []


def test_the_second_readers_opinion_stands_with_the_candidates(tmp_path):
    with FakeReader(always(1)) as fake:
        desk = made(tmp_path, reader_url=fake.url, reader_model="m", reader_timeout_s=20.0)
        miss(desk, "海外那块业务收入怎么样", offered=(2,))
        said = desk.page(place("海外那块业务收入怎么样")).said
        assert len(fake.asked) == 1
        several = "1. 海外那块业务收入怎么样\n2. 海外的那块收入怎么样呀"
        miss(desk, several)
        both = desk.page(place(several)).said
        assert len(fake.asked) == 2  # the one of them that was not asked before
    assert "第二读者：选 600000/2025-001#2，有把握" in said
    assert "只看不用" in said
    assert both.count("第二读者：选 600000/2025-001#2") == 2
    assert "海外的那块收入怎么样呀 第二读者" in both
    assert "第二读者" not in made(tmp_path / "none").page("/desk/misses").said
