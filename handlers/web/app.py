"""The local web server: the pages, `/healthz`, `/metrics`, and the paths other handlers mount."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from waitress import wasyncore
from waitress.server import create_server
from werkzeug.exceptions import HTTPException

from bot.bootstrap import Bot
from bot.errors import SettingsError, StoreError, reason
from bot.postgres_url import Place
from bot.store.connection import telling
from handlers.web import metrics
from handlers.web.connections import MOST, limit_connections
from handlers.web.desk import pages as desk
from handlers.web.desk.access import LARGEST_UPLOAD
from handlers.web.pages import Pages
from handlers.web.security import is_asked_here, log_refused, name_check, secure, unavailable

LARGEST_CALLBACK = 1_048_576  # bytes of a body
_SILENT_S = 30  # a connection on which nothing comes for so long is closed
_CALLBACK_S = 20.0  # for a whole request; platforms wait five seconds for its response
_PAGE_S = 600.0  # the largest upload over a slow line
_BESIDE_A_FILE = 1024 * 1024  # bytes of its form; more is not even received

log = logging.getLogger(__name__)


def web_app(bot: Bot, health: Callable[[], dict[str, Any]], names: Iterable[str] = ()) -> Flask:
    """The application with the pages, `/healthz` and `/metrics`.

    Args:
        bot: Answers, and knows what may be shown; its desk teaches it.
        health: The contract's object; status 503 while a chat of it is not connected, or the
            database cannot be used.
        names: Under which it may be asked for, besides loopback's and those of the pages.
    """
    app = Flask("handlers.web")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    secure(app)
    app.before_request(name_check([bot.responder.words.public_url, *names]))
    Pages(bot.responder, bot.store).mount(app)
    desk.mount(app, bot)
    _tell_of_the_database(app, bot.store.place)
    _add_health(app, health, is_told=is_asked_here)
    metrics.mount(app, health, bot.store.place)
    return app


def callback_app(health: Callable[[], dict[str, Any]], names: Iterable[str] = ()) -> Flask:
    """An application with `/healthz` only, for the paths that chats mount: what a reverse proxy
    may show to the world.

    Args:
        health: As for the pages; only whether all is well is told.
        names: Under which it may be asked for, besides loopback's.
    """
    app = Flask("handlers.web.callbacks", static_folder=None)
    secure(app)
    app.before_request(name_check(names))
    _add_health(app, health, is_told=lambda: False)

    app.register_error_handler(StoreError, unavailable)

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> tuple[str, int, dict[str, str]]:
        code = error.code or 500
        log_refused(code, getattr(error, "why", error.name))
        return error.name, code, {"Content-Type": "text/plain"}

    return app


def _tell_of_the_database(app: Flask, place: Place) -> None:
    """What an engine raises is told as what it means; all else is an error of the program."""

    @app.errorhandler(Exception)
    def tell(error: Exception) -> HTTPException | ResponseReturnValue:
        try:
            with telling(place):
                raise error
        except StoreError as told:
            return unavailable(told)


def _add_health(
    app: Flask, health: Callable[[], dict[str, Any]], is_told: Callable[[], bool]
) -> None:
    """`/healthz`; only who is told learns more than whether all is well."""

    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        try:
            state = health()
        except StoreError as error:
            return jsonify({"live": False, **({"database": str(error)} if is_told() else {})}), 503
        well = all(chat == "connected" for chat in state["chats"].values())
        return jsonify(state if is_told() else {"live": well}), 200 if well else 503


def callback_server(app: Flask, address: str) -> WebServer:
    """The server of `callback_app`, for the world."""
    return WebServer(app, address, "IR_CALLBACK_HTTP", LARGEST_CALLBACK, _CALLBACK_S)


class WebServer:
    """Waitress in a thread of its own, stopped within a second."""

    def __init__(
        self,
        app: Flask,
        address: str,
        name: str = "IR_HTTP",
        largest_body: int = LARGEST_UPLOAD + _BESIDE_A_FILE,
        whole_within_s: float = _PAGE_S,
    ) -> None:
        """Bind the address.

        Args:
            app: What it serves.
            address: host:port; port 0 takes a free one.
            name: The variable that holds the address, for the error.
            largest_body: Bytes of one; more is refused by its length, unread.
            whole_within_s: So long a request may take to come.

        Raises:
            SettingsError: The address is in use or not of this machine.
        """
        host, _, port = address.rpartition(":")
        self._sockets: dict[int, Any] = {}
        try:
            self._server = create_server(
                app,
                map=self._sockets,
                host=host.strip("[]"),
                port=int(port),
                threads=8,
                ident="irbot",
                asyncore_use_poll=True,  # select() ends at 1,024 open files
                max_request_body_size=largest_body,
                channel_timeout=_SILENT_S,
                connection_limit=2 * MOST,  # beyond those that make room, all being answered
                # A reverse proxy on this machine says who asks it.
                trusted_proxy="127.0.0.1",
                trusted_proxy_headers={"x-forwarded-for"},
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise SettingsError(
                f"{name}={address} 无法监听（{reason(error)}）；请换一个端口，或设 {name}= 关闭"
            ) from error
        limit_connections(self._sockets, whole_within_s)
        self.port: int = self._server.effective_port
        self.url = f"http://{host}:{self.port}"
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run()
        except OSError:  # its sockets are closed under it by `stop`
            if not self._stopping:
                raise

    def stop(self) -> None:
        """Let the requests in hand finish, hang up and let the thread end."""
        self._stopping = True
        self._server.task_dispatcher.shutdown(timeout=1)  # they write to what is closed next
        self._server.close()
        wasyncore.close_all(self._sockets, ignore_all=True)
        self._thread.join(timeout=2)
