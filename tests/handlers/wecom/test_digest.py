"""Digests in a WeCom group: subscribed by message, pushed once."""

from __future__ import annotations

from datetime import date, datetime

from bot.config import CHINA
from tests.waiting import until


def test_a_group_subscribes_and_is_pushed_its_digest(bot, wecom):
    _, parts = bot
    day = date(2026, 11, 25)
    wecom.mention("/ir 订阅 09:00", chat="wrG1")
    subscriptions = parts.responder.subscribing.subscriptions
    wecom.until(lambda: subscriptions.active())
    nine = datetime(2026, 11, 25, 9, tzinfo=CHINA)
    until(lambda: parts.scheduler.run_once(nine) or subscriptions.entries(day, "posted"))
    pushed = [str(frame) for frame in wecom.frames if frame.get("cmd") == "aibot_send_msg"]
    assert len(pushed) == 1
    assert "每日摘要 2026-11-25" in pushed[0]
    assert "wrG1" in pushed[0]
