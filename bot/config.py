"""Environment and .env → one frozen Settings. Nothing else reads os.environ.

The process environment beats `.env`, which is read from the working directory; relative paths
count from there. Every variable is explained in `.env.example`.
"""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from bot.errors import SettingsError, reason

CHINA = ZoneInfo("Asia/Shanghai")
Lang = Literal["zh", "en"]
Caution = Literal["strict", "normal", "open"]

_OF_TESTS = "IR_TEST_"
logging.getLogger("dotenv").setLevel(logging.ERROR)  # `remarks` say what it warns of
_LOST = re.compile(r"\s*(?:export\s+)?\w+\s*=\s*[^\s'\"#][^#]*?\s#(?=[^\s#])")
_NETWORK = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE")  # read by every library


@dataclass(frozen=True)
class Settings:
    """What the environment says. Secrets have no place in repr, logs or errors."""

    db: Path = Path("data/irbot.db")
    http: str = "127.0.0.1:8300"  # host:port; empty: no local web server
    callback_http: str | None = None  # host:port; None: `http` serves the callbacks too
    public_url: str = ""  # https://host[:port] of the record pages; empty: replies link nowhere
    tz: ZoneInfo = CHINA
    lang: Lang = "zh"
    clock_offset: timedelta = timedelta()  # IR_NOW less the real clock at start
    stale_days: int = 90
    contact: str = ""
    caution: Caution = "strict"
    digest_at: str = ""
    digest_late_hours: int = 4
    desk_channels: tuple[str, ...] = ()
    desk_approvals: int = 1  # by different people, from which on an alias is live
    managers: tuple[str, ...] = ()  # ids of who may subscribe or set the company; none: everyone
    retention_days: int = 90
    e5_onnx: Path | None = None  # folder of the user's own model; None: the installed one
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_api_url: str = "https://slack.com/api/"
    slack_posts_a_minute: int = 400  # of the workspace; 0: no limit of our own
    wecom_bot_id: str = ""
    wecom_bot_secret: str = ""
    wecom_ws_url: str = "wss://openws.work.weixin.qq.com"
    wecom_bot_names: tuple[str, ...] = ()
    wecom_corp_id: str = ""
    wecom_agent_id: str = ""
    wecom_agent_secret: str = ""
    wecom_token: str = ""
    wecom_encoding_aes_key: str = ""
    wecom_bot_token: str = ""
    wecom_bot_encoding_aes_key: str = ""
    wecom_kf_secret: str = ""
    wecom_kf_token: str = ""
    wecom_kf_encoding_aes_key: str = ""
    wecom_kf_open_ids: tuple[str, ...] = ()
    wecom_kf_a_minute: int = 6  # questions of one person
    wecom_kf_a_day: int = 100
    wecom_max_skew: int = 0  # seconds that a callback may be old; 0: any
    wecom_api_url: str = "https://qyapi.weixin.qq.com"
    wecom_webhooks: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()  # Chinese, one line each: what was probably meant otherwise

    def now(self) -> datetime:
        """The clock of the contract: IR_NOW runs on from the start, in IR_TZ."""
        return datetime.now(self.tz) + self.clock_offset

    def __repr__(self) -> str:
        return f"Settings(db={str(self.db)!r})"


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings once.

    Args:
        environ: The process environment by default.
        folder: Where `.env` lies; the working directory by default.

    Raises:
        SettingsError: A variable is malformed, or `.env` is; the message names it, never a
            secret's value.
    """
    folder = folder or Path.cwd()
    text = _dotenv_text(folder / ".env")
    environ = os.environ if environ is None else environ
    values = {**dotenv_values(stream=io.StringIO(text)), **environ}
    get = _Getter({name: value.strip() for name, value in values.items() if value is not None})
    tz = get.zone("IR_TZ", "Asia/Shanghai")
    settings = Settings(
        db=folder / (get("IR_DB") or "data/irbot.db"),
        http=get.address("IR_HTTP", "127.0.0.1:8300"),
        callback_http=get.address("IR_CALLBACK_HTTP", "") or None,
        public_url=get.origin("IR_PUBLIC_URL"),
        tz=tz,
        lang=cast(Lang, get.choice("IR_LANG", ("zh", "en"))),
        clock_offset=get.clock_offset("IR_NOW", tz),
        stale_days=get.number("IR_STALE_DAYS", 90),
        contact=get("IR_CONTACT"),
        caution=cast(Caution, get.choice("IR_CAUTION", ("strict", "normal", "open"))),
        digest_at=get("IR_DIGEST_AT"),
        digest_late_hours=get.number("IR_DIGEST_LATE_HOURS", 4),
        desk_channels=get.several("IR_DESK_CHANNELS"),
        desk_approvals=get.number("IR_DESK_APPROVALS", 1, least=1),
        managers=get.several("IR_MANAGERS"),
        retention_days=get.number("IR_RETENTION_DAYS", 90),
        e5_onnx=folder / get("IR_E5_ONNX") if get("IR_E5_ONNX") else None,
        **_chats(get),
    )
    return replace(settings, remarks=(*_lost(text), *get.unknown()))


def _chats(get: _Getter) -> dict[str, Any]:
    """What Slack and WeCom need."""
    return {
        "slack_bot_token": get("SLACK_BOT_TOKEN"),
        "slack_app_token": get("SLACK_APP_TOKEN"),
        "slack_signing_secret": get("SLACK_SIGNING_SECRET"),
        "slack_api_url": (get("SLACK_API_URL") or "https://slack.com/api").rstrip("/") + "/",
        "slack_posts_a_minute": get.number("SLACK_POSTS_A_MINUTE", 400),
        "wecom_bot_id": get("WECOM_BOT_ID"),
        "wecom_bot_secret": get("WECOM_BOT_SECRET"),
        "wecom_ws_url": get("WECOM_WS_URL") or "wss://openws.work.weixin.qq.com",
        "wecom_bot_names": get.several("WECOM_BOT_NAMES"),
        "wecom_corp_id": get("WECOM_CORP_ID"),
        "wecom_agent_id": get("WECOM_AGENT_ID"),
        "wecom_agent_secret": get("WECOM_AGENT_SECRET"),
        "wecom_token": get("WECOM_TOKEN"),
        "wecom_encoding_aes_key": get("WECOM_ENCODING_AES_KEY"),
        "wecom_bot_token": get("WECOM_BOT_TOKEN"),
        "wecom_bot_encoding_aes_key": get("WECOM_BOT_ENCODING_AES_KEY"),
        "wecom_kf_secret": get("WECOM_KF_SECRET"),
        "wecom_kf_token": get("WECOM_KF_TOKEN"),
        "wecom_kf_encoding_aes_key": get("WECOM_KF_ENCODING_AES_KEY"),
        "wecom_kf_open_ids": get.several("WECOM_KF_OPEN_ID"),
        "wecom_kf_a_minute": get.number("WECOM_KF_A_MINUTE", 6),
        "wecom_kf_a_day": get.number("WECOM_KF_A_DAY", 100),
        "wecom_max_skew": get.number("WECOM_MAX_SKEW", 0),
        "wecom_api_url": (get("WECOM_API_URL") or "https://qyapi.weixin.qq.com").rstrip("/"),
        "wecom_webhooks": get.several("WECOM_WEBHOOKS"),
    }


def frame_language() -> Lang:
    """IR_LANG alone, for what is said before the settings are read, or where they cannot be."""
    try:
        told = dotenv_values(stream=io.StringIO(_dotenv_text(Path.cwd() / ".env")))
    except SettingsError:
        told = {}
    return (
        "en" if (os.environ.get("IR_LANG") or told.get("IR_LANG") or "").strip() == "en" else "zh"
    )


def share_network() -> None:
    """Put the network's variables of `.env` where the libraries look for them."""
    text = _dotenv_text(Path.cwd() / ".env")
    for name, value in dotenv_values(stream=io.StringIO(text)).items():
        if name in _NETWORK and value:
            os.environ.setdefault(name, value.strip())


def _dotenv_text(path: Path) -> str:
    """The text of `.env`, empty where there is none.

    Raises:
        SettingsError: It is not UTF-8, or a line of it sets nothing because of a full-width ＝.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"{path} 读不了（{reason(error)}）；请检查文件权限") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise SettingsError(f"{path} 是 UTF-16 编码；请另存为 UTF-8 编码")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"{path} 第{line}行不是 UTF-8（可能是 GBK）；请另存为 UTF-8 编码"
        ) from error
    for number, printed in enumerate(text.splitlines(), 1):
        if re.match(r"\s*(?:export\s+)?\w+\s*＝", printed):
            raise SettingsError(f"{path} 第{number}行的等号是全角的“＝”；请改为半角的 =")
    return text


def _lost(text: str) -> Iterator[str]:
    """Lines of `.env` that set nothing, and values that end before what was meant to be of them.

    A remark after a value has a space behind its #; `证券部 #2楼` has none.
    """
    for binding in parse_stream(io.StringIO(text)):
        printed = binding.original.string
        line = binding.original.line + printed[: -len(printed.lstrip())].count("\n")
        if binding.error or (binding.key and not re.fullmatch(r"[\w.]+", binding.key, re.ASCII)):
            yield f".env 第{line}行不合写法，没有读入；应为 名字=值"
        elif binding.key and _LOST.match(printed):
            yield (
                f".env 第{line}行 {binding.key}：“ #”后面的文字被当作注释，没有读入；"
                "要读入，请给整个值加上引号"
            )


class _Getter:
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        self._known.add(name)
        return self._values.get(name, "")

    def unknown(self) -> Iterator[str]:
        """Names like ours that nothing has asked for, once all is read."""
        for name in sorted(self._values):
            if not name.upper().startswith("IR_") or name in self._known:
                continue
            if name.startswith(_OF_TESTS):
                continue
            near = get_close_matches(name.upper(), sorted(self._known), 1)
            meant = f"是不是 {near[0]}？" if near else "各项见 .env.example"
            yield f"没有 {name} 这一项设置，未使用；{meant}"

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in re.split("[,，]", self(name)) if item.strip())

    def number(self, name: str, default: int, least: int = 0) -> int:
        text = self(name) or str(default)
        if not (text.isascii() and text.isdigit() and int(text) >= least):
            kind = "正整数" if least else "非负整数"
            raise SettingsError(f"{name} 应为{kind}，例如 {default}")
        return int(text)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of choices; the first is the default."""
        text = self(name) or choices[0]
        if text not in choices:
            raise SettingsError(f"{name} 只能是 {'、'.join(choices)} 之一")
        return text

    def address(self, name: str, default: str) -> str:
        # An empty IR_HTTP is said on purpose ("no web server"); an absent one is not.
        self._known.add(name)
        text = self._values.get(name, default)
        port = text.rpartition(":")[2]
        if text and not (
            re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}", text) and int(port) < 65536
        ):
            raise SettingsError(f"{name} 应为 主机:端口，例如 127.0.0.1:8300")
        return text

    def origin(self, name: str) -> str:
        """Scheme, host and port of an address, without a final `/`; empty where it is not set."""
        text = self(name).rstrip("/")
        if text and not re.fullmatch(
            r"https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{1,5})?", text, re.ASCII
        ):
            raise SettingsError(f"{name} 应为 https://主机 或 https://主机:端口，不带路径")
        return text.lower()

    def zone(self, name: str, default: str) -> ZoneInfo:
        try:
            return ZoneInfo(self(name) or default)
        except (KeyError, ValueError, OSError):
            raise SettingsError(f"{name} 不是时区名，例如 {default}") from None

    def clock_offset(self, name: str, tz: ZoneInfo) -> timedelta:
        if not self(name):
            return timedelta()
        try:
            start = datetime.fromisoformat(self(name))
        except ValueError:
            start = None
        if start is None:
            raise SettingsError(f"{name} 应为带时区的时刻，例如 2025-07-01T09:00:00+08:00")
        if start.tzinfo is None:
            start = start.replace(tzinfo=tz)
        return start - datetime.now(start.tzinfo)
