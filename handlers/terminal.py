"""`irbot chat`: the bot in the terminal, with line editing and history."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory

from bot.answering.responder import Responder
from bot.errors import printable
from bot.message import Chat, Message

_LEAVE = {"exit", "quit", "退出", "再见", ":q"}


def chat(responder: Responder, folder: Path) -> None:
    """Ask and answer until the end of input; history is kept beside the database.

    Args:
        responder: Answers.
        folder: Where `.irbot_history` is kept.
    """
    where = Chat("terminal", "local", "terminal", getpass.getuser())
    for line in _lines(folder / ".irbot_history"):
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


def _lines(history: Path) -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)))
    while True:
        try:
            line = session.prompt("问> ")
        except KeyboardInterrupt:
            continue  # ^C drops the line, ^D leaves, as in a shell
        except EOFError:
            return
        if line.strip():
            yield line
