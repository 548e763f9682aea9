"""What the cookies of the desk are signed with: a file beside the database, of its owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import SettingsError, reason
from bot.private_files import narrow

FILE = "desk.key"
_BYTES = 32  # as many as the hash that signs has


def signing_key(folder: Path) -> bytes:
    """The key, made where there is none; of processes that start at once all get the same.

    Raises:
        SettingsError: The file cannot be made or read, or is too short to be a key.
    """
    path = folder / FILE
    try:
        if not path.exists():
            _make(path)
        narrow(path)
        key = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} 无法使用（{reason(error)}）；请检查目录权限") from error
    if len(key) < _BYTES:
        raise SettingsError(f"{path} 不完整；请删除它再启动，工作台的用户需重新登录")
    return key


def _make(path: Path) -> None:
    with TemporaryDirectory(prefix=".desk-", dir=path.parent) as folder:
        made = Path(folder) / FILE
        made.touch(0o600)
        made.write_bytes(secrets.token_bytes(_BYTES))
        try:
            os.link(made, path)  # whole, or not at all
        except FileExistsError:
            return
