"""The first matcher of this project, frozen on 2026-11-25, to measure later ones against.

A copy of bot/matching as it stood: BM25 over the question plus BM25 over question and answer,
homophone and typo repair, confidence = share of the message's information held by the first hit,
lowered where the runner-up with another answer is nearly as good. Nothing here follows bot/.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from math import log
from typing import Any

import numpy as np
from opencc import OpenCC
from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

ANSWER, SUGGEST = 0.70, 0.20  # the bands at IR_CAUTION=strict

_K1, _B = 1.2, 0.75
_QUESTION_WEIGHT = 0.5
_SAME_ANSWER = 90.0
_KEYWORD = 6
_HAN3 = re.compile(r"(?=([㐀-鿿]{3}))")
_LATIN = re.compile(r"[a-z]{4,}")
_BOILERPLATE = re.compile(
    r"尊敬的(?:公司)?(?:各位)?(?:领导|董事长|总经理|总裁|管理层|董秘|投资者|股东)?"
    r"|各位领导|[您你]们?好|(?:上午|下午|晚上|早上|中午)好|(?:请问|想问|问)一?下|请问|麻烦(?:问|您|你)"
    r"|(?:十分|非常|衷心)?感谢(?:您|你|各位)?(?:对(?:公司|我们))?的?(?:关注|提问|支持|解答|回答|建议|关心)?"
    r"(?:[与和、](?:关注|支持|建议))?|谢谢(?:您|你|公司|大家)?(?:的?(?:关注|提问|支持))?"
    r"|哈喽|hello\b|hi\b|辛苦了|拜托"
)
_RUN = re.compile(
    r"[a-z]+[0-9]*(?![a-z])|[0-9]+(?:\.[0-9]+)?|[a-z0-9]+|[㐀-鿿豈-﫿\U00020000-\U0003ffff]+"
)
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿])")


class FirstMatcher:
    """Rows of (id, question, answer); several rows may carry one id (the parts of a question)."""

    def __init__(self, rows):
        self._ids = [id_ for id_, _, _ in rows]
        asked = [_normalise(question) for _, question, _ in rows]
        self._answered = [_normalise(answer) for _, _, answer in rows]
        asked_terms = [_terms(text) for text in asked]
        both = [own + _terms(text) for own, text in zip(asked_terms, self._answered, strict=True)]
        self._asked, self._both = _BM25(asked_terms), _BM25(both)
        self._held = [frozenset(document) for document in both]
        self._repair = _Repair(
            [text for pair in zip(asked, self._answered, strict=True) for text in pair]
        )

    def search(self, text, limit=10):
        """[(id, confidence)], best first."""
        query = set(_terms(self._repair(_normalise(text))))
        if not query:
            return []
        scores = self._both.scores(query) + _QUESTION_WEIGHT * self._asked.scores(query)
        ranked: dict[str, int] = {}
        for at in np.argsort(-scores, kind="stable"):
            if scores[at] <= 0 or len(ranked) >= limit:
                break
            ranked.setdefault(self._ids[at], int(at))
        if not ranked:
            return []
        order = list(ranked.values())
        information = {term: self._both.idf(term) for term in query}
        total = sum(information.values())
        shares = [
            sum(weight for term, weight in information.items() if term in self._held[at]) / total
            for at in order
        ]
        rival = next((at for at in order[1:] if not self._same(order[0], at)), None)
        margin = 1 - scores[rival] / scores[order[0]] if rival is not None else 1.0
        surest = shares[0] * (0.5 + 0.5 * min(margin / 0.25, 1.0))
        sure = [min(surest, share) if at else surest for at, share in enumerate(shares)]
        return [(id_, float(value)) for id_, value in zip(ranked, sure, strict=True)]

    def _same(self, one, other):
        return fuzz.ratio(self._answered[one], self._answered[other]) >= _SAME_ANSWER


class _BM25:
    def __init__(self, documents):
        counts = [Counter(document) for document in documents]
        lengths = np.array([max(count.total(), 1) for count in counts], dtype=np.float64)
        self._size = len(counts)
        norm = _K1 * (1 - _B + _B * lengths / lengths.mean())
        postings = defaultdict(list)
        for at, count in enumerate(counts):
            for term, times in count.items():
                postings[term].append((at, times))
        self._postings = {}
        for term, pairs in postings.items():
            ids = np.array([at for at, _ in pairs], dtype=np.int64)
            counted = np.array([times for _, times in pairs], dtype=np.float64)
            weights = self._idf(len(pairs)) * counted * (_K1 + 1) / (counted + norm[ids])
            self._postings[term] = ids, weights

    def _idf(self, documents):
        return log(1 + (self._size - documents + 0.5) / (documents + 0.5))

    def idf(self, term):
        return self._idf(len(self._postings[term][0]) if term in self._postings else 0)

    def scores(self, query):
        total: Any = np.zeros(self._size)
        for term in query:
            if term in self._postings:
                ids, weights = self._postings[term]
                total[ids] += weights
        return total


class _Repair:
    def __init__(self, texts):
        self._words: Counter[str] = Counter()
        self._triples: Counter[str] = Counter()
        for text in texts:
            self._words.update(_LATIN.findall(text))
            self._triples.update(_HAN3.findall(text))
        self._pairs = {pair for triple in self._triples for pair in (triple[:2], triple[1:])}
        self._by_sound = {
            _sound(triple): triple
            for triple, _ in sorted(self._triples.items(), key=lambda item: item[1])
        }

    def __call__(self, text):
        return self._han(_LATIN.sub(lambda match: self._word(match.group()), text))

    def _word(self, word):
        if word in self._words:
            return word
        edits = 1 if len(word) < 7 else 2
        best = process.extractOne(word, self._words.keys(), scorer=OSA.distance, score_cutoff=edits)
        return best[0] if best else word

    def _han(self, text):
        if len(text) > _KEYWORD:
            return text
        for at in range(len(text) - 2):
            triple = text[at : at + 3]
            if not _HAN3.match(triple) or triple in self._triples:
                continue
            if triple[:2] in self._pairs and triple[1:] in self._pairs:
                continue
            stored = self._by_sound.get(_sound(triple))
            if stored and sum(one != other for one, other in zip(stored, triple, strict=True)) == 1:
                text = text[:at] + stored + text[at + 3 :]
        return text


def _normalise(text):
    folded = _converter().convert(unicodedata.normalize("NFKC", text).casefold())
    return _BOILERPLATE.sub("", _SPACE_BETWEEN_HAN.sub("", folded))


def _terms(text):
    found = []
    for run in _RUN.findall(text):
        if run[0] < "\u3400":
            found.append(run)
        else:
            found.extend(run)
            found += (run[at : at + 2] for at in range(len(run) - 1))
    return found


def _sound(text):
    return " ".join(_syllable(character) for character in text)


@cache
def _syllable(character):
    syllable = lazy_pinyin(character)[0]
    return re.sub(r"^([zcs])h", r"\1", re.sub(r"ng$", "n", syllable))


@cache
def _converter():
    return OpenCC("t2s")
