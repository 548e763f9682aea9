"""The proof of place: each question's words against the plain text of the file's own lines.

Dumb on purpose: it knows no label and no pattern, only where a question begins, and what was listed
as furniture on which line.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.radicals import unified
from bot.reading.ledger import Ledger, Span
from bot.reading.lines import squashed
from bot.record import Narrative, Question


def misplaced(
    ledger: Ledger,
    begins: Sequence[Span],
    end: Span,
    questions: Sequence[Question],
    narrative: Sequence[Narrative],
) -> list[tuple[int, str]]:
    """Questions whose container says otherwise, by number, with the words that differ.

    Args:
        ledger: After reading.
        begins: Where each question's label begins.
        end: The last answer's last words.
        questions: As read, in order.
        narrative: Words between questions may stand there too.
    """
    others = "".join(unified(squashed(f"{item.heading or ''}{item.text}")) for item in narrative)
    found = []
    for at, question in enumerate(questions):
        stop = begins[at + 1] if at + 1 < len(begins) else Span(end.line, end.end, end.end)
        printed = _between(ledger, begins[at], stop)
        stored = unified(squashed(question.question + question.answer))
        rest = printed[len(stored) :]
        if not printed.startswith(stored) or (rest and rest not in others):
            found.append((question.number, _first_difference(printed, stored)))
    return found


def _between(ledger: Ledger, begin: Span, stop: Span) -> str:
    """The text from one place to another, without white space and listed furniture."""
    text = ""
    for number in range(begin.line, min(stop.line + 1, len(ledger.source.lines))):
        line = unified(ledger.source.lines[number].text)
        start = begin.start if number == begin.line else 0
        piece = line[start : stop.start if number == stop.line else len(line)]
        for aside in sorted(ledger.aside(number), key=len, reverse=True):
            piece = piece.replace(unified(aside), "", 1)
        text += squashed(piece)
    return text


def _first_difference(printed: str, stored: str) -> str:
    same = next(
        (at for at, (one, other) in enumerate(zip(printed, stored, strict=False)) if one != other),
        min(len(printed), len(stored)),
    )
    return printed[max(0, same - 6) : same + 18]
