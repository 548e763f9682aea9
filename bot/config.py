"""Environment and .env → one frozen Settings. Nothing else reads os.environ.

The process environment beats `.env`, which is read from the working directory; relative paths
count from there. Every variable is explained in `.env.example`.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from bot.env_file import read_env_file, remarks, unknown
from bot.errors import SettingsError, one_line
from bot.postgres_url import Place, PostgresUrl, folder_of, is_postgres_url
from bot.sealing import is_key

CHINA = ZoneInfo("Asia/Shanghai")
Lang = Literal["zh", "en"]
Caution = Literal["strict", "normal", "open"]
Log = Literal["plain", "json"]
ReaderUse = Literal["observe", "use"]

_NETWORK = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE")  # read by every library


@dataclass(frozen=True)
class Settings:
    """What the environment says. Secrets have no place in repr, logs or errors."""

    db: Place = Path("data/irbot.db")
    http: str = "127.0.0.1:8300"  # host:port; empty: no local web server
    callback_http: str | None = None  # host:port; None: `http` serves the callbacks too
    public_url: str = ""  # https://host[:port] of the record pages; empty: replies link nowhere
    callback_url: str = ""  # https://host[:port] that platforms call; empty: `public_url`
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
    managers: tuple[str, ...] = ()  # USER or WORKSPACE/USER, who may set a chat; none: all
    workspace_a_minute: int = 0  # questions of one workspace; 0: as many as it likes
    workspace_a_day: int = 0
    retention_days: int = 90
    e5_onnx: Path | None = None  # folder of the user's own model; None: the installed one
    reader_url: str = ""  # of the company's own language model, without a final `/`; empty: none
    reader_model: str = ""
    reader_key: str = ""
    reader_timeout_s: float = 2.0
    reader_use: ReaderUse = "observe"
    reader_private: bool = False  # asked only where its address is none of the internet's
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_signing_secret: str = ""
    slack_client_id: str = ""  # with its secret: workspaces install the app themselves
    slack_client_secret: str = ""
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
    secret_keys: tuple[str, ...] = ()  # seal the tokens of workspaces; the first one seals
    log: Log = "plain"
    https_proxy: str = ""  # read by every library, as the next one; here for the doctor
    ca_file: Path | None = None  # SSL_CERT_FILE
    env_file: Path | None = None  # the `.env` that was read
    remarks: tuple[str, ...] = ()  # Chinese, one line each: what was probably meant otherwise

    @property
    def folder(self) -> Path:
        """Where this process keeps what lies beside the database."""
        return folder_of(self.db)

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
        SettingsError: Variables are malformed, or `.env` is; the message names each, a line for
            each, never a secret's value.
    """
    settings, faults = examine_settings(environ, folder)
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def examine_settings(
    environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> tuple[Settings, list[str]]:
    """The settings, with defaults for what is malformed, and each fault of them as one line."""
    folder = folder or Path.cwd()
    environ = os.environ if environ is None else environ
    faults = []
    try:
        text = read_env_file(folder / ".env")
    except SettingsError as error:
        faults, text = [str(error)], ""
    in_file = _values(text)
    get = _Getter(in_file, environ)
    settings = _settings(get, folder)
    faults += get.faults
    said = (*remarks(text), *unknown(in_file, environ, get.known | {*_NETWORK}))
    env_file = folder / ".env" if (folder / ".env").is_file() else None
    return replace(settings, env_file=env_file, remarks=said), faults


def _settings(get: _Getter, folder: Path) -> Settings:
    tz = get.zone("IR_TZ", "Asia/Shanghai")
    return Settings(
        db=get.place("IR_DB", folder, folder / (get("IR_FOLDER") or "data")),
        http=get.address("IR_HTTP", "127.0.0.1:8300"),
        callback_http=get.address("IR_CALLBACK_HTTP", "") or None,
        public_url=get.origin("IR_PUBLIC_URL"),
        callback_url=get.origin("IR_CALLBACK_URL"),
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
        workspace_a_minute=get.number("IR_WORKSPACE_A_MINUTE", 0),
        workspace_a_day=get.number("IR_WORKSPACE_A_DAY", 0),
        retention_days=get.number("IR_RETENTION_DAYS", 90),
        e5_onnx=folder / get("IR_E5_ONNX") if get("IR_E5_ONNX") else None,
        https_proxy=get("HTTPS_PROXY"),
        ca_file=folder / get("SSL_CERT_FILE") if get("SSL_CERT_FILE") else None,
        secret_keys=get.keys("IR_SECRET_KEY"),
        log=cast(Log, get.choice("IR_LOG", ("plain", "json"))),
        **_reader(get),
        **_chats(get),
    )


def _reader(get: _Getter) -> dict[str, Any]:
    """What the second reader needs."""
    url, model = get.base("IR_READER_URL"), get("IR_READER_MODEL")
    if bool(url) != bool(model):
        get.faults.append("IR_READER_URL 和 IR_READER_MODEL 要么都设，要么都不设")
    return {
        "reader_url": url,
        "reader_model": model,
        "reader_key": get.header("IR_READER_KEY"),
        "reader_timeout_s": get.seconds("IR_READER_TIMEOUT_S", 2.0, most=30.0),
        "reader_use": cast(ReaderUse, get.choice("IR_READER", ("observe", "use"))),
        "reader_private": get.choice("IR_READER_PRIVATE", ("0", "1")) == "1",
    }


def _chats(get: _Getter) -> dict[str, Any]:
    """What Slack and WeCom need."""
    return {
        "slack_bot_token": get("SLACK_BOT_TOKEN"),
        "slack_app_token": get("SLACK_APP_TOKEN"),
        "slack_signing_secret": get("SLACK_SIGNING_SECRET"),
        "slack_client_id": get("SLACK_CLIENT_ID"),
        "slack_client_secret": get("SLACK_CLIENT_SECRET"),
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
        told = _values(read_env_file(Path.cwd() / ".env"))
    except SettingsError:
        told = {}
    return (
        "en" if (os.environ.get("IR_LANG") or told.get("IR_LANG") or "").strip() == "en" else "zh"
    )


def share_network() -> None:
    """Put the network's variables of `.env` where the libraries look for them.

    Raises:
        SettingsError: `.env` cannot be read.
    """
    for name, value in _values(read_env_file(Path.cwd() / ".env")).items():
        if name in _NETWORK and value:
            os.environ.setdefault(name, value.strip())


def _values(text: str) -> Mapping[str, str | None]:
    """What the text of `.env` sets."""
    return dotenv_values(stream=io.StringIO(text))


class _Getter:
    """Reads variables; what is malformed is a fault, and its default goes on."""

    def __init__(self, in_file: Mapping[str, str | None], environ: Mapping[str, str]) -> None:
        values = {**in_file, **environ}
        self._values = {name: value.strip() for name, value in values.items() if value is not None}
        self._in_environment = frozenset(environ)
        self._asked: set[str] = set()
        self.faults: list[str] = []

    def __call__(self, name: str) -> str:
        self._asked.add(name)
        return self._values.get(name, "")

    @property
    def known(self) -> frozenset[str]:
        """Every name that was asked for."""
        return frozenset(self._asked)

    def _fault(self, name: str, said: str) -> None:
        """Tell what is malformed, with what it is and where; of no variable that may hold a
        secret."""
        value = one_line(self(name))
        here = f"环境变量里是“{value}”" if name in self._in_environment else f".env 里是“{value}”"
        self.faults.append(f"{said}；{here}")

    def place(self, name: str, folder: Path, own: Path) -> Place:
        """A file, from a folder on; or a database of PostgreSQL, beside which `own` is kept."""
        text = self(name) or "data/irbot.db"
        if not is_postgres_url(text):
            if "://" in text:  # of another program, with a password perhaps
                self.faults.append(f"{name} 应为文件路径，或 postgresql://… 的地址")
            return folder / text
        try:
            return PostgresUrl.parse(text, own)
        except ValueError as error:
            self.faults.append(f"{name} {error}")
            return folder / "data/irbot.db"

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in re.split("[,，]", self(name)) if item.strip())

    def number(self, name: str, default: int, least: int = 0) -> int:
        text = self(name) or str(default)
        if text.isascii() and text.isdigit() and int(text) >= least:
            return int(text)
        kind = "正整数" if least else "非负整数"
        self._fault(name, f"{name} 应为{kind}，例如 {default}")
        return default

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of choices; the first is the default."""
        text = self(name) or choices[0]
        if text in choices:
            return text
        self._fault(name, f"{name} 只能是 {'、'.join(choices)} 之一")
        return choices[0]

    def address(self, name: str, default: str) -> str:
        # An empty IR_HTTP is said on purpose ("no web server"); an absent one is not.
        self._asked.add(name)
        text = self._values.get(name, default)
        host, _, port = text.rpartition(":")
        if not text or (
            re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}", text)
            and int(port) < 65536
            and _is_name(host)
        ):
            return text
        self._fault(name, f"{name} 应为 主机:端口，例如 127.0.0.1:8300")
        return default

    def origin(self, name: str) -> str:
        """Scheme, host and port of an address, without a final `/`; empty where it is not set."""
        text = self(name).rstrip("/")
        if not text or _is_address(text, path=""):
            return text.lower()
        self.faults.append(f"{name} 应为 https://主机 或 https://主机:端口，不带路径")
        return ""

    def base(self, name: str) -> str:
        """Scheme, host, port and path of an address, without a final `/`; empty where it is not
        set. A name with a password in it would be told in logs."""
        text = self(name).rstrip("/")
        if not text or _is_address(text, path=r"(/[\w.~%/-]*)?"):
            return text
        self.faults.append(f"{name} 应为 https://主机/v1 这样的地址，不带用户名、? 和 #")
        return ""

    def header(self, name: str) -> str:
        """What a header can carry."""
        text = self(name)
        if text.isascii() and text.isprintable():
            return text
        self.faults.append(f"{name} 只能有英文字母、数字和符号")
        return ""

    def keys(self, name: str) -> tuple[str, ...]:
        """Keys to seal with; what is set is never told."""
        keys = self.several(name)
        if all(is_key(key) for key in keys):
            return keys
        self.faults.append(
            f"{name} 应为 irbot workspaces new-key 生成的密钥（44个字符），多个以逗号隔开"
        )
        return ()

    def seconds(self, name: str, default: float, most: float) -> float:
        text = self(name) or str(default)
        if re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text, re.ASCII) and 0 < float(text) <= most:
            return float(text)
        self._fault(name, f"{name} 应为秒数，大于0，不超过{most:g}，例如 {default:g}")
        return default

    def zone(self, name: str, default: str) -> ZoneInfo:
        try:
            return ZoneInfo(self(name) or default)
        except (KeyError, ValueError, OSError):
            self._fault(name, f"{name} 不是时区名，例如 {default}")
            return ZoneInfo(default)

    def clock_offset(self, name: str, tz: ZoneInfo) -> timedelta:
        if not self(name):
            return timedelta()
        try:
            start = datetime.fromisoformat(self(name))
        except ValueError:
            self._fault(name, f"{name} 应为带时区的时刻，例如 2025-07-01T09:00:00+08:00")
            return timedelta()
        if start.tzinfo is None:
            start = start.replace(tzinfo=tz)
        return start - datetime.now(start.tzinfo)


def _is_address(text: str, path: str) -> bool:
    """Whether a text is an address of http or https that can be connected to, with such a path."""
    if not re.fullmatch(
        rf"https?://(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:\d{{1,5}})?{path}", text, re.ASCII
    ):
        return False
    try:
        parts = urlsplit(text)
        return parts.port != 0 and _is_name(parts.hostname or "")
    except ValueError:  # a port that is too high, an IPv6 address that is none
        return False


def _is_name(host: str) -> bool:
    """Whether a host can be looked up: no part of its name is empty or too long."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False
