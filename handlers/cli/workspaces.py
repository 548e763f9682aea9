"""`irbot workspaces`: the workspaces of one deployment, and the key that seals their tokens."""

from __future__ import annotations

import re

import click

from bot.config import Settings
from bot.digest.leaving import leave
from bot.errors import NotFoundError, one_line
from bot.sealing import Seal
from bot.store import Store
from bot.store.installations import Installations
from handlers.cli.output import framed, say, say_words
from handlers.cli.settings import pass_settings, pass_settings_of_store, pass_settings_to_look
from handlers.slack.credentials import is_for_many

_SLACK = r"T[A-Z0-9]+"  # as Slack names workspaces


class Named(click.ParamType[tuple[str, str]]):
    """A workspace as `list` prints it: slack:T0123, wecom:aibot123."""

    name = "workspace"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        from handlers.chats import CHATS

        platform, _, workspace = str(value).partition(":")
        form = _SLACK if platform == "slack" else r"\S+"
        if not re.fullmatch(form, workspace):
            self.fail("应为 平台:工作区，例如 slack:T0123ABCD", param, ctx)
        if platform not in (known := [chat.PLATFORM for chat in CHATS]):
            self.fail(f"没有平台 {one_line(platform)}，只有 {'、'.join(known)}", param, ctx)
        return platform, workspace


@click.group()
def workspaces() -> None: ...


@workspaces.command("new-key")
def new_key() -> None:
    """打印一个新的 IR_SECRET_KEY；请只写进 .env，不要发给别人。"""
    from bot import sealing

    say_words(sealing.new_key())


@workspaces.command("list")
@pass_settings_to_look
def list_workspaces(settings: Settings) -> None:
    """列出已安装的工作区和添加的企业微信机器人。"""
    stored, allowed = _stored(settings), Store(settings.db).allowed_everywhere()
    found = [*stored.of("slack"), *stored.of("wecom")]
    for one in found:
        day = one.added_at.astimezone(settings.tz).date()
        sealed = "" if stored.opens(one) else framed("令牌打不开，见 irbot doctor")
        say_words(f"{one.platform}:{one.workspace}  {one_line(one.name)}  {day}  {sealed}".rstrip())
    if not found:
        say("还没有工作区", err=True)
    for (platform, workspace), codes in allowed.items():
        say(f"{platform}:{one_line(workspace)} 只能看到：{'、'.join(codes)}")


@workspaces.command("allow")
@click.argument("workspace", type=Named())
@click.argument("codes", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="恢复为全部公司。")
@pass_settings_of_store
def allow(
    settings: Settings, workspace: tuple[str, str], codes: tuple[str, ...], is_all: bool
) -> None:
    """一个工作区只能看到这些公司（六位代码）；从它的下一条消息起生效。"""
    if bool(codes) == is_all:
        raise click.UsageError("写公司代码，或 --all，二者取一")
    if wrong := [code for code in codes if not re.fullmatch(r"\d{6}", code, re.ASCII)]:
        raise click.BadParameter(f"{one_line(wrong[0])} 不是六位代码")
    Store(settings.db).allow(*workspace, None if is_all else tuple(dict.fromkeys(codes)))
    named = ":".join(workspace)
    if is_all:
        say(f"{named} 能看到全部公司", err=True)
    else:
        say(f"{named} 只能看到：{'、'.join(dict.fromkeys(codes))}", err=True)
        if not _may_be_there(settings, *workspace):
            say(f"还没有 {named}：请核对；接上以后就这样生效", err=True)


@workspaces.command("remove")
@click.argument("workspace", type=Named())
@pass_settings_of_store
def remove(settings: Settings, workspace: tuple[str, str]) -> None:
    """忘掉一个工作区和它的令牌，结束它的订阅；再次安装即可恢复。"""
    left = leave(_stored(settings), *workspace, "removed", settings.now())
    if left is None:
        raise NotFoundError(":".join(workspace), "irbot workspaces list 查看工作区")
    say(
        f"已忘掉 {':'.join(workspace)}：{left.posts} 条待发的不再发，"
        f"{left.subscriptions} 个订阅结束",
        err=True,
    )


@workspaces.command("reseal")
@pass_settings
def reseal(settings: Settings) -> None:
    """换密钥时：用 IR_SECRET_KEY 的第一个密钥重新加密全部令牌，之后可去掉旧密钥。"""
    count = _stored(settings).seal_anew()
    say(f"已重新加密 {count} 个令牌；IR_SECRET_KEY 现在可以只留第一个密钥", err=True)


def _may_be_there(settings: Settings, platform: str, workspace: str) -> bool:
    """Whether a workspace is installed, or none needs to be."""
    if _stored(settings).get(platform, workspace):
        return True
    if platform == "slack":
        return not is_for_many(settings)
    return platform != "wecom" or workspace == settings.wecom_bot_id


def _stored(settings: Settings) -> Installations:
    return Installations(settings.db, Seal(settings.secret_keys))


COMMANDS = (workspaces,)
