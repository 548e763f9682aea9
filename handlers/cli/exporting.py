"""`irbot export`: records, questions and what people decided, as CSV and JSON.

JSON holds the contract's objects, every word as it is stored. CSV is for spreadsheets, which take
what begins with = + - @ for a formula: such a cell gets a ' before it, and so does one that begins
with a ' itself, so that taking one ' off gives back the words to the letter.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from bot.config import Settings
from bot.errors import BotError, one_line, reason
from bot.store import Store, Stored
from bot.store.exports import QUERIES, QUERIES_OF_TEXTS, columns, exported
from handlers.cli.output import say
from handlers.cli.settings import pass_settings
from handlers.json_output import record_json, states_json, stored_question_json

_MANIFEST = "export.json"
_CSV_NOTE = "单元格以 ' 开头时去掉这一个 ' 就是原文（防止表格软件当作公式执行）"
_FORMULA = tuple("=+-@＝＋－＠\t\r\n'")

Item = TypeVar("Item")


@dataclass(frozen=True)
class _Sheet:
    """One table of the export, as two files."""

    name: str
    objects: Callable[[], Iterable[dict[str, Any]]]
    columns: tuple[str, ...] = ()  # of the CSV; empty: all that the first object has
    left_out: tuple[str, ...] = ()  # of the CSV


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--with-texts", is_flag=True, help="也导出提问人写的文字：未答上的提问、反馈留言。")
@pass_settings
def export(settings: Settings, folder: Path, with_texts: bool) -> None:
    store = Store(settings.db)
    earlier = _earlier(folder)
    sheets = _sheets(store, with_texts, settings.now())
    names = [f"{sheet.name}.{kind}" for sheet in sheets for kind in ("csv", "json")]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = {"irbot": "export", "made_at": settings.now().isoformat(timespec="seconds")}
        _write_manifest(folder, {**made, "complete": False, "files": names})
        rows = {sheet.name: _write(folder, sheet) for sheet in sheets}
        for name in earlier - {*names, _MANIFEST}:
            (folder / name).unlink(missing_ok=True)
        _write_manifest(
            folder,
            {**made, "complete": True, "csv": _CSV_NOTE, "files": names, "rows": rows},
        )
    except OSError as error:
        raise BotError(f"{folder}：无法写入（{reason(error)}）；导出没有完成") from error
    told = "、".join(f"{name} {count}" for name, count in rows.items())
    say(f"已导出到 {folder}：{told}", err=True)


def _earlier(folder: Path) -> set[str]:
    """The files of an earlier export there.

    Raises:
        BotError: Something else is in the folder; it is left as it is.
    """
    if not folder.exists():
        return set()
    if not folder.is_dir():
        raise BotError(f"{folder} 不是文件夹；请写另一个名字")
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        known = {_MANIFEST, *manifest["files"]} if manifest["irbot"] == "export" else set()
    except (OSError, ValueError, KeyError, TypeError):
        known = set()
    known |= {f"{name}.partial" for name in known}
    there = {path.name for path in folder.iterdir()}
    if strange := sorted(there - known):
        raise BotError(
            f"{folder} 里有不是导出的文件（{one_line(strange[0])}），未作改动；"
            "请写一个空的或新的文件夹"
        )
    return there


def _sheets(store: Store, with_texts: bool, now: datetime) -> list[_Sheet]:
    records = store.records(now)
    queries = {**QUERIES, **(QUERIES_OF_TEXTS if with_texts else {})}
    return [
        _Sheet(
            "records", partial(_records, store, records, now), left_out=("questions", "versions")
        ),
        _Sheet("questions", partial(_questions, store, records, now)),
        *(
            _Sheet(name, partial(exported, store, query), columns(store, query))
            for name, query in queries.items()
        ),
    ]


def _records(store: Store, records: Sequence[Stored], now: datetime) -> Iterator[dict[str, Any]]:
    for stored in _with_progress(records):
        versions = store.versions(stored.record.id, now)
        whole, units = store.states(stored, now), store.states_of_units(stored)
        yield record_json(stored, versions, whole, units)


def _questions(store: Store, records: Sequence[Stored], now: datetime) -> Iterator[dict[str, Any]]:
    for stored in records:
        whole, units = store.states(stored, now), store.states_of_units(stored)
        for question in stored.record.questions:
            states = states_json([*whole, *units.get(question.place, ())])
            yield {**stored_question_json(stored.record, question), **states}


def _with_progress(items: Sequence[Item]) -> Iterator[Item]:
    if len(items) < 3 or not sys.stderr.isatty():
        yield from items
        return
    with click.progressbar(items, label="导出", file=sys.stderr) as progress:
        yield from progress


# Files


def _write(folder: Path, sheet: _Sheet) -> int:
    """Both files of a sheet, whole or as they were; returns how many rows they have."""
    paths = [folder / f"{sheet.name}.{kind}" for kind in ("csv", "json")]
    partly = [path.with_name(f"{path.name}.partial") for path in paths]
    with ExitStack() as files:
        table, objects = (files.enter_context(_opened(path)) for path in partly)
        count = _write_rows(table, objects, sheet)
    for path, whole in zip(partly, paths, strict=True):
        path.replace(whole)
    return count


def _write_rows(table: TextIO, objects: TextIO, sheet: _Sheet) -> int:
    table.write("\ufeff")  # by which spreadsheets know UTF-8
    lines = csv.writer(table, quoting=csv.QUOTE_ALL)
    names = sheet.columns
    if names:
        lines.writerow(names)
    count = 0
    objects.write("[")
    for count, item in enumerate(sheet.objects(), 1):
        objects.write(",\n" if count > 1 else "\n")
        objects.write(json.dumps(item, ensure_ascii=False))
        if not names:
            names = tuple(name for name in item if name not in sheet.left_out)
            lines.writerow(names)
        lines.writerow([_cell(item.get(name)) for name in names])
    objects.write("\n]\n")
    return count


def _cell(value: Any) -> str:
    """A value as a spreadsheet shows it and never runs it."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = "\n".join(value)
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if value.startswith(_FORMULA) else value


def _write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    partly = folder / f"{_MANIFEST}.partial"
    with _opened(partly) as file:
        json.dump(manifest, file, ensure_ascii=False, indent=2)
    partly.replace(folder / _MANIFEST)


def _opened(path: Path) -> TextIO:
    """A new file for its owner alone."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path.open("w", encoding="utf-8", newline="")


COMMANDS = (export,)
