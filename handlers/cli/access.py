"""`irbot desk`: who may use the desk's pages."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

import click

from bot.config import Settings
from bot.errors import SettingsError
from bot.store import Store
from bot.store.access import LINK_LASTS
from handlers.cli.output import operator, say, say_words
from handlers.cli.settings import pass_settings, pass_settings_of_store, pass_settings_to_look

_EVERYWHERE = ("0.0.0.0", "[::]", "[::0]")


@click.group()
def desk() -> None: ...


@desk.command("invite")
@click.argument("name")
@pass_settings
def invite(settings: Settings, name: str) -> None:
    """打印一个一次性登录链接。已有的用户可再要一个。"""
    address = _address(settings)
    at = datetime.now(UTC)
    token = Store(settings.db).invite(name, operator(), at)
    until = (at + LINK_LASTS).astimezone(settings.tz)
    say(f"只能用一次，{until:%Y-%m-%d %H:%M} 前有效，请只发给本人：", err=True)
    say_words(f"{address}/desk/enter/{token}")


@desk.command("users")
@pass_settings_to_look
def users(settings: Settings) -> None:
    """列出能进入工作台的人。"""
    found = list(Store(settings.db).users(datetime.now(UTC)))
    for user in found:
        last = _day(user.last_signed_in, settings.tz) if user.last_signed_in else "从未"
        say(
            f"{user.name}  {_day(user.added_at, settings.tz)} 由 {user.added_by} 邀请  "
            f"最近登录：{last}  登录中{user.sessions}处，未用的链接{user.links}个"
        )
    if not found:
        say("还没有人。邀请：irbot desk invite 名字", err=True)


@desk.command("remove")
@click.argument("name")
@pass_settings_of_store
def remove(settings: Settings, name: str) -> None:
    """不再让某人进入：登录随即失效，链接作废。"""
    Store(settings.db).remove_user(name, operator())
    say(f"{name} 不能再进入工作台", err=True)


def _address(settings: Settings) -> str:
    """Where people find the pages.

    Raises:
        SettingsError: There are none, or their port is anybody's guess.
    """
    if settings.public_url:
        return settings.public_url
    host, _, port = settings.http.rpartition(":")
    if not port or int(port) == 0:
        raise SettingsError("工作台在本地网页上；请把 IR_HTTP 设为 主机:端口，例如 127.0.0.1:8300")
    return f"http://{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"


def _day(at: datetime, tz: tzinfo) -> str:
    return f"{at.astimezone(tz):%Y-%m-%d %H:%M}"


COMMANDS = (desk,)
