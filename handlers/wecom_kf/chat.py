"""微信客服 as one of the chats (`handlers.chats`)."""

from __future__ import annotations

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from handlers.wecom_kf.app import KfChat
from handlers.wecom_kf.credentials import PLATFORM, callbacks, check, hosts, is_configured
from handlers.wecom_kf.doctor import checks

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def open(settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask) -> KfChat:
    """Put it together; it is called at `/wecom/kf`."""
    chat = KfChat(settings, responder, delivery)
    chat.mount(callbacks)
    return chat
