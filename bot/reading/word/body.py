"""Paragraphs and tables of a document, in their order → words and tags, as of a page in HTML.

1. Merged cells stand once. A table of one cell that holds tables is a frame, and no table.
2. A paragraph's number is counted and stands before its words.
3. Tracked changes are taken as accepted: a paragraph whose end was deleted goes on in the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.reading.header import CODE, NUMBER, TITLE
from bot.reading.html import Notes
from bot.reading.lines import squashed, trimmed
from bot.reading.tags import Tag, Token, Words
from bot.reading.word.dropped import DELETED, HIDDEN, MERGED, PLACEHOLDER, TWIN, Dropped
from bot.reading.word.numbering import Numbering
from bot.reading.word.runs import ALTERNATIVES, REMOVED, Runs, chosen
from bot.reading.word.styles import W, child, is_on, value

_FOREIGN = (f"{W}altChunk", f"{W}subDoc")
_NO_WORDS = (
    f"{W}pPr",
    f"{W}tblPr",
    f"{W}tblGrid",
    f"{W}trPr",
    f"{W}tcPr",
    f"{W}sectPr",
    f"{W}sdtPr",
)
_LONG = 20  # characters of a text box that may be words of an answer
_NAMED = 40


class Body:
    """Reads one part of a document: its body, a head or a foot, notes."""

    def __init__(self, runs: Runs, numbering: Numbering, notes: Notes, dropped: Dropped) -> None:
        self._runs = runs
        self._numbering = numbering
        self._notes = notes
        self._dropped = dropped
        self._carried: list[Token] = []  # of paragraphs whose end was deleted
        self._tables = 0  # open ones
        self.labels = 0  # letters of numbers that were counted
        self.boxes: list[str] = []  # words of text boxes that stand at no place in the text

    def tokens(self, parent: Any) -> Iterator[Token]:
        """All that stands in an element, in order."""
        yield from self._blocks(parent)
        yield from self._flushed()

    def _blocks(self, parent: Any) -> Iterator[Token]:
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or tag in _NO_WORDS:
                continue
            if tag == f"{W}p":
                yield from self._paragraph(element)
            elif tag == f"{W}tbl":
                yield from self._table(element)
            elif tag in REMOVED:
                self._dropped.take(element, DELETED)
            elif tag in _FOREIGN:
                self._notes.doubts.append(
                    "文件里嵌有另一个文件，其中的文字没有读到；请另存后再导入"
                )
            elif (content := self._through(element)) is not None:
                yield from self._blocks(content)

    def _through(self, element: Any) -> Any:
        """What a wrapper holds; None: nothing that is shown."""
        if element.tag == ALTERNATIVES:
            way, others = chosen(element)
            for other in others:
                self._dropped.take(other, TWIN)
            return way
        if element.tag == f"{W}sdt":
            content = child(element, "sdtContent")
            if content is not None and is_on(child(element, "sdtPr/showingPlcHdr")):
                self._dropped.take(content, PLACEHOLDER)
                return None
            return content
        return element

    def _paragraph(self, paragraph: Any) -> Iterator[Token]:
        inside = self._runs.of(paragraph)
        boxes = self._runs.boxes
        if any(child(paragraph, f"pPr/rPr/{name}") is not None for name in ("del", "moveFrom")):
            self._carried += inside
        else:
            is_hidden = is_on(child(paragraph, "pPr/rPr/vanish")) and not _says(inside)
            label = "" if is_hidden else self._numbering.label(paragraph)
            self.labels += len(squashed(label))
            yield from self._paragraph_of(label, inside)
        for box in boxes:
            yield from self._box(box)

    def _paragraph_of(self, label: str, inside: list[Token]) -> Iterator[Token]:
        inside = [*self._carried, *inside]
        self._carried = []
        yield Tag("p")
        if label:
            bold = inside[:1] == [Tag("b")]
            yield from (Tag("b"),) if bold else ()
            yield Words(label)
            yield from (Tag("b", closing=True),) if bold else ()
        yield from inside
        yield Tag("p", closing=True)

    def _flushed(self) -> Iterator[Token]:
        """What was carried and has no paragraph to go on in."""
        if self._carried:
            yield from self._paragraph_of("", [])

    def _box(self, box: Any) -> Iterator[Token]:
        """A text box: lines of the form's head are that; where others belong nobody can tell."""
        carried, self._carried = self._carried, []
        found = list(self.tokens(box))
        self._carried = carried
        words = trimmed(_says(found))
        if not words:
            return
        if not self._tables and any(pattern.search(text) for pattern, text in _heads(words)):
            yield from found
            return
        self.boxes.append(words)
        told = f"文本框里的文字不知属于哪里，未收录进问答：“{words[:_NAMED]}”"
        if len(words) > _LONG:
            self._notes.doubts.append(f"{told}；请把它移到正文里另存后再导入")
        else:
            self._notes.remarks.append(told)

    def _table(self, table: Any) -> Iterator[Token]:
        rows = [row for row in self._members(table, f"{W}tr") if not self._is_left_out(row)]
        cells = [list(self._members(row, f"{W}tc")) for row in rows]
        if [len(row) for row in cells] == [1] and child(cells[0][0], "tbl") is not None:
            yield from self._blocks(cells[0][0])
            return
        yield from self._flushed()
        self._tables += 1
        yield Tag("table")
        for at, row in enumerate(cells):
            yield Tag("tr")
            for cell in row:
                yield Tag("td")
                if at and _goes_on(cell):
                    self._leave_merged(cell)
                else:
                    yield from self._blocks(cell)
                    yield from self._flushed()
                yield Tag("td", closing=True)
            yield Tag("tr", closing=True)
        yield Tag("table", closing=True)
        self._tables -= 1

    def _members(self, parent: Any, tag: str) -> Iterator[Any]:
        """Rows of a table or cells of a row, also where they stand in controls."""
        for element in parent:
            if element.tag == tag and child(element, "tcPr/cellDel") is not None:
                self._dropped.take(element, DELETED)
            elif element.tag == tag:
                yield element
            elif element.tag in REMOVED:
                self._dropped.take(element, DELETED)
            elif isinstance(element.tag, str) and element.tag not in _NO_WORDS:
                content = self._through(element)
                if content is not None:
                    yield from self._members(content, tag)

    def _is_left_out(self, row: Any) -> bool:
        for name, why in (("del", DELETED), ("hidden", HIDDEN)):
            found = child(row, f"trPr/{name}")
            if found is not None and (name == "del" or is_on(found)):
                self._dropped.take(row, why)
                return True
        return False

    def _leave_merged(self, cell: Any) -> None:
        """Words in a cell that only continues another are shown by no program."""
        before = self._dropped.letters
        self._dropped.take(cell, MERGED)
        if self._dropped.letters > before:
            self._notes.doubts.append(f"{MERGED}；请拆分单元格核对后另存")


def _goes_on(cell: Any) -> bool:
    """Whether a cell only continues the merged one above it or beside it."""
    for name in ("vMerge", "hMerge"):
        found = child(cell, f"tcPr/{name}")
        if found is not None and (value(found) or "continue") == "continue":
            return True
    return False


def _says(tokens: list[Token]) -> str:
    return "".join(item.text for item in tokens if isinstance(item, Words))


def _heads(words: str) -> Iterator[tuple[Any, str]]:
    yield CODE, words
    yield NUMBER, words
    yield TITLE, squashed(words)
