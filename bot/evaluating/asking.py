"""Ask the bot every query alone, as a chat would, and keep what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf
from time import perf_counter

from bot.answering.responder import Responder
from bot.answering.trail import Considered
from bot.evaluating.queries import Query, plain_id
from bot.evaluating.shown import Shown, offers, shown
from bot.message import Answer, Band, Message, band

_OFFERED = 5  # places of a ranking that a list shows


@dataclass(frozen=True)
class JudgedQuery:
    """A query and what the program made of it."""

    query: Query
    ids: tuple[str, ...]  # best first; empty: nothing found, or no search at all
    confidence: float
    band: Band | None = None  # None for a matcher that only ranks
    ms: float | None = None
    shown: Shown | None = None  # None for a matcher that only ranks
    # Of the accepted ids of each thing asked, those of the last event; empty where all are of one.
    newest: tuple[frozenset[str], ...] = ()

    @property
    def right(self) -> bool:
        """Whether the first id is accepted."""
        return bool(self.ids) and plain_id(self.ids[0]) in self.query.accept

    @property
    def rank(self) -> int | None:
        """Where the first accepted id stands, from 1."""
        accept = self.query.accept
        return next((at for at, id_ in enumerate(self.ids, 1) if plain_id(id_) in accept), None)

    @property
    def answered(self) -> tuple[str, ...]:
        """The plain ids given as the answer."""
        if self.shown:
            return self.shown.answered
        return tuple(map(plain_id, self.ids[:1])) if self.band == "answer" else ()

    @property
    def answered_wrong(self) -> bool:
        """Whether it gives an answer that is not accepted."""
        return self.band == "answer" and not self._accepts_all(self.answered)

    @property
    def answered_right(self) -> bool:
        """Whether all that can be answered is, and nothing else."""
        return self._holds(self.answered) and not self.answered_wrong

    @property
    def helped(self) -> bool:
        """Whether of all that can be answered an accepted id is answered or offered."""
        if self.shown:
            return self._holds((*self.shown.answered, *self.shown.offered))
        return self.answered_right or (self.band == "suggest" and (self.rank or inf) <= _OFFERED)

    def _accepts_all(self, ids: tuple[str, ...]) -> bool:
        return bool(ids) and self.query.accept.issuperset(ids)

    def _holds(self, ids: tuple[str, ...]) -> bool:
        groups = self.query.answerable
        return bool(groups) and not any(group.isdisjoint(ids) for group in groups)


def ask_all(
    responder: Responder, queries: Iterable[Query], company: str | None = None
) -> Iterator[JudgedQuery]:
    """Each query's reply: its band, its time, and the ranking behind it.

    What the reply shows stands first, in its order; then the other ranked questions follow.
    The confidence is the first one's, whatever the band.
    """
    return (row for row, _ in considered_all(responder, queries, company))


def considered_all(
    responder: Responder, queries: Iterable[Query], company: str | None = None
) -> Iterator[tuple[JudgedQuery, Considered]]:
    """As `ask_all`, with all that led to each reply."""
    days = {plain_id(record.id): record.last_event.end for record in responder.records()}
    for query in queries:
        message = Message(query.text, company=company)
        start = perf_counter()
        considered = responder.consider(message)
        reply = considered.reply
        ms = (perf_counter() - start) * 1000
        first = reply.hits if isinstance(reply, Answer) else offers(reply)
        hits = (*first, *considered.ranked)
        row = JudgedQuery(
            query,
            tuple(dict.fromkeys(hit.id for hit in hits)),
            float(hits[0].confidence) if hits else 0.0,
            band(reply),
            ms,
            shown(reply, responder.show(reply).text),
            tuple(_newest(group, days) for group in query.answerable),
        )
        yield row, considered


def _newest(ids: frozenset[str], days: Mapping[str, date]) -> frozenset[str]:
    """Those of the last event; none where all are of the same, or of no stored record."""
    known = {id_: days[record] for id_ in ids if (record := id_.partition("#")[0]) in days}
    last = max(known.values(), default=None)
    newest = frozenset(id_ for id_, day in known.items() if day == last)
    return newest if len(newest) < len(known) else frozenset()


def run_file(asked: Sequence[JudgedQuery]) -> str:
    """The run in the protocol's format, one line a query, in order."""
    lines = ["query\tconfidence\tids\tband\tms"]
    for item in asked:
        ms = "" if item.ms is None else f"{item.ms:.3f}"
        ids = ",".join(item.ids) or "-"
        lines.append("\t".join((item.query.text, repr(item.confidence), ids, item.band or "", ms)))
    return "\n".join(lines) + "\n"
