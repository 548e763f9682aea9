"""Somebody at a browser who uses the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.handlers.web.site import Page


class Desk:
    """A browser of its own, with its cookies."""

    def __init__(self, site):
        self.site = site
        self.client = site.app.test_client()
        self.csrf = ""

    def invite(self, name):
        token = self.site.store.invite(name, "管理员", datetime.now(UTC))
        return f"/desk/enter/{token}"

    def token(self, url):
        """The token of a page's forms."""
        page = Page(self.get(url).text)
        fields = [given for tag, given in page.tags if tag == "input"]
        return next(item["value"] for item in fields if item.get("name") == "csrf_token")

    def sign_in(self, link):
        self.post(link, 303, csrf_token=self.token(link))
        self.csrf = self.token("/desk")

    def get(self, url, status=200):
        answer = self.client.get(url, buffered=True)
        assert answer.status_code == status, (url, answer.status_code, answer.text)
        return answer

    def page(self, url, status=200):
        return Page(self.get(url, status).text)

    def post(self, url, status=303, /, **fields):
        answer = self.client.post(url, data={"csrf_token": self.csrf, **fields}, buffered=True)
        assert answer.status_code == status, (url, answer.status_code, answer.text)
        return answer
