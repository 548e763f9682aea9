"""`irbot chat`: the bot in the terminal, with line editing and history."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory

from bot.answering.responder import Responder
from bot.errors import printable
from bot.masking import masked
from bot.message import Chat, Message
from bot.private_files import make_private, narrow
from bot.typed import plain
from bot.wording.texts import Texts

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
    history = History(folder / ".irbot_history", responder.now)
    history.forget(keep_days)
    with suppress(KeyboardInterrupt):  # while an answer is looked for
        for line in _lines(history, responder.words):
            if plain(line).strip(_ENDS) in _LEAVE:
                break
            reply = responder.reply(Message(_without_command(line), where))
            click.echo(printable(responder.show(reply).text) + "\n")
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
        make_private(self._path)
        lines = "".join(f"+{line}\n" for line in masked(string).split("\n"))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"\n# {self._now().astimezone(UTC).replace(tzinfo=None)}\n{lines}")

    def forget(self, days: int) -> None:
        """Delete what is older, and mask what an earlier version kept as it was typed."""
        try:
            kept = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        entries = re.split(r"(?m)^(?=# \d{4}-)", kept)
        young = "".join(self._young(entries, self._now() - timedelta(days=days)))
        if young != kept:
            other = self._path.with_name(f"{self._path.name}-new")
            make_private(other)
            other.write_text(young, encoding="utf-8")
            other.replace(self._path)
        narrow(self._path)

    def _young(self, entries: Iterable[str], limit: datetime) -> Iterator[str]:
        for entry in entries:
            head, mark, typed = entry.partition("\n")
            with suppress(ValueError):  # what has no time that can be read is as old as can be
                at = datetime.fromisoformat(head.removeprefix("# "))
                if at.replace(tzinfo=UTC) >= limit:
                    yield head + mark + masked(typed)


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
