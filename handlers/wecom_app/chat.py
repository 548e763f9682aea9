"""WeCom's self-built app as one of the chats (`handlers.chats`)."""

from __future__ import annotations

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from handlers.wecom_app.app import AppChat
from handlers.wecom_app.credentials import PLATFORM, callbacks, check, hosts, is_configured
from handlers.wecom_app.doctor import checks

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def open(settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask) -> AppChat:
    """Put the app together; it is heard at `/wecom/callback`."""
    chat = AppChat(settings, responder, delivery)
    chat.mount(callbacks)
    return chat
