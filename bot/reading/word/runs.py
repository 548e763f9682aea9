"""What stands inside a paragraph → words and tags, as of a page in HTML.

Tracked changes are taken as accepted: what was deleted is no text, what was inserted is. Of a field
the result is shown that Word kept. The words in an element that no rule knows are words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bot.reading.html import Notes
from bot.reading.lines import squashed
from bot.reading.tags import Tag, Token, Words
from bot.reading.word.dropped import (
    CODE,
    COMPATIBILITY,
    DELETED,
    HIDDEN,
    MATH,
    PLACEHOLDER,
    READING,
    TWIN,
    Dropped,
    words_of,
)
from bot.reading.word.signs import is_symbol_font, sign, signs
from bot.reading.word.styles import Styles, W, child, is_on, value

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_VML = "{urn:schemas-microsoft-com:vml}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_PLACED = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_CHARTS = ("chart", "diagram")  # what a graphic holds whose words stand in another part
REMOVED = (f"{W}del", f"{W}moveFrom")
ALTERNATIVES = f"{COMPATIBILITY}AlternateContent"
# Formulas whose parts stand over one another or mean by their place: ½ is no 12.
_STACKED = tuple(
    f"{MATH}{name}"
    for name in (
        *("f", "rad", "nary", "sSup", "sSub", "sSubSup", "sPre", "m", "eqArr", "limLow", "limUpp"),
        *("acc", "bar", "groupChr", "d", "func", "phant", "borderBox"),
    )
)
_PICTURES = (f"{W}drawing", f"{W}pict", f"{W}object")
_NOTHING = (
    f"{W}rPr",
    f"{W}pPr",
    f"{W}sdtPr",
    f"{W}sdtEndPr",
    f"{W}instrText",
    f"{W}delText",
    f"{W}delInstrText",
    f"{W}softHyphen",
)


def chosen(alternatives: Any) -> tuple[Any, list[Any]]:
    """Of the ways to say the same the one that is read, and the others."""
    ways = [one for one in alternatives if isinstance(one.tag, str)]
    first = next((one for one in ways if one.tag == f"{COMPATIBILITY}Choice"), None)
    first = first if first is not None else next(iter(ways), None)
    return first, [one for one in ways if one is not first]


class Runs:
    """Reads what stands inside paragraphs, one after the other."""

    def __init__(
        self, styles: Styles, notes: Notes, dropped: Dropped, address: Callable[[str], str]
    ) -> None:
        """address: Of a link, by the id of its relation; empty: none."""
        self._styles = styles
        self._notes = notes
        self._dropped = dropped
        self._address = address
        self._paragraph: Any = None
        self._fields: list[bool] = []  # those that are open: whether their code still goes on
        self.made = 0  # letters that stand in no text element: signs, hyphens, boxes
        self.boxes: list[Any] = []  # text boxes of the paragraph read last
        self._readers: dict[str, Callable[[Any], Iterator[Token]]] = {
            f"{W}r": self._run,
            f"{W}t": self._text,
            f"{W}hyperlink": self._link,
            f"{W}sdt": self._control,
            f"{W}tab": lambda element: self._words("\t"),
            f"{W}ptab": lambda element: self._words("\t"),
            f"{W}br": lambda element: iter((Tag("br"),)),
            f"{W}cr": lambda element: iter((Tag("br"),)),
            f"{W}noBreakHyphen": lambda element: self._make("-"),
            f"{W}sym": self._sign,
            f"{W}fldChar": self._field,
            f"{W}ruby": self._ruby,
            f"{MATH}oMath": self._formula,
            ALTERNATIVES: self._alternatives,
        }

    def of(self, paragraph: Any) -> list[Token]:
        """The paragraph's words and tags; its text boxes lie in `boxes`."""
        self._paragraph = paragraph
        self.boxes = []
        found = list(self._inside(paragraph))
        if any(self._fields):
            self._notes.doubts.append("有没有结束的域，后面的文字可能本不显示；请更新域后另存")
            self._fields.clear()
        return found

    def _inside(self, parent: Any) -> Iterator[Token]:
        for element in parent:
            tag = element.tag
            if not isinstance(tag, str) or tag in _NOTHING:
                continue
            if tag in REMOVED:
                self._dropped.take(element, DELETED)
            elif tag in _PICTURES:
                yield from self._picture(element)
            else:
                yield from self._readers.get(tag, self._inside)(element)

    def _run(self, run: Any) -> Iterator[Token]:
        if self._styles.is_set(run, self._paragraph, "vanish"):
            for field in run.findall(f"{W}fldChar"):
                yield from self._field(field)
            self._dropped.take(run, HIDDEN)
            return
        words = words_of(run).strip()
        if words and (_is_tiny(run) or _is_white(run)):
            told = f"有页面上看不见的文字（白色或极小）：“{words[:40]}”"
            self._notes.doubts.append(f"{told}；请核对后删去或改正，另存后再导入")
        marks = [tag for tag, names in _MARKS.items() if self._is_any(run, names)]
        if value(run, "rPr/vertAlign") in _RAISED:
            marks.append(_RAISED[value(run, "rPr/vertAlign") or ""])
        yield from (Tag(mark) for mark in marks)
        yield from self._inside(run)
        yield from (Tag(mark, closing=True) for mark in reversed(marks))

    def _is_any(self, run: Any, names: tuple[str, ...]) -> bool:
        return any(self._styles.is_set(run, self._paragraph, name) for name in names)

    def _text(self, element: Any) -> Iterator[Token]:
        if any(self._fields):
            self._dropped.take(element, CODE)
            return
        text = element.text or ""
        run = element.getparent()
        font = self._styles.font(run)
        if is_symbol_font(font) and all(ord(char) < 0x100 or ord(char) >= 0xF000 for char in text):
            text = signs(text, font)
        yield Words(text)

    def _words(self, text: str) -> Iterator[Token]:
        if not any(self._fields):
            yield Words(text)

    def _make(self, text: str) -> Iterator[Token]:
        """Words that stand in no text element."""
        if not any(self._fields):
            self.made += len(squashed(text))
            yield Words(text)

    def _sign(self, element: Any) -> Iterator[Token]:
        try:
            code = int(element.get(f"{W}char") or "", 16)
            text = sign(code, element.get(f"{W}font") or "")
        except (ValueError, OverflowError):
            self._notes.doubts.append("有认不出的符号；请在 Word 里换成普通字符后另存")
            return
        if "\ue000" <= text <= "\uf8ff":
            self._notes.remarks.append(f"有符号字体里的符号（U+{ord(text):04X}），请核对原件")
        yield from self._make(text)

    def _link(self, element: Any) -> Iterator[Token]:
        yield Tag("a", given={"href": self._address(element.get(_RELATION) or "")})
        yield from self._inside(element)
        yield Tag("a", closing=True)

    def _control(self, element: Any) -> Iterator[Token]:
        content = child(element, "sdtContent")
        if content is None:
            return
        if is_on(child(element, "sdtPr/showingPlcHdr")):
            self._dropped.take(content, PLACEHOLDER)
        else:
            yield from self._inside(content)

    def _field(self, element: Any) -> Iterator[Token]:
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            yield from self._filled_in(element)
            self._fields.append(True)
        elif kind == "separate" and self._fields:
            self._fields[-1] = False
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _filled_in(self, element: Any) -> Iterator[Token]:
        """What a form's check box or list shows: it stands nowhere in the text."""
        box, choices = child(element, "ffData/checkBox"), child(element, "ffData/ddList")
        if box is not None:
            checked, default = child(box, "checked"), child(box, "default")
            ticked = is_on(checked if checked is not None else default)
            yield from self._make("☑" if ticked else "□")
        if choices is not None:
            entries = [value(entry) or "" for entry in choices.findall(f"{W}listEntry")]
            at = int(value(choices, "result") or value(choices, "default") or 0)
            yield from self._make(entries[at] if at < len(entries) else "")

    def _ruby(self, element: Any) -> Iterator[Token]:
        for part in element:
            if part.tag == f"{W}rubyBase":
                yield from self._inside(part)
            elif isinstance(part.tag, str):
                self._dropped.take(part, READING)

    def _formula(self, element: Any) -> Iterator[Token]:
        words = words_of(element)
        if any(part.tag in _STACKED for part in element.iter()):
            self._notes.doubts.append(
                f"有分式、上下标等公式（“{words[:40]}”），连成一行会读错；请改写成文字后另存"
            )
        else:
            self._notes.remarks.append(f"有公式，按其中的文字收录，请核对：“{words[:40]}”")
        yield Words(words)

    def _alternatives(self, element: Any) -> Iterator[Token]:
        way, others = chosen(element)
        for other in others:
            self._dropped.take(other, TWIN)
        if way is not None:
            yield from self._inside(way)

    def _picture(self, element: Any) -> Iterator[Token]:
        """A picture's words are not read; a text box's stand behind the paragraph."""
        boxes = [
            box
            for box in element.iter(f"{W}txbxContent")
            if not any(above.tag == f"{W}txbxContent" for above in box.iterancestors())
        ]
        self.boxes += [box for box in boxes if not _is_twin(box, element)]
        for twin in [box for box in boxes if _is_twin(box, element)]:
            self._dropped.take(twin, TWIN)
        if any(True for _ in element.iter(f"{_DRAWING}blip", f"{_VML}imagedata")):
            named = next(element.iter(f"{_PLACED}docPr"), None)
            told = "" if named is None else named.get("descr") or named.get("name") or ""
            yield Tag("img", given={"alt": told})
        for data in element.iter(f"{_DRAWING}graphicData"):
            if (data.get("uri") or "").endswith(_CHARTS):
                self._notes.remarks.append("有图表未收录，请核对原件")


_MARKS = {"b": ("b",), "s": ("strike", "dstrike")}
_TINY = 4  # half-points, up to which nobody reads them
_ON = {f"{W}p": "pPr/shd", f"{W}tc": "tcPr/shd", f"{W}tbl": "tblPr/shd"}
_RAISED = {"superscript": "sup", "subscript": "sub"}


def _is_tiny(run: Any) -> bool:
    size = value(run, "rPr/sz") or ""
    return size.isdecimal() and int(size) <= _TINY


def _is_white(run: Any) -> bool:
    """Whether words are white, and nothing that they stand on says that it is not."""
    if (value(run, "rPr/color") or "").upper() != "FFFFFF":
        return False
    cells = (above for above in run.iterancestors() if above.tag in _ON)
    grounds = [child(run, "rPr/shd"), *(child(above, _ON[above.tag]) for above in cells)]
    fills = {(ground.get(f"{W}fill") or "").upper() for ground in grounds if ground is not None}
    return child(run, "rPr/highlight") is None and not fills - {"", "AUTO", "FFFFFF"}


def _is_twin(box: Any, below: Any) -> bool:
    """Whether a text box stands in the way to say the same that is not read."""
    for above in box.iterancestors():
        if above is below:
            return False
        if above.getparent() is not None and above.getparent().tag == ALTERNATIVES:
            way, _ = chosen(above.getparent())
            if way is not above:
                return True
    return False
