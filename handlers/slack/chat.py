"""Slack as one of the chats (`handlers.chats`)."""

from __future__ import annotations

from flask import Flask

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from handlers.slack.app import SlackChat
from handlers.slack.credentials import PLATFORM, callbacks, check, hosts, is_configured
from handlers.slack.doctor import checks

__all__ = ["PLATFORM", "callbacks", "check", "checks", "hosts", "is_configured", "open"]


def open(
    settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask
) -> SlackChat:
    """Put Slack together; in HTTP mode it is heard at `/slack/events`."""
    chat = SlackChat(settings, responder, delivery)
    chat.mount(callbacks)
    return chat
