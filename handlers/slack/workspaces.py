"""Posts into many workspaces, each with its own token.

A post's address names its workspace (`TEAM`), so that it goes out by that one's installation
whenever that is: an answer, a digest in the morning, an edit an hour later.
"""

from __future__ import annotations

import logging
import threading

from bot.config import Settings
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Found,
    Loss,
    Outcome,
    Payload,
    RateLimited,
    Reachability,
    Refused,
    Suspended,
)
from bot.message import Chat, ReplyView
from bot.sealing import SealError
from bot.store.installations import Installations
from bot.wording.presentation import Words
from handlers.slack.client import web_client
from handlers.slack.credentials import PLATFORM
from handlers.slack.transport import SUSPENDED_S, TEAM, SlackTransport, rate_limits

UNINSTALLED = "app_uninstalled"  # Slack's own name of it
SEALED = "token sealed by a key that is not set"

log = logging.getLogger(__name__)


class WorkspaceTransports:
    """A transport of `SlackTransport`s. Safe to share between threads."""

    is_ready = True

    def __init__(self, settings: Settings, installations: Installations, words: Words) -> None:
        """Prepare.

        Args:
            settings: How Slack is reached, and how fast.
            installations: Whose tokens there are; looked at anew for each post.
            words: Names the buttons.
        """
        self.rate_limits = rate_limits(settings.slack_posts_a_minute)
        self._settings = settings
        self._installations = installations
        self._words = words
        self._told: set[tuple[str, str]] = set()  # workspaces, and what was said of them
        self._telling = threading.Lock()
        # For what needs no token.
        self._any = SlackTransport(web_client(settings), words, self.rate_limits, lambda _: None)

    def _of(self, workspace: str) -> SlackTransport | None:
        """The workspace's own; None where the app is not installed.

        Raises:
            SealError: Its token cannot be opened.
        """
        found = self._installations.get(PLATFORM, workspace)
        if found is None:
            return None
        client = web_client(self._settings, token=self._installations.secret(found))
        return SlackTransport(
            client, self._words, self.rate_limits, lambda code: self.tell(workspace, code)
        )

    def tell(self, workspace: str, code: str) -> None:
        """Say once what keeps the bot from a workspace."""
        with self._telling:
            is_new = (workspace, code) not in self._told
            self._told.add((workspace, code))
        if is_new:
            log.error("Slack: workspace %s cannot be reached: %s", workspace, code)

    def settled(self, workspace: str) -> None:
        """A workspace was installed anew: what was said of it may be said again."""
        with self._telling:
            self._told = {told for told in self._told if told[0] != workspace}

    def thread_start(self, address: Address) -> str | RateLimited | Refused:
        """As of one workspace; what cannot be read now is not waited for."""
        try:
            transport = self._of(_team(address))
        except SealError:
            return Refused(SEALED, permanent=True)
        return (
            transport.thread_start(address) if transport else Refused(UNINSTALLED, permanent=True)
        )

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        return self._any.render(shown, address)

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        try:
            transport = self._of(_team(address))
        except SealError:
            return self._suspended(address)
        if transport is None:
            return Refused(UNINSTALLED, permanent=True)
        return transport.send(payload, address, key)

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        try:
            transport = self._of(_team(address))
        except SealError:
            return self._suspended(address)
        return transport.look_up(payload, address, key) if transport else CannotCheck()

    def _suspended(self, address: Address) -> Suspended:
        """Its posts wait until the key is there."""
        self.tell(_team(address), SEALED)
        return Suspended(SEALED, SUSPENDED_S)

    def reachability(self, chat: Chat) -> Reachability:
        try:
            transport = self._of(chat.workspace)
        except SealError:
            return "no push"
        return transport.reachability(chat) if transport else "no push"

    def loss(self, reason: str) -> Loss:
        return self._any.loss(reason)

    def is_place(self, channel: str) -> bool:
        return self._any.is_place(channel)

    def return_address(self, chat: Chat, address: Address) -> Address:
        return self._any.return_address(chat, address)

    def desk_address(self, desk: Chat, back: Address) -> Address:
        return self._any.desk_address(desk, back)

    def address_of(self, chat: Chat) -> Address:
        return self._any.address_of(chat)


def _team(address: Address) -> str:
    return str(address.get(TEAM, ""))
