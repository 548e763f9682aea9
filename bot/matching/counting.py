"""The terms of many texts at once, as postings: what `stored_terms` finds in each of them.

Han characters and their pairs are told apart in numpy, all texts in one go; the rest, which is
little, in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.codes import BITS, Codes, code
from bot.matching.lexicon import Lexicon
from bot.matching.postings import MOST_TIMES, Postings
from bot.matching.terms import stored_terms, synonym
from bot.matching.text import HAN, RUN_OF_OTHERS

_BETWEEN = "\0"  # of no run; normalised texts are joined with it
_HAN_RANGES = [(ord(first), ord(last)) for first, last in re.findall("(.)-(.)", HAN)]


class Terms(NamedTuple):
    """Every term of some texts, with repeats, in no order."""

    codes: Codes
    texts: NDArray[np.int32]  # in which each of them stands

    @classmethod
    def together(cls, several: Iterable[Terms]) -> Terms:
        """Those of the same texts read in several ways."""
        found = [*several]
        return cls(
            np.concatenate([item.codes for item in found]),
            np.concatenate([item.texts for item in found]),
        )


def terms_of(texts: Sequence[str], lexicon: Lexicon) -> Terms:
    """The terms of normalised texts, with a term for each synonym line that one holds."""
    apart = [bool(lexicon.inner(text)) for text in texts]  # few
    plain = ["" if is_apart else text for text, is_apart in zip(texts, apart, strict=True)]
    told = [
        (code(term), at)
        for at, text in enumerate(texts)
        if apart[at]
        for term in stored_terms(text, lexicon)
    ]
    told += (
        (code(synonym(line)), at)
        for at, text in enumerate(plain)
        for line in lexicon.synonyms.lines(text)
    )
    return Terms.together([_han(plain), _others(plain), listed(told)])


def listed(told: Sequence[tuple[int, int]]) -> Terms:
    """Codes of terms, each with the text that it stands in."""
    return Terms(
        np.array([own for own, _ in told], dtype=np.uint64),
        np.array([at for _, at in told], dtype=np.int32),
    )


def postings_of(terms: Terms, count: int, besides: Terms | None = None) -> Postings:
    """Postings over as many documents.

    Args:
        terms: Of each document.
        count: Of the documents.
        besides: Terms that documents are found by as well, and are no longer for.
    """
    lengths = np.maximum(np.bincount(terms.texts, minlength=count), 1).astype(np.int32)
    if besides:
        terms = Terms.together([terms, besides])
    order = np.lexsort((terms.texts, terms.codes))
    codes, places = terms.codes[order], terms.texts[order]
    is_new = np.ones(len(codes), dtype=np.bool_)
    is_new[1:] = (codes[1:] != codes[:-1]) | (places[1:] != places[:-1])
    first = np.flatnonzero(is_new)
    times = np.diff(np.append(first, len(codes)))
    codes, places = codes[first], places[first]
    is_other = np.ones(len(codes), dtype=np.bool_)
    is_other[1:] = codes[1:] != codes[:-1]
    starts = np.flatnonzero(is_other)
    return Postings(
        codes[starts],
        np.append(starts, len(codes)).astype(np.int64),
        places,
        np.minimum(times, MOST_TIMES).astype(np.uint8),
        lengths,
        np.zeros(0, np.uint64),  # told where segments are merged: this one is small
        np.zeros(0, np.int32),
        np.zeros(0, np.uint8),
    )


def characters(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """The texts one behind the other, a mark behind each; and to which each character belongs."""
    joined = _BETWEEN.join((*texts, ""))
    found = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32)
    own = np.arange(len(texts), dtype=np.int32)
    return found, np.repeat(own, [len(text) + 1 for text in texts])


def is_han(letters: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters make a term by themselves."""
    found = np.zeros(len(letters), dtype=np.bool_)
    for first, last in _HAN_RANGES:
        found |= (letters >= first) & (letters <= last)
    return found


def _han(texts: Sequence[str]) -> Terms:
    """Each Han character and each adjacent pair."""
    letters, own = characters(texts)
    han = is_han(letters)
    wide = letters.astype(np.uint64)
    pairs = np.flatnonzero(han[:-1] & han[1:])
    return Terms(
        np.concatenate((wide[han], wide[pairs] << np.uint64(BITS) | wide[pairs + 1])),
        np.concatenate((own[han], own[pairs])),
    )


def _others(texts: Sequence[str]) -> Terms:
    """Latin words and figures."""
    return listed(
        [
            (code(run), at)
            for at, text in enumerate(texts)
            if not _HAN_ALONE.fullmatch(text)
            for run in RUN_OF_OTHERS.findall(text)
        ]
    )


_HAN_ALONE = re.compile("[^a-z0-9]*+")
