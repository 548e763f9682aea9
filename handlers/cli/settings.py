"""What a command is given to work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Concatenate, ParamSpec, TypeVar

from bot.config import Settings, load_settings, share_network
from bot.errors import StoreError, one_line
from bot.postgres_url import Place, PostgresUrl
from handlers.cli import logs

_P = ParamSpec("_P")
_R = TypeVar("_R")
_EMPTY = "从 SQLite 搬来：irbot migrate 文件；或导入：irbot import 文件"
_Command = Callable[Concatenate[Settings, _P], _R]


def pass_settings(command: _Command[_P, _R]) -> Callable[_P, _R]:
    """The settings as the command's first argument. They are read when it runs, so that no help
    fails on them; what SQLite raises meanwhile is told as an error of their database."""

    @wraps(command)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        from bot.store.connection import telling

        share_network()
        settings = load_settings()
        logs.follow(settings)
        with telling(settings.db):
            return command(settings, *args, **kwargs)

    return run


def pass_settings_of_store(command: _Command[_P, _R]) -> Callable[_P, _R]:
    """As `pass_settings`, for a command that needs what is stored: it makes no database, and ends
    where there is none."""

    @wraps(command)
    def run(settings: Settings, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        refuse_none(settings)
        return command(settings, *args, **kwargs)

    return pass_settings(run)


def refuse_none(settings: Settings) -> None:
    """
    Raises:
        StoreError: There is no database.
    """
    from bot.store.connection import is_there

    if not is_there(settings.db):
        raise StoreError(_no_store(settings.db))


def pass_settings_to_look(command: _Command[_P, _R]) -> Callable[_P, _R]:
    """As `pass_settings`, for a command that only looks: where there is no database it says so,
    and finds what is in an empty one, which is gone afterwards."""

    @wraps(command)
    def run(settings: Settings, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with _stored_or_empty(settings) as seen:
            return command(seen, *args, **kwargs)

    return pass_settings(run)


@contextmanager
def _stored_or_empty(settings: Settings) -> Iterator[Settings]:
    from bot.store.connection import is_there
    from handlers.cli.output import say

    if is_there(settings.db):
        yield settings
        return
    say(_no_store(settings.db), err=True)
    with TemporaryDirectory() as folder:
        yield replace(settings, db=Path(folder) / "irbot.db")


def _no_store(db: Place) -> str:
    """That there is nothing, and where there is something: a wrong folder looks like lost data."""
    if isinstance(db, PostgresUrl):
        return f"数据库 {db} 里还没有 irbot 的表，也没有新建；{_EMPTY}"
    return f"没有数据库文件 {one_line(str(db))}，也没有新建；{_instead(db)}"


def made_anew(db: Place) -> str:
    """That a database which is not there will be made, and where there is one."""
    if isinstance(db, PostgresUrl):
        return f"数据库 {db} 里还没有 irbot 的表，新建空的；{_EMPTY}"
    return f"没有数据库文件 {one_line(str(db))}，新建一个空的；{_instead(db)}"


def _instead(db: Path) -> str:
    near = next(_nearest(db), None)
    if near:
        return f"最近的一个是 {one_line(str(near))}，用它请设 IR_DB"
    return "先导入：irbot import 文件"


def _nearest(db: Path) -> Iterator[Path]:
    """Databases that a person may have meant: by its usual name here, above, and below."""
    here = Path.cwd()
    usual = Path("data/irbot.db")
    yield from (path for path in sorted(db.parent.glob("*.db")) if path.is_file())
    for folder in (here, *here.parents):
        for path in (folder / usual, folder / usual.name, folder / db.name):
            if path.is_file():
                yield path
    for pattern in (f"*/{usual.name}", f"*/{usual}"):
        yield from sorted(here.glob(pattern))
