"""The app's menu: what `irbot wecom menu` sets."""

from __future__ import annotations

from bot.config import Settings
from bot.errors import BotError
from bot.wording.phrasebook import messages
from handlers.wecom_app.app import HELP, LATEST, api_of
from handlers.wecom_app.credentials import check_api
from handlers.wecom_server.api import NotCalledError, NoVerdictError
from handlers.wecom_server.explaining import explained

ENTRIES = {"如何提问": HELP, "最新记录": LATEST}  # at most three, each of at most 16 bytes


def set_menu(settings: Settings) -> None:
    """Set the menu that members see below the chat with the app.

    Raises:
        SettingsError: Credentials are half-set or malformed.
        BotError: WeCom does not take it; says why and what to do.
    """
    check_api(settings)
    named = messages(settings.lang).put
    buttons = [{"type": "click", "name": named(name), "key": key} for name, key in ENTRIES.items()]
    try:
        answer = api_of(settings).call(
            "menu/create", {"button": buttons}, agentid=int(settings.wecom_agent_id)
        )
    except (NotCalledError, NoVerdictError) as error:
        raise BotError("企业微信菜单没有设置：" + "；".join(explained(error))) from error
    if answer.errcode:
        raise BotError("企业微信菜单没有设置：" + "；".join(explained(answer)))
