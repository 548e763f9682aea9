"""What every command prints with: words to a person, JSON to a program, a person's days back."""

from __future__ import annotations

import getpass
import json
import os
import re
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import click

from bot.config import Lang, frame_language
from bot.errors import BotError, printable, reason
from bot.private_files import make_private
from bot.wording.phrasebook import messages

_UNSEEN = re.compile(
    "[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)  # and the rest by JSON

_LANGUAGE = "irbot.language"
DRAFT = "draft"  # typed where an instant of publication is


def language() -> Lang:
    """What the command line speaks; read once for a command."""
    context = click.get_current_context(silent=True)
    if context is None:
        return frame_language()
    meta = context.find_root().meta
    if _LANGUAGE not in meta:
        meta[_LANGUAGE] = frame_language()
    return cast(Lang, meta[_LANGUAGE])


def framed(text: str) -> str:
    """A sentence of the bot in the language of the frame, around what it quotes."""
    return messages(language()).put(text)


def say(text: str = "", *, err: bool = False) -> None:
    """Print a sentence of the bot, in the language of the frame."""
    say_words(framed(text), err=err)


def say_words(text: str, *, err: bool = False) -> None:
    """Print words to the letter: of documents, of people, of replies that are worded already. As
    names of files may, they hold what would steer a terminal, which is shown as an escape."""
    click.echo(printable(text), err=err)


def operator() -> str:
    """Who runs this, as the operating system names them."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user in the system's list
        return str(os.getuid())


def as_json(value: Any, indent: int | None = None) -> str:
    """JSON for people, too: what steers a terminal is written as an escape, its value the same."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda char: f"\\u{ord(char[0]):04x}", text)


def echo_json(value: Any, one_line: bool = False, frame: Collection[str] = ()) -> None:
    """`as_json` to standard output.

    Args:
        value: The object.
        one_line: Without line breaks in it.
        frame: Names of fields that hold sentences of the bot; these are in the frame's language.
    """
    value = _framed_in(value, frame) if frame and language() != "zh" else value
    click.echo(as_json(value, None if one_line else 2))


def _framed_in(value: Any, names: Collection[str], is_named: bool = False) -> Any:
    match value:
        case dict():
            return {name: _framed_in(one, names, name in names) for name, one in value.items()}
        case list():
            return [_framed_in(one, names, is_named) for one in value]
        case str() if is_named:
            return framed(value)
    return value


def write(path: Path, text: str) -> None:
    """A file of text, its owner's alone, or why it cannot be one."""
    make_private(path)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise BotError(f"{path}：无法写入（{reason(error)}）") from error


class Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} 不是日期；请写成 2025-06-30", param, ctx)


class Instant(click.ParamType[datetime]):
    """An instant; one without an offset is in the zone of the settings (`in_zone`)."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            instant = None
        if instant is None or not 1990 <= instant.year < 9000:  # the first exchange opened in 1990
            self.fail(f"{value} 不是时刻；请写成 2025-04-29T18:00:00+08:00", param, ctx)
        return instant


class Publication(Instant):
    """An instant, or DRAFT."""

    def convert(  # type: ignore[override]
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | str:
        return DRAFT if value in (DRAFT, "草稿") else super().convert(value, param, ctx)


def in_zone(instant: datetime, zone: ZoneInfo) -> datetime:
    """An instant as it was typed, with an offset."""
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)
