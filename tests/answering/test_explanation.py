"""`irbot ask --explain`: what it says agrees with the reply, and saying it changes nothing."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from bot.answering.decision import limits
from bot.answering.explanation_text import told
from bot.config import Settings
from bot.message import Answer, Chat, Message, Suggest
from bot.record import Reading
from bot.store import Store
from bot.wording.presentation import Words
from tests import warm
from tests.conftest import environment, open_by_words
from tests.matching.test_matching import OTHERS, TWO, made

STORED = "三大运营商加入医疗信息化项目招投标，是否对公司业务产生很大的冲击？"
MESSAGES = {
    "answered": f"您好，請問{STORED}谢谢",
    "in conflict": "2010年，公司毛利率下降是否与产品价格下降有关？",
    "declined": "今天上海天气怎么样",
    "several": f"1、{STORED}2、今天上海天气怎么样？",
    "number": "#24",
    "not stored": "宁德时代的毛利率是多少",
    "touchy": "董事长被立案了吗",
    "pinyin": "kezhuanzhai",
    "greeting": "您好",
    "single": "铜",
    "latin": "zzzz",
}
FIELDS = ["query", "kind", "band", "confidence", "answers", "suggestions", "text"]


@pytest.fixture(scope="module")
def ask(imported, tmp_path_factory):
    """Run `irbot ask …` over the sample with its meaning; says what it printed."""
    folder = tmp_path_factory.mktemp("explaining")
    imported.copy(folder / "data/irbot.db")

    def run(*arguments, stdin="", **env):
        env = environment({"IR_NOW": "2026-11-24T09:00:00+08:00", **env})
        before = content(folder / "data/irbot.db")
        done = warm.run(["ask", *arguments], folder, env, stdin)
        assert (done.returncode, done.stderr) == (0, "")
        assert content(folder / "data/irbot.db") == before
        return done.stdout

    return run


@pytest.fixture(scope="module")
def replies(ask):
    """The JSON of every message, with --explain and without."""
    typed = "\n".join(MESSAGES.values()) + "\n"
    explained, plain = (
        [json.loads(line) for line in ask("--file", "-", "--json", *more, stdin=typed).splitlines()]
        for more in (("--explain",), ())
    )
    return {name: pair for name, *pair in zip(MESSAGES, explained, plain, strict=True)}


def content(db):
    """Every row of the database."""
    connection = sqlite3.connect(db)
    try:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        return {
            table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for (table,) in tables
        }
    finally:
        connection.close()


def only(explanation):
    (search,) = explanation["searches"]
    return search


@pytest.mark.parametrize("name", MESSAGES)
def test_explaining_adds_one_field_and_changes_no_other(replies, name):
    explained, plain = replies[name]
    assert list(plain) == FIELDS
    assert list(explained) == [*FIELDS, "explain"]
    del (rest := dict(explained))["explain"]
    assert rest == plain


@pytest.mark.parametrize("name", MESSAGES)
def test_bands_confidences_and_thresholds_are_the_replys(replies, name):
    reply = replies[name][0]
    explain = reply["explain"]
    assert (explain["band"], explain["caution"]) == (reply["band"], "strict")
    assert (explain["answer_from"], explain["offer_from"]) == limits("strict")
    for search in explain["searches"]:
        sure = [found["confidence"] for found in search["candidates"]]
        if search["band"] == "answer":
            assert sure[0] >= explain["answer_from"]
            assert (search["candidates"][0]["conflicts"], search["reasons"]) == ([], [])
        else:
            assert search["reasons"]
        if search["band"] == "decline":
            assert not sure or sure[0] < explain["offer_from"]
    if len(explain["searches"]) == 1 and (shown := reply["answers"] or reply["suggestions"]):
        first = only(explain)["candidates"][0]
        assert only(explain)["band"] == reply["band"]
        assert first["confidence"] == reply["confidence"]
        assert first["id"].partition(".")[0] == shown[0]["id"]


def test_an_answer_is_explained_by_the_words_that_found_it(replies):
    search = only(replies["answered"][0]["explain"])
    assert search["searched"].endswith(STORED.replace("，", ",").replace("？", "?"))
    assert search["left_out"] == ["您好", "请问", "谢谢"]
    assert sum(word["share"] for word in search["words"]) == pytest.approx(1, abs=0.01)
    first = search["candidates"][0]
    assert (first["share"], first["share_asked"], first["missing"]) == (1, 1, [])
    assert "运营商" in "".join(first["matched"])
    assert STORED.startswith(first["question"])


def test_a_guard_says_what_was_asked_and_what_stands_there(replies):
    reply = replies["in conflict"][0]
    search = only(reply["explain"])
    assert (reply["band"], search["pins"][0]) == ("suggest", {"name": "year", "said": "2010"})
    (conflict,) = search["candidates"][0]["conflicts"]
    assert (conflict["guard"], conflict["asked"]) == ("year", search["pins"][:1])
    assert conflict["stored"]
    assert search["pins"][0] not in conflict["stored"]
    assert {"name": "guard", "said": "year"} in search["reasons"]


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("declined", "below offers", ""),
        ("not stored", "names a company that is not stored", "宁德时代"),
        ("touchy", "touches a matter of which no record speaks", ""),
        ("single", "no words", ""),
    ],
)
def test_a_decline_has_its_reason(replies, name, reason, said):
    reply = replies[name][0]
    assert (reply["kind"], reply["band"]) == ("decline", "decline")
    found = {item["name"]: item["said"] for item in only(reply["explain"])["reasons"]}
    assert said in found[reason]


def test_the_touchy_word_and_the_repair_are_named(replies):
    assert only(replies["touchy"][0]["explain"])["touchy"] == ["立案"]
    assert only(replies["pinyin"][0]["explain"])["repaired"] == [["kezhuanzhai", "可转债"]]


def test_each_question_of_a_message_is_explained(replies):
    reply = replies["several"][0]
    first, second = reply["explain"]["searches"]
    assert (first["text"], first["band"], second["band"]) == (STORED, "answer", "decline")
    assert first["candidates"][0]["id"].startswith(reply["answers"][0]["id"])


def test_a_company_named_once_limits_each_question_and_is_told_so(store):
    for at, record in enumerate(TWO):
        store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
    responder = open_by_words(Settings(store.place, caution="open")).responder
    considered = responder.consider(
        Message("请问样板电器：\n1、分红政策如何？\n2、员工培训如何安排？")
    )
    assert isinstance(considered.reply, Answer | Suggest)
    first, second = responder.explain(considered).searches
    assert (first.company, second.company) == ("388888", "388888")
    shown = considered.reply.hits
    assert [first.candidates[0].id, second.candidates[0].id] == [hit.full_id for hit in shown]
    assert {hit.record.company_code for hit in shown} == {"388888"}


def test_a_list_that_is_a_stored_question_is_explained_by_the_search_that_answered(tmp_path):
    typed = "1、毛利率是多少？2、员工培训如何安排？"
    store = Store(tmp_path / "irbot.db")
    store.add([Reading(made((typed, "毛利率为三成。"), *OTHERS))], b"one", "one.txt")
    responder = open_by_words(Settings(store.place)).responder
    considered = responder.consider(Message(typed))
    assert isinstance(considered.reply, Answer)
    assert [hit.question.number for hit in considered.reply.hits] == [1]
    (search,) = responder.explain(considered).searches
    assert (search.text, search.band, search.candidates[0].confidence) == (typed, "answer", 1)


def test_an_explanation_is_of_the_reply_whatever_is_stored_since(responder, store):
    considered = responder.consider(Message("可转债下修，毛利率为什么下降？"))
    before = responder.explain(considered)
    store.withdraw("300253/2025-002", "a trial")
    assert responder.records() == ()
    after = responder.explain(considered)
    assert after.searches == before.searches
    assert (after.band, after.version) == (before.band, before.version)


def test_a_look_up_by_number_searched_nothing(replies):
    explain = replies["number"][0]["explain"]
    assert (explain["command"], explain["searches"]) == ("Show", [])


def test_a_person_reads_it_below_the_unchanged_reply(ask, replies):
    said = ask("--explain", MESSAGES["in conflict"])
    reply, explain = replies["in conflict"][0], replies["in conflict"][0]["explain"]
    assert said.startswith(reply["text"] + "\n\n")
    why = said.removeprefix(reply["text"])
    first = only(explain)["candidates"][0]
    assert explain["version"] in why
    assert f"1. {first['id']} " in why
    assert "冲突：问的是2010年，这条说的是" in why
    assert "结果：没有作答，列出相近提问。" in why
    assert "不到strict要求的0.93" in why
    assert not re.search(r"[{}]|None", why)


def test_a_number_is_said_to_be_one(ask):
    assert "没有检索：这条消息是按编号查问题。" in ask("--explain", "#24")


@pytest.mark.parametrize("caution", ["normal", "open"])
def test_the_levels_are_those_in_force(ask, caution):
    reply = json.loads(ask("--explain", "--json", STORED, IR_CAUTION=caution))
    explain = reply["explain"]
    assert (explain["answer_from"], explain["offer_from"]) == limits(caution)


def test_nothing_is_kept_of_an_explanation(store, responder):
    """In a chat, where a reply is remembered, a miss kept and a company set."""
    chat = Chat("slack", "T", "C", "U")
    responder.reply(Message("公司 300253", chat=chat))
    for typed in MESSAGES.values():
        message = Message(typed, chat=chat)
        considered = responder.consider(message)
        reply = considered.reply
        responder.remember(message, reply)
        before = content(store.path)
        explanation = responder.explain(considered)
        assert content(store.path) == before
        for language in ("zh", "en"):
            assert not re.search(r"[{}]", told(explanation, Words(language)))
        if isinstance(reply, Answer | Suggest) and explanation.searches:
            assert explanation.searches[0].company == "300253"
            assert explanation.searches[0].candidates[0].id == reply.hits[0].full_id
    assert before["misses"]


@pytest.mark.parametrize("caution", ["strict", "normal", "open"])
def test_what_several_questions_hold_alike_is_offered_and_the_reason_told(ask, caution):
    done = json.loads(ask("医院", "--explain", "--json", IR_CAUTION=caution))
    assert done["band"] == "suggest"
    assert "one of many" in [note["name"] for note in only(done["explain"])["reasons"]]
