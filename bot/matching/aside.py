"""What no record speaks of: what the share will do, what to buy, and this bot.

Asked about these, nothing is near, however alike the words are. A question about the company's own
steps (`股价下跌，有何稳定措施`) is none of them.
"""

from __future__ import annotations

import re

_FORECAST = re.compile(
    r"(?:股价?|股票|大盘|开盘|收盘|走势|明[天日]|下周|后市|短期).{0,8}"
    r"(?:[还会能大]涨|[还会能大]跌|涨[吗到不停]|跌[吗到不停]|反弹|翻倍|创新[高低]|见底|能[上到回]|走势|腰斩)"
    r"|目标价(?!格)|套牢|(?:什么|啥)时候?能?(?:解套|回本)|主力(?:在|资金|是不是|出货|要)|庄家"
    r"|price target|(?:stock|shares?) (?:price )?(?:will )?(?:go|be|rise|fall|drop|tomorrow)"
)
_STEPS = re.compile("措施|管理|稳定|回购|增持|原因|为[什何啥]|维护|应对|公司")
_ADVICE = re.compile(
    r"(?:能不?能|可以|该不该|要不要|适不?适合|值得|建议|应该|还是|现在能)(?:再|继续|不)?"
    r"(?:买入?|加仓|减仓|清仓|补仓|抄底|上车|建仓|卖出?|割肉?|持有)"
    r"(?:[吗么嘛不呢了?]|$|.{0,4}(?:股|票))"
    r"|抄底|加仓|补仓|清仓|割肉|炒股|荐股|买哪个|龙头股|打新|新股申购|推荐.{0,8}(?:股|票|只)"
    r"|should i (?:buy|sell)"
)
_BOT = re.compile(
    r"[你您](?:到底)?是(?:谁|不是|哪|什么|机器人|ai|真人|人工|人还是)|[你您]背后|讲个?笑话|说个?笑话|写一?首"
    r"|人工客服|转人工|who are you|are you (?:an? )?(?:bot|robot|human|ai|real)"
)


def is_aside(text: str) -> bool:
    """Whether a normalised message is about the share's future, what to buy, or the bot.

    >>> is_aside("明天股价会涨吗?"), is_aside("股价天天跌,公司就不管管?")
    (True, False)
    """
    if _STEPS.search(text):
        return False
    return any(pattern.search(text) for pattern in (_FORECAST, _ADVICE, _BOT))
