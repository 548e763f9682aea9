"""A store with its pages, and what a browser makes of one."""

from __future__ import annotations

import hashlib
from datetime import date
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin

from bot.config import Settings
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from handlers.web.app import web_app
from tests.conftest import open_by_words


def record(no="2025-001", *questions, day=date(2025, 5, 6), code="600000", **more):
    """A made-up record; a plain text is a question that is answered with its own hash."""
    return Record(
        company_code=code,
        company_name=f"示例{code}",
        record_no=no,
        title="投资者关系活动记录表",
        event_dates=(EventDate(day, day, "day", f"{day}"),),
        questions=tuple(
            item
            if isinstance(item, Question)
            else Question(number, item, f"答{hashlib.sha256(item.encode()).hexdigest()[:9]}。")
            for number, item in enumerate(questions or ("主营业务是什么？",), 1)
        ),
        **more,
    )


class Site:
    """A store with its pages."""

    def __init__(self, path, **settings):
        self.settings = Settings(path / "irbot.db", **settings)
        self.store = Store(self.settings.db)
        self.bot = open_by_words(self.settings)
        self.app = web_app(self.bot, lambda: {"chats": {}})
        self.client = self.app.test_client()

    def add(self, *records, content=None, file="记录.pdf", **more):
        content = content or repr(records).encode()
        self.store.add([Reading(item) for item in records], content, file, **more)
        return content

    def get(self, url, status=200, **headers):
        answer = self.client.get(url, headers=headers, buffered=True)
        assert answer.status_code == status, (url, answer.status_code)
        return answer

    def page(self, url, status=200):
        return Page(self.get(url, status).text)

    def all(self):
        """Every address that pages link to, from the home page on, with what it gives."""
        found, waiting = {}, ["/"]
        while waiting:
            url = urldefrag(waiting.pop()).url
            if url not in found:
                found[url] = self.client.get(url, follow_redirects=True, buffered=True)
                assert found[url].status_code == 200, url
                if found[url].mimetype == "text/html":
                    waiting += [urljoin(url, link) for link in Page(found[url].text).links]
        return found


class Page(HTMLParser):
    """What a browser makes of a page: text by id and class, links, scripts."""

    VOID = ("meta", "link", "input", "br")

    def __init__(self, text):
        super().__init__()
        self.raw = text
        self.said = ""
        self.searches = 0
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.of_class: dict[str, list[str]] = {}
        self.open: list[Any] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.searches += given.get("role") == "search"
        if tag not in self.VOID:
            self.open.append((tag, given, len(self.said)))

    def handle_endtag(self, tag):
        opened, given, start = self.open.pop()
        assert opened == tag
        for name in (given.get("class") or "").split():
            self.of_class.setdefault(name, []).append(self.said[start:])

    def handle_data(self, data):
        self.said += data
