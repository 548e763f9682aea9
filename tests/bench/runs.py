"""Every matcher over the same queries, one after the other in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from bot.evaluating import JudgedQuery, Query, ask_all
from bot.message import Band
from tests.bench.first_matcher import ANSWER, SUGGEST, FirstMatcher
from tests.bench.peers import PEERS, SLOW, Ranking
from tests.bench.sets import WITH_MEANING, PublicSet
from tests.bench.study import STUDY
from tests.eval.stores import Company

IRBOT, BY_WORDS, FIRST = "irbot", "irbot without a model", "first matcher of this project"
Runs = dict[str, list[JudgedQuery]]  # matcher → what it made of the queries
Search = Callable[[str], tuple[Ranking, Band | None]]


def asked(search: Search, queries: Sequence[Query]) -> list[JudgedQuery]:
    """What a matcher makes of the queries, each alone."""
    return [_asked(search, query) for query in queries]


def _asked(search: Search, query: Query) -> JudgedQuery:
    start = perf_counter()
    ranking, band = search(query.text)
    ms = (perf_counter() - start) * 1000
    ids = tuple(dict.fromkeys(id_ for id_, _ in ranking))
    return JudgedQuery(query, ids, ranking[0][1] if ranking else 0.0, band, ms)


def peer(name: str, rows: Sequence[tuple[str, str]]) -> Search:
    """A peer over (id, text) rows; it ranks only."""
    matcher = PEERS[name](rows)
    return lambda text: (matcher(text), None)


def first_matcher(rows: Sequence[tuple[str, str, str]]) -> Search:
    matcher = FirstMatcher(rows)

    def search(text: str) -> tuple[Ranking, Band]:
        ranking = matcher.search(text)
        sure = ranking[0][1] if ranking else 0.0
        return ranking, "answer" if sure >= ANSWER else "suggest" if sure >= SUGGEST else "decline"

    return search


def in_domain(companies: Sequence[Company]) -> Runs:
    """Every matcher over each company's own store, the companies' queries in one run."""
    runs: Runs = {
        name: [
            row
            for each in companies
            for row in ask_all(each.responder(with_meaning=with_meaning), each.queries)
        ]
        for name, with_meaning in ((IRBOT, True), (BY_WORDS, False))
    }
    runs[FIRST] = [
        row for each in companies for row in asked(first_matcher(each.units()), each.queries)
    ]
    for with_answer, searched in ((True, "question+answer"), (False, "question")):
        for name in PEERS:
            if with_answer and name == "rapidfuzz ratio":
                continue  # the edit distance of a message to a page says nothing
            runs[f"{name}, {searched}"] = [
                row
                for each in companies
                for row in asked(peer(name, each.rows(with_answer)), each.queries)
            ]
    return runs


def public(each: PublicSet) -> Runs:
    """Every matcher over a pair corpus; the slowest where the study has their figures."""
    runs: Runs = {
        IRBOT: asked(each.irbot(each.name in WITH_MEANING), each.queries),
        FIRST: asked(first_matcher(each.units()), each.queries),
    }
    if each.name in WITH_MEANING:
        runs[BY_WORDS] = asked(each.irbot(with_meaning=False), each.queries)
    for name in PEERS:
        if name not in SLOW or name in STUDY[each.name]:
            runs[name] = asked(peer(name, each.rows), each.queries)
    return runs
