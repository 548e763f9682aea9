"""Slack's OAuth: a workspace installs the app at /slack/install, by Bolt's own flow.

Bolt's stock stores are not used. `slack_sdk`'s SQLite3InstallationStore and SQLite3OAuthStateStore
open a file of SQLite by themselves, past the one connection of each thread and on one engine only;
its SQLAlchemy stores need SQLAlchemy, a second way to the same database; all of them keep tokens
readable. Here are the interfaces that Bolt asks of a store, over `bot.store.installations`.

Its `InstallationStoreAuthorize` is not used either: it calls auth.test of Slack before an event is
acknowledged, and where that fails the event is acknowledged and lost. What it would ask was kept at
the install.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import Logger
from typing import Any

from markupsafe import escape
from slack_bolt import BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_bolt.context import BoltContext
from slack_bolt.error import BoltError
from slack_bolt.oauth import OAuthFlow
from slack_bolt.oauth.callback_options import CallbackOptions, FailureArgs, SuccessArgs
from slack_bolt.oauth.oauth_settings import OAuthSettings
from slack_sdk import WebClient
from slack_sdk.oauth.installation_store import Bot, InstallationStore
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.state_store import OAuthStateStore

from bot.config import Settings
from bot.sealing import SealError
from bot.store.installations import Installation, Installations
from bot.wording.presentation import Words
from handlers.slack.credentials import INSTALL, PLATFORM, REDIRECT, called_at
from handlers.slack.manifest import SCOPES

_FAILURES = {  # Bolt's reasons, and Slack's
    "access_denied": "slack install, cancelled",
    "invalid_browser": "slack install, state",
    "invalid_state": "slack install, state",
}

log = logging.getLogger(__name__)


class RefusedInstallError(BoltError):
    """An install that is not kept; `key` names the text that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class StoredInstallations(InstallationStore):
    """Workspaces, one installation each; a second install takes the place of the first."""

    def __init__(self, installations: Installations, settled: Callable[[str], None]) -> None:
        """Prepare.

        Args:
            installations: The table.
            settled: Called with a workspace whose installation is new.
        """
        self._installations = installations
        self._settled = settled

    @property
    def logger(self) -> Logger:
        return log

    def save(self, installation: SlackInstallation) -> None:
        """Keep the bot's side of an install; who installed it is nobody's business later.

        Raises:
            RefusedInstallError: It is of a whole organisation, of no bot, or cannot be kept.
        """
        if installation.is_enterprise_install or not installation.team_id:
            raise RefusedInstallError("slack install, organisation")
        if not installation.bot_token:
            raise RefusedInstallError("slack install, failed")
        self.save_bot(installation.to_bot())

    def save_bot(self, bot: Bot) -> None:
        """Keep a workspace's token, sealed.

        Raises:
            RefusedInstallError: IR_SECRET_KEY is not there to seal it.
        """
        details = {
            "enterprise": bot.enterprise_id or "",
            "app": bot.app_id or "",
            "bot": bot.bot_id,
            "bot_user": bot.bot_user_id,
            "scopes": list(bot.bot_scopes),
        }
        workspace, name = str(bot.team_id), bot.team_name or ""
        at = datetime.fromtimestamp(bot.installed_at, UTC)
        try:
            self._installations.add(PLATFORM, workspace, bot.bot_token, at, name, details)
        except SealError as error:
            log.error("Slack: an install was not kept: %s", error)
            raise RefusedInstallError("slack install, failed") from error
        log.info("Slack: installed in workspace %s", workspace)
        self._settled(workspace)

    def find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of a workspace.

        Raises:
            SealError: Its token cannot be opened.
        """
        found = self._installations.get(PLATFORM, team_id or "")
        if found is None or is_enterprise_install:
            return None
        return Bot(
            app_id=found.details["app"],
            enterprise_id=found.details["enterprise"] or None,
            team_id=found.workspace,
            team_name=found.name,
            bot_token=self._installations.secret(found),
            bot_id=found.details["bot"],
            bot_user_id=found.details["bot_user"],
            bot_scopes=found.details["scopes"],
            installed_at=found.added_at.timestamp(),
        )

    def find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,
        is_enterprise_install: bool | None = False,
    ) -> SlackInstallation | None:
        """The same as an installation, of nobody in particular."""
        bot = self.find_bot(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )
        if bot is None:
            return None
        return SlackInstallation(
            app_id=bot.app_id,
            enterprise_id=bot.enterprise_id,
            team_id=bot.team_id,
            team_name=bot.team_name,
            bot_token=bot.bot_token,
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
            bot_scopes=bot.bot_scopes,
            user_id="",
            installed_at=bot.installed_at,
        )

    def delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        self._installations.remove(PLATFORM, team_id or "")

    def delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Of one person's part nothing is kept; without a person, the workspace's."""
        if user_id is None:
            self.delete_bot(enterprise_id=enterprise_id, team_id=team_id)


class StoredStates(OAuthStateStore):
    """Marks of installs under way: each comes back once, within ten minutes."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations

    @property
    def logger(self) -> Logger:
        return log

    def issue(self, *args: Any, **kwargs: Any) -> str:
        return self._installations.issue_state(time.time())

    def consume(self, state: str) -> bool:
        return self._installations.use_state(state, time.time())


class StoredAuthorize(Authorize):
    """Whose bot hears a request: by its workspace, from what was kept at the install."""

    def __init__(self, installations: Installations) -> None:
        self._installations = installations

    def __call__(
        self,
        *,
        context: BoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        found = self._installations.get(PLATFORM, team_id or "")
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=found.details["enterprise"] or None,
            team_id=found.workspace,
            bot_token=self._token(found),
            bot_id=found.details["bot"],
            bot_user_id=found.details["bot_user"],
            bot_scopes=found.details["scopes"],
        )

    def _token(self, found: Installation) -> str | None:
        """None where it cannot be opened: what is asked is taken in all the same, and answered
        once the key is there."""
        try:
            return self._installations.secret(found)
        except SealError:
            return None


@dataclass(frozen=True)
class _Pages:
    """What somebody who installs reads at the end."""

    words: Words

    def success(self, args: SuccessArgs) -> BoltResponse:
        name = args.installation.team_name or args.installation.team_id or ""
        said = self.words.text("slack installed", workspace=name)
        cookie = args.settings.state_utils.build_set_cookie_for_deletion()
        return _page(said, 200, {"Set-Cookie": cookie})

    def failure(self, args: FailureArgs) -> BoltResponse:
        if isinstance(args.error, RefusedInstallError):
            return _page(self.words.text(args.error.key), 403)
        key = _FAILURES.get(args.reason, "slack install, failed")
        log.warning("Slack: an install was not made: %s", key)  # the reason is the browser's word
        return _page(self.words.text(key), args.suggested_status_code)


def page(said: str) -> str:
    """A sentence as a page of HTML."""
    return f'<!doctype html><meta charset="utf-8"><title>irbot</title><p>{escape(said)}</p>'


def _page(said: str, status: int, headers: dict[str, str] | None = None) -> BoltResponse:
    told: dict[str, Any] = {"Content-Type": "text/html; charset=utf-8", **(headers or {})}
    return BoltResponse(status=status, body=page(said), headers=told)


def install_flow(
    settings: Settings,
    client: WebClient,
    installations: Installations,
    words: Words,
    settled: Callable[[str], None],
) -> OAuthFlow:
    """Bolt's flow over our database.

    Args:
        settings: With the app's client id and secret, and where Slack sends people back.
        client: Without a token.
        installations: Where the workspaces are kept.
        words: For who installs.
        settled: Called with a workspace whose installation is new.
    """
    pages = _Pages(words)
    return OAuthFlow(
        client=client,
        logger=_quiet_logger(),
        settings=OAuthSettings(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret,
            scopes=list(SCOPES),
            user_scopes=[],
            redirect_uri=called_at(settings) + REDIRECT,
            install_path=INSTALL,
            install_page_rendering_enabled=False,  # a link or button leads straight to Slack
            redirect_uri_path=REDIRECT,
            callback_options=CallbackOptions(success=pages.success, failure=pages.failure),
            installation_store=StoredInstallations(installations, settled),
            installation_store_bot_only=True,
            state_store=StoredStates(installations),
        ),
    )


def _quiet_logger() -> logging.Logger:
    """Bolt logs the code of an install that failed."""
    quiet = logging.getLogger("slack_bolt.irbot.oauth")
    quiet.setLevel(logging.CRITICAL)
    return quiet
