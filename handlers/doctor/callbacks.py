"""Whether platforms find the way in, as far as that can be told from inside."""

from __future__ import annotations

import http.client
import ipaddress
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

from bot.checks import Finding
from bot.config import Settings
from handlers.chats import CHATS
from handlers.doctor.hosts import explained, reach

_TIMEOUT_S = 5
_FROM_OURS = (400, 401, 403, 405)  # what is not signed, or no call, is refused so
_NOTHING_BEHIND = (502, 503, 504)
_ANY = ("0.0.0.0", "::")


def checks(settings: Settings) -> Iterator[Finding]:
    """The address that is listened on, then each path from outside; nothing where there is none."""
    paths = {
        path: where
        for handler in CHATS
        if handler.is_configured(settings)
        for path, where in handler.callbacks(settings).items()
    }
    address = settings.callback_http or settings.http
    if not paths or not address:
        return
    is_running, found = _listening(address)
    yield found
    outside = settings.callback_url or settings.public_url
    for path, where in paths.items():
        yield _outside(outside, path, where, address, is_running)
    if outside:
        yield from _inside_address(outside)


def _listening(address: str) -> tuple[bool, Finding]:
    """Whether irbot answers there now."""
    what = "回调的监听"
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
        return False, Finding(what, False, said, "检查 IR_CALLBACK_HTTP 是否本机的地址")
    if is_ours:
        return True, Finding(what, True, f"irbot 正在 {address} 应答")
    said, todo = f"{address} 被其他程序占用", "换一个端口：IR_CALLBACK_HTTP，反向代理也要改"
    return False, Finding(what, False, said, todo)


def _outside(outside: str, path: str, where: str, address: str, is_running: bool) -> Finding:
    """A path as the platform calls it."""
    what = f"回调 {path}"
    saved = f"在{where}保存一次：平台会当场验证这个地址"
    if not outside:
        return Finding(
            what,
            None,
            f"地址应为 https://你的域名{path}，由反向代理转到 {address}；"
            "未设 IR_CALLBACK_URL，从这里查不出外面能否到达",
            f"{saved}；把 https://你的域名 设入 IR_CALLBACK_URL",
        )
    url = f"{outside}{path}"
    found = reach(url)
    if found.trouble:
        return Finding(what, False, f"{url}：{explained(found.trouble, url)[0]}", _next(outside))
    if found.status in _FROM_OURS:
        return Finding(what, True, f"{url} 可以到达；平台能否到达，{saved}")
    if found.status in _NOTHING_BEHIND and not is_running:
        todo = "启动 irbot serve 后再运行 irbot doctor"
        return Finding(what, None, f"{url} 到了反向代理，irbot 没有在运行", todo)
    said = f"{url} 应答 {found.status}，没有到 irbot"
    return Finding(what, False, said, f"让反向代理把 {path} 转到 {address}，路径不变")


def _next(outside: str) -> str:
    return f"检查 {urlsplit(outside).hostname} 的 DNS、反向代理和证书"


def _inside_address(outside: str) -> Iterator[Finding]:
    """Whether the name leads into the company's own network here, which outside leads nowhere."""
    what, host = "回调的域名", urlsplit(outside).hostname or ""
    try:
        found = {str(item[4][0]) for item in socket.getaddrinfo(host, None)}
    except OSError:
        return  # said already
    addresses = {ipaddress.ip_address(item.partition("%")[0]) for item in found}
    inner = sorted(str(address) for address in addresses if not address.is_global)
    if inner:
        said = f"{host} 在这里解析为内网地址 {'、'.join(inner)}"
        todo = "确认公网 DNS 给出公网地址，防火墙放行 443"
        yield Finding(what, None, said, todo)
    if outside.startswith("http://"):
        todo = "让反向代理用 TLS，地址写成 https://"
        yield Finding(what, None, f"{outside} 不加密，Slack 不接受", todo)
