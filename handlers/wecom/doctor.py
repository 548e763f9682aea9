"""What `irbot doctor` finds about WeCom's smart bot."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from bot.checks import Finding
from bot.config import Settings
from bot.errors import SettingsError, reason
from bot.sealing import Seal
from bot.store.connection import is_there
from bot.store.installations import Installations
from handlers.wecom.connection import Connection
from handlers.wecom.credentials import PLATFORM, check, is_configured
from handlers.wecom.lease import FileLease, is_held_by_replica

_NAMED = 20  # bots in one line
_CONSOLE = "管理后台该智能机器人的“使用长连接”一栏"


def checks(settings: Settings, wait_s: float = 10.0) -> Iterator[Finding]:
    """Check settings and connection; nothing where the smart bot is not set up.

    Subscribing ends any other connection of the bot, so it is left out while a process of this
    machine, or one that shares the database's server, holds one.

    Args:
        settings: As for `serve`.
        wait_s: For the gateway.
    """
    if not is_configured(settings):
        return
    try:
        check(settings)
    except SettingsError as error:
        yield Finding("企业微信凭证", False, str(error), "改正 .env 后再运行 irbot doctor")
        return
    if settings.wecom_bot_id:
        yield names(settings)
        yield _connected(settings, wait_s)
    yield from _added(settings)


def _added(settings: Settings) -> Iterator[Finding]:
    """Whether the secrets of the bots that were added can be opened; connecting would end the
    connection of whoever serves them."""
    what = "企业微信添加的机器人"
    if not settings.secret_keys or not is_there(settings.db):
        return
    stored = Installations(settings.db, Seal(settings.secret_keys))
    found = stored.of(PLATFORM)
    sealed = [one.workspace for one in found if not stored.opens(one)]
    if sealed:
        said = f"{len(sealed)} 个的 Secret 打不开：{'、'.join(sealed[:_NAMED])}"
        todo = "把加密它们时用的密钥加到 IR_SECRET_KEY 后面，以逗号隔开；找不回来就移除后再添加"
        yield Finding(what, False, said, todo)
    elif found:
        yield Finding(what, True, f"{len(found)} 个，Secret 都能打开；是否连上见日志")


def names(settings: Settings) -> Finding:
    """Whether the bot can tell a mention from what is asked."""
    what = "企业微信机器人显示名"
    if settings.wecom_bot_names:
        return Finding(what, True, "、".join(settings.wecom_bot_names))
    return Finding(
        what,
        None,
        "未设 WECOM_BOT_NAMES：群消息里 @ 后紧跟文字、没有空格时，分不清机器人名和问题",
        "把机器人的显示名填入 WECOM_BOT_NAMES，改过名的，新旧都填，用逗号分开",
    )


def _connected(settings: Settings, wait_s: float) -> Finding:
    what = "企业微信长连接"
    lease = FileLease(settings.wecom_bot_id, settings.folder)
    try:
        if is_held_by_replica(settings.db, settings.wecom_bot_id) or not lease.take():
            return Finding(what, True, "正由运行中的 irbot 持有，未另行连接，以免把它踢下线")
    except OSError as error:
        todo = "检查 IR_DB 所在目录和系统临时目录的权限"
        return Finding(what, False, f"无法写锁文件（{reason(error)}）", todo)
    logging.getLogger("handlers.wecom").setLevel(logging.CRITICAL)  # said here instead
    connection = Connection(
        settings.wecom_ws_url,
        settings.wecom_bot_id,
        settings.wecom_bot_secret,
        lease,
        lambda *_: None,
    )
    connection.start()
    try:
        until = time.monotonic() + wait_s
        while connection.state == "connecting" and not connection.trouble:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        state, trouble = connection.state, connection.trouble
    finally:
        connection.stop()
        logging.getLogger("handlers.wecom").setLevel(logging.NOTSET)
    if state == "connected":
        return Finding(what, True, f"已连接 {settings.wecom_ws_url} 并通过验证")
    if state == "failed":
        return Finding(
            what,
            False,
            "企业微信不认 WECOM_BOT_ID 和 WECOM_BOT_SECRET（853000）",
            f"从{_CONSOLE}重新复制；Secret 只用长连接的那一个",
        )
    return Finding(
        what,
        False,
        f"连不上 {settings.wecom_ws_url}（{trouble or '超时'}）",
        "检查本机能否访问该地址；经代理的设 HTTPS_PROXY，自有证书的设 SSL_CERT_FILE",
    )
