"""What Slack shows is what is stored: every block of a reply taken back to text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.config import CHINA
from bot.errors import ReadingError
from bot.message import Answer, Decline, Hit, Suggest
from bot.reading.document import read_records
from bot.record import Announcement
from bot.wording.presentation import Words
from handlers.slack import render
from tests.wording.test_words import QUESTION, RECORD

WORDS = Words()
HOSTILE = (
    "增速约~5%~10%。*加粗* _斜_ `码`\n> 引用 & <@U1> <!here> @channel <http://a.cn|b> :smile:\n\n"
    "http://example.com/?a=1&b=2 &lt;原样&gt;"
)


def _shipped():
    root = Path(__file__).parents[3]
    for folder in (root / "data/records", root / "tests/records"):
        for path in sorted(folder.rglob("*")):
            # What is made to break a reader is read apart, in tests/reading.
            is_hostile = "hostile" in path.parts
            if path.suffix in (".txt", ".md", ".html", ".pdf", ".docx") and not is_hostile:
                yield pytest.param(path, id=path.name)


def spoken(messages):
    """The literal characters of all rich text, in order."""
    return "".join(
        element["text"]
        for message in messages
        for block in message["blocks"]
        if block["type"] == "rich_text"
        for section in block["elements"]
        for element in section["elements"]
    )


def check_limits(messages):
    for message in messages:
        assert len(message["blocks"]) <= 50
        assert 0 < len(message["text"]) <= 40_000
        rich = [block for block in message["blocks"] if block["type"] == "rich_text"]
        assert sum(len(spoken([{"blocks": [block]}])) for block in rich) <= 13_200
        for block in rich:
            for section in block["elements"]:
                assert section["elements"]
                assert all(element["type"] == "text" for element in section["elements"])
                assert all(0 < len(element["text"]) <= 3_000 for element in section["elements"])
        for block in message["blocks"]:
            if block["type"] == "actions":
                ids = [element["action_id"] for element in block["elements"]]
                assert len(set(ids)) == len(ids) <= 25
                assert all(0 < len(item["text"]["text"]) <= 75 for item in block["elements"])
                assert all(len(item["value"]) <= 2_000 for item in block["elements"])


def plain(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def check_whole(hit, **more):
    shown = WORDS.show(Answer((hit,), date(2026, 11, 24), **more))
    messages = render.messages(shown, WORDS, "问")
    check_limits(messages)
    (quoted,) = shown.quotations
    assert spoken(messages) == (
        quoted.head
        + quoted.notice
        + (quoted.question_label + quoted.question)
        + (quoted.answer_label + quoted.answer)
        + quoted.source
    )
    fallback = plain("".join(message["text"] for message in messages))
    assert quoted.question in fallback
    if len(messages) == 1:
        assert quoted.answer in fallback
    return messages


@pytest.mark.parametrize("path", list(_shipped()))
def test_every_question_of_every_shipped_record_comes_back_from_its_blocks(path):
    try:
        readings = read_records(path.read_bytes(), path.name)
    except ReadingError:
        pytest.skip("a record that is refused")
    for record in (reading.record for reading in readings):
        for question in record.questions:
            check_whole(Hit(record, question, 1.0))
            for part in question.parts:
                check_whole(Hit(record, question, 1.0, part.number))
                check_whole(Hit(record, question, 1.0, part.number), whole=True)
        if record.questions:
            hits = tuple(Hit(record, item, 0.5) for item in record.questions[:5])
            shown = WORDS.show(Suggest(hits))
            check_limits(offered := render.messages(shown, WORDS))
            assert all(hit.question.question in spoken(offered) for hit in hits)


def test_markup_in_a_document_stays_characters():
    question = replace(QUESTION, question=HOSTILE, answer=HOSTILE, parts=())
    (message,) = check_whole(Hit(RECORD, question, 1.0))
    assert "<!here>" not in message["text"]
    assert "<@U1>" not in message["text"]


def test_what_was_announced_since_comes_out_as_it_is_and_its_address_is_a_link():
    url = "https://example.com/" + "a_*b*~c?x=1&y=%20" * 100
    noted = Announcement("2025-059", HOSTILE.replace("\n", ""), date(2025, 7, 1), url)
    long = replace(QUESTION, question="长" * 10_900, answer="字" * 9_000, parts=())
    for question in (QUESTION, long):
        record = replace(RECORD, later=(("5", (noted, noted)),))
        shown = WORDS.show(Answer((Hit(record, question, 1.0),), date(2026, 11, 24)))
        messages = render.messages(shown, WORDS)
        assert shown.quotations[0].later[0].text in spoken(messages)
        fallback = "".join(message["text"] for message in messages)
        assert "<!here>" not in fallback
        assert url in plain(fallback)
        elements = [
            element
            for message in messages
            for section in message["blocks"][0]["elements"]
            for element in section["elements"]
        ]
        links = [element["url"] for element in elements if element["type"] == "link"]
        assert links == [url, url]


@pytest.mark.parametrize("length", [2_900, 9_000, 20_000, 60_000])
@pytest.mark.parametrize(
    "sentence", ["公司经营正常，请以公告为准。", "无句号𠮷", "x" * 4_000 + "。"]
)
def test_a_long_answer_is_split_and_never_cut(length, sentence):
    answer = (sentence * (length // len(sentence) + 1))[:length]
    messages = check_whole(Hit(RECORD, replace(QUESTION, answer=answer, parts=()), 1.0))
    if sentence.startswith("公司"):
        for message in messages[:-1]:
            assert spoken([message]).endswith("。")


def test_what_is_echoed_or_said_by_the_bot_is_within_limits_too():
    many = replace(RECORD, questions=tuple(replace(QUESTION, number=n) for n in range(1, 400)))
    check_limits([{"text": "x", **render.home([many] * 300, WORDS, (), CHINA)}])
    check_limits(render.messages(WORDS.show(Decline()), WORDS, "\x00\x1b" * 900))
    check_limits(
        render.to_asker(
            WORDS.show(Answer((Hit(RECORD, QUESTION, 1.0),), date.today())), WORDS, "\x00\x1b" * 900
        )
    )
