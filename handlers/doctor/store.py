"""The database: there, sound, writable, with something to show; and room for it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from bot.checks import Finding
from bot.config import Settings
from bot.delivery import checks as delivery
from bot.errors import BotError
from bot.indexing import checks as indexing
from bot.ingest import checks as ingest
from bot.ingest.verifying import verify_records
from bot.store import Shown, Store
from bot.store.checks import faults_of, try_writing
from bot.store.connection import telling

_LITTLE_BYTES = 500_000_000
_PROVING_S = 3.0  # the newest records; `irbot verify` takes all


def checks(settings: Settings) -> Iterator[Finding]:
    """The file, what it shows, what is searched, the clock beside it, the disk."""
    if settings.db.exists():
        yield from _database(settings)
    else:
        said = f"还没有 {settings.db}"
        todo = "导入：irbot import 文件或文件夹；若本来有，检查 IR_DB 和运行命令时所在的目录"
        yield Finding("数据库", False, said, todo)
    yield _disk(settings)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        with telling(settings.db):
            yield from _examined(settings)
    except BotError as error:
        yield Finding("数据库", False, str(error), "修复后再运行 irbot doctor")


def _examined(settings: Settings) -> Iterator[Finding]:
    """What is in the file, or the error that it meets first."""
    what = "数据库"
    store = Store(settings.db)
    if faults := faults_of(settings.db):
        todo = "停止服务，用最近的备份恢复：irbot restore 文件"
        yield Finding(what, False, f"{settings.db} 已损坏（{faults}）", todo)
        return
    try_writing(settings.db)
    yield Finding(what, True, f"{settings.db} 可读写，结构完好")
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
    folder = settings.db.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{folder} 剩余 {free / 1e9:.1f} GB"
    if free < _LITTLE_BYTES:
        return Finding("磁盘", False, said, "腾出空间；满盘时消息不能入库，也就不能作答")
    return Finding("磁盘", True, said)
