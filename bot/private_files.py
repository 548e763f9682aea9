"""Files that hold what askers typed: their owner's alone (mode 600)."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private(path: Path) -> None:
    """Create a file where there is none, and take it from everybody but its owner.

    Where that cannot be done, what is to be written will say so.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    narrow(path)


def narrow(path: Path) -> None:
    """Take a file that is there from everybody but its owner, who keeps what may be done with it.

    What is no plain file, or somebody else's, stays as it is.
    """
    with suppress(OSError):
        found = path.stat()
        if stat.S_ISREG(found.st_mode) and found.st_mode & _OTHERS and _is_ours(found):
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)


def is_open_to_others(path: Path) -> bool:
    """Whether a file may be read, changed or run by others. That a group may is how we get at
    somebody else's file, and its owner's business, unless we get at every file (root)."""
    try:
        found = path.stat()
    except OSError:
        return False
    others = _OTHERS if _is_ours(found) or os.geteuid() == 0 else stat.S_IRWXO
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & others)


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid()
