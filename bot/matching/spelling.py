"""Typed words that no record holds → the stored word they most likely stand for.

Pinyin first (pinyin.py); then typos.

A Latin word within one or two edits of a stored one; a Han character whose homophone makes three
adjacent characters a stored sequence (可转宅 → 可转债). Stored words stay. A character of another
sound is never replaced: that would turn 分红计划 into whatever plan the record speaks of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.codes import Codes
from bot.matching.lexicon import Lexicon
from bot.matching.names import Names
from bot.matching.pinyin import LONGEST, Known, Pinyin, Stretch, syllable, worth_of
from bot.matching.spelled import Spelled, like, piece, plain_sound, powers, read_as, text_of

_KEYWORD = 6  # characters; in a longer message the other words carry a typo, and 什么时 is none
_HAN3 = re.compile(r"[㐀-鿿]{3}")
_LATIN = re.compile(r"[a-z]{4,}")


class Spelling:
    """What the stored texts spell, to repair messages with."""

    def __init__(
        self,
        several: Sequence[Spelled],
        lexicon: Lexicon,
        names: Names | None = None,
        gone: Callable[[], Spelled | None] = lambda: None,
    ) -> None:
        """
        Args:
            several: What the texts of each segment spell.
            lexicon: Whose words are known besides.
            names: Of companies, likewise.
            gone: What of these texts is not there any more spells; asked for once, when a message
                may need a repair.
        """
        self._several = several
        self._read_gone = gone
        # Sorted: of two that sound the same the first one stays, in every process the same.
        words = (*sorted(lexicon.words), *(names or ()))
        self._known = {part for word in lexicon.words if word.isascii() for part in word.split()}
        self._pinyin = Pinyin(
            [word for word in words if not word.isascii()], self._sounding, self._is_latin
        )

    def __call__(self, text: str) -> str:
        """The normalised message with its likely typos repaired."""
        read = self._pinyin(text)
        return self._han(_LATIN.sub(lambda match: self._word(match.group()), read))

    # Latin words

    def _is_latin(self, word: str) -> bool:
        return word in self._known or self._is_stored(word)

    def _is_stored(self, word: str) -> bool:
        times = sum(own.latin.get(word, 0) for own in self._several)
        return times > 0 and (self._gone is None or times > self._gone.latin.get(word, 0))

    @cached_property
    def _words(self) -> list[str]:
        """The stored words, the most frequent first."""
        words: Counter[str] = Counter()
        for own in self._several:
            words.update(own.latin)
        words.subtract(self._gone.latin if self._gone else {})
        return sorted((+words), key=lambda word: (-words[word], word))

    @cached_property
    def _gone(self) -> Spelled | None:
        return self._read_gone()

    def _word(self, word: str) -> str:
        if self._is_stored(word):
            return word
        edits = 1 if len(word) < 7 else 2
        best = process.extractOne(word, self._words, scorer=OSA.distance, score_cutoff=edits)
        return best[0] if best else word

    # Han characters

    def _han(self, text: str) -> str:
        if len(text) > _KEYWORD:
            return text
        for at in range(len(text) - 2):
            triple = text[at : at + 3]
            # Only where the middle joins nothing stored: both pairs known means no typo.
            if not _HAN3.fullmatch(triple) or self._times(triple):
                continue
            if self._times(triple[:2]) and self._times(triple[1:]):
                continue
            stored = self._liked(triple)
            if stored and sum(one != other for one, other in zip(stored, triple, strict=True)) == 1:
                text = text[:at] + stored + text[at + 3 :]
        return text

    def _times(self, text: str) -> int:
        """How often a stretch of characters is stored."""
        wanted = piece(text)
        total = sum(own.times_of(wanted) for own in self._several)
        return max(0, total - self._gone.times_of(wanted)) if total and self._gone else total

    def _liked(self, triple: str) -> str | None:
        """The stored stretch that sounds the same, the most frequent one."""
        wanted = np.array([like(triple)], dtype=np.uint64)
        stored = {
            text_of(int(own.pieces[at]))
            for own in self._several
            for _, at in _found(own.likes, own.liked, wanted)
        }
        times = {text: self._times(text) for text in stored if sound(text) == sound(triple)}
        alike = [text for text in times if times[text]]
        return max(alike, key=lambda text: (times[text], text), default=None)

    # Pinyin

    def _sounding(self, letters: str) -> Mapping[Stretch, Known]:
        """What stretches of letters may be read as: of each the best that is stored."""
        stretches = [
            (start, end)
            for end in range(len(letters) + 1)
            for start in range(max(0, end - LONGEST), end)
        ]
        stored: dict[Stretch, set[str]] = {}
        wanted = _hashes(letters, stretches)
        for own in self._several:
            for which, at in _found(own.sounds, own.sounding, wanted):
                stored.setdefault(stretches[which], set()).add(text_of(int(own.pieces[at])))
        found: dict[Stretch, Known] = {}
        for (start, end), texts in stored.items():
            known = [
                (worth_of(text, times), text)
                for text in sorted(texts)
                if "".join(map(syllable, text)) == letters[start:end]
                and (times := self._times(text))
            ]
            if known:
                found[start, end] = max(known, key=lambda item: item[0])
        return found


def sound(text: str) -> str:
    """Pinyin without tones, and without what many speakers do not tell apart (zh/z, -ng/-n).

    >>> sound("可转宅") == sound("可转债")
    True
    """
    return " ".join(map(plain_sound, text))


def _hashes(letters: str, stretches: Sequence[Stretch]) -> Codes:
    """Of stretches of letters, as `Spelled.sounds` has them."""
    begun, base = read_as(letters), powers(LONGEST + 1)
    starts = np.array([start for start, _ in stretches], dtype=np.int64)
    ends = np.array([end for _, end in stretches], dtype=np.int64)
    with np.errstate(over="ignore"):
        found: Codes = begun[ends] - begun[starts] * base[ends - starts]
    return found


def _found(hashes: Codes, places: NDArray[np.int32], wanted: Codes) -> list[tuple[int, int]]:
    """Which of the wanted hashes are there, each with a place that it has."""
    begin, end = hashes.searchsorted(wanted), hashes.searchsorted(wanted, side="right")
    return [
        (int(which), int(place))
        for which in np.flatnonzero(begin < end)
        for place in places[begin[which] : end[which]]
    ]
