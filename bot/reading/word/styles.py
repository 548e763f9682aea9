"""What styles say: of a run whether it is bold or hidden, of a paragraph which list it is in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off", "none")


def value(element: Any, path: str = "") -> str | None:
    """Of an element, or of the one at a path below it, the attribute `val`; None: not there."""
    found = element.find("/".join(f"{W}{name}" for name in path.split("/"))) if path else element
    return None if found is None else found.get(f"{W}val")


def child(element: Any, path: str) -> Any:
    """The first element at a path of names below one; None: not there."""
    if element is None:
        return None
    return element.find("/".join(f"{W}{name}" for name in path.split("/")))


def is_on(element: Any) -> bool:
    """Whether an element that is a switch is on: it stands there, and says nothing else."""
    return element is not None and element.get(f"{W}val") not in _OFF


class Styles:
    """The styles of one document."""

    def __init__(self, root: Any) -> None:
        """root: Of `styles.xml`; None: the document has none."""
        styles = [] if root is None else root.findall(f"{W}style")
        self._styles = {style.get(f"{W}styleId"): style for style in styles}
        self._default = next(
            (
                style.get(f"{W}styleId")
                for style in styles
                if style.get(f"{W}type") == "paragraph"
                and style.get(f"{W}default") not in (None, *_OFF)
            ),
            None,
        )
        self._defaults = child(root, "docDefaults/rPrDefault/rPr")
        self._says = cache(self._say)

    def is_set(self, run: Any, paragraph: Any, name: str) -> bool:
        """Whether `b`, `vanish`, `strike` … is on for a run.

        What stands at the run itself decides; styles of the run and of its paragraph undo each
        other where both set it (ECMA-376 part 1, 17.7.3).
        """
        own = child(run, f"rPr/{name}")
        if own is not None:
            return is_on(own)
        of_run = self._says(value(run, "rPr/rStyle"), name)
        of_paragraph = self._says(self.of_paragraph(paragraph), name)
        if of_run is None and of_paragraph is None:
            return is_on(child(self._defaults, name))
        return bool(of_run) != bool(of_paragraph)

    def font(self, run: Any) -> str:
        """The font that a run names for letters; empty: none."""
        fonts = child(run, "rPr/rFonts")
        return "" if fonts is None else fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""

    def of_paragraph(self, paragraph: Any) -> str | None:
        """The id of a paragraph's style."""
        return value(paragraph, "pPr/pStyle") or self._default

    def list_of(self, style_id: str | None) -> tuple[str | None, str | None, str | None]:
        """The list that a style puts its paragraphs in: its id, the level, and which style said
        so."""
        for style in self._chain(style_id):
            if child(style, "pPr/numPr") is not None:
                of = style.get(f"{W}styleId")
                return value(style, "pPr/numPr/numId"), value(style, "pPr/numPr/ilvl"), of
        return None, None, None

    def _say(self, style_id: str | None, name: str) -> bool | None:
        for style in self._chain(style_id):
            found = child(style, f"rPr/{name}")
            if found is not None:
                return is_on(found)
        return None

    def _chain(self, style_id: str | None) -> Iterator[Any]:
        """A style and those that it is based on."""
        seen = set()
        while style_id in self._styles and style_id not in seen:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style
            style_id = value(style, "basedOn")
