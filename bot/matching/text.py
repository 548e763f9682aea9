"""Text as the matcher sees it. What is shown never passes through here.

1. NFKC, case folded, traditional → simplified.
2. Greetings and thanks out: they would otherwise be the surest match of all.
3. Terms: every Han character and every adjacent pair; runs of Latin letters and digits whole.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_BOILERPLATE = re.compile(
    r"尊敬的(?:公司)?(?:各位)?(?:领导|董事长|总经理|总裁|管理层|董秘|投资者|股东)?"
    r"|各位领导|[您你]们?好|(?:上午|下午|晚上|早上|中午)好|(?:请问|想问|问)一?下|请问|麻烦(?:问|您|你)"
    r"|(?:十分|非常|衷心)?感谢(?:您|你|各位)?(?:对(?:公司|我们))?的?(?:关注|提问|支持|解答|回答|建议|关心)?"
    r"(?:[与和、](?:关注|支持|建议))?|谢谢(?:您|你|公司|大家)?(?:的?(?:关注|提问|支持))?"
    r"|哈喽|hello\b|hi\b|辛苦了|拜托"
)
_RUN = re.compile(
    r"[a-z]+[0-9]*(?![a-z])|[0-9]+(?:\.[0-9]+)?|[a-z0-9]+|[㐀-鿿豈-﫿\U00020000-\U0003ffff]+"
)
_SPACE_BETWEEN_HAN = re.compile(r"(?<=[㐀-鿿])\s+(?=[㐀-鿿])")


def normalise(text: str) -> str:
    """The text in one width, case and script, without greetings.

    >>> normalise("您好，請問ＡＩ業務？")
    ',ai业务?'
    """
    folded = _simplified(unicodedata.normalize("NFKC", text).casefold())
    return _BOILERPLATE.sub("", _SPACE_BETWEEN_HAN.sub("", folded))


def terms(text: str) -> list[str]:
    """What normalised text is matched by, in order, with repeats.

    >>> terms("ai业务2025")
    ['ai', '业', '务', '业务', '2025']
    """
    found: list[str] = []
    for run in _RUN.findall(text):
        if run[0] < "\u3400":
            found.append(run)
        else:
            found += run
            found += (run[at : at + 2] for at in range(len(run) - 1))
    return found


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


def _simplified(text: str) -> str:
    converted: str = _converter().convert(text)
    return converted
