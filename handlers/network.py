"""Why something could not be reached: the one place where errors of connections are told apart.

Every library wraps them otherwise, so that the chain of causes is searched. Nothing of what the
errors say is shown: an address may hold a password.
"""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from websockets.exceptions import InvalidProxy, InvalidProxyStatus, ProxyError

Kind = Literal[
    "no such host",
    "not reached",
    "no answer",
    "proxy not reached",
    "proxy refuses",
    "certificate expired",
    "certificate not valid yet",
    "certificate of another host",
    "certificate not trusted",
    "no TLS",
    "cut",
    "other",
]

_CERTIFICATES: dict[int, Kind] = {  # X509_V_ERR_… of OpenSSL's x509_vfy.h
    9: "certificate not valid yet",
    10: "certificate expired",
    62: "certificate of another host",
    64: "certificate of another host",  # an address
}
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")  # http.client
# Something went out, perhaps, before it failed.
_PERHAPS_SENT = frozenset({"no answer", "no TLS", "cut", "other"})
PROXY_AUTHENTICATION = 407
_NETWORK = "检查网络和防火墙；要经代理的，设 HTTPS_PROXY"
_REFUSED = (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH)


@dataclass(frozen=True)
class Trouble:
    """What became of a try to reach something."""

    kind: Kind
    proxy: str  # host:port that the connection goes through; empty: none
    error: str  # the error's class
    status: int = 0  # that the proxy answered with

    @property
    def is_unsent(self) -> bool:
        """Whether nothing of a request can have gone out."""
        return self.kind not in _PERHAPS_SENT

    def __str__(self) -> str:
        """English, for the log."""
        through = f" {self.proxy}" if self.kind.startswith("proxy") else ""
        status = f" {self.status}" if self.status else ""
        return f"{self.kind.replace('proxy', f'proxy{through}')}{status} ({self.error})"


def trouble_of(error: BaseException, url: str) -> Trouble:
    """What an error of a library means.

    Args:
        error: As it was raised.
        url: Of what was to be reached.
    """
    proxy = proxy_of(url)
    for cause in _causes(error):
        kind, status = _kind(cause)
        if kind == "other":
            continue
        if proxy and kind in ("no such host", "not reached"):
            kind = "proxy not reached"  # nothing else is connected to or looked up
        return Trouble(kind, proxy, type(cause).__name__, status)
    return Trouble("other", proxy, type(error).__name__)


def explained(trouble: Trouble, url: str, within_s: float) -> tuple[str, str]:
    """What is wrong on the way to an address, and what to do; Chinese.

    Args:
        trouble: What became of the try.
        url: Of what was to be reached.
        within_s: How long an answer was waited for.
    """
    host, proxy = urlsplit(url).hostname, trouble.proxy
    match trouble.kind:
        case "no such host":
            return f"查不到主机名 {host}", "检查 DNS；要经代理的，设 HTTPS_PROXY"
        case "not reached":
            return f"连不上（{trouble.error}）", _NETWORK
        case "no answer":
            return f"{within_s:g} 秒内没有应答", _NETWORK
        case "proxy not reached":
            todo = "检查代理是否在运行、HTTPS_PROXY 是否写对；不经代理的主机写进 NO_PROXY"
            return f"连不上代理 {proxy}（{trouble.error}）", todo
        case "proxy refuses" if trouble.status == PROXY_AUTHENTICATION:
            todo = "HTTPS_PROXY 写成 http://用户:密码@主机:端口"
            return f"代理 {proxy} 要求用户名和密码（407）", todo
        case "proxy refuses":
            status = f"（{trouble.status}）" if trouble.status else ""
            return f"代理 {proxy} 不转发{status}", f"请代理管理员放行 {host}"
        case "certificate expired":
            return "证书已过期", "先看本机时钟准不准；准的，请管证书或代理的人更新证书"
        case "certificate not valid yet":
            return "证书还没有生效", "多半是本机时钟慢了：校准系统时间（NTP）"
        case "certificate of another host":
            return f"证书不是 {host} 的", "检查设置里的地址、DNS 和代理"
        case "certificate not trusted":
            return "证书不受信任", "公司代理换发证书时，把其根证书设入 SSL_CERT_FILE"
        case "no TLS":
            return "对方不按 TLS 应答", "检查地址里的端口和代理；代理本身多是 http://"
        case "cut":
            return f"连接被中断（{trouble.error}）", "检查防火墙和代理是否放行"
        case "other":
            return f"连接失败（{trouble.error}）", "检查网络、防火墙和代理设置"


def proxy_of(url: str) -> str:
    """host:port of the environment's proxy for an address; empty where there is none."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    proxies = urllib.request.getproxies()
    given = proxies.get(scheme) or (proxies.get("all", "") if parts.scheme[:2] == "ws" else "")
    if not given or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    try:
        return urlsplit(given if "//" in given else f"//{given}").netloc.rpartition("@")[2]
    except ValueError:  # it is no address, and may hold a password
        return "HTTPS_PROXY"


def read_certificates_as_they_change() -> None:
    """Let `urllib`, and what stands on it, heed the file of trusted certificates as it is: it would
    keep what it read at its first call, and go on failing when the file is put right."""
    urllib.request.install_opener(urllib.request.build_opener(_Https))


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(http.client.HTTPSConnection, req, context=_context(*_trusted()))


def _trusted() -> tuple[str, int]:
    """The file of trusted certificates, and when it was changed."""
    path = ssl.get_default_verify_paths().cafile or ""
    return path, Path(path).stat().st_mtime_ns if path else 0


@lru_cache(1)
def _context(path: str, changed_ns: int) -> ssl.SSLContext:
    return ssl.create_default_context()


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        found = waiting.pop(0)
        if found in seen:
            continue
        seen.append(found)
        yield found
        inner = (getattr(found, "reason", None), found.__cause__, found.__context__)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]


def _kind(cause: BaseException) -> tuple[Kind, int]:
    match cause:
        case ssl.SSLCertVerificationError():
            return _CERTIFICATES.get(cause.verify_code, "certificate not trusted"), 0
        case ssl.SSLError():
            return "no TLS", 0
        case socket.gaierror():
            return "no such host", 0
        case InvalidProxyStatus():
            return "proxy refuses", cause.response.status_code
        case InvalidProxy() | ProxyError():
            return "proxy refuses", 0
        case TimeoutError():
            return "no answer", 0
        case ConnectionResetError() | BrokenPipeError():
            return "cut", 0
        case OSError() if found := _TUNNEL.search(str(cause)):
            return "proxy refuses", int(found[1])
        case OSError() if cause.errno in _REFUSED:
            return "not reached", 0
    return "other", 0
