"""Values as SQLite's drivers give and take them: yes and no as 1 and 0, sums as whole numbers."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.types.numeric import NumericBinaryLoader, NumericLoader
from psycopg.types.string import StrDumperUnknown

_NUL = "\N{REPLACEMENT CHARACTER}"  # PostgreSQL has no texts with a NUL character


def adapt(pg: psycopg.Connection[Any]) -> None:
    """Let a connection give and take them so."""
    for kind in (bool, "numpy.bool_", "numpy.bool"):
        pg.adapters.register_dumper(kind, _Yes)
    pg.adapters.register_dumper(str, _Text)
    for name, loader in (
        ("bool", _YesLoader),
        ("bool", _YesBinaryLoader),
        ("numeric", _SumLoader),
        ("numeric", _SumBinaryLoader),
    ):
        pg.adapters.register_loader(name, loader)


class _Yes(Dumper):
    """Yes and no as SQLite has them."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: Any) -> Buffer:
        return b"1" if obj else b"0"


class _Text(StrDumperUnknown):
    """A text whose type what stands around it says."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", _NUL) if "\0" in obj else obj)


class _YesLoader(Loader):
    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"t")


class _YesBinaryLoader(Loader):
    format = pq.Format.BINARY

    def load(self, data: Buffer) -> int:
        return int(bytes(data) == b"\x01")


def _plain(found: Any) -> int | float:
    """A sum of whole numbers is one."""
    return int(found) if found == found.to_integral_value() else float(found)


class _SumLoader(NumericLoader):
    def load(self, data: Buffer) -> Any:
        return _plain(super().load(data))


class _SumBinaryLoader(NumericBinaryLoader):
    def load(self, data: Buffer) -> Any:
        return _plain(super().load(data))
