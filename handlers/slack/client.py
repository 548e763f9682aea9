"""The Web API client as everything here uses it."""

from __future__ import annotations

import logging

from slack_sdk import WebClient

from bot.config import Settings


def web_client(settings: Settings, timeout_s: int = 8, *, token: str | None = None) -> WebClient:
    """A client with a bot token, by default that of the settings, that never tries again by itself.

    A repeated post may be a second one, and waiting for a rate limit would block the thread: the
    outbox looks first, and waits for one channel only.
    """
    return WebClient(
        token=token or settings.slack_bot_token or None,
        base_url=settings.slack_api_url,
        timeout=timeout_s,
        retry_handlers=[],
        logger=_quiet_logger(),
    )


def _quiet_logger() -> logging.Logger:
    """The SDK logs whole answers and addresses; what an operator needs is logged here."""
    quiet = logging.getLogger("irbot.slack.sdk")
    quiet.setLevel(logging.CRITICAL)
    return quiet
