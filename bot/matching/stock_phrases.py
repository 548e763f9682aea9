"""Answers that answer nothing: greetings, thanks and `具体请查阅定期报告`, and no word besides.

Written answers on platforms are often no more than that. In a filed record such words are the
company's answer to what it was asked face to face, and stay one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_MATTER = "情况|内容|信息|数据|进展|业绩|事项|问题|计划|安排|详情|经营|指标|动态"
_PAPER = (
    "公告|定期报告|年度报告|年报|半年度?报告?|季度?报告?|报告|披露文件|信息披露|披露信息|披露的?(?:相关)?(?:信息|内容|文件)"
    "|巨潮资讯网?|指定媒体|官网|网站"
)
_PHRASES = (
    r"尊敬的.{1,8}|.{0,6}(?:您|你|大家)好",
    r"(?:非常|再次|十分|衷心)?(?:感谢|谢谢|多谢)(?:您|你|投资者|各位|大家)?们?(?:一直以来|长期以来)?(?:对.{0,14}?)?的?"
    r"(?:(?:关注|关心|支持|提问|建议|信任|理解|意见|厚爱|宝贵|留言|来信|问题|[与和及、的])+)?",
    rf"(?:具体|相关|有关|详细|后续|上述|公司|关于|就|对于|您|所|提|及|的)*"
    rf"(?:[^0-9%％]{{0,20}}?(?:{_MATTER}))?"
    r"(?:(?:公司)?(?:已|均已)?(?:在|于).{0,20}披露)?"
    r"(?:敬请|烦请|还请|请|可|您可以?|建议您?|建议投资者|望)?(?:您|投资者|广大投资者|各位投资者)?"
    r"(?:及时|持续|密切|继续|后续|自行|以|届时|可以?)*"
    rf"(?:查阅|参阅|参见|参考|关注|留意|详见|查看|查询|阅读|见|等待|以)"
    rf"(?:20\d\d|[^0-9%％，]){{0,40}}?(?:{_PAPER})(?:内容|信息|[的中里]|相关|部分|部份|章节|为准|披露|进行|了解|查询)*",
    rf"(?:具体|相关|公司|一切|最终|请|敬请|均|{_MATTER})*以[^0-9%％]{{0,24}}为准",
    rf"(?:关于|针对)[^0-9%％]{{0,20}}(?:{_MATTER})",
    r"(?:如|若)(?:未来|后续|今后)?(?:有|涉及|达到|触及)[^0-9%％]{0,20}",
    rf"(?:具体|相关|有关|详细|后续|公司)+(?:{_MATTER})",
    r"(?:公司|我们|本公司|我公司)?(?:将|会|一直|始终)?(?:严格)?(?:按照|依照|根据|依据|遵照|遵守).{0,30}(?:规定|要求|规则|准则|法规)"
    r"(?:.{0,24}(?:披露|公告)(?:义务)?)?",
    r"(?:及时|依法|严格)*(?:履行|进行)(?:相关|相应|应尽)?的?信息披露(?:义务|工作)?",
    r"(?:公司)?(?:如|若|未来如|后续如|届时).{0,24}(?:将|会).{0,16}(?:披露|公告|告知).{0,6}",
    r"(?:您|你)的?(?:宝贵)?(?:建议|意见|问题|诉求|留言|关切).{0,6}(?:转达|反馈|收到|记录|知悉|重视).{0,16}",
    r"(?:我们|公司)?(?:已|会|将)(?:把)?.{0,14}(?:转达|反馈|记录|知悉).{0,14}",
    r"(?:顺?祝|祝).{1,16}|谢谢|感谢|再见|特此回复|敬请谅解|敬请理解|请您?知悉|(?:敬请|请)?(?:广大)?(?:投资者)?(?:您)?(?:注意投资|理性投资)(?:风险)?",
)
_EMPTY = re.compile(rf"(?:{'|'.join(_PHRASES)})")
_BREAKS = re.compile(r"[，,。！!；;：:？?～~\s]+")
_MARKS = re.compile(r"[“”\"'‘’《》（）()【】\[\]]")
_LONGEST = 300  # characters; none that long says nothing


@lru_cache(maxsize=8192)
def says_nothing(answer: str) -> bool:
    """Whether an answer is made of stock phrases alone.

    >>> says_nothing("您好！感谢您的关注，具体请查阅公司定期报告。谢谢！")
    True
    >>> says_nothing("您好！公司目前没有回购计划，具体请以公司公告为准。")
    False
    """
    if len(answer) > _LONGEST:
        return False
    pieces = _BREAKS.split(_MARKS.sub("", answer))
    return all(_EMPTY.fullmatch(piece) for piece in pieces if piece)
