"""Words of the field: synonyms, words of asking, metrics, touchy matters, other companies.

`lexicon.toml` beside this file, and a file of the same name and form beside the database, whose
lines are added. Everything is compared in the matcher's own spelling (text.normalise).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bot.errors import BotError
from bot.matching.text import normalise

FILE = Path(__file__).with_name("lexicon.toml")
_NESTED = ("same", "metric", "touchy")
_FLAT = ("function", "common", "up", "down", "company")


class Phrases:
    """Finds many phrases in a text; Latin ones only as whole words."""

    def __init__(self, phrases: Mapping[str, int]) -> None:
        """phrases: normalised phrase → the line it stands in."""
        self._line = dict(phrases)
        starts: dict[str, list[str]] = {}
        for phrase in phrases:
            starts.setdefault(phrase[:2], []).append(phrase)
        self._starts = {
            start: sorted(found, key=len, reverse=True) for start, found in starts.items()
        }

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """(start, end, line) of each phrase, the longest at each place, inner ones left out."""
        at = 0
        while at < len(text):
            end = self._at(text, at)
            if end:
                yield at, end, self._line[text[at:end]]
                at = end
            else:
                at += 1

    def lines(self, text: str) -> set[int]:
        """The lines of every phrase in the text, inner ones too."""
        return {
            self._line[phrase]
            for start in {text[at : at + 2] for at in range(len(text))}
            for phrase in self._candidates(start)
            if phrase in text and self._stands(text, text.index(phrase), phrase)
        }

    def _candidates(self, start: str) -> Sequence[str]:
        longer = self._starts.get(start, ())
        single = self._starts.get(start[:1], ()) if len(start) == 2 else ()
        return [*longer, *single] if single else longer

    def _at(self, text: str, at: int) -> int:
        for phrase in self._candidates(text[at : at + 2]):
            if text.startswith(phrase, at) and self._stands(text, at, phrase):
                return at + len(phrase)
        return 0

    def _stands(self, text: str, at: int, phrase: str) -> bool:
        """Whether a Latin phrase is a word there, not a piece of one."""
        if not phrase.isascii():
            return True
        before, after = text[max(at - 1, 0) : at], text[at + len(phrase) : at + len(phrase) + 1]
        return not (_latin(before) and _latin(phrase[0])) and not _latin(after)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


@dataclass(frozen=True)
class Lexicon:
    """One reading of the word lists."""

    same: tuple[tuple[str, ...], ...]
    metric: tuple[tuple[str, ...], ...]
    touchy: tuple[tuple[str, ...], ...]
    function: tuple[str, ...]
    common: tuple[str, ...]
    up: tuple[str, ...]
    down: tuple[str, ...]
    company: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of every list."""
        nested = (*self.same, *self.metric, *self.touchy)
        flat = (self.function, self.common, self.up, self.down, self.company)
        return frozenset(word for line in (*nested, *flat) for word in line)

    @cached_property
    def synonyms(self) -> Phrases:
        return _lines(self.same)

    @cached_property
    def metrics(self) -> Phrases:
        return _lines(self.metric)

    @cached_property
    def matters(self) -> Phrases:
        return _lines(self.touchy)

    @cached_property
    def asking(self) -> Phrases:
        return Phrases(dict.fromkeys(self.function, 0))

    @cached_property
    def everyday(self) -> Phrases:
        return Phrases(dict.fromkeys(self.common, 0))

    @cached_property
    def directions(self) -> Phrases:
        return Phrases({**dict.fromkeys(self.up, 1), **dict.fromkeys(self.down, -1)})

    @cached_property
    def companies(self) -> Phrases:
        return Phrases({name: at for at, name in enumerate(self.company)})


def _lines(lines: Iterable[Sequence[str]]) -> Phrases:
    return Phrases({phrase: at for at, line in enumerate(lines) for phrase in line})


def read_lexicon(beside: Path | None = None) -> Lexicon:
    """The shipped lists, and those of a `lexicon.toml` in the folder `beside`.

    Raises:
        BotError: A file is no TOML, or a list has another name or form.
    """
    lists: dict[str, list[Any]] = {name: [] for name in (*_NESTED, *_FLAT)}
    own = beside / FILE.name if beside else None
    for path in (FILE, own):
        if path and path.is_file():
            for name, lines in _read(path).items():
                lists[name] += lines
    nested = {name: tuple(tuple(map(normalise, line)) for line in lists[name]) for name in _NESTED}
    flat = {name: tuple(map(normalise, lists[name])) for name in _FLAT}
    return Lexicon(
        nested["same"],
        nested["metric"],
        nested["touchy"],
        flat["function"],
        flat["common"],
        flat["up"],
        flat["down"],
        flat["company"],
    )


def _read(path: Path) -> dict[str, list[Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BotError(f"{path} 读不出：{error}；请按 TOML 写法改正") from error
    for name, lines in content.items():
        words = _NESTED if name in _NESTED else _FLAT if name in _FLAT else ()
        if not words:
            raise BotError(f"{path}：没有 {name} 这一项；可用的是 {'、'.join((*_NESTED, *_FLAT))}")
        flat = [word for line in lines for word in line] if name in _NESTED else lines
        if not isinstance(lines, list) or not all(
            isinstance(word, str) and re.search(r"\w", word) for word in flat
        ):
            raise BotError(f"{path}：{name} 应是词的列表")
    return content
