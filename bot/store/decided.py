"""A question as it was when somebody decided something of it, and where it is now."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz import fuzz

from bot.reading.lines import squashed
from bot.record import Question, Record
from bot.store.hidden import words_of

# rapidfuzz ratio, 0-100, from which a question under the same number is the same one in corrected
# words: a corrected character or two; another year in twenty characters is at 95, so digits count.
_CORRECTED = 85.0


def unit_now(record: Record, place: str, words: str) -> Question | None:
    """The question or paragraph that was meant, in the version of its record that is given.

    It is known by its words: another version may number it otherwise. Where none has these words,
    it is the one under the same number if that asks the same in corrected words.

    Args:
        record: The version.
        place: What stood behind the `#` of its id then: `24`, `p3`.
        words: What it asked then.
    """
    units = record.paragraphs if place.startswith("p") else record.questions
    wanted = squashed(words)
    same = [item for item in units if squashed(words_of(item)) == wanted]
    if same:
        return next((item for item in same if item.place == place), same[0])
    found = record.unit(place)
    return found if found and _is_corrected(wanted, squashed(words_of(found))) else None


def meant_now(
    find: Callable[[str], Record | None], question_id: str, words: str
) -> tuple[Record, Question, int | None] | None:
    """What a question id meant when it was decided on: its record now, the question or paragraph,
    and the part where that has one still; None: there is no such record or question any more.

    Args:
        find: The version of a record that is looked at, by an id of then.
        question_id: `300253/2025-002#24`, `…#24.2`, `…#p3`.
        words: What it asked then.
    """
    record_id, _, place = question_id.partition("#")
    place, _, part = place.partition(".")
    record = find(record_id)
    unit = unit_now(record, place, words) if record else None
    if record is None or unit is None:
        return None
    is_part = bool(part) and unit.part(int(part)) is not None
    return record, unit, int(part) if is_part else None


def _is_corrected(before: str, now: str) -> bool:
    digits = [[char for char in text if char.isdigit()] for text in (before, now)]
    return digits[0] == digits[1] and fuzz.ratio(before, now) >= _CORRECTED
