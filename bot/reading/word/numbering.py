"""Numbers of lists: Word counts them when it shows the document, so they are counted here.

1. A paragraph, or its style, names a list (`num`) and a level. Lists that share a definition
   (`abstractNum`) go on counting each other, unless one says where it begins.
2. A level begins anew when a level above it was counted, unless it says otherwise.
3. `%1` to `%9` in a level's text stand for the numbers of the levels.

Source: ECMA-376 part 1, 17.9.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from bot.reading.word.numbers import written
from bot.reading.word.signs import signs
from bot.reading.word.styles import Styles, W, child, is_on, value

_LEVELS = 9
_HALF = re.compile(r"[\x21-\x7e]$")


@dataclass(frozen=True)
class _Level:
    start: int
    form: str
    text: str
    restart: int | None  # counted from 1: the level after which it begins anew; 0: never
    legal: bool  # all numbers in figures
    suffix: str
    font: str
    style: str | None
    hidden: bool


@dataclass(frozen=True)
class _List:
    abstract: str
    levels: dict[int, _Level]
    begins: dict[int, int]  # levels that begin anew where the list is used first


class Numbering:
    """The lists of one document, counted as its paragraphs come."""

    def __init__(self, root: Any, styles: Styles) -> None:
        """root: Of `numbering.xml`; None: the document has none."""
        self._styles = styles
        abstracts = [] if root is None else root.findall(f"{W}abstractNum")
        numbers = [] if root is None else root.findall(f"{W}num")
        self._abstracts = {one.get(f"{W}abstractNumId"): one for one in abstracts}
        self._numbers = {one.get(f"{W}numId"): one for one in numbers}
        self._lists: dict[str, _List | None] = {}
        self._counted: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()
        self.unknown: set[str] = set()  # forms of numbers that are not known

    def label(self, paragraph: Any) -> str:
        """What Word prints before a paragraph; empty: nothing. Counts it."""
        number, level = self._place(paragraph)
        found = self._list(number) if number else None
        if number is None or found is None or level not in found.levels:
            return ""
        counted = self._counted.setdefault(found.abstract, {})
        if number not in self._begun:
            self._begun.add(number)
            for at in found.begins:
                counted.pop(at, None)
        counted[level] = counted.get(level, found.levels[level].start - 1) + 1
        for below in [at for at in counted if at > level]:
            restart = found.levels[below].restart if below in found.levels else None
            if restart is None or level < restart:
                del counted[below]
        return self._written(found, level, counted)

    def _place(self, paragraph: Any) -> tuple[str | None, int]:
        """The list and the level that a paragraph is in."""
        number = value(paragraph, "pPr/numPr/numId")
        level = value(paragraph, "pPr/numPr/ilvl")
        if number is None:
            style = self._styles.of_paragraph(paragraph)
            number, of_style, said_by = self._styles.list_of(style)
            level = level or of_style
            if level is None and number and (found := self._list(number)):
                own = (at for at, one in found.levels.items() if one.style == said_by)
                return number, next(own, 0)
        return number, int(level) if level and level.isdecimal() else 0

    def _list(self, number: str) -> _List | None:
        if number not in self._lists:
            self._lists[number] = self._read(self._numbers.get(number))
        return self._lists[number]

    def _read(self, number: Any) -> _List | None:
        abstract_id = None if number is None else value(number, "abstractNumId")
        abstract = self._abstracts.get(abstract_id)
        for _ in range(_LEVELS):  # a definition may refer to a style's list
            link = None if abstract is None else value(abstract, "numStyleLink")
            if link is None:
                break
            linked = self._numbers.get(self._styles.list_of(link)[0])
            abstract_id = None if linked is None else value(linked, "abstractNumId")
            abstract = self._abstracts.get(abstract_id)
        if abstract is None or abstract_id is None:
            return None
        levels = {_number(one, "ilvl"): _level(one) for one in abstract.findall(f"{W}lvl")}
        begins = {}
        for override in number.findall(f"{W}lvlOverride"):
            at = _number(override, "ilvl")
            own = child(override, "lvl")
            if own is not None:
                levels[at] = _level(own)
            start = value(override, "startOverride")
            if start and start.isdecimal() and at in levels:
                levels[at] = replace(levels[at], start=int(start))
                begins[at] = int(start)
        return _List(abstract_id, levels, begins)

    def _written(self, found: _List, level: int, counted: dict[int, int]) -> str:
        own = found.levels[level]
        if own.hidden:
            return ""

        def number_at(match: re.Match[str]) -> str:
            other = found.levels.get(int(match[1]) - 1)
            if other is None:
                return ""
            number = counted.get(int(match[1]) - 1, other.start)
            form = "decimal" if own.legal and other.form != "none" else other.form
            text = written(number, form)
            if text is None:
                self.unknown.add(form)
            return str(number) if text is None else text

        if own.form == "bullet":
            text = signs(own.text, own.font)
        else:
            text = re.sub(r"%([1-9])", number_at, own.text)
        # The gap is the list's layout; between half-width signs and the words it is a space.
        gap = (
            " " if own.suffix != "nothing" and (own.form == "bullet" or _HALF.search(text)) else ""
        )
        return text + gap if text.strip() else ""


def _level(element: Any) -> _Level:
    restart, fonts = value(element, "lvlRestart"), child(element, "rPr/rFonts")
    start = value(element, "start")
    return _Level(
        int(start) if start and start.isdecimal() else 0,
        value(element, "numFmt") or "decimal",
        value(element, "lvlText") or "",
        int(restart) if restart and restart.isdecimal() else None,
        is_on(child(element, "isLgl")),
        value(element, "suff") or "tab",
        "" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "",
        value(element, "pStyle"),
        is_on(child(element, "rPr/vanish")),
    )


def _number(element: Any, name: str) -> int:
    text = element.get(f"{W}{name}") or "0"
    return int(text) if text.isdecimal() else 0
