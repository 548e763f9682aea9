"""What `irbot doctor` says of posts that a person may want to look after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from bot.checks import Finding
from bot.config import Settings
from bot.delivery.mailbox import undelivered

_LISTED = 20


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
