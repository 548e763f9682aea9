"""Calls to WeCom's server, and what became of them.

An answer is judged by its errcode alone; the texts change. A token that the platform refuses is
renewed once and the call made once more, never in a loop: too many wrong calls lock an interface.
Addresses hold secrets and tokens, so that none of them is ever told.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.delivery.transport import Outcome, RateLimited, Refused, Suspended, Unconfirmed
from bot.postgres_url import Place
from handlers import wecom_codes as codes
from handlers.network import explained, trouble_of
from handlers.wecom_server.access_token import AccessToken, Token

_TIMEOUT_S = 10.0
_WAIT_S = 60.0  # after too many calls, and between two tries that need a person's hand
# A call fits into what a connection takes at once, so that no time runs out but for connecting.
_NOT_CONNECTED = ("no answer", "no TLS")
_ADDRESS = re.compile(r"from ip: ?([0-9a-fA-F.:]+)")

log = logging.getLogger(__name__)


class _NoAnswerError(Exception):
    """The text says why, in English."""

    def __init__(self, said: str, why: str = "") -> None:
        super().__init__(said)
        self.why = why  # Chinese, for the operator, where the connection failed


class NotCalledError(_NoAnswerError):
    """Nothing was carried out: no connection, or no token."""


class NoVerdictError(_NoAnswerError):
    """It was called, and no answer came: it may have been carried out."""


class NoTokenError(NotCalledError):
    """The platform gives no token."""

    def __init__(self, errcode: int) -> None:
        super().__init__(f"no access token: {errcode}")
        self.errcode = errcode


@dataclass(frozen=True)
class Answer:
    """What the platform said."""

    errcode: int
    errmsg: str
    body: dict[str, Any]

    @property
    def our_address(self) -> str:
        """From where the call came, where the platform names it."""
        found = _ADDRESS.search(self.errmsg)
        return found[1].rstrip(".:,") if found else ""


class ServerApi:
    """The calls of one app. Safe to share between threads."""

    def __init__(self, url: str, corp_id: str, secret: str, db: Place) -> None:
        """Prepare.

        Args:
            url: Origin, without `/cgi-bin`.
            corp_id: Of the corporation.
            secret: Of the app.
            db: Beside it the token is kept.
        """
        self._url = url
        self._credentials = {"corpid": corp_id, "corpsecret": secret}
        self._token = AccessToken(db, f"{url}\n{corp_id}\n{secret}", self._fetched)

    def sign_in(self) -> None:
        """See that there is a token.

        Raises:
            NotCalledError: There is none.
        """
        _had(self._token.get)

    def call(self, path: str, body: dict[str, Any] | None = None, **query: object) -> Answer:
        """Make one call.

        Args:
            path: Behind `/cgi-bin/`.
            body: Posted as JSON; None: a GET.
            query: More of the address.

        Raises:
            NotCalledError: Nothing was carried out.
            NoVerdictError: It may have been.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return self._called(path, content, "application/json; charset=utf-8", query)

    def upload(self, name: str, content: bytes) -> Answer:
        """Put a file where messages can name it, for three days.

        Raises:
            NotCalledError: It is not there, or nobody knows where; it can be put there again.
        """
        mark = secrets.token_hex(16)
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="media"; filename="{name}"; '
            f"filelength={len(content)}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        )
        whole = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        try:
            return self._called("media/upload", whole, kind, {"type": "file"})
        except NoVerdictError as error:
            raise NotCalledError(f"upload: {error}") from None

    def _called(
        self, path: str, content: bytes | None, kind: str, query: dict[str, object]
    ) -> Answer:
        token = _had(self._token.get)
        answer = self._asked(path, content, kind, {"access_token": token, **query})
        if answer.errcode not in codes.BAD_TOKEN:
            return answer
        token = _had(lambda: self._token.after(token))
        return self._asked(path, content, kind, {"access_token": token, **query})

    def _fetched(self) -> Token:
        try:
            answer = self._asked("gettoken", None, "", dict(self._credentials))
        except NoVerdictError as error:
            raise NotCalledError(f"no access token: {error}", error.why) from None
        token, lasts_s = answer.body.get("access_token"), answer.body.get("expires_in")
        if answer.errcode or not isinstance(token, str) or not isinstance(lasts_s, int):
            raise NoTokenError(answer.errcode)
        return Token.lasting(token, lasts_s)

    def _asked(
        self, path: str, content: bytes | None, kind: str, query: dict[str, object]
    ) -> Answer:
        request = urllib.request.Request(
            f"{self._url}/cgi-bin/{path}?{urlencode(query)}",
            content,
            {"Content-Type": kind} if content is not None else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
                said = json.load(response)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 429:
                return Answer(codes.TOO_OFTEN, "HTTP 429", {})
            if error.code < 500:
                raise NotCalledError(f"HTTP {error.code}") from None
            raise NoVerdictError(f"HTTP {error.code}") from None
        except urllib.error.URLError as error:
            trouble = trouble_of(error, self._url)
            why, _ = explained(trouble, self._url, _TIMEOUT_S)
            if trouble.is_unsent or trouble.kind in _NOT_CONNECTED:
                raise NotCalledError(str(trouble), why) from None
            raise NoVerdictError(str(trouble), why) from None
        except (OSError, ValueError) as error:  # cut, or an answer that is no JSON
            raise NoVerdictError(type(error).__name__) from None
        return _answer(said)


def _had(token: Callable[[], str]) -> str:
    try:
        return token()
    except OSError as error:
        raise NotCalledError(f"the token's file: {type(error).__name__}") from None


def _answer(said: Any) -> Answer:
    errcode = said.get("errcode", 0) if isinstance(said, dict) else None
    if not isinstance(errcode, int):
        raise NoVerdictError("no errcode")
    return Answer(errcode, str(said.get("errmsg", "")), said)


def failed(error: NotCalledError | NoVerdictError) -> Outcome:
    """What becomes of a post whose call got no answer."""
    match error:
        case NoTokenError(errcode=errcode):
            return Suspended(f"no access token: {errcode}", _WAIT_S)
        case NotCalledError():
            return Refused(str(error), permanent=False)
        case _:
            return Unconfirmed(str(error))


def refused(answer: Answer) -> Outcome:
    """What becomes of a post that the platform did not take."""
    match answer.errcode:
        case codes.BUSY:
            return Refused(str(answer.errcode), permanent=False)
        case codes.TOO_OFTEN | codes.TOO_MANY:
            return RateLimited(_WAIT_S)
        case codes.NOT_TRUSTED_ADDRESS:
            log.error(
                "WeCom does not trust the address %s: add it to the app's 企业可信IP",
                answer.our_address or "of this machine",
            )
            return Suspended(f"60020 {answer.our_address}".strip(), _WAIT_S)
        case errcode if errcode in codes.BAD_TOKEN:
            return Suspended(str(errcode), _WAIT_S)
        case errcode:
            return Refused(str(errcode), permanent=True)
