"""What a command is given to work with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from bot.config import Settings, load_settings, share_network
from handlers.cli import logs

_P = ParamSpec("_P")
_R = TypeVar("_R")


def pass_settings(command: Callable[Concatenate[Settings, _P], _R]) -> Callable[_P, _R]:
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
