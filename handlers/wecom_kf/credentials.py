"""What 微信客服 needs in the settings, looked at without the network."""

from __future__ import annotations

import re

from bot.config import Settings
from bot.errors import SettingsError
from handlers.wecom_server.settings import check_all_set, check_key, check_server, check_words

PLATFORM = "wecom-kf"
PATH = "/wecom/kf"

_WHERE = "企业 ID 在管理后台“我的企业”，其余见 README 的“微信客服”一节"


def is_configured(settings: Settings) -> bool:
    """Whether any of its own credentials is set."""
    return bool(
        settings.wecom_kf_secret
        or settings.wecom_kf_token
        or settings.wecom_kf_encoding_aes_key
        or settings.wecom_kf_open_ids
    )


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where it is not set up."""
    return [settings.wecom_api_url] if is_configured(settings) else []


def callbacks(settings: Settings) -> dict[str, str]:
    """What WeCom calls."""
    return {PATH: "“可调用接口的应用”的“接收消息”处"}


def check(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed, or nowhere to listen.
    """
    needed = {
        "WECOM_CORP_ID": settings.wecom_corp_id,
        "WECOM_KF_SECRET": settings.wecom_kf_secret,
        "WECOM_KF_TOKEN": settings.wecom_kf_token,
    }
    check_all_set(
        _WHERE,
        **needed,
        WECOM_KF_ENCODING_AES_KEY=settings.wecom_kf_encoding_aes_key,
        WECOM_KF_OPEN_ID=",".join(settings.wecom_kf_open_ids),
    )
    check_words(**needed)
    check_key("WECOM_KF_ENCODING_AES_KEY", settings.wecom_kf_encoding_aes_key)
    for account in settings.wecom_kf_open_ids:
        if not re.fullmatch(r"wk[\w-]{1,62}", account, re.ASCII):
            raise SettingsError(
                "WECOM_KF_OPEN_ID 应为 wk 开头的 open_kfid，几个用逗号分开；"
                "不是客服链接里的 kf…（irbot doctor 会列出可用的）"
            )
    check_server(settings, PATH)
