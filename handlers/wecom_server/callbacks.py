"""The paths that WeCom calls.

    GET     what the console sends when a callback is set up: the plaintext of `echostr` is answered
    POST    one callback; empty and 200 once it is kept, or a reply, encrypted as it came

Whoever else calls gets one answer for all that can be wrong. A repetition is known by the id of
what it holds, as is a replay; how old a callback may be is judged only where WECOM_MAX_SKEW is set.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from bot.errors import StoreError
from handlers.wecom_server.crypto import Crypto, RefusedError, is_too_old
from handlers.wecom_server.xml import UnreadableError, fields

MOST = 65_536  # bytes of a body; more is refused unread

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Callback:
    """What a callback said, decrypted."""

    content: str
    timestamp: str
    nonce: str


def in_xml(body: bytes) -> str:
    """The ciphertext of an app's callback.

    Raises:
        UnreadableError: There is none.
    """
    encrypted = fields(body).get("Encrypt")
    if not encrypted:
        raise UnreadableError("no Encrypt")
    return encrypted


def in_json(body: bytes) -> str:
    """The ciphertext of a smart bot's callback.

    Raises:
        UnreadableError: There is none.
    """
    encrypted = object_in(body).get("encrypt")
    if not isinstance(encrypted, str) or not encrypted:
        raise UnreadableError("no encrypt")
    return encrypted


def object_in(content: bytes | str) -> dict[str, Any]:
    """A JSON object.

    Raises:
        UnreadableError: It is none.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableError("no JSON") from None
    if not isinstance(found, dict):
        raise UnreadableError("no object")
    return found


@dataclass(frozen=True)
class Entrance:
    """One path."""

    path: str
    crypto: Crypto
    opened: Callable[[bytes], str]  # body → ciphertext
    hear: Callable[[Callback], str]  # → the body of the response; empty: nothing to say
    most_skew_s: float  # 0: a callback may have any age

    def mount(self, app: Flask) -> None:
        """Serve the path."""
        name = f"wecom{self.path}".replace("/", "_")
        app.add_url_rule(self.path, f"{name}_verify", self._verified, methods=["GET"])
        app.add_url_rule(self.path, name, self._heard, methods=["POST"])

    def _verified(self) -> ResponseReturnValue:
        # Base64 holds no space: one was a `+` that nobody wrote as %2B.
        return self._answered(lambda: self._decrypted(_given("echostr").replace(" ", "+")))

    def _heard(self) -> ResponseReturnValue:
        request.max_content_length = MOST

        def heard() -> str:
            body = request.get_data(cache=False)
            content = self._decrypted(self.opened(body))
            return self.hear(Callback(content, _given("timestamp"), _given("nonce")))

        return self._answered(heard)

    def _decrypted(self, encrypted: str) -> str:
        timestamp = _given("timestamp")
        content = self.crypto.decrypted(
            _given("msg_signature"), timestamp, _given("nonce"), encrypted
        )
        if self.most_skew_s and is_too_old(timestamp, time.time(), self.most_skew_s):
            raise RefusedError("age")
        return content

    def _answered(self, answer: Callable[[], str]) -> ResponseReturnValue:
        try:
            return Response(answer(), mimetype="text/plain")
        except RefusedError as error:
            log.warning("WeCom: a call of %s was refused: %s", self.path, error)
            return Response("refused", 403, mimetype="text/plain")
        except UnreadableError as error:
            log.warning("WeCom: a call of %s was not readable: %s", self.path, error)
            return Response("not readable", 400, mimetype="text/plain")
        except StoreError as error:  # it is called again
            log.error("WeCom: a callback could not be kept: %s", error)
            return Response("not kept", 503, mimetype="text/plain")


def _given(name: str) -> str:
    return request.args.get(name, "")
