"""What `irbot doctor` finds: one value for every check, made by the part that knows the matter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    what: str  # Chinese, short: `Slack 机器人令牌`
    ok: bool | None  # None: could not be checked, or a remark that is no fault
    said: str  # Chinese, one line; never a secret
    todo: str = ""  # Chinese: the next step, empty where there is none
