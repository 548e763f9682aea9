"""The form's labels: how each may be worded, and what to make of one that was not seen.

Compared without white space. A label that nothing here knows keeps its value under its own words.
"""

from __future__ import annotations

import re

from bot.reading.grammar import Grammar

# Names that are no field of the record: rows under their own label.
_FOOT, _BLOCK, _HEAD = "foot", "block", "head"

_WHICH = "- 本次 该次 此次"
_EVENT = (
    "投资者关系活动 投资者活动 投资者交流活动 投资者关系 投资者交流 活动 会议 调研活动 "
    "调研 交流 接待 来访 活动形式 业绩说明会 说明会 互动交流 调研交流 路演"
)
_CALLED = "- 召开 举办 举行 开展 起止"
_CAME = (
    "参与 参会 参加 来访 调研 与会 参与调研 参加调研 参与活动 参加活动 参与会议 参加会议 来访调研"
)
_WHO = "单位 机构 人员 投资者 对象 单位及机构 机构及单位 单位和机构 单位/机构 机构/单位"
_ALSO = (
    "- 及 与 和 、 以及",
    "- 参与 参会 参加 来访 与会 调研 相关",
    "- 人员 单位 机构 人数 姓名 人员姓名 人员情况 人员名单 人员名称 代表 代表姓名",
)
_RECEIVED = (
    "接待 参与 参会 参加 出席 与会 主讲 接待及参与 参与接待 参加接待 接待及参会 出席会议 参加会议"
)
_PERSONS = "人员 人 嘉宾 高管 领导 代表"
_NAMED = "- 姓名 名单 姓名及职务 姓名、职务 姓名和职务 姓名与职务 及职务 和职务 、职务 及姓名"
_GIVEN = "- 介绍 记录 及介绍 简介 概述 纪要 摘要 说明 及问答 及具体问答记录 及问答记录 及回复"
_LABELS = {
    "hosts": (
        ("- 上市 本 我", "公司", "- 方 方面 管理层 主要", _RECEIVED, "- 的", _PERSONS, _NAMED),
        ("接待 主讲 主讲及接待", _PERSONS, _NAMED),
        ("出席", "人员 嘉宾 高管 领导"),
        ("参会", "人员 嘉宾 高管 领导"),
    ),
    "activities": (
        (_WHICH, _EVENT, "- 的", "类别 类型"),
        ("类别 类型",),
    ),
    "time": (
        (_WHICH, f"- {_EVENT}", _CALLED, "- 的", "时间 时间和日期 日期和时间 日期及时间"),
        (_WHICH, "会议 活动 调研 接待 交流 召开 举办 活动召开 会议召开", "日期"),
    ),
    "place": (
        (
            _WHICH,
            f"- 参会 线上 现场 {_EVENT}",
            _CALLED,
            "- 的",
            "地点 地址",
            "- /方式 及方式 /形式 及形式 、方式 、形式 和方式 和形式 与方式 与形式 或方式",
        ),
    ),
    "attendees": (
        (
            "- 活动 本次活动 会议 线上 现场 主要",
            _CAME,
            "- 的",
            _WHO,
            "- 名称 姓名 名单",
            *_ALSO,
        ),
        ("出席 列席", "单位 机构 投资者", "- 名称 姓名", *_ALSO),
        ("特定对象", "- 单位 机构", "名称 姓名"),
        ("投资者名称 投资者参与情况 参与投资者 投资者姓名 参会者 与会者 参会名单 参与方 来访者",),
    ),
    "content": (
        (
            _WHICH,
            f"- 投资者 沟通 {_EVENT}",
            "- 的",
            "主要",
            "- 交流 问答 沟通",
            "内容",
            _GIVEN,
        ),
        (
            _WHICH,
            "交流 会议 调研 活动 沟通 投资者关系活动 调研交流 互动交流",
            "- 的",
            "内容",
            _GIVEN,
        ),
        ("问答记录 会议纪要 调研纪要 交流纪要 投资者关系活动纪要",),
    ),
    "attachments": (("- 相关", "附件", "- 清单 列表 名称 名单 目录 材料 资料 情况"),),
    "form_dates": (
        ("- 记录 填表 登记 填报 填写 编制 制表 披露 报送 制作 本表填写 表格填写", "日期"),
        ("登记 填表 填写 填报", "时间"),
    ),
    _FOOT: (
        (
            "- 关于",
            _WHICH,
            "- 投资者关系活动 投资者活动 活动 会议 调研 交流 调研活动",
            "- 中 过程中",
            "是否 有无",
            "- 存在",
            "- 涉及 泄露 披露",
            "- 应 应当 应予 应公开 应当公开 未公开 需 需要 应披露的",
            "- 的",
            "披露 公开 -",
            "- 的",
            "重大信息 重大信息披露 重大信息泄露",
            "- 的 之",
            "- 说明 情况说明 情况 情况的说明",
        ),
        (
            _WHICH,
            "活动 会议 调研 交流 投资者关系活动 调研活动",
            "- 过程 过程中 中",
            "- 所",
            "使用",
            "- 的",
            "演示文稿 演示文件 演示材料 PPT",
            "、 和 及 与 或 以及 、及",
            "- 所",
            "提供",
            "- 的",
            "文档 文件 资料 材料",
            "- 等 等的",
            "- 附件 材料",
        ),
        (
            "- 关于",
            _WHICH,
            "活动 会议 调研 投资者关系活动",
            "- 中",
            "涉及",
            "应披露 应当披露 未公开",
            "重大信息",
            "- 的",
            "说明 情况说明",
        ),
        ("关于", "- 是否 有无", "- 存在 泄露 涉及", "未公开重大信息", "- 的", "说明 情况说明"),
        (
            _WHICH,
            "- 活动 会议 调研 交流 接待 接待活动 投资者关系活动",
            "- 中 过程中",
            "是否 有无",
            "使用 提供 使用了 提供了 使用或提供",
            "演示文稿 演示材料 PPT 书面资料 书面材料 PPT等材料 演示文稿等资料 资料 材料",
        ),
        ("是否", "- 已 均已", "签署 签订", "- 了", "- 保密 调研", "承诺书"),
        ("- 保密 调研", "承诺书", "- 签署 签署情况 签订情况"),
        ("保密承诺 保密承诺情况",),
        ("- 整理", "记录人 整理人"),
    ),
    # A reader may meet these inside answers too.
    _BLOCK: (("风险提示 免责声明 重要提示 特别提示 特别声明 风险提示及免责声明 备注 其他说明",),),
    _HEAD: (
        ("- 本次", "- 活动 会议 调研 交流 召开 参与", "主题 形式 方式 平台 主持人"),
        ("接待 沟通 参会 参加", "形式 方式"),
        ("机构 参会机构 参与机构 参会 来访机构", "家数 数量"),
        ("天气 天气情况",),
        ("召开方式 注意事项 参与人数 参会人数 会议议程",),
    ),
}
_GRAMMAR = Grammar(_LABELS)
START = _GRAMMAR.start
step = _GRAMMAR.step
spelled = _GRAMMAR.name
# What a label says of itself in brackets: 参与单位（排名不分先后）, 附件清单（如有）, 类别“请打√”.
HINT_MARKS = {"（": "）", "(": ")", "“": "”", '"': '"', "【": "】", "[": "]"}
LONGEST_HINT = 30
_HINT = re.compile(
    "敬称|如有|若有|如适用|如需|如涉及|如不适用|多选|部分|排名|先后|[√☑✓]|打勾|勾选|选中|选择|附件|另附|附后|北京时间|方式|形式|平台|职务|姓名"
    "|名称|名单|纪要|问答|记录"
)
_HINTED = re.compile(
    "".join(
        f"|{re.escape(opens)}[^{re.escape(closes)}]{{0,{LONGEST_HINT}}}{re.escape(closes)}"
        for opens, closes in HINT_MARKS.items()
    )[1:]
)
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
TORN = re.compile(r"^[（(]?如?有[）)]?$")  # what is left of 附件清单（如有） on the next page


def is_hint(text: str) -> bool:
    """Whether words in brackets speak of the label, not of its value."""
    return bool(_HINT.search(text))


def bare(label: str) -> str:
    """A label as it is compared: without white space and what separates it from its value."""
    return re.sub(r"[\s；;：:|]", "", label)


def known(label: str) -> str | None:
    """The name whose label this is, hints in brackets apart."""
    wording = bare(label)
    name = _GRAMMAR.name_of(wording)
    if name is None:
        plain = _HINTED.sub(lambda hint: "" if is_hint(hint[0]) else hint[0], wording)
        name = _GRAMMAR.name_of(plain) if plain else None
    return name


def is_known_label(text: str) -> bool:
    return known(text) is not None or bool(TORN.match(bare(text)))


def is_foot(name: str | None) -> bool:
    """Whether a label of this name stands below the main content."""
    return name in ("attachments", "form_dates", _FOOT, _BLOCK)


def is_block(name: str | None) -> bool:
    """Whether a label of this name may be the company's words inside an answer."""
    return name == _BLOCK


def field_of(label: str) -> str:
    """Which field of the record a label names; empty: a row under its own label."""
    name = known(label)
    if name is not None:
        return "" if name in (_FOOT, _BLOCK, _HEAD) else name
    wording = bare(label)
    if TORN.match(wording):
        return "attachments"
    return next((name for pattern, name in _BY_WORDS if pattern.search(wording)), "")


def is_foot_label(label: str) -> bool:
    return is_foot(known(label))


def begins_foot_label(words: str) -> bool:
    """Whether a label below the main content begins so."""
    return any(is_foot(name) for name in _GRAMMAR.names_begun(bare(words)))
