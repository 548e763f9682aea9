"""What was asked and not answered, or not helpfully, grouped by likeness.

All rows make the groups, and a group has one state; what is left out is left out afterwards, so
that a group is the same one whoever looks at it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapidfuzz import fuzz, process

from bot.matching.text import normalise
from bot.store import Alias, Mark, MissState

ALIKE = 65.0  # rapidfuzz ratio of two normalised texts, 0-100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    """Something that was said or picked more than once."""

    what: str
    count: int


@dataclass(frozen=True)
class MissFilter:
    """Which misses are wanted; empty: all."""

    company: str = ""  # six digits: asked in its scope, or offered its questions
    channel: str = ""  # the platform's id
    since: str = ""  # ISO instant, UTC
    state: MissState | None = None

    def has(self, row: Row) -> bool:
        """Whether a message is wanted, its state apart."""
        if self.company and self.company not in _companies(row):
            return False
        if self.channel and row["channel"] != self.channel:
            return False
        return str(row["asked_at"]) >= self.since


@dataclass(frozen=True)
class MissGroup:
    """Messages that ask nearly the same."""

    texts: tuple[str, ...]  # as typed, each once, newest first; a question's id where forgotten
    count: int
    offered: int  # of them got a list to pick from, and nobody picked
    unhelpful: int  # of them got an answer that was found unhelpful; the others nothing
    first_asked: str  # ISO instants
    last_asked: str
    picked: tuple[Counted, ...]  # full ids that others who asked so picked, most often first
    answered: tuple[Counted, ...]  # ids of the answers that were found unhelpful
    reasons: tuple[Counted, ...]  # why, as the platform names it
    words: tuple[str, ...]  # and what was written to it, newest first
    state: MissState = "new"
    mark: int | None = None  # the decision that made it so; None: nobody decided, or an alias did
    alias: int | None = None  # that answers it, or is to


def grouped(
    misses: Iterable[Row],
    unhelpful: Iterable[Row] = (),
    picks: Iterable[Row] = (),
    decided: Sequence[Mark] = (),
    aliases: Iterable[Alias] = (),
    wanted: MissFilter | None = None,
) -> list[MissGroup]:
    """Groups of misses, the most frequent first, newer ones first among equals.

    Args:
        misses: From the store.
        unhelpful: Answers that were found unhelpful; they count as misses.
        picks: Messages whose offer was picked: they count in no group, and make none.
        decided: What the desk made of messages, oldest first.
        aliases: What is live or proposed.
        wanted: Which of them; None: all.
    """
    wanted = wanted or MissFilter()
    groups = _Groups()
    for row in sorted((*misses, *unhelpful), key=lambda row: str(row["asked_at"])):
        groups.members[groups.place(row)].append(row)
    picked: dict[int, Counter[str]] = {}
    for row in picks:
        found = groups.find(row["text"])
        if found is not None:
            picked.setdefault(found, Counter())[row["question_id"]] += 1
    states = _states(groups, decided, {alias.id: alias for alias in aliases})
    made = [
        _group(rows, picked.get(at, Counter()), states.get(at, _NEW))
        for at, every in enumerate(groups.members)
        if (rows := [row for row in every if wanted.has(row)])
    ]
    made = [group for group in made if wanted.state in (None, group.state)]
    made.sort(key=lambda group: group.last_asked, reverse=True)
    return sorted(made, key=lambda group: -group.count)


def is_alike(one: str, other: str) -> bool:
    """Whether two messages belong into one group."""
    return fuzz.ratio(_plain(one), _plain(other), score_cutoff=ALIKE) > 0


class _Groups:
    """Rows by likeness of their text to the first one of a group."""

    def __init__(self) -> None:
        self.members: list[list[Row]] = []
        self._heads: list[str] = []  # empty: its rows have no text to be like
        self._known: dict[str, int] = {}  # normalised text → its group

    def find(self, typed: str) -> int | None:
        text = _plain(typed)
        if text not in self._known:
            found = process.extractOne(text, self._heads, scorer=fuzz.ratio, score_cutoff=ALIKE)
            if found is None:
                return None
            self._known[text] = found[2]
        return self._known[text]

    def place(self, row: Row) -> int:
        """The row's group, made where there is none."""
        if row["text"]:
            key = head = _plain(row["text"])
            found = self.find(row["text"])
        else:
            key, head = f"\n{row['question_id']}", ""
            found = self._known.get(key)
        if found is None:
            found = self._known[key] = len(self.members)
            self.members.append([])
            self._heads.append(head)
        return found


_State = tuple[MissState, int | None, int | None]  # with mark and alias
_NEW: _State = ("new", None, None)


def _states(
    groups: _Groups, decided: Sequence[Mark], aliases: Mapping[int, Alias]
) -> dict[int, _State]:
    """The state of each group that has one; the newest decision counts.

    A live alias that is worded like a group answers it, whoever proposed it. A decision that
    attached an alias holds as long as that is live or proposed.
    """
    found: dict[int, tuple[datetime, _State]] = {}

    def decide(texts: Iterable[str], at: datetime, state: _State) -> None:
        places = {place for text in texts if (place := groups.find(text)) is not None}
        for place in places:
            if place not in found or found[place][0] <= at:
                found[place] = (at, state)

    for alias in aliases.values():
        if alias.state == "live":
            decide([alias.text], alias.proposed_at, ("done", None, alias.id))
    for mark in decided:
        if mark.alias is None:
            decide(mark.texts, mark.at, (mark.state, mark.id, None))
        elif mark.alias in aliases:
            is_live = aliases[mark.alias].state == "live"
            state: MissState = mark.state if is_live else "ours"
            decide(mark.texts, mark.at, (state, mark.id, mark.alias))
    return {place: state for place, (_, state) in found.items()}


def _companies(row: Row) -> set[str]:
    """The codes that a message is about, as far as that is known."""
    offered = json.loads(row.get("offered") or "[]")
    ids = [*offered, row.get("question_id") or ""]
    own = {id_.partition("/")[0] for id_ in ids if id_}
    return own | {row["company"]} if row.get("company") else own


def _plain(typed: str) -> str:
    return normalise(typed).strip(" ,.?!;:") or typed


def _group(rows: list[Row], picked: Counter[str], decided: _State) -> MissGroup:
    unhelpful = [row for row in rows if row["band"] == "unhelpful"]
    newest = list(reversed(rows))
    state, mark, alias = decided
    return MissGroup(
        texts=tuple(dict.fromkeys(row["text"] or row["question_id"] for row in newest)),
        count=len(rows),
        offered=sum(row["band"] == "suggest" for row in rows),
        unhelpful=len(unhelpful),
        first_asked=rows[0]["asked_at"],
        last_asked=rows[-1]["asked_at"],
        picked=_counted(picked),
        answered=_counted(Counter(row["question_id"] for row in unhelpful)),
        reasons=_counted(Counter(reason for row in unhelpful for reason in row["reasons"])),
        words=tuple(dict.fromkeys(row["words"] for row in reversed(unhelpful) if row["words"])),
        state=state,
        mark=mark,
        alias=alias,
    )


def _counted(counts: Counter[str]) -> tuple[Counted, ...]:
    return tuple(Counted(what, count) for what, count in counts.most_common())
