"""Radicals' code points for the characters that they look like.

Fonts made from scans and some office programs write 门 as ⻔ (U+2ED4) and 日 as ⽇ (U+2F47). A
reader sees no difference; labels, dates and what people ask are compared without it. What is
stored and shown stays as printed.

Source: Unicode's EquivalentUnifiedIdeograph.txt for the supplement (U+2E80-2EF3); the Kangxi
radicals (U+2F00-2FD5) have their characters in Unicode's own compatibility form.
"""

from __future__ import annotations

import unicodedata

_SUPPLEMENT = (
    "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺒巳⺓幺⺔彑⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母"
    "⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺫目⺬示⺭礻⺯糹⺰纟⺱罓⺲罒⺳㓁⺴冗⺶羊⺹耂⺺肀⺻聿⺼肉⺾艹⺿艹⻀艹"
    "⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠"
    "⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
_UNIFIED = {
    **{number: unicodedata.normalize("NFKC", chr(number)) for number in range(0x2F00, 0x2FD6)},
    **{
        ord(radical): character
        for radical, character in zip(_SUPPLEMENT[::2], _SUPPLEMENT[1::2], strict=True)
    },
}


def unified(text: str) -> str:
    """The text with radicals as the characters they look like; its length stays.

    >>> unified("2025年5⽉6⽇ ⻔⻔")
    '2025年5月6日 门门'
    """
    return text.translate(_UNIFIED)


def radicals_in(text: str) -> list[str]:
    """The radicals' code points in the text, each once, in order."""
    return list(dict.fromkeys(char for char in text if ord(char) in _UNIFIED))
