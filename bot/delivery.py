"""Inbox and outbox, shared by every chat: nothing lost, nothing twice.

    accept      a message is committed to the inbox; only then may the platform be acknowledged
    answer      desk → payloads; outbox rows and the closing of the inbox row are one transaction
    send        a row is `sending`, committed, before the network call; then sent, or due again
    find        what a kill or a timeout left `sending` is looked up at the platform; it is repeated
                only where the platform says that it is not there, else it stays `unknown`

Channels are independent: each one's rows go out in order, and a limited channel delays no other.
Several processes may share the file: a row belongs to the process that claimed it while that lives.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from sqlite_utils import Database

from bot.desk import Desk
from bot.message import Answer, Chat, Decline, Message, Shown, Suggest
from bot.schema import connect, transaction

_SENDERS = 8
_ANSWERERS = 2
_BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0)
_GIVE_UP_S = 24 * 3600.0  # a temporary refusal is not tried for longer
_IDLE_S = 1.0  # how often other processes' rows are looked for

# What a carrier needs to post; `lane` in it: a queue of its own beside its channel's.
Address = dict[str, Any]
Payload = dict[str, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """The platform has it; `ref` is its id of the post."""

    ref: str


@dataclass(frozen=True)
class Refused:
    """It was not posted; `permanent`: trying again is no use."""

    reason: str  # the platform's code, English
    permanent: bool


@dataclass(frozen=True)
class Limited:
    """It was not posted; this channel may be tried again then."""

    retry_after_s: float


@dataclass(frozen=True)
class Unknown:
    """It may have been posted: time-out, cut connection, 5xx."""

    reason: str


@dataclass(frozen=True)
class NotThere:
    """Looked up: it was not posted."""


@dataclass(frozen=True)
class CannotTell:
    """The platform cannot be asked; it is not repeated."""


Outcome = Sent | Refused | Limited | Unknown
Found = Sent | NotThere | CannotTell


@dataclass(frozen=True)
class Pace:
    """Limits of a platform as (posts, seconds) windows; all of them hold."""

    per_channel: tuple[tuple[int, float], ...] = ()
    per_workspace: tuple[tuple[int, float], ...] = ()


class Carrier(Protocol):
    """What a platform's handler gives: how to render, post, and look up a post."""

    @property
    def pace(self) -> Pace: ...

    def render(self, shown: Shown, address: Address) -> list[Payload]:
        """The messages to post, in order, each within the platform's limits."""

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        """Post one; `key` is put where `find` can see it."""

    def find(self, payload: Payload, address: Address, key: str) -> Found:
        """Whether a post whose fate is not known was made."""


class Delivery:
    """One per process; start it after every platform is registered."""

    def __init__(self, desk: Desk, path: Path) -> None:
        self._desk = desk
        self._path = path
        self._carriers: dict[str, Carrier] = {}
        self._pacer = _Pacer()
        self._counters: Counter[str] = Counter()
        self._me = str(os.getpid())
        self._local = threading.local()
        self._wake = threading.Condition()
        self._work = 0  # grows with every reason to look at the tables again
        self._stopping = threading.Event()
        self._busy: set[tuple[str, str, str]] = set()  # channels with a send in hand
        self._threads: list[threading.Thread] = []
        self._pool: ThreadPoolExecutor | None = None

    def register(self, platform: str, carrier: Carrier) -> None:
        """Tell how a platform's replies are carried."""
        self._carriers[platform] = carrier

    def start(self) -> None:
        """Take up what an earlier process left, and work until `stop`."""
        self._pool = ThreadPoolExecutor(_SENDERS, thread_name_prefix="send")
        loops: list[Callable[[], bool]] = [self._answer_one] * _ANSWERERS + [self._dispatch]
        for at, step in enumerate(loops):
            thread = threading.Thread(
                target=self._loop, args=(step,), name=f"delivery-{at}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_s: float = 4.0) -> None:
        """Finish the sends in hand; the rest stays for the next start."""
        until = time.monotonic() + timeout_s
        self._stopping.set()
        self._notify()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)
        while self._busy and time.monotonic() < until:
            time.sleep(0.01)

    # In

    def accept(self, key: str, message: Message, address: Address) -> bool:
        """Commit a message to the inbox; to be called before the platform is acknowledged.

        Args:
            key: The platform's mark of the message; equal for its repetitions.
            message: With its chat.
            address: What the carrier needs to reply.

        Returns:
            False for a message that was accepted before.
        """
        if message.chat is None:
            raise ValueError("a message without a chat cannot be replied to")
        chat = message.chat
        db = self._db()
        with transaction(db):
            done = db.execute(
                "INSERT INTO inbox (key, platform, workspace, channel, user, text, company, as_of, "
                "address, state, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?) "
                "ON CONFLICT (key) DO NOTHING",
                [
                    key,
                    chat.platform,
                    chat.workspace,
                    chat.channel,
                    chat.user,
                    message.text,
                    message.company,
                    message.as_of.isoformat() if message.as_of else None,
                    json.dumps(address),
                    time.time(),
                ],
            )
        if done.rowcount:
            self._counters["asked"] += 1
            self._notify()
        return bool(done.rowcount)

    def enqueue(self, key: str, chat: Chat, payloads: list[Payload], address: Address) -> bool:
        """Post something rendered already, once for a key; False if that key was taken before."""
        db = self._db()
        with transaction(db):
            new = not db.execute("SELECT 1 FROM outbox WHERE key = ?", [f"{key}/1"]).fetchone()
            if new:
                self._put_out(db, key, chat, address, payloads)
        self._notify()
        return new

    def keep_opinion(self, chat: Chat, question_id: str, query: str, *, helpful: bool) -> None:
        """Keep 有用 or 没用, the last word of a person on a question."""
        db = self._db()
        where = [chat.platform, chat.workspace, chat.channel, chat.user, question_id]
        with transaction(db):
            db.execute(
                "DELETE FROM feedback WHERE platform = ? AND workspace = ? AND channel = ? "
                "AND user = ? AND question_id = ?",
                where,
            )
            db.execute(
                "INSERT INTO feedback (platform, workspace, channel, user, question_id, query, "
                "helpful, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [*where, query, int(helpful), time.time()],
            )

    # Answering

    def _answer_one(self) -> bool:
        """Answer the oldest message nobody has in hand; False when there is none."""
        db = self._db()
        row = self._claim(db)
        if row is None:
            return False
        try:
            self._answer(db, row)
        except BaseException:
            db.execute("UPDATE inbox SET owner = NULL WHERE id = ?", [row["id"]])
            raise
        self._notify()
        return True

    def _answer(self, db: Database, row: dict[str, Any]) -> None:
        chat = Chat(row["platform"], row["workspace"], row["channel"], row["user"])
        as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
        address = json.loads(row["address"])
        shown = self.shown(Message(row["text"], chat, row["company"], as_of))
        payloads = self._carriers[chat.platform].render(shown, address)
        with transaction(db):
            self._put_out(db, row["key"], chat, address, payloads)
            db.execute(
                "UPDATE inbox SET state = 'done', text = '', address = '{}', owner = NULL "
                "WHERE id = ?",
                [row["id"]],
            )

    def _claim(self, db: Database) -> dict[str, Any] | None:
        platforms = list(self._carriers)
        waiting = (
            "SELECT * FROM inbox WHERE state = 'new' AND platform IN "
            f"({', '.join('?' * len(platforms))}) ORDER BY id"
        )
        if next(iter(db.query(waiting, platforms)), None) is None:
            return None  # without taking the write lock
        with transaction(db):
            for row in db.query(waiting, platforms):
                if row["owner"] is None or not _lives(row["owner"]):
                    db.execute("UPDATE inbox SET owner = ? WHERE id = ?", [self._me, row["id"]])
                    return row
        return None

    def shown(self, message: Message) -> Shown:
        """The desk's reply in words, counted; an apology if answering fails."""
        try:
            reply = self._desk.reply(message)
            shown = self._desk.show(reply)
        except Exception:
            # Whatever is wrong, the asker hears of it; the message's words stay out of the log.
            log.exception("answering failed")
            self._counters["failed"] += 1
            return Shown(lead=self._desk.words.text("apology"))
        match reply:
            case Answer():
                self._counters["answered"] += 1
            case Suggest():
                self._counters["offered"] += 1
            case Decline():
                self._counters["declined"] += 1
        return shown

    def _put_out(
        self, db: Database, key: str, chat: Chat, address: Address, payloads: list[Payload]
    ) -> None:
        for at, payload in enumerate(payloads, 1):
            db.execute(
                "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, "
                "tries, due, at) VALUES (?, ?, ?, ?, ?, ?, 'ready', 0, 0, ?)",
                [
                    f"{key}/{at}",
                    chat.platform,
                    chat.workspace,
                    address.get("lane", chat.channel),
                    json.dumps(address),
                    json.dumps(payload, ensure_ascii=False),
                    time.time(),
                ],
            )

    # Out

    def _dispatch(self) -> bool:
        """Hand the first row of every channel that may go to a sender."""
        found = False
        for row in self._sendable():
            channel = (row["platform"], row["workspace"], row["channel"])
            with self._wake:
                if channel in self._busy or len(self._busy) >= _SENDERS or self._stopping.is_set():
                    continue
                if not self._pacer.may_go(channel, self._carriers[row["platform"]].pace):
                    continue
                self._busy.add(channel)
            found = True
            assert self._pool is not None
            self._pool.submit(self._send, row, channel)
        return found

    def _sendable(self) -> list[dict[str, Any]]:
        """The first undelivered row of each channel, where it is due."""
        rows = self._db().query(
            "SELECT * FROM outbox WHERE id IN (SELECT min(id) FROM outbox "
            "WHERE state IN ('ready', 'sending') GROUP BY platform, workspace, channel) "
            "AND due <= ? ORDER BY id",
            [time.time()],
        )
        return [
            row
            for row in rows
            if row["platform"] in self._carriers
            and (row["owner"] in (None, self._me) or not _lives(row["owner"]))
        ]

    def _send(self, row: dict[str, Any], channel: tuple[str, str, str]) -> None:
        try:
            self._settle(row)
        except Exception:
            log.exception("delivery failed: %s", row["platform"])
            self._again(row, 5.0)
        finally:
            with self._wake:
                self._busy.discard(channel)
            self._notify()

    def _settle(self, row: dict[str, Any]) -> None:
        """Bring one row a step further."""
        carrier = self._carriers[row["platform"]]
        payload, address = json.loads(row["payload"]), json.loads(row["address"])
        if row["state"] == "sending":
            match carrier.find(payload, address, row["key"]):
                case Sent(ref):
                    self._finish(row, "sent", ref)
                    return
                case CannotTell():
                    self._counters["unknown"] += 1
                    log.warning("%s: a post's fate is unknown; not repeated", row["platform"])
                    self._finish(row, "unknown", "")
                    return
        if not self._begin(row):
            return
        match carrier.send(payload, address, row["key"]):
            case Sent(ref):
                self._finish(row, "sent", ref)
            case Limited(retry_after_s):
                self._again(row, retry_after_s)
            case Refused(reason, permanent):
                late = time.time() - row["at"] > _GIVE_UP_S
                log.warning("%s refused a post: %s", row["platform"], reason)
                if permanent or late:
                    self._finish(row, "failed", reason)
                else:
                    self._again(row, _BACKOFF_S[min(row["tries"], len(_BACKOFF_S) - 1)])
            case Unknown(reason):
                log.warning("%s: a post's fate is unknown: %s", row["platform"], reason)
                self._again(row, _BACKOFF_S[min(row["tries"], 2)], state="sending")

    def _begin(self, row: dict[str, Any]) -> bool:
        """Commit `sending`; False when another process was quicker."""
        db = self._db()
        with transaction(db):
            done = db.execute(
                "UPDATE outbox SET state = 'sending', owner = ?, tries = tries + 1 "
                "WHERE id = ? AND state = ? AND tries = ?",
                [self._me, row["id"], row["state"], row["tries"]],
            )
        return bool(done.rowcount)

    def _finish(self, row: dict[str, Any], state: str, ref: str) -> None:
        db = self._db()
        with transaction(db):
            db.execute(
                "UPDATE outbox SET state = ?, ref = ?, owner = NULL, payload = '{}', "
                "address = '{}' WHERE id = ?",
                [state, ref, row["id"]],
            )

    def _again(self, row: dict[str, Any], after_s: float, state: str = "ready") -> None:
        self._counters["retries"] += 1
        db = self._db()
        with transaction(db):
            db.execute(
                "UPDATE outbox SET state = ?, owner = NULL, due = ? WHERE id = ?",
                [state, time.time() + after_s, row["id"]],
            )

    # State

    def oldest_undelivered_s(self) -> float:
        """Age of the oldest question or post that has not gone out, 0 when all have."""
        (oldest,) = (
            self._db()
            .execute(
                "SELECT min(at) FROM (SELECT at FROM inbox WHERE state = 'new' UNION ALL "
                "SELECT at FROM outbox WHERE state IN ('ready', 'sending'))"
            )
            .fetchone()
        )
        return max(0.0, time.time() - oldest) if oldest is not None else 0.0

    def counters(self) -> dict[str, int]:
        """Since the start: asked, answered, offered, declined, failed, retries, unknown."""
        return dict(self._counters)

    def unknown(self) -> list[dict[str, Any]]:
        """Posts whose fate is not known and which are not repeated."""
        return list(
            self._db().query(
                "SELECT key, platform, workspace, channel, at FROM outbox WHERE state = 'unknown'"
            )
        )

    # Loops

    def _db(self) -> Database:
        if not hasattr(self._local, "db"):
            self._local.db = connect(self._path)
        db: Database = self._local.db
        return db

    def _notify(self) -> None:
        with self._wake:
            self._work += 1
            self._wake.notify_all()

    def _loop(self, step: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            with self._wake:
                seen = self._work
            try:
                if step():
                    continue
            except Exception:
                log.exception("delivery loop")
                self._stopping.wait(1.0)
            with self._wake:
                if self._work == seen and not self._stopping.is_set():
                    self._wake.wait(self._pacer.wait_s(_IDLE_S))


def _lives(owner: str) -> bool:
    """Whether the process that claimed a row still runs; one machine, so its number tells."""
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass
class _Pacer:
    """Posts of the last seconds, for each channel and workspace."""

    _posts: defaultdict[tuple[str, ...], deque[float]] = field(
        default_factory=lambda: defaultdict(deque)
    )
    _held_until: float = 0.0

    def may_go(self, channel: tuple[str, str, str], pace: Pace) -> bool:
        """Whether a post may go now; if so it is counted."""
        now = time.monotonic()
        windows: list[tuple[tuple[str, ...], int, float]] = [
            (channel, *window) for window in pace.per_channel
        ]
        windows += [(channel[:2], *window) for window in pace.per_workspace]
        for key, count, seconds in windows:
            posts = self._posts[key]
            recent = [at for at in posts if at > now - seconds]
            if len(recent) >= count:
                self._hold(recent[-count] + seconds)
                return False
        longest = max((seconds for _, _, seconds in windows), default=0.0)
        for key in {key for key, _, _ in windows}:
            posts = self._posts[key]
            posts.append(now)
            while posts and posts[0] <= now - longest:
                posts.popleft()
        return True

    def _hold(self, until: float) -> None:
        now = time.monotonic()
        self._held_until = min(until, self._held_until) if self._held_until > now else until

    def wait_s(self, longest: float) -> float:
        """How long to wait before a held post may go."""
        left = self._held_until - time.monotonic()
        return min(longest, left + 0.001) if left > 0 else longest
