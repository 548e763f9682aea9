"""What Slack needs in the settings, looked at without the network."""

from __future__ import annotations

import re

from bot.config import Settings
from bot.errors import SettingsError

PLATFORM = "slack"
INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"  # Bolt's own names of the paths
_RESPONSES = "https://hooks.slack.com"  # of commands and buttons


def is_configured(settings: Settings) -> bool:
    """Whether any of Slack's credentials is set."""
    return bool(
        settings.slack_bot_token
        or settings.slack_app_token
        or settings.slack_signing_secret
        or is_for_many(settings)
    )


def is_for_many(settings: Settings) -> bool:
    """Whether workspaces install the app themselves."""
    return bool(settings.slack_client_id or settings.slack_client_secret)


def called_at(settings: Settings) -> str:
    """The address at which Slack, and who installs the app, reach this process."""
    return settings.callback_url or settings.public_url


def hosts(settings: Settings) -> list[str]:
    """The addresses that are talked to; none where Slack is not set up."""
    if not is_configured(settings):
        return []
    is_slack = settings.slack_api_url == Settings.slack_api_url
    return [settings.slack_api_url, *([_RESPONSES] if is_slack else [])]


def callbacks(settings: Settings) -> dict[str, str]:
    """What Slack calls in HTTP mode, and where it sends back who installs the app."""
    called = {}
    if settings.slack_signing_secret and not settings.slack_app_token:
        called["/slack/events"] = "应用设置的 Event Subscriptions 页"
    if is_for_many(settings):
        called[REDIRECT] = "应用设置的 OAuth & Permissions 页（Redirect URLs）"
    return called


def install_page(settings: Settings) -> str:
    """Where workspaces install the app; empty where they do not."""
    return called_at(settings) + INSTALL if is_for_many(settings) else ""


def check(settings: Settings) -> None:
    """Look at the credentials, and in HTTP mode at the address to listen on.

    Raises:
        SettingsError: Half-set or malformed, or nowhere to listen.
    """
    check_tokens(settings)
    is_called = not settings.slack_app_token or is_for_many(settings)
    if is_called and not (settings.http or settings.callback_http):
        raise SettingsError(
            "Slack 的 HTTP 方式和多工作区安装需要监听地址：请设 IR_CALLBACK_HTTP 或 IR_HTTP"
        )


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
    if is_for_many(settings):
        _check_install(settings)
    elif not bot:
        raise SettingsError(
            "已设 SLACK_APP_TOKEN 或 SLACK_SIGNING_SECRET，但缺 SLACK_BOT_TOKEN（以 xoxb- 开头）"
        )
    elif not re.fullmatch(r"xoxb-[\w-]+", bot):
        raise SettingsError("SLACK_BOT_TOKEN 应以 xoxb- 开头（OAuth & Permissions 页的 Bot Token）")
    if not app and not secret:
        raise SettingsError(
            "Slack 缺 SLACK_APP_TOKEN（以 xapp- 开头；或用 HTTP 方式时的 SLACK_SIGNING_SECRET）"
        )
    if app and not re.fullmatch(r"xapp-[\w-]+", app):
        raise SettingsError(
            "SLACK_APP_TOKEN 应以 xapp- 开头（Basic Information 页的 App-Level Token）"
        )
    if not re.fullmatch(r"https?://[^\s/]+(/.*)?", settings.slack_api_url):
        raise SettingsError("SLACK_API_URL 应为网址，例如 https://slack.com/api/")


def _check_install(settings: Settings) -> None:
    """Look at what an install by OAuth needs."""
    if settings.slack_bot_token:
        raise SettingsError(
            "SLACK_BOT_TOKEN 只用于一个工作区，与 SLACK_CLIENT_ID 不能同时设：多个工作区时去掉"
            "SLACK_BOT_TOKEN，原来的工作区也在 /slack/install 安装一次，订阅都还在"
        )
    for name, value in (
        ("SLACK_CLIENT_ID", settings.slack_client_id),
        ("SLACK_CLIENT_SECRET", settings.slack_client_secret),
    ):
        if not re.fullmatch(r"[\w.-]{1,200}", value, re.ASCII):
            raise SettingsError(
                f"多个工作区需要 {name}：从应用设置的 Basic Information 页复制，不带空格和引号"
            )
    if not settings.secret_keys:
        raise SettingsError(
            "多个工作区需要 IR_SECRET_KEY 来加密它们的令牌；"
            "用 irbot workspaces new-key 生成一个，写进 .env"
        )
    if not called_at(settings):
        raise SettingsError(
            "多个工作区需要 IR_CALLBACK_URL：安装后 Slack 把人送回它下面的 /slack/oauth_redirect"
        )
    if not called_at(settings).startswith("https://"):  # nor does the browser keep the state
        raise SettingsError(
            "多个工作区的 IR_CALLBACK_URL 应以 https:// 开头：Slack 不把安装的人送回 http:// 的网址"
        )
