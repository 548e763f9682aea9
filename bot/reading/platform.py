"""Questions and answers of a platform in a form that is none of tables/: known, and not read."""

from __future__ import annotations

import re

from bot.reading.header import TITLE
from bot.reading.lines import Source, squashed

PLATFORM = (
    "这是互动平台（互动易、上证e互动）的问答，不是投资者关系活动记录表，这种写法还读不了；"
    "请改用有“问题、回复、股票代码、回复时间”各列的 CSV、Excel 或 JSON 导入，"
    "或从巨潮资讯网下载投资者关系活动记录表"
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
