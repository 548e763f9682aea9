"""Which paragraphs of the main content begin a question.

One style of labels is chosen for the whole content, the one that explains most of it. Where answers
are labelled (答：), each lies between two questions: a number inside an answer is then no question,
whatever it looks like. Elsewhere a number opens a question only if it is the expected next one and
its words ask, or a greeting answers them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.reading.paragraphs import Paragraph
from bot.reading.question_labels import (
    ASKED,
    ASKS,
    FAR_AHEAD,
    GREETS,
    Label,
    is_question_heading,
    is_section_heading,
)


@dataclass
class Start:
    """Where a question begins, and its printed label."""

    at: int
    label: Label | None
    session: str | None = None
    opens_session: bool = False


class QuestionStarts:
    """The search for the questions' labels in one content.

    Args:
        paragraphs: Of the content, answers cut off their questions' lines.
        texts: What each says.
        labels: The question label with which each begins, if it does.
        answers: Those that begin with an answer's label.
    """

    def __init__(
        self,
        paragraphs: Sequence[Paragraph],
        texts: Sequence[str],
        labels: Sequence[Label | None],
        answers: set[int],
    ) -> None:
        self.paragraphs = paragraphs
        self.texts = texts
        self.labels = labels
        self.answers = answers

    def starts(self) -> list[Start]:
        """The starts of the questions, in the style that finds most of them."""
        begin = _after_heading(self.texts, self.labels, self.answers)
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
                and (named[0].at <= best[0].at or len(named) == len(best))
            ):
                best = named
                break
        if not best:
            best = _bold_starts(self.paragraphs, self.texts) or _before_answers(
                self.texts, self.answers, begin
            )
        elif self.answers:
            best = self._unlabelled_first(best, begin)
        return best

    def _answered(self, starts: Sequence[Start]) -> int:
        """How many starts have a labelled answer before the next start."""
        if not starts:
            return 0
        ends = [*(start.at for start in starts[1:]), len(self.texts)]
        return sum(
            any(at in self.answers for at in range(start.at + 1, end))
            for start, end in zip(starts, ends, strict=True)
        )

    def _labelled_starts(self, kind: str, begin: int) -> list[Start]:
        """Starts whose label says that a question follows: Q1：, 问题 2、, 【提问3】, Q：."""
        found: list[Start] = []
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
                if not expected <= label.number <= expected + FAR_AHEAD and not (
                    label.number == expected - 1 and self._answer_follows(at)
                ):
                    continue
                expected = label.number + 1
            found.append(Start(at, label))
        return found

    def _answer_follows(self, at: int) -> bool:
        """Whether a labelled answer comes before the next label."""
        for after in range(at + 1, len(self.texts)):
            if after in self.answers:
                return True
            if self.labels[after] is not None and self.labels[after].kind != "number":  # type: ignore[union-attr]
                return False
        return False

    def _numbered_starts(self, begin: int) -> list[Start]:
        numbers = [
            at
            for at in range(begin, len(self.texts))
            if (label := self.labels[at]) is not None and label.kind == "number"
        ]
        # (1) is a list's number where others ask under 1、
        printed = {at: self.labels[at].printed for at in numbers}  # type: ignore[union-attr]
        bare = [at for at in numbers if printed[at][0].isdecimal()]
        if any(ASKS.search(self.texts[at]) for at in bare):
            numbers = bare
        # ① asks where a labelled answer follows each; else it counts a list.
        if not all(at + 1 in self.answers for at in numbers if self.labels[at].weak):  # type: ignore[union-attr]
            numbers = [at for at in numbers if not self.labels[at].weak]  # type: ignore[union-attr]
        if len(self.answers) * 2 >= len(numbers) and self.answers:
            return self._between_answers(numbers, begin)
        return self._in_sequence(numbers)

    def _between_answers(self, numbers: list[int], begin: int) -> list[Start]:
        """One start before each labelled answer: the expected number, or a little ahead of it."""
        found: list[Start] = []
        expected, after = 1, begin - 1
        for answer in sorted(at for at in self.answers if at >= begin):
            gap = [at for at in numbers if after < at < answer]
            if self._session_restart(gap, expected):
                expected = 1
            choice = self._expected_in(gap, expected, found[-1].label if found else None)
            while choice is not None:
                label = self.labels[choice]
                assert label is not None
                found.append(Start(choice, label))
                expected = (label.number or 0) + 1
                choice = self._unanswered_after(choice, gap, expected)
            after = answer
        # A last question that nobody answered is no part of the answer above.
        found += [
            Start(at, self.labels[at])
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
        return after[0] if expected <= number <= expected + FAR_AHEAD else None

    def _session_restart(self, gap: list[int], expected: int) -> bool:
        return expected > 2 and any(
            self.labels[at].number == 1 and self._session_above(at) is not None  # type: ignore[union-attr]
            for at in gap
        )

    def _expected_in(self, gap: list[int], expected: int, above: Label | None) -> int | None:
        """Which number between two answers is the next question's; that above shows its writing."""
        numbers = {at: self.labels[at].number or 0 for at in gap}  # type: ignore[union-attr]
        fitting = [at for at in gap if numbers[at] == expected]
        alike = [at for at in fitting if above and _mark(self.labels[at]) == _mark(above)]
        fitting = alike or fitting
        if above is None:
            # The first question of a copy may be torn off; its number then is not 1.
            fitting = fitting or [at for at in gap if numbers[at] <= 1 + FAR_AHEAD]
        if len(fitting) > 1:
            # Of two with the number, the earlier one is a list's in the answer above, unless
            # what follows it counts up from 1 to the later one: then that is its own part.
            earlier, later = fitting[-2], fitting[-1]
            between = [numbers[at] for at in gap if earlier < at < later]
            own_parts = bool(between) and between[0] == 1
            return earlier if own_parts else later
        if fitting:
            return fitting[0]
        ahead = [at for at in gap if expected < numbers[at] <= expected + FAR_AHEAD]
        same = [at for at in gap if numbers[at] == expected - 1 and ASKS.search(self.texts[at])]
        choices = ahead or same
        return choices[-1] if choices else None

    def _in_sequence(self, numbers: list[int]) -> list[Start]:
        """Starts by the expected next number, where answers carry no labels."""
        bold = any(self.paragraphs[at].bold for at in numbers)
        found: list[Start] = []
        expected = 1
        for position, at in enumerate(numbers):
            label = self.labels[at]
            assert label is not None
            number = label.number or 0
            if number == 1 and expected > 2 and self._session_above(at) is not None:
                expected = 1
            if not expected <= number <= expected + FAR_AHEAD or (not found and number > 2):
                continue
            if bold and not self.paragraphs[at].bold:
                continue
            if not bold and not self._asks(at, numbers[position + 1 :], number):
                continue
            found.append(Start(at, label))
            expected = number + 1
        return found

    def _asks(self, at: int, later: list[int], number: int) -> bool:
        """Whether the words ask or are greeted in answer, and no better line has the number."""
        text = self.texts[at]
        if self._greeted(at):
            return bool(ASKS.search(text)) or not any(
                self.labels[other].number == number  # type: ignore[union-attr]
                and self._greeted(other)
                and ASKED.search(self.texts[other])
                for other in later
            )
        better = any(
            self.labels[other].number == number  # type: ignore[union-attr]
            and self._greeted(other)
            and (ASKS.search(self.texts[other]) or not ASKED.search(text))
            for other in later
        )
        return bool(ASKS.search(text)) and not better

    def _greeted(self, at: int) -> bool:
        return at + 1 < len(self.texts) and bool(GREETS.match(self.texts[at + 1]))

    def _chinese_starts(self, begin: int) -> list[Start]:
        """一、…？ as questions: told from headings by their words and the answer at once. Headings
        above them may have counted already."""
        found: list[Start] = []
        expected, mark = 1, ""
        for at in range(begin, len(self.texts)):
            label = self.labels[at]
            if label is None or label.kind != "chinese":
                continue
            if not mark and "问" in label.printed:
                expected = label.number or 0  # words that are no heading may have counted above
            if label.number != expected:
                continue
            if mark and _mark(label) != mark:
                continue
            follows = at + 1 in self.answers or self._greeted(at)
            if ASKS.search(self.texts[at]) or follows:
                found.append(Start(at, label))
            if found or is_section_heading(self.texts[at]):
                expected, mark = expected + 1, _mark(label)
        first, rest = found[:1], found[1:]
        if first and rest and self._only_heads(first[0].at):
            # 一、公司情况介绍 above 二、…？ heads a speech.
            found = rest if all(ASKED.search(self.texts[start.at]) for start in rest) else found
        return found if len(found) > 1 or self._answered(found) else []

    def _only_heads(self, at: int) -> bool:
        """Whether the line is worded as a heading, and nothing answers it."""
        answered = at + 1 in self.answers or self._greeted(at)
        return is_section_heading(self.texts[at].replace("介绍", "")) and not answered

    def _unlabelled_first(self, starts: list[Start], begin: int) -> list[Start]:
        """A first question that lacks the label of the others: the paragraph before a lone 答：."""
        for at in range(max(begin, 0) + 1, starts[0].at):
            if at in self.answers and not is_section_heading(self.texts[at - 1]):
                return [Start(at - 1, None), *starts]
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

    def _may_restart(self, starts: list[Start], position: int) -> bool:
        """A heading above a question is a session's where the numbers begin anew, or where the
        first question has one too; else it may be the last words of the answer above."""
        label = starts[position].label
        numbered = label is not None and label.number is not None
        return (
            position == 0
            or (numbered and label is not None and label.number == 1)
            or self._session_above(starts[0].at) is not None
            or (not numbered and not is_section_heading(self.texts[starts[position].at - 1]))
        )

    def with_sessions(self, starts: list[Start]) -> list[Start]:
        """Each start with the heading of its session, where the record holds several."""
        restarts = [
            position
            for position, start in enumerate(starts)
            if self._session_above(start.at) is not None and self._may_restart(starts, position)
        ]
        if not [position for position in restarts if position]:
            return starts
        session: str | None = None
        found = []
        for position, start in enumerate(starts):
            if position in restarts:
                session = self._session_above(start.at)
            found.append(Start(start.at, start.label, session, position in restarts))
        return found


def _bold_starts(paragraphs: Sequence[Paragraph], texts: Sequence[str]) -> list[Start]:
    """Bold paragraphs that ask, each followed by plain ones."""
    found = [
        at
        for at, one in enumerate(paragraphs)
        if one.bold
        and ASKS.search(texts[at])
        and (at == 0 or not paragraphs[at - 1].bold)
        and any(not other.bold for other in paragraphs[at + 1 : at + 4])
    ]
    return [Start(at, None) for at in found] if len(found) > 1 else []


def _before_answers(texts: Sequence[str], answers: set[int], begin: int) -> list[Start]:
    """The paragraph before each labelled answer, where no question has a label."""
    found: list[Start] = []
    after = begin - 1
    for answer in sorted(answers):
        if answer - 1 > after and answer > begin:
            before = range(after + 1, answer)
            # With several paragraphs between two answers the last that asks is the question.
            asking = [at for at in before if ASKS.search(texts[at])]
            if asking or not found:
                found.append(Start((asking or [answer - 1])[-1], None))
        after = answer
    return found


def _mark(label: Label | None) -> str:
    """A label's writing without its number: `、` of `3、`."""
    return re.sub(r"[\d\s一二三四五六七八九十]", "", label.printed) if label else ""


def _after_heading(texts: Sequence[str], labels: Sequence[Label | None], answers: set[int]) -> int:
    """Past the heading of the questions: numbers in a speech above it are none."""
    headings = [at for at, text in enumerate(texts) if is_question_heading(text)]
    for at in headings:
        if _goes_on(texts, labels, answers, at):
            continue
        later = [label for label in labels[at + 1 :] if label is not None]
        if later or any(answer > at for answer in answers):
            return at + 1
    return 0


def _goes_on(
    texts: Sequence[str], labels: Sequence[Label | None], answers: set[int], at: int
) -> bool:
    """Whether questions stand above already, and those below go on: the words at `at` are an
    answer's, or a heading between questions."""
    if any(answer < at for answer in answers):
        return True
    above = [
        label.number
        for place, label in enumerate(labels[:at])
        if label and label.number and label.kind != "chinese" and ASKS.search(texts[place])
    ]
    below = [
        label.number
        for label in labels[at + 1 :]
        if label and label.number and label.kind != "chinese"
    ]
    return bool(above and below) and below[0] == above[-1] + 1
