"""Who gets a digest, who changed that, and the ledger of what was posted.

A chat has one subscription. Every change is kept with who made it. The ledger holds one row for a
chat and local day; whoever writes it may post, so several processes post once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Literal

from bot.commands import Plan
from bot.message import Chat
from bot.store.connection import Connection, Database

# claimed: in the outbox; unknown: perhaps posted, not repeated; skipped: due while nothing ran
State = Literal["claimed", "posted", "unknown", "failed", "skipped", "empty"]

SETTINGS = "WECOM_WEBHOOKS"  # who made a subscription that stands in the settings

_SAME_CHAT = "platform = ? AND workspace = ? AND channel = ?"


@dataclass(frozen=True)
class Subscription:
    """One chat's digest."""

    platform: str
    workspace: str
    channel: str
    plan: Plan
    made_by: str  # who set it last
    made_at: datetime  # when; days due before that are not made up for
    ended_at: datetime | None = None
    ended_why: str = ""  # `unsubscribed`, or the platform's code

    @property
    def chat(self) -> Chat:
        return Chat(self.platform, self.workspace, self.channel, self.made_by)


@dataclass(frozen=True)
class Change:
    """Who did what to a subscription."""

    what: str  # subscribed, unsubscribed, retired
    user: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """A ledger row."""

    platform: str
    workspace: str
    channel: str
    day: date
    state: State
    why: str = ""


class SubscriptionStore:
    """The tables behind it. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _db(self) -> Connection:
        return self._database.connection()

    # Changes

    def subscribe(self, chat: Chat, plan: Plan, at: datetime) -> Subscription | None:
        """Set what a chat gets; returns what it got before, if anything."""
        with self._database.transaction(alone=False) as db:
            before = self._get(db, chat)
            db.table("subscriptions").upsert(
                {
                    "platform": chat.platform,
                    "workspace": chat.workspace,
                    "channel": chat.channel,
                    "at": plan.at.isoformat("minutes"),
                    "every_day": int(plan.every_day),
                    "new_only": int(plan.new_only),
                    "companies": " ".join(plan.companies),
                    "desk": int(plan.desk),
                    "weekdays": " ".join(map(str, plan.weekdays)),
                    "made_by": chat.user,
                    "made_at": _instant(at),
                    "ended_at": None,
                    "ended_why": None,
                },
                pk=("platform", "workspace", "channel"),
            )
            _keep(db, chat, "subscribed", chat.user, at, plan)
        return before if before and before.ended_at is None else None

    def end(self, chat: Chat, why: str, at: datetime) -> bool:
        """End a chat's subscription; False when it has none.

        Args:
            chat: Where; its user ends it.
            why: `unsubscribed`, or the platform's code for a chat that cannot be reached.
            at: Now.
        """
        with self._database.transaction(alone=False) as db:
            done = db.execute(
                f"UPDATE subscriptions SET ended_at = ?, ended_why = ? "
                f"WHERE {_SAME_CHAT} AND ended_at IS NULL",
                [_instant(at), why, chat.platform, chat.workspace, chat.channel],
            )
            if done.rowcount:
                what = "unsubscribed" if why == "unsubscribed" else "retired"
                _keep(db, chat, what, chat.user, at)
        return bool(done.rowcount)

    def end_all(self, platform: str, workspace: str, why: str, at: datetime) -> int:
        """End every subscription of a workspace; how many there were."""
        with self._database.transaction():
            of = (platform, workspace)
            ended = [one for one in self.active() if (one.platform, one.workspace) == of]
            for one in ended:
                self.end(replace(one.chat, user="irbot"), why, at)
        return len(ended)

    # Looking

    def get(self, chat: Chat) -> Subscription | None:
        """The chat's subscription, ended or not."""
        return self._get(self._db(), chat)

    def _get(self, db: Connection, chat: Chat) -> Subscription | None:
        rows = db.query(
            f"SELECT * FROM subscriptions WHERE {_SAME_CHAT}",
            [chat.platform, chat.workspace, chat.channel],
        )
        return next((_subscription(row) for row in rows), None)

    def active(self) -> list[Subscription]:
        """Every subscription that is not ended."""
        rows = self._db().query(
            "SELECT * FROM subscriptions WHERE ended_at IS NULL "
            "ORDER BY platform, workspace, channel"
        )
        return [_subscription(row) for row in rows]

    def retired(self, since: datetime) -> list[Subscription]:
        """Those that ended since then because their chat could not be reached."""
        rows = self._db().query(
            "SELECT * FROM subscriptions WHERE ended_at >= ? AND ended_why <> 'unsubscribed' "
            "ORDER BY ended_at",
            [_instant(since)],
        )
        return [_subscription(row) for row in rows]

    def changed_by(self, platform: str, workspace: str, user: str) -> list[Subscription]:
        """The active ones that this person has ever changed."""
        rows = self._db().query(
            "SELECT * FROM subscriptions s WHERE platform = ? AND workspace = ? "
            "AND ended_at IS NULL AND EXISTS (SELECT 1 FROM subscription_changes c "
            "WHERE c.platform = s.platform AND c.workspace = s.workspace "
            'AND c.channel = s.channel AND c."user" = ?) ORDER BY at, channel',
            [platform, workspace, user],
        )
        return [_subscription(row) for row in rows]

    def changes(self, chat: Chat) -> list[Change]:
        """What was done to the chat's subscription, newest first."""
        rows = self._db().query(
            f"SELECT * FROM subscription_changes WHERE {_SAME_CHAT} ORDER BY id DESC",
            [chat.platform, chat.workspace, chat.channel],
        )
        return [Change(row["what"], row["user"], datetime.fromisoformat(row["at"])) for row in rows]

    def without_entry(
        self, day: date, until: time = time.max, *, is_trading: bool = True
    ) -> list[Subscription]:
        """Active ones about whose digest of that day nothing is settled; `skipped` is not.

        Args:
            day: Which.
            until: Only those whose time of the day has come by then: of many thousands all day long
                the others would be read in vain.
            is_trading: Whether it is a trading day; else those that want every day alone.
        """
        wanted = "" if is_trading else "AND s.every_day = 1 "
        rows = self._db().query(
            "SELECT s.* FROM subscriptions s LEFT JOIN digests d ON d.platform = s.platform "
            "AND d.workspace = s.workspace AND d.channel = s.channel AND d.day = ? "
            "WHERE s.ended_at IS NULL AND (d.day IS NULL OR d.state = 'skipped') "
            f"AND s.at <= ? {wanted}ORDER BY s.at, s.made_at",
            [day.isoformat(), until.isoformat("minutes")],
        )
        return [_subscription(row) for row in rows]

    def is_settled(self, chat: Chat, day: date) -> bool:
        """Whether another process has taken the chat's day since it was looked at."""
        rows = self._db().execute(
            f"SELECT 1 FROM digests WHERE {_SAME_CHAT} AND day = ? AND state <> 'skipped'",
            [chat.platform, chat.workspace, chat.channel, day.isoformat()],
        )
        return bool(rows.fetchall())

    def entries(self, since: date, *states: State) -> list[Entry]:
        """Ledger rows from that day on, in those states."""
        marks = ", ".join("?" * len(states))
        rows = self._db().query(
            f"SELECT * FROM digests WHERE state IN ({marks}) AND day >= ? "
            "ORDER BY day, platform, workspace, channel",
            [*states, since.isoformat()],
        )
        return [_entry(row) for row in rows]

    def days(self, chat: Chat, limit: int) -> list[Entry]:
        """The chat's newest ledger rows for which something was sent or tried, newest first."""
        rows = self._db().query(
            f"SELECT * FROM digests WHERE {_SAME_CHAT} "
            "AND state IN ('posted', 'unknown', 'failed') ORDER BY day DESC LIMIT ?",
            [chat.platform, chat.workspace, chat.channel, limit],
        )
        return [_entry(row) for row in rows]

    def shown(self, chat: Chat) -> dict[str, int]:
        """How often each item was shown in the chat."""
        rows = self._db().execute(
            f"SELECT item, count(*) FROM digest_items WHERE {_SAME_CHAT} GROUP BY item",
            [chat.platform, chat.workspace, chat.channel],
        )
        return dict(rows.fetchall())

    # The ledger

    def settle(self, at: datetime) -> list[tuple[Entry, str]]:
        """Take over what became of the posts.

        Returns:
            The entries that changed, and what the platform said of those that failed.
        """
        db = self._db()
        waiting = (
            "SELECT d.*, o.state AS fate, o.ref FROM digests d "
            "JOIN outbox o ON o.key = d.key || '/1' "
            "WHERE d.state = 'claimed' AND o.state IN ('sent', 'unknown', 'failed', 'late')"
        )
        if next(iter(db.query(waiting)), None) is None:
            return []  # without taking the write lock
        # `ref` of a late one: why it could not be posted in time.
        fates: dict[str, State] = {
            "sent": "posted",
            "unknown": "unknown",
            "failed": "failed",
            "late": "skipped",
        }
        settled = []
        with self._database.transaction(alone=False):
            for row in list(db.query(waiting)):
                why = row["ref"] if row["fate"] in ("failed", "late") else ""
                state = "failed" if why else fates[row["fate"]]
                place = [row["platform"], row["workspace"], row["channel"], row["day"]]
                done = db.execute(
                    "UPDATE digests SET state = ?, why = ?, at = ? "
                    f"WHERE {_SAME_CHAT} AND day = ? AND state = 'claimed'",
                    [state, why, _instant(at), *place],
                )
                if not done.rowcount:  # another process was quicker
                    continue
                if state in ("failed", "skipped"):
                    db.execute(f"DELETE FROM digest_items WHERE {_SAME_CHAT} AND day = ?", place)
                settled.append((_entry({**row, "state": state, "why": why}), why))
        return settled

    def note(self, chat: Chat, day: date, state: State, at: datetime) -> bool:
        """Write a row for a day without a post; False when there was one."""
        with self._database.transaction(alone=False) as db:
            return _claim(db, chat, day, state, "", at)

    def claim(
        self, chat: Chat, day: date, key: str, at: datetime, items: Iterable[str] = ()
    ) -> bool:
        """Write the row of a day whose post goes out under the key; False when there was one."""
        with self._database.transaction(alone=False) as db:
            return _claim(db, chat, day, "claimed", key, at, items)


def _claim(
    db: Connection,
    chat: Chat,
    day: date,
    state: State,
    key: str,
    at: datetime,
    items: Iterable[str] = (),
) -> bool:
    """Write the ledger row of a chat and day, inside the caller's transaction.

    Returns:
        False when another has it. A day noted as skipped can still be claimed: the clock went back.
    """
    place = [chat.platform, chat.workspace, chat.channel, day.isoformat()]
    done = db.execute(
        "INSERT INTO digests (platform, workspace, channel, day, state, key, why, at) "
        "VALUES (?, ?, ?, ?, ?, ?, '', ?) ON CONFLICT (platform, workspace, channel, day) "
        "DO UPDATE SET state = excluded.state, key = excluded.key, why = excluded.why, "
        "at = excluded.at WHERE digests.state = 'skipped' AND excluded.state <> 'skipped'",
        [*place, state, key, _instant(at)],
    )
    if not done.rowcount:
        return False
    for item in items:
        db.execute(
            "INSERT INTO digest_items (platform, workspace, channel, day, item) "
            "VALUES (?, ?, ?, ?, ?)",
            [*place, item],
        )
    return True


def _keep(
    db: Connection, chat: Chat, what: str, user: str, at: datetime, plan: Plan | None = None
) -> None:
    db.table("subscription_changes").insert(
        {
            "platform": chat.platform,
            "workspace": chat.workspace,
            "channel": chat.channel,
            "what": what,
            "plan": json.dumps(asdict(plan), default=str) if plan else None,
            "user": user,
            "at": _instant(at),
        }
    )


def _subscription(row: dict[str, Any]) -> Subscription:
    plan = Plan(
        time.fromisoformat(row["at"]),
        bool(row["every_day"]),
        bool(row["new_only"]),
        tuple(row["companies"].split()),
        bool(row["desk"]),
        tuple(map(int, (row["weekdays"] or "").split())),
    )
    return Subscription(
        row["platform"],
        row["workspace"],
        row["channel"],
        plan,
        row["made_by"],
        datetime.fromisoformat(row["made_at"]),
        datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        row["ended_why"] or "",
    )


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        row["platform"],
        row["workspace"],
        row["channel"],
        date.fromisoformat(row["day"]),
        row["state"],
        row["why"] or "",
    )


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
