"""A forward proxy on loopback that connects (CONNECT) whoever asks, or refuses."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class FakeProxy:
    """`asked` holds the host:port of each tunnel; it stays at one address while it is away."""

    def __init__(self, status: int = 200) -> None:
        self.status = status  # that it answers with
        self.asked: list[str] = []
        self.address = ""
        self._listening: socket.socket | None = None
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def start(self) -> None:
        """Listen, where it did before."""
        host, _, port = (self.address or "127.0.0.1:0").rpartition(":")
        self._listening = socket.create_server((host, int(port)))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self) -> None:
        """Be away, and cut what is open."""
        for connection in (self._listening, *self._open):
            if connection is not None:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        with contextlib.suppress(OSError):
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            target = head.split(b" ")[1].decode()
            self.asked.append(target)
            if self.status != 200:
                client.sendall(f"HTTP/1.1 {self.status} no\r\nContent-Length: 0\r\n\r\n".encode())
                client.close()
                return
            host, _, port = target.rpartition(":")
            server = socket.create_connection((host, int(port)))
            self._open.append(server)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            threading.Thread(target=_pass, args=(server, client), daemon=True).start()
            _pass(client, server)


def _pass(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for connection in (source, sink):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
