"""Chromium for these tests: `python -m tests.browser.chromium` installs it where it may.

The distribution's package is driven, as a person has it, not a build of the driver's own. Chinese
text needs a font that has it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from tests.packages import Needed

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


def found() -> str | None:
    """The browser's path, where a Chinese font is there too."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    return path if path and _lists_chinese() else None


NEEDED = Needed(
    "Chromium with a Chinese font",
    ("chromium", "fontconfig", "fonts-noto-cjk"),
    lambda: found() is not None,
)


def _lists_chinese() -> bool:
    if not shutil.which("fc-list"):
        return False
    fonts = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=False)
    return bool(fonts.stdout.strip())


if __name__ == "__main__":
    sys.exit(NEEDED.main())
