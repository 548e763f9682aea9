"""Markdown → paragraphs and cells, as people and converters write it.

1. Headings, paragraphs and `---` between pages as CommonMark has them; lists, quotes and code keep
   their signs, for in a record they are words.
2. Tables of `| label | value |`; converters tear them at each page, repeat merged cells and put
   `Col1` where a head is empty.
3. Tables written in HTML are HTML: no star in them is a mark.

Source: https://spec.commonmark.org/0.31.2/ and https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.errors import Problem
from bot.reading.blocks import Paragraph, is_empty_head, lines_of, unseen_ends
from bot.reading.html import Notes, Paragraphs
from bot.reading.inline import inline
from bot.reading.lines import ENDS, Line, Source, squashed
from bot.reading.pages import PageMarkers
from bot.reading.row_labels import is_known_label
from bot.reading.tags import Token, Words, tokens, undone

_HEADING = re.compile(r"#{1,6}[ \t]+(?P<words>\S.*?)(?:[ \t]+#+)?[ \t]*")
_ROW = re.compile(r"\s*\|(?P<cells>.*)\|\s*")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_PAGE_END = re.compile(r"-{5,}")  # of pymupdf4llm; where there are several
_TABLE = re.compile(r"<(/?)table\b[^<>]*>", re.I)
_BEGINS_TABLE = re.compile(r"\s*(?:<html>\s*<body>\s*|<div[^<>]*>\s*)?<table\b", re.I)  # MinerU's
_BAR = re.compile(r"(?<!\\)\|")
_PICTURE = re.compile(r"\**==>\s*picture.*<==\**", re.I)
_NUMBER = re.compile(r"[-—\s第]*(\d{1,3})(?:\s*[/／]\s*\d{1,3})?[-—\s页]*")
_MARKS = re.compile(r"[\s*_`~#|\\:\-—<>=\[\]()!.]")
_SHORT_ROW = 20  # characters
_LONG_LINE = 24  # characters from which a line that stops in mid-sentence was broken by a page
_WRAPPED = 0.3  # share of such lines from which the page broke the lines


def markdown_source(text: str, *, marks: bool = True) -> Source:
    """Take Markdown apart.

    Args:
        text: The file.
        marks: Whether its stars and the like are marks; else only its tables are read.
    """
    notes = Notes()
    if marks:
        notes.references(text)
    reader = _Markdown(text, notes, marks)
    found = reader.read()
    lines = lines_of(found)
    dropped = unseen_ends(found)
    notes.unseen(dropped)
    missing = _signs(_as_shown(text)) - sum(_signs(line.text) for line in lines) - dropped
    left = [line.text for line in lines if "**" in line.text] if marks else []
    if left:
        notes.remarks.append(f"有不成对的“**”，按原文收录：“{left[0][:40]}”")
    return Source(
        tuple(lines),
        sum(len(squashed(line.text)) for line in lines) + max(0, missing),
        copied=True,
        wrapped=_is_wrapped(lines),
        paged=reader.pages > 1,
        remarks=notes.warnings(),
        doubts=(*notes.problems(), *_empty_pages(lines)),
    )


class _Markdown:
    def __init__(self, text: str, notes: Notes, marks: bool) -> None:
        self._notes = notes
        self._marks = marks
        self._lines = text.split("\n")
        self._markers = PageMarkers(self._lines)
        self._page_ends = sum(bool(_PAGE_END.fullmatch(line)) for line in self._lines)
        self._done: list[Paragraph] = []
        self._row = 0
        self.pages = 1

    def _ends_page(self, line: str) -> bool:
        return self._page_ends > 1 and bool(_PAGE_END.fullmatch(line))

    def read(self) -> list[Paragraph]:
        at = 0
        while at < len(self._lines):
            at = self._block(at)
        self._mark_numbers()
        return self._done

    def _mark_numbers(self) -> None:
        """Put page numbers aside that stand between the tables of two pages."""
        numbers: list[Paragraph] = []
        in_table = False
        for item in self._done:
            if not item.row and _NUMBER.fullmatch(item.text):
                numbers.append(item)
                continue
            if in_table and item.row:
                for number in numbers:
                    number.aside = "page marker"
            in_table, numbers = bool(item.row), []

    def _block(self, at: int) -> int:
        """One block from this line on; the line after it."""
        line = self._lines[at]
        if "\f" in line:
            self.pages += line.count("\f")
            line = line.replace("\f", "")
        if not line.strip():
            return at + 1
        if self._markers.number(line) is not None or self._ends_page(line):
            self._put([Paragraph(line.strip(), 1, True, aside="page marker")])
            self.pages += 1
            return at + 1
        if _PICTURE.fullmatch(line.strip()):
            self._notes.remarks.append(f"有图片未收录：{line.strip()[:40]}")
            self._put([Paragraph(line.strip(), 1, True, aside="picture")])
            return at + 1
        if _BEGINS_TABLE.match(line):
            return self._html_table(at)
        if _ROW.fullmatch(line) and (end := self._table_end(at)):
            self._table(at, end)
            return end
        if self._marks and (heading := _HEADING.fullmatch(line)):
            self._say(heading["words"])
            return at + 1
        end = at + 1
        while end < len(self._lines) and self._goes_on(end):
            end += 1
        self._say("\n".join(self._lines[at:end]))
        return end

    def _goes_on(self, at: int) -> bool:
        """Whether the line goes on with the paragraph above it."""
        line = self._lines[at]
        return bool(line.strip()) and not (
            "\f" in line
            or self._markers.number(line) is not None
            or self._ends_page(line)
            or _HEADING.fullmatch(line)
            or _BEGINS_TABLE.match(line)
            or (_ROW.fullmatch(line) and self._table_end(at))
        )

    def _say(self, words: str) -> None:
        parser = Paragraphs(self._notes, by_line=True)
        parser.take(self._tokens(words))
        found = parser.finished()
        for at, item in enumerate(found):
            item.block = item.block or at == 0
        self.pages += parser.page - 1
        self._put(found, page=None)

    def _tokens(self, words: str) -> Iterator[Token]:
        return inline(words) if self._marks else iter([Words(words)])

    def _put(self, found: list[Paragraph], page: int | None = None) -> None:
        for item in found:
            item.page = page or self.pages
        self._done += found

    # Tables

    def _table_end(self, at: int) -> int:
        """Past the table that begins at this line: a head and a rule, or rows of known labels."""
        end = at
        while end < len(self._lines) and _ROW.fullmatch(self._lines[end]):
            end += 1
        ruled = end > at + 1 and not _is_rule(self._lines[at]) and _is_rule(self._lines[at + 1])
        known = is_known_label(re.sub(r"\*|<br/?>", "", _cells(self._lines[at])[0]))
        return end if ruled or known else 0

    def _table(self, begin: int, end: int) -> None:
        above = next((item.page for item in reversed(self._done) if item.row), 0)
        if above == self.pages and is_empty_head(_cells(self._lines[begin])[0].strip()):
            self.pages += 1  # the form goes on in another table: on the next page
        for at, line in enumerate(self._lines[begin:end]):
            if at == 1 and _is_rule(line):
                continue
            self._row += 1
            cells = _cells(line)
            row: list[Paragraph] = []
            for cell, words in enumerate(cells, 1):
                parser = Paragraphs(self._notes, by_line=True)
                parser.take(self._tokens(words.strip().replace("\\|", "|")))
                for item in parser.finished():
                    item.row, item.cell, item.width = self._row, cell, max(2, len(cells))
                    row.append(item)
            if at > 1 and row and row[0].cell > 1 and self._is_nameless(row):
                row.insert(0, Paragraph(row=self._row, cell=1, width=row[0].width))
            if row:
                row[0].raw = line.strip()
            self._put(row)

    def _is_nameless(self, row: list[Paragraph]) -> bool:
        """Whether a row without a label is one of its own, such as 无, and goes on with nothing."""
        words = "".join(item.text for item in row)
        ended = re.search(r"[。！!]$", self._done[-1].text)
        return len(words) <= _SHORT_ROW and bool(ended) and not ENDS.search(words)

    def _html_table(self, at: int) -> int:
        depth, end = 0, at
        while end < len(self._lines):
            depth += sum(-1 if tag[1] else 1 for tag in _TABLE.finditer(self._lines[end]))
            end += 1
            if depth <= 0:
                break
        parser = Paragraphs(self._notes)
        parser.take(tokens("\n".join(self._lines[at:end])))
        found = parser.finished()
        for item in found:
            item.row += self._row if item.row else 0
        self._row = max((item.row for item in found), default=self._row)
        self._put(found)
        return end


def _cells(line: str) -> list[str]:
    row = _ROW.fullmatch(line)
    return _BAR.split(row["cells"]) if row else [line]


def _is_rule(line: str) -> bool:
    return bool(_RULE.fullmatch(line)) and "--" in line and "|" in line


def _is_wrapped(lines: list[Line]) -> bool:
    """Whether the page broke the lines: long ones stop in mid-sentence."""
    long = [line.text for line in lines if len(line.text) >= _LONG_LINE and not line.aside]
    torn = sum(not ENDS.search(text) for text in long)
    return torn > len(long) * _WRAPPED and torn > 2


def _signs(text: str) -> int:
    """How many characters are words, whatever else they are: no mark of Markdown is one."""
    return len(_MARKS.sub("", text))


def _as_shown(text: str) -> str:
    """The text without tags, comments and addresses, taken off by their looks."""
    text = re.sub(r"<!--(?!.{0,40}page).{0,4000}?-->", "", text, flags=re.S | re.I)
    text = re.sub(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", "", text, flags=re.I)
    return undone(re.sub(r"\]\([^()\s]*\)", "]", text))


def _empty_pages(lines: list[Line]) -> list[Problem]:
    """Page numbers that follow each other: of the page between them the converter took nothing."""
    problems = []
    above: int | None = None
    for line in lines:
        found = _NUMBER.fullmatch(line.text) if not line.row else None
        number = int(found[1]) if found else None
        if number is not None and above is not None and number == above + 1:
            what = f"第 {number} 页没有文字，可能是转换工具漏了一页；请用原 PDF"
            problems.append(Problem(what, line.page))
        above = number
    return problems
