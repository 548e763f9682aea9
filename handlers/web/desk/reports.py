"""What the desk reads: how much was asked, what did not help, what people changed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import islice

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bot.bootstrap import Bot
from bot.evaluating.usage import by_day, by_question
from bot.store.feedback import unhelpful
from bot.teaching import CurrentMisses
from handlers.web.desk.access import desk_user

_DAYS = (14, 90)  # of the chart; the first unless more are asked for
_FIRST = 5  # groups of misses on the first page
_MOST = 25  # questions of a list
_CHANGES = 50  # on one page of the journal


class Reports:
    """Views that change nothing, and the one that ends one's own sessions."""

    def __init__(self, bot: Bot, misses: CurrentMisses) -> None:
        self._groups = misses
        self._now = bot.responder.now
        self._store = bot.store
        self._teaching = bot.teaching

    def mount(self, desk: Blueprint) -> None:
        """Put the views into the blueprint."""
        desk.add_url_rule("", "home", self._home)
        desk.add_url_rule("/asked", "asked", self._asked)
        desk.add_url_rule("/feedback", "opinions", self._opinions)
        desk.add_url_rule("/journal", "journal", self._journal)
        desk.add_url_rule("/users", "users", self._users)
        desk.add_url_rule("/leave-all", "leave_all", self._leave_all, methods=["POST"])

    def _home(self) -> str:
        asked = request.args.get("days", str(_DAYS[0]))
        if asked not in map(str, _DAYS):
            abort(404)
        days = by_day(self._store, self._now(), int(asked))
        return render_template(
            "desk/home.html",
            days=days,
            spans=_DAYS,
            most=max((day.count for day in days), default=0),
            total=sum((Counter(day.bands) for day in days), Counter()),
            misses=[group for group in self._groups.get() if group.state == "new"][:_FIRST],
            proposed=len(self._teaching.aliases("proposed")),
        )

    def _opinions(self) -> str:
        found = by_question(unhelpful(self._store))
        return render_template("desk/opinions.html", opinions=found[:_MOST])

    def _asked(self) -> str:
        picked: dict[str, list[str]] = {}
        for row in self._store.picks():
            picked.setdefault(row["question_id"], []).insert(0, row["text"])
        often = sorted(picked.items(), key=lambda item: -len(item[1]))
        return render_template(
            "desk/asked.html",
            most_asked=list(islice(self._store.most_asked(), _MOST)),
            picked=[
                (question_id, len(texts), tuple(dict.fromkeys(texts)))
                for question_id, texts in often[:_MOST]
            ],
        )

    def _journal(self) -> str:
        before = request.args.get("before")
        if before is not None and not (before.isascii() and before.isdigit() and len(before) < 18):
            abort(404)
        found = self._store.last_changes(_CHANGES + 1, int(before) if before else None)
        return render_template(
            "desk/journal.html",
            changes=found[:_CHANGES],
            older=found[_CHANGES - 1].id if len(found) > _CHANGES else None,
        )

    def _users(self) -> str:
        return render_template("desk/users.html", users=list(self._store.users(datetime.now(UTC))))

    def _leave_all(self) -> Response:
        self._store.sign_out(desk_user())
        session.clear()
        return redirect(url_for("pages.home"), 303)
