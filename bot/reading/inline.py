"""Markdown's marks inside a paragraph → words and tags, as CommonMark pairs them.

Only pairs are marks. What differs from CommonMark, for words must not be lost:

- next to Chinese text punctuation keeps no mark from opening or closing: `**1、如何？**您好`;
- a run is a mark as a whole or not at all: `***` between `**` and `**` is words;
- a star between figures is a sign: `2*3*4`;
- a tag is one with its partner: `A<B>C` are words, and so is `<https://a.cn>`.

Source: https://spec.commonmark.org/0.31.2/#delimiter-run and the rules below it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from bot.reading.tags import HIDING, Hidden, Tag, Token, Words, tag_at, undone

_SPECIAL = re.compile(r"[\\`*_~&<!\[]")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_REFERENCE = re.compile(r"&[#A-Za-z][0-9A-Za-z]{1,31};")
_LINK = re.compile(
    r"(!?)\[([^\[\]\n]{0,500})\]\(\s*<?([^\s()<>]{0,2000})>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)"
)
_RUN = re.compile(r"\*+|_+|~+|`+")
_TRIES = 8  # at pairing, runs that would be torn left out
_NEAR = 300  # runs without a partner that are tried for one
_FAR = 2000  # characters between a tag and its partner
_ALONE = ("br", "hr", "img", "wbr", "input")
_TAG_OF = {1: "em", 2: "b", -2: "s"}


@dataclass
class _Run:
    """A run of one mark."""

    at: int  # of the token that it is
    char: str
    whole: int
    opens: bool
    closes: bool
    count: int  # of it without a partner so far


def inline(text: str) -> Iterator[Token]:
    """Tokens of one paragraph; line feeds stay."""
    found, runs = _scanned(text)
    before, after = _paired(runs)
    left = {run.at: run for run in runs}
    for at, token in enumerate(found):
        yield from before.get(at, [])
        run = left.get(at)
        if run is None:
            yield token
        elif run.count:
            yield Words(run.char * run.count)
        yield from after.get(at, [])


def _scanned(text: str) -> tuple[list[Token], list[_Run]]:
    found: list[Token] = []
    runs: list[_Run] = []
    at = begin = 0
    while special := _SPECIAL.search(text, at):
        at = special.start()
        if text[at] in "*_~":
            run = _RUN.match(text, at)
            assert run is not None
            end = run.end()
            found.append(Words(text[begin:at]))
            if text[at] != "~" or end - at == 2:
                runs.append(_run(text, at, end, len(found)))
            found.append(Words(text[at:end]))
        else:
            taken = _taken(text, at)
            if taken is None:
                at += 1
                continue
            tokens, end = taken
            found += [Words(text[begin:at]), *tokens]
        at = begin = end
    found.append(Words(text[begin:]))
    return found, runs


def _taken(text: str, at: int) -> tuple[list[Token], int] | None:
    """What begins at a mark that is no star: its tokens, and where it ends."""
    if match := _ESCAPE.match(text, at):
        return [Words(match[1])], match.end()
    if text[at] == "`":
        return _code(text, at)
    if match := _REFERENCE.match(text, at):
        return [Words(undone(match[0]))], match.end()
    if match := _LINK.match(text, at):
        if match[1]:
            return [Tag("img", False, {"alt": match[2], "src": match[3]})], match.end()
        link = Tag("a", False, {"href": match[3]})
        return [link, *inline(match[2])], match.end()
    if text[at] != "<":
        return None
    if text.startswith("<!--", at):
        end = text.find("-->", at)
        return None if end < 0 else ([Hidden("comment", text[at + 4 : end])], end + 3)
    found = tag_at(text, at)
    if found is None:
        return None
    tag, end = found
    if tag.name in _ALONE:
        return [tag], end
    if tag.closing:
        opened = re.search(rf"<{tag.name}\b", text[max(0, at - _FAR) : at], re.I)
        return ([tag], end) if opened else None
    close = re.compile(rf"</{tag.name}\s*>", re.I).search(text, end, end + _FAR)
    if close is None:
        return None
    if tag.name in HIDING:
        return [Hidden(tag.name, text[end : close.start()])], close.end()
    return [tag], end


def _code(text: str, at: int) -> tuple[list[Token], int]:
    run = _RUN.match(text, at)
    assert run is not None
    mark = run[0]
    close = re.compile(rf"(?<!`){mark}(?!`)").search(text, run.end())
    if close is None:
        return [Words(mark)], run.end()
    inside = text[run.end() : close.start()]
    if inside.strip() and inside[0] == inside[-1] == " ":
        inside = inside[1:-1]
    return [Words(inside)], close.end()


def _run(text: str, at: int, end: int, token: int) -> _Run:
    before, after = text[at - 1 : at], text[end : end + 1]
    char, count = text[at], end - at
    chinese = _is_chinese(before) or _is_chinese(after)
    left = bool(after.strip()) and (
        not _is_punctuation(after) or not before.strip() or _is_punctuation(before) or chinese
    )
    right = bool(before.strip()) and (
        not _is_punctuation(before) or not after.strip() or _is_punctuation(after) or chinese
    )
    if char == "_":
        left, right = (
            left and (not right or _is_punctuation(before)),
            right and (not left or _is_punctuation(after)),
        )
    if char != "~" and before.isdecimal() and after.isdecimal():
        left = right = False
    return _Run(token, char, count, left, right, count)


def _paired(runs: list[_Run]) -> tuple[dict[int, list[Token]], dict[int, list[Token]]]:
    """The tags before and after each run. One that would be torn is words: `***` in `**…**`."""
    marks = runs
    for _ in range(_TRIES):
        before: dict[int, list[Token]] = {}
        after: dict[int, list[Token]] = {}
        for run in runs:
            run.count = run.whole
        _pair(marks, before, after)
        if not any(0 < run.count < run.whole for run in marks):
            return before, after
        marks = [run for run in marks if not 0 < run.count < run.whole]
    for run in runs:
        run.count = run.whole
    return {}, {}


def _pair(runs: list[_Run], before: dict[int, list[Token]], after: dict[int, list[Token]]) -> None:
    waiting: list[_Run] = []
    for run in runs:
        while run.closes and run.count:
            opener = next((one for one in reversed(waiting[-_NEAR:]) if _fits(one, run)), None)
            if opener is None:
                break
            del waiting[waiting.index(opener) + 1 :]
            width = 2 if opener.count >= 2 and run.count >= 2 else 1
            name = _TAG_OF[-2 if run.char == "~" else width]
            after.setdefault(opener.at, []).insert(0, Tag(name))
            before.setdefault(run.at, []).append(Tag(name, closing=True))
            opener.count -= width
            run.count -= width
            if not opener.count:
                waiting.remove(opener)
        if run.opens and run.count:
            waiting.append(run)


def _fits(opener: _Run, closer: _Run) -> bool:
    if opener.char != closer.char:
        return False
    both = (opener.opens and opener.closes) or (closer.opens and closer.closes)
    third = (opener.whole + closer.whole) % 3 == 0 and (opener.whole % 3 or closer.whole % 3)
    return not (both and third)


def _is_punctuation(char: str) -> bool:
    return bool(char) and unicodedata.category(char)[0] in "PS"


def _is_chinese(char: str) -> bool:
    return bool(char) and unicodedata.east_asian_width(char) in "WF"
