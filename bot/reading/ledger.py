"""The one place where lines become text (design: "Verbatim"), and the ledger of the proof."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.radicals import radicals_in, unified
from bot.reading.lines import Line, Source, squashed
from bot.record import Furniture, Proof

_LATIN = re.compile(r"[0-9A-Za-z]")


@dataclass(frozen=True)
class Span:
    """Characters start to end of line number `line`."""

    line: int
    start: int
    end: int


def join(lines: Sequence[str], break_before: Sequence[bool]) -> str:
    """Lines → text: layout breaks vanish, or become one space between Latin letters or digits;
    where `break_before` is true a paragraph begins, joined by one line feed."""
    text = ""
    for line, breaks in zip(lines, break_before, strict=True):
        if not text:
            text = line
        elif breaks:
            text += "\n" + line
        elif _LATIN.match(text[-1]) and _LATIN.match(line[0]):
            text += " " + line
        else:
            text += line
    return text


class Ledger:
    """Which characters of the source went where; each belongs to one place only.

    Radicals stand in `source`, and so in `text`, as the characters they look like, for labels and
    dates to be found; `place` gives what was printed.
    """

    def __init__(self, source: Source) -> None:
        self._printed = [line.text for line in source.lines]
        self.radicals = radicals_in("".join(self._printed))
        if self.radicals:
            lines = (replace(line, text=unified(line.text)) for line in source.lines)
            source = replace(source, lines=tuple(lines))
        self.source = source
        self._free = [[not char.isspace() for char in line.text] for line in source.lines]
        self._placed = [0] * len(source.lines)
        self._furniture: list[tuple[int, Furniture]] = []
        for number, line in enumerate(source.lines):
            if line.aside:
                self.put_aside(self.whole(number), line.aside)

    def line(self, span: Span) -> Line:
        return self.source.lines[span.line]

    def text(self, span: Span) -> str:
        return self.line(span).text[span.start : span.end]

    def whole(self, number: int) -> Span:
        return Span(number, 0, len(self.source.lines[number].text))

    def place(self, span: Span) -> str:
        """Claim the span for a header value, question, answer or narrative."""
        self._placed[span.line] += self._claim(span)
        return self._as_printed(span)

    def _as_printed(self, span: Span) -> str:
        return self._printed[span.line][span.start : span.end]

    def printed(self, text: str) -> str:
        """A text that was found in the source, as it was printed."""
        found = squashed("".join(line.text for line in self.source.lines)).find(squashed(text))
        if found < 0:
            return text
        letters = iter(squashed("".join(self._printed))[found:])
        return "".join(char if char.isspace() else next(letters) for char in text)

    def put_aside(self, span: Span, kind: str) -> None:
        """Claim the span as furniture of a kind."""
        if self._claim(span):
            piece = Furniture(self.line(span).page, kind, self._as_printed(span).strip())
            self._furniture.append((span.line, piece))

    def aside(self, number: int) -> list[str]:
        """The words of a line that were put aside as furniture, in the order of doing so."""
        return [piece.text for line, piece in self._furniture if line == number]

    def is_free(self, number: int) -> bool:
        return any(self._free[number])

    def _claim(self, span: Span) -> int:
        free = self._free[span.line]
        claimed = sum(free[span.start : span.end])
        free[span.start : span.end] = [False] * (span.end - span.start)
        return claimed

    def proof(self, first: int, end: int) -> Proof:
        """The account of the lines from `first` up to `end`, with whatever nobody claimed."""
        unplaced = [
            Furniture(
                line.page,
                "unplaced",
                "".join(char for char, free in zip(printed, self._free[at], strict=True) if free),
            )
            for at, (line, printed) in enumerate(zip(self.source.lines, self._printed, strict=True))
            if first <= at < end and any(self._free[at])
        ]
        lost = self.source.characters - sum(len(squashed(line.text)) for line in self.source.lines)
        if lost:
            unplaced.append(Furniture(None, "unplaced", f"（有 {lost} 个字未能从文件中取出）"))
        furniture = tuple(piece for at, piece in self._furniture if first <= at < end)
        return Proof(sum(self._placed[first:end]), furniture, tuple(unplaced))
