"""What `irbot doctor` finds about WeCom's self-built app."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks import Finding
from bot.config import Settings
from bot.errors import SettingsError
from handlers.wecom_app.app import api_of
from handlers.wecom_app.credentials import check
from handlers.wecom_server.api import NotCalledError, NoVerdictError
from handlers.wecom_server.explaining import explained

_NO_MENU = 46003


def checks(settings: Settings) -> Iterator[Finding]:
    """Check the settings, the token, and whether the app may be called from here."""
    try:
        check(settings)
    except SettingsError as error:
        yield Finding("企业微信自建应用", False, str(error), "改正 .env 后再运行 irbot doctor")
        return
    yield _call(settings)


def _call(settings: Settings) -> Finding:
    """The menu is read: it needs the token, the agent id and a trusted address."""
    what = "企业微信自建应用的接口"
    try:
        answer = api_of(settings).call("menu/get", agentid=int(settings.wecom_agent_id))
    except (NotCalledError, NoVerdictError) as error:
        said, todo = explained(error)
        return Finding(what, False, said, todo)
    if answer.errcode == _NO_MENU or not answer.errcode:
        menu = "" if answer.body.get("button") else "；还没有菜单，可运行 irbot wecom menu"
        return Finding(what, True, f"令牌有效，可以调用{menu}")
    said, todo = explained(answer)
    return Finding(what, False, said, todo)
