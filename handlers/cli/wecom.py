"""`irbot wecom …`: what connects WeCom."""

from __future__ import annotations

import click

from bot.config import Settings
from handlers.cli.output import say
from handlers.cli.settings import pass_settings


@click.group()
def wecom() -> None: ...


@wecom.command("menu")
@pass_settings
def wecom_menu(settings: Settings) -> None:
    """设置自建应用聊天窗口下方的菜单：如何提问、最新记录。"""
    from handlers.wecom_app.menu import ENTRIES, set_menu

    set_menu(settings)
    say(f"菜单已设置：{'、'.join(ENTRIES)}；成员重新进入应用后可见")


COMMANDS = (wecom,)
