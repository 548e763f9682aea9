"""A record cut into pages of a size that a phone loads at once, and an answer into its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import escape

from bot.record import Narrative, Question, Record
from bot.wording.links import question_path

MOST_QUESTIONS = 200
_MOST_BYTES = 90_000  # of words with their markup; what stands on every page is some 4 KB more
# Bytes of markup, as the template record.html has it: of a row or a section, of a question beside
# its path, of a part of one, of a link to another record beside its path.
_ROW, _QUESTION, _PART, _LINK = 80, 240, 90, 80


@dataclass(frozen=True)
class Sheet:
    """One page of a record."""

    sections: tuple[Narrative, ...] = ()
    questions: tuple[Question, ...] = ()


def sheets(record: Record, head: Sequence[str], links: Mapping[int, int]) -> tuple[Sheet, ...]:
    """The record's pages in order; at least one.

    A section is cut between its lines. A question is never cut, so one that is larger than a page
    has a page to itself.

    Args:
        record: What is shown.
        head: The texts above it on the first page.
        links: How many there are below a question, by its number.
    """
    pages: list[list[Narrative | Question]] = [[]]
    room = _MOST_BYTES - sum(_bytes(text) + _ROW for text in head)
    path = len(question_path(record.id, 1000))
    for item in _pieces(record):
        size = _size(item)
        if isinstance(item, Question):
            size += path + (path + _LINK) * links.get(item.number, 0)
        if len(pages[-1]) >= MOST_QUESTIONS or (size > room and (pages[-1] or len(pages) == 1)):
            pages.append([])
            room = _MOST_BYTES
        pages[-1].append(item)
        room -= size
    return tuple(
        Sheet(
            tuple(item for item in page if isinstance(item, Narrative)),
            tuple(item for item in page if isinstance(item, Question)),
        )
        for page in pages
    )


def sheet_number(pages: Sequence[Sheet], question: Question) -> int:
    """On which of them, from 1, one of their questions stands."""
    return next(number for number, page in enumerate(pages, 1) if question in page.questions)


def paragraphs_of(record: Record, page: Sheet) -> Iterator[Question]:
    """The record's paragraphs that stand on a page."""
    lines = {line for section in page.sections for line in section.text.split("\n")}
    return (item for item in record.paragraphs if item.answer in lines)


def asked(question: Question) -> Iterator[tuple[int, str]]:
    """The question in its parts, as `in_parts` cuts it."""
    return in_parts(
        question.question, [(part.number, *part.question_span) for part in question.parts]
    )


def answered(question: Question) -> Iterator[tuple[int, str]]:
    """The answer in its parts."""
    return in_parts(question.answer, [(part.number, *part.answer_span) for part in question.parts])


def in_parts(text: str, spans: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, str]]:
    """A text cut where its parts begin: what is printed before a part goes with it.

    Args:
        text: A question's or an answer's; the pieces together are it again.
        spans: Number of each part, its start and its end in the text.

    Yields:
        The part's number (0: none) and the piece.
    """
    at = 0
    for number, start, end in sorted(spans, key=lambda span: span[1]):
        if start < at:  # parts that share words are not cut apart
            continue
        while text[end : end + 1] == "\n":  # shown as the end of a part, not as an empty line
            end += 1
        yield number, text[at:end]
        at = end
    if at < len(text):
        yield 0, text[at:]


def _pieces(record: Record) -> Iterator[Narrative | Question]:
    for section in record.narrative:
        yield from _cut(section)
    yield from record.questions


def _cut(section: Narrative) -> Iterator[Narrative]:
    lines: list[str] = []
    room = _MOST_BYTES // 2
    for line in section.text.split("\n"):
        size = _bytes(line) + 1
        if lines and size > room:
            yield replace(section, text="\n".join(lines))
            section = replace(section, heading=None)
            lines, room = [], _MOST_BYTES // 2
        lines.append(line)
        room -= size
    yield replace(section, text="\n".join(lines))


def _size(item: Narrative | Question) -> int:
    if isinstance(item, Narrative):
        return _bytes((item.heading or "") + item.text) + _ROW
    words = item.question + item.answer + (item.session or "")
    return _bytes(words) + _QUESTION + _PART * len(item.parts)


def _bytes(text: str) -> int:
    return len(str(escape(text)).encode())
