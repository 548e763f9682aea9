"""Inbox and outbox, shared by every chat: nothing lost, nothing twice.

    accept      a message is committed to the inbox; only then may the platform be acknowledged
    answer      desk → payloads; outbox rows, the closing of the inbox row and what the desk keeps
                are one transaction
    send        a row is `sending`, committed, before the network call; then sent, or due again
    find        what a kill or a timeout left `sending` is looked up at the platform; it is repeated
                only where the platform says that it is not there, else it stays `unknown`
    late        a row that is no longer wanted is closed without a post

Each lane's rows go out in order, and a limited channel delays no other (`send_queues`). Several
processes may share the file: a row belongs to the process that claimed it while that lives
(`process_lock`), and is taken up by another within a second after its end.
"""

from __future__ import annotations

import json
import logging
import math
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, Protocol

from sqlite_utils import Database

from bot.answering.responder import Desk
from bot.delivery.process_lock import Owner
from bot.delivery.send_queues import Lane, Lanes, Pace
from bot.digest.subscription_commands import Reach
from bot.errors import trace_of
from bot.message import Answer, Chat, Decline, Message, Reply, ReplyView, Suggest
from bot.store.connection import connection, transaction

__all__ = ["Pace"]  # a carrier's word, though the lanes keep to it

_SENDERS = 16  # posts of a workspace in hand at once
_BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0)
_GIVE_UP_S = 24 * 3600.0  # a temporary refusal is not tried for longer
_REMEMBERED_S = 3700.0  # posts longer ago are in no window of a pace
_IDLE_S = 1.0  # how often a dead process's rows are looked for
_SETTLE_S = 2.0  # a cut call may still arrive so long after; a look-up before that proves nothing
_FAULT_S = 1.0  # between two tries at a database that refuses
_SWEEP_S = 60.0
_KEEP_DAYS = 2  # the least that marks of messages are kept, so that repetitions are known

# What a carrier needs to post. `lane` in it: a queue of its own beside its channel's; `until`: the
# instant of the bot's clock, in seconds since 1970, after which the post is no longer wanted.
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
    """It was not posted, or not looked up; this channel may be tried again then."""

    retry_after_s: float


@dataclass(frozen=True)
class Shut:
    """It was not posted, nor would anything else of this workspace be before then."""

    reason: str  # the platform's code, English
    retry_after_s: float


@dataclass(frozen=True)
class Unknown:
    """It may have been posted: time-out, cut connection, 5xx."""

    reason: str
    settle_s: float = _SETTLE_S  # when a look-up can tell


@dataclass(frozen=True)
class Late:
    """It was not posted, and is no longer wanted."""


@dataclass(frozen=True)
class NotThere:
    """Looked up: it was not posted."""


@dataclass(frozen=True)
class CannotTell:
    """The platform cannot be asked; it is not repeated."""


@dataclass(frozen=True)
class Loss:
    """What a refusal tells of its chat; `for_good`: there is no use in another day's try."""

    why: Literal["left", "archived", "revoked", "other"]
    for_good: bool = False


Outcome = Sent | Refused | Limited | Shut | Unknown | Late
Found = Sent | NotThere | CannotTell | Limited | Shut


class Carrier(Protocol):
    """What a platform's handler gives: how to render, post, and look up a post."""

    @property
    def pace(self) -> Pace: ...

    @property
    def is_ready(self) -> bool:
        """Whether a post can go out now; until then rows wait untouched, for any process."""

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        """The messages to post, in order, each within the platform's limits."""

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        """Post one; `key` is put where `find` can see it."""

    def find(self, payload: Payload, address: Address, key: str) -> Found:
        """Whether a post whose fate is not known was made; an error: ask again later."""

    def reach(self, chat: Chat) -> Reach:
        """Whether a post that answers nothing would arrive in the chat; "" also when unsure."""

    def loss(self, reason: str) -> Loss:
        """What the reason of a post refused or shut out says of its chat."""

    def address_of(self, chat: Chat) -> Address:
        """The address of a post that answers nothing: in the chat's channel, or to a person."""


@dataclass(frozen=True)
class _Settled:
    """What came of a row that was in hand."""

    lane: Lane
    row: dict[str, Any]
    outcome: Outcome | Found


class Delivery:
    """One per process; start it after every platform is registered."""

    def __init__(self, desk: Desk, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Prepare.

        Args:
            desk: Answers.
            path: The database.
            clock: Seconds since 1970, for what is stored; waiting keeps to the real clock.
        """
        self._desk = desk
        self._path = path
        self._clock = clock
        self._carriers: dict[str, Carrier] = {}
        self._counters: Counter[str] = Counter()
        self._owner = Owner(path)
        self._wake = threading.Condition()  # guards the five below
        self._questions: deque[int] = deque()  # inbox rows to answer
        self._lanes = Lanes(_SENDERS)
        self._settled: list[_Settled] = []
        self._in_hand = 0
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._posts: SimpleQueue[tuple[Lane, dict[str, Any]] | None] = SimpleQueue()
        desk.reach = self.reach

    def register(self, platform: str, carrier: Carrier) -> None:
        """Tell how a platform's replies are carried."""
        self._carriers[platform] = carrier
        self._lanes.set_pace(platform, carrier.pace, lambda: carrier.is_ready)

    def carrier(self, platform: str) -> Carrier | None:
        """How a platform's posts are carried by this process, if they are."""
        return self._carriers.get(platform)

    def reach(self, chat: Chat) -> Reach:
        """Whether a post that answers nothing would arrive in the chat."""
        carrier = self._carriers.get(chat.platform)
        return carrier.reach(chat) if carrier else "no push"

    def start(self) -> None:
        """Take up what an earlier process left, and work until `stop`."""
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for name, run in (("answer", self._answering), ("send", self._sending))
        ]
        carrying = [
            threading.Thread(target=self._carrying, name=f"carry-{at}", daemon=True)
            for at in range(_SENDERS * len(self._carriers))
        ]
        for thread in (*self._threads, *carrying):
            thread.start()

    def stop(self, timeout_s: float = 2.5) -> None:
        """Finish the sends in hand; the rest stays for the next start."""
        until = time.monotonic() + timeout_s
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for _ in range(_SENDERS * len(self._carriers)):
            self._posts.put(None)
        self._owner.release()

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
        db = connection(self._path)
        with transaction(db):
            done = db.execute(
                "INSERT INTO inbox (key, platform, workspace, channel, user, text, company, as_of, "
                "address, state, owner, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'new', ?, ?) "
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
                    self._owner.name,
                    self._clock(),
                ],
            )
        if not done.rowcount:
            return False
        with self._wake:
            self._counters["asked"] += 1
            self._questions.append(int(done.lastrowid or 0))
            self._wake.notify_all()
        return True

    def enqueue(
        self,
        key: str,
        chat: Chat,
        payloads: list[Payload],
        address: Address,
        *,
        background: bool = False,
        claim: Callable[[Database], bool] = lambda db: True,
    ) -> bool:
        """Post something rendered already, once for a key.

        Args:
            key: Names it for good.
            chat: Where it goes.
            payloads: From the carrier.
            address: What the carrier needs to post.
            background: Nobody waits for it.
            claim: Called in the same transaction; False: it is not to be posted.

        Returns:
            False if the key was taken before, or the claim failed.
        """
        db = connection(self._path)
        with transaction(db):
            taken = db.execute("SELECT 1 FROM outbox WHERE key = ?", [f"{key}/1"]).fetchone()
            if taken or not claim(db):
                return False
            due = self._turn(db, chat) if background else 0.0
            rows = self._put_out(db, key, chat, address, payloads, due, background)
        self._line_up(chat, address, rows, due, background)
        return True

    def _turn(self, db: Database, chat: Chat) -> float:
        """When the workspace's next background post may go, whichever process sends it."""
        windows = self._carriers[chat.platform].pace.background
        gap = max((seconds / count for count, seconds in windows), default=0.0)
        (last,) = db.execute(
            "SELECT max(due) FROM outbox WHERE background = 1 AND state IN ('ready', 'sending') "
            "AND platform = ? AND workspace = ?",
            [chat.platform, chat.workspace],
        ).fetchone()
        return max(self._clock(), (last or 0.0) + gap)

    def shown(self, message: Message) -> ReplyView:
        """The desk's reply in words, for a chat that takes it at once; kept and counted."""
        reply, shown = self._considered(message)
        self._keep(message, reply)
        return shown

    def shown_within(self, message: Message, seconds: float) -> ReplyView | None:
        """As `shown`; None, and nothing kept or counted, where answering takes longer.

        For a platform that waits so long only: the message then goes to the inbox.
        """
        ready: SimpleQueue[tuple[Reply | None, ReplyView]] = SimpleQueue()
        threading.Thread(
            target=lambda: ready.put(self._considered(message)), name="ask", daemon=True
        ).start()
        try:
            reply, shown = ready.get(timeout=seconds)
        except Empty:
            return None
        self._keep(message, reply)
        return shown

    def keep_opinion(self, chat: Chat, question_id: str, query: str, *, helpful: bool) -> None:
        """Keep 有用 or 没用, the last word of a person on a question."""
        db = connection(self._path)
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
                [*where, query, int(helpful), self._clock()],
            )

    def drop_opinion(self, chat: Chat, question_id: str) -> None:
        """Forget what a person thought of a question, as they took it back."""
        db = connection(self._path)
        with transaction(db):
            db.execute(
                "DELETE FROM feedback WHERE platform = ? AND workspace = ? AND channel = ? "
                "AND user = ? AND question_id = ?",
                [chat.platform, chat.workspace, chat.channel, chat.user, question_id],
            )

    # Answering

    def _answering(self) -> None:
        """Answer message after message, oldest first."""
        while True:
            with self._wake:
                while not (self._questions or self._stopping):
                    self._wake.wait()
                if self._stopping:
                    return
                row_id = self._questions.popleft()
            try:
                self._answer(row_id)
            except Exception as error:  # the database: the message stays in the inbox
                log.error("answering waits: %s", _of(error))
                time.sleep(_FAULT_S)
                with self._wake:
                    self._questions.appendleft(row_id)

    def _answer(self, row_id: int) -> None:
        db = connection(self._path)
        row = _row(db, "SELECT * FROM inbox WHERE id = ? AND state = 'new'", row_id)
        if row is None:
            return
        began = time.monotonic()
        chat = Chat(row["platform"], row["workspace"], row["channel"], row["user"])
        as_of = date.fromisoformat(row["as_of"]) if row["as_of"] else None
        address = json.loads(row["address"])
        message = Message(row["text"], chat, row["company"], as_of)
        reply, shown = self._considered(message)
        carrier = self._carriers[chat.platform]
        try:
            payloads = carrier.render(shown, address)
        except Exception as error:
            log.error("rendering failed: %s: %s", chat.platform, trace_of(error))
            reply, payloads = None, carrier.render(self._apology(), address)
        with transaction(db):
            if reply is not None:
                self._desk.keep(message, reply)
            rows = self._put_out(db, row["key"], chat, address, payloads)
            db.execute(
                "UPDATE inbox SET state = 'done', text = '', address = '{}', owner = NULL "
                "WHERE id = ?",
                [row_id],
            )
        self._line_up(chat, address, rows)
        self._count_reply(reply)
        log.info(
            "answered platform=%s inbox=%d reply=%s posts=%d waited_ms=%d took_ms=%d",
            chat.platform,
            row_id,
            type(reply).__name__ if reply else "apology",
            len(rows),
            (self._clock() - row["at"]) * 1000,
            (time.monotonic() - began) * 1000,
        )

    def _considered(self, message: Message) -> tuple[Reply | None, ReplyView]:
        """The desk's reply and its words; no reply and an apology if answering fails."""
        try:
            reply = self._desk.consider(message)
            shown = self._desk.show(reply)
        except Exception as error:
            # Whatever is wrong, the asker hears of it; the message's words stay out of the log.
            log.error("answering failed: %s", trace_of(error))
            return None, self._apology()
        return reply, shown

    def _keep(self, message: Message, reply: Reply | None) -> None:
        """What the desk keeps of a message that had no inbox row."""
        self._count("asked")
        self._count_reply(reply)
        if reply is not None:
            with transaction(connection(self._path)):
                self._desk.keep(message, reply)

    def _count_reply(self, reply: Reply | None) -> None:
        match reply:
            case None:
                self._count("failed")
            case Answer():
                self._count("answered")
            case Suggest():
                self._count("offered")
            case Decline():
                self._count("declined")

    def _apology(self) -> ReplyView:
        return ReplyView(intro=self._desk.words.text("apology"))

    def _put_out(
        self,
        db: Database,
        key: str,
        chat: Chat,
        address: Address,
        payloads: list[Payload],
        due: float = 0.0,
        background: bool = False,
    ) -> list[int]:
        """Write outbox rows; returns their ids."""
        return [
            int(
                db.execute(
                    "INSERT INTO outbox (key, platform, workspace, channel, address, payload, "
                    "state, owner, tries, due, at, background) "
                    "VALUES (?, ?, ?, ?, ?, ?, 'ready', ?, 0, ?, ?, ?)",
                    [
                        f"{key}/{at}",
                        *_lane(chat, address),
                        json.dumps(address),
                        json.dumps(payload, ensure_ascii=False),
                        self._owner.name,
                        due,
                        self._clock(),
                        int(background),
                    ],
                ).lastrowid
                or 0
            )
            for at, payload in enumerate(payloads, 1)
        ]

    def _line_up(
        self,
        chat: Chat,
        address: Address,
        rows: list[int],
        due: float = 0.0,
        background: bool = False,
    ) -> None:
        self._recall(_lane(chat, address))
        with self._wake:
            for row in rows:
                self._lanes.put(_lane(chat, address), row, due - self._clock(), background)
            self._wake.notify_all()

    def _recall(self, lane: Lane) -> None:
        """Let a restart begin no new window of the platform's limits."""
        with self._wake:
            if lane in self._lanes:
                return
        now = self._clock()
        begun = connection(self._path).execute(
            "SELECT begun FROM outbox WHERE platform = ? AND workspace = ? AND channel = ? "
            "AND begun > ? ORDER BY begun",
            [*lane, now - _REMEMBERED_S],
        )
        ages_s = [now - at for (at,) in begun]
        with self._wake:
            self._lanes.recall(lane, ages_s)

    # Sending: one thread writes the outbox, so that many posts share a commit

    def _sending(self) -> None:
        adopt_at = sweep_at = 0.0
        settled: list[_Settled] = []
        while True:
            if time.monotonic() >= adopt_at:
                self._try_adopt()
                adopt_at = time.monotonic() + _IDLE_S
            with self._wake:
                if time.monotonic() >= sweep_at:
                    self._lanes.sweep()
                    sweep_at = time.monotonic() + _SWEEP_S
                if not (settled or self._settled):
                    if self._stopping and not self._in_hand:
                        return
                    wait_s = self._lanes.wait_s(max(0.0, adopt_at - time.monotonic()))
                    self._wake.wait(_IDLE_S if self._stopping else wait_s)
                settled += self._settled
                self._settled.clear()
                going = [] if self._stopping else self._lanes.take()
                self._in_hand += len(going)
            try:
                begun = self._write(settled, going)
            except Exception as error:  # what is settled stays so until it is written
                log.error("sending waits: %s", _of(error))
                with self._wake:
                    for lane, _ in going:
                        self._in_hand -= 1
                        self._lanes.again(lane, _FAULT_S)
                    if self._stopping:
                        return
                    self._wake.wait(_FAULT_S)
                continue
            settled = []
            for item in begun:
                self._posts.put(item)

    def _write(
        self, settled: list[_Settled], going: list[tuple[Lane, int]]
    ) -> list[tuple[Lane, dict[str, Any]]]:
        """Commit what came of posts and what is about to be posted."""
        if not (settled or going):
            return []
        db = connection(self._path)
        freed: list[Callable[[], None]] = []
        with transaction(db):
            for item in settled:
                freed.append(self._settle(db, item))
            begun = [(lane, self._begin(db, row_id)) for lane, row_id in going]
        with self._wake:
            for free in freed:
                free()
            for lane, row in begun:
                if row is None:  # another process was quicker
                    self._in_hand -= 1
                    self._lanes.done(lane)
        return [(lane, row) for lane, row in begun if row is not None]

    def _begin(self, db: Database, row_id: int) -> dict[str, Any] | None:
        """The row as it was, now `sending`."""
        row = _row(db, "SELECT * FROM outbox WHERE id = ? AND owner = ?", row_id, self._owner.name)
        if row is None or row["state"] not in ("ready", "sending"):
            return None
        db.execute(
            "UPDATE outbox SET state = 'sending', tries = tries + 1, begun = ?, due = ? "
            "WHERE id = ?",
            [self._clock(), self._clock() + _SETTLE_S, row_id],
        )
        return row

    def _carrying(self) -> None:
        """Post one after another, or first look whether it was posted."""
        while (item := self._posts.get()) is not None:
            lane, row = item
            outcome: Outcome | Found
            try:
                outcome = self._carried(self._carriers[row["platform"]], row)
            except Exception as error:
                outcome = Unknown(type(error).__name__)
            with self._wake:
                self._settled.append(_Settled(lane, row, outcome))
                self._wake.notify_all()

    def _carried(self, carrier: Carrier, row: dict[str, Any]) -> Outcome | Found:
        payload, address = json.loads(row["payload"]), json.loads(row["address"])
        if row["state"] == "sending":
            found = carrier.find(payload, address, row["key"])
            if not isinstance(found, NotThere):
                return found
        if address.get("until", math.inf) < self._desk.now().timestamp():
            return Late()
        return carrier.send(payload, address, row["key"])

    def _settle(self, db: Database, item: _Settled) -> Callable[[], None]:
        """Write what came of a post; returns what frees its lane once that is committed."""
        row = item.row
        backoff_s = _BACKOFF_S[min(row["tries"], len(_BACKOFF_S) - 1)]
        late = self._clock() - row["at"] > _GIVE_UP_S
        match item.outcome:
            case Sent(ref):
                return self._finish(db, item, "sent", ref)
            case Limited(retry_after_s):
                # After a limited look-up the fate is as unknown as before.
                return self._again(db, item, retry_after_s, row["state"])
            case Late():
                return self._finish(db, item, "late", row["ref"] or "")
            case Shut(reason, retry_after_s):
                log.warning("%s is shut for now: %s", row["platform"], reason)
                db.execute("UPDATE outbox SET ref = ? WHERE id = ?", [reason, row["id"]])
                # Whoever starts next may have better credentials, and tries at once.
                again = self._again(db, item, retry_after_s, row["state"], due=0.0)

                def hold() -> None:
                    again()
                    self._lanes.hold(item.lane, retry_after_s)

                return hold
            case Refused(reason, permanent):
                log.warning("%s refused a post: %s", row["platform"], reason)
                if permanent or late:
                    return self._finish(db, item, "failed", reason)
                return self._again(db, item, backoff_s, "ready")
            case Unknown(reason, settle_s):
                log.warning("%s: a post's fate is unknown: %s", row["platform"], reason)
                if late:
                    return self._finish(db, item, "unknown", reason)
                return self._again(db, item, max(settle_s, backoff_s), "sending")
            case _:
                log.warning("%s: a post's fate is unknown; not repeated", row["platform"])
                return self._finish(db, item, "unknown", "")

    def _finish(self, db: Database, item: _Settled, state: str, ref: str) -> Callable[[], None]:
        db.execute(
            "UPDATE outbox SET state = ?, ref = ?, owner = NULL, payload = '{}', address = '{}' "
            "WHERE id = ?",
            [state, ref, item.row["id"]],
        )

        def free() -> None:
            self._in_hand -= 1
            self._counters["refused" if state == "failed" else state] += 1
            self._lanes.done(item.lane)

        return free

    def _again(
        self,
        db: Database,
        item: _Settled,
        after_s: float,
        state: str,
        due: float | None = None,
    ) -> Callable[[], None]:
        db.execute(
            "UPDATE outbox SET state = ?, due = ? WHERE id = ?",
            [state, self._clock() + after_s if due is None else due, item.row["id"]],
        )

        def free() -> None:
            self._in_hand -= 1
            self._counters["retries"] += 1
            self._lanes.again(item.lane, after_s)

        return free

    # Taking up what dead processes left

    def _try_adopt(self) -> None:
        try:
            self._adopt()
        except Exception as error:
            log.error("taking up waits: %s", _of(error))

    def _adopt(self) -> None:
        """Claim the waiting rows of processes that are gone, and of nobody."""
        db = connection(self._path)
        platforms = self._ready_platforms()
        ours = f"platform IN ({', '.join('?' * len(platforms))})"
        waiting = db.execute(
            f"SELECT owner FROM inbox WHERE state = 'new' AND {ours} UNION "
            f"SELECT owner FROM outbox WHERE state IN ('ready', 'sending') AND {ours}",
            [*platforms, *platforms],
        ).fetchall()
        for (gone,) in waiting:
            if not self._owner.lives(gone):
                self._adopt_from(db, gone)

    def _adopt_from(self, db: Database, gone: str | None) -> None:
        platforms = self._ready_platforms()
        ours = f"platform IN ({', '.join('?' * len(platforms))}) AND owner IS ?"
        values = [*platforms, gone]
        with transaction(db):
            questions = db.execute(
                f"SELECT id FROM inbox WHERE state = 'new' AND {ours} ORDER BY id", values
            ).fetchall()
            posts = db.execute(
                "SELECT id, platform, workspace, channel, due, background FROM outbox "
                f"WHERE state IN ('ready', 'sending') AND {ours} ORDER BY id",
                values,
            ).fetchall()
            for table, rows in (("inbox", questions), ("outbox", posts)):
                for row in rows:
                    db.execute(
                        f"UPDATE {table} SET owner = ? WHERE id = ?", [self._owner.name, row[0]]
                    )
        for _, platform, workspace, channel, *_ in posts:
            self._recall((platform, workspace, channel))
        if questions or posts:
            log.info("taken up: questions=%d posts=%d", len(questions), len(posts))
        with self._wake:
            self._questions.extendleft(row_id for (row_id,) in reversed(questions))
            for row_id, platform, workspace, channel, due, background in posts:
                self._lanes.put(
                    (platform, workspace, channel), row_id, due - self._clock(), bool(background)
                )
            self._wake.notify_all()

    def _ready_platforms(self) -> list[str]:
        """A process that cannot post takes nothing from one that soon may."""
        return [name for name, carrier in self._carriers.items() if carrier.is_ready]

    # State

    def oldest_undelivered_s(self) -> float:
        """Age of the oldest question or post that has not gone out, 0 when all have."""
        (oldest,) = (
            connection(self._path)
            .execute(
                "SELECT min(at) FROM (SELECT at FROM inbox WHERE state = 'new' UNION ALL "
                "SELECT at FROM outbox WHERE state IN ('ready', 'sending'))"
            )
            .fetchone()
        )
        return max(0.0, self._clock() - oldest) if oldest is not None else 0.0

    def counters(self) -> dict[str, int]:
        """Since the start; every name is always there."""
        with self._wake:
            return {name: self._counters[name] for name in _COUNTED}

    def purge(self, days: int) -> None:
        """Delete settled rows that old, and what askers typed in opinions.

        Marks of messages are kept for two days at least: until then a repetition may come.
        """
        db = connection(self._path)
        now = self._clock()
        limit = now - max(days, _KEEP_DAYS) * 86400.0
        with transaction(db):
            db.execute("DELETE FROM inbox WHERE at < ? AND state = 'done'", [limit])
            db.execute(
                "DELETE FROM outbox WHERE at < ? "
                "AND state IN ('sent', 'failed', 'unknown', 'late')",
                [limit],
            )
            db.execute(
                "UPDATE feedback SET query = '' WHERE at < ? AND query != ''",
                [now - days * 86400.0],
            )

    def _count(self, name: str) -> None:
        with self._wake:
            self._counters[name] += 1


_COUNTED = (
    "asked",
    "answered",
    "offered",
    "declined",
    "failed",
    "sent",
    "retries",
    "refused",
    "unknown",
    "late",
)


def undelivered(path: Path) -> list[dict[str, Any]]:
    """Posts that did not go out for good: fate unknown, or refused (`ref` says why)."""
    return list(
        connection(path).query(
            "SELECT key, platform, workspace, channel, state, ref, at FROM outbox "
            "WHERE state IN ('unknown', 'failed') ORDER BY id"
        )
    )


def _lane(chat: Chat, address: Address) -> Lane:
    return chat.platform, chat.workspace, str(address.get("lane", chat.channel))


def _row(db: Database, sql: str, *values: object) -> dict[str, Any] | None:
    cursor = db.execute(sql, list(values))
    found = cursor.fetchone()
    if found is None:
        return None
    return dict(zip((column[0] for column in cursor.description), found, strict=True))


def _of(error: Exception) -> str:
    """An error for the log: SQLite's own words, else where the bug is."""
    return str(error) if isinstance(error, sqlite3.Error) else trace_of(error)
