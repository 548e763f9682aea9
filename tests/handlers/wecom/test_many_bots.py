"""Smart bots of several corporations, each by its own connection; added and removed meanwhile."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import pytest

from bot.commands import parse_plan
from bot.config import load_settings
from bot.delivery.mailbox import undelivered
from bot.digest.leaving import Left, leave
from bot.message import Chat, Message
from bot.sealing import Seal, new_key
from bot.store.installations import Installations
from handlers.doctor import checks
from handlers.wecom.app import WecomChat
from tests.conftest import NOW, open_by_words
from tests.fakes.wecom import BOT, FakeWecom
from tests.handlers.wecom.conftest import QUICK

KEY = new_key()
OTHER, SECRET = "aibOTHER", "another-secret"
QUESTION = "300253/2025-002#7"


@pytest.fixture
def other(wecom):
    """The gateway of a second bot, at the same address."""
    wecom.others[OTHER] = FakeWecom(bot=OTHER, secret=SECRET)
    return wecom.others[OTHER]


@pytest.fixture
def kept(store, tmp_path):
    """The table of bots."""
    return Installations(tmp_path / "irbot.db", Seal([KEY]))


@pytest.fixture
def serve(wecom, store, tmp_path):
    running = []

    def serve(**env):
        env = {**wecom.env, "IR_DB": "irbot.db", "IR_SECRET_KEY": KEY, **env}
        bot = open_by_words(load_settings(env, tmp_path))
        settings = load_settings(env, tmp_path)
        chat = WecomChat(settings, bot.responder, bot.delivery, QUICK, look_s=0.05)
        running.append((chat, bot))
        bot.delivery.start()
        chat.start()
        return chat, bot

    yield serve
    for chat, bot in running:
        chat.stop()
        bot.delivery.stop()


def connected(gateway, bot, *bots):
    """Wait until these are: what is said before a connection knows so is answered by a push."""
    is_ready_in = bot.delivery.transport("wecom").is_ready_in
    gateway.until(lambda: all(map(is_ready_in, bots)))


def add(kept, bot=OTHER, secret=SECRET, name="小助手"):
    kept.add("wecom", bot, secret, datetime.now(UTC), "corp", {"names": [name]})


def test_each_corporation_is_answered_by_its_own_bot(serve, wecom, other, kept):
    add(kept)
    chat, bot = serve()
    connected(wecom, bot, BOT, OTHER)
    own, theirs = wecom.say(QUESTION, user="zhangsan"), other.say(QUESTION, user="lisi")
    wecom.until(lambda: wecom.answers(own) and other.answers(theirs))
    assert [post["chat"] for post in wecom.posts] == ["zhangsan"]
    assert [post["chat"] for post in other.posts] == ["lisi"]
    assert wecom.refused + other.refused == []
    assert chat.state == "connected"


def test_what_goes_out_unasked_goes_by_the_bot_of_its_chat(serve, wecom, other, kept):
    add(kept)
    _, bot = serve()
    connected(wecom, bot, BOT, OTHER)
    for gateway in (wecom, other):
        gateway.enter("lisi")
    wecom.until(lambda: wecom.welcomes and other.welcomes)
    chat = Chat("wecom", OTHER, "lisi", "lisi")
    transport = bot.delivery.transport("wecom")
    assert transport.reachability(chat) == ""
    assert transport.reachability(Chat("wecom", "aibNOBODY", "lisi", "lisi")) == "no push"
    shown = bot.responder.show(bot.responder.reply(Message(QUESTION)))
    address = transport.address_of(chat)
    bot.delivery.sender.enqueue("digest/x", chat, transport.render(shown, address), address)
    wecom.until(lambda: other.posts)
    assert (other.posts[0]["cmd"], wecom.posts) == ("aibot_send_msg", [])


def test_one_that_is_refused_or_sealed_stops_no_other(serve, wecom, other, kept, caplog):
    add(kept, "aibWRONG", "wrong")
    Installations(kept.place, Seal([new_key()])).add("wecom", "aibSEALED", "x", datetime.now(UTC))
    add(kept)
    chat, bot = serve()
    connected(wecom, bot, BOT, OTHER)
    asked = other.say(QUESTION)
    wecom.until(lambda: other.answers(asked))
    assert any(code == 853000 for code, _ in wecom.refused)
    assert caplog.text.count("bot aibSEALED cannot be opened") == 1
    assert SECRET not in caplog.text
    assert chat.state == "connected"


def test_a_bot_added_while_serving_is_served_and_a_removed_one_is_closed(
    serve, wecom, other, kept, caplog
):
    caplog.set_level(logging.INFO)
    chat, bot = serve(WECOM_BOT_ID="", WECOM_BOT_SECRET="")
    assert chat.state == "connected"  # nothing is wanted of it yet
    add(kept)
    connected(wecom, bot, OTHER)
    asked = other.say(QUESTION, user="lisi")
    wecom.until(lambda: other.answers(asked))
    group = Chat("wecom", OTHER, "lisi", "lisi")
    ledger = bot.responder.subscribing.subscriptions
    ledger.subscribe(group, parse_plan("09:00"), NOW)
    left = leave(kept, "wecom", OTHER, "removed", NOW)
    assert left == Left(posts=0, subscriptions=1)
    assert kept.of("wecom") == []
    wecom.until(lambda: not wecom._sockets)
    assert ledger.get(group).ended_why == "removed"
    assert bot.delivery.transport("wecom").reachability(group) == "no push"
    assert not undelivered(kept.place)
    add(kept)  # and it may come back
    connected(wecom, bot, OTHER)


def test_sealed_anew_a_bot_stays_connected_and_with_another_secret_it_connects_anew(
    serve, wecom, other, kept, tmp_path
):
    add(kept)
    _, bot = serve()
    connected(wecom, bot, OTHER)
    kept.seal_anew()
    other.secret = "changed"
    add(kept, secret="changed")
    wecom.until(lambda: len(other.opened) == 2)
    assert len(other.opened) == 2  # not a third time, for the seal


def test_a_bot_that_was_refused_for_good_is_tried_anew_once_it_is_added_anew(
    serve, wecom, other, kept
):
    add(kept)
    other.secret = "of before"
    chat, bot = serve(WECOM_BOT_ID="", WECOM_BOT_SECRET="")
    wecom.until(lambda: chat.state == "failed")
    other.secret = SECRET
    add(kept)
    connected(wecom, bot, OTHER)


def test_a_bot_that_was_added_anew_hears_its_new_name(serve, wecom, other, kept):
    add(kept)
    _, bot = serve()
    connected(wecom, bot, OTHER)
    add(kept, name="投关助手")
    wecom.until(lambda: len(other.opened) == 2)


def test_the_command_takes_the_secret_from_its_input_and_refuses_the_same_bot_twice(irbot, wecom):
    env = {**wecom.env, "IR_SECRET_KEY": KEY}
    added = irbot("wecom", "add", OTHER, "--for", "甲公司", stdin=f"{SECRET}\n", **env)
    assert added.returncode == 0
    for bot in (OTHER, BOT):
        again = irbot("wecom", "add", bot, stdin=f"{SECRET}\n", **env)
        assert (again.returncode, "已经接上" in again.stderr) == (1, True)
    listed = irbot("wecom", "list", **env)
    assert (OTHER in listed.stdout, "甲公司" in listed.stdout) == (True, True)
    assert SECRET not in added.stderr + added.stdout + listed.stdout + listed.stderr
    nothing = irbot("wecom", "add", "aibNEW", stdin="\n", **env)
    assert (nothing.returncode, "WECOM_BOT_SECRET" in nothing.stderr) == (1, True)
    keyless = irbot("wecom", "add", "aibNEW", stdin="x\n")
    assert (keyless.returncode, "IR_SECRET_KEY" in keyless.stderr) == (1, True)
    allowed = irbot("workspaces", "allow", f"wecom:{OTHER}", "300253", "600000", **env)
    told = irbot("workspaces", "list", **env)
    assert allowed.returncode == 0
    assert f"wecom:{OTHER} 只能看到：300253、600000" in told.stdout
    assert irbot("workspaces", "allow", f"wecom:{OTHER}").returncode == 2
    for typo in (f"weocm:{OTHER}", f"wecom: {OTHER}", "slack:t0alpha", "slack", ":T0"):
        refused = irbot("workspaces", "allow", typo, "300253")
        assert (refused.returncode, "只能看到" in refused.stderr) == (2, False)
    told = irbot("workspaces", "allow", "wecom:aibNOBODY", "300253", **env)
    assert (told.returncode, "还没有 wecom:aibNOBODY" in told.stderr) == (0, True)
    assert "还没有" not in allowed.stderr
    assert irbot("wecom", "remove", OTHER, **env).returncode == 0
    assert irbot("wecom", "remove", OTHER, **env).returncode == 1
    key = irbot("workspaces", "new-key").stdout.strip()
    assert Seal([key]).open(Seal([key]).seal("x")) == "x"


def test_the_doctor_names_the_bots_whose_secrets_cannot_be_opened(kept, wecom, store, tmp_path):
    add(kept)
    env = {"IR_DB": "irbot.db", "IR_HTTP": ""}
    for key, ok in ((KEY, True), (new_key(), False)):
        settings = load_settings({**env, "IR_SECRET_KEY": key}, tmp_path)
        found = [one for one in checks(settings) if one.what == "企业微信添加的机器人"]
        assert [one.ok for one in found] == [ok]
        assert (OTHER in found[0].said) == (not ok)
