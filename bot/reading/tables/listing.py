"""Rows of a text listing of a platform's questions:

    ==== Q&A 3 — asked 2025-04-28, answered 2025-04-29 — https://…
    QUESTION (投资者):
    several lines
    ANSWER (公司):
    several lines

The lines above the first one name platform, company and code for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bot.errors import Problem, ReadingError
from bot.reading.lines import trimmed
from bot.reading.tables.columns import columns
from bot.reading.tables.separated import Rows

_ITEM = re.compile(r"={3,}\s*Q\s*&\s*A\s*(?P<number>\d*)\s*(?P<rest>.*?)[\s=]*", re.I)
_QUESTION = re.compile(
    r"(?:QUESTION|提问|问题)\s*(?:[(（][^()（）]*[)）])?\s*[:：](?P<words>.*)", re.I
)
_ANSWER = re.compile(
    r"(?:ANSWER|回复|答复|回答)\s*(?:[(（][^()（）]*[)）])?\s*[:：](?P<words>.*)", re.I
)
_ASKED = re.compile(
    r"(?:asked|提问)\s*(?:at|on|于|日期|时间)?[:：]?\s*(?P<when>[^,，;；—–]*)", re.I
)
_ANSWERED = re.compile(
    r"(?:answered|回复|答复)\s*(?:at|on|于|日期|时间)?[:：]?\s*(?P<when>[^,，;；—–]*)", re.I
)
_ADDRESS = re.compile(r"https?://\S+", re.I)
_ID = re.compile(r"[?&]questionId=(\d+)", re.I)  # 互动易's; 上证e互动 has none in its addresses
_HEAD_CODE = re.compile(
    r"(?:代码|code|symbol)\s*[:：]\s*(?P<code>\d[\w.]*)"
    r"|[(（]\s*(?P<inside>\d{6})\b[^()（）]*[)）]",
    re.I,
)
_HEAD_NAME = re.compile(
    r"(?:简称|名称|公司|company|name)\s*[:：]\s*(?P<name>[^\s(（,，;；|]+)", re.I
)
_HEAD_LINES = 60
_COLUMNS = (
    "question",
    "answer",
    "asked",
    "answered",
    "link",
    "question_id",
    "code",
    "name",
    "platform",
)


def is_listing(text: str) -> bool:
    """Whether a text's first lines are those of such a listing."""
    lines = text.splitlines()
    return any(_ITEM.fullmatch(line.strip()) for line in lines) and any(
        _QUESTION.fullmatch(line.strip()) for line in lines
    )


def listing_rows(path: Path, encoding: str, file: str) -> Rows:
    """The listing's questions, each with the line that it begins on.

    Raises:
        ReadingError: Words that stand in no question and no answer.
    """
    own = columns(_COLUMNS)
    assert own is not None
    with path.open(encoding=encoding) as opened:
        code, name, platform = _head(opened)
    with path.open(encoding=encoding) as opened:
        for place, head, question, answer in _items(opened, file):
            asked, answered = _ASKED.search(head), _ANSWERED.search(head)
            address = _ADDRESS.search(head)
            row: list[object] = [
                question,
                answer,
                _day(asked),
                _day(answered),
                address[0] if address else None,
                found[1] if (found := _ID.search(head)) else None,
                code,
                name,
                platform,
            ]
            yield place, own, row


def _day(match: re.Match[str] | None) -> str | None:
    """The day behind `asked`; what says that there is none is no day."""
    said = match["when"].strip(" -") if match else ""
    return said if re.search(r"\d", said) else None


def _head(lines: Iterator[str]) -> tuple[str | None, str | None, str]:
    code = name = None
    platform = []
    for line in islice(lines, _HEAD_LINES):
        if _ITEM.fullmatch(line.strip()):
            break
        platform.append(line)
        if found := _HEAD_CODE.search(line):
            code = code or found["code"] or found["inside"]
        if found := _HEAD_NAME.search(line):
            name = name or found["name"]
    return code, name, " ".join(platform)


def _items(lines: Iterator[str], file: str) -> Iterator[tuple[int, str, str, str]]:
    """Line, head, question and answer of each."""
    place, head = 0, ""
    parts: dict[str, list[str]] = {}
    now = ""
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if item := _ITEM.fullmatch(bare):
            if head:
                yield place, head, *_texts(parts)
            place, head, parts, now = number, item["rest"] or " ", {}, ""
        elif head and "question" not in parts and (found := _QUESTION.fullmatch(bare)):
            now, parts["question"] = "question", [found["words"]]
        elif now == "question" and (found := _ANSWER.fullmatch(bare)):
            now, parts["answer"] = "answer", [found["words"]]
        elif now:
            parts[now].append(line.rstrip("\n"))
        elif head and bare:
            what = f"第{number}行的文字不在 QUESTION 或 ANSWER 之下：“{bare[:30]}”"
            raise ReadingError(file, (Problem(what),))
    if head:
        yield place, head, *_texts(parts)


def _texts(parts: dict[str, list[str]]) -> tuple[str, str]:
    question, answer = (
        "\n".join(filter(None, (trimmed(line) for line in parts.get(name, ()))))
        for name in ("question", "answer")
    )
    return question, answer
