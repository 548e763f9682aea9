"""What is under which address of the desk."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template

from bot.answering.responder import Responder
from bot.store import Store
from handlers.web.desk.access import DeskAccess
from handlers.web.security import name_check


def mount(app: Flask, responder: Responder, store: Store) -> None:
    """Put the desk into the application."""
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(name_check(responder.words.public_url))
    DeskAccess(store, responder.words.public_url).mount(app, desk, frozenset())
    desk.add_url_rule("", "home", lambda: render_template("desk/home.html"))
    app.register_blueprint(desk)
