"""A .docx → a Source, or the reason why it is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from bot.errors import Problem, ReadingError
from bot.reading.blocks import lines_of, unseen_ends
from bot.reading.header import CODE, NUMBER
from bot.reading.html import Notes, Paragraphs
from bot.reading.lines import Line, Source
from bot.reading.row_labels import field_of
from bot.reading.word.body import Body
from bot.reading.word.dropped import Dropped
from bot.reading.word.numbering import Numbering
from bot.reading.word.package import counted
from bot.reading.word.runs import Runs
from bot.reading.word.styles import Styles, W

_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_NUMBERED = re.compile(r"[\d\s第页共/／—–\-·~～，,of]*", re.I)  # a foot that only counts pages
_SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")
_NAMED = 40


@dataclass
class _Found:
    """What the parts of one document gave."""

    lines: list[Line] = field(default_factory=list)
    letters: int = 0  # that stand in the lines, by the count of the parts' own bytes


def word_source(data: bytes, file: str) -> Source:
    """Take a Word document apart.

    Raises:
        ReadingError: Damaged, encrypted, packed to burst or made to attack a reader.
    """
    letters = counted(data, file)
    try:
        return _Document(_main_part(data), letters).source()
    except (ReadingError, MemoryError):
        raise
    except Exception as error:  # python-docx and lxml raise anything on what is broken
        what = f"Word 文件已损坏（{type(error).__name__}），没有收录；请另存为新的 .docx 或 PDF"
        raise ReadingError(file, (Problem(what),)) from error


def _main_part(data: bytes) -> Any:
    from docx.package import Package  # takes a third of a second, and most files are PDFs

    return Package.open(io.BytesIO(data)).main_document_part


def _root(part: Any) -> Any:
    from docx.oxml.parser import parse_xml

    if part is None:
        return None
    own = getattr(part, "element", None)
    return parse_xml(part.blob) if own is None else own


class _Document:
    def __init__(self, main: Any, letters: Mapping[str, int]) -> None:
        self._main = main
        self._letters = letters
        self._notes = Notes()
        self._styles = Styles(_root(self._related("styles")))
        self._numbering = Numbering(_root(self._related("numbering")), self._styles)
        self._found = _Found()
        self._boxes: list[str] = []

    def source(self) -> Source:
        body = self._lines(self._main, _root(self._main).find(f"{W}body"))
        self._told_of_changes()
        head, aside = self._heads(body)
        lines = [*head, *body, *aside, *self._of_notes()]
        lines += [Line(box, 1, starts=True, aside="text box") for box in self._boxes]
        for form in sorted(self._numbering.unknown):
            self._notes.doubts.append(f"不认识的自动编号格式 {form}；请把编号改成文字后另存")
        return Source(
            tuple(lines),
            self._found.letters,
            wrapped=False,
            remarks=self._notes.warnings(),
            doubts=self._notes.problems(),
        )

    def _related(self, kind: str) -> Any:
        return next((part for part in self._all_related(kind)), None)

    def _all_related(self, kind: str) -> Iterator[Any]:
        for relation in self._main.rels.values():
            if relation.reltype == _TYPES + kind and not relation.is_external:
                yield relation.target_part

    def _lines(self, part: Any, root: Any, count: bool = True) -> list[Line]:
        """The lines of a part, or of a piece of it; the part's letters are counted once."""
        dropped = Dropped()

        def address(relation_id: str) -> str:
            relation = part.rels.get(relation_id)
            return relation.target_ref if relation is not None and relation.is_external else ""

        runs = Runs(self._styles, self._notes, dropped, address)
        body = Body(runs, self._numbering, self._notes, dropped)
        paragraphs = Paragraphs(self._notes)
        paragraphs.take(body.tokens(root) if root is not None else ())
        found = paragraphs.finished()
        unseen = unseen_ends(found)
        self._notes.unseen(unseen)
        self._notes.remarks += dropped.told()
        self._boxes += body.boxes
        letters = self._letters.get(str(part.partname), 0) if count else 0
        self._found.letters += letters - dropped.letters - unseen + runs.made + body.labels
        return lines_of(found)

    def _told_of_changes(self) -> None:
        root = _root(self._main)
        changes = [f"{W}{name}" for name in ("ins", "del", "moveFrom", "moveTo")]
        if count := sum(1 for _ in root.iter(*changes)):
            self._notes.remarks.append(
                f"文件里有未处理的修订（{count}处），按全部接受后的文字收录；请核对是否定稿"
            )
        comments = _root(self._related("comments"))
        if comments is not None and (count := len(comments.findall(f"{W}comment"))):
            self._notes.remarks.append(f"有{count}条批注未收录，请核对原件")

    def _heads(self, body: list[Line]) -> tuple[list[Line], list[Line]]:
        """Lines of pages' heads that are the form's own head, and all others, to be put aside.

        A head says the company's code or the record's number where the body says none above its
        main content.
        """
        above = list(takewhile(lambda line: field_of(line.text) != "content", body))
        missing = [
            pattern
            for pattern in (CODE, NUMBER)
            if not any(pattern.search(line.text) for line in above)
        ]
        head: list[Line] = []
        aside: list[Line] = []
        for kind in ("header", "footer"):
            for part in self._all_related(kind):
                for line in self._lines(part, _root(part)):
                    says = [one for one in missing if one.search(line.text)]
                    if says and kind == "header":
                        missing = [one for one in missing if one not in says]
                        head.append(Line(line.text, 1, line.bold, starts=True))
                    else:
                        aside.append(_put_aside(line))
        return head, aside

    def _of_notes(self) -> list[Line]:
        """Footnotes and endnotes: they stand behind the text, and are no words of an answer."""
        found: list[Line] = []
        for kind in ("footnotes", "endnotes"):
            part = self._related(kind)
            first = True
            for note in _root(part) if part is not None else ():
                if note.get(f"{W}type") in _SEPARATORS:
                    continue
                lines = self._lines(part, note, count=first)
                first = False
                words = " ".join(line.text for line in lines)
                if words:
                    self._notes.remarks.append(f"脚注未收录进问答，请核对：“{words[:_NAMED]}”")
                found += [Line(line.text, 1, starts=True, aside="footnote") for line in lines]
        return found


def _put_aside(line: Line) -> Line:
    kind = "page number" if _NUMBERED.fullmatch(line.text) else "running head"
    return Line(line.text, 1, starts=True, aside=line.aside or kind)
