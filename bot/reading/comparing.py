"""Two readings of one record side by side: what the one says otherwise than the other."""

from __future__ import annotations

from dataclasses import dataclass

from bot.reading.lines import squashed
from bot.record import Narrative, Question, Record

_BEFORE, _AFTER = 8, 24  # characters shown around the first that differs


@dataclass(frozen=True)
class Change:
    """One place where they differ, with the first words that do."""

    where: str  # `第3问 答复`
    one: str | None  # None: it is not there
    other: str | None

    def __str__(self) -> str:
        """`第3问 答复有改动：“派 3.20 元。”→“派 3.50 元。”`"""
        if self.one is None:
            return f"{self.where} 新增：“{self.other}”"
        if self.other is None:
            return f"{self.where} 删去：“{self.one}”"
        return f"{self.where}有改动：“{self.one}”→“{self.other}”"


def changes(one: Record, other: Record, *, exact: bool = False) -> list[Change]:
    """What the other says otherwise, in the order of the form.

    Args:
        one: What was there before, or is stored.
        other: What comes after, or stands in the source.
        exact: Every field to the letter, as one file must read twice. Otherwise as
            `Record.words_hash`: dates, questions, answers and narrative, white space apart.
    """
    found = [
        _change(label, _told(mine), _told(theirs))
        for label, mine, theirs, is_said in _rows(one, other)
        if (exact or is_said) and mine != theirs
    ]
    found += _text("正文", _narrative(one), _narrative(other), exact)
    if exact and not found and one.narrative != other.narrative:
        found.append(Change("正文", "分段或页码", "分段或页码"))
    numbers, others = ([item.number for item in record.questions] for record in (one, other))
    if numbers != others and sorted(numbers) == sorted(others):
        found.append(_change("问题的次序", _told(numbers), _told(others)))
    for number in dict.fromkeys((*numbers, *others)):
        found += _question(number, one.question(number), other.question(number), exact)
    return found


def _rows(one: Record, other: Record) -> list[tuple[str, object, object, bool]]:
    """The form's rows of both, and whether `words_hash` holds them."""

    def of(record: Record) -> list[tuple[str, object, bool]]:
        days = [(item.start_iso, item.end_iso) for item in record.event_dates]
        return [
            ("证券代码", record.company_code, True),
            ("证券简称", record.company_name, False),
            ("编号", record.record_no, False),
            ("标题", record.title, False),
            ("活动日期", days, True),
            ("时间", [item.printed for item in record.event_dates], False),
            ("钟点", (record.start_time, record.end_time), False),
            ("地点", (record.place, record.links), False),
            ("接待人员", [(item.title, item.name, item.printed) for item in record.hosts], False),
            ("附件", record.attachments, False),
            ("日期", record.form_dates, False),
            ("活动类别", record.activities, False),
            ("参与单位", record.attendees, False),
            ("其他栏目", record.other, False),
        ]

    return [
        (label, mine, theirs, is_said)
        for (label, mine, is_said), (_, theirs, _) in zip(of(one), of(other), strict=True)
    ]


def _told(value: object) -> str:
    """A field's value on one line, without the signs of lists."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "、".join(filter(None, map(_told, value)))
    return str(value)


def _narrative(record: Record) -> str:
    def said(item: Narrative) -> str:
        return "\n".join(filter(None, (item.heading, item.text)))

    return "\n".join(map(said, record.narrative))


def _question(
    number: int, one: Question | None, other: Question | None, exact: bool
) -> list[Change]:
    where = f"第{number}问"
    if one is None or other is None:
        asked = [_shortened(item.question) if item else None for item in (one, other)]
        return [Change(where, *asked)]
    found = _text(f"{where} 提问", one.question, other.question, exact)
    found += _text(f"{where} 答复", one.answer, other.answer, exact)
    if exact:
        for label, mine, theirs in (
            ("小问", one.parts, other.parts),
            ("印出的编号", _label(one), _label(other)),
        ):
            if mine != theirs:
                found.append(_change(f"{where} {label}", _told(mine), _told(theirs)))
    return found


def _label(question: Question) -> tuple[object, ...]:
    return question.printed_label, question.printed_number, question.kind, question.session


def _text(where: str, one: str, other: str, exact: bool) -> list[Change]:
    if one == other or (not exact and squashed(one) == squashed(other)):
        return []
    return [_change(where, one, other)]


def _change(where: str, one: str, other: str) -> Change:
    """The first words that differ, with a little of what stands before them."""
    same = next(
        (at for at, (mine, theirs) in enumerate(zip(one, other, strict=False)) if mine != theirs),
        min(len(one), len(other)),
    )
    begin = max(0, same - _BEFORE)
    return Change(where, *(_excerpt(text, begin, same + _AFTER) for text in (one, other)))


def _excerpt(text: str, begin: int, end: int) -> str:
    """Those words on one line; marks say that there are more."""
    words = f"{'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
    return words.replace("\n", "⏎")


def _shortened(text: str) -> str:
    return _excerpt(text, 0, _BEFORE + _AFTER)
