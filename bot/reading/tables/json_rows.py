"""Rows of JSON: an array of objects, wrapped or not, one object a line, or columns beside rows.

`{"results": […]}` (互动易), `{"data": {"fields": […], "items": [[…]]}}` (Tushare), pandas' "split".
Objects of an array are read one after the other, so that a file may be larger than memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import Problem, ReadingError
from bot.reading.tables.columns import Columns, NoRowsError, columns, without_words
from bot.reading.tables.separated import Rows

_CHUNK = 1 << 20  # characters
_LARGEST_OBJECT = 16 << 20  # characters of one object
_SPACE = " \t\r\n"
_OBJECTS = re.compile(r"\[\s*(?=\{)")
_HEADERS = ("fields", "columns")
_ITEMS = ("items", "data", "values")


def json_rows(path: Path, encoding: str, file: str) -> Rows:
    """The rows of a JSON file, counted from 1.

    Raises:
        NoRowsError: It holds no questions with answers.
        ReadingError: No valid JSON; with the place.
    """
    with path.open(encoding=encoding) as opened:
        head = opened.read(_CHUNK)
    if _headers(head):
        yield from _beside_headers(path, encoding, file)
    else:
        yield from _with_columns(_objects(path, encoding, file), file)


def json_line_rows(path: Path, encoding: str, file: str) -> Rows:
    """The rows of a file with one JSON object a line, by their lines.

    Raises:
        NoRowsError: It holds no questions with answers.
        ReadingError: A line that is no JSON object.
    """
    yield from _with_columns(_lines(path, encoding, file), file)


def _lines(path: Path, encoding: str, file: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    with path.open(encoding=encoding) as opened:
        for number, line in enumerate(opened, 1):
            if not line.strip():
                continue
            try:
                item = json.loads(line, object_pairs_hook=_object)
            except ValueError as error:
                raise _broken(file, f"第{number}行", error) from error
            if not isinstance(item, dict):
                raise ReadingError(file, (Problem(f"第{number}行不是 JSON 对象"),))
            yield number, item


def _with_columns(objects: Iterator[tuple[int, Mapping[str, object]]], file: str) -> Rows:
    """Objects whose keys name a question and an answer; others belong to no row of Q&A."""
    known: dict[tuple[str, ...], Columns | None] = {}
    found, odd = False, 0
    for place, item in objects:
        names = tuple(item)
        if names not in known:
            known[names] = columns(names)
        own = known[names]
        if own is not None:
            found = True
            yield place, own, list(item.values())
        elif what := without_words(names):
            raise NoRowsError(what)
        elif unanswered := columns((*names, "answer")):  # left out, key and all
            yield place, unanswered, list(item.values())
        else:
            odd = odd or place
    if not found:
        raise NoRowsError
    if odd:
        raise ReadingError(file, (Problem(f"第{odd}条没有“问题”和“回复”，与其他各条不是一张表"),))


def _objects(path: Path, encoding: str, file: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The objects of the file's first array of objects, or the file's only object."""
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    with path.open(encoding=encoding) as opened:
        text = opened.read(_CHUNK)
        begin = _OBJECTS.search(text)
        if begin is None:
            yield from _single(text + opened.read(), file)
            return
        at, number = begin.end(), 0
        while True:
            if at > _CHUNK:
                text, at = text[at:], 0
            try:
                item, end = decoder.raw_decode(text, at)
            except ValueError as error:
                more = opened.read(_CHUNK)
                if not more or len(text) - at > _LARGEST_OBJECT:
                    raise _broken(file, f"第{number + 1}条", error) from error
                text += more
                continue
            number += 1
            if not isinstance(item, dict):
                raise ReadingError(file, (Problem(f"第{number}条不是 JSON 对象"),))
            yield number, item
            while not (rest := text[end : end + 4096].lstrip(_SPACE)):
                more = opened.read(_CHUNK)
                if not more:
                    raise ReadingError(file, (Problem("JSON 到结尾时清单还没有结束，文件不完整"),))
                text, end = text[end:] + more, 0
            at = end + (len(text[end : end + 4096]) - len(rest))
            if text[at] == "]":
                break
            if text[at] != ",":
                raise _broken(file, f"第{number}条之后", ValueError("应是逗号或 ]"))
            at += 1
            while at < len(text) and text[at] in _SPACE:
                at += 1
        _refuse_another_list(text[at:] + opened.read(), file)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are there once; `-` is what akshare renames to, many times."""
    item = dict(pairs)
    if len(item) < len(pairs):
        names = [name for name, _ in pairs if name != "-"]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"“{twice}”出现了两次")
    return item


def _refuse_another_list(rest: str, file: str) -> None:
    """Behind the rows stands only what a wrapper ends with."""
    if _OBJECTS.search(rest):
        raise ReadingError(
            file, (Problem("JSON 里有不止一张清单，分不清哪一张是问答；请分成几个文件"),)
        )
    if rest.strip()[-1:] not in ("]", "}"):
        raise ReadingError(file, (Problem("JSON 的结尾不完整；请重新导出"),))


def _single(text: str, file: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        whole = json.loads(text, object_pairs_hook=_object)
    except ValueError as error:
        raise _broken(file, "", error) from error
    if isinstance(whole, dict):
        yield 1, whole


def _headers(head: str) -> bool:
    return bool(re.search(rf'"(?:{"|".join(_HEADERS)})"\s*:\s*\[\s*"', head))


def _beside_headers(path: Path, encoding: str, file: str) -> Rows:
    """Rows as arrays, their headers once; of such a size as one answer of an interface has."""
    try:
        table = _table(json.loads(path.read_text(encoding=encoding)))
    except ValueError as error:
        raise _broken(file, "", error) from error
    headers = tuple(map(str, table[0])) if table else ()
    own = columns(headers)
    if table is None or own is None:
        raise NoRowsError(without_words(headers))
    for number, values in enumerate(table[1], 1):
        if not isinstance(values, list):
            raise ReadingError(file, (Problem(f"第{number}条不是数组"),))
        yield number, own, values


def _table(value: Any) -> tuple[list[Any], list[Any]] | None:
    """Headers and rows, wherever in the wrapper they stand."""
    if not isinstance(value, dict):
        return None
    headers = next((value[name] for name in _HEADERS if isinstance(value.get(name), list)), None)
    if headers is not None:
        items = next((value[name] for name in _ITEMS if isinstance(value.get(name), list)), None)
        return (headers, items) if items is not None else None
    return next(filter(None, map(_table, value.values())), None)


def _broken(file: str, where: str, error: ValueError) -> ReadingError:
    return ReadingError(file, (Problem(f"{where}不是合法的 JSON（{error}）；请重新导出"),))
