"""HTML, Markdown, and the mixture of both that text recognition writes → lines.

1. Recognised text: rows `label⇥value` whose cells hold HTML; a blank label goes on with the row
   above, on the next page; a row of dashes ends a page's table.
2. HTML documents: rows of a table with a label's cell and a value's; else paragraphs.
3. Markdown: `**bold**`, `# headings`, tables of `| label | value |`.

Tags, entities and Markdown's marks vanish; every other character stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from html.parser import HTMLParser
from typing import Literal

from bot.reading.lines import Line, Source, squashed

_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_UNSEEN = re.compile(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>")
_CELLS_OF_HTML = re.compile(r"(?m)^[^\t\n]{0,40}\t\s*<(?:p|div|b|a|input)\b", re.I)
_HTML = re.compile(
    r"(?i)<!doctype html|<html\b|<body\b|<table\b|<td\b|^\s*<(?:p|div)\b[^>]*>", re.M
)
_MARKDOWN = re.compile(r"(?m)^\*\*.+\*\*\s*$|^#{1,6} |^\|.+\|\s*$")
_MARKDOWN_ROW = re.compile(r"^\s*\|(?P<label>[^|]*)\|(?P<value>.*)\|\s*$")
_MARKDOWN_RULE = re.compile(r"^[\s|:-]*-{2,}[\s|:-]*$")


def is_marked(text: str) -> bool:
    """Whether the text is marked up, by what it holds."""
    return bool(_CELLS_OF_HTML.search(text) or _HTML.search(text) or _MARKDOWN.search(text))


def marked_source(text: str) -> Source:
    """Take marked-up text apart."""
    if _HTML.search(text) and not _CELLS_OF_HTML.search(text):
        return _document(text)
    return _recognised(text)


# HTML documents


def _document(text: str) -> Source:
    parser = _Paragraphs()
    parser.feed(text)
    parser.close()
    found = parser.finished()
    tables: dict[int, list[tuple[int, str]]] = {}
    for item in found:
        if item.row:
            tables.setdefault(item.row, []).append((item.cell, item.text))
    lines = []
    above: _Paragraph | None = None
    for item in found:
        cells = {cell for cell, _ in tables.get(item.row, [])}
        row: Literal["", "label", "value"] = ""
        if len(cells) > 1:
            row = "label" if item.cell == min(cells) else "value"
        elif item.row and parser.widest.get(item.row, 0) > 1:
            row = "value" if item.cell > 1 else "label"
        begins = (item.row, item.cell) != (above.row, above.cell) if above else True
        starts = begins if row == "label" else item.block
        above = item
        indent = item.text.startswith("\u3000\u3000")
        lines.append(
            Line(item.text.strip(), 1, item.bold, starts, row, item.ticked, item.links, indent)
        )
    count = len(squashed(unescape(_TAG.sub("", _UNSEEN.sub("", text)))))
    return Source(tuple(line for line in lines if line.text), count, wrapped=False)


# Recognised text and Markdown


def _recognised(text: str) -> Source:
    lines: list[Line] = []
    page, in_table = 1, False
    count = 0
    for raw in _one_line_tags(_UNSEEN.sub("", text)).split("\n"):
        if not raw.strip():
            continue
        plain = _MARKDOWN_RULE.sub("", raw) if "|" in raw else raw
        table_row = _MARKDOWN_ROW.match(plain)
        if table_row:
            plain = f"{table_row['label'].strip()}\t{table_row['value'].strip()}"
        count += len(squashed(unescape(_TAG.sub("", re.sub(r"\*\*|^#{1,6} ", "", plain)))))
        label, tab, value = plain.partition("\t")
        if "\f" in raw:
            page += raw.count("\f")
        if _is_dashes(plain):  # the row that text recognition writes under a page's table
            if squashed(plain):
                lines.append(Line(plain.strip(), page))
        elif tab:
            if not label.strip() and lines and not table_row:
                page += 1  # the form goes on under an empty label: the next page
            in_table = True
            label = "".join(line.text for line in _cells(label, page, "label"))
            if label:
                lines.append(Line(label, page, starts=True, row="label"))
            lines += _cells(value, page, "value")
        else:
            if in_table:
                page += 1  # a page that was not recognised as a table
            in_table = False
            lines += _cells(plain, page, "")
    return Source(tuple(lines), count, wrapped=False, paged=True)


def _one_line_tags(text: str) -> str:
    return re.sub(r"<[^<>\n]*\n[^<>]*>", lambda match: match.group().replace("\n", " "), text)


def _is_dashes(text: str) -> bool:
    return not squashed(text).strip("-")


def _cells(marked: str, page: int, row: Literal["", "label", "value"]) -> Iterator[Line]:
    marked = marked.strip()
    bold = bool(re.fullmatch(r"\*\*(?:(?!\*\*).)+\*\*", marked))
    parser = _Paragraphs()
    parser.feed(re.sub(r"^#{1,6} ", "", marked.replace("**", "")))
    parser.close()
    for at, found in enumerate(item for item in parser.finished() if item.text.strip()):
        starts = at > 0 or found.block or not row
        text = found.text.strip()
        yield Line(text, page, bold or found.bold, starts, row, found.ticked, found.links)


# Tags


@dataclass
class _Paragraph:
    text: str = ""
    plain: int = 0  # characters outside <b>
    block: bool = False
    ticked: bool | None = None
    links: tuple[str, ...] = ()
    row: int = 0  # of a table, counted through the document; 0: in none
    cell: int = 0

    @property
    def bold(self) -> bool:
        return bool(self.text.strip()) and not self.plain


_BLOCKS = {"p", "div", "br", "tr", "td", "th", "li", "table", "ul", "ol", "section", "article"} | {
    f"h{level}" for level in range(1, 7)
}
_HIDDEN = {"script", "style", "head", "title"}


@dataclass
class _Place:
    row: int = 0
    cell: int = 0


@dataclass
class _Rows:
    """Where in tables the parser stands; tables inside a cell are that cell's words."""

    depth: int = 0
    count: int = 0
    place: _Place = field(default_factory=_Place)


class _Paragraphs(HTMLParser):
    """Paragraphs, each with its place in the outermost table; inline tags vanish."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done = [_Paragraph()]
        self._bold = 0
        self._hidden = 0
        self._rows = _Rows()
        self.widest: dict[int, int] = {}  # cells of each row

    def finished(self) -> list[_Paragraph]:
        for item in self._done:
            item.text = _one_line(item.text)
        return [item for item in self._done if item.text.strip()]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._enter(tag)
        if tag in _BLOCKS:
            self._begin()
        elif tag in ("b", "strong"):
            self._bold += 1
        elif tag in _HIDDEN:
            self._hidden += 1
        elif tag == "input" and given.get("type") == "checkbox":
            self._begin(ticked="checked" in given)
        elif tag == "a" and given.get("href"):
            self._done[-1].links += (given["href"] or "",)

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._begin()
        elif tag in ("b", "strong"):
            self._bold = max(0, self._bold - 1)
        elif tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag == "table":
            self._rows.depth = max(0, self._rows.depth - 1)
            if not self._rows.depth:
                self._rows.place = _Place()
                self._begin()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._done[-1].text += data
            self._done[-1].plain += len(squashed(data)) if not self._bold else 0

    def _begin(self, ticked: bool | None = None) -> None:
        place = replace(self._rows.place)
        self._done.append(_Paragraph("", 0, True, ticked, (), place.row, place.cell))

    def _enter(self, tag: str) -> None:
        rows = self._rows
        if tag == "table":
            rows.depth += 1
        elif rows.depth <= 1 and tag == "tr":
            rows.count += 1
            rows.place = _Place(rows.count, 0)
        elif rows.depth <= 1 and tag in ("td", "th") and rows.place.row:
            rows.place.cell += 1
            self.widest[rows.place.row] = rows.place.cell


def _one_line(text: str) -> str:
    """A line break in HTML is layout: it vanishes, or is a space between Latin letters."""
    pieces = [piece.strip(" \t\r") for piece in text.split("\n")]
    joined = pieces[0] if pieces else ""
    for piece in pieces[1:]:
        if (
            joined
            and piece
            and re.match(r"[0-9A-Za-z]", piece)
            and joined[-1].isalnum()
            and joined[-1].isascii()
        ):
            joined += " "
        joined += piece
    return joined
