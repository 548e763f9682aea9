"""Every chat the bot speaks through, by one face: a new one is a folder and a line of `CHATS`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from flask import Flask

from bot.answering.responder import Responder
from bot.checks import Finding
from bot.config import Settings
from bot.delivery.delivery import Delivery
from handlers.slack import chat as slack
from handlers.wecom import chat as wecom
from handlers.wecom import url_chat as wecom_url
from handlers.wecom_app import chat as wecom_app
from handlers.wecom_kf import chat as wecom_kf
from handlers.wecom_webhook import chat as wecom_webhook


class Chat(Protocol):
    """One that runs, as it hears people."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    @property
    def state(self) -> str:
        """connected, connecting or failed."""


class Handler(Protocol):
    """What `serve` and `doctor` need of a chat: its folder's module `chat`."""

    PLATFORM: str

    def is_configured(self, settings: Settings) -> bool:
        """Whether any of its credentials is set.

        Half-set ones are an error of `serve`, not a chat that is silently absent.
        """

    def hosts(self, settings: Settings) -> list[str]:
        """The addresses that it talks to."""

    def callbacks(self, settings: Settings) -> dict[str, str]:
        """The paths that its platform calls, each with where it is told of them, in Chinese."""

    def check(self, settings: Settings) -> None:
        """Look at the settings without the network.

        Raises:
            SettingsError: Half-set or malformed.
        """

    def checks(self, settings: Settings) -> Iterator[Finding]:
        """What `irbot doctor` finds; no secret is shown."""

    def open(
        self, settings: Settings, responder: Responder, delivery: Delivery, callbacks: Flask
    ) -> Chat | None:
        """Register its transport with the delivery; None where nobody is heard.

        Args:
            settings: Checked.
            responder: Answers.
            delivery: Not started yet.
            callbacks: Where platforms call; for routes of its own.
        """


CHATS: tuple[Handler, ...] = (slack, wecom, wecom_url, wecom_app, wecom_kf, wecom_webhook)
