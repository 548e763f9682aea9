"""What PostgreSQL and its library say, told to whoever runs the bot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors, pq

from bot.errors import EngineAwayError, StoreError, one_line
from bot.postgres_url import PostgresUrl


def refused(place: PostgresUrl, error: psycopg.Error) -> StoreError:
    """Why there is no connection."""
    said, told = str(error), _told(place, str(error))
    if "password" in said or "authentication" in said or "no pg_hba.conf entry" in said:
        return StoreError(
            f"数据库 {place} 不接受这个用户或密码；请检查 IR_DB 和服务器的 pg_hba.conf"
        )
    if "permission denied" in said:
        return StoreError(_no_rights(place, told))
    if "does not exist" in said:
        return StoreError(f"数据库 {place}：没有这个数据库或用户（{told}）；请先建好，再检查 IR_DB")
    if "read-only" in said or "hot standby" in said:
        return EngineAwayError(
            f"数据库 {place} 只能读（是备库，或设了 default_transaction_read_only）；"
            "请把 IR_DB 指向主库，或写上几台主机"
        )
    if "too many" in said or "connection slots" in said:  # all, or but those of administrators
        return EngineAwayError(f"数据库 {place} 的连接数已满；请调大 max_connections")
    if isinstance(error, errors.ProgrammingError):
        return StoreError(f"数据库 {place} 的地址写得不对（{told}）；请检查 IR_DB")
    return EngineAwayError(away(place, told))


def away(place: PostgresUrl, why: str = "") -> str:
    """Says that the server cannot be reached."""
    return f"连不上数据库 {place}{f'（{why}）' if why else ''}；请检查服务器和网络"


def _no_rights(place: PostgresUrl, said: str) -> str:
    return f"数据库 {place} 没有给这个用户足够的权限（{said}）；请检查 IR_DB 和权限"


def _told(place: PostgresUrl, said: str) -> str:
    """What the server or its library said, in one line and without the password: of each host
    that was tried why it failed, else the first line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or [""]
    hosts = [line.rpartition(" failed: ")[2] for line in lines if " failed: " in line]
    return place.without_secrets(one_line("; ".join(dict.fromkeys(hosts or lines[:1]))))


def is_lost(pg: psycopg.Connection[Any], error: psycopg.Error) -> bool:
    """Whether the connection is at an end, or is to one that takes no writes any more."""
    gone = (
        errors.AdminShutdown,
        errors.CrashShutdown,
        errors.CannotConnectNow,
        errors.ReadOnlySqlTransaction,  # it was the primary
    )
    return pg.closed or pg.pgconn.status != pq.ConnStatus.OK or isinstance(error, gone)


@contextmanager
def telling(place: PostgresUrl) -> Iterator[None]:
    """What PostgreSQL raises within, told as an error of this database.

    Raises:
        StoreError: What it means for the operator, and what to do.
    """
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(why(place, error)) from error


def why(place: PostgresUrl, error: psycopg.Error) -> str:
    """What an error of PostgreSQL means for the operator, and what to do."""
    # What is wrong with a value says the value, too, which may be a person's words.
    is_value = isinstance(error, errors.DataError)
    said = (
        type(error).__name__ if is_value else _told(place, error.diag.message_primary or str(error))
    )
    if isinstance(error, errors.DiskFull):
        return f"磁盘已满，无法写入 {place}；请腾出空间后再试"
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return f"数据库 {place} 正被其他程序长时间占用；请稍后再试"
    if isinstance(error, errors.InsufficientPrivilege):
        return _no_rights(place, said)
    return f"数据库 {place} 无法使用（{said}）；请查看服务器的日志"
