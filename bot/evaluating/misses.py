"""What was asked and not answered, or not helpfully, grouped by likeness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from bot.matching.text import normalise

_ALIKE = 65.0  # rapidfuzz ratio of two normalised texts, 0-100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    """Something that was said or picked more than once."""

    what: str
    count: int


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


def grouped(
    misses: Iterable[Row], unhelpful: Iterable[Row] = (), picks: Iterable[Row] = ()
) -> list[MissGroup]:
    """Groups of misses, the most frequent first, newer ones first among equals.

    Args:
        misses: From the store.
        unhelpful: Answers that were found unhelpful; they count as misses.
        picks: Messages whose offer was picked: they count in no group, and make none.
    """
    groups = _Groups()
    for row in sorted((*misses, *unhelpful), key=lambda row: str(row["asked_at"])):
        groups.members[groups.place(row)].append(row)
    picked: dict[int, Counter[str]] = {}
    for row in picks:
        found = groups.find(row["text"])
        if found is not None:
            picked.setdefault(found, Counter())[row["question_id"]] += 1
    made = [_group(rows, picked.get(at, Counter())) for at, rows in enumerate(groups.members)]
    made.sort(key=lambda group: group.last_asked, reverse=True)
    return sorted(made, key=lambda group: -group.count)


class _Groups:
    """Rows by likeness of their text to the first one of a group."""

    def __init__(self) -> None:
        self.members: list[list[Row]] = []
        self._heads: list[str] = []  # empty: its rows have no text to be like
        self._known: dict[str, int] = {}  # normalised text → its group

    def find(self, typed: str) -> int | None:
        text = _plain(typed)
        if text not in self._known:
            found = process.extractOne(text, self._heads, scorer=fuzz.ratio, score_cutoff=_ALIKE)
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


def _plain(typed: str) -> str:
    return normalise(typed).strip(" ,.?!;:") or typed


def _group(rows: list[Row], picked: Counter[str]) -> MissGroup:
    unhelpful = [row for row in rows if row["band"] == "unhelpful"]
    newest = list(reversed(rows))
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
    )


def _counted(counts: Counter[str]) -> tuple[Counted, ...]:
    return tuple(Counted(what, count) for what, count in counts.most_common())
