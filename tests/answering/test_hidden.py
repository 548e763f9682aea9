"""What is a draft, held, paused or withdrawn is to readers as if it were not stored.

Every case is a store that hides something, beside one that lacks it: what they say is equal to the
byte, on every path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bot.commands import Plan
from bot.config import CHINA
from bot.message import Chat, Message
from bot.record import Narrative, Question, Reading, Record
from bot.store import Store
from handlers.json_output import reply_json
from tests.conftest import NOW
from tests.handlers.web.site import Site, record

LATER = NOW + timedelta(hours=1)
ASKED = (
    "公司的毛利率为什么下降？",
    "海外收入占比是多少？",
    "海外收入",
    "产能利用率如何？",
    "员工有多少人？",
    "数据中心的订单如何？",
    "数据中心",
    "分红计划是什么？",
    "储能业务今年增长了多少？",
    "新药临床到了哪一期？毛利率呢？",
    "公司养不养鲸鱼？",
)
CONTROL = "第一段谈海外收入与产能。"
SPOKEN = "第二段谈储能业务今年增长三成。"
TOLD = Narrative("经营情况", f"{CONTROL}\n{SPOKEN}\n第三段谈员工与分红。")


def asked(number, question, answer=None):
    return Question(number, question, answer or f"关于“{question}”，公司答复如下，请以公告为准。")


def of_company(no, day, *questions, **more):
    return record(no, *(asked(*item) for item in questions), day=day, **more)


FIRST = of_company(
    "2025-001",
    date(2025, 5, 6),
    (1, "公司的毛利率为什么下降？"),
    (2, "海外收入占比是多少？", "海外收入占三成。"),
    (3, "产能利用率如何？"),
    (4, "公司海外收入的比例？", "海外收入占三成。"),
    narrative=(TOLD,),
)
SECOND = of_company(
    "2025-002",
    date(2025, 8, 6),
    (1, "公司的毛利率为什么下降？", "毛利率的原因是原料。"),
    (2, "数据中心的订单如何？"),
)
OTHER = of_company(
    "2025-001", date(2025, 6, 6), (1, "新药临床到了哪一期？"), (2, "员工有多少人？"), code="300001"
)
CORRECTED = replace(
    SECOND,
    is_correction=True,
    questions=(SECOND.questions[0], replace(SECOND.questions[1], answer="更正：订单饱满。")),
)
ALL = (FIRST, SECOND, OTHER)


def without(place):
    """The first record as if it had never held what is at this place."""
    if place == "p3":  # the last one, or another paragraph has its number
        left = replace(FIRST, narrative=(replace(TOLD, text=f"{CONTROL}\n{SPOKEN}"),))
    else:
        left = FIRST.without({int(place)}, frozenset())
    return (left, SECOND, OTHER)


def nothing(store: Store) -> None:
    pass


@dataclass(frozen=True)
class Case:
    """Records of which something is hidden, and those that are left."""

    hide: Callable[[Store], object]
    left: tuple[Record, ...] = ALL
    gone: tuple[str, ...] = (f"{SECOND.id}#1", f"{SECOND.id}#2")  # ids of what is hidden
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)  # id → how it is added
    also: tuple[Record, ...] = ()  # added after, as drafts


CASES = {
    "held question": Case(
        lambda store: store.hold(f"{FIRST.id}#2", "核对"), without("2"), (f"{FIRST.id}#2",)
    ),
    "withdrawn question": Case(
        lambda store: store.withdraw(f"{FIRST.id}#2", "误"), without("2"), (f"{FIRST.id}#2",)
    ),
    "held paragraph": Case(lambda store: store.hold(f"{FIRST.id}#p3", "核对"), without("p3"), ()),
    "held record": Case(lambda store: store.hold(SECOND.id, "核对"), (FIRST, OTHER)),
    "withdrawn record": Case(lambda store: store.withdraw(SECOND.id, "误"), (FIRST, OTHER)),
    "draft": Case(nothing, (FIRST, OTHER), drafts={SECOND.id: {"is_draft": True}}),
    "to be published": Case(nothing, (FIRST, OTHER), drafts={SECOND.id: {"published_at": LATER}}),
    "paused company": Case(
        lambda store: store.pause("季报", company="600000", until=LATER, now=NOW),
        (OTHER,),
        (f"{FIRST.id}#2",),
    ),
    "held and withdrawn": Case(
        lambda store: (store.hold(SECOND.id, "核对"), store.withdraw(SECOND.id, "误")),
        (FIRST, OTHER),
    ),
    "draft of a correction": Case(nothing, gone=(), also=(CORRECTED,)),
}


def add(site: Site, records: tuple[Record, ...], case: Case | None = None) -> None:
    """Each from a file of its own, which words that are withdrawn keep back in every store."""
    beside = record("2020-009", "撤下的？", code="688001")
    for item in records:
        how = case.drafts.get(item.id, {}) if case else {}
        site.store.add(
            [Reading(item), Reading(beside)], item.id.encode(), f"{item.id[7:]}.pdf", now=NOW, **how
        )
    with site.store.database.transaction() as db:  # both stores took their records in at once
        db.execute("UPDATE versions SET imported_at = '2026-11-20T00:00:00.000000+00:00'")


OFTEN = ("held question", "withdrawn question", "held paragraph", "draft", "draft of a correction")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=() if name in OFTEN else pytest.mark.trial, id=name)
        for name in CASES
    ],
)
def pair(request, tmp_path_factory):
    """A store that hides something, and one that lacks it."""
    case = CASES[request.param]
    hiding, lacking = (Site(tmp_path_factory.mktemp(name)) for name in ("hiding", "lacking"))
    add(hiding, ALL, case)
    add(lacking, case.left)
    for site in (hiding, lacking):
        site.store.withdraw("688001/2020-009", "误")
    case.hide(hiding.store)
    for item in case.also:
        hiding.store.add([Reading(item)], b"draft", "draft.pdf", is_draft=True, now=NOW)
    for site in (hiding, lacking):
        for question_id, times in ((f"{FIRST.id}#1", 1), (f"{OTHER.id}#1", 2)):
            for _ in range(times):
                site.store.count_reply("web", "answer", question_id, NOW - timedelta(days=1))
    for question_id in case.gone * 9:  # what was asked most before it was hidden
        hiding.store.count_reply("web", "answer", question_id, NOW - timedelta(days=1))
    return hiding, lacking


def said(site, text, chat=None):
    """What `ask --json` prints, and why."""
    responder = site.bot.responder
    considered = responder.consider(Message(text, chat))
    shown = responder.show(considered.reply)
    explained = responder.explain(considered)
    return (reply_json(text, considered.reply, shown, explained), shown)


TYPED = (
    *ASKED,
    *(f"#{number}" for number in range(1, 6)),
    *(f"{item.id}{mark}" for item in ALL for mark in ("", "#1", "#2", "#5", "#p1", "#p2", "#p3")),
    *(f"全文 {item.id}#2" for item in ALL),
    "600000 第2问",
    "300001",
    "最新",
    "更多",
    "全文",
    "A",
    "有哪些公司",
    "帮助",
    "600000 最新",
    "@2025-06-30 毛利率",
)


def test_every_message_gets_the_same_reply(pair):
    hiding, lacking = pair
    for text in TYPED:
        assert said(hiding, text) == said(lacking, text), text


def test_a_conversation_goes_the_same_way(pair):
    talks = []
    for site in pair:
        talk = []
        for number, text in enumerate(ASKED[2:6]):
            chat = Chat("test", "", "C", f"U{number}")
            for typed in (text, "A", "全文", "第2问", "更多", "公司 600000", text):
                reply = site.bot.responder.reply(Message(typed, chat))
                talk.append((text, typed, site.bot.responder.show(reply)))
            site.store.choose(chat, (), NOW)
        talks.append(talk)
    assert talks[0] == talks[1]


def test_every_digest_is_the_same(pair):
    hiding, _ = pair
    plan = Plan(time(9), every_day=True)
    for day in range(3):
        at = datetime.combine(NOW.date() + timedelta(days=day), time(8), CHINA)
        for chat in (Chat("slack", "T", "C1", "U"), Chat("wecom", "", "C2", "U")):
            built = [
                site.bot.responder.subscribing.digests.build(chat, asks, NOW.date(), NOW)
                for site in pair
                for asks in (replace(plan, companies=("600000",)), plan)
            ]
            told = [item and (hiding.bot.responder.show(item), item.items) for item in built]
            assert told[:2] == told[2:]
            for site in pair:
                digest = site.bot.responder.subscribing.digests.build(chat, plan, at.date(), NOW)
                items = digest.items if digest else ()
                ledger = site.bot.responder.subscribing.subscriptions
                ledger.claim(chat, at.date(), f"{chat}{day}", NOW, items)
    desk = replace(plan, desk=True)
    most_asked = [
        [
            (hit.full_id, count)
            for hit, count in site.bot.responder.subscribing.digests.build(
                Chat("slack", "T", "D", "U"), desk, NOW.date(), NOW
            ).most_asked
        ]
        for site in pair
    ]
    assert most_asked[0] == most_asked[1]


def test_every_page_feed_and_file_is_the_same(pair):
    pages = []
    for site in pair:
        found = {url: answer.text for url, answer in site.all().items()}
        for item in ALL:
            for url in (
                f"/r/{item.id}",
                f"/r/{item.id}.json",
                f"/c/{item.company_code}",
                f"/c/{item.company_code}.json",
                f"/c/{item.company_code}/feed.atom",
                *(f"/r/{item.id}/q/{number}{kind}" for number in "12345" for kind in ("", ".json")),
                *(
                    f"/r/{item.id}/source/{source}"
                    for stored in pair[0].store.newest_records()
                    for source in {own.sha256 for own in stored.sources}
                ),
            ):
                answer = site.client.get(url, buffered=True)
                found[url] = f"{answer.status_code} {answer.text} {answer.headers.get('Location')}"
        for url in ("/index.json", "/companies.json", "/feed.atom"):
            found[url] = site.client.get(url).text
        for text in ASKED[:4]:
            found[text] = site.client.get("/ask", query_string={"q": text}).text
        found["count"] = str(len(site.bot.responder.records()))
        pages.append(found)
    assert pages[0].keys() == pages[1].keys()
    for url, text in pages[0].items():
        assert text == pages[1][url], url


def test_what_was_offered_or_cited_before_reads_like_a_decline(tmp_path):
    site = Site(tmp_path)
    add(site, ALL)
    responder, chat = site.bot.responder, Chat("test", "", "C", "U")

    def typed(text):
        return responder.show(responder.reply(Message(text, chat))).text

    assert "海外收入占三成" in typed("600000/2025-001#2")
    site.store.hold("600000/2025-001#2", "核对")
    decline = responder.show(responder.reply(Message("公司养不养鲸鱼？"))).text
    assert typed("全文") == typed("600000/2025-001#2") == decline
    missed = list(site.store.misses())
    assert [miss["text"] for miss in missed if miss["text"] in ("全文", "A")] == []
    typed("海外收入与产能的关系")
    first = site.store.memory(chat, NOW).offered[0]
    site.store.hold(first, "核对")
    assert typed("A").startswith("在已收录记录中未找到对应答复")
    site.store.release(first)
    assert "出处" in typed("A")


@pytest.mark.parametrize(
    "hide",
    [
        lambda store: store.pause("季报"),
        lambda store: [store.hold(item.id, "核对") for item in ALL],
        lambda store: [store.withdraw(item.id, "误") for item in ALL],
    ],
)
def test_where_all_is_hidden_the_reply_is_an_ordinary_decline(tmp_path, hide):
    site = Site(tmp_path)
    for item in ALL:
        site.add(item)
    said_before = site.bot.responder.show(site.bot.responder.reply(Message("公司养不养鲸鱼？")))
    begin, end = said_before.text.split("（")[0], said_before.text.rpartition("）")[2]
    hide(site.store)
    for text in ("毛利率", "#2", "全文", "最新", "A", "有哪些公司", "公司 600000", f"{FIRST.id}#1"):
        reply = site.bot.responder.reply(Message(text, Chat("test", "", "C", "U")))
        assert site.bot.responder.show(reply).text == f"{begin}（0份）{end}", text
    assert "irbot" not in site.bot.responder.show(site.bot.responder.reply(Message("帮助"))).text


def test_a_channel_of_a_paused_company_gets_ordinary_declines(tmp_path):
    site, chat = Site(tmp_path), Chat("test", "", "C", "U")
    for item in ALL:
        site.add(item)
    site.bot.responder.reply(Message("公司 300001", chat))
    site.store.pause("季报", company="300001")
    for text in ("员工有多少人？", "公司养不养鲸鱼？"):
        said = site.bot.responder.show(site.bot.responder.reply(Message(text, chat))).text
        assert said.startswith("在已收录记录中未找到对应答复（0份）"), text


def test_what_was_never_public_leaves_the_store_empty(tmp_path):
    """As before the first import: nobody was shown anything yet."""
    draft, empty = Site(tmp_path / "draft"), Site(tmp_path / "empty")
    draft.store.add([Reading(FIRST)], b"1", "1.pdf", is_draft=True)
    for text in ("毛利率", "#2", "最新", "有哪些公司", FIRST.id):
        assert said(draft, text) == said(empty, text)
    for url in ("/", "/companies", "/feed.atom", "/index.json"):
        assert draft.get(url).text == empty.get(url).text


def test_a_remark_names_no_record_that_is_hidden(tmp_path):
    site = Site(tmp_path)
    day = date(2025, 5, 6)
    site.store.add([Reading(record(None, "先来的？", day=day))], b"1", "1.pdf", is_draft=True)
    site.add(record(None, "后来的？", day=day))
    assert "600000/20250506，" not in site.get("/r/600000/20250506-2").text
    assert site.get("/r/600000/20250506-2.json").json["notes"] == []
