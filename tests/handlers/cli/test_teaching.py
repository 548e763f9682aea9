"""Teaching by the installed command."""

from __future__ import annotations

import csv
import getpass
import json

import pytest
from click.testing import CliRunner

from bot.message import Chat
from bot.store import Store
from handlers.cli.main import cli
from tests.conftest import NOW

ASKED = "那个大债啥时候弄完"
BOND = "300253/2025-002#24.2"


@pytest.fixture
def store(imported, tmp_path):
    """The sample with its meaning, which every one of these commands would make anew."""
    imported.copy(tmp_path / "irbot.db")
    return Store(tmp_path / "irbot.db")


@pytest.fixture
def loaded(store, monkeypatch, tmp_path):
    """Run `irbot …` on the sample, by words alone; in this process, for the matcher is loaded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IR_DB", str(store.path))
    return lambda *arguments: CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_a_miss_becomes_a_wording_that_answers_and_eval_shows_both(loaded, store, tmp_path):
    store.add_miss(Chat("slack", "w", "c", "u"), ASKED, "decline", NOW, company="300253")
    done = loaded("misses", "--attach", BOND, ASKED)
    assert done.stdout.splitlines() == [
        f"说法 1 已生效：{BOND}“{ASKED}”",
        "撤销：irbot alias undo 1",
    ]
    (step, *_) = (change for change in store.changes() if change.what != "import")
    assert (step.who, step.what, step.target) == (getpass.getuser(), "alias proposed", BOND)
    (tmp_path / "asked.tsv").write_text(f"{ASKED}\t{BOND}\n", encoding="utf-8")
    numbers = json.loads(loaded("eval", "asked.tsv", "--json").stdout)
    found = [part["counts"]["in-scope answered right"] for part in (numbers, numbers["untaught"])]
    assert found == [[1, 1], [0, 1]]
    assert "说法与反例的效果" in loaded("eval", "asked.tsv").stdout
    (group,) = json.loads(loaded("misses", "--json", "--state", "done").stdout)
    assert (group["texts"], group["state"], group["alias"]) == ([ASKED], "done", 1)
    assert loaded("alias", "undo", "1").stdout == f"说法 1 已撤销：{BOND}“{ASKED}”\n"
    assert "untaught" not in json.loads(loaded("eval", "asked.tsv", "--json").stdout)


def test_misses_as_csv_hold_no_formula_and_are_filtered(loaded, store):
    store.add_miss(Chat("slack", "w", "c", "u"), '=HYPERLINK("http://x")', "decline", NOW)
    asked_of = Chat("slack", "w", "c2", "u")
    store.add_miss(asked_of, "星际旅行,\n何时", "decline", NOW, company="300253")
    said = loaded("misses", "--csv", "--company", "300253", "--since", "2026-11-24").stdout
    (row,) = csv.DictReader(said.splitlines(True))
    assert (row["state"], row["count"], row["text"]) == ("new", "1", "星际旅行,\n何时")
    (row,) = csv.DictReader(loaded("misses", "--csv", "--channel", "c").stdout.splitlines())
    assert row["text"] == '\'=HYPERLINK("http://x")'
    assert loaded("misses", "--csv", "--since", "2026-11-25").stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("alias", "add", BOND, "公司"), 1, "“公司”是一条指令，不会当作提问；没有改动\n"),
        (("alias", "add", "300253/2025-002#99", ASKED), 1, "库中没有 300253/2025-002#99；"),
        (("alias", "approve", "7"), 1, "库中没有 说法 7；用 irbot alias list 查看各个说法\n"),
        (("misses", "--mark", "ours", "没人问过"), 1, "库中没有 未答上的提问“没人问过”；"),
        (("misses", "--mark", "lost", ASKED), 2, "不是状态；可用 new、ours、not-ours、done"),
    ],
)
def test_what_is_refused_is_one_clear_line(loaded, arguments, code, said):
    done = loaded(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_approvals_are_a_whole_number_from_one_on(loaded, monkeypatch):
    monkeypatch.setenv("IR_DESK_APPROVALS", "0")
    done = loaded("alias", "list")
    assert (done.exit_code, done.stderr) == (
        1,
        "IR_DESK_APPROVALS 应为正整数，例如 1；环境变量里是“0”\n",
    )
