"""Askers' words in what the desk decided on go with the other ones; its own decisions stay."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.config import CHINA, Settings
from bot.errors import NotFoundError
from bot.message import Chat, Decline, Message
from tests.conftest import open_by_words

NOW = datetime(2025, 5, 6, 9, tzinfo=CHINA)
BOND = "300253/2025-002#24.2"
SLANG = "那个大债啥时候弄完"
OTHER = "天上的云彩为什么"


@pytest.fixture
def bot(store):
    return open_by_words(Settings(store.place, desk_approvals=2), lambda: NOW)


def miss(store, text, user="u1", ago=0):
    chat = Chat("slack", "w", "c", user)
    store.add_miss(chat, text, "suggest", NOW - timedelta(days=ago))
    return chat


def picked(bot, text, user):
    """Somebody asks and picks of the list."""
    for said in (text, "A"):
        bot.responder.reply(Message(said, Chat("slack", "w", "c", user)))


def kept(store):
    """The words that the file holds of what the desk decided on, and of the journal."""
    db = store.database.connection()
    return "".join(
        str(row)
        for table in ("aliases", "counterexamples", "miss_marks", "journal")
        for row in db.execute(f"SELECT * FROM {table}").fetchall()
    )


def test_a_mark_ends_with_the_last_miss_of_its_words(bot, store):
    miss(store, OTHER)
    miss(store, f"{OTHER}呢", "u2", ago=-40)
    bot.teaching.mark("王芳", OTHER, "not ours")
    store.forget_askers(NOW + timedelta(days=89), 90)
    assert store.not_ours().keys() == {OTHER, f"{OTHER}呢"}
    before = store.generation()
    store.forget_askers(NOW + timedelta(days=91), 90)
    assert store.not_ours().keys() == {f"{OTHER}呢"}
    assert store.generation() > before  # running processes are told
    store.forget_askers(NOW + timedelta(days=131), 90)
    assert store.not_ours() == {}
    assert OTHER not in kept(store)
    assert store.mark(1).state == "not ours"  # who decided what is still known


def test_a_proposal_goes_in_time_and_what_is_live_stays(bot, store):
    bot.teaching.propose("王芳", BOND, SLANG)
    bot.teaching.approve("李明", 1)
    picked(bot, "医院的数据", "u1")
    picked(bot, "医院的数据？", "u2")
    (proposed,) = bot.teaching.propose_picks()
    denied = bot.teaching.reject("王芳", OTHER, BOND)
    undone = bot.teaching.reject("王芳", f"{OTHER}呢", BOND)
    bot.teaching.undo_rejection("王芳", undone.id)
    store.forget_askers(NOW + timedelta(days=89), 90)
    assert store.alias(proposed.id).text == proposed.text
    store.forget_askers(NOW + timedelta(days=3650), 90)
    assert [(alias.id, alias.state) for alias in store.aliases()] == [(1, "live")]
    assert [item.id for item in store.counterexamples()] == [denied.id]
    for gone in (proposed.text, f"{OTHER}呢"):
        assert gone not in kept(store)
    for number in (proposed.id, 99):
        with pytest.raises(NotFoundError):
            bot.teaching.approve("李明", number)
    with pytest.raises(NotFoundError):
        bot.teaching.undo_rejection("王芳", undone.id)
    assert bot.teaching.propose("王芳", proposed.question_id, "医院的数据").id == proposed.id + 1


def test_a_refused_proposal_is_not_proposed_again_while_its_picks_are_kept(bot, store):
    picked(bot, "医院的数据", "u1")
    picked(bot, "医院的数据？", "u2")
    (proposed,) = bot.teaching.propose_picks()
    bot.teaching.refuse("王芳", proposed.id)
    store.forget_askers(NOW + timedelta(days=89), 90)
    assert bot.teaching.propose_picks() == []
    store.forget_askers(NOW + timedelta(days=91), 90)
    assert bot.teaching.propose_picks() == []
    assert proposed.text not in kept(store)


def test_one_person_s_words_go_and_those_that_others_typed_too_stay(bot, store):
    for user in ("u1", "u2"):
        miss(store, OTHER, user)
    miss(store, f"{OTHER}呢", "u1")
    bot.teaching.mark("王芳", OTHER, "not ours")
    bot.teaching.propose("王芳", BOND, SLANG)
    miss(store, f" {SLANG}\n", "u1")
    assert store.forget("u1") == {"misses": 3, "miss_marks": 1, "aliases": 1}
    assert f"{OTHER}呢" in kept(store)  # only looked at
    store.forget("u1", by="王芳")
    assert store.not_ours().keys() == {OTHER}
    assert f"{OTHER}呢" not in kept(store)
    assert SLANG not in kept(store)
    store.forget("u2", by="王芳")
    assert OTHER not in kept(store)


def test_what_a_mark_ended_for_is_answered_again_as_before(bot, store):
    before = bot.responder.reply(Message("#7"))
    miss(store, "公司的主营业务")
    bot.teaching.mark("王芳", "公司的主营业务", "not ours")
    asked = Message("公司的主营业务")
    assert isinstance(bot.responder.reply(asked), Decline)
    store.forget("u1", by="王芳")
    assert not isinstance(bot.responder.reply(asked), Decline)
    assert bot.responder.reply(Message("#7")) == before
