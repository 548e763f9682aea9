"""Page furniture: printed on the page, but no words of the record.

The kinds are a closed list: page number, running head, empty-row dash; and, put aside by the steps
after this one, label, repeated label, question label, answer label, section heading. What is not
surely one of them stays in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bot.errors import Problem
from bot.reading.form import opens_record, row_at
from bot.reading.header import CODE, TITLE
from bot.reading.lines import squashed
from bot.reading.text import Ledger

_PAGE_NUMBER = re.compile(
    r"\s*(?:第\s*)?[-—–－·\s]*(?P<page>\d{1,3})\s*(?:页\s*)?"
    r"(?:(?:[/／,，、]|共|of)\s*(?:共\s*)?(?P<all>\d{1,3}))?[-—–－·\s]*页?\s*",
    re.I,
)
_PAGE_INDEX = re.compile(r"\s*Page:\s*1(?:\s*,\s*\d{1,3})*\s*")  # a converter's, at the end
_DASHES = re.compile(r"[-—–\s|]+")
_AT_EDGE = 3  # lines from a page's first or last one, in which its head and foot stand
_LONGEST_HEAD = 60  # characters
_DOUBLED_LINES, _DOUBLED_LINE = 16, 24  # characters from which a repetition is no chance
_FEWEST_PAGES = 2  # with the same line at the same edge


@dataclass(frozen=True)
class _PageNumber:
    line: int
    page: int  # as printed
    all: int | None  # 4 / 24: 24


def put_furniture_aside(ledger: Ledger) -> list[Problem]:
    """Claim what is no words of the record.

    Returns:
        What the page numbers say against the file: pages missing or doubled.
    """
    lines = ledger.source.lines
    doubled = _doubled(ledger)
    numbers = _page_numbers(ledger)
    for found in numbers:
        ledger.put_aside(ledger.whole(found.line), "page number")
    for number, line in enumerate(lines):
        if _PAGE_INDEX.fullmatch(line.text):
            ledger.put_aside(ledger.whole(number), "page number")
        if _DASHES.fullmatch(line.text) and not line.row:
            ledger.put_aside(ledger.whole(number), "empty-row dash")
    _put_running_heads_aside(ledger)
    return doubled + _missing_pages(ledger, numbers)


def _edges(ledger: Ledger) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """Lines at the top and at the foot of each page, what was put aside left out."""
    pages: dict[int, list[int]] = {}
    for number, line in enumerate(ledger.source.lines):
        if ledger.is_free(number):
            pages.setdefault(line.page, []).append(number)
    tops = {page: numbers[:_AT_EDGE] for page, numbers in pages.items()}
    feet = {page: numbers[-_AT_EDGE:] for page, numbers in pages.items()}
    return tops, feet


def _page_numbers(ledger: Ledger) -> list[_PageNumber]:
    """`4 / 24`, `—1—`, `第3页`; a bare `4` at a page's edge, or where it goes on counting the pages
    above it."""
    tops, feet = _edges(ledger)
    at_edge = {line for edge in (tops, feet) for numbers in edge.values() for line in numbers}
    paged = len(tops) > 1
    found: list[_PageNumber] = []
    for number, line in enumerate(ledger.source.lines):
        match = _PAGE_NUMBER.fullmatch(line.text)
        if not match or line.row == "label":
            continue
        page, bare = int(match["page"]), squashed(line.text).isdigit()
        counted = found[-1].page if found else 0
        goes_on = page == counted + 1 or (found and counted < page <= counted + 3)
        if bare and not (goes_on if not paged else number in at_edge):
            continue
        found.append(_PageNumber(number, page, int(match["all"]) if match["all"] else None))
    return found


def _doubled(ledger: Ledger) -> list[Problem]:
    """Lines that stand twice in a row, word for word: a page or a part of it was taken twice."""
    lines = ledger.source.lines
    texts = [squashed(line.text) for line in lines]
    places: dict[str, list[int]] = {}
    for second, text in enumerate(texts):
        for first in places.setdefault(text, []):
            count = second - first
            run = texts[first:second]
            long = sum(map(len, run)) >= (_DOUBLED_LINES if count > 1 else _DOUBLED_LINE)
            if long and run == texts[second : second + count] and not _is_printed_twice(run):
                what = f"“{text[:20]}”起有 {count} 行连续重复，可能重页；请核对原件"
                return [Problem(what, lines[second].page)]
        places[text].append(second)
    return []


def _is_printed_twice(run: list[str]) -> bool:
    """Heads are: as the first page's running head and in the form's own head."""
    return all(CODE.search(text) or TITLE.search(text) for text in run)


def _missing_pages(ledger: Ledger, numbers: list[_PageNumber]) -> list[Problem]:
    """Page numbers that do not go on by one, or do not reach the printed total."""
    problems: list[Problem] = []
    at = 0
    while at + 1 < len(numbers):
        one, other = numbers[at], numbers[at + 1]
        restarted = other.page == 1 and any(
            opens_record(ledger, line) for line in range(one.line, other.line)
        )
        if other.page != one.page + 1 and not restarted:
            what = f"页码从 {one.page} 到 {other.page} 不连续，可能缺页或重页；请核对原件"
            problems.append(Problem(what, ledger.source.lines[other.line].page))
        at += 1
    if numbers and numbers[0].page > 1 and numbers[0].all:
        problems.insert(0, Problem(f"页码从 {numbers[0].page} 开始，可能缺页；请核对原件"))
    last = numbers[-1] if numbers else None
    if last and last.all and last.page < last.all:
        problems.append(Problem(f"页码止于 {last.page}，原文共 {last.all} 页；请核对是否缺页"))
    return problems


def _put_running_heads_aside(ledger: Ledger) -> None:
    lines = ledger.source.lines
    tops, feet = _edges(ledger)
    repeated: set[str] = set()
    for edge in (tops, feet):
        seen = Counter(
            text
            for numbers in edge.values()
            for text in {squashed(lines[number].text) for number in numbers}
            if len(text) <= _LONGEST_HEAD
        )
        repeated |= {text for text, count in seen.items() if count >= _FEWEST_PAGES}
    edge_lines = {line for edge in (tops, feet) for numbers in edge.values() for line in numbers}
    everywhere = Counter(squashed(line.text) for line in lines)
    kept: set[str] = set()
    in_content = False  # before the first content there is no second record
    for number, line in enumerate(lines):
        text = squashed(line.text)
        in_content = in_content or row_at(ledger, number) == "content"
        own = bool(CODE.search(line.text)) or bool(TITLE.search(text))
        again = everywhere[text] > 1 and (
            (own and len(text) <= _LONGEST_HEAD)
            or (
                text in repeated
                and number in edge_lines
                and not line.row
                and _is_head(ledger, number)
            )
        )
        if not again or not ledger.is_free(number):
            continue
        if text in kept and not (in_content and opens_record(ledger, number)):
            ledger.put_aside(ledger.whole(number), "running head")
        kept.add(text)


def _is_head(ledger: Ledger, number: int) -> bool:
    """Whether a line repeated at pages' edges may be a head: no sentence, no question or answer."""
    text = ledger.source.lines[number].text
    return not re.search(r"[。！？!?；;，,：:、]", text) and row_at(ledger, number) is None
