"""Words of the field: synonyms, stopwords, metrics, sensitive matters, other companies.

`lexicon.toml` beside this file, and a file of the same name and form beside the database, whose
lines are added; the desk edits it while the bot runs. Everything is compared in the matcher's own
spelling (text.normalise).
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add
from pathlib import Path
from typing import Any

from bot.errors import BotError, reason
from bot.matching.text import normalise
from bot.typed import consists_of

FILE = Path(__file__).with_name("lexicon.toml")
_APART = "apart"
_NESTED = ("same", "metric", "touchy", _APART)
_FLAT = ("function", "particle", "idle", "common", "up", "down", "company")
_FORMS = {True: '[["可转债", "转债"], ["减持", "套现"]]', False: '["公司", "贵司"]'}

# A year or a quarter says when, and of nothing.
_WHEN = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d|\d\d(?=年))(?:年度?)?(?![\d.])|(?:第?[一二三四1-4]|[上下本])个?季度|[上下]半年"
    r"|(?:前|近|过去|最近|未来|这|再?上|再?下)?(?:\d{1,2}|[一二两三四五六七八九十几]{1,3})(?:年|个?月份?|天|周|个|次|点|号|日)(?:[以之]?[内来前后]|里|间)?"
    r"|(?<![a-z])(?:q[1-4]|[1-4]q|h[12]|fy\s?\d\d)(?![a-z0-9])"
)

log = logging.getLogger(__name__)


class Phrases:
    """Finds many phrases in a text; Latin ones only as whole words."""

    def __init__(self, phrases: Mapping[str, int]) -> None:
        """phrases: normalised phrase → the line it stands in."""
        self._line = dict(phrases)
        self._starts: dict[str, list[str]] = {}
        for phrase in phrases:
            self._starts.setdefault(phrase[:2], []).append(phrase)
        self._pairs = frozenset(start for start in self._starts if len(start) == 2)
        self._singles = frozenset(start for start in self._starts if len(start) == 1)
        self._longest = _pattern(phrases)

    def find(self, text: str) -> Iterator[tuple[int, int, int]]:
        """(start, end, line) of each phrase, the longest at each place, inner ones left out."""
        for match in self._longest.finditer(text):
            yield match.start(), match.end(), self._line[match.group()]

    def lines(self, text: str, apart: Collection[tuple[str, int]] = ()) -> set[int]:
        """The lines of every phrase in the text, inner ones too.

        Args:
            text: Normalised.
            apart: Phrases that are none there, with where they begin.
        """
        # Most of a text begins no phrase: sets tell it sooner than a look at each place.
        starts = self._pairs.intersection(map(add, text, text[1:]))
        return {
            self._line[phrase]
            for start in starts | self._singles.intersection(text)
            for phrase in self._starts[start]
            if phrase in text
            and (not phrase.isascii() or _stands_somewhere(text, phrase))
            and not (apart and _only_apart(text, phrase, apart))
        }


def _pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest phrase at a place. First a character that one begins with, which the
    engine looks for fastest, then what may follow it."""
    beginning: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        beginning.setdefault(phrase[0], []).append(phrase)
    ways = []
    for first, own in beginning.items():
        latin = [re.escape(phrase[1:]) for phrase in own if phrase.isascii()]
        # What has both scripts is longer than the Latin words that it begins with.
        others = [re.escape(phrase[1:]) for phrase in own if not phrase.isascii()]
        if latin:
            before = rf"(?<![a-zA-Z0-9]{re.escape(first)})" if _latin(first) else ""
            others.append(rf"{before}(?:{'|'.join(latin)})(?![a-zA-Z0-9])")
        ways.append(f"{re.escape(first)}(?:{'|'.join(others)})")
    return re.compile("|".join(ways) or "(?!)")


def _stands(text: str, at: int, phrase: str) -> bool:
    """Whether a Latin phrase is a word there, not a piece of one."""
    before, after = text[max(at - 1, 0) : at], text[at + len(phrase) : at + len(phrase) + 1]
    return not (_latin(before) and _latin(phrase[0])) and not _latin(after)


def _stands_somewhere(text: str, phrase: str) -> bool:
    return any(_stands(text, at, phrase) for at in _places(text, phrase))


def _only_apart(text: str, phrase: str, apart: Collection[tuple[str, int]]) -> bool:
    return all((phrase, at) in apart for at in _places(text, phrase))


def _places(text: str, phrase: str) -> Iterator[int]:
    """Where a phrase begins, each time."""
    at = text.find(phrase)
    while at >= 0:
        yield at
        at = text.find(phrase, at + 1)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


@dataclass(frozen=True)
class Lexicon:
    """One reading of the word lists."""

    same: tuple[tuple[str, ...], ...]
    metric: tuple[tuple[str, ...], ...]
    touchy: tuple[tuple[str, ...], ...]
    apart: tuple[tuple[str, ...], ...]
    function: tuple[str, ...]
    particle: tuple[str, ...]
    idle: tuple[str, ...]
    common: tuple[str, ...]
    up: tuple[str, ...]
    down: tuple[str, ...]
    company: tuple[str, ...]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # of thousands of words: once
        return hash((self.same, self.metric, self.touchy, self.apart, self.function))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word that somebody may have meant who typed it otherwise; nothing is looked up by
        an idle one."""
        nested = (*self.same, *self.metric, *self.touchy)
        flat = (self.function, self.common, self.up, self.down, self.company)
        return frozenset(word for line in (*nested, *flat) for word in line)

    @cached_property
    def synonyms(self) -> Phrases:
        return _lines(self.same)

    def inner(self, text: str) -> set[tuple[str, int]]:
        """Words of a normalised text that are none there but a piece of a longer one, each with
        where it begins: 股价 in 转股价."""
        found: set[tuple[str, int]] = set()
        for longer, *pieces in self.apart:
            at = text.find(longer)
            while at >= 0:
                found |= {(piece, at + longer.index(piece)) for piece in pieces if piece in longer}
                at = text.find(longer, at + 1)
        return found

    @cached_property
    def metrics(self) -> Phrases:
        return _lines(self.metric)

    @cached_property
    def sensitive(self) -> Phrases:
        return _lines(self.touchy)

    @cached_property
    def stopwords(self) -> Phrases:
        return Phrases(dict.fromkeys(self.function, 0))

    @cached_property
    def _idle_words(self) -> frozenset[str]:
        longer = (word for word in (*self.idle, *self.function) if len(word) > 1)
        return frozenset((*longer, *self.particle))

    def is_idle(self, text: str, names: Iterable[str] = ()) -> bool:
        """Whether a normalised text names no matter: only words of asking, of reporting and of
        when, and these names."""
        if "".join(filter(str.isalnum, text)) in self._alone:
            return True
        if self.metrics.lines(text):  # 股东数量
            return False
        words = self._idle_words.union(names)
        return consists_of(_WHEN.sub(" ", text), words, max(map(len, words)))

    @cached_property
    def _alone(self) -> frozenset[str]:
        return frozenset((*self.idle, *self.function))

    @cached_property
    def generic(self) -> Phrases:
        return Phrases(dict.fromkeys(self.common, 0))

    @cached_property
    def directions(self) -> Phrases:
        return Phrases({**dict.fromkeys(self.up, 1), **dict.fromkeys(self.down, -1)})

    @cached_property
    def companies(self) -> Phrases:
        return Phrases({name: at for at, name in enumerate(self.company)})


def _lines(lines: Iterable[Sequence[str]]) -> Phrases:
    return Phrases({phrase: at for at, line in enumerate(lines) for phrase in line})


class LexiconFile:
    """The lists as their files stand now, read anew when the desk's file was edited.

    A file that cannot be read stops the start. One that became so later is an error in the log, and
    the lists stay as they were: a slip of the pen must not silence a bot that is running.
    """

    def __init__(self, beside: Path) -> None:
        """
        Raises:
            BotError: See `read_lexicon`.
        """
        self.path = beside / FILE.name
        self._seen = _stamp(self.path)
        self._lexicon = read_lexicon(beside)

    def changed(self) -> bool:
        """Whether the file is another one than was read last."""
        return _stamp(self.path) != self._seen

    def read(self) -> Lexicon:
        if self.changed():
            self._seen = _stamp(self.path)
            try:
                self._lexicon = read_lexicon(self.path.parent)
                log.info("lexicon read anew: %s", self.path)
            except BotError as error:
                log.error("lexicon unreadable, the earlier lists stay: %s", error)
        return self._lexicon


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def read_lexicon(beside: Path | None = None) -> Lexicon:
    """The shipped lists, and those of a `lexicon.toml` in the folder `beside`.

    A line of the second file that shares a word with lines that are there joins them.

    Raises:
        BotError: A file is no TOML, or a list has another name or form; it names file and line.
    """
    lists = _read(FILE)
    own = beside / FILE.name if beside else None
    if own and own.exists():
        for name, lines in _read(own).items():
            if name in _FLAT:
                lists[name] += lines
            if name == _APART:  # whose first word is the longer one
                lists[name] += lines
            for line in lines if name in _NESTED and name != _APART else ():
                lists[name] = _joined(lists[name], line)
    return Lexicon(**{name: tuple(lists[name]) for name in (*_NESTED, *_FLAT)})


def _joined(lines: list[Any], added: tuple[str, ...]) -> list[Any]:
    """The lines with another one; those that share a word with it become one with it."""
    kin = [line for line in lines if not set(line).isdisjoint(added)]
    joined = tuple(dict.fromkeys(word for line in (*kin, added) for word in line))
    return [*(line for line in lines if line not in kin), joined]


def _read(path: Path) -> dict[str, list[Any]]:
    """The lists of one file in the matcher's spelling; greetings, which it never sees, left out."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        raise BotError(f"{path} 读不了（{reason(error)}）；请检查文件权限") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise BotError(f"{path} 第{line}行不是 UTF-8；请另存为 UTF-8 编码") from error
    except tomllib.TOMLDecodeError as error:
        raise BotError(f"{path} {_fault(str(error), text)}") from error
    lists: dict[str, list[Any]] = {name: [] for name in (*_NESTED, *_FLAT)}
    for name, lines in content.items():
        if name not in lists:
            known = "、".join(lists)
            raise BotError(f"{path} {_place(text, name)}没有 {name} 这一项；可用的是 {known}")
        nested = name in _NESTED
        form = f"{name} = {_FORMS[nested]}"
        if not isinstance(lines, list):
            raise BotError(f"{path} {_place(text, name)}应写成 {form}")
        for line in lines:
            words = line if nested and isinstance(line, list) else [line]
            odd = next((word for word in words if not _is_word(word)), None)
            if odd is not None or nested != isinstance(line, list):
                found = odd if odd is not None else line
                place = _place(text, name, found)
                raise BotError(f"{path} {place}{name} 里的 {found!r} 不合写法；应写成 {form}")
            plain = tuple(filter(None, map(normalise, words)))
            lists[name] += [plain] if nested and plain else plain
    return lists


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(re.search(r"\w", value))


def _fault(said: str, text: str) -> str:
    """What tomllib found, for a person: `第3行…`."""
    found = re.search(r"at line (\d+)", said)
    line = int(found[1]) if found else text.count("\n") + 1
    if "overwrite" in said:
        return f"第{line}行把同一项写了两次；请合并成一个"
    return f"第{line}行附近不合 TOML 写法；请检查引号、逗号和方括号是否配对"


def _place(text: str, name: str, item: object = None) -> str:
    """`第3行：`, where the list begins or the item stands; empty where it is not to be found."""
    begin = re.search(
        rf"^\s*[\"']?{re.escape(name)}[\"']?\s*=|^\s*\[+\s*{re.escape(name)}", text, re.M
    )
    at = begin.end() if begin else 0
    if item is not None:
        at = max(text.find(str(item), at), at)
    return f"第{text[:at].count(chr(10)) + 1}行：" if begin else ""
