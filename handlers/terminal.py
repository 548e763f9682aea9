"""`irbot chat`: the bot in the terminal, with line editing and history."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory

from bot.answering.responder import Responder
from bot.errors import printable
from bot.message import Chat, Message
from handlers import terminal_history

_LEAVE = {"exit", "quit", "退出", "再见", ":q"}


def chat(responder: Responder, folder: Path, keep_days: int) -> None:
    """Ask and answer until the end of input; history is kept beside the database.

    Args:
        responder: Answers.
        folder: Where `.irbot_history` is kept.
        keep_days: What was typed longer ago is deleted from it.
    """
    where = Chat("terminal", "local", "terminal", getpass.getuser())
    terminal_history.forget(folder, responder.now(), keep_days)
    history = History(folder / terminal_history.FILE, responder.now)
    for line in _lines(history):
        if line.strip().lower() in _LEAVE:
            break
        reply = responder.reply(Message(_without_command(line), where))
        click.echo(printable(responder.show(reply).text) + "\n")


def _without_command(line: str) -> str:
    """`/ir 可转债` means the same here as without the command word."""
    stripped = line.strip()
    for word in ("/ir", "／ir", "、ir"):
        if stripped.casefold().startswith(word):
            return stripped[len(word) :].strip()
    return stripped


class History(FileHistory):
    """What was typed, masked, in a file of its owner's alone."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        super().__init__(str(path))
        self._path = path
        self._now = now

    def store_string(self, string: str) -> None:
        terminal_history.add(self._path, string, self._now())


def _lines(history: History) -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    session: PromptSession[str] = PromptSession(history=history)
    while True:
        try:
            line = session.prompt("问> ")
        except KeyboardInterrupt:
            continue  # ^C drops the line, ^D leaves, as in a shell
        except EOFError:
            return
        if line.strip():
            yield line
