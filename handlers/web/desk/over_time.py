"""What of an answer changes with time: its dates pass, something is announced, another event speaks
of its matter. And where it was shown so far."""

from __future__ import annotations

import threading
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.answering.timeline import timeline
from bot.bootstrap import Bot
from bot.digest.expiry import SOON, DatesRead, Due, due
from bot.errors import BotError, NotFoundError
from bot.record import Announcement
from bot.store.since_shown import SinceShown
from handlers.web.addresses import paged
from handlers.web.desk.access import desk_user

_WITHIN = (SOON, 90, 365)  # days ahead that may be asked for
_DUE = 40  # on one page
_SHOWN = 50  # times that an answer was shown; `irbot said` lists all
_AT = "/records/<code>/<no>"


class OverTime:
    """Views of what is stored beside time, and the two acts on later announcements."""

    def __init__(self, bot: Bot) -> None:
        self._responder = bot.responder
        self._words = bot.responder.words
        self._now = bot.responder.now
        self._store = bot.store
        self._lock = threading.Lock()
        self._read = DatesRead()
        self._due: tuple[Due, ...] = ()
        self._as_of: tuple[int, date] | None = None

    def mount(self, desk: Blueprint) -> None:
        """Put the views into the blueprint."""
        desk.add_url_rule("/due", "due", self._due_list)
        desk.add_url_rule(f"{_AT}/<place>/timeline", "timeline", self._timeline)
        desk.add_url_rule(f"{_AT}/<place>/said", "said", self._said)
        desk.add_url_rule(f"{_AT}/later", "later", self._later, methods=["POST"])

    def _due_list(self) -> str:
        within = request.args.get("days", str(SOON))
        if within not in map(str, _WITHIN):
            abort(404)
        today = self._now().date()
        found = [item for item in self._dated(today) if (item.first - today).days <= int(within)]
        shown, page, pages = paged(found, _DUE)
        return render_template(
            "desk/due.html",
            due=shown,
            count=len(found),
            today=today,
            within=int(within),
            spans=_WITHIN,
            page=page,
            pages=pages,
        )

    def _dated(self, today: date) -> tuple[Due, ...]:
        """All that is past or passes within the longest time, sorted anew when something changes:
        every answer is looked through, once."""
        library = self._responder.library
        with self._lock:
            if (library.generation, today) != self._as_of:
                self._due = tuple(due(library.records, today, max(_WITHIN), self._read))
                self._as_of = library.generation, today
            return self._due

    def _timeline(self, code: str, no: str, place: str) -> str:
        library = self._responder.library
        record = library.record(f"{code}/{no}")
        question = record.question(int(place)) if record and place.isdecimal() else None
        if record is None or question is None:
            raise NotFoundError(f"{code}/{no}#{place}", self._words.text("desk, not shown"))
        return render_template(
            "desk/timeline.html", line=timeline(library, record, question), record=record
        )

    def _said(self, code: str, no: str, place: str) -> str:
        record = self._store.record(f"{code}/{no}").record
        unit = record.unit(place)
        if unit is None:
            abort(404)
        target = f"{record.id}#{unit.place}"
        since = SinceShown(self._store, self._now())
        rows = self._store.evidence(target, last=_SHOWN)
        return render_template(
            "desk/said.html",
            record=record,
            place=unit.place,
            target=target,
            rows=[(row, since.of(row)) for row in rows],
            most=_SHOWN,
        )

    # Acts

    def _later(self, code: str, no: str) -> Response:
        form = request.form
        place, announced_no = form.get("place", ""), form.get("no", "").strip()
        target = f"{code}/{no}#{place}"
        if form.get("act") == "undo":
            self._store.undo_announcement(target, announced_no, desk_user())
            flash(self._words.text("desk, later undone", no=announced_no))
        elif form.get("act") == "add":
            title, url = (form.get(name, "").strip() for name in ("title", "url"))
            item = Announcement(announced_no, title, self._day(), url)
            self._store.add_announcement(target, item, desk_user())
            flash(self._words.text("desk, later added", no=announced_no))
        else:
            abort(400)
        if self._store.record(f"{code}/{no}").record.unit(place) is None:
            return redirect(url_for("desk.record", code=code, no=no), 303)
        return redirect(url_for("desk.unit", code=code, no=no, place=place), 303)

    def _day(self) -> date:
        try:
            return date.fromisoformat(request.form.get("day", "").strip())
        except ValueError as error:
            raise BotError(self._words.text("desk, no day")) from error
