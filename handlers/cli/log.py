"""`irbot log`: who changed what of what the bot says, and what undoes it."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import click

from bot.config import Settings
from bot.errors import NotFoundError
from bot.store import Change, Store
from bot.wording.texts import Texts
from handlers.changes import Told, undo_of
from handlers.cli.output import Instant, echo_json, in_zone, say, say_words
from handlers.cli.settings import pass_settings_to_look


@click.command()
@click.argument("id_", metavar="[ID]", required=False, default="")
@click.option("--since", type=Instant(), metavar="INSTANT", help="只列此刻以来的。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def log(settings: Settings, id_: str, since: datetime | None, as_json: bool) -> None:
    store = Store(settings.db)
    begin = in_zone(since, settings.tz) if since else None
    found = [
        change
        for change in store.changes(_as_stored(store, id_))
        if begin is None or change.at >= begin
    ]
    if as_json:
        echo_json([_json(change, store) for change in found])
        return
    told = Told(Texts(settings.lang), settings.now())
    for change in found:
        _say(change, store, told, settings.tz)
    if not found:
        say("没有这样的变动", err=True)


def _as_stored(store: Store, typed: str) -> str:
    """An id in its stored spelling; a company's code and other targets as they were typed."""
    record_id, mark, place = typed.partition("#")
    if "/" not in record_id:
        return typed
    try:
        return store.record(record_id).record.id + mark + place
    except NotFoundError:
        return typed  # the journal may be of other things than records


def _say(change: Change, store: Store, told: Told, zone: tzinfo) -> None:
    details = told.texts.text("fact mark").join(told.details(change))
    say_words(
        f"{change.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {told.who(change)}  "
        f"{told.what(change)} {told.target(change)}{f'  {details}' if details else ''}"
    )
    if undo := undo_of(change, store):
        say(f"    撤销：{undo}")


def _json(change: Change, store: Store) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "who": change.who,
        "what": change.what,
        "target": change.target,
        "detail": change.detail,
        "undo": undo_of(change, store) or None,
    }


COMMANDS = (log,)
