"""What Slack needs in the settings, looked at without the network."""

from __future__ import annotations

import re

from bot.config import Settings
from bot.errors import SettingsError

PLATFORM = "slack"
_RESPONSES = "https://hooks.slack.com"  # of commands and buttons


def is_configured(settings: Settings) -> bool:
    """Whether any of Slack's credentials is set."""
    return bool(
        settings.slack_bot_token or settings.slack_app_token or settings.slack_signing_secret
    )


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where Slack is not set up."""
    if not is_configured(settings):
        return []
    is_slack = settings.slack_api_url == Settings.slack_api_url
    return [settings.slack_api_url, *([_RESPONSES] if is_slack else [])]


def callbacks(settings: Settings) -> dict[str, str]:
    """What Slack calls in HTTP mode."""
    if settings.slack_app_token or not settings.slack_signing_secret:
        return {}
    return {"/slack/events": "应用设置的 Event Subscriptions 页"}


def check(settings: Settings) -> None:
    """Look at the credentials, and in HTTP mode at the address to listen on.

    Raises:
        SettingsError: Half-set or malformed, or nowhere to listen.
    """
    check_tokens(settings)
    if not settings.slack_app_token and not (settings.http or settings.callback_http):
        raise SettingsError("Slack 的 HTTP 方式需要监听地址：请设 IR_CALLBACK_HTTP 或 IR_HTTP")


def check_tokens(settings: Settings) -> None:
    """Look at the credentials without the network.

    Raises:
        SettingsError: Half-set or malformed.
    """
    bot, app, secret = (
        settings.slack_bot_token,
        settings.slack_app_token,
        settings.slack_signing_secret,
    )
    if not bot:
        raise SettingsError(
            "已设 SLACK_APP_TOKEN 或 SLACK_SIGNING_SECRET，但缺 SLACK_BOT_TOKEN（以 xoxb- 开头）"
        )
    if not re.fullmatch(r"xoxb-[\w-]+", bot):
        raise SettingsError("SLACK_BOT_TOKEN 应以 xoxb- 开头（OAuth & Permissions 页的 Bot Token）")
    if not app and not secret:
        raise SettingsError(
            "已设 SLACK_BOT_TOKEN，但缺 SLACK_APP_TOKEN（以 xapp- 开头；"
            "或用 HTTP 方式时的 SLACK_SIGNING_SECRET）"
        )
    if app and not re.fullmatch(r"xapp-[\w-]+", app):
        raise SettingsError(
            "SLACK_APP_TOKEN 应以 xapp- 开头（Basic Information 页的 App-Level Token）"
        )
    if not re.fullmatch(r"https?://[^\s/]+(/.*)?", settings.slack_api_url):
        raise SettingsError("SLACK_API_URL 应为网址，例如 https://slack.com/api/")
