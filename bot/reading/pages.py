"""Where converters write that a page ends or begins: `{3}----`, `## Page 3`, `--- page=3 ---`.

A line is such a marker only where it is written as one and others of its style count on from it: a
lone `[Page 3]` stays a line of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_NO = r"(?P<no>\d{1,4})"
_OF = r"(?:\s*(?:/|of|共)\s*\d{1,4}\s*页?)?"
_PAGE = (
    rf"(?:page|p\.)\s*[=:：#]?\s*{_NO}{_OF}"
    r"|第\s*(?P<no2>\d{1,4})\s*页(?:[，,、]?\s*共\s*\d+\s*页)?"
)
_STYLES = tuple(
    re.compile(rf"\s*(?:{pattern})\s*", re.I)
    for pattern in (
        rf"(?:\d+\.\d+)?page\s+{_NO}",  # pdfminer's HTML
        rf"\{{{_NO}\}}\s*-{{4,}}",  # marker
        rf"-{{2,}}\s*(?:end of\s+)?(?:{_PAGE})\s*-{{2,}}",  # pymupdf4llm
        rf"={{2,}}\s*(?:end of\s+)?(?:{_PAGE})\s*={{2,}}",
        rf"#{{1,6}}\s*(?:{_PAGE})",
        rf"[\[【<(（]\s*(?:{_PAGE})\s*[\]】>)）]",
        rf"\*\*\s*(?:{_PAGE})\s*\*\*",
        rf"<!--\s*(?:{_PAGE})\s*-->",
        rf"<page_number>\s*{_NO}\s*</page_number>",
        rf'<!--\s*PageNumber\s*=\s*"?\D{{0,4}}{_NO}[^>]{{0,12}}"?\s*-->',  # Azure's
    )
)
_COMMENT = re.compile(
    r"\s*(?:page[\s_-]*(?:break|end|start|begin|footer|header|number)?\b.*|第\s*\d+\s*页|分页符?"
    r"|image|formula-not-decoded)\s*",
    re.I | re.S,
)


def marker_number(line: str) -> int | None:
    """The page that a line names, if it is written as a marker is."""
    found = (match for style in _STYLES if (match := style.fullmatch(line)))
    return next((_number(match) for match in found), None)


class PageMarkers:
    """The markers of one file."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._styles = []
        for style in _STYLES:
            numbers = [_number(match) for line in lines if (match := style.fullmatch(line))]
            if len(numbers) > 1 and all(b == a + 1 for a, b in pairwise(numbers)):
                self._styles.append(style)

    def number(self, line: str) -> int | None:
        """The page that a marker names; None: the line is no marker."""
        for style in self._styles:
            if match := style.fullmatch(line):
                return _number(match)
        return None

    @staticmethod
    def is_comment(words: str) -> bool:
        """Whether a comment holds no words but those of a page's end."""
        return bool(_COMMENT.fullmatch(words)) and len(words) < 60


def _number(match: re.Match[str]) -> int:
    found = match.groupdict()
    return int(found.get("no") or found.get("no2") or 0)
