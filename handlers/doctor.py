"""`irbot doctor`: checks everything that is set up and says the next step."""

from __future__ import annotations

import shutil
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.checks import Finding
from bot.config import Settings
from bot.delivery import checks as delivery
from bot.digest import checks as digest
from bot.errors import BotError
from bot.indexing import checks as indexing
from bot.ingest import checks as ingest
from bot.store import Shown, Store
from bot.store.checks import is_sound
from bot.store.connection import telling
from handlers.chats import CHATS

_LITTLE_BYTES = 500_000_000
_TIMEOUT_S = 5


def checks(settings: Settings) -> Iterator[Finding]:
    """Every check in turn; a later one does not depend on an earlier one."""
    for remark in settings.remarks:
        yield Finding("设置", None, remark)
    yield from _database(settings)
    yield _disk(settings)
    yield from _undelivered(settings)
    yield from _digests(settings)
    hosts = dict.fromkeys(host for handler in CHATS for host in handler.hosts(settings))
    for host in hosts:
        yield _reach(host)
    for handler in CHATS:
        if handler.is_configured(settings):
            yield from handler.checks(settings)
    if not hosts:
        yield Finding(
            "聊天", None, "未配置 Slack 或企业微信，只有本地网页和命令行", "见 .env.example"
        )


def _database(settings: Settings) -> Iterator[Finding]:
    what = "数据库"
    try:
        with telling(settings.db):
            store = Store(settings.db)
            is_whole = is_sound(settings.db)
            shown = store.shown(settings.now())
            questions = store.how_many(shown.live)
            clock = delivery.clock(settings)
    except BotError as error:
        yield Finding(what, False, str(error), "修复后再运行 irbot doctor")
        return
    if not is_whole:
        yield Finding(what, False, f"{settings.db} 已损坏", "停止服务，用最近的备份恢复")
        return
    yield Finding(what, True, f"{settings.db} 可读写，结构完好")
    yield _shown(shown, questions)
    yield from ingest.checks(store, settings.e5_onnx)
    yield from indexing.checks(store)
    yield clock


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


def _disk(settings: Settings) -> Finding:
    folder = settings.db.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{folder} 剩余 {free / 1e9:.1f} GB"
    if free < _LITTLE_BYTES:
        return Finding("磁盘", False, said, "腾出空间；满盘时消息不能入库，也就不能作答")
    return Finding("磁盘", True, said)


def _undelivered(settings: Settings) -> Iterator[Finding]:
    try:
        with telling(settings.db):
            yield from delivery.checks(settings)
    except BotError:
        return  # said already


def _digests(settings: Settings) -> Iterator[Finding]:
    try:
        with telling(settings.db):
            yield from digest.checks(settings, Store(settings.db))
    except BotError:
        return  # said already


def _reach(url: str) -> Finding:
    """Any answer at all proves the way, the proxy and the certificate."""
    parts = urlsplit(url)
    what = f"网络 {parts.hostname}"
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    try:
        urllib.request.urlopen(f"{scheme}://{parts.netloc}/", timeout=_TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        error.close()  # it answered
    except (OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        said, todo = _fault(cause)
        return Finding(what, False, said, todo)
    return Finding(what, True, "可以连接")


def _fault(cause: object) -> tuple[str, str]:
    match cause:
        case socket.gaierror():
            return "查不到这个主机名", "检查 DNS，或需要代理时设 HTTPS_PROXY"
        case ssl.SSLError():
            return "证书不受信任", "公司代理换发证书时，把其根证书设入 SSL_CERT_FILE"
        case TimeoutError():
            return f"{_TIMEOUT_S} 秒内没有应答", "检查防火墙，或需要代理时设 HTTPS_PROXY"
        case _:
            return f"连接失败（{type(cause).__name__}）", "检查网络、防火墙和代理设置"
