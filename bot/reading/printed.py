"""What was found among unified radicals, given back as printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.reading.ledger import Ledger
from bot.record import Host, Record

_SHOWN = 8  # radicals named in the note


def as_printed(record: Record, ledger: Ledger) -> Record:
    """The record with its lesser fields as printed; questions and answers are already."""
    if not ledger.radicals:
        return record
    printed = ledger.printed
    note = (
        f"原文有部首字符（{'、'.join(ledger.radicals[:_SHOWN])}），照原样保存；查找时当作通用汉字"
    )
    return replace(
        record,
        company_name=printed(record.company_name),
        record_no=_if_any(printed, record.record_no),
        event_dates=tuple(
            replace(dates, printed=printed(dates.printed)) for dates in record.event_dates
        ),
        activities=tuple(map(printed, record.activities)),
        hosts=tuple(
            Host(_if_any(printed, host.title), printed(host.name), printed(host.printed))
            for host in record.hosts
        ),
        questions=tuple(
            replace(
                item,
                printed_label=_if_any(printed, item.printed_label),
                session=_if_any(printed, item.session),
            )
            for item in record.questions
        ),
        narrative=tuple(
            replace(item, heading=_if_any(printed, item.heading)) for item in record.narrative
        ),
        other=tuple((printed(label), text) for label, text in record.other),
        notes=(*record.notes, note),
    )


def _if_any(printed: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else printed(text)
