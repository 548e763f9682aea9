"""What was asked and not answered, grouped by likeness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from bot.matching.text import normalise

_ALIKE = 65.0  # rapidfuzz ratio of two normalised texts, 0-100


@dataclass(frozen=True)
class MissGroup:
    """Messages that ask nearly the same."""

    texts: tuple[str, ...]  # as typed, each once, newest first
    count: int
    offered: int  # of them got a list to pick from; the others nothing
    first_asked: str  # ISO instants
    last_asked: str


def grouped(misses: Iterable[Mapping[str, Any]]) -> list[MissGroup]:
    """Groups of misses, the most frequent first, newer ones first among equals.

    Args:
        misses: From the store, oldest first.
    """
    heads: list[str] = []
    members: list[list[Mapping[str, Any]]] = []
    known: dict[str, int] = {}  # normalised text → its group
    for miss in misses:
        text = normalise(miss["text"]).strip(" ,.?!;:") or miss["text"]
        if text not in known:
            found = process.extractOne(text, heads, scorer=fuzz.ratio, score_cutoff=_ALIKE)
            if found is None:
                heads.append(text)
                members.append([])
            known[text] = len(heads) - 1 if found is None else found[2]
        members[known[text]].append(miss)
    groups = [_group(rows) for rows in members]
    groups.sort(key=lambda group: group.last_asked, reverse=True)
    return sorted(groups, key=lambda group: -group.count)


def _group(rows: list[Mapping[str, Any]]) -> MissGroup:
    return MissGroup(
        texts=tuple(dict.fromkeys(row["text"] for row in reversed(rows))),
        count=len(rows),
        offered=sum(row["band"] == "suggest" for row in rows),
        first_asked=rows[0]["asked_at"],
        last_asked=rows[-1]["asked_at"],
    )
