"""One question to an OpenAI-compatible server: chat completions, over HTTP.

Redirections are not followed, so that nothing goes to another address. Where the address must be
a private one, the name is looked up first and the very addresses that were looked at are
connected to, past every proxy.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bot.answering.second_opinion import Asked
from bot.second_reader.deadline import Deadline
from bot.second_reader.prompt import messages, response_formats

if TYPE_CHECKING:
    import httpx2

_PATH = "/chat/completions"
_MOST_TOKENS = 64  # an answer has about 12
_LARGEST = 65_536  # bytes of a response
_LONGEST_REST_S = 3600  # that a server is believed
_NO_SUCH_FORM = (400, 422)  # what servers say to a response_format that they do not know


class NoOpinionError(Exception):
    """There is none; the text says why, in English, with nothing of what was sent or came back."""

    def __init__(self, why: str, rest_s: float = 0.0) -> None:
        """
        Args:
            why: The text.
            rest_s: How long the server wants to be left alone.
        """
        super().__init__(why)
        self.rest_s = rest_s


@dataclass(frozen=True)
class _Response:
    status: int
    body: bytes
    rest_s: float  # that the server wants to be left alone


@dataclass(frozen=True)
class _Place:
    """Where a question is put, and what the library is told besides."""

    url: str
    headers: dict[str, str]
    extensions: dict[str, Any]


class Client:
    """Safe to share between threads. The library is loaded with the first question."""

    def __init__(
        self,
        url: str,
        model: str,
        key: str,
        is_private: bool,
        look_up: Callable[..., Sequence[Any]] = socket.getaddrinfo,
    ) -> None:
        """
        Args:
            url: Base address, `https://host/v1`.
            model: Its name there.
            key: Sent as bearer token; empty: none.
            is_private: Whether the address may be none of the internet's.
            look_up: Finds the addresses of a host's name that must be private.
        """
        self._url = url if url.endswith(_PATH) else url + _PATH
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._is_private = is_private
        self._look_up = look_up
        self._way = 0  # of telling the form, the first one that the server did not refuse
        self._making = threading.Lock()
        self._made: httpx2.Client | None = None

    def ask(self, asked: Asked, seconds: float) -> str:
        """The content of the answer.

        Raises:
            NoOpinionError: There is none in so many seconds.
        """
        until = time.monotonic() + seconds
        ways = response_formats(len(asked.choices))
        for way in range(self._way, len(ways)):
            response = self._posted(asked, ways[way], until)
            if response.status == 200:
                self._way = way  # only now it is known that the form was at fault
            if response.status not in _NO_SUCH_FORM:
                break
        return _content(response)

    def _posted(self, asked: Asked, form: dict[str, Any] | None, until: float) -> _Response:
        """What comes back, from the first of the host's addresses that can be connected to."""
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
        content, places = json.dumps(body).encode(), self._places()
        for at, place in enumerate(places, 1):
            try:
                return self._received(content, place, until, _left(until) / (len(places) + 1 - at))
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                _left(until)  # whatever the library calls a connection that was cut
                is_other = isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout))
                if not is_other or at == len(places):
                    raise NoOpinionError(_why(error)) from error
        raise NoOpinionError("the host's name is not known")

    def _received(self, content: bytes, place: _Place, until: float, connect_s: float) -> _Response:
        import httpx2

        with (
            Deadline(until) as deadline,
            self._http.stream(
                "POST",
                place.url,
                content=content,
                headers={"Content-Type": "application/json", **self._headers, **place.headers},
                timeout=httpx2.Timeout(_left(until), connect=connect_s),
                extensions={**place.extensions, "trace": deadline.trace},
            ) as response,
        ):
            received = b""
            for piece in response.iter_bytes():
                received += piece
                if len(received) > _LARGEST:
                    raise NoOpinionError("the answer is too long")
                _left(until)
            return _Response(response.status_code, received, _rest_s(response.headers))

    @property
    def _http(self) -> httpx2.Client:
        """One for all threads; the first one that asks makes it."""
        with self._making:
            if self._made is None:
                self._made = self._new_http()
            return self._made

    def _new_http(self) -> httpx2.Client:
        import httpx2

        logging.getLogger("httpx2").setLevel(logging.WARNING)  # it tells of each request
        # As every other connection here: SSL_CERT_FILE, or the system's authorities.
        context = ssl.create_default_context()
        try:
            return httpx2.Client(
                verify=context,
                trust_env=not self._is_private,  # for proxies
                follow_redirects=False,
                limits=httpx2.Limits(max_keepalive_connections=0),  # questions come seldom
            )
        except (ValueError, httpx2.InvalidURL) as error:
            raise NoOpinionError("HTTP_PROXY or HTTPS_PROXY holds no address") from error

    def _places(self) -> list[_Place]:
        """Where to connect to, the first one that can be.

        Raises:
            NoOpinionError: The address must be private, and is not, or not known.
        """
        if not self._is_private:
            return [_Place(self._url, {}, {})]
        parts = urlsplit(self._url)
        host = parts.hostname or ""
        try:
            found = self._look_up(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NoOpinionError("the host's name is not known") from error
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        if not addresses or not all(map(is_private, addresses)):
            raise NoOpinionError("the address is public, and IR_READER_PRIVATE is 1")
        port = f":{parts.port}" if parts.port else ""
        return [
            _Place(
                f"{parts.scheme}://{f'[{one}]' if ':' in one else one}{port}{parts.path}",
                {"Host": parts.netloc},
                {"sni_hostname": host},
            )
            for one in addresses
        ]


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


def _rest_s(headers: Mapping[str, str]) -> float:
    """How long a server wants to be left alone; 0: it does not say so in seconds."""
    text = headers.get("retry-after", "")
    return float(min(int(text), _LONGEST_REST_S)) if re.fullmatch("[0-9]{1,9}", text) else 0.0


def _content(response: _Response) -> str:
    if response.status != 200:
        raise NoOpinionError(f"HTTP {response.status}", response.rest_s)
    try:
        (choice,) = json.loads(response.body)["choices"]
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
