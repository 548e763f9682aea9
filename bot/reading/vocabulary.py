"""The form's labels: every wording seen, and what to make of one that was not.

Compared without white space. A label that nothing here knows keeps its value under its own words.
"""

from __future__ import annotations

import re
from itertools import product

from bot.reading.lines import squashed


def _all(*pieces: str) -> tuple[str, ...]:
    """Every way to choose one word of each piece; words are separated by blanks, `-` is none."""
    words = [[word.strip("-") for word in piece.split()] for piece in pieces]
    return tuple("".join(choice) for choice in product(*words))


_LABELS = {
    "activities": _all("投资者关系活动 投资者活动 活动 调研活动", "类别 类型"),
    "time": (*_all("- 会议 活动 调研 交流 召开 接待 活动召开 会议召开", "时间"), "时间和日期"),
    "place": (
        *_all("- 会议 活动 召开 调研 交流 接待", "地点", "- /方式 及方式 /形式 及形式 、方式"),
        "地点（方式）",
        "会议地址",
    ),
    "attendees": (
        *_all(
            "参与 参会 参加 来访 调研 与会",
            "单位 机构 人员 投资者",
            "- 名称 姓名",
            "- 及人员姓名 与人员姓名 和人员姓名 及人员 及姓名 与人数 及人数 及参会人员 及人员情况 "
            "及参与人员姓名 及参会人员姓名 和人数 、人员姓名 、姓名 姓名",
        ),
        "投资者名称",
        "参与投资者",
        "活动参与人员",
        "活动参与单位及人员",
    ),
    "hosts": (
        *_all(
            "- 上市 本",
            "公司",
            "接待 参与 参会 出席 接待及参与",
            "人员",
            "- 姓名 姓名及职务 姓名、职务",
        ),
        "接待人员",
        "接待人员姓名",
        "参会人员",
        "公司参加人员",
        "公司与会人员",
        "公司出席人员姓名",
    ),
    "content": _all(
        "投资者关系活动 - 活动 本次活动 会议 调研", "主要内容", "- 介绍 记录 及介绍 简介 概述"
    )
    + _all("交流 会议 调研 活动 沟通", "内容", "- 介绍 记录 及具体问答记录 及问答")
    + (
        "投资者关系活动内容",
        "问答记录",
        "主要问答内容",
        "主要交流内容",
        "投资者关系活动主要交流内容",
    ),
    "attachments": _all("附件清单 附件", "（如有） (如有) -"),
    "form_dates": _all("- 记录 填表 登记", "日期"),
}
_DISCLOSED = _all(
    "- 关于",
    "本次活动 本次会议 活动 会议",
    "- 中",
    "是否涉及",
    "- 应 应当 未公开",
    "披露重大信息 重大信息 重大信息披露",
    "- 的说明 的情况说明",
)
_SLIDES = _all(
    "- 本次",
    "活动",
    "- 过程中",
    "所使用的演示文稿、提供的文档等附件",
    "- (如有) （如有） （如有，可作为附件） (如有，可作为附件)",
)
_BLOCKS = ("风险提示", "免责声明", "重要提示", "特别提示", "特别声明", "风险提示及免责声明")
_FOOT_OTHER = (*_DISCLOSED, *_SLIDES, "备注", "其他说明", "记录人", "整理人", *_BLOCKS)
_HEAD_OTHER = (
    *_all("- 活动 会议 调研", "主题 形式 方式 平台 主持人"),
    "召开方式",
    "调研方式",
    "交流方式",
    "注意事项",
    "参与方式",
    "参与人数",
    "会议议程",
)

FIELD_OF = {squashed(label): name for name, labels in _LABELS.items() for label in labels}
FIELD_OF |= {squashed(label): "" for label in _FOOT_OTHER + _HEAD_OTHER}
FOOT = {label for label, name in FIELD_OF.items() if name in ("attachments", "form_dates")} | {
    squashed(label) for label in _FOOT_OTHER
}
# Blocks that a reader may meet inside answers too.
WORDS_OR_ROW = {squashed(label) for label in (*_BLOCKS, "备注", "其他说明")}
# A label's cell of other words, the first that fits.
_BY_WORDS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        ("(?:活动|关系)(?:类别|类型)", "activities"),
        ("主要内容|交流内容|问答|会议内容|活动内容|沟通内容|会议纪要|调研内容", "content"),
        ("涉及.{0,6}重大信息|演示文稿", ""),
        ("^附件", "attachments"),
        ("(?:会议|活动|召开|接待|调研)日期", "time"),
        ("日期$", "form_dates"),
        ("时间", "time"),
        ("地点|地址", "place"),
        ("接待.{0,6}(?:人员|姓名)|公司.{0,6}(?:人员|姓名|代表)", "hosts"),
        (
            "(?:参与|参加|参会|来访|调研|与会|投资者).{0,8}(?:单位|机构|人员|对象|名称|人数)",
            "attendees",
        ),
    )
)
BY_FIRST = {
    first: sorted((label for label in FIELD_OF if label[0] == first), key=len, reverse=True)
    for first in {label[0] for label in FIELD_OF}
}


TORN = re.compile(r"^[（(]?如?有[）)]?$")  # what is left of 附件清单（如有） on the next page


def bare(label: str) -> str:
    """A label as it is compared: without white space and what separates it from its value."""
    return re.sub(r"[\s；;：:|]", "", label)


def is_known_label(text: str) -> bool:
    return bare(text) in FIELD_OF or bool(TORN.match(bare(text)))


def field_of(label: str) -> str:
    """Which field of the record a label names; empty: a row under its own label."""
    wording = bare(label)
    if wording in FIELD_OF:
        return FIELD_OF[wording]
    if TORN.match(wording):
        return "attachments"
    return next((name for pattern, name in _BY_WORDS if pattern.search(wording)), "")
