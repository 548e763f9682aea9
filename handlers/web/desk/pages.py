"""What is under which address of the desk.

    /desk                   how much was asked, by day, and what became of it
    /desk/enter/TOKEN       the door; /desk/leave
    /desk/misses            what got no answer, grouped; …/misses/KEY one group and its forms
    /desk/aliases           other wordings of questions, and who approved them
    /desk/rejections        what a question does not answer
    /desk/feedback          what was found unhelpful, by question
    /desk/asked             what is asked most, and what was picked from offers
    /desk/records           what is stored, and whether it may be said; …/300253/2025-002/24
    /desk/due               answers whose dates pass; …/records/300253/2025-002/24/timeline, …/said
    /desk/import            records by upload; …/import/ID looks at one before it is stored
    /desk/journal           who changed what
    /desk/users             who may use the desk

Each change is a post of a form and leads back to a page; what is refused says why. Askers are named
nowhere: the models that are shown here hold no names.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import Blueprint, Flask, render_template, request, url_for

from bot.answering.library import Library
from bot.bootstrap import Bot
from bot.errors import BotError, NotFoundError, StoreError
from bot.record import Question
from bot.teaching import CurrentMisses, key_of
from bot.wording.phrasebook import messages
from bot.wording.presentation import Words
from handlers.changes import Told
from handlers.web.desk.access import DeskAccess
from handlers.web.desk.control import Control
from handlers.web.desk.over_time import OverTime
from handlers.web.desk.reports import Reports
from handlers.web.desk.teaching import TeachingPages
from handlers.web.desk.uploads import Uploads
from handlers.web.security import log_refused, unavailable

_NAVIGATION = (
    ("desk.home", "desk, overview"),
    ("desk.misses", "desk, misses"),
    ("desk.aliases", "desk, aliases"),
    ("desk.asked", "desk, asked"),
    ("desk.opinions", "desk, opinions"),
    ("desk.records", "desk, records"),
    ("desk.due", "desk, due dates"),
    ("desk.uploads", "desk, uploads"),
    ("desk.journal", "desk, journal"),
    ("desk.users", "desk, users"),
)


def mount(app: Flask, bot: Bot) -> None:
    """Put the desk into the application."""
    responder, store, words = bot.responder, bot.store, bot.responder.words
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    DeskAccess(store, words.public_url).mount(app, desk, uploads=frozenset({"desk.take"}))
    Control(bot).mount(desk)
    OverTime(bot).mount(desk)
    misses = CurrentMisses(store, bot.teaching)
    Reports(bot, misses).mount(desk)
    TeachingPages(bot, misses).mount(desk)
    Uploads(bot).mount(desk)

    @desk.errorhandler(BotError)
    def refuse(error: BotError) -> tuple[str, int]:
        return _refused(words, error)

    desk.register_error_handler(StoreError, unavailable)
    app.register_blueprint(desk)
    app.jinja_env.globals.update(
        desk_pages=_NAVIGATION,
        unit_of=lambda full_id: _unit_of(responder.library, full_id),
        told=lambda: Told(words, responder.now()),
        key_of=key_of,
        publication=lambda publication: Told(words, responder.now()).publication(publication),
        question_now=bot.teaching.question_now,
    )
    app.jinja_env.filters["local"] = lambda at: Told(words, responder.now()).local(at)


def _refused(words: Words, error: BotError) -> tuple[str, int]:
    """A page that says why nothing was done."""
    code = 404 if isinstance(error, NotFoundError) else 422
    log_refused(code, type(error).__name__)  # what it says may be an asker's words
    said = messages(words.lang).put(str(error))
    return render_template("error.html", said=said, code=code, back=_form()), code


def _form() -> str:
    """Where on this server a post came from: the page with its form."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or not came.path.startswith("/desk"):
        return url_for("desk.home")
    return urlunsplit(("", "", came.path, came.query, ""))


def _unit_of(library: Library, full_id: str) -> Question | None:
    """The question or paragraph that may be shown now under an id; a part's is the whole."""
    record_id, _, place = full_id.partition("#")
    record = library.record(record_id)
    return record.unit(place.partition(".")[0]) if record else None
