"""Numbers as Chinese text writes them."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"


def chinese_number(text: str) -> int | None:
    """An integer written in digits or in Chinese numerals below 1,000.

    >>> chinese_number("24"), chinese_number("二十四"), chinese_number("一百零三")
    (24, 24, 103)
    """
    if text.isdigit():
        return int(text)
    match = re.fullmatch(
        r"(?:([一二三四五六七八九两])百零?)?(?:([一二三四五六七八九])?十)?([一二三四五六七八九])?",
        text,
    )
    if not match or not text:
        return None
    hundreds = _digit(match[1])
    tens = (_digit(match[2]) or 1) if "十" in text else 0
    return hundreds * 100 + tens * 10 + _digit(match[3])


def _digit(numeral: str | None) -> int:
    if numeral is None:
        return 0
    return 2 if numeral == "两" else _DIGITS.index(numeral)
