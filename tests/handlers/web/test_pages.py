"""The pages: official words as they are, nothing that may not be shown, safe in any browser."""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urldefrag, urljoin
from xml.etree import ElementTree

import pytest

from bot.config import load_settings
from bot.errors import SettingsError
from bot.message import Chat, Message
from bot.record import Narrative, Part, Question
from bot.store.connection import connect
from handlers.json_output import record_json, reply_json, stored_question_json, summary_json
from handlers.web.app import WebServer
from handlers.web.sheets import in_parts
from tests.conftest import NOW, SAMPLE
from tests.handlers.web.site import Page, Site, record

ATOM = {"a": "http://www.w3.org/2005/Atom"}
SAMPLE_PAGE = "/r/300253/2025-002"


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def of_sample(tmp_path, sample):
    made = Site(tmp_path)
    made.add(sample.record, content=SAMPLE.read_bytes(), file=SAMPLE.name)
    return made


# Word for word


def test_the_sample_reads_as_the_document_does(of_sample, sample):
    page = of_sample.page(SAMPLE_PAGE)
    assert page.of_class["q"] == [item.question for item in sample.record.questions]
    assert page.of_class["a"] == [item.answer for item in sample.record.questions]
    assert [id_ for id_ in page.ids if re.fullmatch(r"q\d+", id_)] == [
        f"q{number}" for number in range(1, 32)
    ]
    assert {"q24.1", "q24.2", "q24.3"} <= set(page.ids)
    for host in sample.record.hosts:
        assert host.printed in page.said
    assert hashlib.sha256(SAMPLE.read_bytes()).hexdigest() in page.said


def test_words_that_look_like_markup_stay_words(site):
    hostile = '<script>alert("1")</script> & &amp; <b>x</b> {{ 7 * 7 }} \'\n\n  两格'
    question = Question(1, hostile, hostile + "答", session=hostile, kind="record")
    told = Narrative(hostile, hostile + "文")
    site.add(
        record("2025-001", question, narrative=(told,), attendees=hostile, other=(("栏", hostile),))
    )
    page = site.page("/r/600000/2025-001")
    assert (page.of_class["q"], page.of_class["a"]) == ([hostile], [hostile + "答"])
    assert hostile + "文" in page.of_class["words"]
    assert [given.get("src") for tag, given in page.tags if tag == "script"] == ["/static/pages.js"]
    asked = site.page(f"/ask?q={quote(hostile)}")
    assert asked.of_class["typed"] == [hostile]
    assert not [tag for tag, _ in asked.tags if tag in ("script", "b")]


@pytest.mark.parametrize(
    ("text", "spans", "pieces"),
    [
        ("您好。1、甲。2、乙。谢谢", [(1, 5, 7), (2, 9, 11)], [(1, 7), (2, 11), (0, 13)]),
        ("1、甲。\n2、乙。", [(1, 2, 4), (2, 7, 9)], [(1, 5), (2, 9)]),
        ("甲乙丙", [], [(0, 3)]),
        ("甲乙丙丁", [(2, 2, 4), (1, 0, 3)], [(1, 3), (0, 4)]),  # they share a character
    ],
)
def test_an_answer_in_its_parts_is_whole(text, spans, pieces):
    found = list(in_parts(text, spans))
    assert "".join(piece for _, piece in found) == text
    at, ends = 0, []
    for number, piece in found:
        at += len(piece)
        ends.append((number, at))
    assert ends == pieces


def test_json_holds_the_contracts_objects(of_sample, sample):
    (stored,) = of_sample.store.records()
    assert of_sample.get(f"{SAMPLE_PAGE}.json").json == record_json(stored)
    assert of_sample.get("/index.json").json == [summary_json(stored)]
    assert of_sample.get("/c/300253.json").json == [summary_json(stored)]
    question = sample.record.question(24)
    assert of_sample.get(f"{SAMPLE_PAGE}/q/24.json").json == stored_question_json(
        sample.record, question
    )
    responder = of_sample.bot.responder
    reply = responder.reply(Message("关税"))
    said = reply_json("关税", reply, responder.show(reply))
    assert of_sample.get("/ask.json?q=关税").json == said


def test_json_names_no_folder_of_the_machine(site):
    site.add(record(), file="/home/名字/下载/记录 1.pdf")
    assert site.get("/r/600000/2025-001.json").json["sources"][0]["file"] == "记录 1.pdf"
    assert "名字" not in site.page("/r/600000/2025-001").raw


# Long records


@pytest.mark.parametrize(
    ("count", "length", "attendees", "pages"),
    [(450, 5, 20, 3), (450, 90, 20, None), (60, 3_000, 9_000, None), (3, 25_000, 9_000, None)],
)
def test_a_long_record_is_paged_and_links_carry_the_page(site, count, length, attendees, pages):
    site.add(
        record(
            "2025-001",
            *(Question(n, f"第{n}个提问？", "答" * length) for n in range(1, count + 1)),
            attendees="众" * attendees,
        )
    )
    home = "/r/600000/2025-001"
    found, page = [], 1
    while True:
        answer = site.get(f"{home}?page={page}")
        assert len(answer.data) < 100_000
        found += re.findall(r'<section class="qa" id="q(\d+)"', answer.text)
        if 'rel="next"' not in answer.text:
            break
        page += 1
    assert list(map(int, found)) == list(range(1, count + 1))
    assert pages in (None, page)
    for number in (1, 2, count // 2, count - 1, count):
        url = site.get(f"{home}/q/{number}", 302).location
        assert urldefrag(url).fragment == f"q{number}"
        assert f"q{number}" in site.page(url).ids


def test_what_stands_around_the_words_counts_too(site):
    no = "关于某个名称很长的活动"
    part = Part(1, (0, 1), (0, 1))
    for year in range(2018, 2026):
        asked = (
            Question(n, f"第{n}个业务？", "<&>", parts=(part,), session=f"第{n}场")
            for n in range(1, 151)
        )
        site.add(record(f"{no}{year}", *asked, day=date(year, 5, 6)))
    for page in (1, 2):
        answer = site.get(f"/r/600000/{no}2022?page={page}")
        assert 40_000 < len(answer.data) < 100_000
        assert answer.text.count('class="others"') > 100


def test_a_long_speech_is_paged_between_its_lines(site):
    lines = [f"第{n}段" + "说" * 700 for n in range(100)]
    site.add(record(narrative=(Narrative("致辞", "\n".join(lines)),)))
    said, page = [], 1
    while True:
        answer = site.get(f"/r/600000/2025-001?page={page}")
        assert len(answer.data) < 100_000
        for text in Page(answer.text).of_class.get("words", []):
            said += [line for line in text.split("\n") if line.startswith("第")]
        if 'rel="next"' not in answer.text:
            break
        page += 1
    assert said[: len(lines)] == lines


@pytest.mark.parametrize("number", ["0", "32", "024", "24.9", "x", "-1", "２４", "9" * 5_000])
def test_a_question_that_is_not_there_is_404(of_sample, number):
    of_sample.get(f"{SAMPLE_PAGE}/q/{number}", 404)
    of_sample.get(f"{SAMPLE_PAGE}/q/{number}.json", 404)


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "", "１", "9" * 5_000])
def test_a_page_that_is_not_there_is_404(of_sample, page):
    of_sample.get(f"{SAMPLE_PAGE}?page={page}", 404)


def test_many_companies_and_records_are_paged(site):
    site.add(*(record(f"2025-{n:03}", day=date(2025, 1, 1) + timedelta(n)) for n in range(130)))
    site.add(*(record(code=f"30{n:04}") for n in range(230)))
    for url in ("/", "/companies", "/companies?page=2", "/c/600000", "/c/600000?page=2"):
        assert len(site.get(url).data) < 100_000
    listed = re.findall(r'/r/600000/(2025-\d+)"', site.page("/c/600000").raw)
    listed += re.findall(r'/r/600000/(2025-\d+)"', site.page("/c/600000?page=2").raw)
    assert [no for no in listed if no in set(listed)][-130:] == [
        f"2025-{n:03}" for n in reversed(range(130))
    ]
    codes = [site.get(f"/companies.json?page={page}").json for page in (1, 2)]
    assert len({item["company_code"] for page in codes for item in page}) == 231


# Nothing that may not be shown


def test_what_is_withdrawn_or_not_yet_public_stands_on_no_page(site):
    site.add(record("2025-001", "公开的提问一？", "撤下的提问二？", warnings=("疑：撤下的提问二",)))
    site.add(record("2025-002", "撤下的记录？", day=date(2025, 6, 6)))
    later = NOW + timedelta(hours=1)
    site.add(record("2025-003", "以后公布？", day=date(2025, 7, 7)), published_at=later)
    withdrawn = record("2025-002", "撤下的记录？", day=date(2025, 6, 6))
    shared = site.add(record("2025-004", "同一文件？"), withdrawn)
    before = site.all()
    assert any("撤下的提问二" in answer.text for answer in before.values())
    site.store.withdraw("600000/2025-001#2", "误")
    site.store.withdraw("600000/2025-002", "误")
    hidden = ("撤下的", "以后公布", "2025-002", "2025-003")
    for url, answer in site.all().items():
        for words in hidden:
            assert words not in answer.text or url.startswith("/static/"), (url, words)
    for url in (
        "/r/600000/2025-001/q/2",
        "/r/600000/2025-001/q/2.json",
        "/r/600000/2025-002",
        "/r/600000/2025-002.json",
        "/r/600000/2025-003",
        "/r/600000/2025-003/q/1",
        f"/r/600000/2025-004/source/{hashlib.sha256(shared).hexdigest()}",
    ):
        site.get(url, 404)
    for words in ("撤下的提问二？", "撤下的记录？", "以后公布？"):
        said = site.get(f"/ask.json?q={words}").json
        assert words not in [hit["question"] for hit in said["answers"] + said["suggestions"]]


def test_a_withdrawn_question_is_not_among_the_most_asked(site):
    site.add(record("2025-001", "甲的毛利率？", "乙的产能？"))
    assert "问得最多" not in site.page("/c/600000").said
    for number, times in ((1, 1), (2, 3)):
        for _ in range(times):
            site.store.count_reply("web", "answer", f"600000/2025-001#{number}", NOW)
    site.store.count_reply("web", "answer", "600001/2025-001#1", NOW)
    said = site.page("/c/600000").said
    assert said.index("问得最多") < said.index("乙的产能") < said.index("甲的毛利率")
    site.store.withdraw("600000/2025-001#2", "误")
    said = site.page("/c/600000").said
    assert "甲的毛利率" in said
    assert "乙的产能" not in said


# Files


def test_a_file_comes_as_it_was_imported_and_only_with_its_record(site):
    content = site.add(record(), file='C:\\下载\\记录 "1".html')
    other = site.add(record(code="600001"))
    own, strange = (hashlib.sha256(item).hexdigest() for item in (content, other))
    (link,) = [link for link in site.page("/r/600000/2025-001").links if "/source/" in link]
    assert link.endswith(own)
    answer = site.get(link)
    assert (answer.data, answer.mimetype) == (content, "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "C:" not in answer.headers["Content-Disposition"]
    for name in (
        strange,
        own.upper(),
        own[:-1],
        "..",
        "%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cx",
        "%00",
    ):
        site.get(f"/r/600000/2025-001/source/{name}", 404)


# Who asks, and what a browser may do


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8300", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8300", 200),
        ("[::1]:8300", 200),
        ("ir.example.com", 200),
        ("ir.example.com.:443", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("ir.example.com.evil.example", 400),
        ("ir.example.com@evil.example", 400),
        ("evil.example/localhost", 400),
        ("127.0.0.2", 400),
        ("0.0.0.0:8300", 400),
    ],
)
def test_pages_answer_to_their_own_names_only(tmp_path, sample, host, status):
    site = Site(tmp_path, public_url="https://ir.example.com")
    site.add(sample.record)
    for url in ("/", SAMPLE_PAGE, f"{SAMPLE_PAGE}.json", "/feed.atom", "/ask?q=关税"):
        answer = site.get(url, status, Host=host)
        assert ("卫宁健康" in answer.text) == (status == 200)


def test_every_answer_has_the_security_headers_and_nothing_inline(of_sample):
    urls = {**of_sample.all(), **{url: of_sample.client.get(url) for url in ("/x", "/healthz")}}
    urls["bad name"] = of_sample.client.get("/", headers={"Host": "evil.example"})
    urls["post"] = of_sample.client.post("/ask")
    assert {answer.status_code for answer in urls.values()} == {200, 400, 404, 405}
    for url, answer in urls.items():
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';"), url
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        if answer.mimetype == "text/html":
            for tag, given in Page(answer.text).tags:
                assert tag != "style", url
                assert "style" not in given, url
                assert not [name for name in given if name.startswith("on")], url
                assert tag != "script" or given.get("src"), url
            assert Page(answer.text).searches == 1, url


def test_an_error_is_a_page_of_the_same_style_or_an_object(of_sample):
    page = of_sample.page("/r/300253/2099-001", 404)
    assert "/static/style.css" in page.links
    assert "没有这一页" in page.said
    assert of_sample.get("/c/999999.json", 404).json["error"].startswith("没有这一页")
    of_sample.get("/ask?q=x&company=<b>", 400)
    of_sample.get("/c/%00", 404)


# Replies


def test_a_reply_says_what_it_says_in_a_chat(of_sample):
    for query in (
        "可转债",
        "应收账款",
        "今天天气怎么样",
        "第24问",
        "帮助",
        "全文 300253/2025-002#24",
    ):
        responder = of_sample.bot.responder
        shown = responder.show(responder.reply(Message(query)))
        page = of_sample.page(f"/ask?q={quote(query)}")
        for quotation in shown.quotations:
            for words in (quotation.head, quotation.notice, quotation.question, quotation.answer):
                assert words in page.said
            assert quotation.source in page.said
        assert shown.intro in page.said
        for option in shown.options:
            assert option.caption + option.question in page.said


def test_a_quoted_question_is_opened_in_its_record(of_sample):
    page = of_sample.page("/ask?q=可转债")
    (link,) = [link for link in page.links if "/q/" in link]
    assert of_sample.get(link, 302).location == f"{SAMPLE_PAGE}#q24"


def test_a_question_asked_on_a_company_s_page_is_of_that_company(site):
    for code in ("600000", "600001"):
        site.add(record("2025-001", "公司的分红政策是什么？", code=code))
    page = site.page("/ask?q=分红政策&company=600001")
    assert "示例600001" in page.said
    assert "示例600000" not in page.said
    hidden = [given for tag, given in site.page("/c/600001").tags if given.get("type") == "hidden"]
    assert [(item["name"], item["value"]) for item in hidden] == [("company", "600001")]


def test_a_list_of_a_record_s_questions_is_the_record(of_sample):
    assert of_sample.get("/ask?q=最新", 302).location == SAMPLE_PAGE
    assert of_sample.get("/r/300253/2025-2", 302).location == SAMPLE_PAGE


def test_a_long_message_is_read_as_far_as_in_a_chat(site):
    site.add(record())
    assert len(site.get("/ask?q=" + "a" * 100_000).data) < 10_000


def test_nothing_is_kept_of_who_asks_on_a_page(of_sample):
    of_sample.get("/ask?q=今天天气")
    assert list(of_sample.store.misses()) == []


# Between records


def test_what_a_page_shows_can_be_proven(of_sample, sample):
    for url in (SAMPLE_PAGE, SAMPLE_PAGE, f"{SAMPLE_PAGE}.json", f"{SAMPLE_PAGE}/q/7.json"):
        of_sample.get(url)
    of_sample.get("/ask?q=可转债")
    of_sample.get("/ask?q=明天会下雨吗")
    rows = list(of_sample.store.evidence())
    every = tuple(item.place for item in (*sample.record.paragraphs, *sample.record.questions))
    assert [(row.channel, row.kind, row.places, row.times) for row in rows] == [
        ("page", "page", every, 2),
        ("json", "page", every, 1),
        ("json", "page", ("7",), 1),
        ("ask", "answer", (), 1),
    ]
    seventh = sample.record.question(7)
    told = f"{seventh.question}\n{seventh.answer}"
    assert rows[2].text == hashlib.sha256(told.encode()).hexdigest()
    assert rows[3].target == "300253/2025-002#24.2"


def test_a_database_that_cannot_be_written_keeps_nobody_from_reading(of_sample, monkeypatch):
    monkeypatch.setattr("handlers.web.proving._WAIT_S", 0.01)
    with closing(connect(of_sample.store.path).conn) as other:
        other.execute("BEGIN IMMEDIATE")
        of_sample.get(SAMPLE_PAGE)
        other.execute("ROLLBACK")
    assert list(of_sample.store.evidence()) == []


def test_the_same_question_at_other_events_is_linked(site):
    site.add(
        record("2024-001", "请介绍一下公司的毛利率情况？", "2024年分红？", day=date(2024, 5, 6))
    )
    site.add(record("2025-001", "公司毛利率如何？", "分红？", day=date(2025, 5, 6)))
    site.add(record("2026-001", "毛利率？", "2026年分红？", day=date(2026, 5, 6)))
    site.add(record("2026-001", "毛利率？", code="600001"))
    others = site.page("/r/600000/2025-001").of_class["others"]
    assert [" ".join(text.split()) for text in others] == [
        "此前：2024-05-06 第1问",
        "此后：2026-05-06 第1问",
    ]
    assert {"/r/600000/2024-001/q/1", "/r/600000/2026-001/q/1"} <= set(
        site.page("/r/600000/2025-001").links
    )
    site.store.withdraw("600000/2024-001#1", "误")
    assert len(site.page("/r/600000/2025-001").of_class["others"]) == 1


# The feed


def test_the_feed_is_atom_newest_arrival_first(tmp_path):
    site = Site(tmp_path, public_url="https://ir.example.com")
    site.add(record("2025-009", day=date(2025, 9, 9)))
    site.add(replace(record("2025-001"), activities=("特定\x08对象 & <调研>",)))
    site.add(record("2025-001", code="600001"))
    feed: Any = ElementTree.fromstring(site.get("/feed.atom", Host="localhost:8300").data)
    assert feed.find("a:updated", ATOM).text
    entries = feed.findall("a:entry", ATOM)
    links = [entry.find("a:link", ATOM).get("href") for entry in entries]
    assert links[1:] == [
        "https://ir.example.com/r/600000/2025-001",
        "https://ir.example.com/r/600000/2025-009",
    ]
    assert entries[1].find("a:title", ATOM).text.endswith("特定对象 & <调研>")
    ids = [entry.find("a:id", ATOM).text for entry in entries]
    assert len(set(ids)) == 3
    own = ElementTree.fromstring(site.get("/c/600001/feed.atom").data)
    assert len(own.findall("a:entry", ATOM)) == 1
    site.get("/c/600009/feed.atom", 404)


# Elsewhere


def test_replies_link_to_the_pages_where_their_address_is_set(tmp_path, sample):
    site = Site(tmp_path, public_url="https://ir.example.com")
    site.add(sample.record)
    responder = site.bot.responder
    chat = Chat("terminal", "", "", "")
    text = responder.show(responder.reply(Message("可转债", chat))).text
    url = f"https://ir.example.com{SAMPLE_PAGE}/q/24"
    source = text.index("出处：")
    assert text[source:].split("\n")[1] == url
    assert site.get(url, 302).location == f"{SAMPLE_PAGE}#q24"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://ir.example.com/", "https://ir.example.com"),
        ("http://IR.example.com:8080", "http://ir.example.com:8080"),
        ("http://[::1]:8300", "http://[::1]:8300"),
        ("", ""),
        ("ir.example.com", None),
        ("https://ir.example.com/ir", None),
        ("https://user:pass@ir.example.com", None),
        ("https://ir.example.com?x", None),
        ("javascript:alert(1)", None),
    ],
)
def test_the_public_address_is_an_origin(tmp_path, given, read):
    if read is None:
        with pytest.raises(SettingsError, match="IR_PUBLIC_URL"):
            load_settings({"IR_PUBLIC_URL": given}, tmp_path)
    else:
        assert load_settings({"IR_PUBLIC_URL": given}, tmp_path).public_url == read


def test_the_frame_is_english_and_the_words_are_not(tmp_path, sample):
    site = Site(tmp_path, lang="en")
    site.add(sample.record)
    page = site.page(SAMPLE_PAGE)
    assert ("html", {"lang": "en"}) in page.tags
    assert "Record number" in page.said
    assert page.of_class["a"] == [item.answer for item in sample.record.questions]


def test_an_empty_store_has_a_home_page(site):
    assert "irbot import" in site.page("/").said
    assert len(site.all()) > 4


def test_every_link_leads_somewhere_also_to_its_place_on_the_page(of_sample):
    of_sample.add(
        record(
            "关于“增发”的说明会 1#",
            Question(1, "一、甲？二、乙？", "一、丙。二、丁。", parts=(Part(1, (2, 4), (2, 4)),)),
            narrative=(Narrative(None, "致辞"),),
        )
    )
    pages = {
        url: Page(answer.text)
        for url, answer in of_sample.all().items()
        if answer.mimetype == "text/html"
    }
    assert len(pages) > 35
    for url, page in pages.items():
        assert len(page.ids) == len(set(page.ids)), url
        for link in page.links:
            to, place = urldefrag(urljoin(url, link))
            if place and to in pages:
                assert place in pages[to].ids, (url, link)


def test_the_server_shows_pages_over_http(of_sample):
    server = WebServer(of_sample.app, "127.0.0.1:0")
    server.start()
    try:
        with urllib.request.urlopen(f"{server.url}{SAMPLE_PAGE}/q/24") as answer:
            assert answer.url == f"{server.url}{SAMPLE_PAGE}#q24"
            assert "q24" in Page(answer.read().decode()).ids
        for path in ("/../../etc/passwd", "/static/../app.py", "/static/%2e%2e/app.py"):
            with pytest.raises(urllib.error.HTTPError, match="404") as refused:
                urllib.request.urlopen(server.url + path)
            refused.value.close()
    finally:
        server.stop()
