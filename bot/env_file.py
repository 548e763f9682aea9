"""`.env`: its text, what of it is not read as it was meant, and names that are none of ours."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from bot.errors import SettingsError, reason

logging.getLogger("dotenv").setLevel(logging.ERROR)  # `remarks` say what it warns of

_LOST = re.compile(r"\s*(?:export\s+)?\w+\s*=\s*[^\s'\"#][^#]*?\s#(?=[^\s#])")
_NAME = re.compile(r"[\w.]+", re.ASCII)
_QUOTES = ("“”", "‘’", "＂＂", "＇＇", "「」")  # which input methods write for " and '
_OURS = ("IR_", "SLACK_", "WECOM_")
_OF_TESTS = "IR_TEST_"
_LIKE = 70.0  # of 100: IR_CONTATC is 90 like IR_CONTACT, what is meant otherwise below 60
_SAME = 85.0  # a name without our prefix must be nearly one of ours: WECON_BOT_ID


def read_env_file(path: Path) -> str:
    """The text of `.env`, empty where there is none.

    Raises:
        SettingsError: It is not UTF-8, or a line of it sets nothing because of a full-width ＝.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(f"{path} 读不了（{reason(error)}）；请检查文件权限") from error
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise SettingsError(f"{path} 是 UTF-16 编码；请另存为 UTF-8 编码")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SettingsError(
            f"{path} 第{line}行不是 UTF-8（可能是 GBK）；请另存为 UTF-8 编码"
        ) from error
    for number, printed in enumerate(text.splitlines(), 1):
        if re.match(r"\s*(?:export\s+)?\w+\s*＝", printed):
            raise SettingsError(f"{path} 第{number}行的等号是全角的“＝”；请改为半角的 =")
    return text


def remarks(text: str) -> Iterator[str]:
    """Lines of `.env` that set nothing or something else than was probably meant."""
    set_before: set[str] = set()
    for binding in parse_stream(io.StringIO(text)):
        printed = binding.original.string
        line = binding.original.line + printed[: -len(printed.lstrip())].count("\n")
        for said in _remarks_of(binding, set_before):
            yield f".env 第{line}行{said}"
        set_before.add(binding.key or "")


def _remarks_of(binding: Binding, set_before: set[str]) -> Iterator[str]:
    name, value = binding.key, (binding.value or "").strip()
    if binding.error or (name and not _NAME.fullmatch(name)):
        yield "不合写法，没有读入；应为 名字=值"
        return
    if not name:
        return
    # A remark after a value has a space behind its #; `证券部 #2楼` has none.
    if _LOST.match(binding.original.string):
        yield f" {name}：“ #”后面的文字被当作注释，没有读入；要读入，请给整个值加上引号"
    if any(value.startswith(quotes[0]) and value.endswith(quotes[1]) for quotes in _QUOTES):
        yield f" {name}：引号是全角的，被当作值的一部分；请改为半角引号，或去掉"
    if name in set_before:
        yield f" {name} 前面已经设过；以这一行为准"


def unknown(
    in_file: Iterable[str], in_environment: Iterable[str], known: frozenset[str]
) -> Iterator[str]:
    """Names like ours that are no settings, each with the nearest one that is.

    Args:
        in_file: The names of `.env`, which is ours: what is like any setting's counts.
        in_environment: Everybody's; what begins as ours or is nearly one of ours counts.
        known: The settings.
    """
    from rapidfuzz import fuzz, process  # what reads no settings loads no matcher

    ours = sorted(name for name in known if name.startswith(_OURS))
    for name in sorted({*in_file, *in_environment} - known):
        if name.startswith(_OF_TESTS) or not _NAME.fullmatch(name):
            continue
        begins_so = name.upper().startswith(_OURS)
        meant = process.extractOne(
            name.upper(),
            sorted(known) if name in in_file else ours,
            scorer=fuzz.ratio,
            score_cutoff=_LIKE if begins_so else _SAME,
        )
        if meant or begins_so:
            near = f"是不是 {meant[0]}？" if meant else "各项见 .env.example"
            yield f"没有 {name} 这一项设置，未使用；{near}"
