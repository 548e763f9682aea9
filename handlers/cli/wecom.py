"""`irbot wecom …`: what connects WeCom."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from bot.config import Settings
from bot.errors import NotFoundError, RefusedError, one_line
from handlers.cli.output import framed, say, say_words
from handlers.cli.settings import pass_settings, pass_settings_of_store, pass_settings_to_look

if TYPE_CHECKING:
    from bot.store.installations import Installations


@click.group()
def wecom() -> None: ...


@wecom.command("menu")
@pass_settings
def wecom_menu(settings: Settings) -> None:
    """设置自建应用聊天窗口下方的菜单：如何提问、最新记录。"""
    from handlers.wecom_app.menu import ENTRIES, set_menu

    set_menu(settings)
    say(f"菜单已设置：{'、'.join(ENTRIES)}；成员重新进入应用后可见")


@wecom.command("add")
@click.argument("bot_id")
@click.option("--names", default="", help="机器人的显示名，改过名的新旧都写，以逗号隔开。")
@click.option("--for", "corporation", default="", help="是哪家企业的，列出时显示。")
@pass_settings
def wecom_add(settings: Settings, bot_id: str, names: str, corporation: str) -> None:
    """再接一个企业的智能机器人（长连接）；Secret 从标准输入读，运行中的 serve 随即接上。"""
    from handlers.wecom.credentials import check_bot

    stored = _stored(settings)
    if bot_id == settings.wecom_bot_id or stored.get("wecom", bot_id):
        raise RefusedError(
            f"机器人 {one_line(bot_id)} 已经接上了；换 Secret 请先 irbot wecom remove，再 add"
        )
    secret = _secret()
    check_bot(bot_id, secret)
    listed = [name.strip() for name in re.split("[,，]", names) if name.strip()]
    stored.add("wecom", bot_id, secret, settings.now(), corporation, {"names": listed})
    say(f"已添加机器人 {bot_id}；irbot serve 正在运行时几秒内接上", err=True)


@wecom.command("list")
@pass_settings_to_look
def wecom_list(settings: Settings) -> None:
    """列出添加的智能机器人；.env 里的那个不在其中。"""
    stored = _stored(settings)
    found = stored.of("wecom")
    for one in found:
        names = "、".join(one.details.get("names", ()))
        sealed = "" if stored.opens(one) else framed("Secret 打不开，见 irbot doctor")
        told = (one.workspace, one_line(one.name), one_line(names), sealed)
        say_words("  ".join(filter(None, told)))
    if not found:
        say("还没有添加机器人：irbot wecom add BOT_ID", err=True)


@wecom.command("remove")
@click.argument("bot_id")
@pass_settings_of_store
def wecom_remove(settings: Settings, bot_id: str) -> None:
    """断开一个添加的机器人，忘掉它的 Secret，结束它的订阅。"""
    from bot.digest.leaving import leave

    left = leave(_stored(settings), "wecom", bot_id, "removed", settings.now())
    if left is None:
        raise NotFoundError(one_line(bot_id), "irbot wecom list 查看添加的机器人")
    say(
        f"已移除机器人 {bot_id}：{left.posts} 条待发的不再发，{left.subscriptions} 个订阅结束",
        err=True,
    )


def _secret() -> str:
    """Of a terminal it is asked for unseen; never an argument, which others can see."""
    if sys.stdin.isatty():
        return str(click.prompt("Secret", hide_input=True)).strip()
    return sys.stdin.readline().strip()


def _stored(settings: Settings) -> Installations:
    from bot.sealing import Seal
    from bot.store.installations import Installations

    return Installations(settings.db, Seal(settings.secret_keys))


COMMANDS = (wecom,)
