"""Who is let in to the desk.

A one-time link (`irbot desk invite`) shows whose it is; the button on that page uses it up, so that
a chat's preview of a link does not. The cookie then holds a session's token and is signed; the
session is in the store too, where it can be ended. A post is taken from our own pages alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import StoreError
from bot.store import LinkError, Store
from bot.store.access import SESSION_LASTS
from handlers.web.desk.key import signing_key
from handlers.web.rates import RateLimit
from handlers.web.security import Refused

LARGEST_FORM = 64 * 1024  # bytes; the longest field of one is an answer's reason
LARGEST_UPLOAD = 50 * 1024 * 1024  # bytes; records with pictures have 20 MB
_COOKIE = "irbot_desk"
_SESSION = "desk"  # in the cookie
_SIGN_INS = 20  # a minute of one visitor; a page and its button are two
_POSTS = 120
_WHY_NOT = {
    "unknown": "desk, link unknown",
    "used": "desk, link used",
    "expired": "desk, link expired",
}


class DeskAccess:
    """The door of the desk, and the check before each of its pages."""

    def __init__(self, store: Store, public_url: str) -> None:
        self._store = store
        self._public_url = public_url
        self._csrf = CSRFProtect()
        self._sign_ins, self._posts = RateLimit(_SIGN_INS), RateLimit(_POSTS)

    def mount(self, app: Flask, desk: Blueprint, uploads: frozenset[str]) -> None:
        """Put the door into the blueprint, and the check before everything else of it.

        Args:
            app: Gets the key and the cookie's properties.
            desk: Nothing of it is shown to who is not signed in, but the door.
            uploads: Endpoints that take files.
        """
        app.config.update(
            SECRET_KEY=signing_key(self._store.folder),
            SESSION_COOKIE_NAME=_COOKIE,
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_SECURE=self._public_url.startswith("https:"),
            SESSION_REFRESH_EACH_REQUEST=False,
            PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
            WTF_CSRF_CHECK_DEFAULT=False,  # chats post to the same application, signed otherwise
            WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        )
        self._csrf.init_app(app)
        app.jinja_env.globals["desk_user"] = self._user_if_known
        door = ("desk.link", "desk.enter")

        @desk.before_request
        def check() -> None:
            self._check(request.endpoint in door, request.endpoint in uploads)

        @desk.after_request
        def keep_nothing(response: Response) -> Response:
            response.headers["Cache-Control"] = "no-store"
            return response

        desk.add_url_rule("/enter/<token>", "link", self._link)
        desk.add_url_rule("/enter/<token>", "enter", self._enter, methods=["POST"])
        desk.add_url_rule("/leave", "leave", self._leave, methods=["POST"])

    def user(self) -> str | None:
        """Who is signed in, of the request in hand."""
        if _COOKIE not in request.cookies:
            return None
        if "desk_user" not in g:
            token = session.get(_SESSION, "")
            g.desk_user = self._store.signed_in(str(token), _now())
        user: str | None = g.desk_user
        return user

    def _user_if_known(self) -> str | None:
        """For what every page says, those too that tell of a database that is gone."""
        try:
            return self.user()
        except StoreError:
            return None

    def _check(self, is_door: bool, is_upload: bool) -> None:
        request.max_content_length = LARGEST_UPLOAD if is_upload else LARGEST_FORM
        request.max_form_memory_size = LARGEST_FORM
        if is_door:
            self._sign_ins.check()
        elif self.user() is None:
            # An empty session beside a cookie: it was not signed here, or too long ago.
            forged = _COOKIE in request.cookies and (not session or _SESSION in session)
            raise Refused("desk, signed out" if forged else "desk, sign in")
        if request.method == "POST":
            self._posts.check()
            if not self._is_of_our_page():
                raise Refused("desk, other site")
            try:
                self._csrf.protect()
            except CSRFError as error:
                raise Refused("desk, other site") from error

    def _is_of_our_page(self) -> bool:
        """As far as the browser says where a post comes from; older ones say nothing."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        came = request.headers.get("Origin") or request.referrer
        # A proxy may name this server otherwise than people do.
        own = {request.host, urlsplit(self._public_url).netloc} - {""}
        return not came or urlsplit(came).netloc in own

    def _link(self, token: str) -> str:
        try:
            name = self._store.link_of(token, _now())
        except LinkError as error:
            raise Refused(_WHY_NOT[error.why]) from error
        return render_template("desk/enter.html", name=name)

    def _enter(self, token: str) -> AnyResponse:
        try:
            opened = self._store.sign_in(token, _now())
        except LinkError as error:
            raise Refused(_WHY_NOT[error.why]) from error
        self._end()
        session[_SESSION] = opened
        session.permanent = True
        return redirect(url_for("desk.home"), 303)

    def _leave(self) -> AnyResponse:
        self._end()
        return redirect(url_for("pages.home"), 303)

    def _end(self) -> None:
        if user := self.user():
            self._store.sign_out(user, session[_SESSION])
        session.clear()


def desk_user() -> str:
    """Who is signed in, on a page that only such a person gets."""
    return str(g.desk_user)


def _now() -> datetime:
    """The real clock: a link and a session last as long whatever day a trial is set to."""
    return datetime.now(UTC)
