"""What two answers of different events tell otherwise, side by side."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.figures import differences
from bot.matching.lexicon import read_lexicon

BEFORE, AFTER = date(2024, 4, 20), date(2025, 4, 19)


def told(before, after):
    return [
        (
            item.metric,
            f"{item.before.period} {item.before.printed}",
            f"{item.after.period} {item.after.printed}",
        )
        for item in differences(before, BEFORE, after, AFTER, read_lexicon())
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "2023年公司海外业务收入12.3 亿元，同比增长8.5%。",
            "2024年公司海外业务收入10.8 亿元，同比下降12.2%。",
            [
                ("公司海外业务收入", "2023年 12.3 亿元", "2024年 10.8 亿元"),
                ("公司海外业务收入", "2023年 8.5%", "2024年 12.2%"),
            ],
        ),
        (
            "毛利率方面，2023 年毛利率为 44.44%，保持稳定。",
            "毛利率方面，2024年毛利率为43.83%，保持稳定。",
            [("毛利率", "2023 年 44.44%", "2024年 43.83%")],
        ),
        (
            "截至2023年末存货为1,234.5万元。",
            "截至2024年末存货为987.6 万元。",
            [("存货", "2023年末 1,234.5万元", "2024年末 987.6 万元")],
        ),
        # a date that was promised
        (
            "新工厂预计 2024 年底前投产。",
            "新工厂预计 2025 年三季度投产。",
            [("", " 2024 年底前", " 2025 年三季度")],
        ),
        # the same, however it is printed; other units; other metrics; a range and a length
        ("2023年毛利率为44.4%。", "2023 年毛利率为 44.4%。", []),
        ("2023年收入12.3亿元。", "2024年收入增长12.3%。", []),
        ("2023年毛利率为44.4%。", "2024年净利率为14.4%。", []),
        ("研发费用率7-8%。", "研发费用率7-8%。", []),
        ("公司有25年经验，收入稳定。", "公司有26年经验，收入稳定。", []),
    ],
)
def test_what_is_told_otherwise_stands_side_by_side(before, after, expected):
    assert told(before, after) == expected


def test_figures_of_other_things_are_not_put_side_by_side():
    before = "2023年海外业务收入239.8亿元，创新业务收入185.5亿元。"
    after = "2024年创新业务收入224.8亿元，海外业务收入259.9亿元。"
    assert told(before, after) == [
        ("创新业务收入", "2023年 185.5亿元", "2024年 224.8亿元"),
        ("海外业务收入", "2023年 239.8亿元", "2024年 259.9亿元"),
    ]
