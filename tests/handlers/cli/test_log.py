"""`irbot log`: what it prints to undo a change does undo it."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from click.testing import CliRunner

from bot.message import Chat
from handlers.cli.main import cli
from tests.conftest import NOW

ASKED = "那个大债啥时候弄完"
BOND = "300253/2025-002#24.2"
RECORD = "300253/2025-002"
LATER = ("--no", "2025-059", "--title", "关于 a'b 的公告", "--date", "2025-07-01")


@pytest.fixture
def irbot(store, monkeypatch, tmp_path):
    """Run `irbot …` on the sample, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IR_DB", str(store.path))
    store.add_miss(Chat("slack", "w", "c", "u"), ASKED, "decline", NOW)

    def run(*arguments):
        done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def found(irbot):
    """What the desk taught, noted and let in, without numbers and instants, which are new."""
    users = [line for line in irbot("desk", "users").splitlines() if "王 芳" in line]
    taught = [
        item
        for command in ("alias list", "misses", "later")
        for item in json.loads(irbot(*command.split(), "--json"))
        if item.get("state") != "undone"
    ]
    return users[:1] and "王 芳", re.sub(
        r'"(id|mark|alias)": \d+|"(at|proposed_at)": "[^"]*"', "", json.dumps(taught)
    )


@pytest.mark.parametrize(
    "act",
    [
        ("alias", "add", BOND, ASKED),
        ("alias", "add", "--", BOND, "-大债啥时候弄完"),
        ("alias", "deny", "--", BOND, "-谁's 的债"),
        ("misses", "--mark", "ours", ASKED),
        ("misses", "--mark", "not-ours", ASKED),
        ("later", f"{RECORD}#24", *LATER, "--url", "https://example.com/a?b=1&c=2"),
        ("desk", "invite", "王 芳"),
    ],
    ids=" ".join,
)
def test_a_change_its_undoing_and_the_undoing_of_that(irbot, act):
    before = found(irbot)
    irbot(*act)
    changed = found(irbot)
    assert changed != before
    undo(irbot)
    assert found(irbot) == before
    undo(irbot)
    assert found(irbot) == changed


def undo(irbot):
    """Run the command of the change that was made last."""
    last = [item["undo"] for item in json.loads(irbot("log", "--json"))][-1]
    assert f"    撤销：{last}\n" in irbot("log")
    program, *arguments = shlex.split(last)
    assert program == "irbot"
    irbot(*arguments)
