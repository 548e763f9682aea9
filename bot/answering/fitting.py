"""The one sentence of a stored question that is near a message, verbatim: what an offer shows.

Stored questions run to several sentences, of which a list to pick from shows the one that fits; the
whole stands in the answer that a pick gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.matching.lexicon import Lexicon
from bot.matching.query import Query, Term
from bot.matching.terms import stored_terms
from bot.matching.text import normalise

_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;]*")
_CLAUSE = re.compile(r"[^，,：:、]*[，,：:、]?")
_LONG = 60  # characters; a longer sentence is shown by the clauses that fit
_ASKS = re.compile(r"[？?]\s*$|吗|呢|如何|怎么|怎样|多少|是否|什么|哪|为何|请问|介绍|多大|几")
_ASKING = 0.35  # of all the message's words by weight, that a sentence which asks counts as more
_LEAST = 6  # characters; less says nothing by itself


def fitting_sentence(
    text: str, query: Query, weight: Callable[[Term], float], lexicon: Lexicon
) -> str:
    """The stretch of a stored question that fits the message.

    Args:
        text: The stored question, verbatim.
        query: The message.
        weight: What a word of it counts.
        lexicon: The word lists.

    Returns:
        A stretch of the text; the whole text where it is short or nothing in it stands out.
    """
    if len(text) <= _LONG and "\n" not in text:
        return text
    terms = [*{term.text: term for term in query.terms if not term.is_single}.values()]
    weights = [*map(weight, terms)]
    total = sum(weights) or 1.0
    places: dict[str, list[int]] = {}
    for at, term in enumerate(terms):
        for word in term.words:
            places.setdefault(word, []).append(at)

    def held(stretch: str) -> float:
        stored = places.keys() & stored_terms(normalise(stretch), lexicon)
        own = sorted({at for word in stored for at in places[word]})  # else sums differ by rounding
        share = sum(weights[at] for at in own) / total
        return share + (_ASKING if _ASKS.search(stretch) else 0.0)

    sentences: list[str] = [item.strip() for item in _SENTENCE.findall(text)]
    sentences = [item for item in sentences if len(item) >= _LEAST]
    if not sentences:
        return text
    best = max(sentences, key=held)  # the first of equals
    if len(best) <= _LONG:
        return best
    return _clauses(best, held)


def _clauses(sentence: str, held: Callable[[str], float]) -> str:
    """The run of clauses of a long sentence, within the length, that fits best."""
    clauses: list[str] = [item for item in _CLAUSE.findall(sentence) if item]
    runs: list[str] = []
    for start in range(len(clauses)):
        run = ""
        for clause in clauses[start:]:
            if run and len(run) + len(clause) > _LONG:
                break
            run += clause
            runs.append(run.strip())
    runs = [run for run in runs if len(run) >= _LEAST] or [sentence]
    return max(runs, key=lambda run: (round(held(run), 3), len(run)))
