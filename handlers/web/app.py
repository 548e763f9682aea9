"""The local web server: the pages, `/healthz`, and the paths other handlers mount."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify
from waitress import wasyncore
from waitress.server import create_server

from bot.bootstrap import Bot
from bot.errors import SettingsError
from handlers.web.desk import pages as desk
from handlers.web.desk.access import LARGEST_UPLOAD
from handlers.web.pages import Pages
from handlers.web.security import secure

LARGEST_CALLBACK = 1_048_576  # bytes of a body
_SILENT_S = 30  # a connection on which nothing comes for so long is closed
_BESIDE_A_FILE = 1024 * 1024  # bytes of its form; more is not even received

log = logging.getLogger(__name__)


def web_app(bot: Bot, health: Callable[[], dict[str, Any]]) -> Flask:
    """The application with the pages and `/healthz`.

    Args:
        bot: Answers, and knows what may be shown; its desk teaches it.
        health: The contract's object; status 503 while a chat of it is not connected.
    """
    app = Flask("handlers.web")
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    secure(app)
    Pages(bot.responder, bot.store).mount(app)
    desk.mount(app, bot)
    _add_health(app, health)
    return app


def callback_app(health: Callable[[], dict[str, Any]]) -> Flask:
    """An application with `/healthz` only, for the paths that chats mount: what a reverse proxy
    may show to the world."""
    app = Flask("handlers.web.callbacks", static_folder=None)
    _add_health(app, health)
    return app


def _add_health(app: Flask, health: Callable[[], dict[str, Any]]) -> None:
    @app.get("/healthz")
    def healthz() -> tuple[Response, int]:
        state = health()
        well = all(chat == "connected" for chat in state["chats"].values())
        return jsonify(state), 200 if well else 503


class WebServer:
    """Waitress in a thread of its own, stopped within a second."""

    def __init__(
        self,
        app: Flask,
        address: str,
        name: str = "IR_HTTP",
        largest_body: int = LARGEST_UPLOAD + _BESIDE_A_FILE,
    ) -> None:
        """Bind the address.

        Args:
            app: What it serves.
            address: host:port; port 0 takes a free one.
            name: The variable that holds the address, for the error.
            largest_body: Bytes of one; more is refused by its length, unread.

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
                # A reverse proxy on this machine says who asks it.
                trusted_proxy="127.0.0.1",
                trusted_proxy_headers={"x-forwarded-for"},
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise SettingsError(
                f"{name}={address} 无法监听（{error.strerror or error}）；请换一个端口，"
                f"或设 {name}= 关闭"
            ) from error
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
