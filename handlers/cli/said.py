"""What the bot said: `irbot said`, for a desk that corrects, and for who must prove it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from bot.config import Settings
from bot.errors import BotError, NotFoundError, reason
from bot.store import Store
from bot.store.evidence import Shown, digest_of
from bot.store.since_shown import Since, SinceShown
from bot.typed import plain
from bot.wording.texts import Texts
from handlers.cli.output import Day, echo_json, framed, say, say_words
from handlers.cli.settings import pass_settings_to_look
from handlers.cli.states import told_state

_NOT_SHOWN = {"failed", "late"}
_CLOCKS_S = 1.0  # apart by more than that, both are told
_HASH = 16  # of the text's hash, where a line is read


@dataclass(frozen=True)
class _Told:
    """One row with what became of its words."""

    shown: Shown
    since: Since


@click.command()
@click.option("--question", "id_", metavar="ID", default="", help="一个问题，或一份记录。")
@click.option("--date", "day", type=Day(), help="哪一天显示的。")
@click.option("--before", is_flag=True, help="只列后来被更正，或现已不再显示的。")
@click.option(
    "--text",
    "file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="核对：这个文件里的整段回复是否显示过（- 为标准输入）。",
)
@click.option("--csv", "as_csv", is_flag=True, help="向标准输出写 CSV。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def said(
    settings: Settings,
    id_: str,
    day: date | None,
    before: bool,
    file: Path | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    if as_csv and as_json:
        raise click.UsageError("--csv 和 --json 只能选一个")
    store = Store(settings.db)
    begin = datetime.combine(day, time(), settings.tz) if day else None
    rows = store.evidence(
        _target(store, id_) if id_ else "",
        begin,
        begin + timedelta(days=1) if begin else None,
        digest_of(_text(file)) if file else "",
    )
    since = SinceShown(store, settings.now())
    told = [_Told(shown, since.of(shown)) for shown in rows]
    if before:
        told = [item for item in told if item.since.became]
    if as_json:
        echo_json([_fields(item, settings.tz) for item in told])
    elif as_csv:
        _write_csv([_fields(item, settings.tz) for item in told])
    else:
        _say(told, settings.tz, Texts(settings.lang))
    if file and not told:
        raise BotError("没有显示过与这段文字逐字相同的回复")


def _target(store: Store, id_: str) -> str:
    """The id as it is stored, also of a question that no version has any more."""
    record_id, mark, place = id_.partition("#")
    place = plain(place)
    stored = store.record(record_id).record
    if not mark:
        return stored.id
    number = place.partition(".")[0]
    if not any(
        store.version(stored.id, version.number).unit(number)
        for version in store.versions(stored.id)
    ):
        raise NotFoundError(id_)
    return f"{stored.id}#{place}"


def _text(file: Path) -> str:
    """What is to be looked for; an editor ends a file with a line break that no reply has."""
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise BotError(f"{file}：读不了（{reason(error)}）") from error
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return text.rstrip("\n")


# For a person


def _say(told: list[_Told], tz: tzinfo, texts: Texts) -> None:
    """By what was shown, and of each the chats that were shown it."""
    groups: dict[tuple[object, ...], list[_Told]] = {}
    for item in told:
        shown = item.shown
        key = (shown.target, shown.places, shown.version)
        groups.setdefault(key, []).append(item)
    for group in groups.values():
        _say_words(group[0], tz)
        for item in group:
            say_words(f"    {_line(item.shown, tz, texts)}")
        say()
    if not told:
        say("没有显示过", err=True)


def _say_words(item: _Told, tz: tzinfo) -> None:
    shown, since = item.shown, item.since
    places = f"（{_listed(shown.places)}）" if shown.places else ""
    file = f"{shown.file or '（来源不明）'}，SHA-256 {shown.source}"
    say(f"{shown.target}{places} 第{shown.version}版，出自 {file}")
    if since.became == "corrected" and since.corrected_at:
        at = since.corrected_at.astimezone(tz)
        say(f"  已更正：{at:%Y-%m-%d %H:%M:%S} 起为第{since.version}版")
    for state in since.hidden_by:
        say(f"  现已不再显示：{told_state(state, tz)}")
    if shown.places or "#" not in shown.target:  # a page or a digest: `irbot show` has its words
        return
    for question, answer in since.words:
        if question:
            say_words(f"  {framed('投资者问：')}{question}")
        say_words(f"  {framed('公司答：' if question else '公司介绍：')}{answer}")


def _listed(places: Sequence[str]) -> str:
    """`1–31、p1–p4`."""
    runs: list[list[str]] = []
    for place in places:
        if runs and place == _next(runs[-1][-1]):
            runs[-1].append(place)
        else:
            runs.append([place])
    return "、".join(run[0] if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _next(place: str) -> str:
    digits = place.removeprefix("p")
    return f"{place[: -len(digits)]}{int(digits) + 1}"


def _line(shown: Shown, tz: tzinfo, texts: Texts) -> str:
    at = f"{shown.at.astimezone(tz):%Y-%m-%d %H:%M:%S}"
    if abs((shown.at - shown.real_at).total_seconds()) > _CLOCKS_S:
        at += framed(f"（实际 {shown.real_at.astimezone(tz):%Y-%m-%d %H:%M:%S}）")
    where = " ".join(filter(None, (shown.platform, shown.workspace, shown.channel)))
    parts = [at, where, texts.text(f"proof, {shown.kind}"), texts.text(f"fate, {shown.fate}")]
    if shown.times > 1:
        parts.append(framed(f"{shown.times}次，到 {shown.last_at.astimezone(tz):%H:%M:%S}"))
    return "  ".join((*parts, framed(f"全文 {shown.text[:_HASH]}")))


# For programs


def _fields(item: _Told, tz: tzinfo) -> dict[str, Any]:
    shown, since = item.shown, item.since
    return {
        "at": _instant(shown.at, tz),
        "real_at": _instant(shown.real_at, tz),
        "platform": shown.platform,
        "workspace": shown.workspace,
        "channel": shown.channel,
        "kind": shown.kind,
        "question_id": shown.target,
        "places": list(shown.places),
        "version": shown.version,
        "file": shown.file,
        "source_sha256": shown.source,
        "text_sha256": shown.text,
        "matcher": shown.matcher,
        "fate": shown.fate,
        "was_shown": None if shown.fate in ("unknown", "waiting") else shown.fate not in _NOT_SHOWN,
        "times": shown.times,
        "last_at": _instant(shown.last_at, tz),
        "became": since.became or None,
        "corrected_at": _instant(since.corrected_at, tz),
        "corrected_by_version": since.version,
        "hidden_by": [
            {
                "state": state.kind,
                "id": state.target,
                "who": state.who or None,
                "at": _instant(state.at, tz),
                "reason": state.reason or None,
            }
            for state in since.hidden_by
        ],
        "words": [{"question": question, "answer": answer} for question, answer in since.words]
        if "#" in shown.target
        else [],
    }


def _instant(at: datetime | None, tz: tzinfo) -> str | None:
    return at.astimezone(tz).isoformat(timespec="seconds") if at else None


def _write_csv(rows: list[dict[str, Any]]) -> None:
    """With a mark by which Excel knows the encoding."""
    sys.stdout.write("\ufeff")
    columns = [*_COLUMNS, "question", "answer"]
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(map(_flat, rows))


_COLUMNS = (
    "at",
    "real_at",
    "platform",
    "workspace",
    "channel",
    "kind",
    "question_id",
    "places",
    "version",
    "file",
    "source_sha256",
    "text_sha256",
    "matcher",
    "fate",
    "was_shown",
    "times",
    "last_at",
    "became",
    "corrected_at",
    "corrected_by_version",
    "hidden_by",
)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    words: Iterator[dict[str, str]] = iter(row["words"])
    only = next(words, {"question": "", "answer": ""})
    by = " ".join(state["state"] for state in row["hidden_by"])
    return {**row, "places": " ".join(row["places"]), "hidden_by": by, **only}


COMMANDS = (said,)
