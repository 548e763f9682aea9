"""One person's traces: `irbot forget`."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from bot.config import Settings
from bot.errors import BotError
from bot.postgres_url import PostgresUrl
from bot.store import Store
from bot.store.leases import is_served
from bot.store.upgrading import copies
from handlers.cli.output import operator, say
from handlers.cli.settings import pass_settings_of_store

_TABLES = {
    "inbox": "收到的消息",
    "outbox": "发出的回复",
    "misses": "未答上的提问",
    "picks": "选择",
    "memories": "会话记忆（旧）",
    "shown": "会话记忆",
    "feedback": "评价",
    "handovers": "转给证券部的提问",
    "subscriptions": "订阅",
    "subscription_changes": "订阅变更",
    "digests": "单聊的每日摘要",
    "digest_items": "单聊的每日摘要内容",
    "channels": "会话的公司设置",
    "miss_marks": "提问的标记（只去掉文字）",
    "aliases": "未生效的说法",
    "evidence": "单聊的标记（展示记录本身不含提问人，保留）",
}


@click.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="真正清除；不加时只列出会清除什么。")
@pass_settings_of_store
def forget(settings: Settings, person: str, yes: bool) -> None:
    platform, mark, user = person.rpartition(":")
    if not user or (mark and not platform):
        raise click.UsageError("请写平台上的用户编号，例如 U0123 或 slack:U0123")
    store = Store(settings.db)
    history = _history_of(settings, platform, user)
    found = store.forget(user, platform, operator() if yes else "")
    for table, count in found.items():
        say(f"{_TABLES.get(table, table)}：{count} 行（{table}）")
    if history:
        say(f"终端对话的输入历史：{history}")
    if not found and not history:
        raise BotError(f"没有 {person} 的内容；要写平台的用户编号，例如 slack:U0123")
    told = f"{len(found)} 张表 {sum(found.values())} 行" + ("、1 个文件" if history else "")
    if not yes:
        say(f"会清除 {told}；加 --yes 执行", err=True)
        return
    if history:
        history.unlink(missing_ok=True)
    _erase(settings, store)
    say(f"已清除 {told}；早先另存的备份和导出文件不在其内", err=True)
    for copy in copies(settings.db) if isinstance(settings.db, Path) else ():
        say(f"升级前的备份里还有，不再需要时请删除：{copy}", err=True)


def _history_of(settings: Settings, platform: str, user: str) -> Path | None:
    """What this person typed in the terminal; one file, of whoever runs it."""
    history = settings.folder / ".irbot_history"
    if platform in ("", "terminal") and user == getpass.getuser() and history.exists():
        return history
    return None


def _erase(settings: Settings, store: Store) -> None:
    """Out of what the engine keeps of deleted rows, too."""
    served = is_served(settings.db)
    is_erased = store.erase(alone=not served)
    if isinstance(settings.db, PostgresUrl):
        say("PostgreSQL 自己的备份、归档的 WAL 和备库快照不在其内，按各自的保留期删除", err=True)
        return
    if not is_erased:
        say("有程序一直在读数据库，-wal 文件里还有已清除的内容；请稍后再执行一次", err=True)
    if served:
        say("服务正在运行：旧版本 irbot 删除的内容若要抹净，请停止服务后再执行一次", err=True)


COMMANDS = (forget,)
