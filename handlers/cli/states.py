"""What is the case of a record, in Chinese lines for the desk."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.config import Settings
from bot.store import EVERYTHING, Publication, State, Store
from handlers.cli.output import say

_KINDS = {
    "withdrawn": "已撤下",
    "held": "已暂停展示",
    "paused": "已暂停答复",
    "superseded": "已被取代",
    "draft": "草稿，未公布",
    "scheduled": "待公布",
    "corrected": "已更正",
}


def told_publication(publication: Publication, zone: tzinfo, now: datetime) -> str:
    """`为草稿`, `将于 2026-12-01 09:00 公布` …"""
    if publication.is_draft:
        return "为草稿，未公布"
    if publication.at is None:
        return "已公布，时刻未知"
    at = f"{publication.at.astimezone(zone):%Y-%m-%d %H:%M}"
    return f"已于 {at} 公布" if publication.is_public(now) else f"将于 {at} 公布"


def told_state(state: State, zone: tzinfo) -> str:
    """`已暂停展示 300253/2025-002#24（王芳 2026-11-26 15:00：静默期）；恢复：irbot release …`"""
    target = "全部公司" if state.target == EVERYTHING else state.target
    version = f" 第{state.version}版" if state.version else ""
    by = " ".join(
        filter(None, [state.who, f"{state.at.astimezone(zone):%Y-%m-%d %H:%M}" if state.at else ""])
    )
    why = "：".join(filter(None, [by, state.reason]))
    until = ""
    if state.until:
        at = f"{state.until.astimezone(zone):%Y-%m-%d %H:%M}"
        until = f"，{at} 公布" if state.kind == "scheduled" else f"，到 {at} 自动恢复"
    todo = "公布" if state.kind in ("draft", "scheduled") else "恢复"
    return (
        f"{_KINDS[state.kind]} {target}{version}{f'（{why}）' if why else ''}{until}"
        f"；{todo}：{state.todo}"
    )


def still_hidden(store: Store, target: str, settings: Settings) -> None:
    """Say what keeps it out of replies nevertheless."""
    record_id, _, place = target.partition("#")
    now = settings.now()
    stored = store.record(record_id, now)
    states = [
        *store.states(stored, now),
        *(store.states_of_units(stored).get(place, ()) if place else ()),
    ]
    for state in states:
        if state.kind != "corrected":
            say(f"  注意：{told_state(state, settings.tz)}", err=True)
