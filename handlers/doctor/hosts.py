"""Whether each host that is talked to is reached – through the proxy, with the certificates of the
environment – and what time it is there."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.checks import Finding
from bot.config import Settings
from bot.errors import reason
from handlers.network import PROXY_AUTHENTICATION, Trouble, explained, proxy_of, trouble_of

_TIMEOUT_S = 5
_SKEW_S = 60.0  # Slack refuses signatures from 300 on


@dataclass(frozen=True)
class Reached:
    """What came of asking an address."""

    trouble: Trouble | None
    status: int = 0
    date: str = ""  # of the answer

    @property
    def skew_s(self) -> float | None:
        """How far this machine's clock is ahead of the host's; None where it does not say."""
        try:
            theirs = parsedate_to_datetime(self.date)
        except ValueError:
            return None
        return time.time() - theirs.timestamp()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def reach(url: str) -> Reached:
    """Ask for an address; any answer at all proves the way, the proxy and the certificate."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(url, timeout=_TIMEOUT_S) as answer:
            return Reached(None, answer.status, answer.headers.get("Date", ""))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == PROXY_AUTHENTICATION:
                proxy = proxy_of(url)
                return Reached(Trouble("proxy refuses", proxy, "HTTPError", error.code))
            return Reached(None, error.code, error.headers.get("Date", ""))
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Reached(trouble_of(error, url))


def certificate_ends(url: str) -> float | None:
    """When the certificate of an https address ends, in seconds since 1970; None where that is
    not to be seen from here: through a proxy, or not at all."""
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_of(url):
        return None
    address = (parts.hostname or "", parts.port or 443)
    try:
        with (
            socket.create_connection(address, _TIMEOUT_S) as connection,
            ssl.create_default_context().wrap_socket(
                connection, server_hostname=parts.hostname
            ) as wrapped,
        ):
            found = wrapped.getpeercert() or {}
    except OSError:
        return None
    return ssl.cert_time_to_seconds(str(found["notAfter"]))


def checks(settings: Settings, urls: list[str]) -> Iterator[Finding]:
    """The proxy and the certificates, then each host once, then the clocks.

    Args:
        settings: All.
        urls: Of what is talked to.
    """
    if settings.https_proxy:
        yield _proxy(settings.https_proxy)
    if settings.ca_file:
        yield _certificates(settings.ca_file)
    hosts = list(dict.fromkeys(_root(url) for url in urls if _is_address(url)))
    with ThreadPoolExecutor(8) as pool:
        reached = dict(zip(hosts, pool.map(reach, hosts), strict=True))
    for url, found in reached.items():
        yield _host(url, found)
    yield from _clocks(reached)


def _is_address(url: str) -> bool:
    """Whether it names a host; where it does not, its chat says so."""
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _root(url: str) -> str:
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc}/"


def _host(url: str, found: Reached) -> Finding:
    what = f"网络 {urlsplit(url).hostname}"
    if found.trouble:
        return Finding(what, False, *explained(found.trouble, url, _TIMEOUT_S))
    through = proxy_of(url)
    return Finding(what, True, f"可以连接，经代理 {through}" if through else "可以连接")


def _clocks(reached: Mapping[str, Reached]) -> Iterator[Finding]:
    """This machine's clock beside those of the hosts."""
    skews = {url: found.skew_s for url, found in reached.items() if not found.trouble}
    known = {url: skew_s for url, skew_s in skews.items() if skew_s is not None}
    wrong = {url: skew_s for url, skew_s in known.items() if abs(skew_s) > _SKEW_S}
    for url, skew_s in wrong.items():
        fast = "快" if skew_s > 0 else "慢"
        said = f"本机比 {urlsplit(url).hostname} {fast} {abs(skew_s):.0f} 秒"
        yield Finding("时钟比对", False, said, "校准系统时间（NTP）；差 5 分钟以上请求会被拒")
    if known and not wrong:
        yield Finding("时钟比对", True, f"与 {len(known)} 个平台主机相差不到一分钟")
    elif skews and not known:
        yield Finding("时钟比对", None, "平台的应答没有时间，未能比对")


def _proxy(given: str) -> Finding:
    what = "代理"
    try:
        parts = urlsplit(given if "//" in given else f"//{given}")
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        scheme, host, port = "", None, None
    if not host or not port or scheme not in ("", "http", "https"):
        todo = "写成 http://主机:端口，需要时 http://用户:密码@主机:端口"
        return Finding(what, False, "HTTPS_PROXY 看不懂", todo)
    try:
        socket.create_connection((host, port), _TIMEOUT_S).close()
    except (OSError, UnicodeError) as error:  # a name that cannot be looked up
        said = f"连不上 {host}:{port}（{type(error).__name__}）"
        return Finding(what, False, said, "检查代理是否在运行、HTTPS_PROXY 是否写对")
    return Finding(what, True, f"{host}:{port} 可以连接")


def _certificates(path: Path) -> Finding:
    """The file of trusted certificates, whose place nobody checks: one that is absent is taken for
    an empty one."""
    what = "证书文件"
    todo = "SSL_CERT_FILE 应为 PEM 文件：系统的根证书，加上公司代理的根证书"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        return Finding(what, False, f"{path} 里没有可用的 PEM 证书", todo)
    except OSError as error:
        return Finding(what, False, f"{path} 读不了（{reason(error)}）", todo)
    ends = [ssl.cert_time_to_seconds(str(item["notAfter"])) for item in context.get_ca_certs()]
    gone = sum(end < time.time() for end in ends)
    if not ends:
        return Finding(what, False, f"{path} 里没有根证书（CA）", todo)
    if gone == len(ends):
        return Finding(what, False, f"{path} 里的 {gone} 张证书都已过期", "换上新的根证书")
    # Those of a system always hold some that have ended.
    return Finding(what, True, f"{path}，{len(ends) - gone} 张有效证书")
