"""One question to an OpenAI-compatible server: chat completions, over HTTP.

Redirections are not followed, so that nothing goes to another address. Where the address must be
a private one, the name is looked up first and the very address that was looked at is connected to,
past every proxy.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import ssl
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.answering.second_opinion import Asked
from bot.second_reader.prompt import messages, response_formats

if TYPE_CHECKING:
    import httpx2

_PATH = "/chat/completions"
_MOST_TOKENS = 64  # an answer has about 12
_LARGEST = 65_536  # bytes of a response
_NO_SUCH_FORM = (400, 422)  # what servers say to a response_format that they do not know


class NoOpinionError(Exception):
    """There is none; the text says why, in English, with nothing of what was sent or came back."""


class Client:
    """Safe to share between threads. The library is loaded with the first question."""

    def __init__(self, url: str, model: str, key: str, is_private: bool) -> None:
        """
        Args:
            url: Base address, `https://host/v1`.
            model: Its name there.
            key: Sent as bearer token; empty: none.
            is_private: Whether the address may be none of the internet's.
        """
        self._url = url if url.endswith(_PATH) else url + _PATH
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._is_private = is_private
        self._way = 0  # of telling the form, the first one that the server did not refuse
        self._making = threading.Lock()

    def ask(self, asked: Asked, seconds: float) -> str:
        """The content of the answer.

        Raises:
            NoOpinionError: There is none in so many seconds.
        """
        until = time.monotonic() + seconds
        ways = response_formats(len(asked.choices))
        status, body = 0, b""
        for way in range(self._way, len(ways)):
            status, body = self._posted(asked, ways[way], until)
            if status == 200:
                self._way = way  # only now it is known that the form was at fault
            if status not in _NO_SUCH_FORM:
                break
        return _content(status, body)

    def _posted(self, asked: Asked, form: dict[str, Any] | None, until: float) -> tuple[int, bytes]:
        import httpx2

        body: dict[str, Any] = {
            "model": self._model,
            "messages": messages(asked),
            "temperature": 0,
            "max_tokens": _MOST_TOKENS,
            "stream": False,
        }
        if form:
            body["response_format"] = form
        url, headers, extensions = self._destination()
        try:
            with self._http.stream(
                "POST",
                url,
                content=json.dumps(body).encode(),
                headers={"Content-Type": "application/json", **self._headers, **headers},
                timeout=_left(until),
                extensions=extensions,
            ) as response:
                received = b""
                for piece in response.iter_bytes():
                    received += piece
                    if len(received) > _LARGEST:
                        raise NoOpinionError("the answer is too long")
                    _left(until)
                return response.status_code, received
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise NoOpinionError(_why(error)) from error

    @cached_property
    def _http(self) -> httpx2.Client:
        import httpx2

        with self._making:
            logging.getLogger("httpx2").setLevel(logging.WARNING)  # it tells of each request
            # As every other connection here: SSL_CERT_FILE, or the system's authorities.
            context = ssl.create_default_context()
            return httpx2.Client(
                verify=context,
                trust_env=not self._is_private,  # for proxies
                follow_redirects=False,
                limits=httpx2.Limits(max_keepalive_connections=0),  # questions come seldom
            )

    def _destination(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Where to connect: address, headers, and what the library is told besides.

        Raises:
            NoOpinionError: The address must be private, and is not, or not known.
        """
        if not self._is_private:
            return self._url, {}, {}
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        try:
            found = socket.getaddrinfo(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NoOpinionError("the host's name is not known") from error
        addresses = [str(item[4][0]) for item in found]
        if not addresses or not all(map(is_private, addresses)):
            raise NoOpinionError("the address is public, and IR_READER_PRIVATE is 1")
        address = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
        port = f":{parts.port}" if parts.port else ""
        url = f"{parts.scheme}://{address}{port}{parts.path}"
        return url, {"Host": parts.netloc}, {"sni_hostname": host}


def is_private(address: str) -> bool:
    """Whether an address is none of the internet's: loopback, or of a network of one's own.

    >>> [is_private(one) for one in ("127.0.0.1", "10.0.0.5", "100.64.0.1", "fd00::1", "::1")]
    [True, True, True, True, True]
    >>> [is_private(one) for one in ("8.8.8.8", "::ffff:8.8.8.8", "2606:4700::1", "224.0.0.1")]
    [False, False, False, False]
    """
    one = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(one, ipaddress.IPv6Address):
        if one.teredo or one.sixtofour:  # the internet's, wrapped
            return False
        one = one.ipv4_mapped or one
    return not one.is_global and not one.is_multicast and not one.is_unspecified


def _left(until: float) -> float:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise NoOpinionError("timed out")
    return left_s


def _content(status: int, body: bytes) -> str:
    if status != 200:
        raise NoOpinionError(f"HTTP {status}")
    try:
        (choice,) = json.loads(body)["choices"]
        content = choice["message"]["content"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NoOpinionError("no chat completion came back") from error
    if not isinstance(content, str):
        raise NoOpinionError("no chat completion came back")
    return content


def _why(error: BaseException) -> str:
    """What went wrong, without any of it."""
    import httpx2

    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    for one in causes:
        match one:
            case ssl.SSLCertVerificationError():
                return "the certificate is not trusted"
            case ssl.SSLError():
                return "no TLS connection"
            case socket.gaierror():
                return "the host's name is not known"
            case httpx2.TimeoutException():
                return "timed out"
            case ConnectionRefusedError():
                return "the connection was refused"
    return f"not reachable ({type(error).__name__})"
