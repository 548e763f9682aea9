"""Bolt with every listener: what it hears goes to the events of the workspace it is of."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization.authorize import Authorize
from slack_bolt.context import BoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.oauth import OAuthFlow
from slack_sdk import WebClient

from bot.errors import trace_of
from handlers.slack import render
from handlers.slack.events import Events

_LISTENERS = 16
Body = dict[str, Any]
Ack = Callable[..., Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listening:
    """Listens for one workspace, or for all that installed the app."""

    of: Callable[[BoltContext], Events]  # those of the request's workspace

    def app(
        self,
        client: WebClient,
        signing_secret: str,
        flow: OAuthFlow | None = None,
        authorize: Authorize | None = None,
        missing: str | None = None,
    ) -> App:
        """The application.

        Args:
            client: With the workspace's token, or with none where there are many.
            signing_secret: Of HTTP mode.
            flow: How workspaces install it.
            authorize: Whose bot hears a request, where there are many.
            missing: Said where the app is not installed.
        """
        quiet = logging.getLogger("slack_bolt.irbot")
        quiet.setLevel(logging.ERROR if flow is None else logging.CRITICAL)  # others' workspaces
        app = App(
            client=client,
            signing_secret=signing_secret or "unused",
            token_verification_enabled=False,  # `SlackChat` signed in
            raise_error_for_unhandled_request=True,
            listener_executor=ThreadPoolExecutor(_LISTENERS, thread_name_prefix="slack"),
            oauth_flow=flow,
            authorize=authorize,  # type: ignore[arg-type] # it takes its own class as well
            user_facing_authorize_error_message=missing,
            logger=quiet,
        )
        app.middleware(self._take_in)
        app.action(re.compile(f"{render.ASK}:.*"))(self._on_ask)
        app.action(re.compile(f"{render.HELPFUL}|{render.UNHELPFUL}"))(self._on_opinion)
        app.action(render.SHARE)(self._on_share)
        app.action(re.compile(f"{render.DIGEST_AT}|{render.DIGEST_END}"))(self._on_digest)
        app.message_shortcut(re.compile(".*"))(self._on_shortcut)
        app.error(_unhandled)
        return app

    # Bolt looks at the names of what it calls a listener with.

    def _take_in(
        self, body: Body, context: BoltContext, next: Callable[[], BoltResponse]
    ) -> BoltResponse:
        return self.of(context).take_in(body, next)

    def _on_ask(self, body: Body, context: BoltContext, ack: Ack) -> None:
        self.of(context).on_ask(body, ack)

    def _on_opinion(self, body: Body, context: BoltContext, ack: Ack) -> None:
        self.of(context).on_opinion(body, ack)

    def _on_share(self, body: Body, context: BoltContext, ack: Ack) -> None:
        self.of(context).on_share(body, ack)

    def _on_digest(self, body: Body, context: BoltContext, ack: Ack) -> None:
        self.of(context).on_digest(body, ack)

    def _on_shortcut(self, body: Body, context: BoltContext, ack: Ack) -> None:
        self.of(context).on_shortcut(body, ack)


def _unhandled(error: Exception) -> BoltResponse:
    """Acknowledge what nobody listens to, or Slack sends it again; anything else is a fault."""
    if isinstance(error, BoltUnhandledRequestError):
        log.info("Slack: a request of an unknown kind was acknowledged and left")
        return BoltResponse(status=200, body="")
    log.error("Slack: a request failed: %s", trace_of(error))
    return BoltResponse(status=500, body="")
