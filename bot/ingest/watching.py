"""A folder into which people drop files: what comes to rest there is imported.

1. A file is read when two looks in a row find it the same: a copy that is still written is not.
2. What was read is not read again until it changes. Moved or renamed it is another file, whose
   bytes are stored already.
3. Beside a file that was refused lies a text that says why; it goes when the file is mended, moved
   or taken away.

It looks instead of being told: folders are often shares, which tell nothing of what others write.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from bot.errors import one_line, reason
from bot.ingest.files import REPORT, files_in
from bot.ingest.importing import Options, Outcome, import_files
from bot.store import Store

_Look = tuple[int, int, int]  # size, when it was written, which file


class Watch:
    """One folder; `look` is called every few seconds.

    Args:
        folder: Where people drop files.
        told: What a report says of a file that was refused; Chinese.
    """

    def __init__(self, folder: Path, told: Callable[[Outcome], str]) -> None:
        self._folder = folder
        self._told = told
        self._seen: dict[Path, _Look] = {}  # at the last look
        self._read: dict[Path, _Look] = {}  # when it was imported

    def look(self, store: Store, options: Options) -> Iterator[Outcome | str]:
        """Import what came to rest since the last look, and keep the reports in order.

        Returns:
            What became of the files; or of a report that could not be written or taken away a
            line, in Chinese.

        Raises:
            BotError: The folder is gone, or the database cannot be used; the next look may do.
        """
        looks = {
            file: look for file in files_in([self._folder], store.place) if (look := _look(file))
        }
        seen, self._seen = self._seen, looks
        self._read = {file: look for file, look in self._read.items() if file in looks}
        new = [
            file
            for file, look in looks.items()
            if seen.get(file) == look and self._read.get(file) != look
        ]
        yield from self._put_away(set(looks))
        outcomes = import_files(store, new, options)
        for file, own in groupby(outcomes, lambda outcome: _file_of(outcome, new)):
            out: list[Outcome] = []
            for outcome in own:
                out += [outcome] if outcome.is_out else []
                yield outcome
            self._read[file] = looks[file]
            yield from self._report(file, out)

    def _report(self, file: Path, out: list[Outcome]) -> Iterator[str]:
        """Say beside a file why it, or what of it, was refused; take back what was said before."""
        report = file.with_name(file.name + REPORT)
        text = "".join(f"{self._told(outcome)}\n" for outcome in out)
        try:
            if not out:
                report.unlink(missing_ok=True)
            elif report.is_symlink() or not report.exists() or _text(report) != text:
                report.unlink(missing_ok=True)
                report.write_text(text, encoding="utf-8")
        except OSError as error:
            yield f"{one_line(str(report))}：无法写入或删除（{reason(error)}）"

    def _put_away(self, files: set[Path]) -> Iterator[str]:
        """Reports of files that are not there any more."""
        for place, _, names in os.walk(self._folder):
            for name in names:
                file = Path(place) / name.removesuffix(REPORT)
                if name.endswith(REPORT) and file not in files:
                    yield from self._report(file, [])


def _look(file: Path) -> _Look | None:
    with suppress(OSError):  # taken away meanwhile
        status = file.lstat()
        return status.st_size, status.st_mtime_ns, status.st_ino
    return None


def _file_of(outcome: Outcome, files: list[Path]) -> Path:
    """The file that an outcome is of: itself, or the archive that it is in."""
    path = Path(outcome.file)
    return next(one for one in (path, *path.parents) if one in files)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")
