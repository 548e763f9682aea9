"""The main content → questions with answers, and narrative.

1. Lines become paragraphs (paragraphs.py); an answer in its question's line is cut off it.
2. One style of question labels is chosen for the whole content, the one that explains most of it.
3. Where answers are labelled (答：), each lies between two questions: a number inside an answer is
   then no question, whatever it looks like. Elsewhere a number opens a question only if it is the
   expected next one and its words ask, or a greeting answers them.
4. What stands above the first question, or under a section heading of its own, is narrative.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.reading.labels import (
    ANSWER,
    ASKS,
    GREETS,
    Label,
    answer_inside,
    is_question_heading,
    is_section_heading,
    label_of,
    looks_answered_by_speaker,
    question_inside,
    section_number,
)
from bot.reading.paragraphs import Paragraph, paragraphs_of
from bot.reading.text import Ledger, Span, join
from bot.record import Narrative, Part, Question

_FAR_AHEAD = 3  # numbers that may be missing before a label is no question any more
_LONGEST_LEAD_IN = 30  # characters of a line that only announces the questions
_CLOSES = re.compile(r"^\d{1,3}\s*[、.．]\s*(?:会议|活动|交流|调研)[^。]{0,6}结束。?$")
_LISTED = (
    re.compile(r"(?<![\d.])(\d{1,2})[、．.）)](?!\d)"),
    re.compile(r"[（(](\d{1,2})[）)]"),
    re.compile(r"([①②③④⑤⑥⑦⑧⑨])"),
)


@dataclass
class _Start:
    """Where a question begins, and its printed label."""

    at: int
    label: Label | None
    session: str | None = None
    opens_session: bool = False


@dataclass
class _Item:
    start: _Start
    page: int
    guessed: bool = False  # nothing but a paragraph's break parts question and answer
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


class _Content:
    """The work on one content; its steps add to the warnings."""

    def __init__(self, ledger: Ledger, spans: list[Span]) -> None:
        self.ledger = ledger
        self.warnings: list[str] = []
        paragraphs = paragraphs_of(ledger, spans)
        self._warn_of_torn(paragraphs)
        self.paragraphs = self._cut(paragraphs)
        self.texts = [paragraph.text(ledger) for paragraph in self.paragraphs]
        self.labels = [label_of(text) for text in self.texts]
        self.answers = {at for at, text in enumerate(self.texts) if ANSWER.match(text)}

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
        while rest:
            paragraph = rest.pop(0)
            text = paragraph.text(self.ledger)
            follows = rest[0].text(self.ledger) if rest else ""
            at = None
            if label_of(text) is not None:
                at = answer_inside(text, glued=not ANSWER.match(follows))
            elif ANSWER.match(text):
                at = question_inside(text)
            if at is None:
                found.append(paragraph)
            else:
                head, tail = paragraph.split(self.ledger, at)
                found.append(head)
                rest.insert(0, tail)
        return found

    # Where questions start

    def starts(self) -> list[_Start]:
        """The starts of the questions, in the style that finds most of them."""
        begin = self._after_heading()
        tries = [
            self._labelled_starts("prefixed", begin),
            self._labelled_starts("open", begin),
            self._numbered_starts(begin),
            self._chinese_starts(begin),
        ]
        best = max(tries, key=len)
        # Labels that say "question" themselves are believed before numbers that may be a list's.
        for named in tries[:2]:
            if (
                named
                and len(named) * 2 >= len(best)
                and self._answered(named) >= self._answered(best)
            ):
                best = named
                break
        if not best:
            best = self._bold_starts() or self._before_answers(begin)
        elif self.answers:
            best = self._unlabelled_first(best, begin)
        return best

    def _answered(self, starts: Sequence[_Start]) -> int:
        """How many starts have a labelled answer before the next start."""
        if not starts:
            return 0
        ends = [*(start.at for start in starts[1:]), len(self.texts)]
        return sum(
            any(at in self.answers for at in range(start.at + 1, end))
            for start, end in zip(starts, ends, strict=True)
        )

    def _after_heading(self) -> int:
        """Past the heading of the questions: numbers in a speech above it are none."""
        headings = [at for at, text in enumerate(self.texts) if is_question_heading(text)]
        for at in headings:
            later = [label for label in self.labels[at + 1 :] if label is not None]
            if later or any(answer > at for answer in self.answers):
                return at + 1
        return 0

    def _labelled_starts(self, kind: str, begin: int) -> list[_Start]:
        """Starts whose label says that a question follows: Q1：, 问题 2、, 【提问3】, Q：."""
        found: list[_Start] = []
        expected = 1
        for at in range(begin, len(self.texts)):
            label = self.labels[at]
            if label is None or label.kind != kind:
                continue
            if kind == "prefixed" and label.number is not None:
                session = self._session_above(at)
                again = label.number == 1 and expected > 2 and session is not None
                if again:
                    expected = 1
                if label.weak and not self._answer_follows(at):
                    continue
                if not expected <= label.number <= expected + _FAR_AHEAD and not (
                    label.number == expected - 1 and self._answer_follows(at)
                ):
                    continue
                expected = label.number + 1
            found.append(_Start(at, label))
        return found

    def _answer_follows(self, at: int) -> bool:
        """Whether a labelled answer comes before the next label."""
        for after in range(at + 1, len(self.texts)):
            if after in self.answers:
                return True
            if self.labels[after] is not None and self.labels[after].kind != "number":  # type: ignore[union-attr]
                return False
        return False

    def _numbered_starts(self, begin: int) -> list[_Start]:
        numbers = [
            at
            for at in range(begin, len(self.texts))
            if (label := self.labels[at]) is not None and label.kind == "number"
        ]
        if len(self.answers) * 2 >= len(numbers) and self.answers:
            return self._between_answers(numbers, begin)
        return self._in_sequence(numbers)

    def _between_answers(self, numbers: list[int], begin: int) -> list[_Start]:
        """One start before each labelled answer: the expected number, or a little ahead of it."""
        found: list[_Start] = []
        expected, after = 1, begin - 1
        for answer in sorted(at for at in self.answers if at >= begin):
            gap = [at for at in numbers if after < at < answer]
            if self._session_restart(gap, expected):
                expected = 1
            choice = self._expected_in(gap, expected, first=not found)
            while choice is not None:
                label = self.labels[choice]
                assert label is not None
                found.append(_Start(choice, label))
                expected = (label.number or 0) + 1
                choice = self._unanswered_after(choice, gap, expected)
            after = answer
        # A last question that nobody answered is no part of the answer above.
        found += [
            _Start(at, self.labels[at])
            for at in numbers
            if at > after
            and found
            and self.labels[at].number == expected  # type: ignore[union-attr]
            and self.texts[at].rstrip().endswith(("？", "?"))
        ][:1]
        return found

    def _unanswered_after(self, choice: int, gap: list[int], expected: int) -> int | None:
        """The next question in the same gap, where the one before it has no answer: its number goes
        on, while a question's own parts begin at 1."""
        after = [at for at in gap if at > choice]
        if not after:
            return None
        number = self.labels[after[0]].number or 0  # type: ignore[union-attr]
        return after[0] if expected <= number <= expected + _FAR_AHEAD else None

    def _session_restart(self, gap: list[int], expected: int) -> bool:
        return expected > 2 and any(
            self.labels[at].number == 1 and self._session_above(at) is not None  # type: ignore[union-attr]
            for at in gap
        )

    def _expected_in(self, gap: list[int], expected: int, *, first: bool) -> int | None:
        numbers = {at: self.labels[at].number or 0 for at in gap}  # type: ignore[union-attr]
        fitting = [at for at in gap if numbers[at] == expected]
        if first:
            # The first question of a copy may be torn off; its number then is not 1.
            fitting = fitting or [at for at in gap if numbers[at] <= 1 + _FAR_AHEAD]
        if len(fitting) > 1:
            # Of two with the number, the earlier one is a list's in the answer above, unless
            # what follows it counts up from 1 to the later one: then that is its own part.
            earlier, later = fitting[-2], fitting[-1]
            between = [numbers[at] for at in gap if earlier < at < later]
            own_parts = bool(between) and between[0] == 1
            return earlier if own_parts else later
        if fitting:
            return fitting[0]
        ahead = [at for at in gap if expected < numbers[at] <= expected + _FAR_AHEAD]
        same = [at for at in gap if numbers[at] == expected - 1 and ASKS.search(self.texts[at])]
        choices = ahead or same
        return choices[-1] if choices else None

    def _in_sequence(self, numbers: list[int]) -> list[_Start]:
        """Starts by the expected next number, where answers carry no labels."""
        bold = any(self.paragraphs[at].bold for at in numbers)
        found: list[_Start] = []
        expected = 1
        for position, at in enumerate(numbers):
            label = self.labels[at]
            assert label is not None
            number = label.number or 0
            if number == 1 and expected > 2 and self._session_above(at) is not None:
                expected = 1
            if not expected <= number <= expected + _FAR_AHEAD or (not found and number > 2):
                continue
            if bold and not self.paragraphs[at].bold:
                continue
            if not bold and not self._asks(at, numbers[position + 1 :], number):
                continue
            found.append(_Start(at, label))
            expected = number + 1
        return found

    def _asks(self, at: int, later: list[int], number: int) -> bool:
        """Whether the words ask or are greeted in answer, and no better line has the number."""
        text = self.texts[at]
        if self._greeted(at):
            return True
        better = any(
            self.labels[other].number == number and self._greeted(other)  # type: ignore[union-attr]
            for other in later
        )
        return bool(ASKS.search(text)) and not better

    def _greeted(self, at: int) -> bool:
        return at + 1 < len(self.texts) and bool(GREETS.match(self.texts[at + 1]))

    def _chinese_starts(self, begin: int) -> list[_Start]:
        """一、…？ as questions: told from headings by their words and the answer at once."""
        found: list[_Start] = []
        for at in range(begin, len(self.texts)):
            label = self.labels[at]
            if label is None or label.kind != "chinese" or label.number != len(found) + 1:
                continue
            follows = at + 1 in self.answers or self._greeted(at)
            if ASKS.search(self.texts[at]) or follows:
                found.append(_Start(at, label))
        return found if len(found) > 1 or self._answered(found) else []

    def _bold_starts(self) -> list[_Start]:
        """Bold paragraphs that ask, each followed by plain ones."""
        found = [
            at
            for at, one in enumerate(self.paragraphs)
            if one.bold
            and ASKS.search(self.texts[at])
            and (at == 0 or not self.paragraphs[at - 1].bold)
            and any(not other.bold for other in self.paragraphs[at + 1 : at + 4])
        ]
        return [_Start(at, None) for at in found] if len(found) > 1 else []

    def _before_answers(self, begin: int) -> list[_Start]:
        """The paragraph before each labelled answer, where no question has a label."""
        found: list[_Start] = []
        after = begin - 1
        for answer in sorted(self.answers):
            if answer - 1 > after and answer > begin:
                before = range(after + 1, answer)
                # With several paragraphs between two answers the last that asks is the question.
                asking = [at for at in before if ASKS.search(self.texts[at])]
                if asking or not found:
                    found.append(_Start((asking or [answer - 1])[-1], None))
            after = answer
        return found

    def _unlabelled_first(self, starts: list[_Start], begin: int) -> list[_Start]:
        """A first question that lacks the label of the others: the paragraph before a lone 答：."""
        for at in range(max(begin, 0) + 1, starts[0].at):
            if at in self.answers and not is_section_heading(self.texts[at - 1]):
                return [_Start(at - 1, None), *starts]
        return starts

    # Sessions and sections

    def _session_above(self, at: int) -> str | None:
        """The heading right above a first question of a further session."""
        if at == 0:
            return None
        text = self.texts[at - 1]
        if at - 1 in self.answers or not is_section_heading(text, session=True):
            return None
        return text.strip()

    def with_sessions(self, starts: list[_Start]) -> list[_Start]:
        """Each start with the heading of its session, where the record holds several."""
        restarts = [
            position
            for position, start in enumerate(starts)
            if self._session_above(start.at) is not None
        ]
        if not [position for position in restarts if position]:
            return starts
        session: str | None = None
        found = []
        for position, start in enumerate(starts):
            if position in restarts:
                session = self._session_above(start.at)
            found.append(_Start(start.at, start.label, session, position in restarts))
        return found

    # Items

    def read(self) -> Content:
        starts = self.with_sessions(self.starts())
        first = starts[0].at if starts else len(self.paragraphs)
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
        return Content(questions, tuple(narrative), tuple(self.warnings), notes, empty)

    def _section_end(
        self, start: _Start, end: int, starts: list[_Start]
    ) -> tuple[int, list[Narrative]]:
        """Where the answer ends: before a heading of the next session or section."""
        session_heads = {one.at - 1 for one in starts if one.opens_session}
        if end - 1 in session_heads and end - 1 > start.at:
            for span in self.paragraphs[end - 1].spans:
                self.ledger.put_aside(span, "section heading")
            return end - 1, []
        seen = [section_number(text) for text in self.texts[: start.at]]
        last = max((number for number in seen if number is not None), default=0)
        for at in range(start.at + 1, end):
            if _CLOSES.match(self.texts[at].strip()) and at == end - 1:
                return at, self._sections(at, end)
            if (
                last
                and section_number(self.texts[at]) == last + 1
                and is_section_heading(self.texts[at])
                and start.label is not None
                and start.label.kind != "chinese"
            ):
                return at, self._sections(at, end)
        return end, []

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
            if at < end and not is_section_heading(self.texts[at]):
                continue
            text = self._placed(self.paragraphs[since:at])
            if text or heading:
                page = self.paragraphs[max(begin, since - 1 if heading else since)].page
                found.append(Narrative(heading, text, page))
            if at < end:
                heading = self._placed([self.paragraphs[at]])
                since = at + 1
        return found

    def _item(self, start: _Start, end: int) -> _Item:
        paragraphs = self.paragraphs[start.at : end]
        first = paragraphs[0]
        item = _Item(start, first.page)
        if start.label and start.label.length:
            self._drop(first, start.label.length, "question label")
        border = self._border(item, end)
        item.question, item.answer = paragraphs[:border], paragraphs[border:]
        if item.answer and (match := ANSWER.match(item.answer[0].text(self.ledger))):
            self._drop(item.answer[0], match.end(), "answer label")
        return item

    def _border(self, item: _Item, end: int) -> int:
        """How many paragraphs of the item are its question."""
        start = item.start
        count = end - start.at
        labelled = next((at for at in range(1, count) if start.at + at in self.answers), None)
        if labelled is not None:
            return labelled
        paragraphs, texts = self.paragraphs[start.at : end], self.texts[start.at : end]
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
        while border < count - 1 and _is_asked(texts[border]) and _is_asked(texts[border - 1]):
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
