"""What kind of text a file is, told from its head: the form's first rows, and what they stand in.

A file's form never turns on a line of its content: one `# …`, `| a | b |`, tab or `<x>` in an
answer says nothing about the file.
"""

from __future__ import annotations

import re
from typing import Literal

from bot.reading.header import CODE, NUMBER, TITLE
from bot.reading.lines import squashed
from bot.reading.row_labels import is_known_label
from bot.reading.tags import tag_at

Container = Literal["plain", "tagged", "html", "markdown", "text with tables"]

_CONTENT = re.compile(r"主要内容|(?:交流|会议|活动|沟通|调研)内容|问答记录|会议纪要")
_MARKS = re.compile(r"<[^<>\n]{0,200}>|[*#|\s]")  # what may stand inside or around a label
_AFTER_LABEL = 160  # characters of the content's row that still are the head
_PAGE_OF_HTML = re.compile(
    r"\s*(?:<\?xml[^<>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_TAGGED_CELL = re.compile(r"[^\t\n]{0,40}\t\s*(?=<)")
_HEADING = re.compile(r"#{1,6} +(?P<words>.+)")
_BOLD = re.compile(r"\*\*(?P<words>[^*]+)\*\*")
_BAR_ROW = re.compile(r"\s*\|(?P<label>[^|]*)\|.*\|\s*")
_BAR_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*")
_TABLE = re.compile(r"\s*<table\b[^<>]*>", re.I)
_BLOCK = ("p", "div", "td", "th", "tr", "table", "span", "li", "h1", "h2", "h3", "h4", "center")


def container_of(text: str) -> Container:
    """Tell the kind of text."""
    if _PAGE_OF_HTML.match(text[:4000]):
        return "html"
    lines = head_of(text).split("\n")
    if any(_is_tagged_row(line) for line in lines):
        return "tagged"
    if any(_is_markdown(line) for line in lines):
        return "markdown"
    if any(_is_html(line) for line in lines):
        before = next(at for at, line in enumerate(lines) if _is_html(line))
        words = any(_is_structure(line) for line in lines[:before])
        return "text with tables" if words else "html"
    return "plain"


def head_of(text: str) -> str:
    """The text up to the main content's label, and a little of what follows it in its line."""
    plain = []
    places: list[int] = []
    at = 0
    for mark in (*_MARKS.finditer(text), None):
        end = mark.start() if mark else len(text)
        plain.append(text[at:end])
        places += range(at, end)
        at = mark.end() if mark else end
        if len(places) > 200_000:
            break
    found = _CONTENT.search("".join(plain))
    if found is None:
        return text[:6000]
    end = places[found.end() - 1] + 1
    line_end = text.find("\n", end)
    return text[: min(end + _AFTER_LABEL, len(text) if line_end < 0 else line_end)]


def _is_tagged_row(line: str) -> bool:
    cell = _TAGGED_CELL.match(line)
    found = tag_at(line, cell.end()) if cell else None
    return found is not None and found[0].name in ("p", "div", "b", "a", "input")


def _is_markdown(line: str) -> bool:
    if heading := _HEADING.match(line):
        return _is_structure(heading["words"])
    if _BAR_RULE.fullmatch(line):
        return True
    row = _BAR_ROW.fullmatch(line)
    if row and is_known_label(_MARKS.sub("", row["label"])):
        return True
    return any(_is_structure(bold["words"]) for bold in _BOLD.finditer(line))


def _is_html(line: str) -> bool:
    at = len(line) - len(line.lstrip())
    found = tag_at(line, at) if line[at : at + 1] == "<" else None
    return found is not None and found[0].name in _BLOCK


def _is_structure(words: str) -> bool:
    """Whether a line is one of a form's own: its title, number, code, or a row's label."""
    words = words.strip()
    return bool(
        CODE.search(words)
        or NUMBER.match(words)
        or TITLE.search(squashed(words))
        or is_known_label(_MARKS.sub("", words))
        or (len(words) <= 40 and words.endswith("公司"))
    )
