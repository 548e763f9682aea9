"""`make bundle`: one archive with all that a machine without a network needs to install irbot.

Wheels for the platform named, each by its hash in the lock; the project's own wheel, the lock, the
sample record, `install.sh`, and SHA256SUMS, which `install.sh` checks before it does anything.

pip judges the lock's markers by the Python that runs it, so what the other platform does not need
is left out here before pip sees it.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[1]
MACHINES = ("x86_64", "aarch64")  # of Linux with glibc
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # for which every library has a wheel
# The oldest glibc on which Python 3.11 is usual: Debian 10, RHEL 8, openEuler 20.03, Kylin V10.
GLIBC = 28  # 2.28
SUMS = "SHA256SUMS"
SOURCES = (
    *("bot", "handlers", "irbot", "data", "setup.py", "pyproject.toml"),
    *("README.md", "LICENSE"),
)
_LEGACY = {5: "1", 12: "2010", 17: "2014"}  # names of manylinux before they were numbers (PEP 600)
_BESIDE = (
    *("LICENSE", "docs/install.md", "docs/systemd.md", "docs/postgresql.md"),
    *("install/install.sh", "install/irbot.service", "install/irbot@.service"),
)


def main() -> None:
    """Make the bundle of the command line; its path goes to stdout."""
    choices = [f"linux-{machine}" for machine in MACHINES]
    own = f"linux-{platform.machine()}"
    parser = argparse.ArgumentParser(prog="make bundle")
    parser.add_argument(
        "--platform", choices=choices, default=own if own in choices else choices[0]
    )
    parser.add_argument("--python", choices=PYTHONS, default=f"3.{sys.version_info.minor}")
    parser.add_argument("--to", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    archive = bundle(given.platform.partition("-")[2], given.python, given.to)
    sys.stdout.write(f"{archive}\n")


def bundle(machine: str, python: str, to: Path) -> Path:
    """Make a bundle.

    Args:
        machine: One of `MACHINES`.
        python: 3.11; only this one can install it.
        to: The folder for the archive; it is created.

    Returns:
        The archive, with its SHA-256 in a file beside it.

    Raises:
        SystemExit: pip found no wheel, or reached no index.
    """
    with TemporaryDirectory() as folder:
        wheels = Path(folder) / "wheels"
        _fetch(machine, python, wheels)
        own = own_wheel(wheels)
        name = f"irbot-{own.name.split('-')[1]}-linux-{machine}-py{python}"
        packed = Path(folder) / name
        packed.mkdir()
        wheels.rename(packed / "wheels")
        shutil.copytree(ROOT / "data/records", packed / "records")
        for file in (*_BESIDE, "requirements.txt"):
            shutil.copy(ROOT / file, packed)
        shutil.copy(ROOT / ".env.example", packed / "env.example")
        (packed / "platform").write_text(f"{machine} {python} {GLIBC}\n")
        sum_up(packed)
        to.mkdir(parents=True, exist_ok=True)
        archive = to / f"{name}.tar.gz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:  # wheels are compressed
            tar.add(packed, name, filter=_nobodys)
    archive.with_name(f"{archive.name}.sha256").write_text(f"{_sha256(archive)}  {archive.name}\n")
    return archive


def needed(lock: str, machine: str, python: str) -> Iterator[str]:
    """What a lock asks for on another platform, one requirement with its hashes a line.

    Args:
        lock: Its text, as uv writes it.
        machine: One of `MACHINES`.
        python: 3.11.
    """
    there = {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    for line in lock.replace("\\\n", "").splitlines():
        asked, *hashes = line.split("--hash=")
        requirement, _, marker = asked.partition(";")
        if not marker.strip() or Marker(marker).evaluate(there):
            yield " ".join([requirement.strip(), *(f"--hash={one.strip()}" for one in hashes)])


def _fetch(machine: str, python: str, wheels: Path) -> None:
    wheels.mkdir()
    lock = wheels / "lock"
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    lock.write_text("\n".join(needed(text, machine, python)), encoding="utf-8")
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(GLIBC, 4, -1)]
    tags += [f"manylinux{name}_{machine}" for name in _LEGACY.values()]
    abis = [f"cp{python.replace('.', '')}", "abi3", "none"]
    options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--implementation=cp"]
    options += [f"--python-version={python}", *(f"--abi={abi}" for abi in abis)]
    options += [f"--platform={tag}" for tag in tags]
    _pip("download", *options, f"--dest={wheels}", f"--requirement={lock}")
    lock.unlink()


def own_wheel(to: Path) -> Path:
    """Build the project's own wheel into a folder.

    From links: setuptools would leave folders in the project, and pack from them what is gone.
    """
    with TemporaryDirectory() as folder:
        for name in SOURCES:
            (Path(folder) / name).symlink_to(ROOT / name)
        _pip("wheel", "--no-deps", "--no-build-isolation", f"--wheel-dir={to}", folder)
    (own,) = to.glob("irbot-*.whl")
    return own


def _pip(*arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run([*pip, *arguments])
    if done.returncode:
        raise SystemExit(done.returncode)


def sum_up(packed: Path) -> None:
    """Write the hash of each file, in the form that `sha256sum -c` reads."""
    files = sorted(path for path in packed.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{_sha256(path)}  {path.relative_to(packed)}\n" for path in files]
    (packed / SUMS).write_text("".join(lines), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name of who packed it, and readable to all whatever their umask was."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    is_program = member.isdir() or member.name.endswith(".sh")
    member.mode = 0o755 if is_program else 0o644
    return member


if __name__ == "__main__":
    main()
