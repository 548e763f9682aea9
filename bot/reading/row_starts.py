"""Where a row's label stands in the lines: its pieces, and what stands beside them.

A label may be broken over lines and pages, letter-spaced, end in a hint in brackets
(`（排名不分先后）`), and stand beside its value: line by line (`公司接待 董事长：某某` /
`人员姓名 …`), or beside the middle of it, whole lines of the value between its pieces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from bot.reading.header import CODE, NUMBER
from bot.reading.ledger import Ledger, Span
from bot.reading.lines import squashed
from bot.reading.question_labels import label_of
from bot.reading.row_labels import (
    HINT_MARKS,
    LONGEST_HINT,
    START,
    is_block,
    is_foot,
    is_hint,
    spelled,
    step,
)

_MOST_LINES = 12  # of one label with what stands between its pieces
_MOST_BESIDE = 4  # pieces with a part of the value behind them, or lines of it between them
_SHORTEST_HALF = 3  # characters of a label that stands beside its value
_SHORTEST_ABOVE = 4  # of one that has lines of its value below it
_SHORTEST_FOOT = 6  # characters of a foot's label that no sentence has by chance
_DATE = re.compile(r"\s*[:：|]?\s*\d{4}\s*[年\-/.]")
_ENDS = re.compile(r"[。！？!?；;…）)”\"]\s*$")
# What a row says that asks whether something was disclosed.
_SAYS_WHETHER = re.compile(
    r"[\s:：|]*(?:$|[无否是不未/\-—□☐√☑✓]|没有|本次|此次|公司|本公司|活动|会议|调研|交流|接待|详见|附件|日期|整理|记录|填表)"
)
# A list behind the form: 附件1：参会名单.
APPENDIX = re.compile(r"(?P<label>附件\s*[一二三四五\d]{1,2})\s*[:：]")


@dataclass(frozen=True)
class Found:
    """A label that begins at a line."""

    label: str  # without white space
    spans: tuple[Span, ...]  # its pieces
    beside: tuple[Span, ...] = ()  # value between the pieces


@dataclass(frozen=True)
class _Spot:
    """How far a label is spelled."""

    state: frozenset[tuple[int, int, int, int]] = START
    label: str = ""
    hint: str = ""  # that is not closed yet

    def then(self, char: str) -> _Spot | None:
        """The spot behind one more character; None: no label goes on so."""
        label = self.label + char
        if self.hint:
            hint = self.hint + char
            if char != HINT_MARKS[hint[0]]:
                return replace(self, label=label, hint=hint) if len(hint) < LONGEST_HINT else None
            return replace(self, label=label, hint="") if is_hint(hint) else None
        if state := step(self.state, char):
            return replace(self, state=state, label=label)
        if spelled(self.state) and char in HINT_MARKS:
            return replace(self, label=label, hint=char)
        return None

    def name(self) -> str | None:
        return None if self.hint else spelled(self.state)


@dataclass
class _Walk:
    """Along the lines as far as they spell a label."""

    ledger: Ledger
    in_content: bool
    spot: _Spot = field(default_factory=_Spot)
    spans: list[Span] = field(default_factory=list)
    beside: list[Span] = field(default_factory=list)
    ends: list[tuple[Found, str]] = field(default_factory=list)  # labels spelled in full

    def from_line(self, number: int) -> list[tuple[Found, str]]:
        """Labels that begin at the line with their names, the longest first."""
        lines = self.ledger.source.lines
        for at in range(number, min(number + _MOST_LINES, len(lines))):
            if at > number and not self.ledger.is_free(at):
                continue  # a page's foot and head inside a label
            if at > number and lines[at].row:
                break
            if not self._goes_on(at, lines[at].text):
                break
        return self.ends[::-1]

    def _goes_on(self, at: int, text: str) -> bool:
        """Take the label's piece of this line; whether the next one may hold more of it."""
        end = self._piece(at, text)
        rest = text[end:].strip()
        if not squashed(text[:end]):
            return self._stands_between(at, text)
        self.spans.append(Span(at, 0, end))
        if not rest:
            return True
        if len(squashed(text[:end])) < _SHORTEST_HALF - bool(self.beside):
            return False
        if self.spot.hint or not text[:end].endswith((" ", "\t", "\u3000")):
            return False
        self.beside.append(Span(at, end, len(text)))
        return len(self.beside) <= _MOST_BESIDE

    def _piece(self, at: int, text: str) -> int:
        """How far the line spells the label: to its end, else to the last blank it spells."""
        end, blank = 0, (0, self.spot)
        for place, char in enumerate(text):
            if char.isspace():
                if place == end:
                    blank = (place + 1, self.spot)
                    end = place + 1
                continue
            spot = self.spot.then(char)
            if spot is None:
                if blank[0]:
                    end, self.spot = blank
                return end
            self.spot, end = spot, place + 1
            if name := spot.name():
                spans = (*self.spans, Span(at, 0, end))
                self.ends.append((Found(spot.label, spans, tuple(self.beside)), name))
        return len(text)

    def _stands_between(self, at: int, text: str) -> bool:
        """Take the line as one of the value's, beside which the label goes on below."""
        spot = self.spot
        ended = spot.name() and not spot.label.endswith(("及", "与", "和", "、"))
        if self.in_content or ended or spot.hint or len(spot.label) < _SHORTEST_ABOVE:
            return False
        if CODE.search(text) or NUMBER.search(text) or _begins_as_a_label(text):
            return False
        self.beside.append(Span(at, 0, len(text)))
        return len(self.beside) <= _MOST_BESIDE


def _begins_as_a_label(text: str) -> bool:
    """Whether the line, or its first word, is a label or the beginning of one."""
    spot: _Spot | None = _Spot()
    for char in squashed(text.split(maxsplit=1)[0]):
        spot = spot.then(char) if spot else None
    return spot is not None


def label_at(ledger: Ledger, number: int, in_content: bool) -> Found | None:
    """The label that begins at this line, with its pieces."""
    line = ledger.source.lines[number]
    if line.row == "label":
        return _cell_label(ledger, number)
    if line.row == "value":
        return None
    if appendix := APPENDIX.match(line.text):
        return Found(squashed(appendix["label"]), (Span(number, 0, appendix.end("label")),))
    for found, name in _Walk(ledger, in_content).from_line(number):
        if in_content and not is_foot(name):
            continue
        if _is_a_row(ledger, found, name, in_content):
            return found
    return None


def _cell_label(ledger: Ledger, number: int) -> Found:
    """All lines of the label's cell: a value, or another label's cell, follows it."""
    lines = ledger.source.lines
    at = number
    while at < len(lines) and lines[at].row == "label" and lines[at].page == lines[number].page:
        at += 1
        if at < len(lines) and lines[at].starts:
            break
    spans = tuple(ledger.whole(line) for line in range(number, at))
    return Found(squashed("".join(ledger.text(span) for span in spans)).strip("|"), spans)


def _is_a_row(ledger: Ledger, found: Found, name: str, in_content: bool) -> bool:
    last = found.spans[-1]
    after = ledger.line(last).text[last.end :]
    if is_block(name) and in_content:
        ends = not after.strip() or after[0].isspace() or after[0] in ":：|"
        return ends and not _stood_above(ledger, last.line)
    if name == "form_dates":
        return bool(_DATE.match(after)) or (
            not after.strip() and _DATE.match(_next_text(ledger, last.line)) is not None
        )
    if in_content and found.label.startswith(("是否", "有无")):
        # Words that a sentence may hold too: the answer above is at its end, and it is said here.
        above = ledger.source.lines[found.spans[0].line - 1].text if found.spans[0].line else ""
        says = after if after.strip(" \t\u3000:：|") else _next_text(ledger, last.line)
        if not (_ENDS.search(above) and _SAYS_WHETHER.match(says)):
            return False
    if in_content and found.label == "附件" and re.match(r"\s*[一二三四五六七八九十\d]", after):
        return False  # 附件 一、二 in a sentence; 附件一： is told above
    if not in_content or name == "attachments" or len(found.label) >= _SHORTEST_FOOT:
        # 时间紧、地点好: a label is followed by its end, a space, a colon or a figure.
        return not after or after[0].isspace() or after[0] in ":：|0123456789"
    return after[:1] in (":", "：") or not after.strip()


def _next_text(ledger: Ledger, number: int) -> str:
    lines = ledger.source.lines
    return next((lines[at].text for at in range(number + 1, len(lines)) if ledger.is_free(at)), "")


def _stood_above(ledger: Ledger, number: int) -> bool:
    """Whether such a label stood under an earlier answer too: then it is the answers' own."""
    lines = ledger.source.lines
    label = squashed(lines[number].text)[:4]
    above = (at for at in range(number) if squashed(lines[at].text).startswith(label))
    first = next(above, number)
    return any(label_of(lines[at].text) for at in range(first + 1, number))
