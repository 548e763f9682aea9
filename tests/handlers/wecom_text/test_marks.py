"""Emoji codes and addresses are no words; what people put in brackets is."""

from __future__ import annotations

import pytest

from handlers.wecom_text.marks import without


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[微笑]可转债[强][强]何时下修[OK]", "可转债 何时下修"),
        ("[Smile] 可转债", "可转债"),
        ("[可转债]何时下修", "[可转债]何时下修"),
        ("[2025-002] 第3问", "[2025-002] 第3问"),
        ("[[微笑]]可转债[微笑", "[ ]可转债[微笑"),
        ("[" * 5_000 + "微笑" + "]" * 5_000, "[" * 4_999 + " " + "]" * 4_999),
        ("看下https://mp.weixin.qq.com/s/a?b=c#d，可转债", "看下 ，可转债"),
        ("http://a.example", ""),
        ("第一行\n  第二行", "第一行\n 第二行"),
        ("", ""),
    ],
)
def test_marks_are_taken_out(text, said):
    assert without(text) == said
