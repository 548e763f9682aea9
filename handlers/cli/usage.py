"""Help and wrong usage in one language: click's own words and ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import IO, Any

import click

from bot.errors import printable
from bot.wording.phrasebook import Phrasebook
from bot.wording.texts import sentences
from handlers.cli.output import framed, language, say_words

_CLICKS = "click, "
_ENGLISH = re.compile(r"\b[A-Z]?[a-z]{2,}\b")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z ]*[A-Z]")  # what stands for a value: FILE, INTEGER RANGE


@cache
def _clicks() -> Phrasebook:
    """Click's words in Chinese; its own are English."""
    chinese, english = sentences("zh"), sentences("en")
    keys = [key for key in english if key.startswith(_CLICKS)]
    return Phrasebook({english[key]: chinese[key] for key in keys}, _ENGLISH)


def told(text: str) -> str:
    """What click or a command says, in the language of the frame."""
    return _clicks().put(text) if language() == "zh" else framed(text)


def _placeholders(text: str) -> str:
    return _PLACEHOLDER.sub(lambda found: told(found[0]), text)


class _Formatter(click.HelpFormatter):
    """The pages of help."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(
            prog, _placeholders(args), told("Usage:") + (" " if language() == "en" else "")
        )

    def write_heading(self, heading: str) -> None:
        self.write(
            f"{'':>{self.current_indent}}{told(heading)}{'：' if language() == 'zh' else ':'}\n"
        )

    def write_text(self, text: str) -> None:
        super().write_text(told(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().write_dl([(_names(name), _help(text)) for name, text in rows], *args, **kwargs)


def _names(column: str) -> str:
    """`--at 时刻`: the option as it is typed, what stands for its value in words."""
    return "  ".join(_placeholders(part) for part in column.split("  "))


def _help(text: str) -> str:
    """What an option does, and what click adds in brackets."""
    said, bracket, more = text.partition("  [")
    added = "; ".join(told(one) for one in more.removesuffix("]").split("; ")) if bracket else ""
    return told(said) + (f"  [{added}]" if bracket else "")


class Context(click.Context):
    """A command's context, whose help is in one language."""

    formatter_class = _Formatter


class WrongUsage(click.UsageError):
    """Arguments that cannot be used; nothing in them steers a terminal."""

    def show(self, file: IO[Any] | None = None) -> None:
        if self.ctx is not None:
            say_words(self.ctx.get_usage(), err=True)
            if self.ctx.command.get_help_option(self.ctx) is not None:
                option = self.ctx.help_option_names[-1]
                say_words(told(f"Try '{self.ctx.command_path} {option}' for help."), err=True)
            say_words("", err=True)
        say_words(told("Error:") + " " * (language() == "en") + told(self.message), err=True)


def wrong_usage(error: click.UsageError) -> WrongUsage:
    """The same, to be told in the language of the frame."""
    said = printable(error.format_message())
    if isinstance(error, click.MissingParameter):  # it names what stands for the value
        said = _placeholders(said)
    return WrongUsage(said, error.ctx)


def in_one_language(command: click.Command) -> click.Command:
    """A command, and the commands in it, with help in the language of the frame."""
    command.context_class = Context
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        in_one_language(inner)
    return command
