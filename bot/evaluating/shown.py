"""What a reply puts before a person, by the ids of the stored questions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.evaluating.queries import plain_id
from bot.message import Answer, Hit, Likely, Reply, Suggest


@dataclass(frozen=True)
class Shown:
    """The ids of a reply, plain, each kind in the order it is shown."""

    answered: tuple[str, ...] = ()  # whose official answer is given
    opened: str = ""  # the one of the offered whose official answer is shown at once
    offered: tuple[str, ...] = ()  # to pick from
    named: tuple[str, ...] = ()  # linked beside an answer
    characters: int = 0  # of the reply's text

    @property
    def first(self) -> str:
        """Whose official words stand first; empty where none are shown."""
        return self.answered[0] if self.answered else self.opened

    @property
    def is_list(self) -> bool:
        """Whether it claims no answer and lets the person pick."""
        return bool(self.offered) and not self.answered


def shown(reply: Reply, text: str) -> Shown:
    """What the reply shows; `text` is its plain text."""
    if isinstance(reply, Answer):
        return Shown(
            answered=_ids(reply.hits),
            offered=_ids(hit for _, hit in (*reply.likely, *reply.similar)),
            named=_ids((*reply.newer, *reply.earlier, *reply.related)),
            characters=len(text),
        )
    offered = _ids(offers(reply))
    opened = offered[0] if isinstance(reply, Likely) else ""
    return Shown(opened=opened, offered=offered, characters=len(text))


def offers(reply: Reply) -> tuple[Hit, ...]:
    """The list of a reply that claims no answer, best first."""
    return reply.hits if isinstance(reply, Likely | Suggest) else ()


def _ids(hits: Iterable[Hit]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain_id(hit.id) for hit in hits))
