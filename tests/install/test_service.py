"""The systemd unit starts nothing while others may read `.env`."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parents[2] / "install"
BEFORE = re.compile("ExecStartPre=(.*)")
UNITS = ("irbot.service", "irbot@.service")  # one process; one of several replicas


def _lines(unit):
    """What a unit sets, without its remarks."""
    lines = (INSTALL / unit).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _check():
    """The command that runs before the start; the same one in both units."""
    found = {found[1] for unit in UNITS for line in _lines(unit) if (found := BEFORE.match(line))}
    (line,) = found
    return shlex.split(line)


def test_a_replica_is_as_closed_as_the_one_process():
    one, replica = map(_lines, UNITS)
    closed = slice(one.index("NoNewPrivileges=yes"), None)
    assert one[closed] == replica[replica.index("NoNewPrivileges=yes") :]
    assert len(one[closed]) > 20


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
@pytest.mark.parametrize("name", UNITS)
def test_systemd_knows_every_word_of_the_unit(tmp_path, name):
    text = (INSTALL / name).read_text(encoding="utf-8")
    unit = tmp_path / name.replace("@", "@1")
    unit.write_text(text.replace("/opt/irbot/bin/irbot", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []
