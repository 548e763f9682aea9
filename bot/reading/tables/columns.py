"""Which column of a table holds what, by its header: Chinese, English, or an export's own name.

The names are those of akshare, Tushare, the platforms' own JSON, crawlers and xtquant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.reading.lines import UNSEEN

_ALIASES = {
    "question": "问题 提问 问题内容 提问内容 投资者提问 投资者问 提问问题 q question maincontent"
    " question_content",
    "answer": "回答 回答内容 回复 回复内容 答复 答复内容 公司回复 公司答复 公司回答 公司答"
    " a answer reply attachedcontent answer_content",
    "code": "股票代码 证券代码 公司代码 代码 ts_code stockcode stock_code seccode sec_code"
    " code symbol company_code company_id",
    "name": "公司简称 股票简称 证券简称 公司名称 股票名称 证券名称 简称 名称 name"
    " companyshortname secname sec_name company_name stock_name",
    "asked": "提问时间 问题时间 提问日期 pubdate question_time asked asked_at",
    "answered": "回答时间 回复时间 答复时间 回答日期 回复日期 答复日期 pub_time attachedpubdate"
    " answer_time answered answered_at",
    "day": "event_date 日期 活动日期 date trade_date",
    "updated": "更新时间 更新日期 updatedate update_time",
    "id": "问题编号 问答编号 问题id indexid question_id questionid",
    "record_no": "record_no 编号 记录编号 记录表编号",
    "number": "question_no 序号 问题序号",
    "link": "链接 网址 来源链接 原文链接 url link",
    "platform": "平台 来源平台 来源 platform source",
    "content_type": "contenttype",
}


def _name(header: str) -> str:
    """A header as it is compared: `Company Code`, `company_code` and `companyCode` are one."""
    plain = unicodedata.normalize("NFKC", header).strip(UNSEEN).lower()
    return re.sub(r"[\s_]+|\(.*\)$|[*:]$", "", plain)


_FIELDS = {_name(alias): field for field, names in _ALIASES.items() for alias in names.split()}
# Columns that only what was taken from a platform has.
_OF_PLATFORM = frozenset(
    (
        *("问题编号", "问答编号", "indexid", "回答id", "提问者", "提问者编号", "回答者"),
        *("问题来源", "回答来源", "用户名", "username", "attachedcontent", "attachedpubdate"),
        *("qastatus", "tscode"),
    )
)
_OF_AKSHARE = frozenset(("提问者", "提问时间", "回答内容"))
# Exports without a question and an answer: what they are, by a column that only they have.
_WITHOUT_WORDS = {
    "调研机构": "机构调研的名单",
    "接待方式": "机构调研的名单",
    "announcementtitle": "公告的清单",
    "announcementid": "公告的清单",
    "tmaincontent": "投资者关系活动的数据表",
    "nbcode": "投资者关系活动的数据表",
}
# Known columns that are not taken; any other one is named.
_UNNAMED = frozenset(
    (
        *("行业", "行业代码", "industry", "提问者", "提问者编号", "回答者", "回答id", "用户名"),
        *("username", "问题来源", "回答来源", "currenttime", "authorname", "qastatus"),
    )
)


class NoRowsError(Exception):
    """A table without questions and answers; why, in Chinese."""

    def __init__(self, what: str = "") -> None:
        """what: a known kind of export, or why there are none."""
        super().__init__(what or "表头里找不到“问题”和“回复”两列")


@dataclass(frozen=True)
class Columns:
    """Where the fields of a row stand."""

    places: tuple[tuple[str, int], ...]  # field, place
    is_platform: bool  # an export of a platform
    may_be_utc: bool  # an export whose times were UTC until May 2024: akshare's of 互动易
    doubled: tuple[str, ...]  # headers that claim to be the same, of which one is taken
    left_out: tuple[str, ...]  # headers that are not taken

    def cells(self, values: Sequence[object]) -> dict[str, object]:
        """The row's cells by field."""
        return {field: values[at] for field, at in self.places if at < len(values)}


@lru_cache(maxsize=256)
def columns(headers: tuple[str, ...]) -> Columns | None:
    """The columns of a header row; None where no question and answer are among them."""
    names = [_name(header) for header in headers]
    places: dict[str, int] = {}
    doubled, left_out = [], []
    for at, name in enumerate(names):
        field = _FIELDS.get(name)
        if field is None:
            if name and name not in _UNNAMED:
                left_out.append(headers[at])
        elif field in places:
            doubled.append(headers[at])
        else:
            places[field] = at
    if not {"question", "answer"} <= places.keys():
        return None
    return Columns(
        tuple(places.items()),
        not _OF_PLATFORM.isdisjoint(names),
        set(names) >= _OF_AKSHARE,
        tuple(doubled),
        tuple(left_out),
    )


def without_words(headers: Sequence[str]) -> str:
    """What a known export without questions and answers is; Chinese, empty for any other."""
    return next(
        (_WITHOUT_WORDS[name] for name in map(_name, headers) if name in _WITHOUT_WORDS), ""
    )
