"""Lines of the main content → paragraphs.

In a page's layout a line break is inside a paragraph unless something speaks for a new one: an
indented line, a line above that ends a sentence short of the margin, a label, a change of type. In
a container that tells paragraphs (HTML, recognised cells) each line is one, but for those broken
over two pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from bot.reading.closing import closes, heads_summary
from bot.reading.ledger import Ledger, Span, join
from bot.reading.lines import ENDS, squashed
from bot.reading.question_labels import (
    ANSWER,
    ASKED,
    GREETS,
    Label,
    is_block_heading,
    is_section_heading,
    label_of,
)

_SHORT = 0.9  # of the widest line
_MOST_USUAL = 3  # indented lines from which indents are the document's way to begin paragraphs


@dataclass
class Paragraph:
    """Lines that are one paragraph; joined by the verbatim rules."""

    spans: list[Span]
    bold: bool
    page: int

    def text(self, ledger: Ledger) -> str:
        return join([ledger.text(span) for span in self.spans], [False] * len(self.spans))

    def drop(self, ledger: Ledger, count: int) -> list[Span]:
        """Take the first `count` characters of its text off; the spans they stood in."""
        dropped: list[Span] = []
        while count > 0 and self.spans:
            first = self.spans[0]
            if count < first.end - first.start:
                dropped.append(Span(first.line, first.start, first.start + count))
                self.spans[0] = Span(first.line, first.start + count, first.end)
                return dropped
            dropped.append(first)
            count -= first.end - first.start
            self.spans = self.spans[1:]
            if self.spans and count > 0:
                # A space that joining put between two Latin lines is in no span.
                pair = join([ledger.text(first), ledger.text(self.spans[0])], [False, False])
                count -= len(pair) - len(ledger.text(first)) - len(ledger.text(self.spans[0]))
        return dropped

    def split(self, ledger: Ledger, at: int) -> tuple[Paragraph, Paragraph]:
        """The first `at` characters of its text, and the rest."""
        rest = Paragraph(list(self.spans), self.bold, self.page)
        head = Paragraph(rest.drop(ledger, at), self.bold, self.page)
        return head, rest


def paragraphs_of(ledger: Ledger, spans: list[Span]) -> list[Paragraph]:
    """The paragraphs, in reading order."""
    layout = _Layout(ledger, spans)
    found: list[Paragraph] = []
    for span in spans:
        line = ledger.line(span)
        if found and not layout.starts(found[-1], span):
            found[-1].spans.append(span)
        else:
            found.append(Paragraph([span], line.bold, line.page))
    return found


class _Layout:
    def __init__(self, ledger: Ledger, spans: list[Span]) -> None:
        self._ledger = ledger
        widths = sorted(_width(ledger.text(span)) for span in spans)
        # The widest line but for a few that stick out.
        self._width = widths[int(len(widths) * 0.95)] if widths else 0
        labels = [_opening(ledger.text(span)) for span in spans]
        self._opens = Counter(
            squashed(label.printed) for label in labels if label and label.kind == "open"
        )
        self._labelled = any(ANSWER.match(ledger.text(span)) for span in spans)
        self._asked = self._labelled or any(labels)
        indented = sum(ledger.line(span).indent for span in spans)
        self._indents = _MOST_USUAL <= indented < len(spans) * 0.8

    def starts(self, before: Paragraph, span: Span) -> bool:
        """Whether a paragraph begins at this line."""
        ledger = self._ledger
        line, last = ledger.line(span), before.spans[-1]
        text, above = ledger.text(span), ledger.text(last)
        if line.bold != before.bold:
            return True
        ended = bool(ENDS.search(above))
        label, answer = _opening(text), ANSWER.match(text)
        crossed = ledger.line(last).page != line.page
        if not ledger.source.wrapped:
            return not crossed or ended or bool(label or answer)
        if answer or (label and label.kind == "prefixed" and not label.weak):
            return True  # also below a line that stops in mid-sentence: then lines are missing
        if label and label.kind == "open":
            return ended or self._is_short(last) or self._opens[squashed(label.printed)] > 1
        short = self._is_short(last)
        if ended and (label or (self._asked and closes(text))):
            return True
        if GREETS.match(text) and self._may_be_greeted(before, above, short):
            return True
        if re.search(r"[？?]\s*$", above) and self._begins_answer(before, text):
            return True
        if heads_summary(above):
            return True
        if (is_section_heading(above) or is_block_heading(above)) and short:
            return True
        if line.indent and self._indents:
            return ended or short
        if line.starts and (ended or short) and not crossed:
            return True
        return short and (ended or bool(label))

    def _begins_answer(self, before: Paragraph, text: str) -> bool:
        """Whether the line under a question mark begins the answer: a lead-in, or, where answers
        have no labels, what asks and begs no more under a labelled question."""
        if re.search(r"[：:]\s*$", text):
            return True
        labelled = label_of(self._ledger.text(before.spans[0])) is not None
        asks = re.search(r"[？?]", text) or re.match(r"\s*(?:谢谢|感谢|请|望|麻烦|烦请)", text)
        return labelled and not self._labelled and not asks

    def _may_be_greeted(self, before: Paragraph, above: str, short: bool) -> bool:
        if re.search(r"[，,、：:]\s*$", above):
            return False
        question = label_of(self._ledger.text(before.spans[0])) is not None
        return bool(ENDS.search(above)) or short or question

    def _is_short(self, span: Span) -> bool:
        return _width(self._ledger.text(span)) < self._width * _SHORT


def _opening(text: str) -> Label | None:
    """A question's label. ① and （一） most often count a list, but for a line that asks."""
    label = label_of(text)
    listed = label and re.match(r"[①-⑳]|[（(][一二三四五六七八九十]", label.printed)
    return None if listed and not ASKED.search(text) else label


def _width(text: str) -> int:
    """Columns: a Han character is as wide as two letters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
