"""Which official words were shown, where, from which version and file: what the company can prove.

A row tells of one question in one reply, digest or page. It names no asker: a chat of one person is
there under a hash. A row is written in the transaction that puts its posts out, so that nothing is
shown without it; what became of the posts is the outbox's to say, and kept when that forgets.

The hash is SHA-256 of `ReplyView.text` in UTF-8, of a page that of `page_text`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from bot.message import Answer, Chat, Digest, Hit, Likely, Reply, Statement
from bot.record import Question, Record
from bot.store.connection import Connection, File, instant

Kind = Literal["answer", "likely", "statement", "digest", "page"]
# at once: inside an acknowledgement, a terminal or a page, which tell of no arrival.
Fate = Literal["sent", "waiting", "partly", "unknown", "failed", "late", "at once"]

_KEPT = timedelta(days=3 * 366)
_ALL = 2**63 - 1  # rows: no limit, as both engines understand
_FATES: dict[str, Fate] = {"sent": "sent", "unknown": "unknown", "failed": "failed", "late": "late"}


@dataclass(frozen=True)
class Quoted:
    """Official words in a reply, a digest or a page."""

    kind: Kind
    target: str  # a full question id; a record's where several questions stand there
    version: int
    places: tuple[str, ...] = ()  # which questions of the record


@dataclass(frozen=True)
class Shown:
    """Official words that were shown."""

    at: datetime  # the bot's clock
    real_at: datetime
    platform: str
    workspace: str
    channel: str
    kind: Kind
    target: str
    places: tuple[str, ...]
    version: int
    file: str  # empty: not stored
    source: str  # its SHA-256
    text: str  # SHA-256 of all that was shown with it
    matcher: str
    fate: Fate
    times: int
    last_at: datetime


def quoted(reply: Reply) -> Iterator[Quoted]:
    """The official answers and statements that a reply shows; what it only offers is not among
    them."""
    match reply:
        case Answer(hits=hits, likely=likely, whole=whole):
            yield from (_of(hit, "answer", whole) for hit in hits)
            yield from (_of(hit, "likely") for _, hit in likely)
        case Likely(quoted=hits):
            yield from (_of(hit, "likely") for hit in hits)
        case Statement(hit=hit):
            yield _of(hit, "statement")
        case Digest(new=new, history=history, daily=daily):
            for record in (*(item.record for item in new), *history):
                yield Quoted("digest", record.id, record.version)
            yield from (_of(hit, "digest") for hit in (daily.hits if daily else ()))


def _of(hit: Hit, kind: Kind, whole: bool = False) -> Quoted:
    return Quoted(kind, hit.id if whole else hit.full_id, hit.record.version)


def page_text(units: Iterable[Question]) -> str:
    """What a page shows of a record, as it is hashed: each question and its answer, and each
    paragraph, by itself; an empty line between two of them."""
    return "\n\n".join("\n".join(filter(None, (item.question, item.answer))) for item in units)


def digest_of(text: str) -> str:
    """The hash by which a text that was shown is known again."""
    return sha256(text.encode()).hexdigest()


class Evidence(File):
    """Rows are kept for three years; no word of what they say is changed."""

    def add_evidence(
        self,
        chat: Chat,
        items: Iterable[Quoted],
        text: str,
        matcher: str,
        at: datetime,
        post: str = "",
    ) -> None:
        """Keep what a chat is shown, in the open transaction.

        Args:
            chat: Where; who asks is not kept.
            items: The official words.
            text: All that is shown, as `ReplyView.text`.
            matcher: Its version.
            at: The bot's clock.
            post: The mark that the outbox has; empty: it is shown at once.
        """
        rows = list(items)
        if not rows:
            return
        shown = digest_of(text)
        with self.database.transaction(alone=False) as db:
            for item in rows:
                _add(db, chat, item, shown, matcher, at, post)

    def add_view(self, record: Record, units: Sequence[Question], at: datetime, how: str) -> None:
        """Keep that a page of a record was shown.

        Nobody limits how often a page is read: the same words within an hour are one row, which
        counts them.

        Args:
            record: Whose page.
            units: The questions and paragraphs on it.
            at: The bot's clock.
            how: page, or json.
        """
        if not units:
            return
        shown = digest_of(page_text(units))
        chat = Chat("web", "", how, "")
        with self.database.transaction(alone=False) as db:  # two at once: two rows that count
            again = db.execute(
                "UPDATE evidence SET times = times + 1, last_at = ? WHERE id = (SELECT id FROM "
                "evidence WHERE target = ? AND at > ? AND at <= ? AND kind = 'page' "
                "AND channel = ? AND version = ? AND text = ?)",
                [
                    instant(at),
                    record.id,
                    instant(at - timedelta(hours=1)),
                    instant(at),
                    how,
                    record.version,
                    shown,
                ],
            )
            if not again.rowcount:
                places = tuple(item.place for item in units)
                item = Quoted("page", record.id, record.version, places)
                _add(db, chat, item, shown, "", at)

    def evidence(
        self,
        target: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        text: str = "",
        last: int | None = None,
    ) -> Iterator[Shown]:
        """What was shown, oldest first.

        Args:
            target: A question's id, with its parts; a record's, with its questions; empty: all.
            since: Not before.
            until: Before.
            text: SHA-256 of all that was shown; empty: whatever it was.
            last: Only so many, the newest first.
        """
        record_id, mark, place = target.partition("#")
        number = place.partition(".")[0]
        db = self._db()
        rows = db.stream(
            f"SELECT evidence.*, ({posts_of(db)}) AS states, (SELECT file FROM version_sources "
            "WHERE sha256 = evidence.source ORDER BY imported_at LIMIT 1) AS file FROM evidence "
            "WHERE (:text = '' OR text = :text) "
            "AND (CAST(:since AS TEXT) IS NULL OR last_at >= :since) "
            "AND (CAST(:until AS TEXT) IS NULL OR at < :until) "
            "AND (:target = '' OR target IN (:target, :whole) "
            # `/` and `$` stand behind `.` and `#`: these are the parts, and the questions.
            "OR (target > :target || '.' AND target < :target || '/') "
            "OR (:mark = '' AND target > :target || '#' AND target < :target || '$') "
            "OR (:mark = '#' AND target = :record "
            f"AND {db.engine.contains('places', ':number')})) "
            f"ORDER BY {'at, id' if last is None else 'at DESC, id DESC'} LIMIT :most",
            {
                "most": _ALL if last is None else last,
                "target": target,
                "mark": mark,
                "record": record_id,
                "number": f" {number} ",
                "whole": f"{record_id}{mark}{number}",
                "since": instant(since) if since else None,
                "until": instant(until) if until else None,
                "text": text,
            },
        )
        return map(_shown, rows)

    def forget_evidence(self, now: datetime) -> None:
        """Delete what is older than three years."""
        self._db().execute("DELETE FROM evidence WHERE at < ?", [instant(now - _KEPT)])


def posts_of(db: Connection) -> str:
    """A query for the states of the posts that carry a row, with commas between."""
    return (
        f"SELECT {db.engine.joined('state')} FROM (SELECT DISTINCT state FROM outbox "
        "WHERE outbox.evidence = evidence.post ORDER BY state) AS states"
    )


def _add(
    db: Connection,
    chat: Chat,
    item: Quoted,
    shown: str,
    matcher: str,
    at: datetime,
    post: str = "",
) -> None:
    db.execute(
        "INSERT INTO evidence (post, at, real_at, platform, workspace, channel, kind, "
        "target, places, version, source, text, matcher, fate, times, last_at) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT s.sha256 FROM versions v "
        "JOIN version_sources s ON s.version_id = v.id WHERE v.record_id = ? AND v.version = ? "
        "ORDER BY s.imported_at, s.rowid LIMIT 1), ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING",
        [
            post or secrets.token_hex(8),
            instant(at),
            instant(datetime.now(UTC)),
            chat.platform,
            chat.workspace,
            place_of(chat),
            item.kind,
            item.target,
            f" {' '.join(item.places)} " if item.places else None,
            item.version,
            item.target.partition("#")[0],
            item.version,
            shown,
            matcher,
            None if post else "at once",
            instant(at),
        ],
    )


def place_of(chat: Chat) -> str:
    """The chat's id; where that is its only person's, a hash in its place."""
    if chat.channel and chat.channel == chat.user:
        return alone(chat.platform, chat.workspace, chat.user)
    return chat.channel


def alone(platform: str, workspace: str, user: str) -> str:
    """What a chat with one person is called here."""
    return f"direct-{sha256(f'{platform}/{workspace}/{user}'.encode()).hexdigest()[:12]}"


def settle_evidence(db: Connection, posts: str, values: Sequence[object]) -> None:
    """Keep what became of posts before the outbox forgets them.

    Args:
        db: In a transaction.
        posts: What is true of their rows there.
        values: For the `?` in it.
    """
    db.execute(
        f"UPDATE evidence SET fate = ({posts_of(db)}) WHERE post IN "
        f"(SELECT evidence FROM outbox WHERE evidence IS NOT NULL AND {posts})",
        list(values),
    )


def _shown(row: dict[str, Any]) -> Shown:
    return Shown(
        datetime.fromisoformat(row["at"]),
        datetime.fromisoformat(row["real_at"]),
        row["platform"],
        row["workspace"],
        row["channel"],
        row["kind"],
        row["target"],
        tuple((row["places"] or "").split()),
        row["version"],
        row["file"] or "",
        row["source"] or "",
        row["text"],
        row["matcher"] or "",
        _fate(row["states"] or row["fate"] or ""),
        row["times"],
        datetime.fromisoformat(row["last_at"]),
    )


def _fate(states: str) -> Fate:
    """Of a reply by the states of its posts."""
    became = set(states.split(","))
    if states == "at once":
        return "at once"
    if became & {"ready", "sending"}:
        return "waiting"
    return "partly" if len(became) > 1 else _FATES.get(states, "unknown")
