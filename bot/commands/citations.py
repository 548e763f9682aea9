"""What the bot printed, pasted back → the question or record that it is of.

A 出处 line says which, wherever it stands: a whole answer is its citation. The head of an answer,
the lines above a record's questions, one of those and a line of an offer say it too. The labels are
those of `wording`, in every language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.commands.references import (
    ACTIVITY,
    DAY,
    NESTED,
    ONE_AT_A_TIME,
    iso,
    read_reference,
    with_codes,
)
from bot.commands.values import Ask, Command, Show, ShowRecord

_SOURCE = re.compile(r"(?:出处|source)\s*:\s*((?:(?!(?:出处|source)\s*:)[^\n])+)")
_SOURCE_ID = re.compile(r"(\d{6}/[^\s#]+)#(p?)(\d{1,9})(?:\.(\d{1,2}))?")
_SOURCE_NO = re.compile(r"(?<!无)编号(.+?)\s+(?:第\d+问|question \d+|公司介绍|company statement)")
_SOURCE_PARAGRAPH = re.compile(r"(?:公司介绍|company statement)\D{0,20}(\d{1,4})")
_SOURCE_NUMBER = re.compile(r"(?:第|question )(\d{1,9})(?:问|(?!\d))")
_SOURCE_PART = re.compile(r"第(\d{1,2})小问|part (\d{1,2}) of")
_HEAD = re.compile(rf"\((\d{{6}})\)\s*({DAY})(?:\s*(?:至|to)\s*({DAY}))?")
_BEFORE_HEAD = re.compile(
    r"[\s*_>]*(?:(?:【您问的|\[your question)[^】\]]*[】\]]\s*)?[^\s()?!。]{2,12}"
)
_AFTER_HEAD = re.compile(
    rf"(?:\s|、|,|至|to|{DAY}|\(原文未写具体日期\)|\(the record gives no day\)|{ACTIVITY})*"
)
_FORM = re.compile(r"^[\s*_>]*投资者关系活动记录表\s.*$", re.MULTILINE)
_OPTION = re.compile(
    rf"[a-e][.、]\s*\((?=[^\n]*?(?:第\d+问|question \d+))({NESTED})\)\s*(\S.*)", re.DOTALL
)
_OPTION_BUTTON = re.compile(
    rf"[a-e][.、]?\s*(?:\(({NESTED})\)|((?:\S+ )*?(?:第\d+问|question \d+)[^\n]*))"
)
_LISTED = re.compile(r"(\d{6}/[^\s#]+#\d{1,9})、.+", re.DOTALL)


def read_citation(text: str, companies: Mapping[str, str]) -> Command | None:
    """What a plain text that holds the bot's own lines cites; None where it holds none."""
    sources = _SOURCE.findall(text)
    if not sources:
        return _head_line(text) or _record_line(text) or _option(text, companies)
    heads = _HEAD.findall(text)
    head = heads[0] if len(heads) == 1 else None
    cited = {command for source in sources if (command := _source(source, head))}
    if len(cited) > 1:
        return ONE_AT_A_TIME
    return cited.pop() if cited else None


def _source(line: str, head: tuple[str, str, str] | None) -> Show | None:
    """One 出处 line, with the head of its answer where it was pasted too."""
    if by_id := _SOURCE_ID.search(line):
        part_no = int(by_id[4]) if by_id[4] else None
        return Show(int(by_id[3]), part_no, by_id[1], is_paragraph=bool(by_id[2]))
    paragraph = _SOURCE_PARAGRAPH.search(line)
    number = paragraph or _SOURCE_NUMBER.search(line)
    if not number:
        return None
    part = _SOURCE_PART.search(line)
    record_no = _SOURCE_NO.search(line)
    return Show(
        int(number[1]),
        int(part[1] or part[2]) if part else None,
        company_code=head[0] if head else None,
        record_no=record_no[1].strip() if record_no else None,
        day=iso(head[2] or head[1]) if head else None,
        is_paragraph=paragraph is not None,
    )


def _head_line(text: str) -> ShowRecord | None:
    """`卫宁健康（300253）2025-04-28 业绩说明会`, also where its record is not stored any more."""
    found = _HEAD.search(text)
    if not (found and _BEFORE_HEAD.fullmatch(text[: found.start()])):
        return None
    if not _AFTER_HEAD.fullmatch(text[found.end() :]):
        return None
    return ShowRecord(None, found[1], None, iso(found[3] or found[2]))


def _record_line(text: str) -> Command | None:
    """`投资者关系活动记录表 编号2025-002 共31问` under its head, as above a list of questions."""
    lines = _FORM.findall(text)
    if not lines:
        return None
    if len(lines) > 1:
        return ONE_AT_A_TIME
    found = read_reference(lines[0])
    head = _HEAD.search(text)
    if head and not (isinstance(found, ShowRecord) and found.record_id):
        record_no = found.record_no if isinstance(found, ShowRecord) else None
        return ShowRecord(None, head[1], record_no, iso(head[3] or head[2]))
    return found if isinstance(found, ShowRecord) else None


def _option(text: str, companies: Mapping[str, str]) -> Command | None:
    """A line of an offer (`A. （卫宁健康 2025-04-28 第3问）…`), its button, or a record's list."""
    if listed := _LISTED.fullmatch(text.strip()):
        return read_reference(listed[1])
    if button := _OPTION_BUTTON.fullmatch(text.strip()):
        shown = read_reference(with_codes(button[1] or button[2], companies))
        return shown if isinstance(shown, Show) else None
    if (option := _OPTION.fullmatch(text.strip())) is None:
        return None
    found = read_reference(with_codes(option[1], companies))
    named_fully = isinstance(found, Show) and found.day
    # A number alone says less than the question's own words.
    return found if named_fully else Ask(option[2])
