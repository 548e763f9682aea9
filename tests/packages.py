"""What these tests need of the system.

A person without it goes on without those tests; where everything must be tested (`CI=true`) its
lack is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import pytest


def is_required() -> bool:
    """Whether to do without something is a failure."""
    return os.environ.get("CI", "") not in ("", "0", "false")


@dataclass(frozen=True)
class Needed:
    """Something of the system's.

    Attributes:
        name: As people call it.
        packages: Debian's, which have it.
        is_there: Whether it is found.
    """

    name: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]

    @property
    def how(self) -> str:
        """What to do where it is missing."""
        return f"no {self.name} here: apt-get install {' '.join(self.packages)}"

    def refuse(self) -> NoReturn:
        """End a test that cannot do without it."""
        (pytest.fail if is_required() else pytest.skip)(self.how)

    def main(self) -> int:
        """Find it, or install it where that may be done; 1 where it is required and not there."""
        if self.is_there() or (self._is_installed() and self.is_there()):
            return 0
        print(self.how, file=sys.stderr)
        return int(is_required())

    def _is_installed(self) -> bool:
        apt = shutil.which("apt-get")
        if apt is None or os.geteuid() != 0:
            return False
        print(f"installing {' and '.join(self.packages)} …", file=sys.stderr)
        return _done(apt, "update") and _done(
            apt, "install", "--yes", "--no-install-recommends", *self.packages
        )


def _done(*command: str) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ended = subprocess.run([*command], env=env, capture_output=True, text=True, check=False)
    if ended.returncode:
        print(ended.stderr.strip(), file=sys.stderr)
    return ended.returncode == 0
