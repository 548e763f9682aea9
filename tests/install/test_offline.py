"""From a bundle to an answer, and through an upgrade, where there is no network at all."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import SAMPLE, environment

ROOT = Path(__file__).parents[2]
_VERSION = f"3.{sys.version_info.minor}"
_HEALTH = """
import sys, time, urllib.request
for _ in range(300):
    try:
        print(urllib.request.urlopen("http://127.0.0.1:8300/healthz").read().decode())
        break
    except OSError:
        time.sleep(0.1)
"""

pytestmark = [
    pytest.mark.trial,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux"),
]


@pytest.fixture(scope="module")
def archive():
    """As `make bundle` makes it; it needs an index of packages."""
    made = subprocess.run(
        ["make", "bundle", f"PYTHON={_VERSION}"], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    *_, path = made.stdout.split()
    return Path(path)


@pytest.fixture
def bundle(archive, tmp_path):
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    return unpacked


def alone(command, folder, **env):
    """What a command said where nothing but the machine itself can be reached."""
    wrapped = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    done = subprocess.run(
        [*wrapped, *map(str, command)],
        cwd=folder,
        env=environment({"PIP_INDEX_URL": "http://127.0.0.1:9/simple", **env}),
        capture_output=True,
        text=True,
        input="",
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("no network namespace can be made here")
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(irbot, folder):
    folder.mkdir(exist_ok=True)
    alone([irbot, "import", "--quiet", SAMPLE], folder)
    reply = json.loads(alone([irbot, "ask", "可转债", "--json"], folder))
    return [answer["answer"] for answer in reply["answers"]]


def test_without_any_network_a_bundle_installs_imports_answers_and_serves(bundle, tmp_path):
    opt = tmp_path / "opt"
    install = [bundle / "install.sh", "--python", sys.executable, opt]
    alone(install, tmp_path)
    (answer, *_) = answers(opt / "bin/irbot", tmp_path / "data")
    assert answer in SAMPLE.read_text(encoding="utf-8")
    served = f'"{opt}/bin/irbot" serve & "{sys.executable}" -c "$HEALTH"; kill $!'
    health = alone(["sh", "-c", served], tmp_path / "data", HEALTH=_HEALTH)
    assert json.loads(health)["live"] is True
    before = sorted((path, path.lstat().st_mtime_ns) for path in (opt / "versions").iterdir())
    alone(install, tmp_path)  # again
    after = sorted((path, path.lstat().st_mtime_ns) for path in (opt / "versions").iterdir())
    assert before == after


def test_an_installation_killed_at_any_time_leaves_the_older_one_and_can_be_repeated(
    bundle, tmp_path
):
    opt = tmp_path / "opt"
    install = [bundle / "install.sh", "--python", sys.executable, opt]
    (opt / "versions/old").mkdir(parents=True)
    (opt / "current").symlink_to("versions/old")
    began = time.monotonic()
    for seconds in (0.5, 2.0, 5.0, 10.0):
        process = subprocess.Popen(install, start_new_session=True, stderr=subprocess.DEVNULL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        if process.poll() is not None:
            break
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert (opt / "current").readlink() == Path("versions/old")
    assert time.monotonic() - began > 0.5  # it was killed once at least
    alone(install, tmp_path)
    assert answers(opt / "bin/irbot", tmp_path / "data")
    assert len(list((opt / "versions").iterdir())) == 2


@pytest.mark.parametrize("packed", [True, False])
def test_a_checkout_is_installed_from_a_bundle(archive, bundle, tmp_path, packed):
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".venv", ".git", "dist", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    offline = archive if packed else bundle
    alone(["make", "install", f"PYTHON={sys.executable}", f"OFFLINE={offline}"], checkout)
    assert answers(checkout / ".venv/bin/irbot", tmp_path / "data")
