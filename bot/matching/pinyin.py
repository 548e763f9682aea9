"""Pinyin typed without characters → the stored or known words that sound so.

`kezhuanzhai xiaxiu` → 可转债下修, also among Han characters and Latin words. A word that is stored
as it is typed stays; what sounds like nothing known stays too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from itertools import accumulate

# Only single characters are looked up; the dictionary of phrases takes a quarter of a second.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
from pypinyin import lazy_pinyin

_WORDS = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|uo|ui|ue"
    r"|er|a|o|e|i|u|v)"
)
LONGEST = 30  # letters of one known word
_WHOLE = 0.6  # share of a word's letters that must be read

Stretch = tuple[int, int]  # of letters: where it begins and ends
Known = tuple[float, str]  # what reading it so is worth, and as what


class Pinyin:
    """Reads pinyin by the words that a store holds."""

    def __init__(
        self,
        phrases: Iterable[str],
        pieces: Callable[[str], Mapping[Stretch, Known]],
        is_latin: Callable[[str], bool],
    ) -> None:
        """
        Args:
            phrases: Known words; they are preferred.
            pieces: What stretches of letters may be read as, of what is stored.
            is_latin: Whether a Latin word is stored or known, and so no pinyin.
        """
        self._is_latin = is_latin
        self._pieces = pieces
        self._phrases: dict[str, Known] = {}
        for phrase in phrases:
            worth = worth_of(phrase) * 1.15 if len(phrase) > 1 else 0.4
            sound = "".join(map(syllable, phrase))
            if sound.isascii() and sound.isalpha():
                known = self._phrases.get(sound)
                if not known or known[0] < worth:
                    self._phrases[sound] = (worth, phrase)

    def __call__(self, text: str) -> str:
        """Normalised text with its pinyin read."""
        return _WORDS.sub(lambda match: self._stretch(match.group()), text)

    def _stretch(self, words: str) -> str:
        """Latin words in a row; neighbours that are pinyin are read as one."""
        read: list[str] = []
        waiting: list[str] = []
        for word in [*re.split(r"[ ']", words), ""]:
            if word and not self._is_latin(word) and _is_pinyin(word):
                waiting.append(word)
                continue
            if waiting:
                read.append(self._read(waiting))
                waiting = []
            if word:
                read.append(word)
        return " ".join(read)

    def _read(self, words: list[str]) -> str:
        letters = "".join(words)
        pieces = self._pieces(letters)
        borders = set(accumulate(map(len, words), initial=0))
        typed = 0  # where the typed word begins that the letter before `end` belongs to
        # best[i]: worth of reading the first i letters, letters read, and how. A known word lies
        # inside a typed one or covers whole ones; a typed word is read whole or not at all.
        best: list[tuple[float, int, str] | None] = [(0.0, 0, "")]
        for end in range(1, len(letters) + 1):
            typed = end - 1 if end - 1 in borders else typed
            options = []
            if end in borders and (before := best[typed]):
                options.append((before[0] - 0.5, before[1], f"{before[2]} {letters[typed:end]}"))
            for start in range(max(0, end - LONGEST), end):
                known = self._known(letters[start:end], pieces.get((start, end)))
                before = best[start]
                whole = start in borders and end in borders
                if not known or before is None or not (whole or start >= typed):
                    continue
                if len(known[1]) == 1 and not whole:
                    continue
                options.append(
                    (before[0] + known[0], before[1] + end - start, before[2] + known[1])
                )
            best.append(max(options, default=None))
        assert best[-1] is not None  # every typed word may stay as it is
        _, count, text = best[-1]
        return text if count >= _WHOLE * len(letters) else " ".join(words)

    def _known(self, letters: str, piece: Known | None) -> Known | None:
        phrase = self._phrases.get(letters)
        return phrase if phrase and not (piece and piece[0] >= phrase[0]) else piece


def worth_of(text: str, times: int = 0) -> float:
    """What it counts to read some letters as a known stretch of characters."""
    return float(len(text) ** 1.5 + min(times, 50) / 200)


@cache
def syllable(character: str) -> str:
    """Pinyin of one character without tone; ü is v.

    >>> syllable("债"), syllable("率")
    ('zhai', 'lv')
    """
    return lazy_pinyin(character, v_to_u=False)[0]


@cache
def _is_pinyin(word: str) -> bool:
    """Whether a Latin word falls into syllables."""
    ends = {0}
    for start in range(len(word)):
        if start in ends:
            for length in range(1, 7):
                if _SYLLABLE.fullmatch(word, start, min(start + length, len(word))):
                    ends.add(min(start + length, len(word)))
    return len(word) > 1 and len(word) in ends
