"""What the matcher promises, over the sample record and small made ones; no model but where said.

Which phrasing finds which answer is measured elsewhere (tests/eval); here stands what must hold
whatever the weights are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.decision import decide
from bot.config import Settings
from bot.evaluating import read_queries
from bot.ingest.embedding import texts as texts_of
from bot.ingest.embedding import vectors_of
from bot.matching.embedding import default_embedder
from bot.matching.facets import read_facets
from bot.matching.index import Index
from bot.matching.lexicon import read_lexicon
from bot.matching.text import normalise, sentences, terms
from bot.message import Answer, Decline, Help, Likely, Message, Notice, Suggest
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from tests.conftest import SAMPLE, open_by_words

PHRASINGS = Path(__file__).parents[1] / "eval/300253.tsv"


def made(*pairs, day=date(2025, 4, 28), code="399999", name="示例股份", no="2025-001"):
    """A record of these questions and answers."""
    return Record(
        company_code=code,
        company_name=name,
        record_no=no,
        title="投资者关系活动记录表",
        event_dates=(EventDate(day, day, "day", f"{day:%Y年%m月%d日}"),),
        questions=tuple(Question(at, *pair) for at, pair in enumerate(pairs, 1)),
    )


OTHERS = (
    ("请介绍公司的仓储布局。", "公司在华东设有三个仓库。"),
    ("员工培训如何安排？", "公司每月组织一次内部课程。"),
)


@pytest.fixture(scope="module")
def index(sample):
    return Index.of([sample.record])


@pytest.fixture
def desk_over(tmp_path):
    """A responder over made records, with any caution."""

    def build(*records, caution="strict"):
        store = Store(tmp_path / "irbot.db")
        for at, record in enumerate(records):
            store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
        return open_by_words(Settings(store.path, caution=caution)).responder

    return build


def first(index, text, **scope):
    return index.search(text, **scope).candidates[0]


# Text


@pytest.mark.parametrize(
    ("typed", "seen"),
    [
        ("ＡＩ業務", "ai业务"),
        ("可轉債", "可转债"),
        ("㎡", "m2"),
        ("您好，请问研发投入？谢谢！", ",研发投入?!"),
        ("尊敬的董秘您好", ""),
        ("可 转 债", "可转债"),
    ],
)
def test_width_case_script_and_greetings_do_not_matter(typed, seen):
    assert normalise(typed) == seen


@given(st.text(alphabet=st.sampled_from("收入增长，。！?；\n a1")))
def test_sentences_lose_no_word(text):
    assert "".join("".join(sentences(text)).split()).count("收") == text.count("收")
    assert terms("".join(sentences(text))) or not terms(text)


@pytest.mark.parametrize(
    "greeting",
    ["您好", "請問", "尊敬的董事长您好，感谢您对公司的关注", "谢谢", "Hello", "你好！辛苦了"],
)
def test_a_greeting_finds_nothing(index, greeting):
    record = made(("您好，请问，谢谢！感谢您的关注。", "感谢您的关注，谢谢！"), *OTHERS)
    assert index.search(greeting).candidates == Index.of([record]).search(greeting).candidates == ()


def test_a_greeting_changes_no_ranking(index):
    for text in ("可转债下修", "毛利率下降的原因", "WiNGPT 备案"):
        plain = index.search(text).candidates
        polite = index.search(f"尊敬的董秘您好，请问{text}？谢谢").candidates
        assert [item.at for item in plain] == [item.at for item in polite]
        assert plain[0].confidence == pytest.approx(polite[0].confidence)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("可转债", "可轉債"), ("研发投入", "研發投入"), ("ＡＩ业务", "ai业务"), ("WINEX", "winex")],
)
def test_other_spellings_of_a_word_are_the_same_message(index, typed, stored):
    one, other = index.search(typed), index.search(stored)
    assert one.query.text == other.query.text
    assert [(item.at, item.confidence) for item in one.candidates] == [
        (item.at, item.confidence) for item in other.candidates
    ]


# Words that are not typed as stored


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("CB", "公司可转债的转股进展如何？"),
        ("派息政策", "公司未来三年的分红政策如何？"),
        ("限制性股票", "股权激励计划何时推出？"),
        ("R&D", "研发投入的方向有哪些？"),
        ("buyback", "公司是否有回购计划？"),
    ],
)
def test_words_for_the_same_find_each_other(asked, stored):
    record = made(*OTHERS, (stored, "请关注公司公告。"))
    assert first(Index.of([record]), asked).passage.question.question == stored


def test_the_desks_own_words_join_the_shipped_ones(tmp_path):
    (tmp_path / "lexicon.toml").write_text(
        'same = [["可转债", "示例转二"], ["蓝湖平台", "BlueLake"]]\n', encoding="utf-8"
    )
    lexicon = read_lexicon(tmp_path)
    record = made(*OTHERS, ("转债何时下修？", "请关注公告。"), ("蓝湖平台进展如何？", "已上线。"))
    index = Index.of([record], lexicon=lexicon)
    assert [first(index, text).passage.question.number for text in ("示例转二", "bluelake")] == [
        3,
        4,
    ]
    # 可转债 was shipped with 转债, which it must not lose.
    assert first(index, "可转债").passage.question.number == 3


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("kezhuanzhai", "可转债"),
        ("yanfa touru", "研发投入"),
        ("maolilv 下降", "毛利率 下降"),
        ("可转宅", "可转债"),  # a homophone
        ("winxe", "winex"),  # two letters turned round
        ("winnx", "winex"),
    ],
)
def test_pinyin_homophones_and_slips_are_read_by_what_is_stored(index, typed, read):
    assert index.query(typed).text.replace(" ", "") == read.replace(" ", "")


@pytest.mark.parametrize("typed", ["研发投入", "winex", "分红计划", "china mobile", "ai"])
def test_words_that_stand_for_themselves_are_not_repaired(index, typed):
    assert index.query(typed).text == typed


# Guards

GUARDS = [
    # guard, stored question, stored answer, asked alike, asked otherwise
    (
        "year",
        "公司2024年智能水表销量情况如何？",
        "2024年智能水表销量同比增长。",
        "2024年智能水表销量情况",
        "2022年智能水表销量情况",
    ),
    (
        "quarter",
        "2025年一季度智能水表销量如何？",
        "2025年一季度智能水表销量同比增长。",
        "一季度智能水表销量如何",
        "三季度智能水表销量如何",
    ),
    (
        "figure",
        "公司新建500亩基地的进展如何？",
        "新建500亩基地已经投产，年产能80万台。",
        "年产能80万台的基地进展",
        "年产能65万台的基地进展",
    ),
    (
        "metric",
        "智能水表业务的毛利率如何？",
        "智能水表业务的毛利率保持稳定。",
        "智能水表业务的毛利率如何",
        "智能水表业务的存货如何",
    ),
    (
        "company",
        "公司与宁德时代的合作进展如何？",
        "与宁德时代的合作正在推进。",
        "与宁德时代的合作进展",
        "与宁德时代、比亚迪的合作进展",
    ),
    (
        "direction",
        "智能水表毛利率下降的原因是什么？",
        "主要因原材料涨价。",
        "智能水表毛利率下滑的原因是什么",
        "智能水表毛利率上升的原因是什么",
    ),
]


@pytest.mark.parametrize(
    ("guard", "question", "answer", "alike", "otherwise"), GUARDS, ids=[row[0] for row in GUARDS]
)
def test_what_contradicts_the_message_is_offered_at_most(
    desk_over, guard, question, answer, alike, otherwise
):
    record = made((question, answer), *OTHERS)
    index = Index.of([record])
    agreeing, contrary = first(index, alike), first(index, otherwise)
    assert guard not in agreeing.conflicts
    assert guard in contrary.conflicts
    assert contrary.passage.question.number == 1  # it keeps its place
    assert contrary.confidence < agreeing.confidence
    # Even where the bot is told to be bold.
    responder = desk_over(record, caution="open")
    assert isinstance(responder.reply(Message(otherwise)), Suggest | Decline)


def test_relative_years_count_from_the_clock_in_a_message_and_from_the_event_in_a_record():
    question = ("今年智能水表的销量目标是多少？", "今年的销量目标是100万台。")
    index = Index.of([made(question, *OTHERS, day=date(2024, 5, 6))])

    def years(text, today):
        found = first(index, text, today=today)
        return "year" in found.conflicts

    assert not years("今年智能水表的销量目标是多少", date(2024, 7, 1))
    assert years("今年智能水表的销量目标是多少", date(2026, 7, 1))
    assert not years("去年智能水表的销量目标是多少", date(2025, 7, 1))
    assert not years("2024年智能水表的销量目标是多少", date(2026, 7, 1))


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("本季度", {4}),
        ("上季度", {3}),
        ("下个季度", {1}),
        ("第三季度和上半年", {3, 5}),
        ("q2", {2}),
        ("1q25", {1}),
        ("变化不大", set()),
    ],
)
def test_quarters_are_read_from_the_day(text, quarters):
    assert read_facets(text, date(2026, 11, 24), read_lexicon()).quarters == quarters


def test_what_is_asked_of_now_is_not_answered_from_a_year_ago():
    index = Index.of([made(("目前产能利用率如何？", "目前产能利用率约八成。"), *OTHERS)])
    asked = "目前产能利用率如何"
    assert "now" not in first(index, asked, today=date(2025, 6, 1)).conflicts
    assert "now" in first(index, asked, today=date(2026, 11, 24)).conflicts


# Companies

TWO = (
    made(("分红政策如何？", "示例的分红政策不变。"), *OTHERS),
    made(("分红政策如何？", "样板的分红政策不变。"), *OTHERS, code="388888", name="样板电器"),
)


@pytest.mark.parametrize("named", ["样板电器", "样板", "388888"])
def test_a_named_company_narrows_the_search(named):
    found = Index.of(TWO).search(f"{named}分红政策如何").candidates
    assert {item.passage.record.company_code for item in found} == {"388888"}


def test_a_company_that_is_not_stored_gets_no_other_ones_words(desk_over):
    responder = desk_over(*TWO, caution="open")
    for text in ("贵州茅台分红政策如何", "600519 分红政策如何"):
        assert isinstance(responder.reply(Message(text)), Decline)


def test_a_company_other_than_the_chosen_one_is_declined(desk_over):
    responder = desk_over(*TWO, caution="open")
    reply = responder.reply(Message("样板电器分红政策如何", company="399999"))
    assert isinstance(reply, Decline)


# Touchy words


@pytest.mark.parametrize(
    "text", ["公司被立案调查了吗", "董事长留置", "大股东减持计划", "目标价多少"]
)
def test_a_touchy_word_that_no_record_holds_gets_no_offers(desk_over, sample, text):
    responder = desk_over(sample.record, caution="open")
    assert isinstance(responder.reply(Message(text)), Decline)


def test_a_touchy_word_that_a_record_holds_shows_that_record_only():
    record = made(
        ("控股股东有减持计划吗？", "暂无相关计划。"), ("控股股东对公司的支持如何？", "一贯支持。")
    )
    found = Index.of([record]).search("控股股东减持").candidates
    assert [item.passage.question.number for item in found] == [1]


# Ranking and confidence


def test_confidence_never_reorders_and_is_a_probability(index):
    for query in read_queries(PHRASINGS):
        found = index.search(query.text).candidates
        scores = [item.score for item in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= item.confidence <= 1 for item in found)


def test_offers_are_different_answers(desk_over):
    same = "公司高度重视投资者回报，将综合考虑发展阶段和资金安排制定方案。"
    record = made(
        *((f"{year}年度的分红方案是什么？", same) for year in (2021, 2022, 2023)),
        ("分红与回购如何取舍？", "公司视股价与资金情况决定是否回购。"),
        *OTHERS,
    )
    reply = desk_over(record).reply(Message("分红和回购"))
    assert isinstance(reply, Likely | Suggest)
    answers = [hit.question.answer for hit in reply.hits]
    assert len(set(answers)) == len(answers)
    assert record.questions[3].answer in answers


def test_a_message_always_gets_the_same_hits(sample):
    """In another process too, where sets have another order."""
    code = (
        "import sys; from pathlib import Path; from bot.matching.index import Index\n"
        "from bot.reading.document import read_records\n"
        "path = Path(sys.argv[1]); (read,) = read_records(path.read_bytes(), path.name)\n"
        "index = Index.of([read.record])\n"
        "for text in sys.argv[2:]:\n"
        "    print([(hit.full_id, round(hit.confidence, 9)) for hit in index.search(text).hits])\n"
    )
    texts = [query.text for query in read_queries(PHRASINGS)][::4]
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(SAMPLE), *texts],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].splitlines()) == len(texts)


def test_meaning_is_asked_only_where_words_are_not_sure(sample, imported, tmp_path):
    embedder = default_embedder()
    if embedder is None:
        pytest.skip("no model for this machine")
    asked = []

    class Counting:
        def __init__(self, counted):
            self.name = counted.name
            self.counted = counted

        def __call__(self, texts):
            asked.append(texts)
            return self.counted(texts)

    imported.copy(tmp_path / "irbot.db")
    vectors = Store(tmp_path / "irbot.db").vectors(embedder.name, texts_of([sample.record]))
    index = Index.of([sample.record], embedder=Counting(embedder), vectors=vectors)
    index.search("应收账款坏账核销很少，计提的资产减值什么时候能收回")
    words = len(asked)
    found = index.search("公司怎么看国外贸易壁垒对生意的冲击").candidates
    assert len(asked) == words + 1
    assert found[0].features.e5_asked is not None


def test_a_store_without_vectors_works_by_words_alone(sample):
    index = Index.of([sample.record], embedder=default_embedder(), vectors={})
    assert index.model is None
    found = first(index, "可转债下修")
    assert found.hit.full_id.startswith("300253/2025-002#24")
    assert found.features.e5_asked is None


def test_vectors_of_some_texts_only_do_no_harm(sample):
    embedder = default_embedder()
    if embedder is None:
        pytest.skip("no model for this machine")
    known = vectors_of([replace(sample.record, questions=sample.record.questions[:3])], embedder)
    index = Index.of([sample.record], embedder=embedder, vectors=known)
    found = index.search("公司怎么看国外贸易壁垒对生意的冲击").candidates
    assert all(np.isfinite(item.score) for item in found)


def test_what_limits_a_confidence_is_a_fact_beside_it():
    record = made(
        ("2023年毛利率为什么下降？", "原材料涨价所致。"),
        ("示例医院项目进展如何？", "示例医院项目已验收。"),
        ("示例医院的客户有哪些？", "客户以示例医院为主，还有高校。"),
        *OTHERS,
    )
    index = Index.of([record])
    contrary = first(index, "2019年毛利率为什么下降？")
    assert contrary.caps == ("contradicted",)
    assert contrary.confidence <= 0.25
    ambiguous = first(index, "示例医院")
    assert ambiguous.caps == ("ambiguous",)
    typed = first(index, "示例医院项目进展如何")
    assert (typed.is_exact, typed.hit.is_exact, typed.confidence, typed.caps) == (True, True, 1, ())


@pytest.mark.parametrize(
    "files",
    [
        ("matching/confidence.json", "answering/decision.py"),
        pytest.param(("matching/ranking.py", "answering/narrative.py"), marks=pytest.mark.trial),
    ],
)
def test_the_version_tells_of_every_file_that_judges(tmp_path, files):
    """A copy of the program is the same matcher, until a file of it differs."""
    root = Path(__file__).parents[2]
    copy = tmp_path / "copy"
    shutil.copytree(root / "bot", copy / "bot", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from bot.matching.index import Index; print(Index.of([]).version)"

    def version():
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    before = version()
    assert before == Index.of([]).version + "\n"
    for file in files:
        path = copy / "bot" / file
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        assert version() != before
        before = version()


# Bad input

HOSTILE = [
    "",
    " \t\n",
    "？",
    "。",
    "问" * 10_000,
    "可转债" * 4_000,
    "您好，请问，谢谢",
    "1234567890",
    "9" * 10_000,
    "2025",
    "3.14%",
    "可转債かなカナ한국어Ελλ кириллица",
    "🙂🙂👨‍👩‍👧‍👦",
    "\x00\x1b[2J\x7f\u200b\u202e",
    "\ud800",
    "'; DROP TABLE records; --",
    '" OR 1=1; SELECT * FROM versions',
    "<!channel> <@U123> &amp; <https://example.invalid|可转债>",
    "%s {0} {asked} %(x)s",
    "a" * 10_000,
    "ma" * 5_000,
    "zhuan zhai " * 900,
    "第" * 50 + "问",
    "①②③ⅣⅫ㍿ﬁ",
    "＠２０２５－０６－３０",
    "\n".join(f"{number}、可转债？" for number in range(1, 200)),
]


@pytest.mark.parametrize("typed", HOSTILE, ids=lambda typed: repr(typed[:12]))
def test_no_message_raises(responder, index, typed):
    considered = responder.consider(Message(typed))
    reply = considered.reply
    assert isinstance(reply, Answer | Likely | Suggest | Decline | Help | Notice)
    assert responder.show(reply).text
    responder.show(responder.reply(Message(typed, company="300253")))
    index.search(typed)
    responder.explain(considered)


@given(st.text())
def test_no_text_whatever_raises(index, text):
    found = index.search(text)
    assert decide(found.candidates, "strict").band in ("answer", "suggest", "decline")


def test_an_empty_store_finds_nothing():
    assert Index.of([]).search("可转债").candidates == ()


DENIED = (
    "网传公司与蓝鲸、白鲸两家头部酒店联合开发智能客房系统，消息是否属实？",
    "您好，不属实。公司信息以公告为准。",
)


@pytest.mark.parametrize(
    ("typed", "is_narrow"),
    [
        ("酒店合作", True),
        ("公司和酒店有没有合作", True),
        ("蓝鲸 白鲸 酒店 智能客房", False),
        ("与蓝鲸、白鲸酒店联合开发智能客房系统属实吗", False),
    ],
)
def test_a_denial_of_one_statement_answers_no_broader_question(desk_over, typed, is_narrow):
    reply = desk_over(made(DENIED, *OTHERS)).consider(Message(typed))
    first = reply.text.whole.result.candidates[0]
    assert first.hit.question.number == 1
    assert ("narrow" in first.caps) == is_narrow
    assert not (is_narrow and isinstance(reply.reply, Answer | Likely))
