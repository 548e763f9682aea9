"""What others on this machine may read of what is nobody's business but the bot's."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from bot.checks import Finding
from bot.config import Settings
from bot.postgres_url import beside
from bot.private_files import is_open_to_others, narrow

_PRIVATE = ("desk.key", ".irbot*")  # beside the database, besides what is named after it


def checks(settings: Settings) -> Iterator[Finding]:
    """Before anything is opened: the database is narrowed when it is."""
    if settings.env_file:
        yield _env_file(settings.env_file)
    folder = settings.folder
    names = (f"{beside(settings.db, '').name}*", *_PRIVATE)
    wide = sorted({path for name in names for path in folder.glob(name) if is_open_to_others(path)})
    for path in wide:
        yield _narrowed(path)
    if not wide and any(path for name in names for path in folder.glob(name)):
        yield Finding("文件权限", True, f"{folder} 里的数据库等文件只有所有者能读写")
    if folder.exists() and _may_be_replaced_by_others(folder):
        said = f"{folder} 其他用户可写（{_mode(folder)}），能换掉数据库"
        yield Finding("目录权限", False, said, f"chmod go-w {folder}")


def _env_file(path: Path) -> Finding:
    what = ".env 权限"
    if is_open_to_others(path):
        said = f"{path} 里有密钥，其他用户也能读（{_mode(path)}）"
        return Finding(what, False, said, f"chmod 600 {path}")
    return Finding(what, True, f"{path}（{_mode(path)}）")


def _narrowed(path: Path) -> Finding:
    was = _mode(path)
    narrow(path)
    if is_open_to_others(path):
        said, todo = f"{path} 其他用户也能读（{was}），且不归本用户", f"由所有者 chmod 600 {path}"
        return Finding("文件权限", False, said, todo)
    said = f"{path} 原来其他用户也能读（{was}），已改为 {_mode(path)}"
    return Finding("文件权限", None, said, "查明是谁放宽的：可能是从别处复制来的")


def _may_be_replaced_by_others(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"
