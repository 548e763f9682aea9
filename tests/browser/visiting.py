"""The browser, and a tab of it that hears every complaint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
    sync_playwright,
)

from tests.browser.chromium import FLAGS
from tests.waiting import PATIENCE_S

PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
WIDTHS = (320, 390, 1280)
LARGEST = 100_000  # bytes of a page

_FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]"
_FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const style = getComputedStyle(at), box = at.getBoundingClientRect();
    return {
        number: [...document.querySelectorAll(FOCUSABLE)].indexOf(at),
        is_seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        is_inside: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
            && box.top < innerHeight && box.left < innerWidth,
    };
}""".replace("FOCUSABLE", f'"{_FOCUSABLE}"')
_REACHABLE = """() => [...document.querySelectorAll(FOCUSABLE)].flatMap((at, number, all) =>
    at.type === "radio" && all.findIndex(other => other.name === at.name) < number ? [] : [number]
)""".replace("FOCUSABLE", f'"{_FOCUSABLE}"')
_PATIENCE_MS = PATIENCE_S * 1_000
_MOST_TABS = 2_000  # a page that needs more has no end


@contextmanager
def launched(path: str, *flags: str) -> Iterator[Browser]:
    """The browser, without a window and with a profile of its own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


class Tab:
    """A page of its own context: no cookie and no clipboard of another's."""

    def __init__(self, browser: Browser, origin: str, viewport: ViewportSize = DESKTOP) -> None:
        self.context = browser.new_context(viewport=viewport, locale="zh-CN")
        self.context.set_default_timeout(_PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.origin = origin
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))

    def _hear(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{self.page.url}: {message.text}")

    def open(self, path: str) -> Response:
        """Go there; a page is heard for what it complains of while it loads."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None
        return answer

    def close(self) -> None:
        self.context.close()

    # What a person sees and reaches

    def in_view(self, selector: str) -> bool:
        """Whether an element begins inside the window."""
        top = self.page.locator(selector).evaluate("at => at.getBoundingClientRect().top")
        return bool(0 <= top < self.page.evaluate("innerHeight"))

    def overflow(self, width: int) -> int:
        """By how many pixels the page is wider than a window of that width."""
        self.page.set_viewport_size({"width": width, "height": 844})
        return int(
            self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
        )

    def violations(self, scheme: str) -> list[str]:
        """What axe-core finds wrong, in light or dark."""
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{item['id']} ({item['impact']}): {node['html']} {node['failureSummary']}"
            for item in found
            for node in item["nodes"]
        ]

    def tabbed(self) -> tuple[list[int], list[int]]:
        """Press Tab from the start of the page to its end.

        Returns:
            The numbers of what got the focus, and of those whose focus nobody would see.
        """
        reached: list[int] = []
        unseen: list[int] = []
        for _ in range(_MOST_TABS):
            self.page.keyboard.press("Tab")
            at = self.page.evaluate(_FOCUSED)
            if at is None or at["number"] in reached[:-1]:
                return reached, unseen
            if at["number"] in reached:
                continue  # a field of several parts, as of a moment
            reached.append(at["number"])
            if not (at["is_seen"] and at["is_inside"]):
                unseen.append(at["number"])
        raise AssertionError("Tab reaches no end")

    def reachable(self) -> list[int]:
        """The numbers of all that Tab must reach: what can be pressed or filled in, and of choices
        of which one is taken the first; arrows lead to the others."""
        found: list[int] = self.page.evaluate(_REACHABLE)
        return found

    def clipboard(self) -> str:
        self.context.grant_permissions(["clipboard-read"])
        return str(self.page.evaluate("navigator.clipboard.readText()"))
