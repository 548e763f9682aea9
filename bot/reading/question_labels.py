"""What a paragraph's first words say of it: a question's label, an answer's, a heading.

Shapes of real records: `1、` `2.` `3：` `Q4：` `Q5.` `问题 6、` `7、问：` `【提问8】：` `Q：`
`问：` `一、`; answers `A：` `A9：` `答：` `公司回复:`, mistyped `A；`. A number before a figure is
no label, `4.30%`; but `12.2025 年` can be one, where 12 is the expected number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.numerals import chinese_number
from bot.reading.row_labels import is_block, known

_UNIT = r"[%％‰亿万倍元个美港]|[)），,。；、]|[a-zA-Z]{1,3}\b"
_MARK = rf"[、：:)）]|[.．](?!\d+\s*(?:{_UNIT}))"
_ASKED = r"(?:\s*(?:问|投资者问|提问|问题)\s*[：:])?\s*"
_PREFIXED = re.compile(
    r"\s*(?:【\s*)?(?:问题|提问|投资者提问|[Qq](?:uestion)?|问|第)\s*(?P<no>\d{1,3})\s*"
    r"(?P<mark>】\s*[：:]?|个?(?:问题?|题)\s*[：:、.．]|[、：:)）.．]|(?=\s))" + _ASKED
)
_PREFIXED_CHINESE = re.compile(
    r"\s*(?:问题|提问|第)\s*(?P<no>[一二三四五六七八九十]{1,3})\s*(?:个?(?:问题?|题)\s*)?[：:、.．]\s*"
)
_NUMBER = re.compile(rf"\s*(?P<no>\d{{1,3}})\s*(?:{_MARK}|(?=\s*问\s*[：:]))" + _ASKED)
_IN_BRACKETS = re.compile(r"\s*[（(](?P<no>\d{1,3})[)）]\s*[、.．]?\s*" + _ASKED)
_CIRCLED = re.compile(r"\s*(?P<no>[①-⑳])\s*[、.．]?\s*")
_OPEN = re.compile(
    r"\s*(?:(?:[Qq](?:uestion)?|问|提问|投资者问|投资者提问|投资者|问题|股东提问|媒体提问|记者问)\s*[:：;；.．、]"
    r"|【(?:提问|问题?|投资者提问|投资者问?|股东提问)[^】\d]{0,12}】\s*[:：]?)\s*"
)
_CHINESE = re.compile(r"\s*(?P<no>[一二三四五六七八九十]{1,3})\s*[、.．]" + _ASKED)
_CHINESE_IN_BRACKETS = re.compile(r"\s*[（(](?P<no>[一二三四五六七八九十]{1,3})[）)]" + _ASKED)

ANSWER = re.compile(
    r"\s*(?:[Aa](?:nswer)?\s?\d{0,3}|答|回复|公司回复|公司答|公司回答|公司答复|答复"
    r"|(?:公司)?(?:答复?|回[复答])\s?\d{1,3}(?=\s*[:：])|【(?:公司)?(?:答复?|回[复答])\s?\d{0,3}】)"
    r"\s*(?:(?<=】)|[:：;；、]|[.．](?!\d))\s*"
)
_ANSWERED = r"(?:(?:公司)?(?:答复?|回[复答])|A(?:nswer)?)\s?\d{0,3}\s*[:：]"
_ANSWER_INSIDE = re.compile(rf"(?<=[？?。！!；;”\"）)\s])\s*{_ANSWERED}")
# Glued to the question's last word; 回答：, 问答：, 请回复： are words of the question.
_ANSWER_GLUED = re.compile(
    r"(?:公司回复|公司答复|公司回答|(?<![回问请解应作对抢竞司复])答)\s*[:：]"
)
_QUESTION_INSIDE = re.compile(r"(?<=[。！？!?；;])\s*(?=(?:问|Q)\s*[:：])")
_SPEAKER = re.compile(
    r"\s*【[^】]{2,24}】\s*[:：]?|\s*(?:董事长|总经理|总裁|董秘|董事会秘书|财务总监)[^：:。？?]{0,12}[:：]"
)

ASKS = re.compile(
    r"[？?]|吗|呢|如何|怎么|怎样|什么|是否|能否|可否|哪些|多少|为何|为什么|请问|介绍|请.{0,6}(?:谈|说|讲|分享)|有没有"
)
ASKED = re.compile(r"[？?]\s*$")
GREETS = re.compile(
    r"\s*(?:尊敬的|您好|你好|感谢(?:您|你|各位|投资者)|谢谢(?:您|你)|各位投资者|投资者(?:您|你)好)"
)

_SECTION = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}\s*[、.．]|第[一二三四五六七八九十\d]+\s*(?:部分|节|章)|[（(][一二三四五六七八九十][）)])\s*\S"
)
_PART = re.compile(r"第\s*(?P<no>[一二三四五六七八九十]{1,3})\s*(?:部分|节|章)")
_SESSION = re.compile(
    r"^(?:Day\s*\d|第\s*[一二三四五六七八九十\d]+\s*(?:场|天|日|次)|场次\s*[一二三四五六七八九十\d]"
    r"|\d{4}\s*[年\-/.]\s*\d{1,2}\s*[月\-/.]|\d{1,2}\s*月\s*\d{1,2}\s*日|上午场?|下午场?|晚上?场"
    r"|.{0,20}专场|[（(]?[一二三四五六七八九十][）)、.．])",
    re.I,
)
_QUESTIONS = re.compile(
    r"问答|Q\s*[&＆]\s*A|互动(?:交流|环节)|提问(?:环节|与|及|和|情况)|交流环节|(?:主要)?(?:问题|提问).{0,8}(?:回复|答复|回答|解答|交流)",
    re.I,
)
_NO_HEADING = re.compile(r"[？?]|吗|呢|如何|怎么|怎样|什么|是否|能否|可否|哪些|多少|为何|请")
_ENDS = re.compile(r"[。！？!?；;…]\s*$")
_LONGEST_HEADING = 40
FAR_AHEAD = 3  # numbers that may be missing before a label is no question any more

Kind = Literal["prefixed", "open", "number", "chinese"]


@dataclass(frozen=True)
class Label:
    """A question's label as printed."""

    kind: Kind
    number: int | None
    length: int  # characters of the paragraph that it takes
    printed: str
    weak: bool = False  # 「Q4 或者」 may be a quarter, ① most often counts a list


def label_of(text: str) -> Label | None:
    """The question label with which a paragraph begins."""
    if match := _PREFIXED.match(text):
        return _label("prefixed", int(match["no"]), match, weak=not match["mark"])
    if match := _PREFIXED_CHINESE.match(text):
        return _label("prefixed", chinese_number(match["no"]), match)
    if match := _OPEN.match(text):
        return _label("open", None, match)
    if match := _NUMBER.match(text) or _IN_BRACKETS.match(text):
        return _label("number", int(match["no"]), match)
    if match := _CIRCLED.match(text):
        return _label("number", ord(match["no"]) - ord("①") + 1, match, weak=True)
    if match := _CHINESE.match(text) or _CHINESE_IN_BRACKETS.match(text):
        return _label("chinese", chinese_number(match["no"]), match)
    return None


def _label(kind: Kind, number: int | None, match: re.Match[str], weak: bool = False) -> Label:
    return Label(kind, number, match.end(), match[0].strip(), weak)


def answer_inside(text: str, *, glued: bool) -> int | None:
    """Where an answer's label stands inside a question's paragraph."""
    match = _ANSWER_INSIDE.search(text) or (_ANSWER_GLUED.search(text, 1) if glued else None)
    return match.start() + len(match[0]) - len(match[0].lstrip()) if match else None


def question_inside(text: str, number: int | None = None) -> int | None:
    """Where another question's label stands inside an answer's paragraph.

    Args:
        text: The paragraph.
        number: Of the question that it answers, as printed: the next number is a label where a
            question mark and an answer's label follow it.
    """
    match = _QUESTION_INSIDE.search(text)
    if match is None and number is not None:
        match = re.search(
            rf"(?<=[。！？!?；;])\s*(?=(?:[Qq]|问题?|提问)?\s*{number + 1}\s*[、.．：:）)]"
            rf"[^。！？?]{{2,200}}[？?]\s*{_ANSWERED})",
            text,
        )
    return match.end() if match else None


def looks_answered_by_speaker(text: str) -> bool:
    """`【董事长 某某】：…`: an answer that begins with who gives it."""
    return bool(_SPEAKER.match(text)) and label_of(text) is None


def is_section_heading(text: str, *, session: bool = False) -> bool:
    """A short line that heads what follows: `一、经营情况`; for a session `Day 2`."""
    stripped = text.strip().strip("【】")
    if len(stripped) > _LONGEST_HEADING or _ENDS.search(stripped) or _NO_HEADING.search(stripped):
        return False
    return bool(_SECTION.match(stripped) or (session and _SESSION.match(stripped)))


def is_question_heading(text: str) -> bool:
    """A short line that announces the questions: `二、投资者问答`, `Q&A`."""
    stripped = text.strip()
    if len(stripped) > _LONGEST_HEADING or _ENDS.search(stripped) or "，" in stripped:
        return False
    if ANSWER.match(stripped) or re.search(r"[？?]", stripped):
        return False
    return (bool(_QUESTIONS.search(stripped)) and label_of(stripped) is None) or bool(
        _QUESTIONS.search(stripped) and _SECTION.match(stripped)
    )


def is_block_heading(text: str) -> bool:
    """The name of a block alone in its line: `重要提示`. It heads words above the questions."""
    return is_block(known(text))


def section_number(text: str) -> int | None:
    """The number of a section heading in Chinese numerals: `三、…`, `第三部分 …`."""
    match = _CHINESE.match(text.strip()) or _PART.match(text.strip())
    return chinese_number(match["no"]) if match and is_section_heading(text) else None
