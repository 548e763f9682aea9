"""What texts spell: stretches of two and three Han characters, and Latin words, with how often.

A stretch is found by itself, by its pinyin, and by what it sounds like to those who do not tell
zh from z. All of it lies in arrays, so that a large store's is mapped from its file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import BITS, Codes
from bot.matching.counting import characters
from bot.matching.pinyin import syllable

_LATIN = re.compile(r"[a-z]{4,}")
_FIRST, _LAST = ord("㐀"), ord("鿿")
_BITS = np.uint64(BITS)
_LETTERS = np.uint64(0x9E3779B97F4A7C15)  # odd; the base of a polynomial over letters
_SOUNDS = np.uint64(0xC2B2AE3D27D4EB4F)  # the same over sounds
MOST = 4_000_000  # characters that are learned from at once, the newest
_MOST_PIECES, _MOST_WORDS = 1_000_000, 50_000  # of a large store: the most frequent

Times = NDArray[np.int32]


@dataclass(frozen=True)
class Spelled:
    """Of some texts."""

    pieces: Codes  # stretches of two and of three characters, ascending
    times: Times
    words: Sequence[str]  # Latin ones of four letters and more
    word_times: Times
    sounds: Codes  # hashed pinyin, ascending …
    sounding: NDArray[np.int32]  # … and the place of the stretch that is read so
    likes: Codes  # hashed sounds of stretches of three, ascending …
    liked: NDArray[np.int32]  # … likewise

    def times_of(self, piece: int) -> int:
        """How often a stretch stands there, by its code."""
        wanted = np.uint64(piece)
        at = int(self.pieces.searchsorted(wanted))
        return int(self.times[at]) if at < len(self.pieces) and self.pieces[at] == wanted else 0

    @cached_property
    def latin(self) -> Mapping[str, int]:
        """The words with how often they stand there."""
        return dict(zip(self.words, self.word_times.tolist(), strict=True))


def spelled(texts: Iterable[str]) -> Spelled:
    """What normalised texts spell; of very many characters only the first ones."""
    read: list[str] = []
    size = 0
    for text in texts:
        read.append(text)
        size += len(text)
        if size > MOST:
            break
    letters, _ = characters(read)
    wide = letters.astype(np.uint64)
    han = (letters >= _FIRST) & (letters <= _LAST)
    at = np.flatnonzero(han[:-2] & han[1:-1] & han[2:]) if len(han) > 2 else np.zeros(0, np.int64)
    found, times = np.unique(
        (wide[at] << _BITS | wide[at + 1]) << _BITS | wide[at + 2], return_counts=True
    )
    counted = Counter(word for text in read for word in _LATIN.findall(text))
    return _sounding(*_with_pairs(found, times), counted)


def together(several: Sequence[Spelled], gone: Spelled | None = None) -> Spelled:
    """What all of them spell, without what is gone."""
    if len(several) == 1 and gone is None:
        return several[0]
    words: Counter[str] = Counter()
    for own in several:
        words.update(own.latin)
    pieces, times = [own.pieces for own in several], [own.times for own in several]
    if gone:
        words.subtract(gone.latin)
        pieces.append(gone.pieces)
        times.append(-gone.times)
    found, summed = _summed(np.concatenate(pieces), np.concatenate(times))
    return _sounding(found[summed > 0], summed[summed > 0], +words)


def read_as(letters: str) -> Codes:
    """The hashes of the beginnings of a stretch of pinyin, from the empty one on."""
    found = np.zeros(len(letters) + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for at, letter in enumerate(letters):
            found[at + 1] = found[at] * _LETTERS + np.uint64(ord(letter))
    return found


def powers(count: int) -> Codes:
    """Of the base of `read_as`, from the power 0 on."""
    found = np.ones(count, dtype=np.uint64)
    with np.errstate(over="ignore"):
        found[1:] = np.cumprod(np.full(max(count - 1, 0), _LETTERS))
    return found


def like(triple: str) -> int:
    """The hash of what three characters sound like."""
    found = np.uint64(0)
    with np.errstate(over="ignore"):
        for character in triple:
            found = found * _SOUNDS + _like(ord(character))
    return int(found)


def piece(text: str) -> int:
    """The code of two or three characters."""
    found = 0
    for character in text:
        found = found << BITS | ord(character)
    return found


def text_of(piece: int) -> str:
    """The characters of a code."""
    characters = (piece >> BITS * at & (1 << BITS) - 1 for at in (2, 1, 0))
    return "".join(map(chr, filter(None, characters)))


@cache
def plain_sound(character: str) -> str:
    """Its pinyin, without what many speakers do not tell apart (zh/z, -ng/-n)."""
    return re.sub(r"^([zcs])h", r"\1", re.sub(r"ng$", "n", syllable(character)))


def _with_pairs(triples: Codes, times: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
    first, last = triples >> _BITS, triples & np.uint64((1 << 2 * BITS) - 1)
    return _summed(np.concatenate((first, last, triples)), np.concatenate((times, times, times)))


def _summed(pieces: Codes, times: NDArray[np.int64] | Times) -> tuple[Codes, NDArray[np.int64]]:
    found, which = np.unique(pieces, return_inverse=True)
    return found, np.bincount(which, times, minlength=len(found)).astype(np.int64)


def _sounding(pieces: Codes, times: NDArray[np.int64], words: Counter[str]) -> Spelled:
    if len(pieces) > _MOST_PIECES:
        kept = np.sort(np.lexsort((pieces, -times))[:_MOST_PIECES])
        pieces, times = pieces[kept], times[kept]
    kept_words = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:_MOST_WORDS]
    columns = [(pieces >> np.uint64(BITS * at) & np.uint64((1 << BITS) - 1)) for at in (2, 1, 0)]
    sounds, sounding = _by_sound(columns)
    likes, liked = _by_like(columns)
    return Spelled(
        pieces,
        np.minimum(times, np.iinfo(np.int32).max).astype(np.int32),
        tuple(word for word, _ in kept_words),
        np.array([count for _, count in kept_words], dtype=np.int32),
        sounds,
        sounding,
        likes,
        liked,
    )


def _by_sound(columns: Sequence[Codes]) -> tuple[Codes, NDArray[np.int32]]:
    """Hashes of pinyin in order, and the places of the pieces; none of what has no pinyin."""
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    is_read = np.ones(len(total), dtype=np.bool_)
    with np.errstate(over="ignore"):
        for own in columns:
            is_there = own > 0
            total = total * np.where(is_there, _each(own, _power), np.uint64(1))
            total += np.where(is_there, _each(own, _hash), np.uint64(0))
            is_read &= ~is_there | (_each(own, _has_pinyin) > 0)
    return _ordered(total, np.flatnonzero(is_read))


def _by_like(columns: Sequence[Codes]) -> tuple[Codes, NDArray[np.int32]]:
    """Hashes of what pieces of three sound like in order, and their places."""
    total = np.zeros(len(columns[0]), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for own in columns:
            total = total * _SOUNDS + _each(own, _like)
    return _ordered(total, np.flatnonzero(columns[0] > 0))


def _ordered(hashes: Codes, which: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int32]]:
    order = which[np.argsort(hashes[which], kind="stable")]
    return hashes[order], order.astype(np.int32)


def _each(characters: Codes, of_one: Callable[[int], np.uint64]) -> Codes:
    """A number of each character."""
    own, which = np.unique(characters, return_inverse=True)
    found: Codes = np.array([of_one(one) for one in own.tolist()], dtype=np.uint64)[which]
    return found


@cache
def _hash(character: int) -> np.uint64:
    found: np.uint64 = read_as(syllable(chr(character)))[-1]
    return found


@cache
def _power(character: int) -> np.uint64:
    found: np.uint64 = powers(len(syllable(chr(character))) + 1)[-1]
    return found


@cache
def _has_pinyin(character: int) -> np.uint64:
    sound = syllable(chr(character))
    return np.uint64(sound.isascii() and sound.isalpha())


@cache
def _like(character: int) -> np.uint64:
    sound = plain_sound(chr(character)).encode()
    return np.uint64(int.from_bytes(blake2b(sound, digest_size=8).digest(), "big"))
