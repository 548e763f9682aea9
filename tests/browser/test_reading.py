"""What everybody may read: found, cited, and safe, with eyes, a keyboard or a screen reader."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.browser.conftest import HOSTILE, NAME, SAME
from tests.browser.visiting import LARGEST, PHONE, WIDTHS, Tab

RECORD = "/r/300253/2025-002"
PAGES = {
    "home": "/",
    "companies": "/companies",
    "company": "/c/600000",
    "record": RECORD,
    "same at other events": "/r/600000/2024-001",
    "words like markup": "/r/600000/2025-666",
    "last page": "/r/600001/2025-450?page=3",
    "answer": f"/ask?q={quote(SAME)}",
    "list": f"/ask?q={quote('产线产能')}",
    "decline": f"/ask?q={quote('明天上海下雨吗')}",
    "help": f"/ask?q={quote('帮助')}",
}


def search(tab, text):
    tab.page.get_by_role("searchbox").fill(text)
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_url("**/ask?**")


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_an_answer_leads_to_its_question_in_the_record(browser, site, viewport):
    tab = Tab(browser, site.url, **({"viewport": viewport} if viewport else {}))
    for asked, words, place in (
        ("关税", "关税", f"{RECORD}#q24"),
        ("第440条产线的产能是多少", "440万吨。", "/r/600001/2025-450?page=3#q440"),
    ):
        tab.open("/")
        search(tab, asked)
        answer = tab.page.locator("blockquote .a")
        assert words in answer.inner_text()
        official = answer.inner_text()
        tab.page.get_by_role("link", name="在记录中查看").first.click()
        tab.page.wait_for_url(f"**{place}")
        selector = "#" + place.partition("#")[2]
        assert tab.in_view(selector)
        assert official.partition("：")[2] in tab.page.locator(f"{selector} .a").inner_text()
    assert tab.complaints == []
    tab.close()


def test_a_shared_link_of_a_paged_record_lands_on_its_question(tab):
    tab.open("/r/600001/2025-450#q440")
    tab.page.wait_for_url("**/r/600001/2025-450?page=3#q440")
    assert tab.in_view("#q440")


@pytest.mark.parametrize("name", ["127.0.0.1", NAME])
def test_the_button_copies_the_citation(browser, site, name):
    """Under a public name without TLS, a browser gives a page no clipboard of its own."""
    tab = Tab(browser, site.url.replace("127.0.0.1", name))
    tab.open(RECORD)
    button = tab.page.get_by_role("button", name="复制出处 第24问")
    button.click()
    tab.page.get_by_text("已复制").wait_for()
    tab.origin = site.url
    tab.open("/")
    assert tab.clipboard() == (
        "卫宁健康（300253）2025-04-28 业绩说明会 投资者关系活动记录表 编号2025-002 第24问\n"
        f"{site.settings.public_url}{RECORD}/q/24"
    )
    # A header that is for TLS is ignored without it, and the browser says so.
    assert [said for said in tab.complaints if "Cross-Origin-Opener-Policy" not in said] == []
    tab.close()


@pytest.mark.parametrize("path", ["/r/600000/2025-666", "/c/600000", f"/ask?q={quote(HOSTILE)}"])
def test_words_that_look_like_script_run_nothing(tab, path):
    tab.open(path)
    assert tab.page.get_by_text(HOSTILE).count() > 0
    assert tab.page.locator("main script:not([src]), main img").count() == 0
    assert tab.page.title() != "ran"


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_is_small_fits_every_window_and_passes_axe(tab, path):
    answer = tab.open(path)
    assert answer.status == 200
    assert len(answer.body()) < LARGEST
    assert {width: tab.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
    assert tab.violations("light") == []
    assert tab.violations("dark") == []


@pytest.mark.parametrize("path", ["/", "/c/600000", RECORD, PAGES["answer"], PAGES["list"]])
def test_the_keyboard_alone_reaches_everything(tab, path):
    tab.open(path)
    reached, unseen = tab.tabbed()
    assert reached == tab.reachable()
    assert unseen == []


def test_the_keyboard_alone_asks_opens_and_copies(tab):
    page = tab.page
    tab.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the first link below the header
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("关税")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ask?**")
    page.get_by_role("link", name="在记录中查看").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{RECORD}#q24")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "第24问"  # from there on
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("已复制").wait_for()
    assert "第24问" in tab.clipboard()


def test_an_error_is_a_page_too(browser, site):
    tab = Tab(browser, site.url)
    assert tab.open("/r/300253/none").status == 404
    assert {width: tab.overflow(width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
    assert tab.violations("light") == tab.violations("dark") == []
    assert [said for said in tab.complaints if "404" not in said] == []
    tab.close()
