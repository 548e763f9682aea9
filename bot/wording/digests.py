"""A digest in words: what a subscribed chat gets unasked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.message import Button, DeskDigest, Digest, NewRecord, ReplyView
from bot.record import Question, Record
from bot.wording.texts import Texts

_BRIEF = 120  # characters of a question that reads well in a list


def show_digest(reply: Digest, daily: ReplyView, texts: Texts) -> ReplyView:
    """A chat's digest.

    Args:
        reply: The digest.
        daily: Its 每日一问 in words, empty where it has none.
        texts: In which language.
    """
    lines = [texts.text("digest", day=texts.day(reply.day))]
    headings = [lines[0]]
    buttons: list[Button] = []
    for item in reply.new:
        headings.append(_head(item, texts))
        lines += ["", headings[-1], *_record_lines(item, reply.most, texts)]
        buttons += _buttons(item, reply, texts)
    remarks = []
    if reply.more:
        remarks.append(texts.text("digest, more", count=reply.more))
    if reply.history:
        remarks.append(_history(reply.history, texts))
        if len(reply.history) == 1:
            buttons.append(Button(reply.history[0].id, reply.history[0].id))
    if remarks:
        lines += ["", *remarks]
    if reply.daily:
        headings.append(texts.text("digest, daily"))
        lines += ["", headings[-1]]
    headings += [
        texts.text("question no", no=question.number)
        for item in reply.new
        for question in _listed(item.record, reply.most)
    ]
    return ReplyView(
        "\n".join(lines),
        daily.quotations,
        buttons=(*buttons, *daily.buttons),
        headings=tuple(dict.fromkeys(headings)),
    )


def show_desk_digest(reply: DeskDigest, texts: Texts) -> ReplyView:
    """The desk's counts."""
    heading = texts.text("desk digest", day=texts.day(reply.day))
    lines = [
        heading,
        "",
        texts.text(
            "desk counts",
            period=texts.period(reply.since.isoformat(), reply.until.isoformat()),
            asked=reply.answered + reply.offered + reply.declined,
            answered=reply.answered,
            offered=reply.offered,
            declined=reply.declined,
        ),
    ]
    if reply.most_asked:
        lines += ["", texts.text("desk most asked")]
    lines += [
        texts.text("desk asked", count=count, id=hit.id, question=hit.question.question)
        for hit, count in reply.most_asked
    ]
    lines += ["", texts.text("desk misses", count=reply.offered + reply.declined)]
    for key in ("retired", "skipped", "unknown"):
        if count := getattr(reply, key):
            lines.append(texts.text(f"desk {key}", count=count))
    if reply.holidays_end:
        lines.append(texts.text("holidays end", end=reply.holidays_end))
    return ReplyView("\n".join(lines), headings=(heading,))


def _head(item: NewRecord, texts: Texts) -> str:
    corrected = texts.text("digest, corrected") if item.is_corrected else ""
    return texts.head(item.record) + corrected


def _record_lines(item: NewRecord, most: int, texts: Texts) -> list[str]:
    """The record's own lines: number, some of its questions, how to open one."""
    record, listed = item.record, _listed(item.record, most)
    about = texts.text(
        "digest, record",
        form=texts.form(record),
        record_no=texts.record_no(record),
        count=len(record.questions),
        id="" if listed else texts.text("digest, id", id=record.id),
    )
    if listed and len(listed) < len(record.questions):
        about += texts.text("digest, some", count=len(listed))
    lines = [about]
    earlier = dict(item.earlier)
    for question in listed:
        lines.append(f"{texts.text('question no', no=question.number)} {question.question}")
        if before := earlier.get(question.number):
            lines.append(
                texts.text(
                    "digest, earlier",
                    when=before.record.event_date,
                    no=before.question.number,
                    id=before.id,
                )
            )
    if listed:
        lines.append(texts.text("digest, open", id=f"{record.id}#{listed[0].number}"))
    return lines


def _buttons(item: NewRecord, reply: Digest, texts: Texts) -> list[Button]:
    """The whole record; each listed question too, where there is but one record."""
    record = item.record
    if len(reply.new) > 1:
        return [Button(f"{record.company_name} {record.record_no or record.event_date}", record.id)]
    buttons = [
        Button(texts.text("question no", no=question.number), f"{record.id}#{question.number}")
        for question in _listed(record, reply.most)
    ]
    whole = texts.text("digest, all", count=len(record.questions))
    return [*buttons, Button(whole, record.id)] if record.questions else buttons


def _history(records: Sequence[Record], texts: Texts) -> str:
    counts = Counter(record.company_name for record in records)
    which = (
        [record.id for record in records]
        if len(records) <= 3
        else [
            texts.text("digest, company", name=name, count=count)
            for name, count in counts.most_common(3)
        ]
    )
    listed = "、".join(which)
    if len(counts) > 3:
        listed = texts.text("digest, companies", listed=listed, count=len(counts))
    return texts.text("digest, history", count=len(records), which=listed)


def _listed(record: Record, most: int) -> list[Question]:
    """Some of the questions, in order; overlong ones only where there are too few others."""
    brief = sorted(record.questions, key=lambda item: len(item.question) > _BRIEF)[:most]
    chosen = {item.number for item in brief}
    return [item for item in record.questions if item.number in chosen]
