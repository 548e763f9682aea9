"""What `irbot doctor` says of digests: the holiday lists, and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.checks import Finding
from bot.config import Settings
from bot.digest.due import ends_soon
from bot.digest.subscriptions import SubscriptionStore
from bot.digest.trading_days import FILE, load_trading_days
from bot.store import Store

_RECENT = timedelta(days=30)


def checks(settings: Settings, store: Store) -> Iterator[Finding]:
    """Look at the calendar and the ledger of the last thirty days."""
    now = settings.now()
    yield from _calendar(settings)
    subscriptions = SubscriptionStore(store.database)
    for gone in subscriptions.retired(now - _RECENT):
        yield Finding(
            "每日摘要",
            False,
            f"{gone.platform} 会话 {gone.channel}（{gone.made_by} 订阅）已停发：{gone.ended_why}",
            "更换 WECOM_WEBHOOKS 里的地址"
            if gone.platform == "wecom-webhook"
            else "在该会话重新订阅",
        )
    since = (now - _RECENT).date()
    for state, said in (
        ("unknown", "不知是否送达，没有重发"),
        ("skipped", "错过时限，没有发"),
        ("failed", "平台拒收"),
    ):
        for entry in subscriptions.entries(since, state):  # type: ignore[arg-type]
            why = f"（{entry.why}）" if entry.why else ""
            yield Finding(
                "每日摘要",
                False if state == "failed" else None,
                f"{entry.day} {entry.platform} 会话 {entry.channel}：{said}{why}",
            )


def _calendar(settings: Settings) -> Iterator[Finding]:
    today = settings.now().date()
    path = settings.folder / FILE
    trading = load_trading_days(path)
    if trading.unreadable:
        lines = "、".join(map(str, trading.unreadable))
        yield Finding(
            "节假日表",
            False,
            f"{path} 第{lines}行看不懂",
            "每行写一天或一段：2027-01-01 元旦，或 2027-02-05 至 2027-02-11 春节；"
            "照常开市的日子写 2027-02-04 开市",
        )
    said = f"列到 {trading.end}，之后按周一至周五算交易日"
    if today > trading.end:
        yield Finding("节假日表", False, said, f"升级 irbot，或把当年节假日写进 {path}")
    elif ends_soon(trading, today):
        yield Finding("节假日表", None, said, f"升级 irbot，或把来年节假日写进 {path}")
    else:
        yield Finding("节假日表", True, said)
