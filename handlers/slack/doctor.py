"""What `irbot doctor` checks of Slack: token types, scopes, Socket Mode."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bot.checks import Finding
from bot.config import Settings
from bot.errors import SettingsError, one_line
from bot.sealing import Seal
from bot.store.connection import is_there
from bot.store.installations import Installation, Installations
from handlers.network import explained, trouble_of
from handlers.slack.client import web_client
from handlers.slack.credentials import PLATFORM, check_tokens, install_page, is_for_many
from handlers.slack.errors import code_of
from handlers.slack.manifest import SCOPES

_TIMEOUT_S = 5
_NAMED = 20  # workspaces in one line
_TRIED = 10  # tokens of workspaces that are tried, the newest ones

_TODO = {
    "invalid_auth": "核对令牌是否完整、是否属于这个应用，必要时重新生成",
    "not_authed": "核对令牌是否完整",
    "account_inactive": "应用已被移除或停用：重新安装到工作区，换上新令牌",
    "token_revoked": "令牌已吊销：重新安装应用，换上新令牌",
    "token_expired": "令牌已过期：在应用设置中关闭令牌轮换，或换上新令牌",
    "not_allowed_token_type": "令牌放错了位置：SLACK_BOT_TOKEN 用 xoxb-，SLACK_APP_TOKEN 用 xapp-",
    "missing_scope": "应用级令牌缺 connections:write：重新生成一个",
}


def checks(settings: Settings) -> Iterator[Finding]:
    """Every check in turn; no secret is shown."""
    try:
        check_tokens(settings)
    except SettingsError as error:
        yield Finding("Slack 令牌类型", False, str(error), "改正 .env 后再运行 irbot doctor")
        return
    mode = "Socket Mode" if settings.slack_app_token else "HTTP 方式"
    yield Finding("Slack 令牌类型", True, f"齐全，使用 {mode}")
    client = web_client(settings, _TIMEOUT_S)
    if is_for_many(settings):
        yield from _workspaces(settings)
    else:
        yield from _bot_token(client)
    if settings.slack_app_token:
        yield from _socket(client, settings.slack_app_token)
    else:
        yield _signing(settings.slack_signing_secret)


def _workspaces(settings: Settings) -> Iterator[Finding]:
    """Whether each workspace's token can be opened, and whether Slack takes the newest ones."""
    what = "Slack 工作区"
    page = install_page(settings)
    if not is_there(settings.db):  # looking makes none
        yield Finding(what, None, "还没有工作区安装", f"打开 {page} 安装")
        return
    stored = Installations(settings.db, Seal(settings.secret_keys))
    installed = stored.of(PLATFORM)
    sealed = [one for one in installed if not stored.opens(one)]
    if sealed:
        named = "、".join(_named(one) for one in sealed[:_NAMED])
        said = f"{len(sealed)} 个工作区的令牌打不开：{named}"
        todo = "把加密它们时用的密钥加到 IR_SECRET_KEY 后面，以逗号隔开；找不回来就请它们重新安装"
        yield Finding(what, False, said, todo)
    if not installed:
        yield Finding(what, None, "还没有工作区安装", f"打开 {page} 安装")
        return
    yield Finding(what, True, f"{len(installed)} 个工作区已安装；安装页 {page}")
    opened = [one for one in installed if one not in sealed]
    for one in opened[-_TRIED:]:
        yield from _bot_token(
            web_client(settings, _TIMEOUT_S, token=stored.secret(one)), f"{what} {_named(one)}"
        )


def _named(installation: Installation) -> str:
    return f"{one_line(installation.name)}（{installation.workspace}）"


def _bot_token(client: WebClient, what: str = "Slack 机器人令牌") -> Iterator[Finding]:
    try:
        answer = client.auth_test()
    except SlackApiError as error:
        code = code_of(error)
        yield Finding(
            what, False, f"Slack 拒绝：{code}", _TODO.get(code, "按这个错误码查 Slack 文档")
        )
    except Exception as error:
        yield Finding(
            what,
            False,
            f"没有得到 Slack 的应答（{_untold(error, client)}）",
            "检查网络和 SLACK_API_URL",
        )
    else:
        named = f"工作区 {answer.get('team', '?')}，机器人 {answer.get('user', '?')}"
        if answer.get("bot_id"):
            yield Finding(what, True, named)
        else:
            yield Finding(what, False, "不是机器人的令牌", "用 OAuth & Permissions 页的 xoxb- 令牌")
        yield _scopes(answer.headers)


def _scopes(headers: Mapping[str, Any]) -> Finding:
    granted = _header(headers, "x-oauth-scopes")
    if granted is None:
        return Finding("Slack 权限", None, "Slack 没有说明已授予的权限")
    missing = [scope for scope in SCOPES if scope not in re.split(r"[,\s]+", granted)]
    if missing:
        return Finding(
            "Slack 权限",
            False,
            f"缺 {'、'.join(missing)}",
            "用 irbot slack manifest 的输出更新应用清单，然后重新安装到工作区",
        )
    return Finding("Slack 权限", True, f"所需 {len(SCOPES)} 项齐全")


def _socket(client: WebClient, app_token: str) -> Iterator[Finding]:
    """Connect for as long as Slack needs to say hello.

    An event that comes in that instant is not acknowledged, so that Slack sends it again.
    """
    what = "Slack Socket Mode"
    try:
        url = str(client.apps_connections_open(app_token=app_token)["url"])
    except SlackApiError as error:
        code = code_of(error)
        todo = _TODO.get(code, "在应用设置的 Socket Mode 页打开 Enable Socket Mode")
        yield Finding(what, False, f"Slack 拒绝：{code}", todo)
        return
    except Exception as error:
        yield Finding(what, False, f"没有得到地址（{_untold(error, client)}）", "检查网络")
        return
    host = urlsplit(url).hostname
    try:
        with connect(url, open_timeout=_TIMEOUT_S, close_timeout=1) as connection:
            hello: Any = json.loads(connection.recv(_TIMEOUT_S))
    except (OSError, ValueError, WebSocketException):
        yield Finding(what, False, f"连不上 {host}", "防火墙需放行到它的 WebSocket 连接")
        return
    yield Finding(what, True, f"令牌有效，{host} 可以连接")
    connections = hello.get("num_connections") if isinstance(hello, dict) else None
    if isinstance(connections, int):
        yield _others(connections - 1)


def _untold(error: Exception, client: WebClient) -> str:
    """Why there was no answer."""
    return explained(trouble_of(error, client.base_url), client.base_url, _TIMEOUT_S)[0]


def _others(count: int) -> Finding:
    """What other connections of the app mean: events go to only one of all."""
    what = "Slack 连接数"
    if count < 1:
        return Finding(what, True, "没有别的连接")
    said = f"这个应用另有 {count} 个连接；每个事件只送到其中一个"
    if count == 1:
        todo = "应是正在运行的 irbot；若没有在运行，说明别处也在用它的令牌，请停掉那一处"
        return Finding(what, None, said, todo)
    return Finding(what, False, said, "只留一处运行的 irbot；别处不要用同一个应用的令牌")


def _signing(secret: str) -> Finding:
    what = "Slack 签名密钥"
    if not re.fullmatch(r"[0-9a-f]{32}", secret):
        return Finding(
            what,
            None,
            "不是 32 位十六进制",
            "核对 Basic Information 页的 Signing Secret（不是 Client Secret）",
        )
    return Finding(what, True, "格式正确；应用设置中的请求网址应以 /slack/events 结尾")


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    for key, value in headers.items():
        if key.lower() == name:
            return str(value[0] if isinstance(value, list) else value)
    return None
