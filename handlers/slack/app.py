"""Slack: signs in, and hears what happens by Socket Mode or HTTP.

What comes goes through `listening` and `events` into the inbox, what goes out through `transport`.
With a client id it signs in nowhere: workspaces install the app themselves (`installing`), each is
heard by what was kept of that, and posts go out by its own token (`workspaces`).
"""

from __future__ import annotations

import logging
import threading
from typing import Any, cast

from flask import Flask, request
from flask.typing import ResponseReturnValue
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_bolt.context import BoltContext
from slack_bolt.request.internals import parse_body
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.answering.responder import Responder
from bot.config import Settings
from bot.delivery.delivery import Delivery
from bot.digest.leaving import leave
from bot.errors import trace_of
from bot.sealing import Seal
from bot.store.installations import Installations
from handlers.slack.client import web_client
from handlers.slack.credentials import INSTALL, PLATFORM, REDIRECT, install_page, is_for_many
from handlers.slack.errors import FOR_GOOD, code_of, why
from handlers.slack.events import Events
from handlers.slack.installing import StoredAuthorize, install_flow, page
from handlers.slack.listening import Listening
from handlers.slack.origin import Home
from handlers.slack.socket import Socket
from handlers.slack.transport import SlackTransport, rate_limits
from handlers.slack.workspaces import WorkspaceTransports

_RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
_BODY_LIMIT = 1_000_000
_UNREADABLE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
_OBJECTS = ("channel", "container", "event", "message", "team", "user", "view")
_LISTS = ("actions", "authorizations")  # of objects

log = logging.getLogger(__name__)


class SlackChat:
    """The Slack side of one process: Socket Mode, or HTTP mode with only a signing secret."""

    def __init__(self, settings: Settings, responder: Responder, delivery: Delivery) -> None:
        self._settings = settings
        self._responder = responder
        self._delivery = delivery
        self._client = web_client(settings)
        self._socket: Socket | None = None
        self._http: SlackRequestHandler | None = None
        self._state = "connecting"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._set_up, name="slack", daemon=True)
        self._many = _Many(settings, responder, delivery) if is_for_many(settings) else None
        limits = rate_limits(settings.slack_posts_a_minute)
        transport = (
            self._many.transports
            if self._many
            else SlackTransport(self._client, responder.words, limits, self._refused)
        )
        delivery.register(PLATFORM, transport, transport.thread_start)

    # Life

    @property
    def state(self) -> str:
        """connected, connecting or failed, for /healthz."""
        if self._state == "connected" and self._socket is not None:
            return "connected" if self._socket.is_heard() else "connecting"
        return self._state

    def start(self) -> None:
        """Sign in and connect in the background; retried until Slack refuses for good."""
        self._thread.start()

    def stop(self) -> None:
        """Take nothing more in; what was acknowledged is in the inbox."""
        self._stopping.set()
        if self._socket is not None:
            closing = threading.Thread(target=self._socket.close, daemon=True)
            closing.start()
            closing.join(1.0)  # it says goodbye to Slack

    def _set_up(self) -> None:
        app = self._many.app(self._client) if self._many else self._app_of_one()
        if app is None:
            return
        if self._many or not self._settings.slack_app_token:
            self._http = SlackRequestHandler(app)
        if not self._settings.slack_app_token:
            self._state = "connected"
            log.info("Slack: ready for HTTP requests at /slack/events")
            return

        def take(session: BaseSocketModeClient, envelope: SocketModeRequest) -> None:
            try:
                _look_at(envelope.payload)
                response = run_bolt_app(app, envelope)
            except _UNREADABLE as error:  # not ours: those go through app.error
                log.warning("Slack: a request Bolt cannot read was left: %s", trace_of(error))
                response = BoltResponse(status=200, body="")
            send_response(session, envelope, response, 0)

        self._socket = Socket(self._settings.slack_app_token, self._client, take, self._refused)
        self._state = "connected"
        self._socket.open()
        log.info("Slack: connecting by Socket Mode")

    def _app_of_one(self) -> App | None:
        """For the workspace of the bot token; None when refused for good or stopping."""
        signed_in = self._signed_in()
        if signed_in is None:
            return None
        events = Events(
            self._responder,
            self._delivery,
            self._settings.tz,
            Home(signed_in["team_id"], signed_in.get("enterprise_id") or ""),
            signed_in["user_id"],
            lambda code, _: self._refused(code),
        )
        secret = self._settings.slack_signing_secret
        return Listening(lambda _: events).app(self._client, secret)

    def _signed_in(self) -> dict[str, Any] | None:
        """auth.test's answer, or None when refused for good or stopping."""
        tries = 0
        while not self._stopping.is_set():
            try:
                return cast(dict[str, Any], self._client.auth_test().data)
            except Exception as error:
                if code_of(error) in FOR_GOOD:
                    self._refused(code_of(error))
                    return None
                said = why(error, self._settings.slack_api_url)
            log.warning("Slack: cannot sign in yet (%s); trying again", said)
            self._stopping.wait(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1
        return None

    def _refused(self, code: str) -> None:
        if self._state == "failed":
            return  # said already
        self._state = "failed"
        log.error(
            "Slack refused the credentials (%s); check the tokens in .env, then restart", code
        )

    # HTTP mode

    def mount(self, app: Flask) -> None:
        """Serve `/slack/events`: events, commands and clicks of HTTP mode; and the install."""
        if self._many:
            for path in (INSTALL, REDIRECT):
                app.add_url_rule(path, view_func=self._install, endpoint=path)
        if self._settings.slack_app_token:
            return
        verifier = SignatureVerifier(self._settings.slack_signing_secret)

        @app.post("/slack/events")
        def slack_events() -> ResponseReturnValue:
            request.max_content_length = _BODY_LIMIT  # beyond it reading the body is a 413
            timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
            signature = request.headers.get("X-Slack-Signature", "")
            body = request.get_data(cache=True)
            # Both checked for their form first: the verifier fails on others with an exception.
            well_formed = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12
            if not (well_formed and signature.isascii() and _is_utf8(body)):
                return "unsigned", 401
            if not verifier.is_valid(body, timestamp, signature):
                return "not signed by Slack, or too old", 401
            if self._http is None:
                return "not ready", 503
            try:
                _look_at(parse_body(body.decode(), request.mimetype))
                return cast(ResponseReturnValue, self._http.handle(request))
            except _UNREADABLE as error:  # not ours: those go through app.error
                log.warning("Slack: a request Bolt cannot read was left: %s", trace_of(error))
                return "not readable", 400

    def _install(self) -> ResponseReturnValue:
        if self._http is None:
            return "not ready", 503
        try:
            return self._http.handle(request)
        except Exception as error:  # Slack is not reached, or the database
            log.error("Slack: an install was not made: %s", trace_of(error))
            return page(self._responder.words.text("slack install, failed")), 503


class _Many:
    """All workspaces that installed the app."""

    def __init__(self, settings: Settings, responder: Responder, delivery: Delivery) -> None:
        self._settings = settings
        self._responder = responder
        self._delivery = delivery
        self._installations = Installations(settings.db, Seal(settings.secret_keys))
        self.transports = WorkspaceTransports(settings, self._installations, responder.words)

    def app(self, client: WebClient) -> App:
        """Hears every workspace, and takes in new ones."""
        flow = install_flow(
            self._settings, client, self._installations, self._responder.words, self._installed
        )
        authorize = StoredAuthorize(self._installations)
        secret = self._settings.slack_signing_secret
        where = install_page(self._settings)
        missing = self._responder.words.text("slack, not installed", page=where)
        return Listening(self._events).app(client, secret, flow, authorize, missing)

    def _events(self, context: BoltContext) -> Events:
        """Those of the workspace that a request is of."""
        team, known = context.team_id or "", context.authorize_result
        home = Home(team, (known.enterprise_id if known else None) or "")
        return Events(
            self._responder,
            self._delivery,
            self._settings.tz,
            home,
            context.bot_user_id or "",
            lambda code, at: self._uninstalled(team, code, at),
        )

    def _installed(self, team: str) -> None:
        self.transports.settled(team)
        self._delivery.sender.release(PLATFORM, team)

    def _uninstalled(self, team: str, code: str, at: float) -> None:
        """Forget a workspace, and all that was still to go there.

        Slack tells of it several times, perhaps when the app has been installed again.
        """
        found = self._installations.get(PLATFORM, team)
        if found is None or at < found.added_at.timestamp():
            return
        left = leave(self._installations, PLATFORM, team, code, self._responder.now())
        if left is not None:
            log.warning(
                "Slack: workspace %s removed the app (%s): posts closed=%d, subscriptions ended=%d",
                *(team, code, left.posts, left.subscriptions),
            )


def _look_at(body: object) -> None:
    """See that a request has the form that Bolt takes for granted.

    Raises:
        TypeError: Something else stands where an object should.
    """
    if not isinstance(body, dict):
        raise TypeError("no object")
    items = [body.get(name) for name in _OBJECTS]
    for name in _LISTS:
        items += body.get(name) or []
    if not all(isinstance(item, dict) for item in items if item is not None):
        raise TypeError("no object where one belongs")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
