"""Digests go out through whatever carries a chat's posts, also where nothing can be looked up."""

from __future__ import annotations

import time
from datetime import date, datetime
from datetime import time as clock
from zoneinfo import ZoneInfo

import pytest

from bot.commands import Plan
from bot.config import CHINA, Settings
from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import CannotCheck, Loss, Refused, Sent, Unconfirmed
from bot.digest.subscriptions import SubscriptionStore
from bot.message import Chat, Message
from bot.store import Database
from tests.conftest import open_by_words
from tests.waiting import until

DAY = date(2026, 9, 30)


class Group:
    """A chat whose platform tells nothing afterwards, as WeCom's; it keeps what it was sent."""

    rate_limits = RateLimits()
    is_ready = True

    def __init__(self):
        self.posts = []
        self.answer = Sent("")

    def render(self, shown, address):
        return [{"text": shown.text}]

    def send(self, payload, address, key):
        self.posts.append((address["chatid"], payload["text"]))
        return self.answer

    def look_up(self, payload, address, key):
        return CannotCheck()

    def reachability(self, chat):
        return ""

    def loss(self, reason):
        return Loss("revoked", for_good=reason == "gone")

    def address_of(self, chat):
        return {"chatid": chat.channel}

    def is_place(self, channel):
        return True

    def return_address(self, chat, address):
        return self.address_of(chat)

    def desk_address(self, desk, back):
        return self.address_of(desk)


class Bot:
    def __init__(self, store, desk_channels=()):
        self.now = datetime(2026, 9, 29, 10, tzinfo=CHINA)
        bot = open_by_words(Settings(store.place, desk_channels=desk_channels), lambda: self.now)
        self.group = Group()
        self.delivery, self.scheduler = bot.delivery, bot.scheduler
        self.subscriptions = bot.responder.subscribing.subscriptions
        self.delivery.register("wecom", self.group)
        self.delivery.start()

    def say(self, text, channel="G1"):
        count = len(self.group.posts)
        self.delivery.inbox.accept(
            f"m{time.monotonic_ns()}",
            Message(text, Chat("wecom", "B1", channel, "zhangsan")),
            {"chatid": channel},
        )
        self.until(lambda: len(self.group.posts) > count)
        return self.group.posts[-1][1]

    def at(self, instant, state):
        self.now = datetime.fromisoformat(instant).replace(tzinfo=CHINA)
        day = self.now.date()
        self.until(lambda: [e for e in self.subscriptions.entries(day, state) if e.day == day])

    def until(self, condition):
        """Wait, while the scheduler looks again and again."""

        def looked():
            self.scheduler.run_once(self.now)
            return condition()

        until(looked)


@pytest.fixture
def bots(store):
    made = []

    def make(*args):
        made.append(Bot(store, *args))
        return made[-1]

    yield make
    for bot in made:
        bot.delivery.stop()


def test_a_wecom_chat_subscribes_by_message_and_gets_its_digest(bots):
    bot = bots()
    assert bot.say("订阅 09:00").startswith("已订阅：A股交易日 09:00")
    bot.at("2026-09-30 09:00", "posted")
    chatid, text = bot.group.posts[-1]
    assert chatid == "G1"
    assert text.startswith("每日摘要 2026-09-30（周三）")
    assert len(bot.group.posts) == 2


def test_of_many_chats_only_those_are_read_whose_time_has_come(place):
    subscriptions = SubscriptionStore(Database.open(place))
    plans = {"G9": Plan(clock(9)), "G10": Plan(clock(10), every_day=True)}
    for channel, plan in plans.items():
        chat = Chat("wecom", "B1", channel, "zhangsan")
        subscriptions.subscribe(chat, plan, datetime(2026, 9, 29, 10, tzinfo=CHINA))

    def read(*given, **more):
        return [found.channel for found in subscriptions.without_entry(DAY, *given, **more)]

    assert read(clock(8, 59)) == []
    assert read(clock(9)) == ["G9"]
    assert read() == ["G9", "G10"]
    assert read(is_trading=False) == ["G10"]


def test_in_an_hour_that_comes_twice_the_first_ones_digest_is_still_due(bots):
    bot = bots()
    bot.say("订阅 01:30 每天")
    # Nothing served at the first 01:30 of this day.
    bot.now = datetime(2026, 11, 1, 1, 10, fold=1, tzinfo=ZoneInfo("America/New_York"))
    bot.until(lambda: bot.subscriptions.entries(date(2026, 11, 1), "posted"))


def test_a_fate_that_cannot_be_looked_up_is_listed_and_not_repeated(bots):
    bot = bots()
    bot.say("订阅 09:00")
    bot.group.answer = Unconfirmed("time-out")
    bot.at("2026-09-30 09:00", "unknown")
    bot.group.answer = Sent("")
    for _ in range(3):
        bot.scheduler.run_once(bot.now)
    assert sum("每日摘要 2026-09-30" in text for _, text in bot.group.posts) == 1


def test_only_new_is_noted_as_empty_and_posts_nothing(bots, store):
    bot = bots()
    bot.say("订阅 09:00 每天 仅新增")
    bot.at("2026-09-30 09:00", "posted")  # the import itself is news, once
    bot.at("2026-10-01 09:00", "empty")
    assert len(bot.group.posts) == 2


def test_a_chat_that_is_no_longer_the_desks_is_told_so_and_gets_nothing_more(bots):
    bot = bots(("G9",))
    bot.say("订阅 09:00 desk", "G9")
    bot.delivery.stop()
    other = bots()
    other.now = datetime(2026, 9, 30, 9, tzinfo=CHINA)
    other.until(lambda: other.group.posts)
    assert other.subscriptions.active() == []
    ((chatid, text),) = other.group.posts
    assert chatid == "zhangsan"
    assert "不在 IR_DESK_CHANNELS" in text


def test_a_chat_that_its_transport_calls_lost_for_good_is_retired_at_once(bots):
    bot = bots()
    bot.say("订阅 09:00 每天")
    bot.group.answer = Refused("gone", permanent=True)
    bot.at("2026-09-30 09:00", "failed")
    bot.until(lambda: not bot.subscriptions.active())
    bot.until(lambda: bot.group.posts[-1][0] == "zhangsan")
    assert "授权已失效" in bot.group.posts[-1][1]


def test_another_platforms_code_ends_nothing_at_once(bots):
    bot = bots()
    bot.say("订阅 09:00 每天")
    bot.group.answer = Refused("93000", permanent=True)
    bot.at("2026-09-30 09:00", "failed")
    bot.scheduler.run_once(bot.now)
    assert bot.subscriptions.active()
