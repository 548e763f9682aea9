"""The desk at work: invited, signed in, taught by a miss, given a record."""

from __future__ import annotations

import itertools
from datetime import date

import pytest

from bot.message import Chat, Message
from bot.record import Question
from tests import warm
from tests.browser.conftest import HOSTILE
from tests.browser.visiting import LARGEST, WIDTHS, Tab
from tests.conftest import SAMPLE, environment
from tests.digest.test_scheduler import Group
from tests.handlers.web.site import record
from tests.waiting import until

PHRASE = "股东能拿回多少现金"
MARGIN = "公司海外业务毛利率是多少？"
SCRIPT = f"{HOSTILE}的产能"


class ChatOf:
    """A chat that the bot is in, over its inbox and outbox."""

    def __init__(self, site):
        self.group = Group()
        self.delivery = site.bot.delivery
        self.delivery.register("wecom", self.group)
        self.delivery.start()
        self.numbers = itertools.count()

    def say(self, text):
        count = len(self.group.posts)
        chat = Chat("wecom", "B1", "G1", "zhangsan")
        self.delivery.inbox.accept(f"m{next(self.numbers)}", Message(text, chat), {"chatid": "G1"})
        until(lambda: len(self.group.posts) > count)
        return self.group.posts[-1][1]


@pytest.fixture(scope="module")
def chat(desk_site):
    made = ChatOf(desk_site)
    yield made
    made.delivery.stop()


@pytest.fixture(scope="module")
def invited(desk_site):
    """The one-time link that the command prints."""
    settings = desk_site.settings
    env = environment({"IR_DB": str(settings.db), "IR_PUBLIC_URL": settings.public_url})
    done = warm.run(["desk", "invite", "王芳"], settings.db.parent, env)
    (link,) = [word for word in done.stdout.split() if "/desk/enter/" in word]
    return link.replace(settings.public_url, "")


@pytest.fixture(scope="module")
def signed_in(browser, desk_site, invited):
    """A tab for all tests of this module; what each of them hears is looked at after it."""
    tab = Tab(browser, desk_site.url)
    tab.open(invited)
    tab.page.locator("main").get_by_role("button").click()
    tab.page.wait_for_url("**/desk")
    yield tab
    tab.close()


@pytest.fixture
def desk(signed_in):
    signed_in.complaints.clear()
    yield signed_in
    assert signed_in.complaints == []


def test_a_miss_becomes_a_wording_and_then_the_chat_answers(desk, chat):
    assert "未找到" in chat.say(PHRASE)
    desk.open("/desk/misses")
    desk.page.get_by_role("link", name=PHRASE).click()
    desk.page.locator("#find-q").fill("分红")
    desk.page.keyboard.press("Enter")
    desk.page.get_by_label("公司的分红政策是什么？").check()
    desk.page.locator("#attach button").click()
    desk.page.get_by_text("已生效").first.wait_for()
    answer = chat.say(PHRASE)
    assert "第1问" in answer
    assert "公司的分红政策是什么？" in answer
    assert PHRASE not in answer  # no words of the record


def test_a_miss_that_looks_like_script_stays_text(desk, chat):
    chat.say(SCRIPT)
    desk.open("/desk/misses")
    desk.page.get_by_text(SCRIPT).first.click()
    assert desk.page.get_by_role("heading", name=SCRIPT).count() == 1
    for path in ("/desk", "/desk/misses", desk.page.url.removeprefix(desk.origin)):
        desk.open(path)
        assert desk.page.get_by_text(SCRIPT).count() > 0
        assert desk.page.locator("main img, script:not([src])").count() == 0
        assert "ran" not in desk.page.title()


def test_a_record_is_sent_looked_at_and_stored(desk, desk_site):
    page = desk.page
    desk.open("/desk/import")
    page.locator("#file").set_input_files(SAMPLE)
    page.locator("#upload button").click()
    page.wait_for_url("**/desk/import/*")
    assert "31" in page.locator("#report").inner_text()
    assert "交付验收延后是否可以详细说明？" in page.locator("main").inner_text()
    assert desk_site.bot.responder.library.record("300253/2025-002") is None
    page.locator("#store button").click()
    page.get_by_role("status").wait_for()
    answer = desk.open("/r/300253/2025-002")
    assert (answer.status, page.locator("section.qa").count()) == (200, 31)


@pytest.fixture(scope="module")
def pages(signed_in, desk_site, chat):
    """An address of each kind of the desk's pages, with something on it."""
    chat.say("门口的石狮子有多重")
    signed_in.open("/desk/import")
    sent = {"name": "坏的.txt", "mimeType": "text/plain", "buffer": "没有编号".encode()}
    signed_in.page.locator("#file").set_input_files(sent)
    signed_in.page.locator("#upload button").click()
    signed_in.page.wait_for_url("**/desk/import/*")
    upload = signed_in.page.url.removeprefix(desk_site.url)
    signed_in.open("/desk/misses")
    miss = signed_in.page.locator("li.miss a").first.get_attribute("href")
    for year in (2024, 2025):
        asked = Question(
            1, MARGIN, f"{year}年海外业务毛利率为 {year - 2000}.5%，预计2025年6月底前投产。"
        )
        desk_site.add(record(f"{year}-009", asked, day=date(year, 3, 8)))
    question = "/desk/records/600000/2025-009/1"
    names = (
        *("misses", "aliases", "rejections", "feedback", "asked", "import", "journal", "users"),
        *("records", "due"),
    )
    own = (miss, upload, question.rpartition("/")[0], question)
    return [
        *("/desk", *(f"/desk/{name}" for name in names), *own),
        *(f"{question}/timeline", f"{question}/said"),
    ]


def test_an_announcement_is_noted_in_a_form(desk, pages, desk_site):
    desk.open("/desk/records/600000/2025-009/1")
    facts = {"#no": "2025-059", "#title": SCRIPT, "#day": "2025-06-20", "#url": "https://a.example"}
    for field, fact in facts.items():
        desk.page.locator(field).fill(fact)
    desk.page.locator("#later button").click()
    desk.page.get_by_role("status").wait_for()
    desk.open("/r/600000/2025-009")
    assert f"此后公告：{SCRIPT}（2025-059，2025-06-20）" in desk.page.locator("main").inner_text()
    assert "ran" not in desk.page.title()


@pytest.mark.parametrize("at", range(17))
def test_a_page_of_the_desk_is_for_everybody(desk, pages, at):
    answer = desk.open(pages[at])
    assert answer.status == 200
    assert len(answer.body()) < LARGEST
    assert {width: desk.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
    assert desk.violations("light") == []
    assert desk.violations("dark") == []
    desk.open(pages[at])
    reached, unseen = desk.tabbed()
    assert reached == desk.reachable()
    assert unseen == []


def test_a_used_link_and_a_stranger_are_told_so(browser, desk_site, invited, signed_in):
    tab = Tab(browser, desk_site.url)
    for path in (invited, "/desk/misses"):
        assert tab.open(path).status in (401, 403)
        assert {width: tab.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
        assert tab.violations("light") == tab.violations("dark") == []
    assert [said for said in tab.complaints if "Failed to load" not in said] == []
    tab.close()
