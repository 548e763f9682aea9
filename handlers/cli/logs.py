"""The log on standard error: lines for people, or an object a line for programs.

Where it goes and when it is cut, the system says (journald, logrotate, Docker).
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

from bot.config import Settings
from bot.errors import one_line, printable
from handlers.cli.output import as_json, say

_log = logging.getLogger("irbot")


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """A name of a file or a platform's words may be in it."""
        return printable(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return as_json(told)


def begin() -> None:
    """Log plainly, warnings and worse, until the settings are known."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def follow(settings: Settings) -> None:
    """Log as the settings say."""
    if settings.log == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(_Json())


def tell(text: str) -> None:
    """Say what an operator must know, each line of it; in the log's form, where that is JSON."""
    if any(isinstance(handler.formatter, _Json) for handler in logging.getLogger().handlers):
        for line in text.splitlines():
            _log.error("%s", one_line(line))
    else:
        say(text, err=True)
