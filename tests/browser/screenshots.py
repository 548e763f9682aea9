"""The pictures of chats and pages in docs/: `python -m tests.browser.screenshots`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, ViewportSize

from bot.config import Lang
from bot.reading.document import read_records
from handlers.web.app import WebServer
from tests.browser import chat_pictures, chromium
from tests.browser.visiting import launched
from tests.conftest import SAMPLE
from tests.handlers.web.site import Site
from tests.handlers.web.test_pages import SAMPLE_PAGE

DOCS = Path(__file__).parents[2] / "docs"
LARGEST = 150_000  # bytes
# Name, address, window, and pixels of the picture for one of the window.
PICTURES: tuple[tuple[str, str, ViewportSize, float], ...] = (
    ("page-desktop.png", SAMPLE_PAGE, {"width": 1120, "height": 1000}, 1.0),
    ("page-phone.png", f"/ask?q={quote('关税')}", {"width": 390, "height": 844}, 1.5),
)


LANGUAGES: tuple[Lang, ...] = ("zh", "en")


def picture_chats(browser: Browser, lang: Lang, folder: Path) -> list[Path]:
    """A picture of each chat in a language.

    Args:
        browser: Takes them.
        lang: Of the bot's own sentences.
        folder: Where they go, as `chat-<name>.<lang>.png`.
    """
    made = []
    for name, page_of_chat in chat_pictures.pages(lang).items():
        page = browser.new_page(viewport={"width": 640, "height": 400}, device_scale_factor=1.25)
        page.set_content(page_of_chat)
        made.append(folder / f"chat-{name}.{lang}.png")
        page.locator("main").screenshot(path=made[-1])
        page.close()
    return made


def main() -> int:
    path = chromium.found()
    if path is None:
        print(chromium.NEEDED.how, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, launched(path) as browser:
        site = Site(Path(folder))
        (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
        site.add(reading.record, content=SAMPLE.read_bytes(), file=SAMPLE.name)
        server = WebServer(site.app, "127.0.0.1:0")
        server.start()
        for name, address, window, scale in PICTURES:
            page = browser.new_page(viewport=window, device_scale_factor=scale, locale="zh-CN")
            page.goto(server.url + address)
            picture = page.screenshot(path=DOCS / name)
            print(f"{name}: {len(picture):,} bytes")
            assert len(picture) < LARGEST, name
        server.stop()
        site.store.database.close()
        for lang in LANGUAGES:
            for made in picture_chats(browser, lang, DOCS):
                print(f"{made.name}: {made.stat().st_size:,} bytes")
                assert made.stat().st_size < LARGEST, made.name
    return 0


if __name__ == "__main__":
    sys.exit(main())
