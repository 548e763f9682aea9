"""Which files are meant: those named, in folders, in archives. Nothing is followed out of a folder.

Links, pipes and devices in a folder are named and not opened. What no person put there as a record
is passed over without a word: hidden files, traces of office programs and systems, the bot's own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.errors import BotError, one_line
from bot.postgres_url import Place, beside, folder_of

REPORT = ".未收录.txt"  # behind a file's name: why `watch` did not import it
_NOBODYS = frozenset(("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx"))


def files_in(paths: Sequence[Path], db: Place | None = None) -> list[Path]:
    """The files meant: those named, and those in the named folders, in order of their names.

    What is no file or cannot be opened is among them: reading it says so.

    Args:
        paths: What a person named.
        db: The bot's own: its file and what lies beside it for it are not meant.

    Raises:
        BotError: A path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - its method raises on names that are too long
            found += sorted(file for file in _walked(path) if not _is_own(file, db))
            continue
        try:
            path.lstat()
        except FileNotFoundError as error:
            raise BotError(f"没有这个文件或文件夹：{one_line(str(path))}") from error
        except OSError:
            pass
        found.append(path)
    return list(dict.fromkeys(found))


def is_passed_over(name: str) -> bool:
    """Whether a file or a folder of this name is passed over without a word.

    >>> [is_passed_over(name) for name in (".DS_Store", "~$纪要.docx", "Thumbs.db", "纪要.docx")]
    [True, True, True, False]
    """
    return name.startswith((".", "~$", "._")) or name.endswith(REPORT) or name.lower() in _NOBODYS


def written_name(file: str) -> str:
    """A file's name as text that can be stored: names are bytes to the system, and those of old
    Chinese archives and shares are GBK.

    >>> written_name("\\udcbc\\udccd\\udcd2\\udcaa.docx"), written_name("纪要.docx")
    ('纪要.docx', '纪要.docx')
    >>> written_name("\\ud800.docx")
    '\\\\ud800.docx'
    """
    try:
        file.encode()
    except UnicodeEncodeError:
        pass
    else:
        return file
    try:
        written = file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no name of a system's
        return file.encode("utf-8", "backslashreplace").decode()
    return b"/".join(map(_utf_8, written.split(b"/"))).decode()


def _utf_8(name: bytes) -> bytes:
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding).encode()
        except UnicodeError:
            continue
    return name.decode("utf-8", "backslashreplace").encode()


def _walked(folder: Path) -> Iterator[Path]:
    """All in the folder and its folders that is no folder; links to folders, and a folder that
    cannot be opened, too."""
    closed: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=closed.append):
        here = Path(place)
        folders[:] = [name for name in folders if not is_passed_over(name)]
        yield from (here / name for name in folders if (here / name).is_symlink())
        yield from (here / name for name in files if not is_passed_over(name))
    yield from (Path(error.filename) for error in closed)


def _is_own(file: Path, db: Place | None) -> bool:
    if db is None or not file.name.startswith(name := beside(db, "").name):
        return False
    rest = file.name.removeprefix(name)  # -wal, -shm, -owner-…
    is_beside = os.path.realpath(file.parent) == os.path.realpath(folder_of(db))
    return is_beside and (not rest or rest.startswith("-"))
