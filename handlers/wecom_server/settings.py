"""What every callback of WeCom needs in the settings, looked at without the network."""

from __future__ import annotations

import re

from bot.config import Settings
from bot.errors import SettingsError
from handlers.wecom_server.crypto import is_key

_WORD = re.compile(r"[\w+/=.:-]{1,256}", re.ASCII)
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?")


def check_all_set(where: str, **values: str) -> None:
    """See that of several variables that belong together none is missing.

    Args:
        where: Where they are found, in Chinese.
        values: By name.

    Raises:
        SettingsError: Some are set and some are not.
    """
    missing = [name for name, value in values.items() if not value]
    if missing:
        given = [name for name, value in values.items() if value]
        raise SettingsError(f"已设 {'、'.join(given)}，但缺 {'、'.join(missing)}；{where}")


def check_words(**values: str) -> None:
    """See that ids, secrets and tokens are whole.

    Raises:
        SettingsError: One holds what none of them holds.
    """
    for name, value in values.items():
        if not _WORD.fullmatch(value):
            raise SettingsError(f"{name} 只应含字母、数字和 - _ 等符号；请整段复制，不带空格和引号")


def check_key(name: str, value: str) -> None:
    """See that an EncodingAESKey is one.

    Raises:
        SettingsError: It is not.
    """
    if not is_key(value):
        raise SettingsError(f"{name} 应为 43 位字母和数字（管理后台“接收消息”处的 EncodingAESKey）")


def check_server(settings: Settings, path: str) -> None:
    """See that callbacks can come and calls can go.

    Args:
        settings: All.
        path: That WeCom calls.

    Raises:
        SettingsError: There is nowhere to listen, or the server's address is none.
    """
    if not (settings.http or settings.callback_http):
        raise SettingsError(f"{path} 需要监听地址：请设 IR_CALLBACK_HTTP 或 IR_HTTP")
    url = settings.wecom_api_url
    if not re.fullmatch(r"https://[\w.-]+(:\d+)?", url) and not _LOOPBACK.fullmatch(url):
        raise SettingsError(
            "WECOM_API_URL 应为 https://主机，不带路径，例如 https://qyapi.weixin.qq.com"
            "（http:// 只用于本机测试）"
        )
