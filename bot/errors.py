"""Everything raised on purpose.

    BotError                     one line for the operator; exit code 1
    ├── ReadingError             a file that cannot be read as a record, whole and proven
    ├── StoreError               the database: newer version, unwritable, locked
    │   ├── DisplacedError       it was deleted or replaced while it was open
    │   └── EngineAwayError      the database's server cannot be reached, or was lost half-way
    ├── IdentityError            same record id, other words, and nothing marks it as a correction
    ├── NotFoundError            an id that is not stored
    ├── RefusedError             what a person wanted done and what may not be
    └── SettingsError            a setting that is missing, half-set or malformed

The message is what a person reads, so it is Chinese and says what happened, where, and what to
do. Logs and attributes are English.
"""

from __future__ import annotations

import errno
import re
import traceback
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_TOLD = 5  # differences named in one line
_REASONS = {  # what systems say of the errors that people meet, who read one language
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "系统不允许",
    errno.EISDIR: "是文件夹",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EEXIST: "已经存在",
    errno.EROFS: "文件系统是只读的",
    errno.EIO: "磁盘读写出错",
    errno.ELOOP: "链接绕回了自己",
    errno.ENAMETOOLONG: "名字太长",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
    errno.EBUSY: "正被占用",
    errno.EADDRINUSE: "地址已被占用",
    errno.EADDRNOTAVAIL: "不是本机的地址",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接被对方中断",
    errno.ENETUNREACH: "网络不可达",
    errno.EHOSTUNREACH: "主机不可达",
    errno.ETIMEDOUT: "超时",
}


def printable(text: str) -> str:
    """`one_line` for text of several lines, with its tabs."""
    return "".join(
        piece if piece in ("\n", "\t") else one_line(piece) for piece in re.split(r"([\n\t])", text)
    )


def one_line(text: str) -> str:
    """A file's name or a document's words, fit for a line of a message: what would steer the
    terminal, break the line or cannot be written is shown as an escape."""
    return "".join(
        char.encode("unicode_escape", "surrogatepass").decode("ascii")
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        else char
        for char in text
    )


def is_full(error: OSError) -> bool:
    """Whether a disk, or somebody's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def reason(error: OSError) -> str:
    """What the system says of an error, in Chinese where people meet it; a full disk is called
    that everywhere."""
    if is_full(error):
        return "磁盘已满，请腾出空间"
    own = type(error).__module__ != "builtins"  # of ssl or shutil, with numbers of its own
    told = None if own else _REASONS.get(error.errno or 0)
    return told or error.strerror or str(error) or type(error).__name__


class BotError(Exception):
    """Base of all errors that a person can act on."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a document."""

    what: str  # Chinese, one line, with the words concerned
    page: int | None = None  # from 1; None where the form has no pages
    question_no: int | None = None


class ReadingError(BotError):
    """A document was refused; holds all its problems, not the first one only."""

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        self.file = file
        self.problems = problems
        super().__init__("\n".join(_problem_line(file, problem) for problem in problems))


def _problem_line(file: str, problem: Problem) -> str:
    place = one_line(file)
    if problem.page is not None:
        place += f" 第{problem.page}页"
    if problem.question_no is not None:
        place += f" 第{problem.question_no}问"
    return f"{place}：{one_line(problem.what)}"


class StoreError(BotError):
    """The database cannot be used as it is."""


class DisplacedError(StoreError):
    """What is open is not what its path names any more: nothing is read or written there."""


class EngineAwayError(StoreError):
    """The database's server cannot be reached now; what was begun may be tried again."""


class IdentityError(BotError):
    """A record with a stored id but other words, and nothing says that it is a correction."""

    def __init__(
        self, record_id: str, stored_file: str, offered_file: str, changes: Sequence[object] = ()
    ) -> None:
        self.record_id = record_id
        self.stored_file = stored_file
        self.offered_file = offered_file
        differing = "；".join(map(str, changes[:_TOLD])) + (
            f"；等{len(changes)}处" if len(changes) > _TOLD else ""
        )
        super().__init__(
            f"{one_line(offered_file)}：{record_id} 已从 {one_line(stored_file)} 收录，"
            f"但文字不同，也未标明更正或补充；"
            f"未作改动。不同处：{differing or '无'}。确认以新文件为准时加 --replace"
        )


class NotFoundError(BotError):
    """An id that names nothing in the store."""

    def __init__(self, what: str, where: str = "irbot records 查看已收录的记录") -> None:
        self.what = what
        super().__init__(f"库中没有 {what}；用 {where}")


class RefusedError(BotError):
    """What a person wanted done may not be; says why, and nothing is changed."""


class SettingsError(BotError):
    """The environment or .env cannot be used; names the variable, never a secret."""


def trace_of(error: BaseException) -> str:
    """Where a bug happened, for the log: places and lines, no values, which may be words of people
    or secrets. Of the database there is no bug: its line says all."""
    if isinstance(error, StoreError):
        return str(error)
    places = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__}\n{places}".rstrip()
