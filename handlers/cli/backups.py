"""`irbot backup` and `irbot restore`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

import click

from bot.config import Settings
from bot.errors import BotError
from bot.ingest.verifying import Checked, verify_records
from bot.postgres_url import PostgresUrl
from bot.recovery import Backup, Restored, opened_backup, refuse_served, settle_restored
from bot.store.backups import Contents, back_up
from bot.store.carrying_over import Waiting
from handlers.cli.import_report import tell_checked
from handlers.cli.output import framed, operator, say
from handlers.cli.settings import pass_settings, refuse_none


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="覆盖已有的备份文件。")
@pass_settings
def backup(settings: Settings, file: Path, replace: bool) -> None:
    if isinstance(settings.db, PostgresUrl):
        raise BotError(
            f"数据库在 PostgreSQL 上，用它自己的工具备份：{_typed('pg_dump', settings.db, file)}"
        )
    refuse_none(settings)
    contents = back_up(settings.db, file, replace=replace)
    size = file.stat().st_size / 1024**2
    say(f"已备份到 {file}（{size:.1f} MB）：{_told(contents, settings.tz)}", err=True)
    say(f"试一试能否恢复：irbot restore {file} --dry-run", err=True)


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path), required=False)
@click.option("--dry-run", is_flag=True, help="只检查备份，不恢复。")
@click.option(
    "--after-pg-restore",
    "is_put_back",
    is_flag=True,
    help="已用 PostgreSQL 的工具恢复：备份之后可能说过的，不再说。",
)
@click.option(
    "--accept-differences", is_flag=True, help="已看过：有记录与源文件不一致的备份也恢复。"
)
@pass_settings
def restore(
    settings: Settings,
    file: Path | None,
    dry_run: bool,
    is_put_back: bool,
    accept_differences: bool,
) -> None:
    if is_put_back and dry_run:
        raise click.UsageError("--after-pg-restore 不能与 --dry-run 同用：它没有可试的")
    if isinstance(settings.db, PostgresUrl):
        if is_put_back and file is None:
            _settle(settings)
            return
        raise BotError(
            "数据库在 PostgreSQL 上，用它自己的工具恢复，未作改动：先停止全部 irbot serve，再 "
            f"{_typed('pg_restore', settings.db, file or Path('FILE'))}，"
            "然后 irbot restore --after-pg-restore"
        )
    if file is None or is_put_back:
        raise click.UsageError("请写备份文件；--after-pg-restore 只用于 PostgreSQL")
    if not dry_run:
        refuse_served(settings)
    with opened_backup(settings, file) as found:
        say(f"备份 {file}：{_told(found.contents, settings.tz)}", err=True)
        _verify(found, accept_differences)
        if dry_run:
            say("这份备份可以恢复；试运行，未作改动", err=True)
            return
        restored = found.put_back(settings, operator())
    _tell(settings, restored)


def _typed(program: str, db: PostgresUrl, file: Path) -> str:
    """What to type. It asks for the password; what else the address says goes into its `?…`."""
    if program == "pg_dump":
        return shlex.join(["pg_dump", "-Fc", "-d", str(db), "-f", str(file)])
    options = ["--clean", "--if-exists", "--single-transaction", "--no-owner"]
    return shlex.join(["pg_restore", *options, "-d", str(db), str(file)])


def _told(contents: Contents, tz: tzinfo) -> str:
    told = f"{contents.records} 份记录、{contents.questions} 个问题"
    if contents.imported_at:
        last = datetime.fromisoformat(contents.imported_at).astimezone(tz)
        told += f"，最近一次收录 {last:%Y-%m-%d %H:%M}"
    return told


def _verify(found: Backup, accept_differences: bool) -> None:
    """Stored records against their sources, as `irbot verify` does."""
    differing = 0
    for checked in _with_progress(verify_records(found.store), found.contents.records):
        if checked.differences:
            differing += 1
            tell_checked(checked)
    if not differing:
        say("各份记录都与保存的源文件一致", err=True)
    elif not accept_differences:
        raise BotError(
            f"备份中 {differing} 份记录与源文件不一致，未作改动；"
            "看过以上各处、仍要恢复，请加 --accept-differences"
        )


def _with_progress(found: Iterator[Checked], count: int) -> Iterator[Checked]:
    if count < 3 or not sys.stderr.isatty():
        yield from found
        return
    with click.progressbar(found, length=count, label=framed("核对"), file=sys.stderr) as progress:
        yield from progress


def _settle(settings: Settings) -> None:
    refuse_none(settings)
    doubtful, digests = settle_restored(settings, operator())
    say(f"不知道备份之后发过什么：已到时间的摘要不再发（{digests} 次）", err=True)
    _tell_doubtful(doubtful)
    say("备份之后执行过的 irbot forget，请再执行一次", err=True)
    say("下一步：irbot doctor 检查，再启动 irbot serve", err=True)


def _tell(settings: Settings, restored: Restored) -> None:
    kept = f"；原来的数据库保留为 {restored.kept}" if restored.kept else ""
    say(f"已恢复到 {settings.db}{kept}", err=True)
    if not restored.is_known:
        say(
            "没有可读的旧数据库，不知道备份之后发过什么："
            f"已到时间的摘要不再发（{restored.digests} 次）",
            err=True,
        )
    if restored.carried:
        say(f"从旧数据库带来等待处理的提问和答复 {restored.carried} 条", err=True)
    _tell_doubtful(restored.doubtful)
    if restored.forgotten:
        say(
            f"备份之后执行过 {restored.forgotten} 次 irbot forget，备份里仍有那些人的文字："
            "请再执行一次",
            err=True,
        )
    say("下一步：irbot doctor 检查，再启动 irbot serve", err=True)


def _tell_doubtful(doubtful: Waiting) -> None:
    if doubtful.questions:
        say(
            f"备份时尚未作答的提问 {len(doubtful.questions)} 条，此后应已作答，不再作答",
            err=True,
        )
    if doubtful.posts:
        say(
            f"备份时尚未发出的答复 {len(doubtful.posts)} 条，此后应已发出："
            "能向平台查到的先查再发，查不到的不重发，irbot doctor 会列出",
            err=True,
        )


COMMANDS = (backup, restore)
