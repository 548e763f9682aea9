"""Where there is no database, looking makes none: a wrong folder does not look like lost data."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from handlers.cli.main import cli

LOOKING = (
    *("records", "verify", "ask 可转债", "due", "said", "log", "misses", "digest", "alias list"),
    "desk users",
)
NEEDING = (
    *("show 300253/2025-002", "timeline 300253/2025-002#1", "backup b.db", "export out", "chat"),
    *("forget U1", "pause --reason x", "withdraw 300253/2025-002 --reason x", "eval q.tsv"),
    *("alias add 300253/2025-002#1 说法", "restore-version 300253/2025-002 1", "later"),
)


@pytest.fixture
def irbot(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    Path("q.tsv").write_text("可转债\t-\n", encoding="utf-8")
    return lambda command: CliRunner().invoke(cli, shlex.split(command), prog_name="irbot")


@pytest.mark.parametrize(
    ("command", "code"), [*((one, 0) for one in LOOKING), *((one, 1) for one in NEEDING)]
)
def test_a_command_makes_no_database_and_says_so(irbot, command, code):
    done = irbot(command)
    assert (done.exit_code, sorted(path.name for path in Path.cwd().iterdir())) == (code, ["q.tsv"])
    assert done.stderr.startswith(f"没有数据库文件 {Path.cwd() / 'data/irbot.db'}，也没有新建")


def test_the_nearest_database_is_named(irbot, store, tmp_path):
    (tmp_path / "data").mkdir()
    store.path.rename(tmp_path / "data/irbot.db")  # of the folder above
    assert f"最近的一个是 {tmp_path / 'data/irbot.db'}，用它请设 IR_DB" in irbot("records").stderr


def test_what_names_nobody_and_no_company_ends_with_1(irbot, store, monkeypatch):
    monkeypatch.setenv("IR_DB", str(store.path))
    misses, forget = irbot("misses --company 999999"), irbot("forget nobody")
    assert (misses.exit_code, forget.exit_code) == (1, 1)
    assert misses.stderr == "库中没有 999999 的记录；已收录：300253\n"
    assert forget.stderr.startswith("没有 nobody 的内容")
    assert irbot("misses --company 300253").exit_code == 0


def test_a_file_that_is_not_there_is_told_in_one_language(irbot, store, monkeypatch):
    monkeypatch.setenv("IR_DB", str(store.path))
    assert irbot("eval none.tsv").stderr == "none.tsv：无法读取（没有这个文件或文件夹）\n"
