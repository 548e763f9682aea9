"""Who may use the desk's pages: people, their one-time links, their sessions.

Links and sessions are kept as hashes alone: who reads the file cannot sign in with what it holds.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.errors import BotError, NotFoundError, one_line
from bot.store.connection import Connection, File, first, instant
from bot.store.journal import note

LINK_LASTS = timedelta(days=1)
SESSION_LASTS = timedelta(days=14)
_LONGEST_NAME = 40  # characters; it stands on every page
_TOKEN_BYTES = 32  # nobody guesses 256 bits


class LinkError(BotError):
    """A one-time link that lets nobody in."""

    def __init__(self, why: Literal["unknown", "used", "expired"]) -> None:
        self.why = why
        super().__init__(f"登录链接无效：{why}")


@dataclass(frozen=True)
class DeskUser:
    """Somebody who may use the desk."""

    name: str
    added_by: str
    added_at: datetime
    links: int  # that wait to be used
    sessions: int  # that are open
    last_signed_in: datetime | None


class Access(File):
    """People by name, for `irbot desk` and the desk's pages. Instants are the real clock's."""

    def invite(self, name: str, who: str, at: datetime) -> str:
        """Let somebody sign in once with a link; a person who is known, once more.

        Returns:
            The link's token, which is kept nowhere.

        Raises:
            BotError: The name cannot be one.
        """
        name = _name(name)
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self.database.transaction() as db:
            db.execute(
                "INSERT INTO desk_users (name, added_by, added_at) VALUES (?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                [name, who, instant(at)],
            )
            db.execute(
                "INSERT INTO desk_links (token_hash, name, expires_at) VALUES (?, ?, ?)",
                [_hash(token), name, instant(at + LINK_LASTS)],
            )
            note(db, who, "desk invite", name)
        return token

    def link_of(self, token: str, at: datetime) -> str:
        """Whose link it is; it stays unused.

        Raises:
            LinkError: It is nobody's, was used or has expired.
        """
        return _link_of(self._db(), token, at)

    def sign_in(self, token: str, at: datetime) -> str:
        """Use a link up; returns the token of the session that it opens.

        Raises:
            LinkError: As `link_of`. Nothing is changed.
        """
        session = secrets.token_urlsafe(_TOKEN_BYTES)
        with self.database.transaction() as db:
            name = _link_of(db, token, at)
            db.execute(
                "UPDATE desk_links SET used_at = ? WHERE token_hash = ?",
                [instant(at), _hash(token)],
            )
            db.execute("DELETE FROM desk_sessions WHERE expires_at <= ?", [instant(at)])
            db.execute(
                "INSERT INTO desk_sessions (token_hash, name, opened_at, expires_at) "
                "VALUES (?, ?, ?, ?)",
                [_hash(session), name, instant(at), instant(at + SESSION_LASTS)],
            )
            note(db, name, "desk sign-in", name)
        return session

    def signed_in(self, session: str, at: datetime) -> str | None:
        """Whose open session it is, if anybody's."""
        row = first(
            self._db(),
            "SELECT name FROM desk_sessions WHERE token_hash = ? AND expires_at > ?",
            _hash(session),
            instant(at),
        )
        return row["name"] if row else None

    def sign_out(self, name: str, session: str | None = None) -> None:
        """End a session of somebody's; all of them where none is named."""
        with self.database.transaction() as db:
            ended = db.execute(
                "DELETE FROM desk_sessions WHERE name = ? "
                "AND (CAST(? AS TEXT) IS NULL OR token_hash = ?)",
                [name, session, session and _hash(session)],
            )
            if ended.rowcount:
                note(db, name, "desk sign-out", name, sessions=ended.rowcount)

    def remove_user(self, name: str, who: str) -> None:
        """Let somebody in no more: what is open ends, and links are dead.

        Raises:
            NotFoundError: There is no such user.
        """
        with self.database.transaction() as db:
            if not first(db, "SELECT 1 FROM desk_users WHERE name = ?", name):
                raise NotFoundError(f"名为 {one_line(name)} 的工作台用户", "irbot desk users 查看")
            for table in ("desk_sessions", "desk_links", "desk_users"):
                db.execute(f"DELETE FROM {table} WHERE name = ?", [name])
            note(db, who, "desk remove", name)

    def users(self, at: datetime) -> Iterator[DeskUser]:
        """Everybody who may use the desk, by name."""
        rows = self._db().query(
            "SELECT u.*, "
            "(SELECT count(*) FROM desk_links l WHERE l.name = u.name AND l.used_at IS NULL "
            "AND l.expires_at > :at) AS links, "
            "(SELECT count(*) FROM desk_sessions s WHERE s.name = u.name AND s.expires_at > :at) "
            "AS sessions, "
            "(SELECT max(used_at) FROM desk_links l WHERE l.name = u.name) AS last_signed_in "
            "FROM desk_users u ORDER BY u.name",
            {"at": instant(at)},
        )
        for row in rows:
            last = row["last_signed_in"]
            yield DeskUser(
                row["name"],
                row["added_by"],
                datetime.fromisoformat(row["added_at"]),
                row["links"],
                row["sessions"],
                datetime.fromisoformat(last) if last else None,
            )


def shut(db: Connection) -> None:
    """End every session and every link that is not used, in a transaction.

    What a backup holds of them may have been used, ended or taken from its user since.
    """
    db.execute("DELETE FROM desk_sessions")
    db.execute("DELETE FROM desk_links WHERE used_at IS NULL")


def _name(typed: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > _LONGEST_NAME or one_line(name) != name:
        raise BotError(f"名字应为 1 到 {_LONGEST_NAME} 个可见字符：{one_line(typed[:80])}")
    return name


def _link_of(db: Connection, token: str, at: datetime) -> str:
    row = first(db, "SELECT * FROM desk_links WHERE token_hash = ?", _hash(token))
    if row is None:
        raise LinkError("unknown")
    if row["used_at"]:
        raise LinkError("used")
    if row["expires_at"] <= instant(at):
        raise LinkError("expired")
    return str(row["name"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
