"""WeCom's smart bot as one of the chats (`handlers.chats`)."""

from __future__ import annotations

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from handlers.wecom.app import WecomChat
from handlers.wecom.credentials import PLATFORM, callbacks, check, hosts, is_configured
from handlers.wecom.doctor import checks

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def open(
    settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask
) -> WecomChat:
    """Put the smart bot together; it is heard by its own connection, not by HTTP."""
    return WecomChat(settings, responder, delivery)
