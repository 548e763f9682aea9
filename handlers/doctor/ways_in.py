"""Whether platforms and readers find the way in, as far as that can be told from inside."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

from bot.checks import Finding
from bot.config import Settings
from handlers.chats import CHATS
from handlers.doctor.hosts import certificate_ends, reach
from handlers.network import explained
from handlers.web.security import LOOPBACK

_TIMEOUT_S = 5
_PAGE = "/index.json"
_SOON_DAYS = 14  # renewal that works by itself is earlier
_OK = (200,)
_REFUSED = (400, 401, 403, 405)  # what is not signed, or no call
_NOTHING_BEHIND = (502, 503, 504)
_ANY = ("0.0.0.0", "::")


def checks(settings: Settings) -> Iterator[Finding]:
    """Callbacks, where a platform calls; pages, where they have an address for people outside."""
    yield from _open_to_others(settings)
    paths = {
        path: where
        for handler in CHATS
        if handler.is_configured(settings)
        for path, where in handler.callbacks(settings).items()
    }
    address = settings.callback_http or settings.http
    called_at = settings.callback_url or settings.public_url
    if paths and address:
        is_running, found = _listening("回调的监听", address, "IR_CALLBACK_HTTP")
        yield found
        for path, where in paths.items():
            yield _callback(called_at, path, where, address, is_running)
        if called_at:
            yield from _name(called_at)
    if settings.public_url and settings.http:
        is_running, found = _listening("网页的监听", settings.http, "IR_HTTP")
        yield found
        url = f"{settings.public_url}{_PAGE}"
        yield _outside("网页", url, _OK, settings.http, is_running)
        if not paths or settings.public_url != called_at:
            yield from _name(settings.public_url)


def _open_to_others(settings: Settings) -> Iterator[Finding]:
    """Pages and callbacks are for this machine's browsers and reverse proxy alone, by default."""
    for variable, address in (
        ("IR_HTTP", settings.http),
        ("IR_CALLBACK_HTTP", settings.callback_http),
    ):
        if address and address.rpartition(":")[0] not in LOOPBACK:
            said = f"{variable}={address} 对局域网开放，不经 TLS"
            todo = "反向代理在本机的，改为 127.0.0.1；在别处或在容器里的，用防火墙只放行它"
            yield Finding("监听范围", None, said, todo)


def _listening(what: str, address: str, variable: str) -> tuple[bool, Finding]:
    """Whether irbot answers there now."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    near = "127.0.0.1" if host in _ANY else host
    try:
        with closing(http.client.HTTPConnection(near, int(port), timeout=_TIMEOUT_S)) as asking:
            asking.request("GET", "/healthz")
            is_ours = b'"live"' in asking.getresponse().read(10_000)
    except ConnectionRefusedError:
        said = f"{address} 没有程序在听"
        return False, Finding(what, None, said, "启动 irbot serve 后再运行 irbot doctor")
    except (OSError, http.client.HTTPException) as error:
        said = f"{address} 没有应答（{type(error).__name__}）"
        return False, Finding(what, False, said, f"检查 {variable} 是否本机的地址")
    if is_ours:
        return True, Finding(what, True, f"irbot 正在 {address} 应答")
    said, todo = f"{address} 被其他程序占用", f"换一个端口：{variable}，反向代理也要改"
    return False, Finding(what, False, said, todo)


def _callback(origin: str, path: str, where: str, address: str, is_running: bool) -> Finding:
    """A path as the platform calls it."""
    what, saved = f"回调 {path}", f"在{where}保存一次：平台会当场验证这个地址"
    if origin:
        return _outside(what, f"{origin}{path}", _REFUSED, address, is_running)
    said = (
        f"地址应为 https://你的域名{path}，由反向代理转到 {address}；"
        "未设 IR_CALLBACK_URL，从这里查不出外面能否到达"
    )
    return Finding(what, None, said, f"{saved}；把 https://你的域名 设入 IR_CALLBACK_URL")


def _outside(what: str, url: str, ours: tuple[int, ...], address: str, is_running: bool) -> Finding:
    """What answers under an address for people and platforms outside."""
    found, parts = reach(url), urlsplit(url)
    if found.trouble:
        said = f"{url}：{explained(found.trouble, url, _TIMEOUT_S)[0]}"
        return Finding(what, False, said, f"检查 {parts.hostname} 的 DNS、反向代理和证书")
    if found.status in ours:
        return Finding(what, True, f"{url} 从本机可以到达")
    if found.status in _NOTHING_BEHIND and not is_running:
        todo = "启动 irbot serve 后再运行 irbot doctor"
        return Finding(what, None, f"{url} 到了反向代理，irbot 没有在运行", todo)
    said = f"{url} 应答 {found.status}，没有到 irbot"
    return Finding(what, False, said, f"让反向代理把 {parts.path} 转到 {address}，路径不变")


def _certificate(origin: str) -> Iterator[Finding]:
    """Our own certificate is nobody's business but the administrator's."""
    ends = certificate_ends(origin)
    if ends is not None:
        days = int((ends - time.time()) / 86_400)
        said = f"{origin} 的证书还有 {days} 天到期"
        is_soon = days < _SOON_DAYS
        yield Finding("对外的证书", None if is_soon else True, said, "让反向代理更新证书" * is_soon)


def _name(origin: str) -> Iterator[Finding]:
    """Whether the name leads into the company's own network here, which outside leads nowhere."""
    yield from _certificate(origin)
    what, host = "对外的域名", urlsplit(origin).hostname or ""
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(host, None)}
    except OSError:
        return  # said already
    addresses = {ipaddress.ip_address(item.partition("%")[0]) for item in found}
    inner = sorted(str(address) for address in addresses if not address.is_global)
    if inner:
        said = f"{host} 在这里解析为内网地址 {'、'.join(inner)}"
        yield Finding(what, None, said, "确认公网 DNS 给出公网地址，防火墙放行 443")
    if origin.startswith("http://"):
        said = f"{origin} 不加密，Slack 不接受"
        yield Finding(what, None, said, "让反向代理用 TLS，地址写成 https://")
