"""How alike the questions of one company are: which of them are about the same matter.

1. A question's subject is what is left of it without words of asking, of time and of every matter
   (likeness.toml); a word that its answer takes up counts more.
2. Two questions are compared by BM25 over the words that the store has: subject against question
   and answer, subject against question, answer against question and answer; each way as a share of
   what the text scores with itself, and both ways together. Where there are vectors, the cosine of
   the questions is added.
3. What stands out counts, not what is large: a score is measured from the mean of both questions'
   scores, in their standard deviations. Long talk is like everything, a short question like
   nothing.
4. Two questions that are like the same others are more alike than their own words say.

The weights are a logistic's over pairs of questions of 300253, 000333, 300476 and 300870, and from
the bound on four of five links between them were right; `python -m tests.eval.timelines` tells what
comes of it over the records of another company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.matching.collection import Collection
from bot.matching.embedding import Vectors
from bot.matching.question_key import matter_words
from bot.matching.subject import weighed_words

# Of subject in text, subject in question, answer in text, and of the questions' cosine above .8.
_TEXT, _QUESTION, _ANSWER, _MEANING = 2.2, 1.8, 2.4, 9.0
_ALIKE = 3.4  # score from which two questions are about one matter
_COMMON_FROM, _COMMON = 1.2, 6.0  # score from which a third question counts, and what all count
# What a company's scores are like before any are seen, and as how many they count.
_PRIOR, _MEAN, _MEAN_WITH_MEANING, _SPREAD = 20, 0.3, 1.1, 0.6
_MOST = 1_000  # questions of a company that are compared, the newest: half a second

_Scores = NDArray[np.float32]


def same_matters(
    collection: Collection,
    places: Sequence[int],
    cosines: Callable[[Sequence[int]], Vectors] | None,
) -> dict[int, list[int]]:
    """For each question those about the same matter, the likest first.

    Args:
        collection: That holds them.
        places: In it, of one company's questions, the newest first. Of very many only the newest
            are compared; what is asked in the same words is found among all.
        cosines: Of the questions at places with each other; None: by words alone.
    """
    found = _asked_alike(collection, places)
    newest = places[:_MOST]
    scores = _scores(collection, newest, cosines)
    for place, own in zip(newest, scores, strict=True):
        alike = np.flatnonzero(own >= _ALIKE)
        likest = alike[np.argsort(-own[alike], kind="stable")]
        found[place] = list(dict.fromkeys((*found[place], *(newest[at] for at in likest))))
    return found


def _asked_alike(collection: Collection, places: Sequence[int]) -> dict[int, list[int]]:
    """For each question those in the same words, but for those that ask of nothing."""
    groups: dict[str, list[int]] = {}
    for place, passage in zip(places, collection.passages.those(places), strict=True):
        groups.setdefault(matter_words(passage.asked), []).append(place)
    groups.pop("", None)
    found: dict[int, list[int]] = {place: [] for place in places}
    for group in groups.values():
        for place in group:
            found[place] = [other for other in group if other != place]
    return found


def _scores(
    collection: Collection,
    places: Sequence[int],
    cosines: Callable[[Sequence[int]], Vectors] | None,
) -> _Scores:
    """How alike questions are; none is like itself."""
    subjects, answers = weighed_words(collection, places)
    texts = collection.among(collection.texts, places)
    raw = (
        _TEXT * _both_ways(texts.scores(subjects))
        + _QUESTION * _both_ways(collection.among(collection.questions, places).scores(subjects))
        + _ANSWER * _both_ways(texts.scores(answers))
    )
    if cosines:
        raw += _MEANING * (cosines(places) - 0.8)
    scores = _with_common(_standing_out(raw, _MEAN_WITH_MEANING if cosines else _MEAN))
    np.fill_diagonal(scores, -np.inf)
    return scores


def _both_ways(scores: _Scores) -> _Scores:
    """Each text against each place as a share of what it scores with its own, and back."""
    own = np.diag(scores).copy()
    own[own <= 0] = 1
    shares = scores / own[:, None]
    found: _Scores = np.sqrt(np.maximum(shares * shares.T, 0))
    return found


def _standing_out(raw: _Scores, usual: float) -> _Scores:
    """Scores measured from what is usual for both questions."""
    others = ~np.eye(len(raw), dtype=bool)
    count = len(raw) - 1 + _PRIOR
    mean = (np.where(others, raw, 0).sum(1) + _PRIOR * usual) / count
    apart = np.where(others, (raw - mean[:, None]) ** 2, 0).sum(1)
    prior = _PRIOR * (_SPREAD**2 + (mean - usual) ** 2)
    spread = np.sqrt((apart + prior) / count)
    measured = (raw - mean[:, None]) / spread[:, None]
    found: _Scores = (measured + measured.T) / 2
    return found


def _with_common(scores: _Scores) -> _Scores:
    """Scores raised by what two questions have in common with third ones."""
    near = np.maximum(scores - _COMMON_FROM, 0)
    np.fill_diagonal(near, 0)
    length = np.sqrt((near**2).sum(1)) + 0.3
    found: _Scores = scores + _COMMON * (near @ near) / np.outer(length, length)
    return found
