"""What the bot printed, pasted back, is the question or record that it is of, in each language."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from pathlib import Path

import pytest

from bot.config import CHINA, Settings
from bot.message import Answer, Chat, Decline, Listing, Message, Notice, Suggest
from bot.reading.document import read_records
from bot.record import Reading
from bot.store import Store
from handlers.slack import render as slack
from handlers.wecom import render as wecom
from tests.conftest import open_by_words
from tests.matching.test_matching import OTHERS, made

RECORDS = Path(__file__).parents[1] / "records/made_up"
FILES = (
    "layout_f_compound_question.txt",  # parts
    "layout_b_numbered_with_da.txt",
    "layout_a_unlabelled_answers.txt",
    "layout_n_two_sessions.txt",  # numbers printed twice
    "layout_g_wen_da_in_one_line.txt",  # questions without numbers
    "header_number_none.txt",  # no 编号
)


def desk_over(folder, files, lang):
    store = Store(folder / "irbot.db")
    for name in files:
        content = (RECORDS / name).read_bytes()
        store.add(read_records(content, name), content, name)
    now = datetime(2026, 7, 1, 9, tzinfo=CHINA)
    return open_by_words(Settings(store.place, lang=lang), lambda: now).responder


@pytest.fixture(
    scope="module", params=[*product(["zh", "en"], [FILES, *((one,) for one in FILES)])]
)
def desk(request, tmp_path_factory):
    lang, files = request.param
    return desk_over(tmp_path_factory.mktemp("citing"), files, lang)


def reply(desk, text, chat=None):
    return desk.reply(Message(text, chat))


def every_answer(desk):
    for record in desk.records():
        for question in record.questions:
            for part in ("", *(f".{part.number}" for part in question.parts)):
                yield reply(desk, f"{record.id}#{question.number}{part}")


def test_a_source_line_alone_or_with_its_answer_is_its_question(desk):
    seen = 0
    for answer in every_answer(desk):
        (quotation,) = desk.show(answer).quotations
        source = quotation.source
        for pasted in (source, f"> {source}", quotation.text, f"{quotation.head}\n{source}。"):
            again = reply(desk, pasted)
            assert isinstance(again, Answer), pasted
            assert again.hits[0].id == answer.hits[0].id
            assert quotation.id in (again.hits[0].full_id, again.hits[0].id)
        seen += 1
    assert seen


def test_an_answers_buttons_typed_out_do_what_pressing_them_does(desk):
    chat = Chat("test", "", "buttons", "U")
    for answer in every_answer(desk):
        desk.remember(Message("", chat), answer)
        for button in desk.show(answer).buttons:
            typed = reply(desk, button.label, chat)
            pressed = reply(desk, button.sends, chat)
            assert isinstance(typed, Answer)
            assert typed.hits[0].id == pressed.hits[0].id


def test_a_head_or_a_list_of_questions_is_its_record(desk):
    for record in desk.records():
        listing = reply(desk, record.id)
        assert isinstance(listing, Listing)
        shown = desk.show(listing).text
        for pasted in (desk.words.head(record), "\n".join(shown.splitlines()[:2]), shown):
            assert reply(desk, pasted) == listing, pasted


def test_a_line_of_an_offer_is_its_question(tmp_path):
    for lang in ("zh", "en"):
        (folder := tmp_path / lang).mkdir()
        desk = desk_over(folder, FILES, lang)
        offer = reply(desk, "第1问")
        assert isinstance(offer, Suggest)
        assert len(offer.hits) > 2
        for option, hit in zip(desk.show(offer).options, offer.hits, strict=True):
            again = reply(desk, f"{option.letter}. {option.caption}{option.question}")
            assert isinstance(again, Answer)
            assert again.hits[0].id == hit.id


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_line_of_a_digest_or_a_label_is_what_it_names(tmp_path, lang):
    desk = desk_over(tmp_path, FILES, lang)
    record = desk.records()[-1]
    id_ = f"{record.id}#1"
    text = desk.words.text
    for line in (
        text("same", question=id_),
        text("newer", when=record.event_date, question=id_),
        text("similar", place=2, question=id_),
        text("digest, open", id=id_),
        text("digest, earlier", when=record.event_date, no=1, id=id_),
        text("whole") + f" {id_}",
    ):
        again = reply(desk, line)
        assert isinstance(again, Answer), line
        assert again.hits[0].id == id_
    about = text(
        "digest, record",
        form=text("form"),
        record_no=desk.words.record_no(record),
        count=len(record.questions),
        id=text("digest, id", id=record.id),
    )
    for line in (about, f"{desk.words.head(record)}{text('digest, corrected')}\n{about}"):
        listing = reply(desk, line)
        assert isinstance(listing, Listing), line
        assert listing.record == record


@pytest.mark.parametrize(
    "no", ["2025（001）", "2025-001、002", "2025:1", "投 2025-1号", "2025-IR/2"]
)
def test_an_id_is_read_whatever_marks_its_number_holds(tmp_path, no):
    store = Store(tmp_path / "irbot.db")
    record = made(*OTHERS, no=no)
    store.add([Reading(record)], b"1", "1.txt")
    store.add([Reading(made(*OTHERS, no="2020-1"))], b"2", "2.txt")
    desk = open_by_words(Settings(store.place)).responder
    chat = Chat("test", "", "", "U")
    for typed in (
        f"{record.id}#2",
        f"全文 {record.id}#2",
        "全文",
        desk.show(reply(desk, f"{record.id}#2")).quotations[0].source,
    ):
        again = reply(desk, typed, chat)
        assert isinstance(again, Answer), typed
        assert again.hits[0].id == f"{record.id}#2"


def test_what_was_withdrawn_since_reads_as_if_it_never_was_there(tmp_path):
    desk = desk_over(tmp_path, FILES, "zh")
    record = desk.records()[0]
    answer = reply(desk, f"{record.id}#1")
    pasted = desk.show(answer).text
    other = desk.show(reply(desk, f"{record.id}#2")).text
    store = Store(tmp_path / "irbot.db")
    store.withdraw(f"{record.id}#1", "误")
    assert isinstance(reply(desk, pasted), Decline)
    store.withdraw(record.id, "误")
    for text in (pasted, other, desk.words.head(record)):
        gone = reply(desk, text)
        assert isinstance(gone, Notice)
        assert not isinstance(gone, Decline)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_label_that_is_shown_can_be_typed(store, lang):
    responder = open_by_words(Settings(store.place, lang=lang)).responder
    typed = 0
    for platform, asked in product(("terminal", "slack", "wecom"), ("可转债", "毛利率", "第24问")):
        chat = Chat(platform, "T", "C", "U")
        shown = responder.show(responder.reply(Message(asked, chat)))
        posts = [*slack.messages(shown, responder.words), *wecom.messages(shown, responder.words)]
        labels = [*(button.label for button in shown.buttons), *_labels(posts)]
        for label in (one for one in labels if one not in map(responder.words.text, OPINIONS)):
            responder.reply(Message(asked, chat))
            assert isinstance(responder.reply(Message(label, chat)), Answer), label
            typed += 1
    assert typed > 10


OPINIONS = ("helpful", "unhelpful")  # thanked for where they are typed


def _labels(payload):
    """What stands on buttons of Slack and WeCom."""
    if isinstance(payload, dict):
        if payload.get("type") == "button":
            yield payload["text"]["text"]
        yield from (button["text"] for button in payload.get("button_list", ()))
    inner = payload.values() if isinstance(payload, dict) else payload
    for one in inner if isinstance(payload, (dict, list)) else ():
        yield from _labels(one)
