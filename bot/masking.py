"""Phone, identity and account numbers and e-mail addresses, masked before anything is kept.

A message is read character by character as digits, marks between digits, and the rest; what is
masked is one or several groups of digits, taken whole:

    telephone   a mobile number (with 86), a fixed line with its area code, 400 and 800, a number
                with a + before it; behind a word such as 电话 also seven or eight digits alone
    identity    18 or 15 digits with a date of birth in them, passports, Hong Kong's identity cards
    account     16 to 19 digits of a bank card, a securities account (A123456789); behind a word
                such as 账号 any seven digits and more
    e-mail      name@host.tld

Digits count in any width, as Chinese numerals (一三八 …), and with spaces, dashes or unseen
characters between them. What questions are full of stays: stock codes, record numbers, dates and
lists of years, amounts with their unit or currency, decimals, thousands with commas.

The telephone libraries (phonenumbers) know the world's numbering plans but neither the other kinds
nor how Chinese askers write, and take an amount for a number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

MASK = "＊＊＊"  # no mark of any chat's markup, and no word that a search would heed

_NUMERALS = dict(
    zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "00123456789" + "1123456789", strict=True)
)
_DIGITS = {ord(numeral): digit for numeral, digit in _NUMERALS.items()}
_IN_NUMERALS = re.compile(f"[{''.join(_NUMERALS)}](?:[ \\-]?[{''.join(_NUMERALS)}]){{6,}}")
_DASHES = "-‐‑‒–—―−－﹣ー~_·•・"
_GROUP = re.compile("\\d(?:\0*\\d)*")
_MOST = 30  # digits of a number, with those of a country and an extension
_LOOK = 24  # characters beside a number that tell what it is
_BETWEEN = re.compile(r" {0,2}[-.]? {0,2}")  # in a number: as `_view` has it
_EMAIL = re.compile(
    r"[a-z0-9][\w.+%-]{0,63} ?@ ?(?:[a-z0-9-]{1,63} ?\. ?){1,8}[a-z]{2,24}(?![a-z0-9])", re.ASCII
)
_LETTERED = re.compile(
    r"(?<![a-z0-9])(?:"
    r"[a-f][ -]?\d{9}"  # a securities account
    r"|(?:e\d|e[a-hj-np-z]|g\d)\d{7}"  # a passport
    r"|[a-z]{1,2}\d{6} ?\([0-9a]\)"  # an identity card of Hong Kong
    r"|(?<=[护照行证件][号码: ])[a-z]{1,2}\d{6,10}|(?<=护照|行证|证件)[a-z]{1,2}\d{6,10}"
    r")(?![a-z0-9])"
)

# What stands behind an amount or a quantity; 元旦, 股东 and 手机 are none.
_UNIT = re.compile(
    r" {0,2}(?:元(?!旦)|块|万|亿|千元|百元|美元|美金|欧元|港元|港币|日元|英镑|人民币|股(?!东|票|民)"
    r"|手(?!机)|份(?!额)|户(?!口|名)|台|套|件|辆|吨|部(?!门)|颗|片|千瓦|兆瓦|度电|平方|%|％|‰"
    r"|rmb|cny|usd|hkd|eur|kwh|mwh|gwh|mw|gw|kw)"
)
# What stands before an amount; behind the first ones without a word between.
_IS = r"(?:大?约|为|是|达到?|了|共|近|超过?|有)"
_MONEY = re.compile(
    r"(?:(?:[¥￥$€£]|rmb|cny|usd|hkd|人民币|美元|营收|收入|利润|净利|市值|总额|金额|资产|负债|现金流"
    rf"|股本|资本|成交额|规模|净额|余额|销量|产量|股数)[ :=]?{_IS}?"
    rf"|(?:现金|融资|募资|投资|分红|销售额?|产[能值]|成交量|订单|费用|成本)[ :=]?{_IS})[ :=]?$"
)
_NEAR = r"[^0-9。;!?\n]{0,8}$"
_PHONE_WORD = re.compile(
    rf"(?:电话|手机|号码|联系|座机|热线|致电|拨打|回电|微信|tel|phone|mobile|call){_NEAR}"
)
_ACCOUNT_WORD = re.compile(
    r"(?:[账帐]号|[账帐]户|卡号|银行卡|储蓄卡|信用卡|股东号|股东代码|股东卡|资金号|身份证|证件号?"
    rf"|护照|通行证|社保号|公积金号|qq号?|account){_NEAR}"
)

_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_GROUPS = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 5, 3), (3, 2, 3, 3), (4, 3, 4)}
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_FIXED = re.compile(rf"0{_AREA}[1-9]\d{{6,7}}|[48]00\d{{7}}")
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(
    rf"[1-9]\d{{5}}(?:18|19|20)\d{{2}}{_BIRTH}\d{{3}}[\dx]|[1-9]\d{{5}}\d{{2}}{_BIRTH}\d{{3}}"
)
_CARD = re.compile(r"(?!20[0-4]\d(?:0[1-9]|1[0-2]))[2-689]\d{15,18}|3[47]\d{13}")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_DATE = re.compile(rf"(?:19|20)\d{{2}}{_BIRTH}(?:[01]\d|2[0-3])?(?:[0-5]\d){{0,2}}")


def masked(text: str) -> str:
    """The text as it may be kept; the same for a text that was masked before.

    >>> masked("我是张三，电话 １３８-0013-8000，持有 300253 共 20000 股")
    '我是张三，电话 ＊＊＊，持有 300253 共 20000 股'
    """
    if not any(map(_may_begin, text)):
        return text
    spans = _spans(_view(text))
    for start, end in reversed(list(spans)):
        text = text[:start] + MASK + text[end:]
    return text


def _may_begin(char: str) -> bool:
    return char in "@＠﹫" or char in _NUMERALS or unicodedata.decimal(char, None) is not None


# The text, one character for one


def _view(text: str) -> str:
    """The text with ASCII digits, dashes, spaces and letters; of the same length."""
    view = "".join(map(_plain, text))
    return _IN_NUMERALS.sub(lambda run: run[0].translate(_DIGITS), view)


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if char in _DASHES:
        return "-"
    if char.isspace() and char != "\n":
        return " "
    if unicodedata.category(char) == "Cf":  # zero-width, soft hyphen: nobody sees them
        return "\0"
    wide = unicodedata.normalize("NFKC", char)
    return wide.casefold()[:1] if len(wide) == 1 and len(wide.casefold()) == 1 else char


# What of it is masked


@dataclass(frozen=True)
class _Digits:
    """A group of digits."""

    start: int
    end: int
    text: str


def _spans(view: str) -> Iterator[tuple[int, int]]:
    """What is masked, in order, nothing twice."""
    found = sorted(
        [
            *(match.span() for match in _EMAIL.finditer(view)),
            *(match.span() for match in _LETTERED.finditer(view)),
            *_numbers(view),
        ]
    )
    end = 0
    for start, stop in found:
        if start >= end:
            yield start, stop
        elif stop > end:
            yield end, stop
        end = max(end, stop)


def _numbers(view: str) -> Iterator[tuple[int, int]]:
    """Runs of groups that are a number of a person, the longest first."""
    for run in _runs(view):
        at = 0
        while at < len(run):
            for stop in range(at + _fitting(run, at), at, -1):
                if _is_personal(view, run[at:stop], is_first=at == 0):
                    end = run[stop - 1].end
                    yield run[at].start, end + (view[end : end + 1] == "x")
                    at = stop
                    break
            else:
                at += 1


def _fitting(run: list[_Digits], at: int) -> int:
    """How many groups from there on have no more digits than a number."""
    digits = accumulate(len(group.text) for group in run[at : at + _MOST])
    return sum(count <= _MOST for count in digits)


def _runs(view: str) -> Iterator[list[_Digits]]:
    """Groups with no more than marks of numbers between them."""
    run: list[_Digits] = []
    for match in _GROUP.finditer(view):
        group = _Digits(match.start(), match.end(), match[0].replace("\0", ""))
        if run and not _is_between(view, run[-1], group):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _is_between(view: str, one: _Digits, other: _Digits) -> bool:
    """Whether what stands between two groups may stand in a number: `(021) 123…`, `138-0013-…`."""
    between = view[one.end : other.start].replace("\0", "")
    is_bracketed = view[max(0, one.start - 1) : one.start] in ("(", "+")
    return bool(_BETWEEN.fullmatch(between.removeprefix(")") if is_bracketed else between))


def _is_personal(view: str, groups: list[_Digits], *, is_first: bool) -> bool:
    """Whether groups of one run are a number of a person; `is_first`: of the run's."""
    digits = "".join(group.text for group in groups)
    sizes = tuple(len(group.text) for group in groups)
    start, end = groups[0].start, groups[-1].end
    before, after = view[max(0, start - _LOOK) : start], view[end : end + _LOOK]
    return (
        7 <= len(digits) <= _MOST
        and (
            _is_telephone(digits, sizes, before)
            or _is_identity(digits, sizes, after)
            or _is_account(digits, sizes)
            or (is_first and _is_announced(digits, sizes, before))
        )
        and not _is_of_records(view, groups, sizes)
        and not _UNIT.match(after)
        and not _MONEY.search(before)
    )


def _is_of_records(view: str, groups: list[_Digits], sizes: tuple[int, ...]) -> bool:
    """Stock codes, years, a decimal, thousands with commas, a part of something longer."""
    first, last = groups[0], groups[-1]
    if re.search(r"\d[.,]$", view[max(0, first.start - 2) : first.start]) and sizes[0] != 11:
        return True
    if re.match(r"[.,]\d{3}(?!\d)|\.\d", view[last.end : last.end + 5]):
        return True
    if "." in view[first.start : last.end] and sizes != (3, 4, 4):
        return True  # numbers with a point; 138.0013.8000 is none
    if set(sizes) == {6} or all(_YEAR.fullmatch(group.text) for group in groups):
        return True
    return view[max(0, first.start - 1) : first.start] in ("/", "#") and len(sizes) > 1


def _is_telephone(digits: str, sizes: tuple[int, ...], before: str) -> bool:
    if before.endswith(("+", "(+")) and 10 <= len(digits) <= 15:
        return True
    home = re.sub(r"^(?:00)?86(?=1[3-9]\d{9}$)", "", digits)
    if _MOBILE.fullmatch(home):
        left = _without_first(sizes, len(digits) - len(home))
        return home != digits or set(left) == {1} or left in _MOBILE_GROUPS
    if sizes[0] <= 4 and len(sizes) > 1 and sizes[-1] <= 6:  # with an extension
        bare = digits[: -sizes[-1]]
        if _FIXED.fullmatch(bare) and _is_fixed(sizes[:-1]):
            return True
    return bool(_FIXED.fullmatch(digits)) and _is_fixed(sizes)


def _is_fixed(sizes: tuple[int, ...]) -> bool:
    """In one, or the area code or 400 first."""
    return len(sizes) == 1 or sizes[0] in (3, 4) or set(sizes) == {1}


def _without_first(sizes: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The groups behind so many digits."""
    left = list(sizes)
    while count and left:
        taken = min(count, left[0])
        count -= taken
        left[0] -= taken
        if not left[0]:
            left.pop(0)
    return tuple(left)


def _is_identity(digits: str, sizes: tuple[int, ...], after: str) -> bool:
    if not (len(sizes) == 1 or set(sizes) == {1} or sizes[0] in (3, 4, 6)) or set(sizes) == {6}:
        return False
    return bool(_IDENTITY.fullmatch(digits + ("x" if after.startswith("x") else "")))


def _is_account(digits: str, sizes: tuple[int, ...]) -> bool:
    """A bank card: in one, in groups of four, or as issuer and number."""
    in_fours = sizes[0] == 4 and set(sizes[:-1]) == {4} and sizes[-1] <= 7
    grouped = in_fours or sizes in ((6, 10), (6, 13), (4, 6, 5)) or set(sizes) == {1}
    return (len(sizes) == 1 or grouped) and bool(_CARD.fullmatch(digits))


def _is_announced(digits: str, sizes: tuple[int, ...], before: str) -> bool:
    """What a word before it calls a telephone, an account or an identity."""
    if _DATE.fullmatch(digits) or (len(sizes) > 1 and _YEAR.fullmatch(digits[: sizes[0]])):
        return False
    if sizes[0] == 6 and len(sizes) > 1:  # stock codes
        return False
    if _PHONE_WORD.search(before):
        return len(digits) in (7, 8) or bool(_MOBILE.fullmatch(digits))
    return bool(_ACCOUNT_WORD.search(before))
