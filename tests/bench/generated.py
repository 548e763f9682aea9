"""Question and answer pairs without end: `python -m tests.bench.generated 1000000 pairs.csv`.

Made of the words that investors and companies use, so that a store of them has the sizes of a real
one: questions of about 14 characters, answers of about 120, of 2,000 companies, as a platform's
export has them; of a market's companies some have many times what others have. The same arguments
make the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

COMPANIES = 2000
PAIRS_OF_A_COMPANY = 1_850  # in the middle, as ten million pairs of 5,400 companies have
_SPREAD = 0.83  # of the logarithm: of 540 companies the largest has six times the mean
_START = datetime(2023, 1, 3, 9)
HEADER = ("股票代码", "公司简称", "问题", "提问时间", "回答内容", "回答时间", "问题编号")
_MATTERS = (
    *("毛利率", "订单", "产能", "海外业务", "研发投入", "分红", "回购", "可转债", "存货"),
    *("应收账款", "现金流", "新产品", "客户集中度", "原材料价格", "股东人数", "募投项目"),
    *("市值管理", "商誉", "汇率影响", "人工智能", "出口占比", "产能利用率", "并购计划"),
    *("股权激励", "子公司业绩", "减值准备"),
)
_ASKED = (
    "{period}的{matter}情况如何？",
    "请问{matter}有何进展？",
    "{matter}是否会有变化？",
    "公司{period}{matter}多少？",
    "贵公司对{matter}怎么看？",
)
_PERIODS = ["今年", "上半年", "三季度", "2024年", "去年同期", "年初以来", "下半年", "一季度"]
_SAID = (
    "尊敬的投资者，您好！公司{matter}总体保持稳定，具体情况请关注公司在指定媒体披露的定期报告。",
    "{period}{matter}同比变动{number}%，主要系行业需求变化与产品结构调整所致，公司将持续优化管理。",
    "目前相关工作正在按计划推进，{matter}方面涉及的项目共{number}个，预计对经营业绩不产生重大影响。",
    "公司高度重视{matter}，已组织相关部门跟踪研究，并根据市场情况适时采取措施，维护全体股东利益。",
    "截至期末，{matter}余额为{number}.{part}亿元，较年初有所变化，属于正常经营范围之内。",
    "感谢您的关注与支持！",
)


def pairs(count: int) -> Iterator[tuple[str, ...]]:
    """The rows, of the companies in turn."""
    chance = random.Random(count)
    for number in range(count):
        yield _pair(number, number % COMPANIES, chance)


def market(count: int, companies: int, *, first: int = 0) -> Iterator[tuple[str, ...]]:
    """The rows, of companies whose sizes are log-normal.

    Args:
        count: How many.
        companies: Of how many.
        first: How many the platform had before; others come then.
    """
    sizes = random.Random(companies)
    shares = list(accumulate(sizes.lognormvariate(0, _SPREAD) for _ in range(companies)))
    chance = random.Random(count + first)
    of: Sequence[int] = range(companies)
    for number in range(first, first + count):
        (company,) = chance.choices(of, cum_weights=shares)
        yield _pair(number, company, chance)


def _pair(number: int, company: int, chance: random.Random) -> tuple[str, ...]:
    asked = _START + timedelta(minutes=chance.randrange(1_400_000))
    answered = asked + timedelta(minutes=chance.randrange(30, 40_000))
    return (
        f"{company + 1:06}" if company < 1000 else f"{300_000 + company - 999:06}",
        f"样例{company}",
        _filled(chance, chance.choice(_ASKED)),
        str(asked),
        "".join(_filled(chance, said) for said in chance.sample(_SAID, 3)),
        str(answered),
        str(2_276_616_300_000_000_001 + number),
    )


def _filled(chance: random.Random, sentence: str) -> str:
    return sentence.format(
        period=chance.choice(_PERIODS),
        matter=chance.choice(_MATTERS),
        number=chance.randrange(2, 980),
        part=chance.randrange(100),
    )


def write(count: int, to: Path) -> None:
    """As CSV, JSON lines or a workbook, by the name's ending."""
    if to.suffix == ".xlsx":
        _write_workbook(count, to)
        return
    with to.open("w", encoding="utf-8", newline="") as file:
        if to.suffix == ".jsonl":
            for row in pairs(count):
                named = dict(zip(HEADER, row, strict=True))
                file.write(json.dumps(named, ensure_ascii=False) + "\n")
        else:
            csv.writer(file).writerow(HEADER)
            csv.writer(file).writerows(pairs(count))


def _write_workbook(count: int, to: Path) -> None:
    import openpyxl

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("问答")
    sheet.append(HEADER)
    for row in pairs(count):
        sheet.append(row)
    workbook.save(to)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int)
    parser.add_argument("to", type=Path, help=".csv, .jsonl or .xlsx")
    arguments = parser.parse_args()
    write(arguments.count, arguments.to)
