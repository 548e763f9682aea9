"""Phone, identity and account numbers and e-mail addresses, masked before anything is kept.

A message is read character by character as digits, marks between digits, and the rest; what is
masked is one or several groups of digits, taken whole:

    telephone   a mobile number (with 86), a fixed line with its area code, 400 and 800, a number
                with a + before it; behind a word such as 电话 also seven or eight digits alone
    identity    18 or 15 digits with a date of birth in them, passports, Hong Kong's identity cards
    account     16 to 19 digits of a bank card, a securities account (A123456789); behind a word
                such as 账号 any seven digits and more
    e-mail      name@host.tld
    handle      what stands behind 微信, WeChat or QQ as its number or name

Digits count in any width, as Chinese numerals (一三八 …) or in circles, and with spaces, dashes or
unseen characters between them; behind a word such as 电话 with commas and strokes, too. What
questions are full of stays: stock codes, record numbers, dates and lists of years, amounts with
their unit or currency, decimals, thousands with commas.

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
for _circled in ("⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "0➀➁➂➃➄➅➆➇➈", "0➊➋➌➍➎➏➐➑➒"):
    _NUMERALS |= {sign: str(digit) for digit, sign in enumerate(_circled) if sign != "0"}
_DIGITS = {ord(numeral): digit for numeral, digit in _NUMERALS.items()}
_ANY = "".join(_NUMERALS)
_IN_NUMERALS = re.compile(f"[{_ANY}](?:[ \\-]?[{_ANY}]){{6,}}")
_MIXED = re.compile(rf"(?<![\d{_ANY}])(?:[\d{_ANY}][ \-]?){{10}}[\d{_ANY}](?![\d{_ANY}])")
_DASHES = "-‐‑‒–—―−－﹣ー~_·•・"
_GROUP = re.compile("\\d(?:\0*\\d)*")
_MOST = 30  # digits of a number, with those of a country and an extension
_LOOK = 24  # characters beside a number that tell what it is
_BETWEEN = re.compile(r" {0,2}[-.]? {0,2}")  # in a number: as `_view` has it
_EMAIL = re.compile(
    r"[a-z0-9][\w.+%-]{0,63} ?(?:@|[\[(] ?at ?[\])]) ?"
    r"(?:[a-z0-9-]{1,63} ?(?:[.。]|[\[(] ?dot ?[\])]) ?){1,8}[a-z]{2,24}(?![a-z0-9])",
    re.ASCII,
)
_HANDLE = re.compile(
    r"(?:微信|wechat|weixin|(?<![a-z0-9])(?:wx|vx)|v信|加v|qq|扣扣|企鹅) ?(?:"
    r"(?:id|号码?|[账帐]号)? ?[:=是为]? ?(?P<mixed>(?=[a-z_-]*\d)[a-z][a-z0-9_-]{5,19})(?![a-z0-9])"
    r"|(?:(?:id|号码?|[账帐]号) ?[:=是为]?|[:=是为]) ?(?P<digits>\d{5,11})(?!\d)"
    r"|(?:(?:id|号码?|[账帐]号) ?[:=是为]?|[:=]) ?(?P<letters>[a-z][a-z_-]{5,19})(?![a-z0-9]))",
    re.ASCII,
)
_ABROAD = re.compile(r"\+\d{1,3} ?\(\d{2,4}\) ?\d{2,4}(?:[ -]?\d{2,4}){1,3}")
_LETTERED = re.compile(
    r"(?<![a-z0-9])(?:"
    r"[a-f][ -]?(?:\d{9}|\d{3}[ -]\d{3}[ -]\d{3})"  # a securities account
    r"|(?:e\d|e[a-hj-np-z]|g\d)\d{7}"  # a passport
    r"|[a-z]{1,2}\d{6} ?\([0-9a]\)"  # an identity card of Hong Kong
    r"|(?<=[护照行证件][号码: ])[a-z]{1,2}\d{6,10}|(?<=护照|行证|证件)[a-z]{1,2}\d{6,10}"
    r")(?![a-z0-9])"
)

# What stands behind an amount or a quantity; 元旦, 股东 and 手机 are none.
_UNIT = re.compile(
    r" {0,2}(?:元(?!旦)|块|万|亿|千元|百元|美元|美金|欧元|港元|港币|日元|英镑|人民币|股(?!东|票|民)"
    r"|手(?!机)|次(?!日|年|月|要)|人次|条|份(?!额)|户(?!口|名)|台|套|件|辆|吨|部(?!门)|颗|片|千瓦|兆瓦|度电|平方|%|％|‰"
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
_CALLED = r"(?:电话|手机|号码|联系|座机|热线|致电|拨打|回电|传真|微信|tel|fax|phone|mobile|call)"
_PHONE_WORD = re.compile(_CALLED + _NEAR)
_LISTED = re.compile(
    rf"{_CALLED}{_NEAR[:-1]}(1[3-9]\d ?[/*,、|] ?\d{{4}} ?[/*,、|] ?\d{{4}})(?!\d)"
)
_ACCOUNT_WORD = re.compile(
    r"(?:[账帐]号|[账帐]户|卡号|银行卡|储蓄卡|信用卡|股东号|股东代码|股东卡|资金号|客户号|客户代码"
    r"|身份证|军官证|士兵证|驾驶证|台胞证|回乡证|证件号?|护照|通行证|社保号|公积金号"
    rf"|qq号?|扣扣|企鹅号|account){_NEAR}"
)
_COUNTED = re.compile(r"[数量额](?:大?约|为|是|达到?)?[ :=]?$")  # what stands before a quantity
_CODE_WORD = re.compile(r"(?:编号|文号|单号|信用代码|税号)[ :=]?$")

_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_GROUPS = {(11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 5, 3), (3, 2, 3, 3), (4, 3, 4)}
_AREA = r"(?:10|2\d|[3-9]\d{2})"
_FIXED = re.compile(rf"0{_AREA}[1-9]\d{{6,7}}|[48]00\d{{7}}")
_FROM_ABROAD = re.compile(rf"(?:00)?86{_AREA}[1-9]\d{{6,7}}")
_ABROAD_BARE = re.compile(r"00(?:85[23]\d{8}|886\d{8,9}|86(?:10|2\d|[3-9]\d{2})[1-9]\d{6,7})")
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
    for start, end in reversed(list(_spans(_view(text)))):
        text = text[:start] + MASK + text[end:]
    return text


# The text, one character for one


def _view(text: str) -> str:
    """The text with ASCII digits, dashes, spaces and letters; of the same length."""
    view = "".join(map(_plain, text))
    view = _IN_NUMERALS.sub(lambda run: run[0].translate(_DIGITS), view)
    return _MIXED.sub(lambda run: run[0].translate(_DIGITS), view)


def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if char in _DASHES:
        return "-"
    if char.isspace() and char != "\n":
        return " "
    if unicodedata.category(char) in ("Cf", "Mn", "Me"):  # zero-width, soft hyphen, key caps
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
            *(match.span() for match in _ABROAD.finditer(view)),
            *(match.span(1) for match in _LISTED.finditer(view)),
            *_handles(view),
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


def _handles(view: str) -> Iterator[tuple[int, int]]:
    """Names and numbers in WeChat and QQ."""
    for match in _HANDLE.finditer(view):
        kind = match.lastgroup or ""
        is_else = kind == "digits" and (_DATE.fullmatch(match[kind]) or _is_counted(view, match))
        if not is_else:
            yield match.span(kind)


def _is_counted(view: str, match: re.Match[str]) -> bool:
    return bool(_UNIT.match(view[match.end() : match.end() + _LOOK]))


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
    if not 7 <= len(digits) <= _MOST or _UNIT.match(after) or _is_amount(before):
        return False
    if _is_identity(digits, after) and _ACCOUNT_WORD.search(before):
        return True
    return not _is_of_records(view, groups, sizes) and (
        _is_telephone(digits, sizes, before)
        or (_is_identity(digits, after) and _is_identity_grouped(sizes))
        or (_is_account(digits, sizes) and not _is_of_a_code(before, after))
        or (is_first and _is_announced(digits, sizes, before))
    )


def _is_amount(before: str) -> bool:
    return bool(_MONEY.search(before) or _COUNTED.search(before))


def _is_of_a_code(before: str, after: str) -> bool:
    """A part of a register's code, or announced as one."""
    return bool(_CODE_WORD.search(before) or re.match("[a-wyz]", after))


def _is_of_records(view: str, groups: list[_Digits], sizes: tuple[int, ...]) -> bool:
    """Stock codes, years, a decimal, thousands with commas, a part of something longer."""
    first, last = groups[0], groups[-1]
    if re.search(r"\d[.,]$", view[max(0, first.start - 2) : first.start]) and sizes[0] != 11:
        return True
    if re.match(r"[.,]\d{3}(?!\d)|\.\d", view[last.end : last.end + 5]):
        return True
    if "." in view[first.start : last.end] and sizes != (3, 4, 4) and not _is_in_fours(sizes):
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
        return home != digits or set(left) == {1} or _is_mobile_grouped(home, left)
    if _ABROAD_BARE.fullmatch(digits) or (len(sizes) > 1 and _FROM_ABROAD.fullmatch(digits)):
        return True
    if _CODE_WORD.search(before):
        return False
    if sizes[0] <= 4 and len(sizes) > 1 and sizes[-1] <= 6:  # with an extension
        bare = digits[: -sizes[-1]]
        if _FIXED.fullmatch(bare) and _is_fixed(sizes[:-1]):
            return True
    return bool(_FIXED.fullmatch(digits)) and _is_fixed(sizes)


def _is_mobile_grouped(digits: str, sizes: tuple[int, ...]) -> bool:
    """As people set it apart; not as numbers in a row, codes with a number, or years."""
    if sizes in _MOBILE_GROUPS:
        return True
    ends = list(accumulate(sizes))
    groups = [digits[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    is_round = all(group.endswith("000") for group in groups)
    return len(sizes) <= 5 and 6 not in sizes[:1] and not is_round and not _YEAR.match(digits)


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


def _is_identity(digits: str, after: str) -> bool:
    return bool(_IDENTITY.fullmatch(digits + ("x" if re.match(r"[ -]?x", after) else "")))


def _is_identity_grouped(sizes: tuple[int, ...]) -> bool:
    """Not as three stock codes."""
    return len(sizes) == 1 or set(sizes) == {1} or (sizes[0] in (3, 4, 6) and set(sizes) != {6})


def _is_account(digits: str, sizes: tuple[int, ...]) -> bool:
    """A bank card: in one, in groups of four, or as issuer and number."""
    grouped = _is_in_fours(sizes) or sizes in ((6, 10), (6, 13), (4, 6, 5)) or set(sizes) == {1}
    return (len(sizes) == 1 or grouped) and bool(_CARD.fullmatch(digits))


def _is_in_fours(sizes: tuple[int, ...]) -> bool:
    return len(sizes) > 3 and set(sizes[:-1]) == {4} and sizes[-1] <= 7


def _is_announced(digits: str, sizes: tuple[int, ...], before: str) -> bool:
    """What a word before it calls a telephone, an account or an identity."""
    if _DATE.fullmatch(digits) or (len(sizes) > 1 and _YEAR.fullmatch(digits[: sizes[0]])):
        return False
    if sizes[0] == 6 and len(sizes) > 1:  # stock codes
        return False
    if _PHONE_WORD.search(before):
        return len(digits) in (7, 8) or bool(_MOBILE.fullmatch(digits))
    return bool(_ACCOUNT_WORD.search(before))
