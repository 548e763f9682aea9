"""What a chat hears when it subscribes, and what is kept of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.config import CHINA, Settings
from bot.message import Chat, Message
from tests.conftest import open_by_words

C1 = Chat("slack", "T1", "C1", "U1")
C9 = Chat("slack", "T1", "C9", "U1")


class Dialog:
    """One chat's side of it; the clock is set by hand."""

    def __init__(self, store, managers=()):
        self.now = datetime(2026, 9, 30, 10, tzinfo=CHINA)
        settings = Settings(store.place, desk_channels=("C9",), managers=managers)
        self.responder = open_by_words(settings, lambda: self.now).responder
        self.responder.reachability = lambda chat: ""

    def say(self, text, chat=C1):
        return self.responder.show(self.responder.reply(Message(text, chat))).text

    def changes(self, chat=C1):
        return [
            (change.what, change.user)
            for change in self.responder.subscribing.subscriptions.changes(chat)
        ]


@pytest.fixture
def dialog(store):
    return Dialog(store)


def test_the_reply_names_days_time_zone_and_the_next_time(dialog):
    assert dialog.say("订阅 09:00") == (
        "已订阅：A股交易日 09:00（北京时间，Asia/Shanghai）每日摘要。"
        "下一次：2026-10-08（周四） 09:00。取消：退订"
    )


def test_subscribing_twice_moves_the_time_and_keeps_who_did_what(dialog):
    dialog.say("subscribe 09:00")
    other = Chat("slack", "T1", "C1", "U2")
    said = dialog.say("订阅 每天 下午3点 仅新增 300253", other)
    assert said.startswith(
        "已改订：每天 15:00（北京时间，Asia/Shanghai）每日摘要，仅新增，只含300253"
        "（原为A股交易日 09:00"
    )
    assert len(dialog.responder.subscribing.subscriptions.active()) == 1
    shown = dialog.say("查看订阅")
    assert "2026-09-30 10:00 U2 订阅\n2026-09-30 10:00 U1 订阅" in shown
    assert dialog.say("退订", other).startswith("已退订")
    assert dialog.say("退订").startswith("本会话没有订阅")
    assert dialog.changes() == [("unsubscribed", "U2"), ("subscribed", "U2"), ("subscribed", "U1")]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("subscribe 25:00", "看不懂“25:00”。时间写 00:00–23:59"),
        ("订阅", "请写时间，例如：订阅 09:00"),
        ("订阅 09:00 300999", "库中没有 300999 的记录（卫宁健康1份，最近2025-04-28）"),
        ("订阅 09:00 desk", "内部摘要只能发到管理员在 IR_DESK_CHANNELS 里列出的会话"),
        ("退订", "本会话没有订阅每日摘要"),
        ("查看订阅", "本会话没有订阅每日摘要"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_can(dialog, said, answer):
    assert answer in dialog.say(said)
    assert dialog.responder.subscribing.subscriptions.active() == []


def test_the_desks_digest_is_for_its_own_chats(dialog):
    assert "内部摘要。" in dialog.say("subscribe 09:00 desk", C9)
    assert "收到提问0条" in dialog.say("digest", C9)


def test_a_channel_without_the_bot_is_asked_to_invite_it(dialog):
    dialog.responder.reachability = lambda chat: "not a member"
    assert "请先邀请我" in dialog.say("subscribe 09:00")
    assert dialog.responder.subscribing.subscriptions.active() == []


def test_where_nothing_can_be_posted_nothing_is_subscribed(responder):
    for chat in (None, Chat("terminal", "", "", "")):
        said = responder.show(responder.reply(Message("订阅 09:00", chat))).text
        assert said.startswith("这里发不了每日摘要")


def test_asking_for_a_digest_changes_nothing(dialog):
    first, second = dialog.say("摘要"), dialog.say("digest")
    assert first == second
    assert "每日一问" in first
    assert "补录历史记录1份（300253/2025-002）" in first


def test_a_chat_narrowed_to_a_company_gets_a_digest_of_it(dialog):
    dialog.say("公司 300253")
    assert "300253" in dialog.say("摘要")


def test_without_records_the_digest_says_that_there_is_nothing(place):
    from bot.store import Store

    dialog = Dialog(Store(place))
    assert dialog.say("摘要").startswith("现在没有可发的内容")


def test_days_of_the_week_are_kept_and_named(dialog, store):
    said = dialog.say("订阅 09:00 周一三五")
    assert said.startswith("已订阅：A股交易日（限周一、周三、周五） 09:00（北京时间")
    assert "下一次：2026-10-09（周五） 09:00" in said
    (kept,) = dialog.responder.subscribing.subscriptions.active()
    assert kept.plan.weekdays == (0, 2, 4)
    assert "（原为A股交易日（限周一、周三、周五）" in dialog.say("订阅 每周一 9点")
    # as a process of an older version, begun before, goes on writing it
    with store.database.transaction() as db:
        db.execute("UPDATE subscriptions SET weekdays = NULL")
    (kept,) = dialog.responder.subscribing.subscriptions.active()
    assert kept.plan.weekdays == ()


def test_only_managers_change_a_chats_digest_and_company(store):
    dialog = Dialog(store, managers=("u2", "zhangsan"))
    manager = Chat("slack", "T1", "C1", "U2")
    assert "已订阅" in dialog.say("订阅 09:00", manager)
    for text in ("订阅 10:00", "退订", "公司 300253", "公司 全部"):
        assert dialog.say(text).startswith("本会话的订阅和公司只能由管理员（IR_MANAGERS）更改")
    assert dialog.say("查看订阅").startswith("本会话：A股交易日 09:00")
    assert "300253" in dialog.say("公司 300253", manager)
    subscribing = dialog.responder.subscribing
    subscribing.subscriptions.subscribe(C9, subscribing.subscriptions.active()[0].plan, dialog.now)
    assert subscribing.changeable(C9) == []
    assert len(subscribing.changeable(manager)) == 1
    assert dialog.say("退订", manager).startswith("已退订")
