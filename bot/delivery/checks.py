"""What `irbot doctor` says of posts that a person may want to look after, and of the clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from bot.checks import Finding
from bot.config import Settings
from bot.delivery.mailbox import newest, undelivered

_LISTED = 20
_BACK_S = 300.0  # how far a clock may have gone back before it is worth a word


def checks(settings: Settings) -> Iterator[Finding]:
    """Posts whose fate is unknown, and refused ones; they are kept for IR_RETENTION_DAYS."""
    posts = undelivered(settings.db)
    unknown = [post for post in posts if post["state"] == "unknown"]
    for post in unknown[-_LISTED:]:
        at = datetime.fromtimestamp(post["at"], settings.tz)
        yield Finding(
            "下落不明的答复",
            None,
            f"{post['platform']} {post['channel']} {at:%Y-%m-%d %H:%M}，可能已发出，未重发",
            "到该会话查看；没有收到就请对方重新提问",
        )
    if len(unknown) > _LISTED:
        yield Finding("下落不明的答复", None, f"另有更早的 {len(unknown) - _LISTED} 条")
    refused = Counter(
        (post["platform"], post["ref"]) for post in posts if post["state"] == "failed"
    )
    for (platform, reason), count in refused.items():
        yield Finding(
            "被拒的答复", None, f"{platform} 拒收 {count} 条：{reason}", "确认机器人仍在会话中"
        )


def clock(settings: Settings) -> Finding:
    """Whether the system's clock stands behind the last message."""
    last = newest(settings.db)
    now = settings.now()
    said = f"{now:%Y-%m-%d %H:%M} {settings.tz.key}"
    if last is not None and time.time() < last - _BACK_S:
        return Finding(
            "时钟", False, f"系统时钟 {said} 早于库中最近一条消息", "校准系统时间（NTP）后重启"
        )
    if abs(settings.clock_offset.total_seconds()) > 1:
        return Finding("时钟", None, f"IR_NOW 已设，时钟从 {said} 走起", "正式使用前删去 IR_NOW")
    return Finding("时钟", True, said)
