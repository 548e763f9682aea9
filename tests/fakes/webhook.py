"""WeCom's group webhook on loopback: HTTP 200 always, the verdict in errcode."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server


class FakeWebhook:
    """`posts` holds what groups show, with the key; a message too long is refused."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.calls = 0
        self.codes: dict[str, int] = {}  # key → the errcode it answers with
        self.fault: Callable[[str, dict[str, Any]], Response | None] = lambda key, body: None

    def __enter__(self) -> FakeWebhook:
        app = Flask(__name__)

        @app.post("/cgi-bin/webhook/send")
        def send() -> Response:
            self.calls += 1
            key, body = request.args["key"], request.get_json()
            answer = self.fault(key, body)
            if answer is not None:
                return answer
            if code := self.codes.get(key):
                return jsonify({"errcode": code, "errmsg": "no"})
            most = {"text": 2048, "markdown_v2": 4096}.get(body["msgtype"])
            if most is None:
                return jsonify({"errcode": 40008, "errmsg": "invalid message type"})
            if len(body[body["msgtype"]]["content"].encode()) > most:
                return jsonify({"errcode": 40058, "errmsg": f"exceed max length {most}"})
            self.posts.append((key, body))
            return jsonify({"errcode": 0, "errmsg": "ok"})

        self._http = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
