"""Ask the bot every query alone, as a chat would, and keep what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from bot.answering.responder import Responder
from bot.evaluating.queries import Query, plain_id
from bot.message import Answer, Band, Message, Suggest, band


@dataclass(frozen=True)
class JudgedQuery:
    """A query and what the program made of it."""

    query: Query
    ids: tuple[str, ...]  # best first; empty: nothing found, or no search at all
    confidence: float
    band: Band | None = None  # None for a matcher that only ranks
    ms: float | None = None

    @property
    def right(self) -> bool:
        """Whether the first id is accepted."""
        return bool(self.ids) and plain_id(self.ids[0]) in self.query.accept

    @property
    def rank(self) -> int | None:
        """Where the first accepted id stands, from 1."""
        accept = self.query.accept
        return next((at for at, id_ in enumerate(self.ids, 1) if plain_id(id_) in accept), None)


def ask_all(
    responder: Responder, queries: Iterable[Query], company: str | None = None
) -> Iterator[JudgedQuery]:
    """Each query's reply: its band, its time, and the ranking behind it.

    What the reply shows stands first, in its order; then the other ranked questions follow.
    The confidence is the first one's, whatever the band.
    """
    for query in queries:
        message = Message(query.text, company=company)
        start = perf_counter()
        considered = responder.consider(message)
        reply = considered.reply
        ms = (perf_counter() - start) * 1000
        shown = reply.hits if isinstance(reply, Answer | Suggest) else ()
        hits = (*shown, *considered.ranked)
        yield JudgedQuery(
            query,
            tuple(dict.fromkeys(hit.id for hit in hits)),
            float(hits[0].confidence) if hits else 0.0,
            band(reply),
            ms,
        )


def run_file(asked: Sequence[JudgedQuery]) -> str:
    """The run in the protocol's format, one line a query, in order."""
    lines = ["query\tconfidence\tids\tband\tms"]
    for item in asked:
        ms = "" if item.ms is None else f"{item.ms:.3f}"
        ids = ",".join(item.ids) or "-"
        lines.append("\t".join((item.query.text, repr(item.confidence), ids, item.band or "", ms)))
    return "\n".join(lines) + "\n"
