"""Moving house: `irbot migrate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from bot.config import Settings
from bot.digest.trading_days import FILE as HOLIDAYS
from bot.matching.lexicon import FILE as LEXICON
from bot.postgres_url import Place, PostgresUrl, folder_of, is_postgres_url
from bot.store.moving import Moved, move
from handlers.cli.output import echo_json, framed, say, say_words
from handlers.cli.settings import pass_settings

_KEY = "desk.key"
_BESIDE = (LEXICON.name, HOLIDAYS, _KEY)  # what people wrote, and what signs their cookies


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="[TO]", default="")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def migrate(settings: Settings, source: str, target: str, as_json: bool) -> None:
    from_ = _place(source, settings)
    to = _place(target, settings) if target else settings.db
    moved = move(from_, to, _counting)
    if as_json:
        echo_json({"new": moved.is_new, "tables": [asdict(one) for one in moved.tables]})
    else:
        _tell(moved, from_, to)


def _place(text: str, settings: Settings) -> Place:
    if not is_postgres_url(text):
        return Path(text)
    try:
        return PostgresUrl.parse(text, settings.folder)
    except ValueError as error:
        raise click.BadParameter(f"数据库地址{error}") from None


@contextmanager
def _counting(steps: int) -> Iterator[Callable[[int], None]]:
    """A bar, where a person looks."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=steps, label=framed("搬运并核对"), file=sys.stderr) as bar:
        yield bar.update


def _tell(moved: Moved, source: Place, target: Place) -> None:
    for one in moved.tables:
        if one.rows:
            say_words(f"{one.table:<22}{one.rows:>12}  {one.sha256}", err=True)
    if not moved.is_new:
        say(f"{target} 里已经是 {source} 的全部内容，逐表核对一致，没有要搬的", err=True)
        return
    say(f"已搬到 {target}：{moved.rows} 行，两边逐表核对一致；{source} 未作改动", err=True)
    left = [name for name in _BESIDE if (folder_of(source) / name).exists()]
    if left:
        where = "数据库旁" if isinstance(target, Path) else "每个副本的 IR_FOLDER"
        say(
            f"{folder_of(source)} 里的 {'、'.join(left)} 不在数据库里；请复制到{where}，"
            "已在那里的不用",
            err=True,
        )
    say("下一步：把 IR_DB 改成新的地址，irbot doctor 检查，再启动 irbot serve", err=True)


COMMANDS = (migrate,)
