"""What the READMEs tell a person to type, typed as it is printed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from bot.config import Settings
from bot.message import Chat, Message
from bot.postgres_url import PostgresUrl
from bot.store import Store
from handlers.cli.main import cli
from tests.conftest import SAMPLE, environment, open_by_words
from tests.engines import given_up, variables
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom import FakeWecom
from tests.serving import free_port

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh.md")
PROGRAM = ".venv/bin/irbot "
TYPED = re.compile(rf" {{4,}}((?:{re.escape(PROGRAM)}|make |mkdir ).*?)(?:\s+#.*)?")
SET = re.compile(r" {4,}([A-Z_]+)=(\S*)")
ENDLESS = ("watch", "serve")  # run until they are stopped
NEEDED = ("Makefile", "requirements.txt", "pyproject.toml", "setup.py", ".env.example")
_PATIENCE_S = 60.0


def lines(readme):
    return (ROOT / readme).read_text(encoding="utf-8").splitlines()


def typed(readme):
    """The commands of a README, without the remarks behind them."""
    return [found[1] for line in lines(readme) if (found := TYPED.fullmatch(line))]


# Every command of the program, one after the other


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.trial)])
def database(request, tmp_path):
    """Where it is; empty."""
    if request.param == "sqlite":
        yield tmp_path / "data/irbot.db"
        return
    cluster = request.getfixturevalue("cluster")
    with cluster.database() as name:
        yield PostgresUrl.parse(cluster.url(name), tmp_path / "data")
        given_up(tmp_path)


@pytest.fixture
def desk(tmp_path, sample, monkeypatch, database):
    """A folder with a store and the files that the READMEs name; `run` types a command there."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    for name, value in variables(database).items():
        monkeypatch.setenv(name, value)
    store = Store(database)
    store.add([sample], SAMPLE.read_bytes(), SAMPLE.name)
    responder = open_by_words(Settings(database)).responder
    asked = Message("可转债", Chat("slack", "T", "C", "U0123"))
    considered = responder.consider(asked)
    shown = responder.show(considered.reply)
    responder.keep(asked, considered, shown)
    records = ROOT / "tests/records"
    shutil.copy(records / "kinds/pdf/runs.pdf", "记录表.pdf")
    shutil.copy(records / "kinds/pdf/runs.pdf", "新文件.pdf")
    shutil.copy(records / "tables/akshare_irm_cninfo.csv", "互动易.csv")
    Path("文件夹").mkdir()
    shutil.copy(SAMPLE, "文件夹")
    with zipfile.ZipFile("资料.zip", "w") as archive:
        archive.write(SAMPLE, "记录表.txt")
    sheet = Workbook()
    sheet.active.append(["问题", "答复", "股票代码", "日期"])
    sheet.active.append(["公司今年的分红安排？", "请以公司公告为准。", "000001", "2025-05-06"])
    sheet.save("问答.xlsx")
    for name in ("questions.tsv", "提问.tsv"):
        Path(name).write_text("可转债\t300253/2025-002#24\n", encoding="utf-8")
    for name in ("reply.txt", "回复.txt"):
        Path(name).write_text(shown.text, encoding="utf-8")
    return lambda command: CliRunner().invoke(
        cli, shlex.split(command.removeprefix(PROGRAM)), prog_name="irbot"
    )


def is_restoring(command):
    return " restore " in command and "--dry-run" not in command


@pytest.mark.parametrize("readme", [READMES[0], pytest.param(READMES[1], marks=pytest.mark.trial)])
def test_every_command_of_a_readme_runs_as_printed(desk, readme, database):
    commands = [one for one in typed(readme) if one.startswith((PROGRAM, "mkdir "))]
    assert len(commands) > 25
    for command in commands:
        if command.startswith("mkdir "):
            subprocess.run(shlex.split(command), check=True)
        # A backup is put back where nothing has the database open: by the last of these tests.
        elif command.split()[1] not in ENDLESS and not is_restoring(command):
            if command.split()[1] in ("backup", "restore") and isinstance(database, PostgresUrl):
                continue  # by the engine's own tools
            done = desk(command)
            assert done.exit_code == 0, (command, done.output, done.exception)


def test_both_readmes_print_the_same_commands():
    english, chinese = (sorted(map(kind, typed(readme))) for readme in READMES)
    assert english == chinese


def kind(command):
    """A command by its words, without what stands for files."""
    words = command.split()
    return " ".join(words[: 3 if words[1] == "desk" else 2])


@pytest.mark.parametrize("readme", READMES)
def test_the_pictures_of_a_readme_are_there(readme):
    named = re.findall(r'<img src="([^"]+)"', (ROOT / readme).read_text(encoding="utf-8"))
    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).is_file()] == []


# The way of an administrator: the first answer, Slack and WeCom, a backup put back


class Checkout:
    """A fresh copy of the project, installed already: what installing fetches is not fetched."""

    def __init__(self, folder, **env):
        self.folder = folder
        for name in NEEDED:
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "data/records", folder / "data/records")
        (folder / ".venv").mkdir()
        for part in Path(sys.prefix).iterdir():
            if not part.name.startswith(".installed"):
                (folder / ".venv" / part.name).symlink_to(part)
        (folder / ".venv/.installed").touch()
        # The fakes' addresses, and a port of this test's own.
        self.env = environment({"IR_HTTP": f"127.0.0.1:{free_port()}", **env})

    def run(self, command):
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self.env, capture_output=True, text=True,
            timeout=_PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done

    @contextmanager
    def running(self, command):
        """A command that goes on; what it says comes into a file."""
        log = self.folder / "log"
        with log.open("w") as said:
            process = subprocess.Popen(
                command, shell=True, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                stdout=said, stderr=said, start_new_session=True,
            )  # fmt: skip
        try:
            yield lambda: log.read_text(encoding="utf-8")
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=_PATIENCE_S)


def until(condition):
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def command(readme, *words):
    """The first command of the README that has these words."""
    return next(one for one in typed(readme) if all(word in one for word in words))


@pytest.mark.timeout(300)  # processes that start one after the other
@pytest.mark.parametrize("readme", [READMES[1], pytest.param(READMES[0], marks=pytest.mark.trial)])
def test_a_person_with_only_the_readme_gets_there(tmp_path, readme):
    (tmp_path / "tmp").mkdir()
    with FakeSlack() as slack, FakeWecom() as wecom:
        addresses = {"SLACK_API_URL": slack.url, "WECOM_WS_URL": wecom.url}
        checkout = Checkout(
            tmp_path, **addresses, NO_PROXY="127.0.0.1,localhost", TMPDIR=str(tmp_path / "tmp")
        )
        with checkout.running(command(readme, "make run")) as said:
            until(lambda: "本地网页" in said())
            assert "公司答（节选）：" in said()
        assert "第24问第3小问" in checkout.run(command(readme, "make ask")).stdout

        given = {**slack.env, **wecom.env}
        variables = {found[1]: found[2] for line in lines(readme) if (found := SET.fullmatch(line))}
        wanted = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "WECOM_BOT_ID", "WECOM_BOT_SECRET")
        dotenv = [f"{name}={given[name]}" for name in wanted if name in variables]
        assert len(dotenv) == len(wanted)
        bot = variables["WECOM_BOT_NAMES"]
        dotenv.append(f"WECOM_BOT_NAMES={bot}")
        (tmp_path / ".env").write_text("\n".join(dotenv), encoding="utf-8")
        with checkout.running(command(readme, "make serve")):
            slack.until(lambda: slack.sockets, _PATIENCE_S)
            slack.mention("可转债")
            assert "公司答（节选）：" in slack.until(lambda: slack.posts, _PATIENCE_S)[0]["text"]
            wecom.until(lambda: wecom.is_held, _PATIENCE_S)
            asked = wecom.say(f"@{bot} 可转债", "wrCHAT01")
            answer = wecom.until(lambda: wecom.answers(asked), _PATIENCE_S)[0]
            assert "公司答（节选）：" in answer["content"]
            checkout.run(command(readme, "mkdir"))
            checkout.run(command(readme, " backup "))
    (tmp_path / "data/irbot.db").unlink()  # what a backup is for
    checkout.run(command(readme, "restore ", "--dry-run"))
    assert not (tmp_path / "data/irbot.db").exists()
    checkout.run(next(filter(is_restoring, typed(readme))))
    assert "300253/2025-002" in checkout.run(command(readme, " records")).stdout
