"""Finished sentences of one language, put into another.

What is told of a file, a setting or a stored record is written in Chinese where it arises: below
the rooms that know a language, in a process of its own, and kept so with a record. Who shows it in
an English frame looks it up here, as gettext does with the sentences of a program. A phrase has
gaps (`{a} 应为 主机:端口`); what fills a gap is looked up too, unless it stands between quotation
marks or the gap's name is in capitals: that is said to the letter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from pathlib import Path

from bot.config import Lang

_GAP = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_LETTERS = re.compile(r"[^\W\d_]")
_HAN = re.compile("[\u3400-\u9fff]")
_QUOTATION = re.compile("“[^”]*”")
_QUOTED = re.compile(r"“\{(\w+)\}”")
_PLAIN = 1  # letters from which on a phrase is known by its own words, not by its marks alone


class Phrasebook:
    """Sentences with gaps, and what they are in the other language."""

    def __init__(self, phrases: Mapping[str, str], foreign: re.Pattern[str] = _HAN) -> None:
        """
        Args:
            phrases: What is said, and what it is in the other language.
            foreign: Finds what the other language does not have.
        """
        self._phrases = dict(phrases)
        self._foreign = foreign

    def sentence(self, phrase: str) -> str:
        """A phrase as it stands here, its gaps still open; itself where it does not."""
        return self._phrases.get(phrase, phrase)

    def put(self, text: str) -> str:
        """A finished text in the other language, line by line; what is unknown stays as it is."""
        return "\n".join(map(self._line, text.split("\n")))

    def _line(self, line: str) -> str:
        said = line.strip()
        if not said:
            return line
        put = self._phrases.get(said) or min(self._readings(said), key=self._left, default=said)
        return line.replace(said, put, 1)

    def _readings(self, said: str) -> Iterator[str]:
        """What the phrases make of a line, the one that says most of it by itself first, up to one
        that leaves nothing."""
        for phrase in self._by_length:
            found = phrase.read(said)
            if found is None:
                continue
            put = {
                name: value if name in phrase.to_the_letter else self.put(value)
                for name, value in found.items()
            }
            if phrase.is_plain or put != found:
                reading = phrase.other.format(**put)
                yield reading
                if not self._left(reading):
                    return

    def _left(self, reading: str) -> int:
        """How much of what was put is still foreign."""
        return len(self._foreign.findall(_QUOTATION.sub("", reading)))

    @cached_property
    def _by_length(self) -> list[_Phrase]:
        phrases = [_Phrase(one, other) for one, other in self._phrases.items() if _GAP.search(one)]
        return sorted(phrases, key=lambda phrase: -phrase.weight)


class _Phrase:
    """One sentence with gaps."""

    def __init__(self, phrase: str, other: str) -> None:
        self._pieces = _GAP.split(phrase)  # words, gap, words, gap, … words
        self.other = other
        capitals = (name for name in self._pieces[1::2] if name.isupper())
        self.to_the_letter = frozenset((*_QUOTED.findall(phrase), *capitals))
        words = self._pieces[::2]
        self._longest = max(words, key=len)
        self.weight = sum(len(_LETTERS.findall(piece)) for piece in words) * 100 + len(phrase)
        self.is_plain = self.weight >= _PLAIN * 100

    def read(self, said: str) -> dict[str, str] | None:
        """What fills the gaps, where the text is this sentence."""
        if self._longest not in said:
            return None
        found = self._pattern.fullmatch(said)
        return found.groupdict() if found else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        pieces = (
            f"(?P<{piece}>.*?)" if at % 2 else re.escape(piece)
            for at, piece in enumerate(self._pieces)
        )
        return re.compile("".join(pieces))


@cache
def messages(lang: Lang) -> Phrasebook:
    """The book that puts Chinese messages into a language; an empty one for Chinese itself."""
    if lang == "zh":
        return Phrasebook({})
    file = Path(__file__).with_name(f"messages.{lang}.toml")
    return Phrasebook(tomllib.loads(file.read_text(encoding="utf-8")))
