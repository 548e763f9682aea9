"""Letters of symbol fonts as the signs that they show.

Word keeps them as codes of the font, in its private area from U+F000 or as plain letters. What is
not listed stays in the private area: no reader can be sure of it.
"""

from __future__ import annotations

_SIGNS = {
    "Wingdings": {
        0x6C: "●",
        0x6E: "■",
        0x6F: "□",
        0x71: "❑",
        0x72: "❒",
        0x75: "◆",
        0x76: "❖",
        0xA1: "○",
        0xA7: "▪",
        0xA8: "□",
        0xD8: "➢",
        0xE0: "→",
        0xE8: "➔",
        0xF0: "⇨",
        0xFB: "✗",
        0xFC: "✓",
        0xFD: "☒",
        0xFE: "☑",
    },
    "Wingdings 2": {
        0x4F: "✗",
        0x50: "✓",
        0x52: "☑",
        0x53: "☒",
        0x54: "☒",
        0x97: "●",
        0xA2: "■",
        0xA3: "□",
        0x2A: "□",
        0x30: "□",
    },
    "Symbol": {
        0xB7: "•",
        0xAE: "→",
        0xB0: "°",
        0xB1: "±",
        0xB3: "≥",
        0xA3: "≤",
        0xB4: "×",
        0xB9: "≠",
        0xA5: "∞",
    },
}
_PRIVATE = 0xF000


def is_symbol_font(font: str) -> bool:
    """Whether a font's letters are none."""
    return font in _SIGNS or font in ("Wingdings 3", "Webdings")


def sign(code: int, font: str) -> str:
    """The sign that a font shows for a code.

    >>> sign(0xF0FE, "Wingdings"), sign(0x52, "Wingdings 2"), ascii(sign(0xFF, "Webdings"))
    ('☑', '☑', "'\\\\uf0ff'")
    """
    own = code - _PRIVATE if _PRIVATE <= code < _PRIVATE + 0x100 else code
    if found := _SIGNS.get(font, {}).get(own):
        return found
    if own < 0x100 and is_symbol_font(font):
        return chr(_PRIVATE + own)
    return chr(code)


def signs(text: str, font: str) -> str:
    """A text in some font as it is shown; white space stays."""
    if not is_symbol_font(font):
        return text
    return "".join(char if char.isspace() else sign(ord(char), font) for char in text)
