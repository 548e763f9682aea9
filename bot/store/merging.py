"""A company's written answers and the rows of another export: what is new, what was changed.

Exports are taken again every day, with most rows as before. A row is known by the platform's id of
the question, else by its words and when they were asked, else by words and day of the answer. Its
number stays. Other words under one question are a correction where the platform dates them later,
or where a person says so; else the row is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.reading.lines import squashed
from bot.reading.tables import Row
from bot.record import Question

_SHORTEST_ID = 6  # characters; the platforms' have 19


@dataclass
class Merged:
    """What an export makes of a company's written answers."""

    added: list[Question] = field(default_factory=list)
    changed: list[Question] = field(default_factory=list)
    same: set[int] = field(default_factory=set)  # numbers of those that the export has, too
    twice: int = 0  # rows that say what another row of the file says
    refused: list[tuple[int, str]] = field(default_factory=list)  # row and why; Chinese

    @property
    def delta(self) -> list[Question]:
        return [*self.added, *self.changed]


class Known:
    """The answers that there are, by what tells them apart."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self.by_number: dict[int, Question] = {}
        self._by_id: dict[str, int] = {}
        self._by_words: dict[str, list[int]] = {}
        self._last = 0
        for question in questions:
            self.put(question)

    def put(self, question: Question) -> None:
        """Take a new one, or other words under its number."""
        number = question.number
        if number not in self.by_number:
            if row_id := _telling(question.row_id):
                self._by_id[row_id] = number
            self._by_words.setdefault(squashed(question.question), []).append(number)
            self._last = max(self._last, number)
        self.by_number[number] = question

    def number_for(self, wanted: int | None) -> int:
        """A number that none has: the wanted one where it is free."""
        return wanted if wanted and wanted not in self.by_number else self._last + 1

    def find(self, row: Row) -> Question | None:
        """The one that a row is about."""
        row_id = _telling(row.row_id)
        if row_id and row_id in self._by_id:
            return self.by_number[self._by_id[row_id]]
        numbers = self._by_words.get(squashed(row.question), ())
        return next(
            (one for one in map(self.by_number.__getitem__, numbers) if _is(one, row)), None
        )


def merge(
    known: Known,
    rows: Sequence[Row],
    was_said: Callable[[int, str], bool],
    *,
    replace_words: bool,
) -> Merged:
    """Take the rows into what is known.

    Args:
        known: The company's answers; changed.
        rows: Of one company, in the order of the file.
        was_said: Whether an older version had this answer under the number.
        replace_words: A person says that these words replace the others.
    """
    merged = Merged()
    places: dict[int, int] = {}  # of the numbers that this file has had: the row
    changed: dict[int, Question] = {}
    for row in rows:
        one = known.find(row)
        if one is None:
            one = row.as_question(known.number_for(row.number))
            known.put(one)
            merged.added.append(one)
        elif one.number in places:
            if why := _clash(one, row, f"第{places[one.number]}行"):
                merged.refused.append((row.place, why))
            else:
                merged.twice += 1
            continue
        elif not _clash(one, row, "") or was_said(one.number, row.answer):
            merged.same.add(one.number)
        elif replace_words or _is_later(row, one):
            one = replace(row.as_question(one.number), row_id=row.row_id or one.row_id)
            known.put(one)
            changed[one.number] = one
        else:
            why = _clash(one, row, f"已收录的第{one.number}问")
            merged.refused.append((row.place, f"{why}；确认以新文件为准时加 --replace"))
            continue
        places[one.number] = row.place
    merged.changed = list(changed.values())
    return merged


def _is(one: Question, row: Row) -> bool:
    """Whether a stored answer to the same words is the row's."""
    mine, theirs = _telling(one.row_id), _telling(row.row_id)
    if mine and theirs and mine != theirs:
        return False
    if one.asked_at and row.asked_at:
        # To the minute where both say it: the same is asked by several on one day.
        width = 16 if len(one.asked_at) > 10 and len(row.asked_at) > 10 else 10
        return one.asked_at[:width] == row.asked_at[:width]
    return (one.answered_at or "")[:10] == row.answered_at[:10]


def _telling(row_id: str | None) -> str | None:
    """An id that tells questions apart; a short one may count the lines of a sheet."""
    return row_id if row_id and len(row_id) >= _SHORTEST_ID else None


def _is_later(row: Row, one: Question) -> bool:
    """Whether the platform dates the row's words later."""
    return row.kind == "platform" and row.answered_at > (one.answered_at or "")


def _clash(one: Question, row: Row, where: str) -> str:
    """What the row says otherwise; Chinese, empty where it says the same."""
    for what, mine, theirs in (
        ("提问", one.question, row.question),
        ("答复", one.answer, row.answer),
    ):
        if mine != theirs and squashed(mine) != squashed(theirs):
            words = f"“{_around(mine, theirs)}”→“{_around(theirs, mine)}”"
            return f"与{where}是同一个提问，{what}却不同：{words}"
    return ""


def _around(text: str, other: str) -> str:
    """The first words that differ, with a little before them."""
    same = next(
        (at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b),
        min(len(text), len(other)),
    )
    return text[max(0, same - 8) : same + 16].replace("\n", "⏎")


def days(questions: Iterable[Question]) -> Iterator[str]:
    """The days of answers, ISO."""
    return (item.answered_at[:10] for item in questions if item.answered_at)
