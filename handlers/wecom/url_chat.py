"""WeCom's smart bot, called by URL, as one of the chats (`handlers.chats`)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from bot.answering.responder import Responder
from bot.checks import Finding
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import SettingsError
from handlers.wecom.doctor import names
from handlers.wecom.url import PATH, PLATFORM, UrlChat
from handlers.wecom_server.settings import check_all_set, check_key, check_server, check_words

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def is_configured(settings: Settings) -> bool:
    """Whether any of its credentials is set."""
    return bool(settings.wecom_bot_token or settings.wecom_bot_encoding_aes_key)


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where it is not set up."""
    return [settings.wecom_api_url] if is_configured(settings) else []


def callbacks(settings: Settings) -> dict[str, str]:
    """What WeCom calls; saved there, the long connection ends."""
    return {PATH: "该智能机器人的“URL 回调”处（保存后长连接失效）"}


def check(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed, or nowhere to listen.
    """
    check_all_set(
        "两项都在管理后台该智能机器人的“URL 回调”一栏",
        WECOM_BOT_TOKEN=settings.wecom_bot_token,
        WECOM_BOT_ENCODING_AES_KEY=settings.wecom_bot_encoding_aes_key,
    )
    check_words(WECOM_BOT_TOKEN=settings.wecom_bot_token)
    check_key("WECOM_BOT_ENCODING_AES_KEY", settings.wecom_bot_encoding_aes_key)
    check_server(settings, PATH)


def checks(settings: Settings) -> Iterator[Finding]:
    """What `irbot doctor` finds of the settings."""
    what = "企业微信智能机器人的回调"
    try:
        check(settings)
    except SettingsError as error:
        yield Finding(what, False, str(error), "改正 .env 后再运行 irbot doctor")
        return
    yield names(settings)


def open(settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask) -> UrlChat:
    """Put the smart bot together; it is called at `/wecom/bot`."""
    chat = UrlChat(settings, responder, delivery)
    chat.mount(callbacks)
    return chat
