"""Answers whose dates pass: `irbot due`."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from bot.config import Settings
from bot.digest.expiry import SOON, Due, due
from bot.store import Store
from bot.wording.excerpts import few_words
from handlers.cli.output import echo_json, framed, say, say_words
from handlers.cli.settings import pass_settings_to_look


@click.command("due")
@click.option(
    "--within",
    type=click.IntRange(0, 36_500),
    default=SOON,
    show_default=True,
    help="今后多少天内到期的；已过的总是列出。",
)
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def due_(settings: Settings, within: int, as_json: bool) -> None:
    now = settings.now()
    shown = Store(settings.db).shown(now).stored
    found = due((item.record for item in shown), now.date(), within)
    if as_json:
        echo_json([_json(item, now.date()) for item in found])
        return
    for item in found:
        dates = "、".join(f"“{date.printed}”→{date.until}" for date in item.dates)
        state = framed("已过" if item.is_past(now.date()) else "将到")
        say_words(f"{item.first} {state}  {item.hit.id}  {dates}  {_about(item)}")
    if not found:
        say(f"没有已过或{within}天内到期的答复", err=True)


def _about(item: Due) -> str:
    if item.hit.question.is_narrative:
        return item.hit.question.session or framed("公司介绍")
    return few_words(item.hit)


def _json(item: Due, today: date) -> dict[str, Any]:
    return {
        "id": item.hit.id,
        "company_code": item.hit.record.company_code,
        "company_name": item.hit.record.company_name,
        "event_date": item.hit.record.event_date,
        "date": item.first.isoformat(),
        "passed": item.is_past(today),
        "dates": [
            {
                "printed": date.printed,
                "until": date.until.isoformat(),
                "passed": date.until < today,
            }
            for date in item.dates
        ],
        "question": item.hit.question.question,
    }


COMMANDS = (due_,)
