"""WeCom's group webhooks as one of the chats (`handlers.chats`): posted to, never heard."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask

from bot.answering.responder import Responder
from bot.checks import Finding
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.errors import SettingsError
from handlers.wecom_webhook.app import PLATFORM, Webhooks, check

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def is_configured(settings: Settings) -> bool:
    """Whether there is a webhook."""
    return bool(settings.wecom_webhooks)


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to."""
    given = settings.wecom_webhooks
    return [url if "/" in url else settings.wecom_api_url for url in given]


def callbacks(settings: Settings) -> dict[str, str]:
    """Nothing: nobody is heard."""
    return {}


def checks(settings: Settings) -> Iterator[Finding]:
    """What `serve` would refuse; a webhook itself can only be tried by posting to its group."""
    try:
        check(settings)
    except SettingsError as error:
        yield Finding("企业微信群机器人", False, str(error), "改正 .env 后再运行 irbot doctor")


def open(settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask) -> None:
    """Let the digest's subscriptions follow the settings; nothing is left to start or stop."""
    hooks = Webhooks(settings, delivery)
    hooks.subscribe(responder.subscribing.subscriptions, settings.now())
