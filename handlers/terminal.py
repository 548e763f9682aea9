"""`irbot chat`: the bot in the terminal, with line editing and history."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory

from bot.answering.responder import Responder
from bot.errors import EngineAwayError, printable
from bot.message import Chat, Message
from bot.typed import plain
from bot.wording.phrasebook import messages
from bot.wording.texts import Texts
from handlers import terminal_history

_LEAVE = {
    *("q", "quit", "exit", "bye", ":q", ":q!", ":wq", "quit()", "exit()", "/q", "/quit", "/exit"),
    *("退出", "结束", "离开", "再见", "拜拜"),
}
_ENDS = " 。.！!~～"


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
    with suppress(KeyboardInterrupt):  # while an answer is looked for
        for line in _lines(history, responder.words):
            if plain(line).strip(_ENDS) in _LEAVE:
                break
            try:
                reply = responder.reply(Message(_without_command(line), where))
                click.echo(printable(responder.show(reply).text) + "\n")
            except EngineAwayError as error:  # it may be back when the next line is typed
                click.echo(messages(responder.words.lang).put(str(error)) + "\n", err=True)
    if sys.stdin.isatty():
        click.echo(responder.words.text("small talk, bye"))


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


def _lines(history: History, words: Texts) -> Iterator[str]:
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    click.echo(words.text("terminal, hello") + "\n")
    session: PromptSession[str] = PromptSession(history=history)
    is_leaving = False
    while True:
        try:
            line = session.prompt(words.text("terminal, prompt"))
        except KeyboardInterrupt:  # ^C drops the line, as in a shell; the second leaves
            if is_leaving:
                break
            is_leaving = True
            click.echo(words.text("terminal, leave?"))
            continue
        except EOFError:
            break
        is_leaving = False
        if line.strip():
            yield line
