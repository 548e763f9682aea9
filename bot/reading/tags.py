"""Marked-up text → words, tags and what is hidden, in one pass over it.

1. A tag is only what names an element of HTML and has the shape of one: `A<B，且C>D`, `<产品A>` and
   `x <y> z` are words.
2. Comments, scripts and styles are handed on as hidden, for whoever has to name them.
3. Character references are undone once, as HTML5 says; one that names no character stays as it is
   written.

Linear in the text's length, whatever it holds, and the same on every version of Python, which
`html.parser` is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# https://html.spec.whatwg.org/multipage/indices.html#elements-3, and the obsolete ones.
ELEMENTS = _words(
    """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink
    blockquote body br button canvas caption center cite code col colgroup data datalist dd
    del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer
    form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins
    kbd label legend li link main map mark marquee menu meta meter nav nobr noframes
    noscript object ol optgroup option output p param picture pre progress q rp rt ruby s
    samp script search section select slot small source span strike strong style sub summary
    sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var
    video wbr
    """
)
_KEY, _VALUE = r"[^\s\"'<>/=]++", r"""(?:"[^"<]*+"|'[^'<]*+'|[^\s"'=<>`]++)"""
_ATTRIBUTE = re.compile(rf"({_KEY})(?:\s*+=\s*+({_VALUE}))?+")
_TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9]*+(?::[A-Za-z]\w*+)?+)"
    rf"(?P<given>(?:[\s/]++{_KEY}(?:\s*+=\s*+{_VALUE})?+)*+)[\s/]*+>"
)
_WITHOUT_VALUE = _words(
    """
    checked disabled selected nowrap noshade hidden readonly required async defer compact
    multiple open reversed allowfullscreen controls itemscope nomodule
    """
)
_OF_WORD = re.compile(r"(?:o|v|w|m|st1|x):\w+", re.I)  # what its HTML adds: <o:p>
_CONDITION = re.compile(r"<!\[(?:if|endif)[^\]<>]{0,80}\]>", re.I)
_DECLARED = re.compile(r"<(?:!doctype\b[^<>]*|\?xml\b[^<>]*\?)>", re.I)
HIDING = frozenset(("script", "style", "title", "template"))  # what they hold is shown to nobody
_REFERENCE = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,31});?")


@dataclass(frozen=True)
class Words:
    """Text that is shown, its character references undone."""

    text: str


@dataclass(frozen=True)
class Tag:
    """A start tag or an end tag."""

    name: str
    closing: bool = False
    given: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Hidden:
    """What a browser does not show."""

    kind: str  # comment, or the element's name
    text: str
    ended: bool = True  # False: nothing closes it, so what follows is taken for words


Token = Words | Tag | Hidden


def tag_at(text: str, at: int) -> tuple[Tag, int] | None:
    """The tag that begins at a place, and where it ends."""
    match = _TAG.match(text, at)
    if match is None:
        return None
    name = match["name"].lower()
    if name not in ELEMENTS and not _OF_WORD.fullmatch(name):
        return None
    given: dict[str, str | None] = {}
    for attribute in _ATTRIBUTE.finditer(match["given"] or ""):
        key, value = attribute[1].lower(), attribute[2]
        if value is None and key not in _WITHOUT_VALUE:
            return None
        given.setdefault(key, None if value is None else unescape(value.strip("\"'")))
    return Tag(name, bool(match["slash"]), given), match.end()


def tokens(text: str) -> Iterator[Token]:
    """The text from its beginning to its end; neighbouring words may come in several pieces."""
    at = begin = 0
    unclosed: set[str] = set()  # of these no end follows: not looked for again
    while (at := text.find("<", at)) >= 0:
        found = _hidden_at(text, at, unclosed) or tag_at(text, at)
        if found is None:
            at += 1
            continue
        if begin < at:
            yield Words(undone(text[begin:at]))
        token, at = found
        begin = at
        if token is not None:
            yield token
    if begin < len(text):
        yield Words(undone(text[begin:]))


def _hidden_at(text: str, at: int, unclosed: set[str]) -> tuple[Token | None, int] | None:
    if text.startswith("<!--", at):
        if text.startswith(("<!-->", "<!--->"), at):
            return None, text.index(">", at) + 1
        end = text.find("-->", at + 4) if "comment" not in unclosed else -1
        if end < 0:
            unclosed.add("comment")
            return Hidden("comment", "", ended=False), at + 4
        return Hidden("comment", text[at + 4 : end]), end + 3
    if condition := _CONDITION.match(text, at) or _DECLARED.match(text, at):
        return None, condition.end()
    found = tag_at(text, at)
    if found is None or found[0].closing or found[0].name not in HIDING:
        return None
    name, begin = found[0].name, found[1]
    close = None
    if name not in unclosed:
        close = re.compile(rf"</{name}\s*>", re.I).search(text, begin)
    if close is None:
        unclosed.add(name)
        return Hidden(name, "", ended=False), begin
    return Hidden(name, text[begin : close.start()]), close.end()


def undone(text: str) -> str:
    """The text with its character references undone, once.

    >>> undone("R&amp;D &amp;lt; &#65; &nosuch; &#0; &#xD800;")
    'R&D &lt; A &nosuch; &#0; &#xD800;'
    """
    return _REFERENCE.sub(_character, text) if "&" in text else text


def odd_references(text: str) -> list[str]:
    """References that may be meant as words: without a semicolon, or of no character."""
    return [
        match[0]
        for match in _REFERENCE.finditer(text)
        if (match[0][1] == "#" and undone(match[0]) == match[0])
        or (not match[0].endswith(";") and undone(match[0]) != match[0])
        or (match[0].endswith(";") and match[0][1] != "#" and _is_cut(match[0]))
    ]


def _is_cut(reference: str) -> bool:
    return reference[1:] not in html5 and unescape(reference) != reference


def _character(match: re.Match[str]) -> str:
    reference = match[0]
    if reference[1] != "#":
        return unescape(reference)
    digits = reference[2:].rstrip(";")
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    controls = code < 0x20 and code not in (0x09, 0x0A, 0x0D)
    none = code == 0x7F or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF or code & 0xFFFE == 0xFFFE
    if controls or none or 0xFDD0 <= code <= 0xFDEF:
        return reference
    character = unescape(reference if reference.endswith(";") else reference + ";")
    return character or reference
