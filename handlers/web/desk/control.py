"""Whether and when what is stored may be said: publication, holds, withdrawals, pauses."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.bootstrap import Bot
from bot.errors import BotError
from bot.store import EVERYTHING, Alias
from handlers.changes import Told
from handlers.web.addresses import paged_by
from handlers.web.desk.access import desk_user
from handlers.web.desk.instants import instant_of

_RECORDS = 50  # on one page
_QUESTIONS = 100
_ACTS = ("hold", "release", "withdraw", "show")
_AT = "/records/<code>/<no>"


class Control:
    """Views of what is stored, hidden or not; each act is one of the store."""

    def __init__(self, bot: Bot) -> None:
        self._words = bot.responder.words
        self._now = bot.responder.now
        self._store = bot.store
        self._question_now = bot.teaching.question_now

    def mount(self, desk: Blueprint) -> None:
        """Put the views into the blueprint."""
        desk.add_url_rule("/records", "records", self._records)
        desk.add_url_rule(_AT, "record", self._record)
        desk.add_url_rule(f"{_AT}/<place>", "unit", self._unit)
        for rule, name, view in (
            ("/pause", "pause", self._pause),
            ("/resume", "resume", self._resume),
            (f"{_AT}/publish", "publish", self._publish),
            (f"{_AT}/hide", "hide", self._hide),
        ):
            desk.add_url_rule(rule, name, view, methods=["POST"])

    def _records(self) -> str:
        sought = request.args.get("q", "").strip()
        page, skip = paged_by(_RECORDS)
        heads, count = self._store.heads(sought, _RECORDS, skip)
        if page > 1 and not heads:
            abort(404)
        now = self._now()
        return render_template(
            "desk/records.html",
            heads=heads,
            sought=sought,
            now=now,
            pauses=[item for item in self._store.pauses() if item.holds(now)],
            everything=EVERYTHING,
            page=page,
            pages=max(1, -(-count // _RECORDS)),
        )

    def _record(self, code: str, no: str) -> str:
        stored = self._store.record(f"{code}/{no}", self._now())
        page, skip = paged_by(_QUESTIONS)
        units = (*stored.record.paragraphs, *stored.record.questions)
        if page > 1 and skip >= len(units):
            abort(404)
        return render_template(
            "desk/record.html",
            stored=stored,
            record=stored.record,
            newest=stored.pending[-1].publication if stored.pending else stored.publication,
            states=self._store.states(stored, self._now()),
            later=self._store.announcements(stored.record.id),
            units=units[skip : skip + _QUESTIONS],
            hidden=stored.hidden,
            now=self._now(),
            page=page,
            pages=max(1, -(-len(units) // _QUESTIONS)),
        )

    def _unit(self, code: str, no: str, place: str) -> str:
        stored = self._store.record(f"{code}/{no}", self._now())
        unit = stored.record.unit(place)
        if unit is None:
            abort(404)
        target = f"{stored.record.id}#{unit.place}"
        return render_template(
            "desk/unit.html",
            record=stored.record,
            unit=unit,
            target=target,
            states=self._store.states_of_units(stored).get(unit.place, []),
            later=self._store.announcements(target),
            aliases=self._wordings(target),
            steps=list(self._store.changes(target)),
        )

    def _wordings(self, target: str) -> list[Alias]:
        """The live ones of a question, or of a part of it."""
        record_id, _, place = target.partition("#")
        return [
            item
            for item in self._store.aliases("live")
            if item.question_id.startswith(f"{record_id}#")
            and (now := self._question_now(item))
            and now.partition("#")[2].partition(".")[0] == place
        ]

    # Acts

    def _publish(self, code: str, no: str) -> Response:
        record_id, act = f"{code}/{no}", request.form.get("act", "")
        if act == "undo":
            done = self._store.undo_publication(record_id, desk_user())
        elif act in ("now", "at", "draft"):
            at = instant_of(request.form.get("at", ""), self._now(), self._words)
            if act == "at" and at is None:
                raise BotError(self._words.text("desk, no instant"))
            done = self._store.publish(
                record_id,
                desk_user(),
                at if act == "at" else None,
                is_draft=act == "draft",
                now=self._now(),
            )
        else:
            abort(400)
        flash(f"{done.record_id}：{Told(self._words, self._now()).publication(done.after)}")
        return redirect(url_for("desk.record", code=code, no=no), 303)

    def _hide(self, code: str, no: str) -> Response:
        place, act = request.form.get("place", ""), request.form.get("act", "")
        target = f"{code}/{no}" + (f"#{place}" if place else "")
        reason = request.form.get("reason", "").strip()
        if act not in _ACTS:
            abort(400)
        if act in ("hold", "withdraw") and not reason:
            raise BotError(self._words.text("desk, no reason"))
        if act == "hold":
            self._store.hold(target, reason, desk_user())
        elif act == "withdraw":
            self._store.withdraw(target, reason, desk_user())
        elif act == "release":
            self._store.release(target, desk_user())
        else:
            self._store.undo_withdrawal(target, desk_user())
        flash(self._words.text(f"desk, done {act}", id=target))
        if place:
            return redirect(url_for("desk.unit", code=code, no=no, place=place), 303)
        return redirect(url_for("desk.record", code=code, no=no), 303)

    def _pause(self) -> Response:
        reason = request.form.get("reason", "").strip()
        until: datetime | None = instant_of(request.form.get("until", ""), self._now(), self._words)
        if not reason:
            raise BotError(self._words.text("desk, no reason"))
        self._store.pause(reason, desk_user(), company=_company(), until=until, now=self._now())
        flash(self._words.text("desk, done pause"))
        return redirect(url_for("desk.records"), 303)

    def _resume(self) -> Response:
        self._store.resume(_company(), desk_user(), now=self._now())
        flash(self._words.text("desk, done resume"))
        return redirect(url_for("desk.records"), 303)


def _company() -> str | None:
    """The code of the form in hand; None: all companies."""
    code = request.form.get("company", "").strip()
    if code in ("", EVERYTHING):
        return None
    if not re.fullmatch(r"\d{6}", code, re.ASCII):
        abort(400)
    return code
