"""What a person should look at: a second look at what was read, with patterns of its own.

None of these changes what was read. Each returns Chinese sentences that name the question and the
words; those in `refusals` say that words of the content stand in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.reading.lines import squashed
from bot.record import Question

_SENTENCE_END = '。！？!?…；;：:”"）)》】.，,、'
_LONGEST_TAIL = 30  # characters that may be a row's value, or a heading
_LONGEST_REMARK = 60  # characters; on the real records no sentence of an answer within it alarms
_SHOWN = 24  # characters of the words in a message
_LONGEST_REPEAT_UNSEEN = 20  # a shorter paragraph may be said twice
_LENGTHS = {"place": 120, "time": 160, "activities": 300, "hosts": 1500}
_ROW_NAMES = {"place": "地点", "time": "时间", "activities": "活动类别", "hosts": "接待人员"}
_LABEL_WORDS = re.compile(
    r".{0,3}(?:(?:参与|参会|参加|来访|与会)(?:单位|机构|人员|对象)|(?:上市)?公司(?:接待|参会|出席)|接待人员"
    r"|主要内容|交流内容|附件清单|活动类别|编号[:：])|.?(?:会议|活动|召开|接待|调研)?(?:时间|地点)(?:[:：\s]|$)"
)
_OF_PERSONS = re.compile(
    r"(?:董事长|董事会秘书|董秘|总经理|总监|总裁)[^，。；]{0,6}[:：]|人员姓名|单位名称"
)
# In a later line of 地点: a short word that names a row, alone or before its value.
_LIKE_A_ROW = re.compile(
    r"[\u4e00-\u9fff]{0,6}(?:方式|形式|网址|链接|天气|家数|人数|主题|平台|主持人?|时长|议程|对象|记录员?)(?:[\s:：]|$)"
)
_IN_ATTENDEES = re.compile(
    r"(?m)^.{0,2}(?:上市)?公司接待|^.{0,4}主要内容|^.?(?:地点|时间)[:：\s]+(?:\d|公司|线上|电话)"
    r"|(?<=[、，,]\n)\s*\d{4}\s*年\s*\d{1,2}\s*月"  # a list that stops, and the row 时间
)
_NOTHING_THEN_SENTENCE = re.compile(
    r"^\s*(?:无|不适用|不涉及|否)\s*[。.]?\s*\n(?:.|\n)*[。！？]\s*$"
)
_FOOT_WORDS = re.compile(r"谢谢|您好|感谢您|[？?]\s*(?:\n|$)|^\s*(?:答|问|[QA]\d*)\s*[:：]", re.M)
_PAGE = re.compile(
    r"(?:^|\n)\s*(?:第\s*\d{1,3}\s*页(?:[\s，,/]*共\s*\d{1,3}\s*页)?|[-—–=*\s\[]{1,8}(?:page\s*)?\d{1,3}[-—–=*\s\]]{1,8}"
    r"|\d{1,3}\s*[/／]\s*\d{1,3})\s*(?:\n|$)|[=\-*#]{2,}\s*page\s*\d+",
    re.I,
)
_ASKED = re.compile(r"[？?]\s*$")
_ANSWERED = re.compile(r"\s*(?:答|公司?[回答]复|[Aa]\d{0,3})\s*[:：](?!\s*[（(【])")  # no speaker
_THANKS = re.compile(r"(?<=[？?\n])\s*(?:谢谢|感谢)(?P<more>[^？?]*)$")
_SHORTEST_QUESTION = 5  # characters
_HEADING = re.compile(
    r"(?:[（(]?[一二三四五六七八九十]{1,3}[）)、.．]|第[一二三四五六七八九十\d]+\s*(?:部分|节|章|场|天)|Day\s*\d|[上下]午场)"
    r"[^。！？；]{0,24}|(?:投资者)?问答(?:环节)?|Q\s*&\s*A|互动交流|交流环节",
    re.I,
)
_NOTE = re.compile(
    r"[*＊※（(\s]*(?:注\d?|备注|附注|声明|说明|免责\S{2}|风险提示|(?:特别|温馨|重要)?提示)\s*[:：]"
)
_STATEMENT = re.compile(
    r"未公开重大信息|(?:应披露|是否涉及|有无).{0,4}重大信息|信息泄露|(?:会议|活动|交流|调研)[^。]{0,4}结束"
)
# Loosely, what speaks of the event or of the paper: a person looks whether it is the answer's.
_OF_THE_EVENT = re.compile(
    r"主持人|致辞|闭幕|本次(?:调研|活动|会议|交流|说明会|接待|纪要)|此次(?:调研|活动|会议|交流)|会后|参会|与会|纪要|本页|正文"
    r"|感谢(?:各位|大家)|莅临|走访|下次|其余(?:的)?(?:问题|提问)|入市|投资建议|仅供参考|前瞻|签署|经办人|填表|记录人|未使用|未提供"
    r"|现场照片|见附件|赠送|纪念品|合影|^[（(]?(?:记录|整理)|记录整理|环节结束|随后[^。]{0,6}参观|理性投资|声明[:：]"
    r"|不构成[^。]{0,4}承诺|(?:今天|今日)的?(?:交流|会议|活动|调研)|到这里|(?:交流|接待|沟通|调研|活动)过程中"
    r"|签名|签字|^\s*特此|^\s*以上[。.]?$"
)
_HOUSE = re.compile(r"证券|基金|资本|资管|投资|保险|银行|信托|人寿|养老")
_LIST = re.compile(r"(?:参会|参与|与会|调研|来访)[^。]{0,8}(?:名单|名录)|序号\s*(?:单位|机构|姓名)")


@dataclass(frozen=True)
class ReadRow:
    """A row of the form as read."""

    label: str
    name: str  # of the record's field; empty: a row under its own label
    text: str
    below: bool  # it stands below the main content


def warnings(questions: Sequence[Question]) -> list[str]:
    """What to look at in the questions and answers."""
    found = [line for question in questions for line in _of_one(question)]
    found += [line for question in questions for line in _asked_inside(question)]
    found += [line for above, below in pairwise(questions) for line in _next_label(above, below)]
    found += _other_labels(questions)
    return found + [line for question in questions[-1:] for line in _tail(question, questions[:-1])]


def refusals(rows: Sequence[ReadRow]) -> list[str]:
    """Rows that hold words of the content, or of other rows."""
    return [line for row in rows for line in (*_long_or_labelled(row), *_speaking_foot(row))]


def _shown(words: str) -> str:
    one_line = " ".join(words.split())
    return one_line if len(one_line) <= _SHOWN else f"{one_line[:_SHOWN]}…"


def _of_one(question: Question) -> Iterator[str]:
    number, answer = question.number, question.answer
    paragraphs = answer.split("\n")
    if question.question.rstrip().endswith((":", "：")):
        yield f"第{number}问以冒号结尾，可能是答复的开头：“{_shown(question.question[-_SHOWN:])}”"
    for line in (*question.question.split("\n"), *paragraphs):
        if "|" in line or "｜" in line:
            yield f"第{number}问里有表格竖线：“{_shown(line)}”"
    for match in _PAGE.finditer(f"{question.question}\n{answer}"):
        yield f"第{number}问里像是有页码：“{_shown(match[0].strip())}”"
    long = [line for line in paragraphs if len(line) >= _LONGEST_REPEAT_UNSEEN]
    for line in {line for line in long if long.count(line) > 1}:
        yield f"第{number}问的答复里同一段出现两次：“{_shown(line)}”"
    if len(paragraphs) > 1 and _HEADING.fullmatch(paragraphs[-1].strip()):
        yield f"第{number}问的答复以标题样的文字结尾：“{_shown(paragraphs[-1])}”"


def _asked_inside(question: Question) -> Iterator[str]:
    """Another question stands in the answer, or the answer's first words in the question."""
    number, paragraphs = question.number, question.answer.split("\n")
    for at, line in enumerate(paragraphs):
        if question.printed_number is not None and _counts_again(question, line):
            yield f"第{number}问的答复里又有它的编号：“{_shown(line)}”"
        elif at and _ASKED.search(line) and len(line) >= _SHORTEST_QUESTION:
            yield f"第{number}问的答复里像是有另一个提问：“{_shown(line)}”"
        elif at and _ANSWERED.match(line):
            yield f"第{number}问的答复里另有答复标记：“{_shown(line)}”"
    thanks = _THANKS.search(question.question)
    if thanks and len(thanks["more"]) >= _SHORTEST_QUESTION:
        yield f"第{number}问的提问里像是有答复的开头：“{_shown(thanks[0].strip())}”"


def _other_labels(questions: Sequence[Question]) -> Iterator[str]:
    """Labels with a word that most others have not: 问： may be the question's own."""
    worded = [one for one in questions if re.search(r"\d.*问", one.printed_label or "")]
    if len(worded) * 2 < len(questions):
        for one in worded:
            yield f"第{one.number}问的编号写法与其他不同：“{_shown(one.printed_label or '')}”"


def _counts_again(question: Question, line: str) -> bool:
    """Whether a paragraph of the answer has the question's own number in the same writing, and no
    list counts up to it."""
    label = squashed(question.printed_label or "")
    number = question.printed_number
    list_above = re.search(
        rf"(?m)^\s*{(number or 0) - 1}\s*[、.．]", question.answer[: question.answer.find(line)]
    )
    return (
        len(label) > len(str(number))
        and number != 1
        and squashed(line).startswith(label)
        and not list_above
    )


def _next_label(above: Question, below: Question) -> Iterator[str]:
    """The next question's label stands in an answer, where no list of its own counts up to it."""
    if not below.printed_label or below.printed_number is None:
        return
    number = below.printed_number
    mark = re.escape(below.printed_label.split(str(number))[-1].strip()[:1])
    before = re.compile(rf"(?<!\d){number - 1}\s*{mark}")
    again = re.compile(rf"\s*[^\d\s]{{0,4}}\s*{number}\s*{mark}")
    for match in re.finditer(r"(?m)^.+$", above.answer):
        if again.match(match[0]) and not before.search(above.answer[: match.start()]):
            yield f"第{above.number}问的答复里有下一问的编号：“{_shown(match[0])}”"


def _tail(question: Question, others: Sequence[Question]) -> Iterator[str]:
    """The last answer's end: words of the form's foot may stand there."""
    number, paragraphs = question.number, question.answer.split("\n")
    last = paragraphs[-1].strip()
    rest = re.split(r"[。！？!?]", question.answer.rstrip())[-1].strip()
    is_short = 0 < len(rest) <= _LONGEST_TAIL and rest != question.answer.strip()
    if is_short and "\n" not in rest and rest[-1] not in _SENTENCE_END:
        yield f"最后一问（第{number}问）的答复没有以句号结尾：“{_shown(rest)}”"
    sentences = re.split(r"\n|(?<=[。！？!?])", question.answer)[1:]
    for line in sentences:
        if _NOTE.match(line):
            yield f"最后一问（第{number}问）的答复里有说明性文字：“{_shown(line)}”"
        elif _LIST.search(line) or (len(_HOUSE.findall(line)) > 3 and "。" not in line):
            yield f"最后一问（第{number}问）的答复里像是有名单：“{_shown(line)}”"
    elsewhere = "\n".join(one.answer for one in others)
    for line in sentences:
        near = len(line) <= _LONGEST_REMARK and line not in elsewhere
        if near and _OF_THE_EVENT.search(line) and not _STATEMENT.search(line):
            yield f"最后一问（第{number}问）的答复里像是有活动的收尾：“{_shown(line)}”"
    if _STATEMENT.search(last):
        sentence = next(one for one in re.split(r"(?<=[。！？])", last) if _STATEMENT.search(one))
        yield f"最后一问（第{number}问）的答复里有关于活动或披露的话：“{_shown(sentence)}”"


def _long_or_labelled(row: ReadRow) -> Iterator[str]:
    if row.name == "attendees" and (match := _IN_ATTENDEES.search(row.text)):
        yield f"“参与单位”一栏里像是有另一栏：“{_shown(row.text[match.start() :])}”"
    if row.name not in _LENGTHS:
        return
    named = _ROW_NAMES[row.name]
    if len(row.text) > _LENGTHS[row.name]:
        yield f"“{named}”一栏比通常长得多，可能混入了其他栏目：“{_shown(row.text[-_SHOWN:])}”"
    for line in row.text.split("\n")[1:] if row.name == "place" else ():
        if _LIKE_A_ROW.match(line.strip()):
            yield f"“{named}”一栏里像是有另一栏：“{_shown(line)}”"
    for line in row.text.split("\n"):
        if _LABEL_WORDS.match(line.strip()) or (row.name != "hosts" and _OF_PERSONS.search(line)):
            yield f"“{named}”一栏里像是有另一栏：“{_shown(line)}”"


def _speaking_foot(row: ReadRow) -> Iterator[str]:
    if row.below and row.name == "attachments" and _NOTHING_THEN_SENTENCE.match(row.text):
        yield f"正文之后的“{row.label}”一栏里“无”之后还有句子：“{_shown(row.text)}”"
    if row.below and (match := _FOOT_WORDS.search(row.text)):
        start = max(0, match.start() - _SHOWN // 2)
        yield f"正文之后的“{row.label}”一栏里像是有答复的话：“{_shown(row.text[start:])}”"
