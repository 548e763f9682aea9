"""HTML → paragraphs and cells.

Tags vanish and character references are undone; every other character stays. What a reader of the
page sees otherwise than the words alone say it (struck out, raised, hidden, not closed) is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from bot.errors import Problem
from bot.reading.blocks import Paragraph, lines_of, unseen_ends
from bot.reading.lines import LINE_BREAKS, Source, squashed, trimmed
from bot.reading.pages import PageMarkers
from bot.reading.tags import (
    ELEMENTS,
    Hidden,
    Tag,
    Token,
    Words,
    odd_references,
    tokens,
    undone,
)

_BLOCKS = tuple(
    """
    address article aside blockquote body br caption center dd details dialog div dl dt
    fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hr legend li
    main menu nav ol option p pre section summary table tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905
)
_BREAKS = re.compile(f"[{LINE_BREAKS}]")
_BREAKS_OR_FEED = re.compile(f"[\n{LINE_BREAKS}]")
_STRUCK = ("s", "strike", "del")
_RAISED = ("sup", "sub")
_NAMED = 40  # characters of words that are named


@dataclass
class Notes:
    """What a person should look at: doubts refuse the file, remarks warn."""

    doubts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)  # words of each above a page's own words

    def problems(self) -> tuple[Problem, ...]:
        return tuple(Problem(what) for what in dict.fromkeys(self.doubts))

    def warnings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.remarks))

    def facts(self) -> tuple[str, ...]:
        if not self.scripts:
            return ()
        words = " ".join(self.scripts)[:_NAMED]
        return (f"网页开头有{len(self.scripts)}段脚本，未收录：“{words}”",)

    def hidden(self, token: Hidden) -> None:
        if not token.ended:
            what = "注释" if token.kind == "comment" else f"<{token.kind}>"
            self.doubts.append(f"{what}没有结束标记，后面的文字可能本不显示；请核对原件")
        elif words := _words(token):
            kinds = {"comment": "注释", "title": "<title>", "template": "<template>"}
            what = kinds.get(token.kind, "脚本、样式")
            self.remarks.append(f"{what}里的文字不显示，未收录：“{words[:_NAMED]}”")

    def unseen(self, count: int) -> None:
        if count:
            self.remarks.append(f"段落首尾有 {count} 个不可见字符，未收录")

    def references(self, text: str) -> None:
        if odd := list(dict.fromkeys(odd_references(text))):
            self.remarks.append(f"文中有不规范的字符引用，请核对：{'、'.join(odd[:5])}")


def _words(token: Hidden) -> str:
    """Words of a comment; of a script or style any."""
    text = " ".join(token.text.split())
    if token.kind == "comment" and not re.search(r"[\u4e00-\u9fff]", text):
        return ""
    return text


@dataclass
class _Place:
    row: int = 0
    cell: int = 0


class Paragraphs:
    """Takes tokens, gives paragraphs, each with its place in the outermost table.

    Args:
        notes: Where what a person should look at is written down.
        by_line: A line feed begins a line, as in <pre>; so does <br>.
    """

    def __init__(self, notes: Notes, *, by_line: bool = False) -> None:
        self._notes = notes
        self._by_line = by_line
        self._done = [Paragraph()]
        self._open: dict[str, int] = dict.fromkeys(("b", "pre", "struck", "raised", "table"), 0)
        self.page = 1
        self._rows = 0
        self._place = _Place()
        self._first = 0  # paragraph of the outermost table
        self._struck = ""
        self._raised: str | None = None  # words of the <sup> or <sub> just read
        self._above = ""  # words right before it
        self._in_head = False

    def take(self, given: Iterable[Token]) -> None:
        for token in given:
            if isinstance(token, Words):
                self._say(token.text)
            elif isinstance(token, Hidden):
                self._hide(token)
            elif token.closing:
                self._end(token.name)
            else:
                self._start(token)

    def finished(self) -> list[Paragraph]:
        self._end_struck()
        for item in self._done:
            item.text = _one_line(item.text)
        return [item for item in self._done if trimmed(item.text)]

    def mark_page(self, written: str) -> None:
        """A page ends here; what says so is put aside."""
        self.begin()
        self._done[-1].text, self._done[-1].aside = written, "page marker"
        self.page += 1
        self.begin()

    def _hide(self, token: Hidden) -> None:
        if token.kind == "comment" and PageMarkers.is_comment(token.text):
            self.mark_page(f"<!--{token.text}-->")
        elif self._by_line or not token.ended or any(item.text.strip() for item in self._done):
            # What stands above the first word of a page is its own head.
            self._notes.hidden(token)
        elif token.kind == "script":
            self._notes.scripts.append(_words(token))

    def _start(self, tag: Tag) -> None:
        name = tag.name
        self._enter(name)
        if "line-through" in (tag.given.get("style") or ""):
            self._notes.doubts.append("有删除线样式的文字，不知是否作数；请用原 PDF 或删改后导入")
        if name in _BLOCKS:
            self._in_head = False
            self.begin()
        if name in ("b", "strong"):
            self._open["b"] += 1
        elif name == "pre":
            self._open["pre"] += 1
        elif name == "head":
            self._in_head = not any(item.text.strip() for item in self._done)
        elif name in _STRUCK:
            self._open["struck"] += 1
        elif name in _RAISED:
            self._open["raised"] += 1
            self._raised, self._above = "", self._done[-1].text[-6:]
        elif name == "input" and tag.given.get("type") == "checkbox":
            self.begin(ticked="checked" in tag.given)
        elif name == "img":
            self._image(tag)
        elif name == "a" and tag.given.get("href"):
            self._done[-1].links += (tag.given["href"] or "",)
            if self._by_line:
                self._notes.remarks.append(f"链接的地址未收录：{tag.given['href']}")

    def _end(self, name: str) -> None:
        kind = "b" if name == "strong" else "struck" if name in _STRUCK else name
        kind = "raised" if name in _RAISED else kind
        if name in _BLOCKS:
            self.begin()
        if name == "head":
            self._in_head = False
        if kind in self._open:
            self._open[kind] = max(0, self._open[kind] - 1)
        if kind == "struck" and not self._open["struck"]:
            self._end_struck()
        if name == "table" and not self._open["table"]:
            self._end_table()

    def _say(self, text: str) -> None:
        if self._in_head and not text.strip():
            return
        breaks = _BREAKS
        if (self._by_line or self._open["pre"]) and not self._place.row:
            breaks = _BREAKS_OR_FEED
        if breaks.search(text):
            first, *rest = breaks.split(text)
            self._say(first)
            for line in rest:
                self.begin(block=not self._by_line)
                self._say(line)
            return
        if self._open["struck"]:
            self._struck += text
        if self._raised is not None:
            self._raise(text)
        self._done[-1].text += text
        self._done[-1].plain += len(squashed(text)) if not self._open["b"] else 0

    def _raise(self, text: str) -> None:
        """Words in <sup> or <sub>, or the first ones behind it."""
        if self._open["raised"]:
            self._raised = (self._raised or "") + text
            return
        before, raised = self._above, self._raised or ""
        self._raised = None
        if not squashed(raised):
            return
        joined = (before[-1:].isdigit() and raised[0].isdigit()) or (
            raised[-1].isdigit() and text[:1].isdigit()
        )
        words = f"“{before}{raised}{text[:8]}”中的“{raised[:_NAMED]}”是上标或下标"
        if joined:
            self._notes.doubts.append(f"{words}，与数字相连会读错，请用原 PDF")
        else:
            self._notes.remarks.append(f"{words}，按正文收录，请核对")

    def _end_struck(self) -> None:
        if squashed(self._struck):
            words = " ".join(self._struck.split())[:_NAMED]
            self._notes.doubts.append(f"“{words}”有删除线，不知是否作数；请用原 PDF 或删改后导入")
        self._struck = ""
        if not self._open["raised"]:
            self._raise("")

    def _image(self, tag: Tag) -> None:
        self._notes.remarks.append(
            f"有图片未收录：{(tag.given.get('alt') or tag.given.get('src') or '')[:_NAMED]}"
        )

    def begin(self, ticked: bool | None = None, *, block: bool = True) -> None:
        """A paragraph begins, or a line of one."""
        if not self._open["raised"]:
            self._raise("")
        at = self._place
        inner = self._open["table"] > 1
        self._done.append(
            Paragraph("", 0, block, ticked, (), at.row, at.cell, page=self.page, inner=inner)
        )

    def _enter(self, name: str) -> None:
        """Follow the outermost table; tables inside a cell are that cell's words."""
        if name == "table":
            self._open["table"] += 1
            if self._open["table"] == 1:
                self._first = len(self._done)
        elif self._open["table"] <= 1 and name == "tr":
            self._rows += 1
            self._place = _Place(self._rows)
        elif self._open["table"] <= 1 and name in ("td", "th") and self._place.row:
            self._place = replace(self._place, cell=self._place.cell + 1)

    def _end_table(self) -> None:
        self._place = _Place()
        items = self._done[self._first :]
        width = max((item.cell for item in items), default=0)
        for item in items:
            item.width = width
        self.begin()


def html_source(text: str) -> Source:
    """Take an HTML document apart."""
    notes = Notes()
    notes.references(text)
    parser = Paragraphs(notes)
    parser.take(tokens(text))
    found = parser.finished()
    _mark_pages(found)
    notes.unseen(unseen_ends(found))
    lines = lines_of(found)
    aside = sum(len(squashed(line.text)) for line in lines if line.text.startswith("<!--"))
    return Source(
        tuple(lines),
        count_of(text) - unseen_ends(found) + aside,
        copied=True,
        wrapped=False,
        remarks=notes.warnings(),
        doubts=notes.problems(),
        notes=notes.facts(),
    )


def _mark_pages(found: list[Paragraph]) -> None:
    """Put pages' anchors aside: pdfminer writes `1833.84Page 3` where a page begins."""
    markers = PageMarkers([item.text for item in found])
    pages = 0
    for item in found:
        if not item.row and markers.number(item.text) is not None:
            item.aside = "page marker"
            pages += 1
        item.page += max(0, pages - 1)


_NAMES = "|".join(sorted(ELEMENTS, key=len, reverse=True))
_LOOKS_LIKE_A_TAG = re.compile(
    rf"</?(?:(?:{_NAMES})|(?:o|v|w|m|st1|x):\w+)(?:\s[^<>]*=[^<>]*|\s+(?:checked|nowrap|hidden))?\s*/?>",
    re.I,
)
_LOOKS_DECLARED = re.compile(r"<!doctype[^<>]*>|<\?xml[^<>]*\?>|<!\[(?:if|endif)[^<>]*\]>", re.I)
_LOOKS_HIDDEN = re.compile(r"<!--|<(script|style|title|template)\b[^<>]*>", re.I)


def count_of(text: str) -> int:
    """Characters of the words, counted by taking off whatever looks like a tag."""
    shown = _LOOKS_DECLARED.sub("", "".join(_outside(text)))
    return len(squashed(undone(_LOOKS_LIKE_A_TAG.sub("", shown))))


def _outside(text: str) -> Iterator[str]:
    """The text without what is hidden."""
    lower = text.lower()
    at = 0
    unclosed: set[str] = set()
    for match in _LOOKS_HIDDEN.finditer(text):
        end = "-->" if match[0] == "<!--" else f"</{match[1].lower()}"
        if match.start() < at:
            continue
        close = -1 if end in unclosed else lower.find(end, match.end())
        yield text[at : match.start()]
        at = match.end() if close < 0 else text.find(">", close) + 1
        if close < 0:
            unclosed.add(end)
    yield text[at:]


def _one_line(text: str) -> str:
    """A line break in HTML is layout: it vanishes, or is a space between Latin letters."""
    pieces = [piece.strip(" \t\r") for piece in text.split("\n")]
    joined = pieces[0] if pieces else ""
    for piece in pieces[1:]:
        if (
            joined
            and piece
            and re.match(r"[0-9A-Za-z]", piece)
            and joined[-1].isalnum()
            and joined[-1].isascii()
        ):
            joined += " "
        joined += piece
    return joined
