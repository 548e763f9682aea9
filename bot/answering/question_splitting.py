"""The questions that one message asks.

Numbered ones (`1、…2、…`) and lines of their own are a list, which the asker made; a question mark
only ends a question, and people use several for one: `毛利率下滑了？原因是什么？`. What cannot
stand alone therefore joins the question before it, and statements the question they lead to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot.matching.text import normalise
from bot.numerals import chinese_number

MOST = 5  # questions of a message that are looked up
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_MARK = re.compile(
    r"(?:(?<=^)|(?<=[\s。；;？?！!，,：:]))(?:"
    r"[（(]\s*(?P<round>\d{1,2}|[一二三四五六七八九十]{1,2})\s*[）)][、.．:：]?"
    r"|(?:问题|提问|第|[QqＱｑ])\s*(?P<named>\d{1,2}|[一二三四五六七八九十]{1,2})\s*(?:个?问题?)?[、.．:：，,）)]"
    r"|(?P<plain>\d{1,2}|[一二三四五六七八九十]{1,2})(?:[、）)：:]|[.．](?!\d))"
    rf"|(?P<circled>[{_CIRCLED}])[、.．]?"
    r")\s*"
)
_ANNOUNCES = re.compile(
    r"(?:想|我|我们|这边|在此|有|就|再|来|主要)*(?:请教|请问|咨询|提问|问|了解|提)*(?:一下|您|董秘|公司|管理层)*"
    r"(?:以下|下面|如下)?(?:[几两二三四五]|\d)?(?:个|些|点)?(?:小)?(?:问题|方面)(?:如下)?|分别是"
)
_QUESTION_END = re.compile(r"https?://[^\s\u4e00-\u9fff]*|([？?][？?！!）)”\"]*)")
_STATEMENT_END = re.compile(r"[。！!；;…~～，,、]\s*$")
_LEANS = re.compile(  # begins with what was just said
    r"(?:那|那么|这|该|其|它|他们|此|如果|若|因为|为什么|为何|具体|后续|接下来|分别|还是|或者?|是不是|是否因为|"
    r"原因|主要原因|以及|同时|并且|而且|未来|预计|大概|大约|多少|何时|什么时候|怎么看|怎样|如何)"
)
_LIST_LINE = 60  # characters of a line that is a question without a mark


@dataclass(frozen=True)
class SubQuestion:
    """One of several questions."""

    printed: str  # as typed, without its number
    searched: str  # with what stands before the list


@dataclass(frozen=True)
class Several:
    """The questions of a message, in order; one or none: the message is a single question."""

    questions: tuple[SubQuestion, ...]
    is_list: bool  # numbered or one a line: the asker says that they are several


def questions_in(text: str, stands: Callable[[str], bool]) -> Several:
    """Tell the questions of a message apart.

    Args:
        text: What was typed.
        stands: Whether a stretch of it holds a word of its own to search for.

    >>> [question.printed for question in questions_in("1、何时下修？2、分红多少", bool).questions]
    ['何时下修？', '分红多少']
    """
    for found in (_numbered(text), _lines(text), _semicolons(text)):
        own: list[SubQuestion] = []
        for question in found:
            if len(own) >= MOST or stands(question.printed):  # further ones are only counted
                own.append(question)
        if len(own) > 1:
            return Several(tuple(own), is_list=True)
    return Several(tuple(_by_marks(text, stands)), is_list=False)


def _numbered(text: str) -> list[SubQuestion]:
    """The stretches after 1, 2, 3 …; none where the numbers do not run on."""
    marks: list[re.Match[str]] = []
    for mark in _MARK.finditer(text):
        if _number(mark) == len(marks) + 1:
            marks.append(mark)
    if len(marks) < 2:
        return []
    before = _ANNOUNCES.sub("", normalise(text[: marks[0].start()])).strip("，,：:。 \n")
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    questions = []
    for mark, end in zip(marks, ends, strict=True):
        printed = text[mark.end() : end].strip().rstrip("；;，,")
        questions.append(SubQuestion(printed, f"{before}，{printed}" if before else printed))
    return questions


def _number(mark: re.Match[str]) -> int | None:
    if circled := mark["circled"]:
        return _CIRCLED.index(circled) + 1
    return chinese_number(mark["round"] or mark["named"] or mark["plain"])


def _lines(text: str) -> list[SubQuestion]:
    """The lines, where each is a question by itself: all end with a mark, or none has one."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if any(map(str.isalnum, normalise(line)))]
    asks = [line.endswith(("？", "?")) for line in lines]
    plain = not any(asks) and all(
        len(line) <= _LIST_LINE and not _STATEMENT_END.search(line) for line in lines
    )
    leaning = any(_LEANS.match(normalise(line)) for line in lines[1:])
    if len(lines) < 2 or leaning or not (all(asks) or plain):
        return []
    return [SubQuestion(line, line) for line in lines]


def _semicolons(text: str) -> list[SubQuestion]:
    """The stretches between semicolons, where each is short and none ends with a mark."""
    pieces = [piece.strip() for piece in re.split("[；;]", text) if piece.strip()]
    if len(pieces) < 2 or any(
        len(piece) > _LIST_LINE or _QUESTION_END.search(piece) or _LEANS.match(normalise(piece))
        for piece in pieces
    ):
        return []
    return [SubQuestion(piece, piece) for piece in pieces]


def _by_marks(text: str, stands: Callable[[str], bool]) -> Iterator[SubQuestion]:
    ends = [match.end() for match in _QUESTION_END.finditer(text) if match[1]]
    found: list[str] = []
    for start, end in pairwise([0, *ends, len(text)]):
        stretch = text[start:end]
        said = normalise(stretch).lstrip("，,。；; ")
        is_last_statement = end == len(text) and _STATEMENT_END.search(stretch)
        if found and (not stands(said) or _LEANS.match(said) or is_last_statement):
            found[-1] += stretch
        elif stretch.strip():
            found.append(stretch)
    # A greeting before the first one leans forward.
    if len(found) > 1 and not stands(found[0]):
        found[:2] = ["".join(found[:2])]
    for stretch in found:
        yield SubQuestion(stretch.strip(), stretch.strip())
