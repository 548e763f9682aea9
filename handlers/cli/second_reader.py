"""`irbot eval --reader`: the second reader on phrasings of one's own, and whether it may count."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from math import exp
from typing import Any

import click

from bot.answering.responder import Responder
from bot.bootstrap import second_reader
from bot.config import Settings
from bot.errors import BotError
from bot.evaluating import Query, beside, report
from bot.evaluating.second_reader import Measured, measure
from bot.store import Store

_SAID = {
    "sure": "有把握地选它",
    "unsure": "选它而把握不大",
    "another": "选了别的",
    "none": "说都不是",
}
_OF = {"first": "第1条候选", "other": "其他候选"}


def try_reader(settings: Settings, responder: Responder, queries: Sequence[Query]) -> Measured:
    """Measure it, and keep what was found.

    Raises:
        BotError: There is none.
    """
    store = Store(settings.db)
    reader = second_reader(settings, store, settings.now)
    if reader is None:
        raise BotError("没有设置第二读者；见 .env.example 的 IR_READER_URL 和 IR_READER_MODEL")
    measured = measure(responder, reader, queries, settings.caution, _told_of(len(queries)))
    worth = asdict(measured.worth)
    store.add_reader_trial(reader.name, settings.caution, worth, measured.refused, settings.now())
    return measured


def _told_of(total: int) -> Any:
    """Shows how far it is, to a person at a terminal."""

    def tell(done: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done}/{total}", err=True, nl=done == total)

    return tell


def told(settings: Settings, measured: Measured) -> str:
    """What was found, for a person; the verdict last."""
    heard = sum(reading.opinion is not None for reading in measured.readings)
    lines = [
        beside(measured.alone, measured.together, "第二读者"),
        "",
        f"匹配未定时问了它{len(measured.readings)}次，得到{heard}个意见。"
        "提问分成五份，“有时”的各数，每份用其余四份定下的分量。",
        f"全部提问定下的分量（IR_CAUTION={settings.caution}）：",
    ]
    for of, own in asdict(measured.worth).items():
        weights = [f"{_SAID[said]} ×{exp(added):.2g}" for said, added in own.items() if added]
        lines.append(f"  {_OF[of]}的赔率：{'，'.join(weights) or '不变'}")
    return "\n".join([*lines, "", _verdict(settings, measured)])


def _verdict(settings: Settings, measured: Measured) -> str:
    if measured.refused:
        return f"不启用，意见仍只看不用。{measured.refused}"
    if settings.reader_use == "use":
        return "检验通过，意见从现在起计入结果。"
    return "检验通过，可以启用：IR_READER=use"


def reader_json(settings: Settings, measured: Measured) -> dict[str, Any]:
    """What was found, for a program; the replies with it are the report around this."""
    heard = sum(reading.opinion is not None for reading in measured.readings)
    return {
        "model": settings.reader_model,
        "caution": settings.caution,
        "asked": len(measured.readings),
        "opinions": heard,
        "worth": asdict(measured.worth),
        "refused": measured.refused or None,
        "alone": report(measured.alone),
    }
