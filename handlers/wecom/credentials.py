"""What WeCom's smart bot needs in the settings, looked at without the network."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.config import Settings
from bot.errors import SettingsError

PLATFORM = "wecom"


def is_configured(settings: Settings) -> bool:
    """Whether any of the smart bot's credentials is set, or others may be added."""
    return bool(settings.wecom_bot_id or settings.wecom_bot_secret or settings.secret_keys)


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where the smart bot is not set up."""
    return [settings.wecom_ws_url] if settings.wecom_bot_id else []


def callbacks(settings: Settings) -> dict[str, str]:
    """Nothing: it connects itself."""
    return {}


def check(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed.
    """
    bot_id, secret = settings.wecom_bot_id, settings.wecom_bot_secret
    for name, value, other in (
        ("WECOM_BOT_ID", bot_id, "WECOM_BOT_SECRET"),
        ("WECOM_BOT_SECRET", secret, "WECOM_BOT_ID"),
    ):
        if (bot_id or secret) and not value:
            raise SettingsError(
                f"已设 {other}，但缺 {name}；两项都在管理后台该智能机器人的“使用长连接”一栏"
            )
    if bot_id:
        check_bot(bot_id, secret)
    if not _is_safe(settings.wecom_ws_url):
        raise SettingsError(
            "WECOM_WS_URL 应为 wss:// 开头的地址，例如 wss://openws.work.weixin.qq.com"
            "（ws:// 只用于本机测试）"
        )


def check_bot(bot_id: str, secret: str) -> None:
    """Look at the credentials of a bot.

    Raises:
        SettingsError: They are none.
    """
    for name, value in (("WECOM_BOT_ID", bot_id), ("WECOM_BOT_SECRET", secret)):
        if not re.fullmatch(r"[\w+/=.:-]{1,256}", value, re.ASCII):
            raise SettingsError(
                f"{name} 只应含字母、数字和 - _ 等符号；请从管理后台该智能机器人的"
                "“使用长连接”一栏整段复制，不带空格和引号"
            )


def _is_safe(url: str) -> bool:
    """TLS, or this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme == "ws":
        return host in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "wss" and bool(host)
