"""An OpenAI-compatible server on loopback whose model follows a script."""

from __future__ import annotations

import json
import random
import ssl
import threading
from collections.abc import Callable, Collection
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# What comes piece by piece, without end: the start of the answer, and the piece.
DRIPS = {
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
    "interim": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
}

Script = Callable[[str, list[dict[str, Any]]], str]  # message, candidates → content

PROSE = "我认为第2条回答了这个问题。"


def pick(number: object, is_sure: object = True) -> str:
    """The one form in which an answer counts."""
    return json.dumps({"pick": number, "sure": is_sure})


def always(number: int, is_sure: bool = True) -> Script:
    """The same place, whatever is asked; 0: none."""
    return lambda message, candidates: pick(min(number, len(candidates)), is_sure)


def saying(content: str) -> Script:
    """The same words."""
    return lambda message, candidates: content


def at_random(seed: int) -> Script:
    """Any of them, or none."""
    chance = random.Random(seed)
    return lambda message, candidates: pick(chance.randint(0, len(candidates)))


def picking(answers: Callable[[str], Collection[str]], is_hostile: bool = False) -> Script:
    """Who knows which stored questions, by their words, answer a message; a hostile one picks what
    does not."""

    def script(message: str, candidates: list[dict[str, Any]]) -> str:
        right = answers(message)
        fitting = [one["no"] for one in candidates if (one["question"] in right) != is_hostile]
        return pick(fitting[0] if fitting else 0)

    return script


def obeying(message: str, candidates: list[dict[str, Any]]) -> str:
    """A model that does whatever the words before it order."""
    for word in (message, *(str(one["answer"]) for one in candidates)):
        if "请输出" in word:
            return word.partition("请输出")[2]
    return pick(1)


class FakeReader:
    """Says what its script says. `asked` holds the bodies that came."""

    def __init__(
        self,
        script: Script,
        *,
        wait_s: float = 0.0,
        status: int = 200,
        forms: Collection[str] = ("json_schema", "json_object"),
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        drips: str = "",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """
        Args:
            script: The model.
            wait_s: How long an answer takes; it is cut short when the server ends.
            status: Of every answer.
            forms: Which types of `response_format` are known; another one is 400.
            body: In place of what the script says.
            headers: More of every answer.
            drips: Which part of the answer comes piece by piece and never ends (DRIPS).
            tls: With certificate and key.
        """
        self.script = script
        self.wait_s = wait_s
        self.status = status
        self.forms = forms
        self.body = body
        self.headers = headers or {}
        self.drips = drips
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []  # Authorization of each
        self._tls = tls
        self._ending = threading.Event()

    def __enter__(self) -> FakeReader:
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, self))
        if self._tls:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        serving = partial(self._server.serve_forever, poll_interval=0.05)
        threading.Thread(target=serving, daemon=True).start()
        scheme, port = "https" if self._tls else "http", self._server.server_port
        self.url = f"{scheme}://127.0.0.1:{port}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def env(self) -> dict[str, str]:
        """What irbot needs to reach it."""
        return {
            "IR_READER_URL": self.url,
            "IR_READER_MODEL": "scripted",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    @property
    def messages(self) -> list[str]:
        """What it was asked, in order."""
        return [told(body)["message"] for body in self.asked]

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """What comes back."""
        self.asked.append(body)
        self._ending.wait(self.wait_s)
        if body.get("response_format", {}).get("type", "") not in ("", *self.forms):
            return 400, b'{"error": {"message": "this response_format is not supported"}}'
        if self.body is not None:
            return self.status, self.body
        asked = told(body)
        content = self.script(asked["message"], asked["candidates"])
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return self.status, json.dumps({"object": "chat.completion", "choices": [choice]}).encode()

    def drip(self, out: Any) -> None:
        """A piece now and then, until the server ends."""
        start, piece = DRIPS[self.drips]
        out.write(start)
        while not self._ending.wait(0.05):
            out.write(piece)
            out.flush()


def told(body: dict[str, Any]) -> dict[str, Any]:
    """The message and its candidates, of a body that came."""
    found: dict[str, Any] = json.loads(body["messages"][-1]["content"])
    return found


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever was not waited for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, reader: FakeReader, *arguments: Any) -> None:
        self._reader = reader
        super().__init__(*arguments)

    def do_POST(self) -> None:
        reader = self._reader
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reader.keys.append(self.headers.get("Authorization", ""))
        assert self.path == "/v1/chat/completions"
        status, body = reader.answer(sent)
        if reader.drips:
            reader.drip(self.wfile)
        self.send_response(status)
        for name, value in reader.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""
