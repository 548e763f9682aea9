"""Query files: what people type, and which stored questions answer it.

Tab-separated UTF-8, possibly .gz. With a header: columns by name, `query` and `accept` needed,
`kind`, `style` and anything else optional. Without one: query, accept. Accepted ids are separated
by commas or spaces; `-` or nothing means that nothing stored answers the line. In a line of style
`multi`, which asks several things, a comma ends the ids of each of them, and `-` between commas
stands for one that nothing answers.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import BotError, reason
from bot.store import normal_id

_PART = re.compile(r"(#\d+)\.\d+$")
_GROUP_END = re.compile(r"[,，]")
_SEPARATORS = re.compile(r"[,，\s]+")
_SEVERAL = "multi"  # style of a line that asks several things


@dataclass(frozen=True)
class Query:
    """One line of a query file."""

    text: str
    accept: frozenset[str]  # plain ids; empty: out of scope
    kind: str  # "in", or what the file calls an out-of-scope line: "near", "far", else "out"
    style: str = ""  # how it is typed: "keyword", "typo" …
    company: str = ""  # code of the accepted ids; of an out-of-scope line the file's name
    groups: tuple[frozenset[str], ...] = ()  # accepted ids of each thing asked, where told apart

    @property
    def answerable(self) -> tuple[frozenset[str], ...]:
        """The accepted ids of each thing asked that something stored answers."""
        return tuple(group for group in self.groups or (self.accept,) if group)


def read_queries(path: Path) -> list[Query]:
    """The queries of a file, in order.

    Raises:
        BotError: The file cannot be read, or a line has no second column.
    """
    lines = [
        (number, line.rstrip("\r").split("\t"))
        for number, line in enumerate(_text(path).split("\n"), 1)
        if line.strip("\r")
    ]
    header = ["query", "accept"]
    names = [name.strip() for name in lines[0][1]] if lines else []
    if {"query", "accept"} & set(names):
        if not {"query", "accept"} <= set(names):
            raise BotError(f"{path} 第1行：表头须有 query 和 accept 两列，实为 {'、'.join(names)}")
        header, lines = names, lines[1:]
    if not lines:
        raise BotError(f"{path}：没有提问")
    stem = path.name.partition(".")[0]
    queries = []
    for number, line in lines:
        cells = dict(zip(header, line, strict=False))
        if not {"query", "accept"} <= cells.keys():
            raise BotError(f"{path} 第{number}行：应有用制表符分开的 query 和 accept 两列")
        queries.append(_query(cells, stem))
    return queries


def plain_id(id_: str) -> str:
    """The id a ranking is judged by: without part, its number in normal form.

    >>> plain_id("300253/2025-002#24.2"), plain_id("300253/2025-2#24"), plain_id("1953")
    ('300253/2025-2#24', '300253/2025-2#24', '1953')
    """
    if "/" not in id_:
        return id_
    record, hash_, number = _PART.sub(r"\1", id_).partition("#")
    return normal_id(record) + hash_ + number


def _query(cells: dict[str, str], stem: str) -> Query:
    accept, style = cells.get("accept", ""), cells.get("style", "").strip()
    ids, groups = _ids(accept), _GROUP_END.split(accept)
    kind = cells.get("kind", "").strip()
    if ids:
        kind = kind or "in"
    elif kind in ("", "in"):
        kind = "out"
    codes = {id_.partition("/")[0] for id_ in ids if "/" in id_}
    return Query(
        cells["query"],
        ids,
        kind,
        style,
        codes.pop() if len(codes) == 1 else stem,
        tuple(map(_ids, groups)) if style == _SEVERAL and len(groups) > 1 else (),
    )


def _ids(accept: str) -> frozenset[str]:
    return frozenset(plain_id(id_) for id_ in _SEPARATORS.split(accept) if id_ not in ("", "-"))


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except OSError as error:
        raise BotError(f"{path}：无法读取（{reason(error)}）") from error
    except (EOFError, UnicodeDecodeError) as error:
        raise BotError(f"{path}：不是 UTF-8 文本（或压缩包已损坏）") from error
