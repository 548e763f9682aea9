"""What of a stored question and its answer is compared with other questions (likeness.py)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from math import log, log1p
from pathlib import Path
from sys import intern
from typing import NamedTuple

from bot.matching.collection import Collection
from bot.matching.lexicon import Lexicon
from bot.matching.names import Names
from bot.matching.terms import stored_terms, synonym
from bot.matching.text import normalise

FILE = Path(__file__).with_name("likeness.toml")

_TELLING = 20  # words of an answer that are compared
_READ = 4096  # questions whose words are kept, some 5 KB each: a changed store holds most of them

_RUN = re.compile("[a-z][a-z0-9]+|[㐀-鿿]+")

Weights = dict[str, float]


class _Aside(NamedTuple):
    words: re.Pattern[str]
    between: re.Pattern[str]
    lines: tuple[str, ...]


@cache
def _aside() -> _Aside:
    listed = tomllib.loads(FILE.read_text(encoding="utf-8"))
    words = sorted(listed["aside"].split(), key=len, reverse=True)
    return _Aside(
        re.compile("|".join(words)),
        re.compile(f"[{listed['between']}]"),
        tuple(listed["lines"]),
    )


def weighed_words(
    collection: Collection, places: Sequence[int]
) -> tuple[list[Weights], list[Weights]]:
    """Of each question at these places the words of its subject, and of its answer the rarest;
    what each weighs, its rarity in the store in it."""
    read = _reader(collection.lexicon, collection.names)
    of_each = [read(item.asked, item.answered) for item in collection.passages.those(places)]
    rarity = collection.texts.idfs(
        term for words in of_each for term in (*words.subject, *words.answer)
    )
    subjects, answers = [], []
    for words in of_each:
        subjects.append({term: weight * rarity[term] for term, weight in words.subject.items()})
        weighed = {term: rarity[term] * weight for term, weight in words.answer.items()}
        first = sorted(weighed, key=lambda term: (-weighed[term] * rarity[term], term))
        answers.append({term: weighed[term] for term in first[:_TELLING]})
    return subjects, answers


class _Words(NamedTuple):
    """What words weigh, their rarity apart: the same in every store."""

    subject: Mapping[str, float]
    answer: Mapping[str, float]


@lru_cache(maxsize=2)
def _reader(lexicon: Lexicon, names: Names) -> Callable[[str, str], _Words]:
    """What reads a question and its answer, each once however often the store changes."""
    return lru_cache(maxsize=_READ)(_Reader(lexicon, names))


class _Reader:
    def __init__(self, lexicon: Lexicon, names: Names) -> None:
        self._lexicon = lexicon
        self._names = names
        self._no_matter = {
            synonym(at)
            for at, line in enumerate(lexicon.same)
            if not set(line).isdisjoint(_aside().lines)
        }

    def __call__(self, asked: str, answered: str) -> _Words:
        answer = normalise(answered)
        said = Counter(stored_terms(answer, self._lexicon))
        lines = {term for term in said if term[0] == "="} - self._no_matter
        telling = (lines | {*_words(answer)}) & said.keys()
        return _Words(
            dict(self._subject(normalise(asked), said)),
            {intern(term): 1 + log(said[term]) for term in telling},
        )

    def _subject(self, question: str, said: Mapping[str, int]) -> Iterator[tuple[str, float]]:
        for name in self._names.within(question):
            question = question.replace(name, " ")
        words = {term: 1.5 if term.isascii() else 1.0 for term in _words(question)}
        words |= dict.fromkeys(self._lines(question), 2.0)
        for term, weight in words.items():
            yield intern(term), weight * (1 + log1p(said[term]) if term in said else 0.5)

    def _lines(self, question: str) -> set[str]:
        found = self._lexicon.synonyms.lines(_aside().words.sub(" ", question))
        return {synonym(line) for line in found} - self._no_matter


def _words(text: str) -> list[str]:
    """Latin words and pairs of characters of what is said of a matter."""
    aside = _aside()
    found: list[str] = []
    for run in _RUN.findall(aside.words.sub(" ", text)):
        if run.isascii():
            found.append(run)
            continue
        for piece in aside.between.split(run):
            found += (piece[at : at + 2] for at in range(len(piece) - 1))
    return found
