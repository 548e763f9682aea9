"""Chromium for these tests: `python -m tests.browser.chromium` installs it where it may.

The distribution's package is driven, as a person has it, not a build of the driver's own. Chinese
text needs a font that has it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

FLAGS = (
    "--no-sandbox",  # root has none; only this machine's own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("chromium", "fontconfig", "fonts-noto-cjk")
HOW = f"no Chromium with a Chinese font here: apt-get install {' '.join(_PACKAGES)}"


def found() -> str | None:
    """The browser's path, where a Chinese font is there too."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    return path if path and _lists_chinese() else None


def is_required() -> bool:
    """Whether to do without it is a failure."""
    return os.environ.get("CI", "") not in ("", "0", "false")


def _lists_chinese() -> bool:
    if not shutil.which("fc-list"):
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


def _installed() -> bool:
    """Install it; False where that may not be done or fails."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print(f"installing {' and '.join(_PACKAGES)} …", file=sys.stderr)
    return _done(apt, "update") and _done(
        apt, "install", "--yes", "--no-install-recommends", *_PACKAGES
    )


def _done(*command: str) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ended = subprocess.run([*command], env=env, capture_output=True, text=True, check=False)
    if ended.returncode:
        print(ended.stderr.strip(), file=sys.stderr)
    return ended.returncode == 0


def main(arguments: Sequence[str] = ()) -> int:
    """Find or install it; 1 where it is required and not to be had."""
    if found() or (_installed() and found()):
        return 0
    print(HOW, file=sys.stderr)
    return int(is_required())


if __name__ == "__main__":
    sys.exit(main())
