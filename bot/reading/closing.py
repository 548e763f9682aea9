"""What forms print behind the last answer: closing remarks, notes, statements on disclosure.

They are the company's words, but no answer's. Each is told by how it begins and what it says;
what only resembles them stays in the answer, and a guard names it.
"""

from __future__ import annotations

import re

_EVENT = r"(?:会议|活动|交流会?|调研|接待|说明会|路演|访谈|沟通|座谈会?|电话会议?|问答环节|参观)"
_REMARK = re.compile(
    rf"^(?:\d{{1,3}}\s*[、.．]|[（(]?[一二三四五六七八九十]{{1,3}}[）)、.．]|第[一二三四五六七八九十]+部分)?\s*"
    rf"(?:至此|最后)?[，,]?\s*(?:本次|此次|整场|现场)?[^，。：:？?！；]{{0,12}}{_EVENT}[^，。：:？?！；]{{0,6}}"
    r"(?:结束|完毕|到此为止|圆满落幕)[^，。：:？?]{0,4}[。！!]?$"
)
_NOTE = re.compile(
    r"^[*＊※\s]*[（(]?(?:注|备注|附注|声明|说明|特别说明|特别声明|其他说明|风险提示|免责声明|提示|重要提示|特别提示|温馨提示)"
    r"\s*[：:]"
)
_ABOUT_THE_EVENT = re.compile(
    rf"^(?:在?(?:本次|此次|上述|整个|以上)|以上|上述|在?(?:整个)?{_EVENT}[^，。]{{0,6}}(?:过程|期间|中|内容)|"
    r"公司(?:严格|在|与)|来访|调研(?:机构|人员)|参与单位|参会|与会|投资者(?:已|均)?签署)"
)
_ON_DISCLOSURE = re.compile(
    r"未公开(?:的)?重大(?:信息|事项)|(?:应|未)(?:当|予)?(?:公开)?披露(?:的)?(?:的?重大)?(?:信息|事项)"
    r"|重大(?:未公开)?信息(?:的)?泄[露漏]|盈利预测|业绩(?:预测|承诺)|投资建议|承诺书"
)
_DENIES = re.compile(
    r"没有|未(?:出现|发生|涉及|提供|泄|透露)|不(?:存在|涉及|构成|代表|包含)|签署|严格(?:按照|遵守|遵照)"
)


def is_remark(text: str) -> bool:
    """A short line that says that the event is over: `三、会议结束。`"""
    return bool(_REMARK.match(text.strip()))


def is_note(text: str) -> bool:
    """Begins like a note: `注：`, `声明：`."""
    return bool(_NOTE.match(text))


def is_statement(text: str) -> bool:
    """Says of the event or of this record that nothing was disclosed, or promised, in it."""
    words = _NOTE.sub("", text.strip()).strip()
    begins = is_note(text) or _ABOUT_THE_EVENT.match(words)
    return bool(begins and _ON_DISCLOSURE.search(words) and _DENIES.search(words))


def closes(text: str) -> bool:
    """Whether the words surely close the record."""
    return is_remark(text) or is_statement(text)
