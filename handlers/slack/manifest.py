"""The Slack app's manifest: what `irbot slack manifest` prints, with no scope wider than needed."""

from __future__ import annotations

from typing import Any

SCOPES = {
    "app_mentions:read": "hear mentions",
    "chat:write": "reply",
    "assistant:write": "the agent pane and its suggested prompts",
    "commands": "the slash command and the shortcut",
    "im:history": "hear direct messages",
    "im:read": "know a direct message's channel",
    "channels:history": "hear the desk; look whether a reply is there before repeating it, after a "
    "fault; read the message under which the bot is only mentioned",
    "groups:history": "the same in private channels",
    "channels:read": "check membership before a subscription",
    "groups:read": "the same in private channels",
}

# Those of channels for what the desk replies below a question handed over to it.
_EVENTS = ("app_home_opened", "app_mention", "message.channels", "message.groups", "message.im")


def manifest(command: str = "/ir", url: str = "") -> dict[str, Any]:
    """The manifest as an object.

    Args:
        command: The slash command, with its slash.
        url: Public address of `/slack/events` for HTTP mode; empty: Socket Mode.
    """
    request_url = {"request_url": url} if url else {}
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
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {
                **request_url,
                "bot_events": list(_EVENTS),
            },
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }
