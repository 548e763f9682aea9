"""Typed words that no record holds → the stored word they most likely stand for.

Pinyin first (pinyin.py); then typos.

A Latin word within one or two edits of a stored one; a Han character whose homophone makes three
adjacent characters a stored sequence (可转宅 → 可转债). Stored words stay. A character of another
sound is never replaced: that would turn 分红计划 into whatever plan the record speaks of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.lexicon import Lexicon
from bot.matching.pinyin import Pinyin, syllable

_KEYWORD = 6  # characters; in a longer message the other words carry a typo, and 什么时 is none
_HAN3 = re.compile(r"(?=([㐀-鿿]{3}))")
_LATIN = re.compile(r"[a-z]{4,}")
_MOST = 4_000_000  # characters learned from; the newest records come first


class Spelling:
    """What the stored texts spell, to repair messages with."""

    def __init__(self, texts: Iterable[str], lexicon: Lexicon, names: Iterable[str] = ()) -> None:
        """texts: normalised; names: words that are known besides."""
        self._words: Counter[str] = Counter()
        self._triples: Counter[str] = Counter()
        read = 0
        for text in texts:
            self._words.update(_LATIN.findall(text))
            self._triples.update(_HAN3.findall(text))
            read += len(text)
            if read > _MOST:
                break
        pairs: Counter[str] = Counter()
        for triple, times in self._triples.items():
            pairs[triple[:2]] += times
            pairs[triple[1:]] += times
        self._pairs = pairs.keys()
        # Sorted: of two that sound the same the first one stays, in every process the same.
        phrases = [word for word in (*sorted(lexicon.words), *names) if not word.isascii()]
        latin = {piece for word in lexicon.words if word.isascii() for piece in word.split()}
        self._pinyin = Pinyin(phrases, pairs | self._triples, latin | self._words.keys())
        self._by_sound: dict[str, str] = {}
        for triple, _ in sorted(self._triples.items(), key=lambda item: item[1]):
            self._by_sound[sound(triple)] = triple  # the most frequent one stays

    def __call__(self, text: str) -> str:
        """The normalised message with its likely typos repaired."""
        read = self._pinyin(text)
        return self._han(_LATIN.sub(lambda match: self._word(match.group()), read))

    def _word(self, word: str) -> str:
        if word in self._words:
            return word
        edits = 1 if len(word) < 7 else 2
        best = process.extractOne(word, self._words.keys(), scorer=OSA.distance, score_cutoff=edits)
        return best[0] if best else word

    def _han(self, text: str) -> str:
        if len(text) > _KEYWORD:
            return text
        for at in range(len(text) - 2):
            triple = text[at : at + 3]
            # Only where the middle joins nothing stored: both pairs known means no typo.
            if not _HAN3.match(triple) or triple in self._triples:
                continue
            if triple[:2] in self._pairs and triple[1:] in self._pairs:
                continue
            stored = self._by_sound.get(sound(triple))
            if stored and sum(one != other for one, other in zip(stored, triple, strict=True)) == 1:
                text = text[:at] + stored + text[at + 3 :]
        return text


def sound(text: str) -> str:
    """Pinyin without tones, and without what many speakers do not tell apart (zh/z, -ng/-n).

    >>> sound("可转宅") == sound("可转债")
    True
    """
    return " ".join(_plain(character) for character in text)


@cache
def _plain(character: str) -> str:
    return re.sub(r"^([zcs])h", r"\1", re.sub(r"ng$", "n", syllable(character)))
