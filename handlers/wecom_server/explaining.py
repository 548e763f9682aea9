"""What the platform's refusals mean for the operator, in Chinese, and the next step."""

from __future__ import annotations

from handlers import wecom_codes as codes
from handlers.wecom_server.api import Answer, NotCalledError, NoTokenError, NoVerdictError

_MEANING = {
    codes.BAD_SECRET: ("Secret 不对", "从管理后台该应用的页面重新复制 Secret"),
    40013: ("企业 ID 不对", "从管理后台“我的企业”底部重新复制企业 ID"),
    40056: ("AgentId 不对", "从管理后台该应用的页面重新复制 AgentId"),
    48002: ("应用没有调用这个接口的权限", "在管理后台给这个应用授权"),
    60011: ("应用看不到这个成员", "在应用的可见范围里加上他"),
    codes.TOO_OFTEN: ("调用太频繁", "过一会儿再试"),
    95000: ("客服账号 ID 不对", "WECOM_KF_OPEN_ID 应为 wk 开头的 open_kfid，不是客服链接里的 kf…"),
    95004: ("没有这个客服账号", "核对 WECOM_KF_OPEN_ID，账号应未被删除"),
    95011: ("微信客服归企业微信管理", "WECOM_KF_SECRET 换成“可调用接口的应用”的 Secret"),
    95012: ("微信客服没有归企业微信管理", "在管理后台的“微信客服”里启用"),
    95017: ("微信客服的 API 开关没有打开", "管理后台“微信客服”→ API →“可调用接口的应用”里加上应用"),
}
_OTHER = ("企业微信拒绝", "按这个错误码查企业微信的“全局错误码”")


def explained(found: Answer | NotCalledError | NoVerdictError) -> tuple[str, str]:
    """What is wrong, with its code, and what to do."""
    match found:
        case Answer(errcode=codes.NOT_TRUSTED_ADDRESS):
            address = found.our_address or "（错误信息里的地址）"
            return (
                f"这台机器的出口地址 {address} 不在企业可信 IP 里（60020）",
                f"在该应用的“企业可信IP”里加上 {address}；经代理上网的，加代理的出口地址",
            )
        case Answer(errcode=errcode) | NoTokenError(errcode=errcode):
            meaning, todo = _MEANING.get(errcode, _OTHER)
            return f"{meaning}（{errcode}）", todo
        case _:
            return (
                f"没有得到企业微信的应答（{found.why or found}）",
                "检查网络、HTTPS_PROXY 和 WECOM_API_URL",
            )
