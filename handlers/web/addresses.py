"""What stands in an address: a page's number, a place in a record, a file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from flask import abort, request

from bot.wording.links import question_path, record_path

Item = TypeVar("Item")


def paged(items: Sequence[Item], size: int) -> tuple[Sequence[Item], int, int]:
    """Those of the page that is asked for (`?page=`), its number from 1, and how many there are."""
    pages = max(1, -(-len(items) // size))
    asked = request.args.get("page", "1")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9 and 1 <= int(asked) <= pages):
        abort(404)
    page = int(asked)
    return items[(page - 1) * size : page * size], page, pages


def path_of(full_id: str) -> str:
    """Where a quoted question, the part of one or a paragraph stands in its record."""
    record_id, _, place = full_id.partition("#")
    number = place.partition(".")[0]
    return question_path(record_id, int(number)) if number.isdigit() else record_path(record_id)


def file_name(file: str) -> str:
    """A stored file's own name, whatever folders or system it came from.

    >>> file_name("/data/记录 1.pdf"), file_name("C:\\\\记录\\\\2.pdf"), file_name("../")
    ('记录 1.pdf', '2.pdf', 'source')
    """
    name = re.split(r"[\\/]", file.rstrip("\\/"))[-1]
    return re.sub(r"[\x00-\x1f\x7f]", "", name).strip(". ") or "source"
