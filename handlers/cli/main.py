"""`irbot …`: the command line.

JSON alone goes to stdout. Everything else – progress, notes, errors – goes to stderr, one line for
each error, exit code 1; wrong usage is exit code 2. A command's module is loaded when that command
runs: `--help` needs no store and no matcher.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from bot.errors import BotError, is_full, one_line, reason
from handlers.cli import logs
from handlers.cli.usage import Context, WrongUsage, in_one_language, wrong_usage

# Command → its module here, and what it says of itself.
_COMMANDS = {
    "import": ("importing", "导入记录表文件或文件夹；重复导入不改变什么。"),
    "watch": ("watching", "看着一个文件夹，放进去的文件自动导入；未收录的，旁边写明原因。"),
    "records": ("records", "列出已收录的记录，最新的在前。"),
    "show": ("records", "显示一份记录或一个问题（300253/2025-002#24）。"),
    "restore-version": (
        "versions",
        "把一份记录改回第 N 版（irbot show ID 列出各版）；现在的一版保留。",
    ),
    "publish": ("control", "公布一份草稿或待公布的记录：立即，或 --at 的时刻；--undo 撤回。"),
    "hold": ("control", "暂停展示一份记录、一个问题或一段（…#24、…#p3），直到 release。"),
    "release": ("control", "恢复展示 hold 暂停的内容。"),
    "pause": ("control", "暂停答复一家或全部公司，到 --until 自动恢复，或到 resume。"),
    "resume": ("control", "结束 pause。"),
    "withdraw": ("control", "从所有回复中撤下一份记录或一个问题；保留原文和原因。"),
    "log": ("log", "列出谁在何时改了什么，以及撤销的命令。"),
    "later": (
        "later",
        "在一问的每次显示下写明此后公告（编号、标题、日期、网址）；不写选项则列出。",
    ),
    "timeline": (
        "timeline",
        "列出同一事项在此前、此后各次活动中的答复，并列不同的数字和日期。",
    ),
    "due": ("due", "列出写有期限且已过或快到的答复，最早的在前。"),
    "verify": ("versions", "用保存的源文件重新核对库中文字；有出入时退出码为 1。"),
    "ask": ("asking", "回答一条提问；--file 逐行回答一个文件（- 为标准输入）。"),
    "chat": ("asking", "在终端里提问。"),
    "digest": ("desk", "打印每日摘要会说什么；不发送，也不记录。"),
    "misses": ("teaching", "列出没有直接答复的提问，相近的归为一组，最多的在前；给它们定状态。"),
    "alias": ("teaching", "给问题加另一种说法，同意、否决或撤销它；也记下哪一问不回答什么。"),
    "said": ("said", "说过什么：哪些会话看到了哪一版的答复，出自哪个文件；更正时用。"),
    "forget": (
        "forgetting",
        "清除一个人留下的内容（平台的用户编号，如 slack:U0123）；先列出，再加 --yes。",
    ),
    "eval": (
        "desk",
        "用标注好的提问文件（TSV：query、accept）检验当前的库：答得准不准、知不知道何时不答。",
    ),
    "export": ("exporting", "把记录、问题和各项决定导出为 CSV 和 JSON。"),
    "backup": ("backups", "把数据库备份成一个文件；运行中也可以。"),
    "restore": ("backups", "检查一份备份，再用它替换数据库；原来的保留。"),
    "migrate": (
        "migrating",
        "把 SQLite 的数据库搬到 PostgreSQL（或搬回来），逐表核对；中断后再运行即接着搬。",
    ),
    "desk": ("access", "工作台（/desk）的用户：invite 名字 打印一次性登录链接，users，remove。"),
    "start": ("running", "首次使用：导入 data/records，演示一条真实答复，然后启动。"),
    "serve": ("running", "启动全部已配置的聊天和本地网页，直到收到停止信号。"),
    "doctor": (
        "doctor",
        "检查设置、权限、数据库、磁盘、时钟、网络、令牌和回调，并说明下一步；有坏的退出码为 1。",
    ),
    "slack": ("running", "接入 Slack。"),
    "wecom": ("wecom", "接入企业微信。"),
    "workspaces": ("workspaces", "一处部署、多个工作区：列出、移除，给令牌换密钥。"),
}


class _Failure(click.ClickException):
    """One line to stderr, exit code 1."""

    def show(self, file: Any = None) -> None:
        logs.tell(self.message)


class _Group(click.Group):
    """Everything raised on purpose becomes a clear line; a bug still shows its traceback."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, told = _COMMANDS[cmd_name]
        commands: tuple[click.Command, ...] = import_module(f"handlers.cli.{module}").COMMANDS
        command = next(one for one in commands if one.name == cmd_name)
        command.help = told
        return in_one_language(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in _COMMANDS.items()])

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _usage_told():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _usage_told():
                return super().invoke(ctx)
        except click.Abort:  # Ctrl-C, or no to a question
            raise _Failure("已中止") from None
        except BotError as error:
            raise _Failure(str(error)) from error
        except OSError as error:
            if not is_full(error):
                raise
            raise _Failure(f"{one_line(str(error.filename or '文件'))}：{reason(error)}") from error


@contextmanager
def _usage_told() -> Iterator[None]:
    try:
        yield
    except WrongUsage:
        raise
    except click.UsageError as error:
        raise wrong_usage(error) from error


def main() -> None:
    """The console script."""
    os.umask(0o077)  # what is written may hold askers' words
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    cli()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="irbot")
def cli() -> None:
    """用上市公司投资者关系活动记录表的原文回答投资者提问；记录里没有的，直说没有。"""
    logs.begin()
