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


_SUMMARY = re.compile(
    r"^(?:\d{1,3}\s*[、.．]|[（(]?[一二三四五六七八九十]{1,3}[）)、.．]|[Ⅰ-Ⅻ]\s*[、.．]|(?:Part|PART)\s*\d+"
    r"|第[一二三四五六七八九十\d]+\s*(?:部分|环节|阶段|节|章)|【)\s*[：:]?\s*"
    r"(?:本次|此次)?(?:会议|活动|交流|调研|说明会)?\s*(?:总结|小结|结语|结束语|致辞|闭幕|现场参观|参观)"
    r"[^。！？!?；;：:]{0,8}】?\s*(?:[：:].*)?$"
)
_OF_THE_EVENT = re.compile(
    r"^(?:(?:会议|活动)?主持人[^。]{0,10}(?:致|总结|宣布|感谢|表示)|主持人\s*[：:]\s*(?:感谢|谢谢|今天|本次)"
    r"|(?:董事长|董事会秘书|董秘|总经理|公司领导)\S{0,4}(?:最后|致辞|总结)"
    rf"|(?:{_EVENT}|会|交流|问答)(?:结束)?后[，,][^。]{{0,20}}(?:参观|合影|走访)"
    r"|(?:其余|剩余|其他|未回[答复]的?)(?:的)?(?:问题|提问)[^。]{0,30}(?:回复|回答|答复|解答)"
    r"|(?:因|由于|鉴于)时间(?:关系|有限|所限)"
    rf"|下(?:一)?次[^。]{{0,4}}{_EVENT}[^。]{{0,10}}(?:时间|通知|再)"
    rf"|(?:本次|此次){_EVENT}[^。]{{0,6}}(?:持续|历时|共计|共有|时长)"
    rf"|[^。，]{{0,8}}(?:接待|记录|工作)人员[^。]{{0,14}}(?:记录|登记|存档)"
    rf"|[^。，]{{0,4}}{_EVENT}[^。，]{{0,12}}(?:圆满)?(?:结束|落幕)[。！!]?$"
    r"|[*＊\s]*以上(?:就是|即|为|是|系)[^。]{0,12}(?:内容|要点|全部|纪要|问答)"
    r"|(?:最后|会后)[，,][^。]{0,20}(?:赠送|纪念品|合影)[^。]{0,10}[。]?$"
    r"|[^。，]{0,6}(?:提问|问答|交流|互动)环节(?:到此|圆满)?结束(?:[，,][^。]{0,30})?[。！]?$"
    r"|(?:谢谢|感谢)(?:大家|各位)[^。]{0,12}[！。]?(?:今天|今日|本次)[^。]{0,14}(?:到这里|到此|结束)[^。]{0,4}[。！]?$"
    r"|[（(]?(?:记录|整理|填表|记录整理)(?:人员?)?\s*[:：][^。]{1,16}[）)]?$"
    r"|特此(?:公告|记录|说明|披露)[。！]?$|(?:参加|参会|与会|调研)?人员?(?:签名|签字)\s*[:：][^。]{0,20}$"
    r"|(?:本|此|上述)(?:记录|纪要|表)[^。，]{0,10}(?:确认|核对|审[阅核])[^。]{0,8}[。]?$"
    r"|(?:参会|参与|与会|来访|调研|出席)(?:人员|单位|机构|投资者)\s*(?:名单|名录)?\s*[：:]"
    r"|[-—*＊\s（(【\[]*(?:(?:本页|以下)无正文|正文?完|全文完|完|结束|END|End)[-—*＊\s）)】\].。]*$)"
    r"|^[^。]{0,16}(?:投资(?:者)?有风险|入市需谨慎|仅供(?:投资者)?参考|不构成[^。]{0,8}(?:投资)?建议|前瞻性(?:陈述|描述))"
    r"|^[^。]{0,10}(?:纪要|记录)[^。]{0,4}(?:未经|由)[^。]{0,10}(?:审[阅核]|整理)"
)


def heads_summary(text: str) -> bool:
    """A heading of what the host says when the questions are over: `第三部分：会议总结`."""
    return bool(_SUMMARY.match(text.strip()))


def is_of_the_event(text: str) -> bool:
    """Speaks of the event or of this paper, not of the company: `会后，投资者参观了展厅。`"""
    return bool(_OF_THE_EVENT.match(text.strip()))


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
    return is_remark(text) or is_statement(text) or heads_summary(text) or is_of_the_event(text)
