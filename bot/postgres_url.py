"""Where the database is: a file of SQLite, or one of PostgreSQL, whose password is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

_SCHEME = re.compile("postgres(?:ql)?:", re.IGNORECASE)  # `//` may be what is missing
# As libpq reads it: `@`, `/` and `:` are the address's, so a password has %40, %2F and %3A.
_URL = re.compile(
    r"postgres(?:ql)?://(?:(?P<user>[^:@/?#\s]*)(?::(?P<password>[^@/?#\s]*))?@)?"
    r"(?P<hosts>[^@/?#\s]*)/(?P<name>[^@/?#\s]*)(?:\?(?P<parameters>[^#\s]*))?"
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+(%\w+)?\]|[^:\[\]]*)(?::(?P<port>\d{1,5}))?")
_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")  # a % that encodes nothing
_HIGHEST_PORT = 65535
_TOLD = {  # parameters that hold no secret (PostgreSQL's manual, 34.1.2); of others none is shown
    *("host", "hostaddr", "port", "user", "dbname", "sslmode", "sslrootcert", "connect_timeout"),
    *("target_session_attrs", "load_balance_hosts", "channel_binding"),
}


@dataclass(frozen=True)
class PostgresUrl:
    """A database of PostgreSQL, as libpq reads its address: several hosts, `sslmode` and
    `target_session_attrs` are libpq's business."""

    url: str = field(repr=False)
    folder: Path  # where a replica keeps what is its own: its index, its locks, word lists

    @classmethod
    def parse(cls, text: str, folder: Path) -> PostgresUrl:
        """An address as it was typed.

        Raises:
            ValueError: It is none; says in Chinese what is wrong, and no part of it, since what is
                typed wrongly may be the password.
        """
        found = _URL.fullmatch(text)
        if not found:
            raise ValueError(
                "应为 postgresql://用户:密码@主机:端口/数据库；"
                "用户名和密码里的 @ : / ? # % 要写成 %40 %3A %2F %3F %23 %25，空格写成 %20"
            )
        if _ENCODED.search(text):
            raise ValueError("有不成对的 %；密码里的 % 要写成 %25")
        for host in found["hosts"].split(","):
            read = _HOST.fullmatch(host)
            if not read or (read["port"] and not 0 < int(read["port"]) <= _HIGHEST_PORT):
                raise ValueError("主机应为 主机 或 主机:端口（1–65535），几个之间用逗号")
        for pair in filter(None, (found["parameters"] or "").split("&")):
            if not re.fullmatch(r"\w+=.+", pair, re.ASCII):
                raise ValueError("? 后面应为 名字=值，例如 ?sslmode=require")
        if not found["name"]:
            raise ValueError("没有写数据库名，例如 postgresql://主机/irbot")
        return cls(text, folder)

    @property
    def user(self) -> str:
        """Who connects; empty: whoever runs the program, or what libpq's own variables say."""
        return unquote(self._part("user"))

    @property
    def hosts(self) -> str:
        """`host:port`, several with commas; empty: a socket, or what libpq's own variables say."""
        return self._part("hosts")

    @property
    def name(self) -> str:
        """Of the database."""
        return unquote(self._part("name"))

    def without_secrets(self, said: str) -> str:
        """What a library or a server said, with stars for what this address is not to tell."""
        found = _URL.fullmatch(self.url)
        if not found:
            return said
        pairs = (pair.partition("=") for pair in (found["parameters"] or "").split("&"))
        secrets = [found["password"], *(value for name, _, value in pairs if name not in _TOLD)]
        for secret in sorted(filter(None, secrets), key=len, reverse=True):
            said = said.replace(secret, "***").replace(unquote(secret), "***")
        return said

    def in_schema(self, schema: str) -> PostgresUrl:
        """The same database, seen from a schema of it."""
        place, _, parameters = self.url.partition("?")
        given = [pair for pair in parameters.split("&") if pair]
        own = [pair.partition("=")[2] for pair in given if pair.startswith("options=")]
        rest = [pair for pair in given if not pair.startswith("options=")]
        options = "%20".join([*own, f"-csearch_path%3D{schema}"])
        return replace(self, url=f"{place}?{'&'.join([*rest, f'options={options}'])}")

    def _part(self, name: str) -> str:
        found = _URL.fullmatch(self.url)
        return (found[name] or "") if found else ""

    def __str__(self) -> str:
        user, given = self._part("user"), self._part("parameters").split("&")
        told = "&".join(pair for pair in given if pair.partition("=")[0] in _TOLD)
        place = f"{f'{user}@' if user else ''}{self.hosts}/{self._part('name')}"
        return f"postgresql://{place}{'?' if told else ''}{told}"

    __repr__ = __str__  # a traceback that shows values shows no password


Place = Path | PostgresUrl


def is_postgres_url(text: str) -> bool:
    """Whether a text is meant as one, well-formed or not."""
    return bool(_SCHEME.match(text))


def folder_of(place: Place) -> Path:
    """Where this process keeps what lies beside the database."""
    return place.folder if isinstance(place, PostgresUrl) else place.parent


def beside(place: Place, ending: str) -> Path:
    """A file or folder of this process's own, named after the database."""
    if isinstance(place, PostgresUrl):
        return place.folder / f"{place.name.replace('/', '_')}{ending}"
    return place.with_name(f"{place.name}{ending}")
