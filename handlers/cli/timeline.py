"""What changed over time: `irbot timeline`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from bot.answering.figures import Difference
from bot.answering.library import Library
from bot.answering.responder import Responder
from bot.answering.timeline import Other, timeline
from bot.bootstrap import open_responder
from bot.config import Settings
from bot.errors import NotFoundError
from bot.message import Hit
from bot.record import Question, Record
from bot.wording.excerpts import few_words
from handlers.cli.output import echo_json, framed, say, say_words
from handlers.cli.settings import pass_settings_to_look


@click.command("timeline")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def timeline_(settings: Settings, id_: str, as_json: bool) -> None:
    responder = open_responder(settings)
    record, questions = _named(responder, id_)
    told = [_told(responder.library, record, question) for question in questions]
    if as_json:
        echo_json(told)
        return
    for item in told:
        if item["earlier"] or item["later"] or len(told) == 1:
            _say(item)
    if not any(item["earlier"] or item["later"] for item in told):
        say("没有在其他活动中问过同一事项", err=True)


def _named(responder: Responder, id_: str) -> tuple[Record, Sequence[Question]]:
    """A record that may be shown, and its questions or the one that is named."""
    record_id, mark, place = id_.partition("#")
    record = responder.library.record(record_id)
    if record is None:
        raise NotFoundError(record_id)
    number = place.partition(".")[0]
    question = record.question(int(number)) if number.isdecimal() else None
    if mark and question is None:
        raise NotFoundError(id_)
    return record, [question] if question else record.questions


def _told(library: Library, record: Record, question: Question) -> dict[str, Any]:
    """One question with the answers about its matter."""
    found = timeline(library, record, question)
    return {
        **_answer(found.own),
        "earlier": [_other(item) for item in found.earlier],
        "later": [_other(item) for item in found.later],
    }


def _other(item: Other) -> dict[str, Any]:
    return {**_answer(item.hit), "differences": [_difference(one) for one in item.differences]}


def _answer(hit: Hit) -> dict[str, Any]:
    return {
        "id": hit.id,
        "event_date": hit.record.event_date,
        "question": hit.question.question,
        "answer": hit.question.answer,
        "about": few_words(hit),
    }


def _difference(item: Difference) -> dict[str, Any]:
    return {
        "metric": item.metric or None,
        "before": {"period": item.before.period or None, "printed": item.before.printed},
        "after": {"period": item.after.period or None, "printed": item.after.printed},
    }


def _say(item: dict[str, Any]) -> None:
    say_words(f"{item['id']}  {item['event_date']}  {item['about']}")
    for side, name in (("earlier", "此前"), ("later", "此后")):
        for other in item[side]:
            say_words(f"  {framed(name)} {other['event_date']}  {other['id']}  {other['about']}")
            for told in other["differences"]:
                sides = f"{_side(told['before'])} → {_side(told['after'])}"
                say_words(f"      {told['metric'] or framed('日期')}：{sides}")


def _side(told: dict[str, Any]) -> str:
    return " ".join(filter(None, (told["period"], told["printed"])))


COMMANDS = (timeline_,)
