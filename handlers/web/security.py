"""Who may ask for a page, and what a browser may do with what it gets."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, ServiceUnavailable

from bot.errors import StoreError

log = logging.getLogger(__name__)

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), clipboard-write=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def secure(app: Flask) -> None:
    """Put the security headers on everything that the application sends, errors too."""

    @app.after_request
    def add(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response


def log_refused(code: int, why: str) -> None:
    """A request that is not carried out: where it went, not what it holds."""
    log.log(
        logging.INFO if code == 404 else logging.WARNING,
        "refused: %s %s from %s: %d, %s",
        request.method,
        request.url_rule or "elsewhere",  # the path itself may hold a link's token
        request.remote_addr,
        code,
        why,
    )


def unavailable(error: StoreError) -> HTTPException | ResponseReturnValue:
    """The database cannot be used: a line in the log, and a page, or what a platform heeds, that
    says to come again."""
    log.error("waits: %s %s: %s", request.method, request.url_rule or "elsewhere", error)
    return current_app.handle_http_exception(ServiceUnavailable())


class Refused(Forbidden):
    """A request that is refused, for a reason that is told."""

    def __init__(self, key: str) -> None:
        """key: Of the text that tells it."""
        super().__init__()
        self.key = key


class WrongName(BadRequest):
    """A request for a server of another name."""

    key = "page, wrong name"

    def __init__(self, name: str) -> None:
        """name: As `_name` has it."""
        super().__init__()
        self.why = f"for {name or 'no name'}: IR_PUBLIC_URL or IR_CALLBACK_URL names this server"


def is_asked_here() -> bool:
    """Whether somebody on this machine asks, and not through a reverse proxy."""
    # Of a proxy here that says whom it serves, waitress makes that the address; one that says
    # nothing still names the server that it was asked for.
    is_near = request.remote_addr in ("127.0.0.1", "::1")
    return is_near and _name(request.headers.get("Host", "")) in LOOPBACK


def name_check(urls: Iterable[str]) -> Callable[[], None]:
    """What refuses a request that does not name this server as people know it.

    A page elsewhere can have its own name point here (DNS rebinding) and read what a browser on
    this machine may; the name in the request then still is that page's.

    `/healthz` is for those, too, who watch by address.

    Args:
        urls: Under which people and platforms reach this server; empty ones say nothing. Loopback
            names do always.

    Returns:
        For `before_request`; raises `WrongName`.
    """
    names = LOOPBACK | {_name(urlsplit(url).netloc) for url in urls} - {""}

    def check() -> None:
        name = _name(request.headers.get("Host", ""))
        if name not in names and request.path != "/healthz":
            raise WrongName(name)

    return check


def _name(host: str) -> str:
    """The name or address of a Host header, without its port; empty where it is malformed."""
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[\w.-]+?)\.?(:\d{1,5})?", host.lower(), re.ASCII)
    return found[1] if found else ""
