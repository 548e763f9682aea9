"""The long connection to WeCom: one WebSocket, subscribed, heard, and replaced whenever it ends.

1. Live only after the subscribe's ack; anything sent earlier would be refused.
2. An application ping every 30 s; no ack within 10 s means dead, which is the read deadline too.
   Writes have a deadline of their own: a full socket would hang them for ever.
3. Every end, clean or not, leads to a new connection, after growing waits with jitter; they start
   anew once a connection has lived a minute. The vendor's SDK for Python stays dead after a clean
   close.
4. `disconnected_event`: another holder subscribed. It is not fought: closed at once, back after a
   minute at the earliest, later each time.
5. Bad credentials end it for good. A refused subscribe is repeated after 60 s at the earliest, up
   to 600 s: the command is rate limited.
6. Acks are matched by request id; of one id one request is in flight.

It lives in a thread of its own with an event loop; `request` is for other threads. Proxies and
CA files of the environment are honoured by the WebSocket library and OpenSSL.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.protocol import State

from bot.store.leases import Lease
from handlers.network import trouble_of
from handlers.wecom import frames
from handlers.wecom.frames import Ack, Callback, Kicked, Left
from handlers.wecom_codes import BAD_CREDENTIALS

log = logging.getLogger(__name__)

_T = TypeVar("_T")
Hear = Callable[[Callback, str, float], None]  # with its session, and when it came (monotonic)


@dataclass(frozen=True)
class Timing:
    """Seconds; the defaults are the platform's."""

    ping: float = 30.0
    ack: float = 10.0
    write: float = 10.0
    open: float = 10.0
    first_wait: float = 0.5  # doubled up to `longest_wait`
    longest_wait: float = 30.0
    settled: float = 60.0  # a connection that lived so long starts the waits anew
    refused_wait: float = 60.0  # doubled up to `longest_refused_wait`
    longest_refused_wait: float = 600.0
    lease: float = 0.5  # how often another process's lease is looked at
    held: float = 2.0  # how often the own one is, while connected


class NotSentError(Exception):
    """Nothing was written: no live connection, or another one than the request was meant for."""


class NoAnswerError(Exception):
    """It was written, and no ack came: the gateway may have taken it or not."""


class Connection:
    """Stays connected from `start` to `stop`, as far as the platform lets it."""

    def __init__(
        self,
        url: str,
        bot_id: str,
        secret: str,
        lease: Lease,
        hear: Hear,
        timing: Timing | None = None,
    ) -> None:
        """Prepare.

        Args:
            url: `wss://…`.
            bot_id: BotID.
            secret: The long connection's own; never logged.
            lease: Held while connected.
            hear: Called in the connection's thread with what people did; must not block.
            timing: The platform's by default.
        """
        self._url = url
        self._credentials = {"bot_id": bot_id, "secret": secret}
        self._lease = lease
        self._hear = hear
        self._timing = timing or Timing()
        self._failed = False
        self._session = ""
        self._trouble = ""
        self._socket: ClientConnection | None = None
        self._waiting: dict[str, asyncio.Future[Ack | None]] = {}  # None: the connection ended
        self._waits = 0  # ends without a settled connection between them
        self._refusals = 0  # the same for ends that the platform wants rested on
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._gate = threading.Lock()  # nothing is scheduled once `_ended`
        self._ended = False

    # For other threads

    @property
    def state(self) -> str:
        """connected, connecting or failed."""
        if self._failed:
            return "failed"
        return "connected" if self._session else "connecting"

    @property
    def session(self) -> str:
        """The live connection's own mark; empty while there is none."""
        return self._session

    @property
    def trouble(self) -> str:
        """Why the last try came to no connection, in English; empty where there was none."""
        return self._trouble

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name="wecom", daemon=True
        )
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Wait for acks in flight, close, end."""
        self._call(self._stopping.set)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def restart(self) -> None:
        """Drop the connection for a new one: the gateway has lost the subscription."""
        self._call(self._abort)

    def request(self, cmd: str, req_id: str, body: dict[str, Any], session: str = "") -> Ack:
        """Send and wait for the ack.

        Args:
            cmd: The command.
            req_id: Of the callback that is answered; empty: a fresh one.
            body: The command's.
            session: The only connection that will do; empty: any.

        Raises:
            NotSentError: Nothing was written.
            NoAnswerError: Written, but no ack came.
        """
        asking = self._schedule(self._request(cmd, req_id or fresh_id(cmd), body, session))
        if asking is None:
            raise NotSentError
        try:
            return asking.result(self._timing.write + self._timing.ack + 1.0)
        except (CancelledError, TimeoutError):  # stopped meanwhile
            raise NoAnswerError from None

    def tell(self, cmd: str, req_id: str, body: dict[str, Any], session: str) -> None:
        """Send what is worth nothing later; a refusal is only logged."""

        async def telling() -> None:
            try:
                ack = await self._request(cmd, req_id, body, session)
            except (NotSentError, NoAnswerError) as error:
                log.warning("WeCom: %s came to nothing: %s", cmd, type(error).__name__)
                return
            if ack.errcode:
                log.warning("WeCom refused %s: %d", cmd, ack.errcode)

        self._schedule(telling())

    def _schedule(self, work: Coroutine[Any, Any, _T]) -> Future[_T] | None:
        """Let the connection's thread do something; None once it has ended."""
        with self._gate:
            if self._loop is not None and not self._ended:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        return None

    def _call(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(what)

    # Life

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._until_stopped())
        finally:
            self._lease.release()

    async def _until_stopped(self) -> None:
        living = asyncio.create_task(self._live())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not self._session:
            living.cancel()  # half-way into a connection, or resting; a live one says goodbye
        stopping.cancel()
        await asyncio.gather(living, stopping, return_exceptions=True)
        # A loop that is closed drops what it was asked in its last round, and the asker waits.
        with self._gate:
            self._ended = True
        await asyncio.sleep(0)  # what was asked until now has begun
        if begun := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(begun, timeout=1.0)  # soon: there is no connection

    async def _live(self) -> None:
        waiting_said = False
        while not self._stopping.is_set():
            try:
                if not await asyncio.to_thread(self._lease.take):
                    if not waiting_said:
                        log.info("WeCom: another process holds this bot's connection; standing by")
                    waiting_said = True
                    await asyncio.sleep(self._timing.lease)
                    continue
                waiting_said = False
                wait = await self._connect_once()
            except Exception:
                log.exception("WeCom: the connection failed")  # whatever it was, connect anew
                wait = self._next_wait()
            if wait is None or self._stopping.is_set():
                return
            await asyncio.sleep(wait)

    async def _connect_once(self) -> float | None:
        """One connection from its beginning to its end; then how long to wait, None: for good."""
        try:
            self._socket = await connect(
                self._url,
                open_timeout=self._timing.open,
                ping_interval=None,
                close_timeout=1.0,
                compression=None,
                logger=_quiet_logger(),
            )
        except (OSError, TimeoutError, WebSocketException, ValueError, ImportError) as error:
            self._trouble = str(trouble_of(error, self._url))
            log.warning("WeCom: no connection yet (%s); trying again", self._trouble)
            return self._next_wait()
        reader = asyncio.create_task(self._read(self._socket))
        try:
            return await self._hold(self._socket, reader)
        finally:
            self._session = ""
            self._socket.transport.abort()
            self._socket = None
            for waiting in list(self._waiting.values()):
                if not waiting.done():
                    waiting.set_result(None)
            reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reader

    async def _hold(self, socket: ClientConnection, reader: asyncio.Task[bool]) -> float | None:
        cmd = "aibot_subscribe"
        try:
            ack = await self._exchange(socket, cmd, fresh_id(cmd), self._credentials)
        except (NotSentError, NoAnswerError):
            if reader.done() and not reader.cancelled() and reader.result():
                return self._kicked()
            self._trouble = "no answer to the subscribe"
            log.warning("WeCom: no answer to the subscribe; trying again")
            return self._next_wait()
        if ack.errcode:
            self._trouble = f"subscribe refused: {ack.errcode}"
            return self._refused(ack)
        self._session = secrets.token_hex(8)
        log.info("WeCom: connected")
        began = time.monotonic()
        pinger = asyncio.create_task(self._ping(socket))
        stopping = asyncio.create_task(self._stopping.wait())
        losing = asyncio.create_task(self._until_lost())
        beside = (pinger, stopping, losing)
        try:
            await asyncio.wait({reader, *beside}, return_when=asyncio.FIRST_COMPLETED)
            is_lost = losing.done()
        finally:
            self._session = ""
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        if self._stopping.is_set():
            await self._close(socket)
            return 0.0
        if is_lost:
            log.info("WeCom: another process has this bot's connection now")
            return 0.0
        lived = time.monotonic() - began
        if lived >= self._timing.settled:
            self._waits = 0
        if lived >= self._timing.longest_refused_wait:
            self._refusals = 0
        if reader.done() and reader.result():
            return self._kicked()
        log.warning("WeCom: the connection ended; connecting anew")
        return self._next_wait()

    async def _until_lost(self) -> None:
        """Ends when another process is known to have the lease."""
        while not await asyncio.to_thread(self._lease.is_lost):
            await asyncio.sleep(self._timing.held)

    async def _close(self, socket: ClientConnection) -> None:
        """Let acks in flight arrive, then say goodbye."""
        if self._waiting:
            await asyncio.wait(self._waiting.values(), timeout=1.5)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await socket.close()

    def _kicked(self) -> float:
        wait = self._refused_wait()
        log.error(
            "WeCom: another connection of this bot took over; not fighting it, back in %.0f s. "
            "If nobody else should run this bot, reset the secret in the admin console",
            wait,
        )
        return wait

    def _refused(self, ack: Ack) -> float | None:
        if ack.errcode == BAD_CREDENTIALS:
            self._failed = True
            log.error(
                "WeCom refused the credentials (%d); check WECOM_BOT_ID and WECOM_BOT_SECRET "
                "(the secret of 长连接, not another one), then restart",
                ack.errcode,
            )
            return None
        wait = self._refused_wait()
        log.error("WeCom refused the subscribe (%d); trying again in %.0f s", ack.errcode, wait)
        return wait

    def _refused_wait(self) -> float:
        self._refusals += 1
        longest = self._timing.longest_refused_wait
        return min(longest, self._timing.refused_wait * 2.0 ** min(self._refusals - 1, 10))

    def _next_wait(self) -> float:
        self._waits += 1
        longest = self._timing.longest_wait
        wait = min(longest, self._timing.first_wait * 2.0 ** min(self._waits - 1, 10))
        return wait * random.uniform(0.5, 1.0)

    def _abort(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()

    # Frames

    async def _read(self, socket: ClientConnection) -> bool:
        """Hear frames until the connection ends; True: another holder took over."""
        with contextlib.suppress(ConnectionClosed):
            async for raw in socket:
                came = time.monotonic()
                match frames.read(raw):
                    case Ack() as ack:
                        waiting = self._waiting.get(ack.req_id)
                        if waiting and not waiting.done():
                            waiting.set_result(ack)
                    case Kicked():
                        return True
                    case Left(why):
                        log.info("WeCom: a frame was left: %s", why)
                    case callback:
                        self._hear(callback, self._session, came)
        return False

    async def _ping(self, socket: ClientConnection) -> None:
        """Ping until one is not answered in time, or the subscription is lost."""
        while True:
            await asyncio.sleep(self._timing.ping)
            try:
                ack = await self._exchange(socket, "ping", fresh_id("ping"), None)
            except (NotSentError, NoAnswerError):
                log.warning("WeCom: the connection is silent")
                return
            if ack.errcode:
                log.warning("WeCom refused a ping: %d", ack.errcode)
                return

    async def _request(self, cmd: str, req_id: str, body: dict[str, Any], session: str) -> Ack:
        while earlier := self._waiting.get(req_id):
            await asyncio.wait({earlier})
        if self._socket is None or not self._session or session not in ("", self._session):
            raise NotSentError
        return await self._exchange(self._socket, cmd, req_id, body)

    async def _exchange(
        self, socket: ClientConnection, cmd: str, req_id: str, body: dict[str, Any] | None
    ) -> Ack:
        """Write a frame and wait for its ack."""
        if socket.state is not State.OPEN:
            raise NotSentError
        frame: dict[str, Any] = {"cmd": cmd, "headers": {"req_id": req_id}}
        if body is not None:
            frame["body"] = body
        waiting: asyncio.Future[Ack | None] = asyncio.get_running_loop().create_future()
        self._waiting[req_id] = waiting
        try:
            try:
                async with asyncio.timeout(self._timing.write):
                    await socket.send(json.dumps(frame, ensure_ascii=False))
            except TimeoutError:
                socket.transport.abort()
                raise
            async with asyncio.timeout(self._timing.ack):
                ack = await waiting
        except (TimeoutError, ConnectionClosed, OSError):
            raise NoAnswerError from None
        finally:
            del self._waiting[req_id]
            waiting.cancel()
        if ack is None:
            raise NoAnswerError
        return ack


_count = itertools.count(1)


def fresh_id(cmd: str) -> str:
    """A request id that no other request has."""
    return f"{cmd}_{time.time_ns() // 1_000_000}_{next(_count)}{secrets.token_hex(3)}"


def _quiet_logger() -> logging.Logger:
    """The library's own talk is for debugging, and at that level holds the secret."""
    quiet = logging.getLogger("websockets.wecom")
    quiet.setLevel(logging.ERROR)
    return quiet
