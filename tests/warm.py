"""`irbot` in processes that begin with everything loaded.

To load it takes half a second of the processor, and the suite runs hundreds of commands. So one
process loads it and is forked for each command, which has a process, a folder, an environment,
streams and an exit code of its own, as the installed command has, and may go on and be killed. That
the installed one works from nothing is proven where it imports for the session (tests/conftest.py),
and serves and ends on a signal (tests/handlers/cli).
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import util
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.errors import StoreError
from bot.store import connection
from handlers.cli.main import _COMMANDS, main
from tests.waiting import PATIENCE_S

_READING = ("bot.reading.document", "bot.reading.pdf", "defusedxml.expatreader")
_MODULES = sorted({f"handlers.cli.{module}" for module, _ in _COMMANDS.values()})

_forks = multiprocessing.get_context("forkserver")
util.get_temp_dir()  # made now: a test may have another TMPDIR, which is gone after it
_forks.set_forkserver_preload([*_MODULES, *_READING])


def run(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `irbot arguments` in a folder to its end, as `subprocess.run` would."""
    with TemporaryDirectory() as room:
        streams = [Path(room, name) for name in ("stdin", "stdout", "stderr")]
        for stream in streams:
            stream.write_text(stdin if stream.name == "stdin" else "", encoding="utf-8")
        given = {name: os.fspath(value) for name, value in env.items()}
        process = _forks.Process(target=_command, args=(arguments, folder, given, streams))
        process.start()
        process.join(PATIENCE_S)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(["irbot", *arguments], PATIENCE_S)
        _, out, err = (stream.read_text(encoding="utf-8") for stream in streams)
        return subprocess.CompletedProcess(["irbot", *arguments], process.exitcode, out, err)


class Started:
    """`irbot …` that goes on in a process of its own, with what tests use of `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        """Start it.

        Args:
            arguments: Of the command.
            folder: Where it works.
            env: All of its environment.
            log: What it says is added to this file.
        """
        given = {name: os.fspath(value) for name, value in env.items()}
        streams = [Path(os.devnull), Path(os.devnull), log]
        self._process = _forks.Process(target=_command, args=(arguments, folder, given, streams))
        self._process.start()
        self.kill, self.terminate = self._process.kill, self._process.terminate

    def poll(self) -> int | None:
        """Its exit code, once it has ended; -9 after kill."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the exit code."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(["irbot"], timeout or 0)
        return self._process.exitcode


def _command(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str], streams: Sequence[Path]
) -> None:
    """What is forked: the command, with all its own."""
    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing closed it
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["irbot", *arguments]
    try:
        main()
    finally:  # a fork ends without the end of its interpreter, which closes what is open
        for database in list(connection._opened.values()):
            with suppress(StoreError):  # a file that was taken away cannot be
                database.close()
