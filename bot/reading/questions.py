"""The main content → questions with answers, and narrative.

1. Lines become paragraphs (paragraphs.py); an answer in its question's line is cut off it.
2. Which of them begin questions is question_starts.py's matter.
3. What stands above the first question, or under a section heading of its own, is narrative.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.reading.closing import closes, heads_summary, is_remark
from bot.reading.ledger import Ledger, Span, join
from bot.reading.paragraphs import Paragraph, paragraphs_of
from bot.reading.question_labels import (
    ANSWER,
    ASKED,
    GREETS,
    answer_inside,
    is_block_heading,
    is_question_heading,
    is_section_heading,
    label_of,
    looks_answered_by_speaker,
    question_inside,
    section_number,
)
from bot.reading.question_starts import QuestionStarts, Start
from bot.record import Narrative, Part, Question

_LONGEST_LEAD_IN = 30  # characters of a line that only announces the questions
_LISTED = (
    re.compile(r"(?<![\d.])(\d{1,2})[、．.）)](?!\d)"),
    re.compile(r"[（(](\d{1,2})[）)]"),
    re.compile(r"([①②③④⑤⑥⑦⑧⑨])"),
)


_NOWHERE = Span(0, 0, 0)


@dataclass
class _Item:
    start: Start
    page: int
    guessed: bool = False  # nothing but a paragraph's break parts question and answer
    mark: str = ""  # the answer's label
    question: list[Paragraph] = field(default_factory=list)
    answer: list[Paragraph] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What the main content holds."""

    questions: tuple[Question, ...] = ()
    narrative: tuple[Narrative, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    empty: tuple[int, ...] = ()  # numbers of questions without words or without an answer
    begins: tuple[Span, ...] = ()  # where each question's label begins
    end: Span = _NOWHERE  # the last answer's last words


class _Content:
    """The work on one content; its steps add to the warnings."""

    def __init__(self, ledger: Ledger, spans: list[Span]) -> None:
        self.ledger = ledger
        self.warnings: list[str] = []
        self.labelled = True  # most answers carry labels, or none does
        paragraphs = paragraphs_of(ledger, spans)
        self._warn_of_torn(paragraphs)
        self.paragraphs = self._cut(paragraphs)
        self.texts = [paragraph.text(ledger) for paragraph in self.paragraphs]
        self.labels = [label_of(text) for text in self.texts]
        self.answers = self._answers()

    def _answers(self) -> set[int]:
        """Paragraphs that begin with an answer's label. `A、` and `A.` may count a list: they are
        labels, mistyped, only in answers to `Q`, and where no `B` follows."""
        asked = any(re.match(r"[Qq]", label.printed) for label in self.labels if label)
        counts = any(re.match(r"\s*[Bb]\s*[、.．]", text) for text in self.texts)
        return {
            at
            for at, text in enumerate(self.texts)
            if (match := ANSWER.match(text))
            and (
                not re.fullmatch(r"\s*[Aa]\s?\d{0,3}\s*[、.．]\s*", match[0])
                or (asked and not counts and not re.match(r"[A-Z]\b|[B-Z]、", text[match.end() :]))
            )
        }

    def _warn_of_torn(self, paragraphs: list[Paragraph]) -> None:
        """A number that opens a line where the line above stops in mid-word: lines are missing."""
        for paragraph in paragraphs:
            for above, span in pairwise(paragraph.spans):
                text = self.ledger.text(span)
                label = label_of(text)
                torn = re.search(r"\w\s*$", self.ledger.text(above))
                if torn and label and label.kind != "chinese" and not label.weak:
                    self.warnings.append(f"“{text[:16]}”之前的句子没有写完，可能缺行，请核对")

    def _cut(self, paragraphs: list[Paragraph]) -> list[Paragraph]:
        """Cut answers, and further questions, off the line they share with their question."""
        found: list[Paragraph] = []
        rest = list(paragraphs)
        number: int | None = None  # of the question above
        while rest:
            paragraph = rest.pop(0)
            text = paragraph.text(self.ledger)
            follows = rest[0].text(self.ledger) if rest else ""
            at = None
            if (label := label_of(text)) is not None:
                number = label.number
                answered = bool(ANSWER.match(follows))
                at = answer_inside(text, glued=not answered)
                if at is not None and answered and ASKED.search(text):
                    # A question that quotes an answer: its own comes in the next paragraph.
                    self.warnings.append(f"提问中有“{text[at : at + 12]}”，已留在提问里，请核对")
                    at = None
                elif at is not None and answered:
                    self.warnings.append(
                        f"提问同一行里的“{text[at : at + 12]}”之后另有答复标记，请核对"
                    )
            elif ANSWER.match(text):
                at = question_inside(text, number)
            if at is None:
                found.append(paragraph)
            else:
                head, tail = paragraph.split(self.ledger, at)
                found.append(head)
                rest.insert(0, tail)
        return found

    # Items

    def read(self) -> Content:
        found = QuestionStarts(self.paragraphs, self.texts, self.labels, self.answers)
        starts = found.with_sessions(found.starts())
        first = starts[0].at if starts else len(self.paragraphs)
        begins = tuple(self.paragraphs[start.at].spans[0] for start in starts)
        answered = self._answered_share(starts)
        self.labelled = not self.answers or answered > 0.5
        narrative = self._opening(first, bool(starts))
        items: list[_Item] = []
        ends = [*(start.at for start in starts[1:]), len(self.paragraphs)]
        for start, end in zip(starts, ends, strict=False):
            stop, after = self._section_end(start, end, starts)
            items.append(self._item(start, stop))
            narrative += after
        questions, notes = self._questions(items)
        empty = tuple(item.number for item in questions if not (item.question and item.answer))
        if not items and sum(text.rstrip().endswith(("？", "?")) for text in self.texts) > 1:
            self.warnings.append("正文像是问答，但提问没有可识别的标记；已作为正文收录")
        if not self.labelled:
            self.warnings += [
                f"第{question.number}问的“{item.mark}”作为答复标记，其他答复没有标记，请核对"
                for item, question in zip(items, questions, strict=True)
                if item.mark
            ]
        spans = [span for item in items[-1:] for one in item.answer for span in one.spans]
        last = spans[-1] if spans else _NOWHERE
        return Content(
            questions, tuple(narrative), tuple(self.warnings), notes, empty, begins, last
        )

    def _answered_share(self, starts: list[Start]) -> float:
        """How many questions have a labelled answer before the next question."""
        ends = [*(start.at for start in starts[1:]), len(self.paragraphs)]
        answered = (
            sum(
                any(start.at < at < end for at in self.answers)
                for start, end in zip(starts, ends, strict=True)
            )
            if starts
            else 0
        )
        return answered / max(1, len(starts))

    def _section_end(
        self, start: Start, end: int, starts: list[Start]
    ) -> tuple[int, list[Narrative]]:
        """Where the answer ends: before a heading of the next session or section."""
        session_heads = {one.at - 1 for one in starts if one.opens_session}
        if end - 1 in session_heads and end - 1 > start.at:
            for span in self.paragraphs[end - 1].spans:
                self.ledger.put_aside(span, "section heading")
            numbered = start.label is not None and start.label.number is not None
            if not numbered and starts[0].session is None:
                self.warnings.append(
                    f"两个提问之间的“{self.texts[end - 1].strip()}”作为场次标题，请核对"
                )
            return end - 1, []
        seen = [section_number(text) for text in self.texts[: start.at]]
        last = max((number for number in seen if number is not None), default=0)
        for at in range(start.at + 1, end):
            if (
                last
                and section_number(self.texts[at]) == last + 1
                and is_section_heading(self.texts[at])
                and start.label is not None
                and start.label.kind != "chinese"
            ):
                return at, self._sections(at, end)
        if start is starts[-1]:
            close = self._closing(start, end, starts[0].at)
            return close, self._sections(close, end) if close < end else []
        return end, []

    def _closing(self, start: Start, end: int, first: int) -> int:
        """Where the words behind the last answer begin: all of them close the record, and none of
        the answers above has such words of its own."""
        close = end
        least = 2 if start.at + 1 in self.answers or not self._has_answer(start.at, end) else 3
        while close - 1 >= start.at + least and closes(self.texts[close - 1]):
            close -= 1
        for at in range(start.at + 2, close):
            is_over = at >= start.at + least and is_remark(self.texts[at])
            if is_over or heads_summary(self.texts[at]):
                close = at
                break
        if any(closes(text) for text in self.texts[first : start.at]):
            return end
        if not all(closes(text) for text in self.texts[close:end]):
            self.warnings.append(
                f"“{self.texts[close].strip()[:24]}”之后的文字没有当作答复，请核对"
            )
        return close

    def _has_answer(self, begin: int, end: int) -> bool:
        return any(begin < at < end for at in self.answers)

    def _opening(self, first: int, before_questions: bool) -> list[Narrative]:
        """The words above the first question; a line that only announces them is a heading."""
        end = first
        while before_questions and end and self._announces(end - 1):
            end -= 1
        for paragraph in self.paragraphs[end:first]:
            for span in paragraph.spans:
                self.ledger.put_aside(span, "section heading")
        return self._sections(0, end)

    def _announces(self, at: int) -> bool:
        text = self.texts[at].strip()
        if is_question_heading(text) or is_section_heading(text, session=True):
            return True
        return bool(re.search(r"[:：]$", text)) and len(text) <= _LONGEST_LEAD_IN

    def _sections(self, begin: int, end: int) -> list[Narrative]:
        """Narrative, a piece for each section heading."""
        found: list[Narrative] = []
        heading: str | None = None
        since = begin
        for at in range(begin, end + 1):
            if at < end and not self._heads(at):
                continue
            text = self._placed(self.paragraphs[since:at])
            if text or heading:
                page = self.paragraphs[max(begin, since - 1 if heading else since)].page
                found.append(Narrative(heading, text, page))
            if at < end:
                heading = self._placed([self.paragraphs[at]])
                since = at + 1
        return found

    @staticmethod
    def _goes_on_asking(texts: Sequence[str], at: int) -> bool:
        """Whether a paragraph belongs to the question above it. One that ends in a colon does only
        where it introduces what is asked: behind a full question it introduces the answer."""
        if not _is_asked(texts[at - 1]):
            return False
        return bool(ASKED.search(texts[at])) or (
            _is_asked(texts[at]) and bool(ASKED.search(texts[at + 1]))
        )

    def _heads(self, at: int) -> bool:
        text = self.texts[at]
        return is_section_heading(text) or is_block_heading(text) or heads_summary(text)

    def _item(self, start: Start, end: int) -> _Item:
        paragraphs = self.paragraphs[start.at : end]
        first = paragraphs[0]
        item = _Item(start, first.page)
        if start.label and start.label.length:
            self._drop(first, start.label.length, "question label")
        border = self._border(item, end)
        item.question, item.answer = paragraphs[:border], paragraphs[border:]
        if start.at + border in self.answers and border < end - start.at:
            match = ANSWER.match(self.texts[start.at + border])
            assert match is not None
            self._drop(item.answer[0], match.end(), "answer label")
            item.mark = match[0].strip()
        return item

    def _border(self, item: _Item, end: int) -> int:
        """How many paragraphs of the item are its question."""
        start = item.start
        count = end - start.at
        labelled = next((at for at in range(1, count) if start.at + at in self.answers), None)
        paragraphs, texts = self.paragraphs[start.at : end], self.texts[start.at : end]
        # Where answers have no labels, a 答： below an answer's first words is part of it.
        if labelled is not None and (
            self.labelled or all(_is_asked(text) for text in texts[1:labelled])
        ):
            return labelled
        if paragraphs[0].bold:
            border = next((at for at, one in enumerate(paragraphs) if not one.bold), count)
            if border < count:
                return border
        speaker = next((at for at in range(1, count) if looks_answered_by_speaker(texts[at])), None)
        if speaker is not None:
            return speaker
        item.guessed = bool(self.answers) and count > 1
        greeted = next((at for at in range(1, count) if GREETS.match(texts[at])), None)
        if greeted is not None and all(_is_asked(text) for text in texts[1:greeted]):
            return greeted
        border = 1
        while border < count - 1 and self._goes_on_asking(texts, border):
            border += 1
        return border

    def _drop(self, paragraph: Paragraph, count: int, kind: str) -> None:
        for span in paragraph.drop(self.ledger, count):
            self.ledger.put_aside(span, kind)

    def _placed(self, paragraphs: Iterable[Paragraph]) -> str:
        spans = [(span, at == 0) for item in paragraphs for at, span in enumerate(item.spans)]
        lines = [(self.ledger.place(span).strip(), breaks) for span, breaks in spans]
        kept = [(line, breaks) for line, breaks in lines if line]
        return join([line for line, _ in kept], [breaks for _, breaks in kept])

    def _questions(self, items: list[_Item]) -> tuple[tuple[Question, ...], tuple[str, ...]]:
        printed = [item.start.label.number if item.start.label else None for item in items]
        unique = len(set(printed)) == len(printed) and None not in printed
        questions = []
        for running, (item, number) in enumerate(zip(items, printed, strict=True), 1):
            question, answer = self._placed(item.question), self._placed(item.answer)
            label = item.start.label
            questions.append(
                Question(
                    number=number if unique and number else running,
                    question=question,
                    answer=answer,
                    printed_label=label.printed if label and label.printed else None,
                    printed_number=number,
                    parts=parts(question, answer),
                    session=item.start.session,
                    page=item.page,
                )
            )
        self.warnings += [
            f"第{question.number}问之后没有答复标记，以分段为界，请核对"
            for item, question in zip(items, questions, strict=True)
            if item.guessed
        ]
        self.warnings += _gaps(items, printed)
        notes = ["原文问题没有编号，序号为顺序号"] if items and None in printed else []
        if any(item.start.session for item in items):
            notes.append("一份记录中有多场活动，问题编号按场次重新开始")
        return tuple(questions), tuple(notes)


def read_content(ledger: Ledger, spans: list[Span]) -> Content:
    """Split the lines of the main content; every one is placed or put aside."""
    return _Content(ledger, spans).read() if spans else Content()


def _is_asked(text: str) -> bool:
    return bool(re.search(r"[？?：:]\s*$", text))


def _gaps(items: list[_Item], printed: list[int | None]) -> list[str]:
    found = []
    numbered = [
        (item, number) for item, number in zip(items, printed, strict=True) if number is not None
    ]
    if numbered and numbered[0][1] != 1 and len(numbered) == len(items):
        found.append(f"问题编号从 {numbered[0][1]} 开始，前面可能缺页")
    for (above, before), (below, after) in pairwise(numbered):
        if after != before + 1 and above.start.session == below.start.session:
            found.append(
                f"问题编号 {before} 重复"
                if after == before
                else f"问题编号从 {before} 跳到 {after}"
            )
    return found


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
