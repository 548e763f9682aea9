"""One browser and one server for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser

from bot.record import Question
from handlers.web.app import WebServer
from tests.browser import chromium
from tests.browser.visiting import Tab, launched
from tests.conftest import SAMPLE
from tests.handlers.web.site import Site, record
from tests.serving import free_port

HOSTILE = '<script>document.title="ran"</script><img src=x onerror=document.title="ran">&amp;'
QUESTIONS = ("公司的分红政策是什么？", "海外业务的收入占比是多少？", "二〇二五年的产能规划如何？")
SAME = "公司的毛利率为什么下降？"
NAME = "ir.example.com"  # leads to this machine, in the browser alone


# A package's, not the session's: the driver's loop must not run under other tests.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.found()
    if path is None:
        chromium.NEEDED.refuse()
    with launched(path, f"--host-resolver-rules=MAP {NAME} 127.0.0.1") as browser:
        yield browser


class Served(Site):
    """The real server over a store of made-up records, under two names."""

    def __init__(self, path):
        port = free_port()
        super().__init__(path, public_url=f"http://{NAME}:{port}", contact="证券部 021-0000")
        self.server = WebServer(self.app, f"127.0.0.1:{port}")
        self.url = self.server.url


@pytest.fixture(scope="package")
def site(tmp_path_factory, sample):
    made = Served(tmp_path_factory.mktemp("browser"))
    made.add(sample.record, content=SAMPLE.read_bytes(), file=SAMPLE.name)
    for year in (2023, 2024, 2025):
        asked = Question(2, f"{year}年新产品的进展？", f"{year}年按计划推进。")
        made.add(record(f"{year}-001", Question(1, SAME, f"{year}年原料涨价。"), asked,
                        day=date(year, 5, 6)))  # fmt: skip
    hostile = Question(1, HOSTILE, f"{HOSTILE}答")
    made.add(record("2025-666", hostile, attendees=HOSTILE, day=date(2025, 6, 6)))
    long = (Question(n, f"第{n}条产线的产能是多少？", f"{n}万吨。") for n in range(1, 451))
    made.add(record("2025-450", *long, code="600001"))
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture(scope="package")
def desk_site(tmp_path_factory):
    """A server of its own: what the desk does changes what is answered."""
    made = Served(tmp_path_factory.mktemp("desk"))
    made.add(record("2025-001", *QUESTIONS))
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture
def tab(browser, site):
    opened = Tab(browser, site.url)
    yield opened
    opened.close()
    assert opened.complaints == []
