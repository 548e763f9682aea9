"""What is hidden, by whose decision, in whatever version of a record is shown.

Three kinds of one thing: a mistake is withdrawn, what is under review is held, a company is paused.
A question and a paragraph stay hidden through every correction, since they are known by their
words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from rapidfuzz import fuzz

from bot.reading.lines import squashed
from bot.record import Question, Record
from bot.store.connection import Connection
from bot.store.ids import normal_id

HidingKind = Literal["withdraw", "hold", "pause"]
EVERYTHING = "*"  # what a pause of all companies is of

# rapidfuzz ratio, 0-100, from which a question may be the hidden one in other words; low, since a
# question too many does no harm where one too few would be shown.
_ALIKE = 60.0


@dataclass(frozen=True)
class Hiding:
    """One decision to hide a company, a record, a question or a paragraph; not undone."""

    id: int
    kind: HidingKind
    target: str  # as it was decided: a company's code, EVERYTHING, a record id, a question id
    words: str | None  # of the question or of the paragraph
    reason: str
    who: str  # empty: decided before that was kept
    at: datetime
    until: datetime | None = None  # ends by itself then
    answer: str | None = None  # of the question, since that is kept

    @property
    def place(self) -> str | None:
        """`4`, `p3` in the version that was shown then; None: no less than a record."""
        return self.target.partition("#")[2] or None

    def holds(self, at: datetime) -> bool:
        """Whether it hides at that instant."""
        return self.until is None or at < self.until


class Hidings:
    """Every decision that is not undone."""

    def __init__(self, decided: Iterable[Hiding]) -> None:
        self._of: dict[str, list[Hiding]] = {}
        for hiding in decided:
            self._of.setdefault(_key(hiding.target), []).append(hiding)

    def of(self, target: str) -> list[Hiding]:
        """Those of just that: a record with what is in it, a company, or EVERYTHING."""
        return self._of.get(_key(target), [])

    def pauses(self) -> list[Hiding]:
        """Those of companies and of everything."""
        return [item for own in self._of.values() for item in own if item.kind == "pause"]

    def hidden_whole(self, at: datetime) -> tuple[set[str], set[str]]:
        """The records in normal form, and the companies (or EVERYTHING), that are hidden then."""
        whole = {
            key
            for key, own in self._of.items()
            if any(item.place is None and item.holds(at) for item in own)
        }
        return {key for key in whole if "/" in key}, {key for key in whole if "/" not in key}

    def partly_hidden(self) -> set[str]:
        """The records in normal form of which questions or paragraphs are."""
        return {key for key, own in self._of.items() if any(item.place for item in own)}

    def touching(self, record_id: str) -> tuple[Hiding, ...]:
        """Those that hide a record, or some of it."""
        company = record_id.partition("/")[0]
        return (*self.of(EVERYTHING), *self.of(company), *self.of(record_id))


def hidings(db: Connection) -> Hidings:
    """Read them, the first decided first."""
    return Hidings(
        Hiding(
            row["id"],
            row["kind"],
            row["target"],
            row["words"],
            row["reason"] or "",
            row["who"] or "",
            datetime.fromisoformat(row["decided_at"]),
            datetime.fromisoformat(row["until"]) if row["until"] else None,
            row["answer"],
        )
        for row in db.query("SELECT * FROM hidings WHERE ended_at IS NULL ORDER BY id")
    )


def _key(target: str) -> str:
    record_id = target.partition("#")[0]
    return normal_id(record_id) if "/" in record_id else record_id


def hidden_units(record: Record, decided: Sequence[Hiding]) -> Mapping[str, tuple[Hiding, ...]]:
    """The places (`4`, `p3`) of what they hide, and which of them does.

    A question is known by its words: another version may number it otherwise. Where none has
    these words, it may be the one of that number, and any that asks alike or has the same answer;
    all of these are hidden. So is a paragraph.
    """
    hidden: dict[str, tuple[Hiding, ...]] = {}
    for hiding in decided:
        if hiding.place is None:
            continue
        if record.is_written:  # its numbers stay, and one question is asked many times
            hidden[hiding.place] = (*hidden.get(hiding.place, ()), hiding)
            continue
        units = record.paragraphs if hiding.place.startswith("p") else record.questions
        wanted = squashed(hiding.words or "")
        same = [item.place for item in units if wanted == squashed(words_of(item))]
        alike = [item.place for item in units if not same and _may_be(item, hiding)]
        for place in same or dict.fromkeys((hiding.place, *alike)):
            hidden[place] = (*hidden.get(place, ()), hiding)
    return hidden


def _may_be(unit: Question, hiding: Hiding) -> bool:
    if hiding.answer is not None and squashed(hiding.answer) == squashed(unit.answer):
        return True
    return fuzz.ratio(squashed(hiding.words or ""), squashed(words_of(unit))) >= _ALIKE


def words_of(unit: Question) -> str:
    """The words that a question or a paragraph is known by."""
    return unit.answer if unit.is_narrative else unit.question
