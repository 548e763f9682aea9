"""Official words reach the reader letter for letter, whatever the renderer does with markup."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.message import Answer, Hit, LaterLine, Message, Option, Quotation, ReplyView
from bot.reading.document import read_records
from bot.wording.presentation import Words
from handlers.wecom.render import LIMIT, feedback_id, messages, opinion_about
from tests.conftest import SAMPLE

WORDS = Words()
PAGE = re.compile(r"\A（(\d+)/(\d+)）\n\n")


def quotation(answer, question="问？"):
    return Quotation(
        head="示例股份（300001）2025-04-28",
        notice="注意：以公司公告为准。",
        question_label="投资者问：",
        question=question,
        answer_label="公司答：",
        answer=answer,
        source="出处：记录表 编号2025-003 第5问",
        id="300001/2025-003#5",
    )


# Readers: what a person sees of a content. One is a real renderer of the documented syntax; the
# other eats whatever any renderer might, so that it shows only what no renderer can change.


def as_rendered(content):
    """Paragraphs as shown by a CommonMark renderer with tables, strike-through and line breaks."""
    renderer = MarkdownIt("commonmark", {"breaks": True}).enable(["table", "strikethrough"])
    shown, code = [], []
    for token in renderer.parse(content):
        if token.type in ("fence", "code_block"):
            code.append(token.content.removesuffix("\n"))
            shown.append(code[-1])
        elif token.type == "inline":
            shown.append("".join(_inline(child) for child in token.children or ()))
    return shown


def _inline(token):
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline") else ""


def as_eaten(content):
    """Paragraphs after a renderer that takes every mark it could take."""
    shown = []
    for at, piece in enumerate(re.split(r"^(`{3,}|~{3,})\n(.*?)\n\1$", content, flags=re.M | re.S)):
        if at % 3 == 2:
            shown.append(piece)
        elif at % 3 == 0:
            shown += [_eaten(paragraph) for paragraph in piece.strip("\n").split("\n\n")]
    return shown


def _eaten(text):
    text = re.sub(r"<[^>]*>?|&#?\w+;|[*_`~|\\]|!?\[[^\]]*\]?|\$[^$]*\$", "", text)
    text = re.sub(r"(?m)^\s*(?:#+|>+|[-+](?= |$)|\d+[.)](?=\D|$)|[-=]+$)", "", text)
    return "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n"))


READERS = [as_rendered, as_eaten]


def official(contents, read, label="公司答："):
    """The answer as read from all pages, its pieces joined."""
    pieces: list[str] = []
    begun = False
    for content in contents:
        for paragraph in read(PAGE.sub("", content)):
            if paragraph.startswith(label) and not begun:
                begun = True
                paragraph = paragraph.removeprefix(label)
                if not paragraph:
                    continue
            elif begun and paragraph.startswith("出处："):
                return "".join(pieces)
            if begun:
                pieces.append(paragraph)
    raise AssertionError("no source line after the answer")


def contents(shown, **options):
    bodies = messages(shown, WORDS, **options)
    found = [(body.get("markdown") or body["stream"])["content"] for body in bodies]
    assert all(1 <= len(content.encode()) <= LIMIT for content in found)
    return found


MARKED = [
    "增速约~5%~10%。",
    "3~5%，6~8%",
    "*ST示例与**重点**",
    "文件 a_b_c.pdf",
    "毛利率<5%，<font>色</font>",
    "# 标题",
    "公司回复\n# 不是标题\n> 不是引用\n- 不是列表",
    "`代码` 与 ```三个```",
    "1. 第一点\n3. 第三点",
    "1) 第一点",
    "[微笑] [链接](https://example.com)",
    "a | b\n--- | ---\n1 | 2",
    "标题\n===",
    "标题\n---",
    "反斜杠 \\. \\n",
    "R&amp;D 与 &lt;",
    "成本 $100，售价 $200",
    "　　首行缩进",
    "    四个空格",
    "两  个空格\t制表符",
    "末尾空格 \n下一行",
    "段一\n\n\n段二",
    "\n开头换行",
    "```\n整段\n```",
    "~~~\n`````\n~~~",
    "1、第一点\n（2）第二点\n2.5亿元",
    "http://www.cninfo.com.cn/a_b",
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("title", [item.replace("\n", "") for item in MARKED])
def test_what_was_announced_since_is_read_as_it_stands(title, read):
    line = LaterLine(
        f"此后公告：{title}（2025-059，2025-07-01）", "https://example.com/a_b?x=1&lt;=2"
    )
    (content,) = contents(ReplyView(quotations=(replace(quotation("答。"), later=(line,)),)))
    assert line.text in read(content)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("answer", MARKED)
def test_an_answer_with_marks_is_read_as_it_stands(answer, read):
    for question in ("问？", answer):
        shown = ReplyView(quotations=(quotation(answer, question),))
        assert official(contents(shown), read) == answer


@pytest.mark.parametrize("read", READERS)
@given(answer=st.text("中文。；\n 1.#>-+=*_`~<[]()|\\&;$a\t　出", min_size=1, max_size=60))
@example(answer="`" * 40 + "~" * 50)
@settings(max_examples=150, deadline=None)
def test_any_answer_is_read_as_it_stands(read, answer):
    assert official(contents(ReplyView(quotations=(quotation(answer),))), read) == answer


def test_plain_words_need_no_code_block():
    (content,) = contents(
        ReplyView(quotations=(quotation("公司2024年营业收入1.5亿元，同比+5%-8%。"),))
    )
    assert "```" not in content


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "answer",
    [
        "".join(f"第{n}句话说的是公司的经营情况。" for n in range(600)),
        "\n".join(f"{n}、公司的经营情况，分段说明。" for n in range(600)),
        "".join(f"增速约{n}~{n + 1}%，" for n in range(1_500)),
        "长" * 9_000,
        "A" * 50_000,
        "\n".join("1. 第一点说明公司的经营情况。" for _ in range(600)),
        "上句结束。1. 看似列表 # 看似标题。" * 500,
    ],
    ids=["sentences", "paragraphs", "marks", "no end", "latin", "list", "traps"],
)
def test_a_long_answer_arrives_whole_in_numbered_pages(answer, read):
    pages = contents(ReplyView(quotations=(quotation(answer),)))
    assert len(pages) > 1
    for at, page in enumerate(pages, 1):
        assert page.startswith(f"（{at}/{len(pages)}）\n\n")
    assert official(pages, read) == answer


def _records():
    """Every record shipped, and the real ones where they lie beside the checkout."""
    files = [SAMPLE, *Path(SAMPLE.parent).glob("*.*")]
    if folder := os.environ.get("IR_TEST_RECORDS"):
        files += [*Path(folder).glob("real/*.txt"), *Path(folder).glob("made_up/*")]
    for file in dict.fromkeys(files):
        if file.is_file():
            try:
                yield from read_records(file.read_bytes(), file.name)
            except Exception:
                continue  # a document made to be refused


def test_every_answer_of_every_record_is_read_as_it_stands():
    seen = 0
    for reading in _records():
        record = reading.record
        for item in record.questions:
            for number in (None, *(part.number for part in item.parts)):
                hit = Hit(record, item, 1.0, number)
                shown = WORDS.show(Answer((hit,), date(2026, 11, 24), among_many=True))
                (quoted,) = shown.quotations
                for read in READERS:
                    pages = contents(shown)
                    assert official(pages, read, quoted.answer_label) == quoted.answer
                    asked = [p for page in pages for p in read(page)]
                    assert quoted.question_label + quoted.question in asked or (
                        quoted.question in asked
                    )
                    assert quoted.source in asked
                seen += 1
    assert seen >= 31


@pytest.mark.parametrize("read", READERS)
def test_offers_and_listings_are_read_as_they_stand(read, responder):
    options = tuple(
        Option(letter, f"（第{at}问）", text, f"300001/2025-003#{at}")
        for at, (letter, text) in enumerate(zip("ABCDE", MARKED, strict=False), 1)
    )
    shown = ReplyView(intro="相近的投资者提问：", options=options)
    read_out = read(contents(shown)[0])
    for option in options:
        assert f"{option.letter}. {option.caption}{option.question}" in read_out or (
            option.question in read_out
        )
    listing = responder.show(responder.reply(Message("最新")))
    assert read("\n\n".join(contents(listing))) == listing.text.split("\n")


def test_pages_hold_whole_blocks_where_they_fit():
    middle = "中" * 3_500
    shown = ReplyView(quotations=(quotation(middle), quotation(middle), quotation("短。")))
    pages = contents(shown)
    assert len(pages) == 2
    assert all("公司答：" + middle in page for page in pages)


def test_a_feedback_id_holds_questions_and_query_within_its_limit():
    for query in ("可转债", "长" * 500, "a\nb\tc", ""):
        made = feedback_id(["300001/2025-003#5", "300001/2025-003#6"], query)
        assert len(made.encode()) <= 256
        ids, kept = opinion_about(made) or ([], "")
        assert ids == ["300001/2025-003#5", "300001/2025-003#6"]
        assert query.startswith(kept)
        assert kept or not query
    assert opinion_about("fb-0001") is None
    assert opinion_about("中文") is None
    assert feedback_id(["长" * 100], "") == ""


def test_a_nine_thousand_character_answer_arrives_whole_in_the_chat(bot, wecom, store, sample):
    answer = "".join(f"第{n}段说明公司的经营情况与规划。\n" for n in range(500))
    answer += "完" * (9_000 - len(answer))
    item = replace(sample.record.questions[0], answer=answer, parts=())
    record = replace(sample.record, record_no="2025-009", questions=(item,))
    store.add([replace(sample, record=record)], b"another", "another.txt")
    wecom.mention("300253/2025-009#1")
    wecom.until(lambda: len(wecom.posts) == 2)
    assert not wecom.refused
    assert official([post["content"] for post in wecom.posts], as_rendered) == answer
