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
