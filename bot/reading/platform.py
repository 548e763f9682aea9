"""Questions and answers of an exchange's platform (互动易, 上证e互动): known, and not read here."""

from __future__ import annotations

import re

from bot.reading.header import TITLE
from bot.reading.lines import Source, squashed

PLATFORM = (
    "这是互动平台（互动易、上证e互动）的问答，不是投资者关系活动记录表，这个版本还不能导入；"
    "请从巨潮资讯网或公司网站下载投资者关系活动记录表，再导入"
)
_NAMES = re.compile(
    r"互动易|上证e互动|irm\.cninfo\.com\.cn|irm\.szse\.cn|sns\.sseinfo\.com|sseinfo\.com", re.I
)
_QUESTION = re.compile(r"提问|发问|问题?\s*[:：@]|[?？]|\bQUESTION\b|\basked\b", re.I)
_ANSWER = re.compile(r"回复|回答|答复?\s*[:：]|\bANSWER\b|\banswered\b", re.I)


def is_platform(source: Source) -> bool:
    """Whether a file without the form's rows and title names a platform, asks and answers."""
    lines = [line.text for line in source.lines]
    return (
        any(_NAMES.search(line) for line in lines)
        and not any(TITLE.search(squashed(line)) for line in lines)
        and any(_QUESTION.search(line) for line in lines)
        and any(_ANSWER.search(line) for line in lines)
    )
