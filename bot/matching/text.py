"""Text as the matcher sees it. What is shown never passes through here.

1. NFKC, case folded, traditional → simplified.
2. Greetings and thanks out: they would otherwise be the surest match of all.
3. Terms: every Han character and every adjacent pair; runs of Latin letters and digits whole.
"""

from __future__ import annotations

import re
from operator import add

from bot.typed import plain

HAN = "㐀-鿿豈-﫿\U00020000-\U0003ffff"
_BOILERPLATE = re.compile(
    r"尊敬的(?:公司)?(?:各位)?(?:领导|董事长|总经理|总裁|管理层|董秘|投资者|股东)?"
    r"|各位领导|[您你]们?好|(?:上午|下午|晚上|早上|中午)好|(?:请问|想问|问)(?:一下|下(?![降滑跌游半调修属]))|请问|麻烦(?:问|您|你)"
    r"|(?:十分|非常|衷心)?感谢(?:您|你|各位)?(?:对(?:公司|我们))?的?(?:关注|提问|支持|解答|回答|建议|关心)?"
    r"(?:[与和、](?:关注|支持|建议))?|谢谢(?:您|你|公司|大家)?(?:的?(?:关注|提问|支持))?"
    r"|哈喽|\bhello\b|\bhi\b|辛苦了|拜托"
)
RUN_OF_OTHERS = re.compile(r"[a-z]+[0-9]*(?![a-z])|[0-9]+(?:\.[0-9]+)?|[a-z0-9]+")
_RUN = re.compile(rf"{RUN_OF_OTHERS.pattern}|[{HAN}]+")
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[^。！？!?；;\n\s][。！？!?；;\n]*")
LONGEST_SENTENCE = 120  # characters


def normalise(text: str) -> str:
    """The text in one width, case and script, without greetings and spaces between Han.

    >>> normalise("您好，請問ＡＩ業務？")
    ',ai业务?'
    """
    return _BOILERPLATE.sub("", _SPACE_BETWEEN_HAN.sub("", plain(text)))


def greetings(text: str) -> list[str]:
    """What `normalise` leaves out.

    >>> greetings("您好，請問業務？谢谢")
    ['您好', '请问', '谢谢']
    """
    return _BOILERPLATE.findall(_SPACE_BETWEEN_HAN.sub("", plain(text)))


_SPACE_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}])\s+(?=[{HAN}])")


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
            found += map(add, run, run[1:])
    return found


def spans(text: str) -> list[tuple[str, int]]:
    """The terms of normalised text, each with where it begins."""
    found: list[tuple[str, int]] = []
    for match in _RUN.finditer(text):
        run, start = match.group(), match.start()
        if run[0] < "\u3400":
            found.append((run, start))
        else:
            found += ((run[at], start + at) for at in range(len(run)))
            found += ((run[at : at + 2], start + at) for at in range(len(run) - 1))
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text, the longest cut at commas.

    >>> sentences("收入增长。毛利率下降；")
    ['收入增长。', '毛利率下降；']
    """
    found: list[str] = []
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        if len(sentence) <= LONGEST_SENTENCE:
            found.append(sentence)
        else:
            found += _clauses(sentence)
    return found


def printed_sentences(text: str) -> list[str]:
    """The sentences of a text to be shown, however long: as they stand, but for space around.

    >>> printed_sentences("收入增长。 毛利率下降；")
    ['收入增长。', '毛利率下降；']
    """
    return [match.group().strip() for match in _SENTENCE.finditer(text)]


def _clauses(sentence: str) -> list[str]:
    """Stretches of a long sentence, ending at commas where there are any."""
    found: list[str] = []
    piece = ""
    for clause in re.findall(r"[^，,：:]*[，,：:]?", sentence):
        for at in range(0, len(clause), LONGEST_SENTENCE):
            part = clause[at : at + LONGEST_SENTENCE]
            if piece and len(piece) + len(part) > LONGEST_SENTENCE:
                found.append(piece)
                piece = ""
            piece += part
    return [*found, piece] if piece else found
