"""The Slack app's manifest: what `irbot slack manifest` prints, with no scope wider than needed."""

from __future__ import annotations

from typing import Any

SCOPES = {  # and why each is needed
    "app_mentions:read": "收到提及",
    "chat:write": "作答",
    "assistant:write": "agent 面板和其中的建议提问",
    "commands": "斜杠命令和消息菜单",
    "im:history": "收到私信",
    "im:read": "知道私信在哪个会话",
    "channels:history": "收到证券部的答复；故障之后先查是否已答复，不重复；"
    "只提及机器人时读它所在的那条消息",
    "groups:history": "私有频道里也一样",
    "channels:read": "订阅前查机器人是否在频道里",
    "groups:read": "私有频道里也一样",
}

# Those of channels for what the desk replies below a question handed over to it.
_EVENTS = ("app_home_opened", "app_mention", "message.channels", "message.groups", "message.im")
_FAREWELLS = ("app_uninstalled", "tokens_revoked")


def manifest(command: str = "/ir", url: str = "", redirect_url: str = "") -> dict[str, Any]:
    """The manifest as an object.

    Args:
        command: The slash command, with its slash.
        url: Public address of `/slack/events` for HTTP mode; empty: Socket Mode.
        redirect_url: Where Slack sends back who installs it in another workspace; empty: nobody
            does.
    """
    request_url = {"request_url": url} if url else {}
    redirects = {"redirect_urls": [redirect_url]} if redirect_url else {}
    slash = {
        "command": command,
        "description": "查上市公司投资者关系活动记录表的原文答复",
        "usage_hint": "可转债 | 第24问 | 最新 | 订阅 09:00 | 帮助",
        "should_escape": False,
        **({"url": url} if url else {}),
    }
    return {
        "display_information": {
            "name": "irbot",
            "description": "用投资者关系活动记录表的原文回答；记录里没有的，直说没有",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            # Talks with the app in Slack's agent pane: each message of them is a direct message.
            "agent_view": {
                "agent_description": "用投资者关系活动记录表的原文回答；记录里没有的，直说没有",
                "suggested_prompts": [
                    {"title": "最新一份记录问了什么", "message": "最新"},
                    {"title": "怎么提问", "message": "帮助"},
                ],
            },
            "bot_user": {"display_name": "irbot", "always_online": True},
            "shortcuts": [
                {
                    "name": "查活动记录",
                    "type": "message",
                    "callback_id": "ask_record",
                    "description": "查记录里对这条消息有没有原文答复",
                }
            ],
            "slash_commands": [slash],
        },
        "oauth_config": {**redirects, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": [*_EVENTS, *_FAREWELLS]},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }
