"""What `irbot doctor` finds about 微信客服."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks import Finding
from bot.config import Settings
from bot.errors import SettingsError
from handlers.wecom_kf.app import api_of
from handlers.wecom_kf.credentials import check
from handlers.wecom_server.api import Answer, NotCalledError, NoVerdictError, ServerApi
from handlers.wecom_server.explaining import explained

_WHAT = "微信客服"


def checks(settings: Settings) -> Iterator[Finding]:
    """Check the settings, the token, each account, and who can be handed over to."""
    try:
        check(settings)
    except SettingsError as error:
        yield Finding(_WHAT, False, str(error), "改正 .env 后再运行 irbot doctor")
        return
    api = api_of(settings)
    try:
        listed = api.call("kf/account/list", {"offset": 0, "limit": 100})
        if listed.errcode:
            said, todo = explained(listed)
            yield Finding(_WHAT, False, said, todo)
            return
        yield from _accounts(settings, listed)
        for account in settings.wecom_kf_open_ids:
            yield _people(api, account)
    except (NotCalledError, NoVerdictError) as error:
        said, todo = explained(error)
        yield Finding(_WHAT, False, said, todo)


def _accounts(settings: Settings, listed: Answer) -> Iterator[Finding]:
    found = {
        str(item.get("open_kfid")): item
        for item in listed.body.get("account_list") or []
        if isinstance(item, dict)
    }
    named = "、".join(f"{item.get('name', '')} {key}" for key, item in found.items()) or "没有"
    for account in settings.wecom_kf_open_ids:
        what = f"客服账号 {account}"
        if account not in found:
            yield Finding(
                what, False, f"这个应用看不到它；能看到的：{named}", "改 WECOM_KF_OPEN_ID"
            )
        elif not found[account].get("manage_privilege", True):
            todo = "管理后台“微信客服”→“通过 API 管理微信客服账号”里加上它"
            yield Finding(what, False, "不归 API 管理，机器人收不到、也发不出消息", todo)
        else:
            yield Finding(what, True, f"{found[account].get('name', '')}，可以收发消息")


def _people(api: ServerApi, account: str) -> Finding:
    answer = api.call("kf/servicer/list", open_kfid=account)
    people = [item for item in answer.body.get("servicer_list") or [] if isinstance(item, dict)]
    what = f"客服账号 {account} 的接待人员"
    if answer.errcode:
        return Finding(what, None, *explained(answer))
    if not people:
        return Finding(what, None, "没有，菜单里不列“转人工”", "需要时在管理后台该账号里加接待人员")
    on_duty = sum(item.get("status", 0) == 0 for item in people)
    return Finding(what, True, f"{len(people)} 人，正在接待 {on_duty} 人；菜单里列“转人工”")
