"""Questions in English, and in pinyin, find what the same words in Chinese find."""

from __future__ import annotations

import pytest

from bot.matching.lexicon import read_lexicon
from bot.message import Answer, Decline, Message, Suggest

VOCABULARY = """
convertible bond = 可转债          conversion price = 转股价           dividend = 分红
cash dividends = 分红              share buyback = 回购                capacity = 产能
capacity utilisation = 产能利用率  overseas = 海外                     export = 海外
gross margin = 毛利率              net margin = 净利率                 tariffs = 关税
R&D spending = 研发投入            R&D expenses = 研发费用             order backlog = 在手订单
guidance = 指引                    shareholder reduction = 减持        increase holdings = 增持
M&A = 并购                         equity incentive = 股权激励         stock options = 股权激励
bad debt = 坏账                    impairment = 减值                   receivables = 应收账款
operating cash flow = 现金流       inventory = 存货                    goodwill = 商誉
market share = 市占率              exchange rate = 汇率                raw materials = 原材料
share pledge = 质押                controlling shareholder = 控股股东  layoffs = 裁员
interest rate = 利率               tax rate = 税率                     depreciation = 折旧
selling expenses = 销售费用        administrative expenses = 管理费用  debt ratio = 资产负债率
contract liabilities = 合同负债    government subsidies = 政府补助     maturity = 到期
target price = 目标价              trading suspension = 停牌           delisting = 退市
lawsuit = 诉讼                     competition = 竞争                  customers = 客户
mass production = 量产             energy storage = 储能               capex = 资本开支
"""


def pairs(lines):
    for line in lines.strip().splitlines():
        words = [cell.strip() for cell in line.replace("  ", "\t").split("\t") if cell.strip()]
        yield from (tuple(pair.split(" = ")) for pair in words)


@pytest.mark.parametrize(("english", "chinese"), list(pairs(VOCABULARY)))
def test_a_word_of_the_field_means_the_same_in_english(english, chinese):
    phrases = read_lexicon().synonyms
    found = [line for _, _, line in phrases.find(english.lower())]
    assert found == [line for _, _, line in phrases.find(chinese)]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("typed", "chinese"),
    [
        ("convertible bond", "可转债"),
        ("convertible bonds", "可转债"),
        ("kezhuanzhai", "可转债"),
        ("tariffs", "关税"),
        ("tariff impact", "关税影响"),
        ("guanshui", "关税"),
        ("bad debt", "坏账"),
        ("accounts receivable", "应收账款"),
    ],
)
def test_english_and_pinyin_get_the_answer_of_the_chinese_word(responder, typed, chinese):
    replies = [responder.reply(Message(text)) for text in (typed, chinese)]
    assert isinstance(replies[0], Answer | Suggest)
    assert type(replies[0]) is type(replies[1])
    firsts = [reply.hits[0].full_id for reply in replies]
    assert firsts[0] == firsts[1]


@pytest.mark.parametrize("typed", ["Is the company selling down?", "target price", "any lawsuits?"])
def test_a_sensitive_matter_is_guarded_in_english_too(responder, typed):
    assert isinstance(responder.reply(Message(typed)), Decline)
