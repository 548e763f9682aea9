"""`irbot doctor`: checks everything that is set up and says the next step.

files.py      what others on this machine may read
store.py      the database: sound, writable, something to show; what is searched
server.py     the server that it is on: of a version and a state that irbot can use
hosts.py      proxy, certificates, each platform's host, its clock beside ours
ways_in.py    whether platforms and readers find the way in

What only a chat knows – tokens, scopes, accounts – its own folder checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.checks import Finding
from bot.config import Settings
from bot.delivery import checks as delivery
from bot.digest import checks as digest
from bot.errors import BotError
from bot.second_reader import checks as second_reader
from bot.store import Store
from bot.store.connection import is_there, telling
from handlers.chats import CHATS
from handlers.doctor import files, hosts, store, ways_in


def checks(settings: Settings, faults: Iterable[str] = ()) -> Iterator[Finding]:
    """Every check in turn; a later one does not depend on an earlier one.

    Args:
        settings: All.
        faults: Of the settings; where one is, a default stands for it.
    """
    for fault in faults:
        yield Finding("设置", False, fault, "改正后再运行 irbot doctor")
    for remark in settings.remarks:
        yield Finding("设置", None, remark)
    yield from files.checks(settings)
    yield from store.checks(settings)
    yield from _in_store(settings)
    addresses = dict.fromkeys(url for handler in CHATS for url in handler.hosts(settings))
    yield from hosts.checks(settings, list(addresses))
    for handler in CHATS:
        if handler.is_configured(settings):
            yield from handler.checks(settings)
    yield from ways_in.checks(settings)
    if not addresses:
        yield Finding(
            "聊天", None, "未配置 Slack 或企业微信，只有本地网页和命令行", "见 .env.example"
        )


def _in_store(settings: Settings) -> Iterator[Finding]:
    """What is kept in the database of posts and digests; that it cannot be read is said already."""
    for found in (delivery.checks, _digests, _second_reader):
        try:
            with telling(settings.db):
                if not is_there(settings.db):
                    return
                yield from found(settings)
        except BotError:
            return


def _digests(settings: Settings) -> Iterator[Finding]:
    yield from digest.checks(settings, Store(settings.db))


def _second_reader(settings: Settings) -> Iterator[Finding]:
    yield from second_reader.checks(settings, Store(settings.db))
