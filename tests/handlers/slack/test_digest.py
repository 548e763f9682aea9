"""Digests in a workspace: on time, once, to whoever wants them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import partial

import pytest
from flask import make_response

from bot.commands import Plan
from bot.config import CHINA, load_settings
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import TradingDays
from bot.message import Chat
from bot.store import Database
from handlers.slack.app import SlackChat
from tests import warm
from tests.conftest import open_by_words
from tests.fakes.slack import TEAM, FakeSlack
from tests.fakes.webhook import FakeWebhook
from tests.waiting import PATIENCE_S


@pytest.fixture
def workspace(slack, store, tmp_path):
    """A running bot whose clock is ours: `workspace.at("2026-09-30 09:00")` looks once then."""

    class Workspace:
        def __init__(self):
            env = {**slack.env, "IR_DB": "irbot.db", "IR_DESK_CHANNELS": "C9"}
            settings = load_settings(env, tmp_path)
            self.now = datetime(2026, 9, 29, 10, tzinfo=CHINA)
            bot = open_by_words(settings, lambda: self.now)
            self.subscriptions = bot.responder.subscribing.subscriptions
            self.delivery, self.scheduler = bot.delivery, bot.scheduler
            self.chat = SlackChat(settings, bot.responder, bot.delivery)
            self.delivery.start()
            self.chat.start()
            slack.until(lambda: slack.sockets)

        def at(self, instant):
            self.now = datetime.fromisoformat(instant).replace(tzinfo=CHINA)
            self.scheduler.run_once(self.now)

        def settled(self, day, state):
            """Look until the ledger says so."""

            def look():
                self.scheduler.run_once(self.now)
                return self.subscriptions.entries(date.fromisoformat(day), state)

            return slack.until(look)

    workspace = Workspace()
    yield workspace
    # It waits for the socket's workers, which nothing here does.
    threading.Thread(target=workspace.chat.stop, daemon=True).start()
    workspace.delivery.stop()


def told(answer):
    return answer["text"]


def test_a_channel_subscribes_and_is_posted_to_at_that_time_on_trading_days(workspace, slack):
    assert "下一次：2026-09-30（周三） 09:00" in told(slack.command("subscribe 09:00"))
    workspace.at("2026-09-30 08:59")
    time.sleep(0.2)
    assert not slack.posts
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "posted")
    for day in range(1, 8):  # the week of National Day
        workspace.at(f"2026-10-0{day} 09:00")
    workspace.at("2026-09-30 09:00")  # the clock went back
    workspace.at("2026-10-08 09:00")
    workspace.settled("2026-10-08", "posted")
    assert [post["channel"] for post in slack.posts] == ["C1", "C1"]
    assert "每日摘要 2026-10-08" in slack.posts[1]["text"]
    assert "thread_ts" not in slack.posts[0]


def test_every_item_can_be_opened(workspace, slack):
    slack.command("subscribe 09:00")
    workspace.at("2026-09-30 09:00")
    post = slack.until(lambda: slack.posts)[0]
    slack.press(post, "300253/2025-002")
    opened = slack.until(lambda: slack.posts[1:])[0]
    assert opened["thread_ts"] == post["ts"]
    assert "共31问" in opened["text"]


def test_late_within_four_hours_is_posted_later_is_skipped_and_noted(workspace, slack):
    slack.command("subscribe 09:00 每天")
    workspace.at("2026-09-30 13:00")
    workspace.settled("2026-09-30", "posted")
    workspace.at("2026-10-01 13:01")
    workspace.settled("2026-10-01", "skipped")
    assert len(slack.posts) == 1
    workspace.at("2026-10-01 12:59")  # the clock was wrong and was put right
    workspace.settled("2026-10-01", "posted")
    assert len(slack.posts) == 2


def test_a_time_that_has_passed_begins_with_the_next_day(workspace, slack):
    workspace.at("2026-09-30 09:30")
    slack.command("subscribe 09:00")
    workspace.at("2026-09-30 09:31")
    time.sleep(0.3)
    assert not slack.posts


def test_a_clock_put_back_after_subscribing_stops_nothing(workspace, slack):
    workspace.at("2026-11-20 12:00")
    slack.command("subscribe 09:00")
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "posted")
    assert workspace.subscriptions.entries(date(2026, 9, 1), "skipped") == []


def test_moving_the_time_does_not_post_twice_on_a_day(workspace, slack):
    slack.command("subscribe 09:00")
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "posted")
    slack.command("subscribe 10:00")
    workspace.at("2026-09-30 10:00")
    time.sleep(0.3)
    assert len(slack.posts) == 1


def test_a_channel_without_the_bot_is_asked_to_invite_it(workspace, slack):
    slack.channels["C7"] = {"is_member": False}
    slack.channels["C8"] = {"is_archived": True}
    assert "请先邀请我" in told(slack.command("subscribe 09:00", channel="C7"))
    assert "已归档" in told(slack.command("subscribe 09:00", channel="C8"))
    assert workspace.subscriptions.active() == []


def test_a_digest_asked_for_is_seen_by_the_asker_only(workspace, slack):
    answer = slack.command("digest")
    assert answer["response_type"] == "ephemeral"
    assert "每日摘要 2026-09-29" in told(answer)
    assert not slack.posts


@pytest.mark.parametrize("error", ["not_in_channel", "is_archived", "channel_not_found"])
def test_a_channel_out_of_reach_is_given_up_after_a_grace_and_its_maker_told(
    workspace, slack, error
):
    slack.command("subscribe 09:00 每天", user="U7")
    slack.closed["C1"] = error
    for day in ("2026-09-30", "2026-10-01", "2026-10-02"):
        assert workspace.subscriptions.active()
        workspace.at(f"{day} 09:00")
        workspace.settled(day, "failed")
    assert workspace.subscriptions.active() == []
    post = slack.until(lambda: slack.posts)[0]
    assert post["channel"] == "U7"
    assert "C1 的每日摘要已停发" in post["text"]
    workspace.at("2026-10-03 09:00")
    time.sleep(0.2)
    assert slack.calls.count("chat.postMessage") == 4


def test_one_bad_day_ends_nothing_and_what_did_not_arrive_is_shown_the_next_day(workspace, slack):
    slack.command("subscribe 09:00 每天")
    slack.closed["C1"] = "not_in_channel"
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "failed")
    del slack.closed["C1"]
    workspace.at("2026-10-01 09:00")
    workspace.settled("2026-10-01", "posted")
    assert "补录历史记录1份" in slack.posts[0]["text"]


def test_the_desks_digest_stays_in_its_chats(workspace, slack):
    slack.command("subscribe 09:00 desk", channel="C9")
    slack.mention("明天会下雨吗", channel="C1")
    slack.until(lambda: slack.posts)
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "posted")
    assert "收到提问1条：答复0" in slack.posts[-1]["text"]
    assert "下雨" not in slack.posts[-1]["text"]


def test_app_home_lists_ones_own_digests_and_changes_them(workspace, slack):
    slack.command("subscribe 09:00", channel="C0GENERAL", user="U7")
    slack.event("app_home_opened", None, "D1", "U7", tab="home")
    view = slack.until(lambda: slack.views)[0]["view"]
    assert "C0GENERAL" in str(view)
    slack.act(view, "digest_at", user="U7", selected_time="10:30")
    view = slack.until(lambda: slack.views[1:])[0]["view"]
    (moved,) = workspace.subscriptions.active()
    assert moved.plan.at.isoformat("minutes") == "10:30"
    slack.act(view, "digest_end", user="U8")  # somebody else's click changes nothing
    assert workspace.subscriptions.active()
    slack.act(view, "digest_end", user="U7")
    slack.until(lambda: not workspace.subscriptions.active())


def test_a_limited_digest_waits_and_a_lost_answer_is_looked_up(workspace, slack):
    faults: list[str] = []

    def limited_then_lost(method, given):
        if method != "chat.postMessage" or len(faults) == 2:
            return None
        faults.append(method)
        if len(faults) == 1:
            answer = make_response({"ok": False, "error": "ratelimited"}, 429)
            answer.headers["Retry-After"] = "1"
            return answer
        slack.keep(given)
        return make_response("gateway", 502)

    slack.faults.append(limited_then_lost)
    slack.command("subscribe 09:00")
    workspace.at("2026-09-30 09:00")
    workspace.settled("2026-09-30", "posted")
    assert len(slack.posts) == 1


# Whole processes


class Servers:
    """`irbot serve` on one store, with a clock that starts where we say."""

    def __init__(self, slack, imported, folder, **env):
        self.slack = slack
        self.folder = folder
        self.env = {**os.environ, **slack.env, "IR_HTTP": "", "IR_DB": "irbot.db", **env}
        imported.copy(folder / "irbot.db")
        self.subscriptions = SubscriptionStore(Database.open(folder / "irbot.db"))

    def start(self, now):
        opened = len(self.slack.opened)
        env = {**self.env, "IR_NOW": now.isoformat()}
        process = warm.Started(["serve"], self.folder, env, self.folder / "log")
        self.slack.until(lambda: len(self.slack.opened) > opened)
        return process

    def subscribe(self, *channels):
        for channel in channels:
            self.subscriptions.subscribe(
                Chat("slack", TEAM, channel, "U1"),
                Plan(clock(9)),
                datetime(2026, 9, 1, tzinfo=CHINA),
            )

    def all_settled(self, day, chats):
        """Whether so many chats have theirs, as far as can be known."""
        entries = self.subscriptions.entries(day, "posted", "unknown")
        return sum(entry.day == day for entry in entries) == chats


@pytest.mark.trial
@pytest.mark.parametrize("days", [30])
def test_one_post_a_due_day_over_kills_around_the_due_minute(days, imported, tmp_path):
    chance = random.Random(days)
    calm = {"at": 0.0}

    def slack_trouble(method, given):
        if method != "chat.postMessage" or time.monotonic() < calm["at"]:
            return None
        match chance.randrange(4):
            case 0:
                answer = make_response({"ok": False, "error": "ratelimited"}, 429)
                answer.headers["Retry-After"] = "1"
                return answer
            case 1:  # made, and the answer is lost
                fake.keep(given)
                calm["at"] = time.monotonic() + 3
                return make_response("gateway", 502)
        return None

    def group_trouble(key, body):
        if chance.randrange(4):
            return None
        if chance.randrange(2):
            group.posts.append((key, body))
        return make_response("gateway", 502)

    # With the week of National Day in the long form, Mid-Autumn in the short one.
    span = [date(2026, 9, 24) + timedelta(at) for at in range(days)]
    due = [day for day in span if TradingDays().includes(day)]
    with FakeSlack() as fake, FakeWebhook() as group:
        fake.faults.append(slack_trouble)
        group.fault = group_trouble
        servers = Servers(
            fake, imported, tmp_path, WECOM_API_URL=group.url, WECOM_WEBHOOKS="key-of-a-group"
        )
        servers.subscribe("C1", "C2")
        for day in span:
            nine = datetime(day.year, day.month, day.day, 9, tzinfo=CHINA)
            process = servers.start(nine - timedelta(seconds=2))
            time.sleep(chance.uniform(0.5, 3.0))
            process.kill()
            process.wait()
            process = servers.start(nine + timedelta(seconds=30))
            try:
                if day in due:
                    fake.until(partial(servers.all_settled, day, 3))
                else:
                    time.sleep(1.0)
            finally:
                process.kill() if chance.random() < 0.5 else process.terminate()
                process.wait(PATIENCE_S)
    posts = Counter((post["channel"], _day(post["text"])) for post in fake.posts)
    assert posts == Counter({(channel, str(day)): 1 for day in due for channel in ("C1", "C2")})
    told = Counter(_day(body[body["msgtype"]]["content"]) for _, body in group.posts)
    unknown = {
        str(entry.day)
        for entry in servers.subscriptions.entries(span[0], "unknown")
        if entry.platform == "wecom-webhook"
    }
    assert set(told.values()) <= {1}
    assert set(map(str, due)) - set(told) <= unknown
    assert set(told) <= set(map(str, due))


def _day(text):
    return text.split("（")[0].removeprefix("每日摘要 ")


def test_two_processes_on_one_store_post_once(imported, tmp_path):
    channels = [f"C{number}" for number in range(6)]
    with FakeSlack() as fake:
        servers = Servers(fake, imported, tmp_path)
        servers.subscribe(*channels)
        now = datetime(2026, 9, 30, 8, 59, 57, tzinfo=CHINA)
        processes = [servers.start(now), servers.start(now)]
        try:
            fake.until(partial(servers.all_settled, now.date(), len(channels)))
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(PATIENCE_S)
    assert sorted(post["channel"] for post in fake.posts) == channels
