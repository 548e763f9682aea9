"""Read each file apart: in a process of its own, with a limit on time and memory.

A stranger's file can take hours, take all memory or end the process that reads it. Here that
costs one line of report:

1. A worker reads one file after the other and is replaced when it dies, takes too long or has
   grown. It is forked where that is safe (Linux, no other thread), which takes a hundredth of a
   second; elsewhere it is a fresh Python, which takes most of a second, once.
2. Time of the processor and memory are the kernel's limits on the worker (macOS has none for
   memory); the clock is watched from outside, with patience: the machine may be busy.
3. For every job comes one `Read`, in the jobs' order, whatever happened.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import multiprocessing.process
import os
import resource
import shutil
import signal
import stat
import sys
import threading
import time
import warnings
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from bot.errors import Problem, ReadingError, one_line, reason
from bot.reading import tables
from bot.reading.tables import NoRowsError, Table
from bot.record import Reading

LARGEST = 200 * 1024 * 1024  # bytes of a file
TIME_LIMIT_S = 60.0  # of the processor; 145 pages take 2
TABLE_LIMIT_S, TABLE_S_PER_MB = 120.0, 3.0  # of a table: a sheet of 1,000,000 rows takes 165
_BUSY = 5  # times as long by the clock, where others need the processor too
MEMORY_LIMIT = 1024**3  # bytes above what a worker begins with; 145 pages take 20 MB
_LARGE = 8 * 1024**2  # bytes of a file that may take twice as long by the clock
_GROWN = 256 * 1024**2  # bytes from which a worker is replaced: the next file has the whole limit
_AHEAD = 4  # files that each worker may be ahead of the one that is asked for

_UNFINISHED = (".crdownload", ".part", ".partial", ".download", ".tmp")  # of browsers' downloads
_ADVICE = "没有收录；文件可能已损坏，请重新下载，或另存为文本后再导入"


@dataclass(frozen=True)
class Job:
    """A file to read."""

    file: str  # its path, for messages; read from there unless the content is given
    content: bytes | None = None
    given: Mapping[str, str] = field(default_factory=dict)  # as for `read_records`
    accept_warnings: bool = False
    path: str = ""  # where its bytes are, if not under its name


@dataclass(frozen=True)
class Read:
    """What became of a job."""

    file: str
    content: bytes = b""  # as it was read from the file
    readings: tuple[Reading, ...] = ()
    table: Table | None = None  # its rows lie in files until the next Read is asked for
    failed: Literal["refused", "skipped"] | None = None
    reason: str = ""  # Chinese; why it failed


def read_apart(
    jobs: Iterable[Job], processes: int = 1, *, time_limit_s: float = TIME_LIMIT_S
) -> Generator[Read, None, None]:
    """Read all jobs, each in a worker process; in their order, as they are ready."""
    with TemporaryDirectory(prefix="irbot-rows-") as rooms:
        yield from _read_apart(jobs, processes, time_limit_s, Path(rooms))


def _read_apart(
    jobs: Iterable[Job], processes: int, time_limit_s: float, rooms: Path
) -> Generator[Read, None, None]:
    waiting = enumerate(jobs)
    workers = [_Worker(time_limit_s, rooms) for _ in range(processes)]
    ready = dict[int, Read]()
    asked = 0  # the number of the job whose Read comes next
    try:
        while True:
            for worker in workers:
                if worker.number is None and len(ready) < processes * _AHEAD:
                    worker.begin(next(waiting, None))
            if asked in ready:
                yield ready.pop(asked)
                shutil.rmtree(rooms / str(asked), ignore_errors=True)
                asked += 1
                continue
            busy = [worker for worker in workers if worker.number is not None]
            if not busy:
                return
            _await(busy, ready)
    finally:
        for worker in workers:
            worker.end()


def _size(job: Job) -> int:
    if job.content is not None:
        return len(job.content)
    with suppress(OSError):  # it says so when it is read
        return Path(job.path or job.file).stat().st_size
    return 0


def _await(busy: list[_Worker], ready: dict[int, Read]) -> None:
    """Wait until a worker is done or its time is over."""
    patience = min(worker.deadline for worker in busy) - time.monotonic()
    wait([worker.pipe for worker in busy], timeout=max(0.0, patience))
    for worker in busy:
        number, read = worker.number, worker.result()
        if number is not None and read is not None:
            ready[number] = read


class _Worker:
    """A process that reads one file at a time; started when it is needed."""

    def __init__(self, time_limit_s: float, rooms: Path) -> None:
        """rooms: a folder in which each job may have one by its number."""
        self._rooms = rooms
        self.number: int | None = None  # of the job that it reads
        self.deadline = 0.0  # of that job, on the monotonic clock
        self._time_limit_s = time_limit_s
        self._file = ""
        self._process: multiprocessing.process.BaseProcess | None = None
        self.pipe: Connection

    def begin(self, numbered: tuple[int, Job] | None) -> None:
        """Give it a job, if there is one."""
        if numbered is None:
            return
        self.number, job = numbered
        self._file = job.file
        if self._process is None or not self._process.is_alive():
            self.end()
            self._start()
        self.deadline = time.monotonic() + self._time_limit_s * _BUSY * (1 + _size(job) / _LARGE)
        with suppress(OSError):  # it died just now: `result` will say so
            self.pipe.send((job, str(self._rooms / str(self.number))))

    def _start(self) -> None:
        alone = sys.platform == "linux" and threading.active_count() == 1
        fork, spawn = multiprocessing.get_context("fork"), multiprocessing.get_context("spawn")
        context: ForkContext | SpawnContext = fork if alone else spawn
        self.pipe, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self.pipe, self._time_limit_s), daemon=True
        )
        with warnings.catch_warnings():
            # Python counts the threads of numpy's libraries too; the worker does not use them.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self._process = process

    def result(self) -> Read | None:
        """What became of its job; None while it is reading."""
        reason = ""
        try:
            if self.pipe.poll():
                read, has_grown = self.pipe.recv()
                self.number = None
                if has_grown:
                    self.end()
                assert isinstance(read, Read)
                return read
        except (EOFError, OSError):
            reason = f"{self._how_it_ended()}，{_ADVICE}"
        if not reason and time.monotonic() >= self.deadline:
            reason = f"读取超过{self._time_limit_s:g}秒，已停止，{_ADVICE}"
        if not reason:
            return None
        self.number = None
        self.end()
        return Read(self._file, failed="refused", reason=f"{one_line(self._file)}：{reason}")

    def _how_it_ended(self) -> str:
        code = 0
        if self._process is not None:
            self._process.join(1)
            code = self._process.exitcode or 0
        if code == -signal.SIGXCPU:
            return f"读取超过{self._time_limit_s:g}秒，已停止"
        return "读取时程序意外退出" + (f"（信号{-code}，多为内存不足）" if code < 0 else "")

    def end(self) -> None:
        if self._process is not None:
            self.pipe.close()
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None


# In the worker


def _serve(pipe: Connection, parents: Connection, time_limit_s: float) -> None:
    parents.close()  # so that the parent's end is the end of this process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what C libraries say of broken files
        os.dup2(nowhere, stream)
    faulthandler.disable()  # the parent says how it ended
    began_with = _peak()
    _limit_memory()
    while True:
        try:
            job, room = pipe.recv()
        except EOFError:
            return
        _limit_time(time_limit_s)
        read = _read(job, Path(room))
        has_grown = _peak() - began_with > _GROWN
        pipe.send((read, has_grown))


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY_LIMIT
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))


def _limit_time(time_limit_s: float) -> None:
    """The next file has this much time of the processor, also after the parent was killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = ceil(used.ru_utime + used.ru_stime + time_limit_s)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard < 0 else min(most, hard), hard))


def _peak() -> int:
    """The most memory that this process has had, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _read(job: Job, room: Path) -> Read:
    """Errors come back as values: they cross a process border."""
    from bot.reading.document import read_records
    from bot.reading.source import UnknownKindError

    place = one_line(job.file)
    try:
        path = Path(job.path or job.file)
        if job.content is None and (read := _unopened(path, job.file)):
            return read
        if table := _table(job, path, room):
            return Read(job.file, table=table)
        content = _content(path, job.file) if job.content is None else job.content
        if isinstance(content, Read):
            return content
        readings = read_records(content, job.file, job.given, accept_warnings=job.accept_warnings)
        return Read(job.file, b"" if job.content is not None else content, readings)
    except UnknownKindError as error:
        return Read(job.file, failed="skipped", reason=str(error))
    except NoRowsError as error:
        why = f"{place}：没有问答，未导入：{error}"
        return Read(job.file, failed="skipped", reason=why)
    except ReadingError as error:
        return Read(job.file, failed="refused", reason=str(error))
    except OSError as error:
        said = f"{place}：无法读取（{reason(error)}）"
    except MemoryError:
        said = f"{place}：读取所需的内存过多，{_ADVICE}"
    except Exception as error:  # parsers raise anything on files made to break them
        said = f"{place}：读取时出错（{type(error).__name__}），{_ADVICE}"
    return Read(job.file, failed="refused", reason=said)


def _table(job: Job, path: Path, room: Path) -> Table | None:
    """The file's rows, if it is a table. Its bytes are copied: a file may change meanwhile."""
    source = room / f"source{Path(job.file).suffix}"
    if job.content is not None:
        if job.content[:5] == b"%PDF-":
            return None
        room.mkdir()
        source.write_bytes(job.content)
        path = source
    kind = tables.kind_of(path, job.file)
    if kind is None:
        return None
    if path.stat().st_size > tables.LARGEST:
        most = tables.LARGEST >> 20
        raise ReadingError(job.file, (Problem(f"表格超过{most}MB，未导入；请分成几个文件"),))
    _limit_time(TABLE_LIMIT_S + TABLE_S_PER_MB * path.stat().st_size / 1024**2)
    if path is not source:
        room.mkdir()
        shutil.copyfile(path, source)
    return tables.read_table(source, kind, job.file, job.given, room)


def _unopened(path: Path, file: str) -> Read | None:
    """Why a file is not opened; None: it may be."""
    place = one_line(file)
    if path.name.startswith("~$") or path.suffix.lower() in _UNFINISHED:
        why = f"{place}：是没有下载完的文件或临时文件，未读取"
        return Read(file, failed="skipped", reason=why)
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        any(path.iterdir())  # says why where it cannot be opened
    if not stat.S_ISREG(status.st_mode):
        why = f"{place}：不是普通文件（是文件夹、管道或设备），未读取"
        return Read(file, failed="refused", reason=why)
    return None


def _content(path: Path, file: str) -> bytes | Read:
    """The file's bytes, or why they are too many."""
    place = one_line(file)
    if path.stat().st_size > LARGEST:
        return Read(file, failed="refused", reason=f"{place}：文件超过200MB，未导入")
    return path.read_bytes()
