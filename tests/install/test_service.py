"""The systemd unit starts nothing while others may read `.env`."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "install/irbot.service"


def _check():
    """The command that runs before the start."""
    (line,) = re.findall("^ExecStartPre=(.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


@pytest.mark.parametrize(("mode", "may_start"), [(0o600, True), (0o400, True), (0o640, False)])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_env_is_checked_before_the_start(tmp_path, mode, may_start, kind):
    real = tmp_path / ("secrets" if kind == "link" else ".env")
    real.touch()
    real.chmod(mode)
    if kind == "link":
        (tmp_path / ".env").symlink_to("secrets")
    done = subprocess.run(_check(), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode == 0) is may_start
    assert ("chmod 600 /var/lib/irbot/.env" in done.stderr) is not may_start


def test_without_env_it_starts(tmp_path):
    assert subprocess.run(_check(), cwd=tmp_path).returncode == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_knows_every_word_of_the_unit(tmp_path):
    text = UNIT.read_text(encoding="utf-8").replace("/opt/irbot/bin/irbot", "/bin/true")
    unit = tmp_path / "irbot.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    about = [line for line in done.stderr.splitlines() if "irbot.service" in line]
    assert about == []
