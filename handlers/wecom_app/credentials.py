"""What a self-built app needs in the settings, looked at without the network."""

from __future__ import annotations

from bot.config import Settings
from bot.errors import SettingsError
from handlers.wecom_server.settings import check_all_set, check_key, check_server, check_words

PLATFORM = "wecom-app"
PATH = "/wecom/callback"

_WHERE = "企业 ID 在管理后台“我的企业”，其余在该自建应用的页面和它的“接收消息”设置"


def is_configured(settings: Settings) -> bool:
    """Whether any of the app's credentials is set; the corporation's id serves other ways too."""
    own = (
        settings.wecom_agent_id,
        settings.wecom_agent_secret,
        settings.wecom_token,
        settings.wecom_encoding_aes_key,
    )
    of_customers = (
        settings.wecom_kf_secret,
        settings.wecom_kf_token,
        settings.wecom_kf_encoding_aes_key,
        settings.wecom_kf_open_ids,
    )
    return any(own) or bool(settings.wecom_corp_id and not any(of_customers))


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where the app is not set up."""
    return [settings.wecom_api_url] if is_configured(settings) else []


def callbacks(settings: Settings) -> dict[str, str]:
    """What WeCom calls."""
    return {PATH: "该应用的“接收消息”处"}


def check(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed, or nowhere to listen.
    """
    check_api(settings)
    check_all_set(
        _WHERE,
        WECOM_AGENT_ID=settings.wecom_agent_id,
        WECOM_TOKEN=settings.wecom_token,
        WECOM_ENCODING_AES_KEY=settings.wecom_encoding_aes_key,
    )
    check_words(WECOM_TOKEN=settings.wecom_token)
    check_key("WECOM_ENCODING_AES_KEY", settings.wecom_encoding_aes_key)
    check_server(settings, PATH)


def check_api(settings: Settings) -> None:
    """Look at what calls alone need.

    Raises:
        SettingsError: Half-set or malformed.
    """
    needed = {
        "WECOM_CORP_ID": settings.wecom_corp_id,
        "WECOM_AGENT_ID": settings.wecom_agent_id,
        "WECOM_AGENT_SECRET": settings.wecom_agent_secret,
    }
    check_all_set(_WHERE, **needed)
    check_words(**needed)
    if not (settings.wecom_agent_id.isascii() and settings.wecom_agent_id.isdigit()):
        raise SettingsError("WECOM_AGENT_ID 应为数字，例如 1000002")
