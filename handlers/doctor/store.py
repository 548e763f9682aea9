"""The database: there, sound, writable, with something to show; and room for it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bot.checks import Finding
from bot.config import Settings
from bot.delivery import checks as delivery
from bot.errors import BotError
from bot.indexing import checks as indexing
from bot.ingest import checks as ingest
from bot.ingest.verifying import verify_records
from bot.postgres_url import PostgresUrl
from bot.store import Shown, Store
from bot.store.checks import faults_of, try_writing
from bot.store.connection import is_there, telling
from handlers.doctor import server

_LITTLE_BYTES = 500_000_000
_WHAT = "数据库"
_PROVING_S = 3.0  # the newest records; `irbot verify` takes all


def checks(settings: Settings) -> Iterator[Finding]:
    """The server or the file, what it shows, what is searched, the clock beside it, the disk."""
    try:
        with telling(settings.db):
            yield from _database(settings)
    except BotError as error:
        yield Finding(_WHAT, False, str(error), "修复后再运行 irbot doctor")
    yield _disk(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    """What is there, or the error that it meets first."""
    if isinstance(settings.db, PostgresUrl):
        yield from server.checks(settings.db)
    if is_there(settings.db):
        yield from _examined(settings)
        return
    said = f"还没有 {settings.db}"
    todo = "导入：irbot import 文件或文件夹；若本来有，检查 IR_DB 和运行命令时所在的目录"
    if isinstance(settings.db, PostgresUrl):
        said = f"{settings.db} 里还没有 irbot 的表"
        todo = "从 SQLite 搬来：irbot migrate 文件；或导入：irbot import 文件"
    yield Finding(_WHAT, False, said, todo)


def _examined(settings: Settings) -> Iterator[Finding]:
    store = Store(settings.db)
    is_file = isinstance(settings.db, Path)
    if is_file and (faults := faults_of(store.path)):
        todo = "停止服务，用最近的备份恢复：irbot restore 文件"
        yield Finding(_WHAT, False, f"{settings.db} 已损坏（{faults}）", todo)
        return
    try_writing(settings.db)
    said = "可读写，结构完好" if is_file else "可读写，表是这一版的"
    yield Finding(_WHAT, True, f"{settings.db} {said}")
    shown = store.shown(settings.now())
    yield _shown(shown, store.how_many(shown.live))
    yield from _proof(store)
    yield from ingest.checks(store, settings.e5_onnx)  # word lists, meaning
    yield from indexing.checks(store)
    yield delivery.clock(settings)


def _shown(shown: Shown, questions: int) -> Finding:
    what = "记录"
    rest = f"；另有 {shown.absent} 份不在答复里" if shown.absent else ""
    if shown.briefs:
        said = f"可显示 {len(shown.briefs)} 份记录、{questions} 个问题{rest}"
        return Finding(what, True, said)
    if shown.absent:
        todo = "查看原因和恢复的命令：irbot records"
        return Finding(what, False, f"{shown.absent} 份记录都不在答复里", todo)
    return Finding(what, False, "没有可显示的记录", "导入：irbot import 文件或文件夹")


def _proof(store: Store) -> Iterator[Finding]:
    """Stored words against their documents, as far as a moment lasts; tables take longer."""
    what = "原文核对"
    until = time.monotonic() + _PROVING_S
    proven, rest = 0, ""
    for stored in store.newest_records():
        if time.monotonic() > until:
            rest = "（其余未及核对，全部核对：irbot verify）"
            break
        if stored.record.is_from_table:
            continue
        for checked in verify_records(store, stored.record.id):
            if checked.differences:
                said = f"{checked.record_id}：{checked.differences[0]}"
                yield Finding(what, False, said, checked.todo)
            else:
                proven += 1
    if proven:
        yield Finding(what, True, f"{proven}份记录的文字与源文件一致{rest}")


def _disk(settings: Settings) -> Finding:
    folder = settings.folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{folder} 剩余 {free / 1e9:.1f} GB"
    if free < _LITTLE_BYTES:
        return Finding("磁盘", False, said, "腾出空间；满盘时消息不能入库，也就不能作答")
    return Finding("磁盘", True, said)
