"""What may not be another wording of a stored question, and why; one line for the desk.

A wording stands beside the question's own words in every search. So one that says nothing would
catch everything, one that is another question's would take its messages, and one that a guard
objects to would never be answered by.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.answering.decision import decide
from bot.answering.library import Library
from bot.answering.small_talk import kind_of
from bot.commands import Ask, parse
from bot.errors import NotFoundError, RefusedError, one_line
from bot.matching.objections import objection
from bot.matching.passages import Passage
from bot.matching.profile import bare
from bot.matching.standing import is_same_matter
from bot.matching.text import normalise
from bot.record import Question, Record
from bot.store import Alias, Store

LONGEST = 500  # characters; who types more asks several things
_SHOWN = 30  # characters of other words in a line

_GUARDS = {
    "year": "年份",
    "quarter": "季度",
    "now": "“目前”（记录已超过一年）",
    "figure": "数字",
    "metric": "指标",
    "company": "公司",
    "direction": "增减方向",
}


@dataclass(frozen=True)
class Target:
    """A stored question, or a part of one, that a wording is for."""

    record: Record
    question: Question
    part: int | None = None

    @property
    def id(self) -> str:
        own = f"{self.record.id}#{self.question.place}"
        return f"{own}.{self.part}" if self.part else own

    @property
    def passage(self) -> Passage:
        return Passage(self.record, self.question, self.part)


def target(library: Library, store: Store, question_id: str) -> Target:
    """The question that an id names, if it may be shown now.

    Raises:
        NotFoundError: No such record, question or part.
        RefusedError: It is a paragraph, or it may not be shown now.
    """
    record_id, mark, place = question_id.strip().partition("#")
    place, _, part = place.partition(".")
    stored = store.record(record_id)  # raises where there is none
    kept = stored.record.unit(place)
    name = one_line(question_id.strip())
    if not mark or kept is None or (part and not part.isdecimal()):
        raise NotFoundError(name, f"irbot show {stored.record.id} 查看各问")
    if kept.is_narrative:
        raise RefusedError(f"{name} 是一段陈述，没有提问；只有提问才有别的说法")
    found = library.find(record_id)
    shown = found.record.unit(place) if found else None
    if found is None or shown is None:
        raise RefusedError(f"{name} 现在不对外显示（已撤下、暂停或尚未公开）；没有改动")
    if part and shown.part(int(part)) is None:
        raise NotFoundError(name, f"irbot show {stored.record.id} 查看各问")
    return Target(found.record, shown, int(part) if part else None)


def plain_text(text: str) -> str:
    """What somebody wants kept as a wording, on one line.

    Raises:
        RefusedError: It is empty or too long, or has characters that no question has.
    """
    if len(text) > 10 * LONGEST:  # spaces alone are looked at no further
        raise RefusedError(f"说法有{len(text)}个字，最多{LONGEST}个；没有改动")
    line = " ".join(re.split(r"[ \t\r\n\u3000]+", text)).strip()
    if not line:
        raise RefusedError("说法是空的；没有改动")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for char in line):
        raise RefusedError("说法里有控制字符；没有改动")
    if len(line) > LONGEST:
        raise RefusedError(f"说法有{len(line)}个字，最多{LONGEST}个；没有改动")
    return line


def check(
    text: str, wanted: Target, library: Library, today: date, known: Iterable[Alias] = ()
) -> None:
    """Whether a text may be another wording of a question.

    Args:
        text: As `plain_text` has it.
        wanted: The question.
        library: What may be answered now.
        today: From which 今年 is counted.
        known: The wordings that are live or proposed.

    Raises:
        RefusedError: Why not.
    """
    for problem in (
        _says_nothing(text, library),
        _is_known(text, wanted, library),
        _is_taught(text, known),
        _objects(text, wanted, library, today),
        _is_answered(text, wanted, library, today),
    ):
        _refuse(text, problem)


def check_taught(text: str, known: Iterable[Alias]) -> None:
    """Whether a text is nobody's wording by now, where it is about to become one.

    Raises:
        RefusedError: It is.
    """
    _refuse(text, _is_taught(text, known))


def _refuse(text: str, problem: str | None) -> None:
    if problem:
        raise RefusedError(f"“{one_line(text)[:_SHOWN]}”{problem}；没有改动")


def _says_nothing(text: str, library: Library) -> str | None:
    command, _ = parse(text, library.company_codes)
    if not isinstance(command, Ask):
        return "是一条指令，不会当作提问"
    if kind_of(text):
        return "是寒暄，不会当作提问"
    index = library.index
    if len(bare(normalise(text))) < 2:
        return "太短，什么提问都会碰上"
    if not (index.names_a_matter(text) and index.names_its_own(text)):
        return "没有说到具体的事，什么提问都会碰上"
    return None


def _is_known(text: str, wanted: Target, library: Library) -> str | None:
    own = wanted.passage
    for passage in library.index.asked_as(text):
        if (passage.record.id, passage.question) == (own.record.id, own.question):
            return "就是这一问的原话，不用另加"
        name = Target(passage.record, passage.question, passage.part).id
        return f"是另一问 {name} 的原话"
    return None


def _is_taught(text: str, known: Iterable[Alias]) -> str | None:
    typed = bare(normalise(text))
    for alias in known:
        if bare(normalise(alias.text)) == typed and alias.state in ("live", "proposed"):
            return f"已经是 {alias.question_id} 的说法（编号 {alias.id}，{alias.state_name}）"
    return None


def _objects(text: str, wanted: Target, library: Library, today: date) -> str | None:
    """What a guard says: the question does not hold what the wording asks for."""
    found = objection(library.index, text, wanted.passage, today)
    if found is None:
        return None
    about = "、".join(_GUARDS.get(name, name) for name in found.about)
    match found.by:
        case "other company":
            return f"说的是别的公司，这一问是{wanted.record.company_name}的"
        case "unknown company":
            return f"说到没有收录的公司（{about}）"
        case "sensitive":
            return f"说到敏感事项（{about}），这一问没有说到"
        case "other event":
            return "说的是另一场活动"
        case "aside":
            return "问的是股价、买卖或机器人自己，记录不谈这些"
        case "guards":
            return f"里的{about}与这一问不符，加了也不会据此回答"


def _is_answered(text: str, wanted: Target, library: Library, today: date) -> str | None:
    """Whether another question answers it already, and surely."""
    company = wanted.record.company_code
    decision = decide(
        library.index.search(text, company=company, today=today, limit=40).candidates, "strict"
    )
    first = decision.first
    if decision.band != "answer" or first is None:
        return None
    same = (first.passage.record.id, first.passage.question.number)
    if same == (wanted.record.id, wanted.question.number):
        return None
    if is_same_matter(first.passage, wanted.passage):
        return None
    other = " ".join(first.passage.question.question.split())[:_SHOWN]
    return f"已由另一问 {first.hit.id}“{other}”回答"
