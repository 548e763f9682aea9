"""The main content → questions with answers, and narrative.

A line opens a question if it carries the expected next number in the style of the first one and,
where the document marks questions (bold type, 答：), has that mark too. Numbers inside answers and
questions are therefore never new questions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from bot.reading.text import Ledger, Span, join
from bot.record import Narrative, Part, Question

_NUMBERED = re.compile(
    r"\s*(?P<prefix>问题|提问|[Qq]|问)?\s*(?P<no>\d{1,3})\s*(?P<mark>[、：:)）]|[.．](?!\d+\s*(?:[%％‰亿万倍元个)），,。；、]|[a-zA-Z]{1,3}\b))|(?=\s*问\s*[：:]))"
    r"(?:\s*问\s*[：:])?\s*"
)
_UNNUMBERED = re.compile(r"\s*(?:[Qq]|问|提问|投资者问|问题)\s*[:：;；.．、]\s*")
_NO_LABEL = re.compile("")
_ANSWER = re.compile(
    r"\s*(?:[Aa]\d{0,3}|答|回复|回答|公司回复|公司答|公司回答|答复)\s*(?:[:：;；、]|[.．](?!\d))\s*"
)
_ENDS = re.compile(r"[。！？!?…；;”\"）)]\s*$")
_ASKS = re.compile(r"[？?]|吗|呢|如何|怎么|什么|是否|能否|可否|哪些|多少|为何|请问|介绍")
_FAR_AHEAD = 3  # numbers that may be missing before a label is no question any more
_LISTED = (
    re.compile(r"(?<![\d.])(\d{1,2})[、．.）)](?!\d)"),
    re.compile(r"[（(](\d{1,2})[）)]"),
    re.compile(r"([①②③④⑤⑥⑦⑧⑨])"),
)


@dataclass
class _Paragraph:
    """Lines that are one paragraph; joined by the verbatim rules."""

    spans: list[Span]
    bold: bool
    page: int

    def text(self, ledger: Ledger) -> str:
        return join([ledger.text(span) for span in self.spans], [False] * len(self.spans))

    def cut(self, count: int) -> None:
        """Drop the first `count` characters of the first line."""
        first = self.spans[0]
        self.spans[0] = Span(first.line, first.start + count, first.end)
        self.spans = [span for span in self.spans if span.end > span.start]


@dataclass
class _Item:
    label: str | None
    number: int | None
    page: int
    question: list[_Paragraph] = field(default_factory=list)
    answer: list[_Paragraph] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What the main content holds."""

    questions: tuple[Question, ...]
    narrative: tuple[Narrative, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    empty: tuple[int, ...]  # numbers of questions without words or without an answer


def read_content(ledger: Ledger, spans: list[Span]) -> Content:
    """Split the lines of the main content; every one is placed or put aside."""
    paragraphs = _paragraphs(ledger, spans)
    starts = _question_starts(ledger, paragraphs)
    starts |= _unlabelled_first(ledger, paragraphs, starts)
    opening = paragraphs[: min(starts, default=len(paragraphs))]
    items = [
        _item(ledger, paragraphs[at:until], starts[at])
        for at, until in pairwise([*sorted(starts), len(paragraphs)])
    ]
    narrative = _narrative(ledger, opening, bool(items))
    questions, warnings, notes = _numbered(ledger, items)
    empty = tuple(item.number for item in questions if not (item.question and item.answer))
    return Content(questions, narrative, warnings, notes, empty)


# Paragraphs


def _paragraphs(ledger: Ledger, spans: list[Span]) -> list[_Paragraph]:
    found: list[_Paragraph] = []
    width = max((span.end for span in spans), default=0)
    for span in spans:
        line = ledger.line(span)
        text = ledger.text(span)
        if found and not _starts(ledger, found[-1], span, text, width):
            found[-1].spans.append(span)
        else:
            found.append(_Paragraph([span], line.bold, line.page))
    return found


def _starts(ledger: Ledger, before: _Paragraph, span: Span, text: str, width: int) -> bool:
    """Whether a paragraph begins at this line."""
    line, last = ledger.line(span), before.spans[-1]
    if line.bold != before.bold:
        return True
    labelled = _NUMBERED.match(text) or _UNNUMBERED.match(text) or _ANSWER.match(text)
    ended = bool(_ENDS.search(ledger.text(last)))
    if not ledger.source.wrapped:
        crossed = ledger.line(last).page != line.page
        return not crossed or ended or bool(labelled)
    if labelled and (ended or _ANSWER.match(text) or not _NUMBERED.match(text)):
        return True
    short = last.end < width * 0.85
    return (ended and short) or (line.starts and ended) or bool(labelled and short)


# Questions


def _question_starts(ledger: Ledger, paragraphs: list[_Paragraph]) -> dict[int, re.Match[str]]:
    """Positions of the paragraphs that open a question, with their label."""
    texts = [paragraph.text(ledger) for paragraph in paragraphs]
    numbered = _numbered_starts(texts, paragraphs)
    unnumbered = {at: m for at, text in enumerate(texts) if (m := _UNNUMBERED.match(text))}
    return numbered if len(numbered) >= len(unnumbered) else unnumbered


def _unlabelled_first(
    ledger: Ledger, paragraphs: list[_Paragraph], starts: dict[int, re.Match[str]]
) -> dict[int, re.Match[str]]:
    """A first question that lacks the label of the others: the paragraph before a lone 答：."""
    for at in range(1, min(starts, default=0)):
        if _answer_label(ledger, paragraphs[at]):
            match = _NO_LABEL.match(paragraphs[at - 1].text(ledger))
            return {at - 1: match} if match else {}
    return {}


def _numbered_starts(texts: list[str], paragraphs: list[_Paragraph]) -> dict[int, re.Match[str]]:
    labelled = [(at, match) for at, text in enumerate(texts) if (match := _NUMBERED.match(text))]
    all_bold = any(paragraphs[at].bold for at, _ in labelled)
    answered = {at for at, text in enumerate(texts) if _ANSWER.match(text)}
    found: dict[int, re.Match[str]] = {}
    expected, prefix = 1, None
    for at, match in labelled:
        number = int(match["no"])
        style = (match["prefix"] or "").casefold()
        if prefix is not None and style != prefix:
            continue
        if not expected <= number <= expected + _FAR_AHEAD or (not found and number > 2):
            continue
        if all_bold and not paragraphs[at].bold:
            continue
        if not all_bold and not _looks_like_a_question(at, texts, match, answered):
            continue
        found[at] = match
        expected, prefix = number + 1, style
    return found


def _looks_like_a_question(
    at: int, texts: list[str], match: re.Match[str], answered: set[int]
) -> bool:
    if match["prefix"]:
        return True
    if answered:  # the document labels its answers: one must follow before long
        inside = _ANSWER_INSIDE.search(texts[at])
        return bool(inside) or any(after in answered for after in range(at + 1, at + 4))
    return bool(_ASKS.search(texts[at]))


_ANSWER_INSIDE = re.compile(r"(?<=[？?。！!\s])(?:答|公司回复|回复)\s*[:：]")


def _item(ledger: Ledger, paragraphs: list[_Paragraph], label: re.Match[str]) -> _Item:
    first = paragraphs[0]
    number = int(label["no"]) if "no" in label.re.groupindex else None
    item = _Item(label[0].strip() or None, number, first.page)
    if label[0]:
        _drop(ledger, first, label.end(), "question label")
    answers = [at for at, paragraph in enumerate(paragraphs) if _answer_label(ledger, paragraph)]
    if first.bold and not answers:
        border = next((at for at, one in enumerate(paragraphs) if not one.bold), len(paragraphs))
    elif answers:
        border = answers[0]
    else:
        return _split_inside(ledger, item, paragraphs)
    item.question, item.answer = paragraphs[:border], paragraphs[border:]
    if item.answer and (match := _answer_label(ledger, item.answer[0])):
        _drop(ledger, item.answer[0], match.end(), "answer label")
    return item


def _answer_label(ledger: Ledger, paragraph: _Paragraph) -> re.Match[str] | None:
    return _ANSWER.match(ledger.text(paragraph.spans[0])) if paragraph.spans else None


def _split_inside(ledger: Ledger, item: _Item, paragraphs: list[_Paragraph]) -> _Item:
    """`答：` in the question's own line, else the first paragraph is the question."""
    first = paragraphs[0]
    for at, span in enumerate(first.spans):
        match = _ANSWER_INSIDE.search(ledger.text(span))
        if match:
            cut, after = span.start + match.start(), span.start + match.end()
            ledger.put_aside(Span(span.line, cut, after), "answer label")
            head = [*first.spans[:at], Span(span.line, span.start, cut)]
            tail = [Span(span.line, after, span.end), *first.spans[at + 1 :]]
            item.question = [_Paragraph([s for s in head if s.end > s.start], False, first.page)]
            rest = _Paragraph([s for s in tail if s.end > s.start], False, first.page)
            item.answer = [rest, *paragraphs[1:]] if rest.spans else paragraphs[1:]
            return item
    item.question, item.answer = paragraphs[:1], paragraphs[1:]
    return item


def _drop(ledger: Ledger, paragraph: _Paragraph, count: int, kind: str) -> None:
    first = paragraph.spans[0]
    ledger.put_aside(Span(first.line, first.start, first.start + count), kind)
    paragraph.cut(count)


def _placed(ledger: Ledger, paragraphs: list[_Paragraph]) -> str:
    spans = [(span, at == 0) for item in paragraphs for at, span in enumerate(item.spans)]
    lines = [ledger.place(span) for span, _ in spans]
    stripped = [(line.strip(), breaks) for line, (_, breaks) in zip(lines, spans, strict=True)]
    kept = [(line, breaks) for line, breaks in stripped if line]
    return join([line for line, _ in kept], [breaks for _, breaks in kept])


def _numbered(
    ledger: Ledger, items: list[_Item]
) -> tuple[tuple[Question, ...], tuple[str, ...], tuple[str, ...]]:
    printed = [item.number for item in items]
    unique = len(set(printed)) == len(printed) and None not in printed
    questions = []
    for running, item in enumerate(items, 1):
        question, answer = _placed(ledger, item.question), _placed(ledger, item.answer)
        questions.append(
            Question(
                number=item.number if unique and item.number else running,
                question=question,
                answer=answer,
                printed_label=item.label,
                printed_number=item.number,
                parts=parts(question, answer),
                page=item.page,
            )
        )
    warnings = [
        f"问题编号从 {before} 跳到 {after}"
        for before, after in pairwise(number for number in printed if number is not None)
        if after != before + 1
    ]
    notes = ["原文问题没有编号，序号为顺序号"] if items and None in printed else []
    return tuple(questions), tuple(warnings), tuple(notes)


def _narrative(
    ledger: Ledger, paragraphs: list[_Paragraph], before_questions: bool
) -> tuple[Narrative, ...]:
    """The words above the first question; a lone line that only announces them is a heading."""
    texts = [paragraph.text(ledger) for paragraph in paragraphs]
    if before_questions and len(texts) == 1 and re.search(r"[:：]\s*$", texts[0]):
        for span in paragraphs[0].spans:
            ledger.put_aside(span, "heading")
        return ()
    text = _placed(ledger, paragraphs)
    return (Narrative(None, text, paragraphs[0].page),) if text else ()


def parts(question: str, answer: str) -> tuple[Part, ...]:
    """Sub-questions with their sub-answers, where both sides carry the same numbers 1, 2 …"""
    asked, answered = _listed(question), _listed(answer)
    if len(asked) < 2 or len(asked) != len(answered):
        return ()
    return tuple(
        Part(number, one, other)
        for number, (one, other) in enumerate(zip(asked, answered, strict=True), 1)
    )


def _listed(text: str) -> list[tuple[int, int]]:
    """Spans of the items of a list 1, 2, 3 … inside the text, their numbers outside."""
    for style in _LISTED:
        labels: list[re.Match[str]] = []
        for match in style.finditer(text):
            if _value(match[1]) == len(labels) + 1:
                labels.append(match)
        if len(labels) > 1:
            ends = [match.start() for match in labels[1:]] + [len(text)]
            return [
                _trimmed(text, match.end(), end) for match, end in zip(labels, ends, strict=True)
            ]
    return []


def _value(number: str) -> int:
    return "①②③④⑤⑥⑦⑧⑨".index(number) + 1 if number in "①②③④⑤⑥⑦⑧⑨" else int(number)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    inside = text[start:end]
    return (
        start + len(inside) - len(inside.lstrip()),
        start + len(inside.rstrip()),
    )
