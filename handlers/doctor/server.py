"""A server of PostgreSQL: that irbot may do there what it needs, and has room."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks import Finding
from bot.postgres_url import PostgresUrl
from bot.store.server import Server, look

_SKEW_S = 2.0  # leases go by the server's clock alone, what is shown of times by this machine's
_FEW_FREE = 10  # connections: about as many as a replica uses


def checks(url: PostgresUrl) -> Iterator[Finding]:
    """What the server says of itself.

    Raises:
        StoreError: It cannot be used; says why.
    """
    server = look(url)
    said = f"PostgreSQL {server.version}，编码 {server.encoding}，可写（主库）"
    yield Finding("数据库服务器", True, said)
    yield _rights(server)
    yield _clock(server)
    yield _connections(server)
    yield Finding("副本", True, f"{server.replicas} 个 irbot serve 在运行")


def _rights(server: Server) -> Finding:
    what = "数据库权限"
    if server.closed:
        said = f"不能读写 {len(server.closed)} 张表：{'、'.join(server.closed[:3])}"
        return Finding(what, False, said, "让 irbot 的用户成为这些表的所有者：REASSIGN OWNED")
    if not server.may_create:
        todo = "让 irbot 的用户成为数据库的所有者：ALTER DATABASE 名字 OWNER TO 用户"
        return Finding(what, False, "不能建表，首次启动和升级时需要", todo)
    return Finding(what, True, "可读写，可建表")


def _clock(server: Server) -> Finding:
    what = "数据库时钟"
    if abs(server.skew_s) > _SKEW_S:
        way = "快" if server.skew_s > 0 else "慢"
        said = f"本机时钟比数据库{way} {abs(server.skew_s):.0f} 秒"
        return Finding(what, False, said, "校准各台机器的时间（NTP）")
    return Finding(what, True, "与本机一致")


def _connections(server: Server) -> Finding:
    what, free = "数据库连接", max(0, server.most - server.open)
    said = f"共 {server.most} 个，空闲 {free} 个"
    if free < _FEW_FREE:
        return Finding(what, None, said, "调大 max_connections，或减少副本")
    return Finding(what, True, said)
