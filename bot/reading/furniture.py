"""Page furniture: printed on the page, but no words of the record.

The kinds are a closed list: page number, running head, empty-row dash; what the file's form put
aside before, page marker, picture, watermark, empty head cell, repeated cell; and, by the steps
after this one, label, repeated label, question label, answer label, section heading. What is not
surely one of them stays in the text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bot.errors import Problem
from bot.reading.form import content_lines, opens_record, row_at
from bot.reading.header import CODE, TITLE
from bot.reading.ledger import Ledger
from bot.reading.lines import squashed
from bot.reading.pages import marker_number

_PAGE_NUMBER = re.compile(
    r"\s*(?:共\s*(?P<of>\d{1,3})\s*页[\s，,、/]*)?(?:第\s*|page\s+)?[-—–－·~～\s]*(?P<page>\d{1,3})\s*(?:页\s*)?"
    r"(?:(?:[/／⁄,，、]|共|of)\s*(?:共\s*)?(?P<all>\d{1,3}))?[-—–－·~～\s]*页?\s*",
    re.I,
)
_PAGE_INDEX = re.compile(r"\s*Page:\s*1(?:\s*,\s*\d{1,3})*\s*")  # a converter's, at the end
_NAMES_COMPANY = re.compile(
    r"^[^。！？；：:]*(?:有限公司|[（(]\d{6}[）)]|\d{6}|记录表)[^。！？；：:]*$"
)
_LONGEST_LEFT = 40  # characters of a line that may be a head
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
    shape: str  # 0/0: as printed without its figures
    bare: bool  # figures alone


@dataclass(frozen=True)
class Doubts:
    """What the furniture says against the file."""

    problems: tuple[Problem, ...]  # pages missing or doubled
    warnings: tuple[str, ...]  # words of the content that look like furniture


def put_furniture_aside(ledger: Ledger) -> Doubts:
    """Claim what is no words of the record.

    In the main content that is only what stands at a page's edge and again at that edge of another
    page; where the file tells no pages, numbers that count on. What only looks like it stays.
    """
    lines = ledger.source.lines
    doubled = _doubled(ledger)
    candidates = _page_numbers(ledger)
    content = content_lines(_without(ledger, candidates))
    typed = _typed_by_hand(ledger, candidates)
    numbers = [
        found
        for found in candidates
        if found not in typed
        and (found.line not in content or _is_proven(ledger, found, candidates))
    ]
    for found in (*numbers, *typed):
        ledger.put_aside(ledger.whole(found.line), "page number")
    for number, line in enumerate(lines):
        if _PAGE_INDEX.fullmatch(line.text) and number not in content:
            ledger.put_aside(ledger.whole(number), "page number")
    _put_dashes_aside(ledger, content)
    _put_running_heads_aside(ledger, content)
    left = [found.line for found in candidates if ledger.is_free(found.line)]
    warnings = [
        f"第{lines[at].page}页 像页码的“{lines[at].text.strip()}”留在正文里，请核对" for at in left
    ]
    warnings += _heads_left(ledger, content)
    return Doubts((*doubled, *_missing_pages(ledger, numbers)), tuple(dict.fromkeys(warnings)))


def _heads_left(ledger: Ledger, content: frozenset[int]) -> list[str]:
    """Lines that name a company or a code again and again inside the content, or whose words were
    put aside at another page's edge."""
    texts = [squashed(line.text) for line in ledger.source.lines]
    free = [texts[at] for at in sorted(content) if ledger.is_free(at)]
    aside = {
        text
        for at, text in enumerate(texts)
        if not ledger.is_free(at) and re.search(r"[\u4e00-\u9fff]", text)
    }
    return [
        f"像页眉的“{text}”在正文里出现{count}次，请核对"
        for text, count in Counter(free).items()
        if len(text) <= _LONGEST_LEFT
        and (text in aside or (count > 1 and _NAMES_COMPANY.search(text)))
    ]


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
    """`4 / 24`, `—1—`, `第3页`, `== page 2 ==`; a bare `4` at a page's edge, or where it goes on
    counting the pages above it."""
    tops, feet = _edges(ledger)
    at_edge = {line for edge in (tops, feet) for numbers in edge.values() for line in numbers}
    paged = len(tops) > 1
    found: list[_PageNumber] = []
    for number, line in enumerate(ledger.source.lines):
        match = _PAGE_NUMBER.fullmatch(line.text)
        page = int(match["page"]) if match else marker_number(line.text)
        if page is None or line.row == "label" or line.aside:
            continue
        bare = squashed(line.text).isdigit()
        counted = found[-1].page if found else 0
        goes_on = page == counted + 1 or (found and counted < page <= counted + 3)
        if bare and line.cell:
            continue  # 1, 2, 3: a table counts its rows
        if bare and not (goes_on if not paged else number in at_edge):
            continue
        shape = re.sub(r"\d+", "0", squashed(line.text))
        of = match and (match["all"] or match["of"])
        total = int(of) if of else None
        found.append(_PageNumber(number, page, total, shape, bare))
    return found


def _typed_by_hand(ledger: Ledger, numbers: list[_PageNumber]) -> list[_PageNumber]:
    """Numbers that say the same at one edge of three pages or more: somebody typed `—1—` into the
    foot instead of a field that counts."""
    lines = ledger.source.lines
    typed: list[_PageNumber] = []
    for edge in _edges(ledger):
        at_edge = {line for places in edge.values() for line in places}
        own = [found for found in numbers if found.line in at_edge and not found.bare]
        for text in {squashed(lines[found.line].text) for found in own}:
            same = [found for found in own if squashed(lines[found.line].text) == text]
            shape = [found for found in own if found.shape == same[0].shape]
            pages = {lines[found.line].page for found in same}
            if len(pages) > _FEWEST_PAGES and same == shape:
                typed += [found for found in same if found not in typed]
    return typed


def _without(ledger: Ledger, numbers: list[_PageNumber]) -> Ledger:
    """A ledger to try on: labels are found across the page numbers that may break them."""
    trial = Ledger(ledger.source)
    for found in numbers:
        trial.put_aside(trial.whole(found.line), "page number")
    return trial


def _is_proven(ledger: Ledger, found: _PageNumber, others: list[_PageNumber]) -> bool:
    """Whether another page has such a number at the same edge, or, in a file without pages, the
    numbers count on."""
    line = ledger.source.lines
    tops, feet = _edges(ledger)
    for other in others:
        if other is found or other.shape != found.shape:
            continue
        pages = line[other.line].page - line[found.line].page
        counted = other.page - found.page
        if len(tops) == 1 and counted == (1 if other.line > found.line else -1):
            return True
        same_edge = any(
            found.line in edge.get(line[found.line].page, ())
            and other.line in edge.get(line[other.line].page, ())
            for edge in (tops, feet)
        )
        if same_edge and pages * counted > 0:
            return True
    return False


def _put_dashes_aside(ledger: Ledger, content: frozenset[int]) -> None:
    """The dashes of an empty row; in the content only at a page's edge, again and again, or with
    the tab of a row whose cells are empty."""
    lines = ledger.source.lines
    dashes = [
        number
        for number, line in enumerate(lines)
        if _DASHES.fullmatch(line.text) and not line.row and ledger.is_free(number)
    ]
    for edge in _edges(ledger):
        at_edge = {number for numbers in edge.values() for number in numbers}
        pages = Counter(
            text
            for numbers in edge.values()
            for text in {squashed(lines[number].text) for number in numbers if number in dashes}
        )
        for number in dashes:
            often = pages[squashed(lines[number].text)] >= _FEWEST_PAGES
            row = "\t" in lines[number].text
            if number not in content or row or (number in at_edge and often):
                ledger.put_aside(ledger.whole(number), "empty-row dash")


def _doubled(ledger: Ledger) -> list[Problem]:
    """Lines that stand twice in a row, word for word: a page or a part of it was taken twice."""
    lines = [line for line in ledger.source.lines if not line.aside]
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


def _put_running_heads_aside(ledger: Ledger, content: frozenset[int]) -> None:
    lines = ledger.source.lines
    edges = _edges(ledger)
    repeated: set[str] = set()
    often: set[str] = set()
    for edge in edges:
        seen = Counter(
            text
            for numbers in edge.values()
            for text in {squashed(lines[number].text) for number in numbers}
            if len(text) <= _LONGEST_HEAD
        )
        repeated |= {text for text, count in seen.items() if count >= _FEWEST_PAGES}
        often |= {text for text, count in seen.items() if count > _FEWEST_PAGES}
    edge_lines = {line for edge in edges for numbers in edge.values() for line in numbers}
    everywhere = Counter(squashed(line.text) for line in lines)
    kept: set[str] = set()
    above: set[str] = set()  # the content
    in_content = False  # before the first content there is no second record
    for number, line in enumerate(lines):
        text = squashed(line.text)
        in_content = in_content or row_at(ledger, number) == "content"
        if not in_content:
            above.add(text)
        own = bool(CODE.search(line.text)) or bool(TITLE.search(text))
        at_edge = text in repeated and number in edge_lines
        if number in content and not (at_edge or (len(edges[0]) == 1 and text in above)):
            own = False
        again = everywhere[text] > 1 and (
            (own and len(text) <= _LONGEST_HEAD)
            or (at_edge and not line.row and _is_head(ledger, number))
        )
        if not again or not ledger.is_free(number):
            continue
        # Three pages prove it; of two the first stays, and is named.
        first_inside = text in often and at_edge and number in content and not own
        if (text in kept or first_inside) and not (in_content and opens_record(ledger, number)):
            ledger.put_aside(ledger.whole(number), "running head")
        kept.add(text)


def _is_head(ledger: Ledger, number: int) -> bool:
    """Whether a line repeated at pages' edges may be a head: no sentence, no question or answer."""
    text = ledger.source.lines[number].text
    return not re.search(r"[。！？!?；;，,：:、]", text) and row_at(ledger, number) is None
