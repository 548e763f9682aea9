"""`irbot log`: who changed what of what the bot says, and what undoes it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

import click

from bot.config import Settings
from bot.errors import NotFoundError
from bot.store import EVERYTHING, Change, Publication, Store
from handlers.cli.output import Instant, echo_json, in_zone, say
from handlers.cli.settings import pass_settings
from handlers.cli.states import told_publication

_WHAT = {
    "import": "收录",
    "replace": "更正",
    "restore-version": "改回",
    "supersede": "取代",
    "publish": "公布",
    "withdraw": "撤下",
    "withdraw undone": "恢复（撤下）",
    "hold": "暂停展示",
    "release": "恢复展示",
    "pause": "暂停答复",
    "resume": "恢复答复",
}


@click.command()
@click.argument("id_", metavar="[ID]", required=False, default="")
@click.option("--since", type=Instant(), metavar="INSTANT", help="只列此刻以来的。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def log(settings: Settings, id_: str, since: datetime | None, as_json: bool) -> None:
    store = Store(settings.db)
    begin = in_zone(since, settings.tz) if since else None
    found = [
        change
        for change in store.changes(_as_stored(store, id_))
        if begin is None or change.at >= begin
    ]
    if as_json:
        echo_json([_json(change) for change in found])
        return
    for change in found:
        _say(change, settings.tz, settings.now())
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


def _say(change: Change, zone: tzinfo, now: datetime) -> None:
    what = _WHAT.get(change.what, change.what)
    target = "全部公司" if change.target == EVERYTHING else change.target
    told = "，".join(_told(change.detail, zone, now))
    say(
        f"{change.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {change.who or '（未记名）'}  "
        f"{what} {target}{f'  {told}' if told else ''}"
    )
    if undo := undo_of(change):
        say(f"    撤销：{undo}")


def _told(detail: Mapping[str, Any], zone: tzinfo, now: datetime) -> list[str]:
    """What is known of a change, in a person's words."""
    found = []
    for name, value in detail.items():
        match name, value:
            case _, None | "" | False:
                pass
            case "version", _:
                found.append(f"第{value}版")
            case "of", _:
                found.append(f"与第{value}版相同")
            case "by", _:
                found.append(f"由 {value}")
            case "before", {"is_draft": _}:
                found.append(f"原{told_publication(Publication.of(value), zone, now)}")
            case "after", {"is_draft": _}:
                found.append(f"现{told_publication(Publication.of(value), zone, now)}")
            case "published_at", _:
                found.append(told_publication(Publication.of(detail), zone, now))
            case "is_draft", _:
                found.append("草稿")
            case "until", _:
                found.append(f"到 {datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M}")
            case "undo", _:
                pass
            case (("file" | "reason"), _):
                found.append(str(value))
            case _:
                found.append(f"{name}={value}")
    return found


def undo_of(change: Change) -> str:
    """The command that takes a change back; what others note may bring its own."""
    target, reason = change.target, shlex.quote(change.detail.get("reason") or "撤销")
    company = "" if target == EVERYTHING else f" --company {target}"
    end = change.detail.get("until")
    until = f" --until {datetime.fromisoformat(end).isoformat()}" if end else ""
    version = change.detail.get("version") or 0
    match change.what:
        case "import":
            return f"irbot withdraw {target} --reason 撤销收录"
        case "replace" | "restore-version" if version > 1:
            return f"irbot restore-version {target} {version - 1}"
        case "supersede":
            return f"irbot restore-version {target} {version}"
        case "publish":
            return f"irbot publish {target} --undo"
        case "withdraw":
            return f"irbot withdraw {target} --undo"
        case "withdraw undone":
            return f"irbot withdraw {target} --reason {reason}"
        case "hold":
            return f"irbot release {target}"
        case "release":
            return f"irbot hold {target} --reason {reason}"
        case "pause":
            return f"irbot resume{company}"
        case "resume":
            return f"irbot pause{company}{until} --reason {reason}"
        case _:
            return str(change.detail.get("undo", ""))


def _json(change: Change) -> dict[str, Any]:
    return {
        "at": change.at.isoformat(),
        "who": change.who,
        "what": change.what,
        "target": change.target,
        "detail": change.detail,
        "undo": undo_of(change) or None,
    }


COMMANDS = (log,)
