"""Digests in a WeCom group: subscribed by message, pushed once."""

from __future__ import annotations

import time
from datetime import date, datetime

from bot.config import CHINA


def test_a_group_subscribes_and_is_pushed_its_digest(bot, wecom):
    _, parts = bot
    day = date(2026, 11, 25)
    wecom.mention("/ir 订阅 09:00", chat="wrG1")
    subscriptions = parts.responder.subscribing.subscriptions
    wecom.until(lambda: subscriptions.active())
    end = time.monotonic() + 10
    while not subscriptions.entries(day, "posted"):
        assert time.monotonic() < end
        parts.scheduler.run_once(datetime(2026, 11, 25, 9, tzinfo=CHINA))
        time.sleep(0.05)
    pushed = [str(frame) for frame in wecom.frames if frame.get("cmd") == "aibot_send_msg"]
    assert len(pushed) == 1
    assert "每日摘要 2026-11-25" in pushed[0]
    assert "wrG1" in pushed[0]
