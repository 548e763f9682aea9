"""The head of the form, the ticked activities and the links: what they say."""

from __future__ import annotations

import re

_GAP = r"[ \t\u3000]*"


def _spaced(words: str) -> str:
    """A pattern for words that may be letter-spaced."""
    return _GAP.join(words)


_SHORT_NAME = "|".join(_spaced(words) for words in ("证券简称", "公司简称", "股票简称"))
CODE = re.compile(
    "(?:"
    + "|".join(_spaced(words) for words in ("证券代码", "股票代码", "公司代码", "A股代码"))
    + ")"
    r"\s*[:：]?\s*(?<!\d)(\d{6})(?!\d)"
)
NAME = re.compile(
    rf"(?:{_SHORT_NAME})\s*[:：]?[ \t\u3000]*"
    # ST 信通: a name may hold a space, but what has a colon is the next label.
    r"([^\s|]+(?:[ ](?!编|公告|证券|股票|公司|债券|[^\s]*[:：])[^\s|]+)?)"
)
_BRACKET = "（(【[〈〔"
# 编号：2026-001, 编号 2026-001, 编号：（2026-001）, 编 号 ： 2026 - 001.
NUMBER = re.compile(
    rf"(?:记录表)?编\s*号\s*(?:[:：](?:{_GAP}|\s*(?=[{re.escape(_BRACKET)}]?\d))"
    rf"|(?=[{re.escape(_BRACKET)}]?\s*\d{{2}})|[ \t]*(?=[Nn]o[.．:：])|[】\]）)〉〕]\s*(?=\d{{2}}))"
    r"(?:[Nn]o[.．:：]?\s*)?"
    r"(\d{4} *[-–—] *\d[^\s|]*(?:[ \t]*[至~～][ \t]*\d{4} *[-–—] *\d[^\s|]*)?|[^\s|]+)"
)
TITLE = re.compile(r"投资者.*(?:活动|关系|说明会).*(?:记录|登记)|^(?:投资者)?关系?活动记录表")

_ACTIVITIES = (
    "特定对象调研",
    "分析师会议",
    "媒体采访",
    "业绩说明会",
    "新闻发布会",
    "路演活动",
    "现场参观",
    "电话会议",
    "券商策略会",
    "专场机构交流会",
    "股东大会",
    "其他",
)
_TO_FILL_IN = re.compile(r"[（(][^）)]*(?:请|说明|注明|填写)[^）)]*[）)]|_+")
_TICK = "☑√■▇▣✓✔☒\uf052\uf0fe\uf050\uf0fc"
_BOX = "□☐\uf0a3\uf06f\uf0a8○"
_TYPED_TICK = re.compile(rf"[\[【（(]\s*[xXvV{_TICK}]\s*[\]】）)]")
_TYPED_BOX = re.compile(rf"[\[【（(]\s*[{_BOX}]?\s*[\]】）)]")
# Wingdings as letters: a tick and a box are then told from letters by what stands beside them.
_TICK_LETTERS, _BOX_LETTERS, _LOST = "RþPüý", "£¨oq¡", "?"


def numbers(head: str) -> list[str]:
    """Every 编号 of the head as printed, without brackets around it and words in brackets behind
    it, such as （更正后）."""
    found = []
    for match in NUMBER.finditer(head):
        printed = re.sub(
            r"^[（(【\[〈]([^）)】\]〉]*\d[^）)】\]〉]*)[）)】\]〉].*$", r"\1", match[1]
        )
        printed = "".join(re.sub(r"[（(].*$", "", printed).split()).strip("【】[]〈〉）)")
        if re.fullmatch(r"〔[^〔〕]*〕", printed):  # around all of it; 〔2026〕001号 is one number
            printed = printed[1:-1]
        if printed:
            found.append(printed)
    return list(dict.fromkeys(found))


def ticked(words: list[tuple[str, bool | None]]) -> tuple[tuple[str, ...], str]:
    """The ticked activities, and whether they were read, inferred or are not readable.

    Args:
        words: Lines of the row, each with the state of a check box before it, if known.
    """
    if any(state is not None for _, state in words):
        return tuple(text for text, state in words if state), "read"
    text = _plain_marks(" ".join(line for line, _ in words))
    names = "|".join(_ACTIVITIES)
    found = re.findall(rf"([{_TICK}{_BOX}])?\s*({names})", text)
    if not re.search(f"[{_TICK}{_BOX}]", text):
        # No box at all: the row just names the activity, unless it lists the whole form.
        named = tuple(name for _, name in found)
        if not named and len(text.strip()) <= 20 and text.strip():
            named = (text.strip(),)
        return (named, "read") if 0 < len(named) <= 3 else ((), "not readable")
    if re.search(f"[{_TICK}]", text):
        return tuple(
            _activity(match[1]) for match in re.finditer(rf"[{_TICK}]([^{_TICK}{_BOX}]*)", text)
        ), "read"
    unmarked = tuple(name for mark, name in found if not mark)
    # One sign lost among boxes that were kept: probably the ticked one.
    return (unmarked, "inferred") if len(unmarked) == 1 else ((), "not readable")


def ticks_or_boxes(text: str) -> int:
    """How many of them the text holds."""
    return len(re.findall(f"[{_TICK}{_BOX}]", text))


def says_more(words: list[tuple[str, bool | None]]) -> bool:
    """Whether the row of boxes holds words that neither name an option nor say what to write. Where
    boxes are lost an option cannot be told from words."""
    text = _plain_marks(" ".join(line for line, _ in words))
    boxes = ticks_or_boxes(text)
    lost = boxes < len(re.findall("|".join(_ACTIVITIES), text))
    if any(state is not None for _, state in words) or not boxes or lost:
        return False
    above, *options = re.split(f"(?=[{_TICK}{_BOX}])", _TO_FILL_IN.sub("", text))
    rests = [above, *(_beside_option(option[0] in _TICK, option[1:]) for option in options)]
    return any(len(re.findall(r"\w", rest)) >= 2 for rest in rests)


def _beside_option(is_ticked: bool, option: str) -> str:
    """What stands behind an option's name; one that is not ticked may be explained in brackets."""
    name = next((name for name in _ACTIVITIES if option.strip().startswith(name)), None)
    if is_ticked and name == "其他":
        return ""
    rest = option.strip()[len(name) :] if name else " ".join(option.split()[1:])
    return rest if is_ticked else re.sub(r"[（(][^）)]*[）)]", "", rest)


def _plain_marks(text: str) -> str:
    """Ticks and boxes that are typed in brackets or behind the words, or that a font turned into
    letters, as ticks and boxes before the words."""
    names = "|".join(_ACTIVITIES)
    text = _TYPED_TICK.sub("√", text)
    if re.search(f"[{_TICK}]", text) or _TYPED_BOX.search(text):
        text = _TYPED_BOX.sub("□", text)
    marks = f"[{_TICK}{_BOX}]"
    if re.fullmatch(rf"\s*(?:(?:{names})\s*{marks}\s*)+(?:[（(].*)?", text):
        text = re.sub(rf"({names})\s*({marks})", r"\2\1 ", text)
    letters = re.findall(rf"([{_TICK_LETTERS}{_BOX_LETTERS}{_LOST}])\s*(?={names})", text)
    if not letters or re.search(f"[{_TICK}]", text):
        return text
    boxes = set(letters) & set(_BOX_LETTERS) or re.search(f"[{_BOX}]", text)
    ticks = set(letters) & set(_TICK_LETTERS + _LOST)
    if not (boxes and ticks):
        return text
    text = re.sub(rf"[{_BOX_LETTERS}](?=\s*(?:{names}))", "□", text)
    return re.sub(rf"[{_TICK_LETTERS}{_LOST}](?=\s*(?:{names}))", "√", text)


def names_activity(words: str) -> bool:
    """Whether words hold a tick or a box, or speak of a kind of event."""
    return bool(
        re.search(
            rf"[{_TICK}{_BOX}{_LOST}]|其他|调研|会|采访|路演|参观|策略|线上|电话|现场|活动", words
        )
    )


def _activity(words: str) -> str:
    """`业绩说明会`; what is written behind 其他 stays with it."""
    text = re.sub(r"[（(]\s*[)）]", "", " ".join(words.split())).strip()
    for name in _ACTIVITIES:
        if text.startswith(name):
            return re.sub(r"\s+(?=[（(])", "", text) if name == "其他" else name
    return text.split(" ")[0]


def links(text: str) -> tuple[str, ...]:
    """Web addresses printed in the text."""
    return tuple(dict.fromkeys(re.findall(r"https?://[0-9A-Za-z._~:/?#@!$&'*+,;=%\-]+", text)))
