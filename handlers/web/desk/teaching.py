"""Misses become other wordings of stored questions, or are marked for what they are."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.answering.explanation import read
from bot.answering.explanation_text import told_of_reader
from bot.bootstrap import Bot
from bot.errors import BotError, NotFoundError
from bot.message import Hit
from bot.store import MISS_STATES, Alias, MissState
from bot.teaching import CurrentMisses, MissGroup
from handlers.web.addresses import paged
from handlers.web.desk.access import desk_user

_CANDIDATES = 8
_GROUPS = 20  # on one page
_ALIASES = 25
_REJECTIONS = 40


class TeachingPages:
    """Views of misses and wordings; each act is one of `bot.teaching`."""

    def __init__(self, bot: Bot, misses: CurrentMisses) -> None:
        self._groups = misses
        self._responder = bot.responder
        self._words = bot.responder.words
        self._store = bot.store
        self._teaching = bot.teaching

    def mount(self, desk: Blueprint) -> None:
        """Put the views into the blueprint."""
        desk.add_url_rule("/misses", "misses", self._misses)
        desk.add_url_rule("/misses/<key>", "miss", self._miss)
        desk.add_url_rule("/aliases", "aliases", self._aliases)
        desk.add_url_rule("/aliases/<int:alias_id>", "alias", self._alias)
        desk.add_url_rule("/rejections", "rejections", self._rejections)
        for rule, name, view in (
            ("/misses/<key>/attach", "attach", self._attach),
            ("/misses/<key>/mark", "mark", self._mark),
            ("/misses/<key>/reject", "reject", self._reject),
            ("/aliases", "propose", self._propose),
            ("/aliases/<int:alias_id>/<any(approve,refuse,undo):act>", "act", self._act),
            ("/rejections/<int:rejection>/undo", "undo_rejection", self._undo_rejection),
        ):
            desk.add_url_rule(rule, name, view, methods=["POST"])

    # Misses

    def _misses(self) -> str:
        groups = self._groups.get()
        state = request.args.get("state", "new")
        shown, page, pages = paged([item for item in groups if item.state == state], _GROUPS)
        return render_template(
            "desk/misses.html",
            groups=shown,
            state=_state(state),
            counts=Counter(item.state for item in groups),
            states=MISS_STATES,
            page=page,
            pages=pages,
        )

    def _miss(self, key: str) -> str:
        group = self._group(key)
        sought = request.args.get("q", "").strip() or group.texts[0]
        return render_template(
            "desk/miss.html",
            group=group,
            key=key,
            sought=sought,
            candidates=self._candidates(sought),
            second_reader=self._second_reader(sought),
            alias=self._store.alias(group.alias) if group.alias else None,
            needed=self._teaching.approvals,
        )

    def _attach(self, key: str) -> Response:
        text, form = self._group(key).texts[0], request.form
        question_id = form.get("typed_id", "").strip() or form.get("question_id", "").strip()
        if not question_id:
            raise BotError(self._words.text("desk, no question"))
        wording = form.get("wording", "").strip()
        marked = self._teaching.attach(desk_user(), text, question_id, wording)
        if marked.alias:
            self._tell(marked.alias)
        return redirect(url_for("desk.misses"), 303)

    def _mark(self, key: str) -> Response:
        group, state = self._group(key), request.form.get("state", "")
        if state == "undo":
            if group.mark is None:
                raise BotError(self._words.text("desk, no mark"))
            self._teaching.undo_mark(desk_user(), group.mark)
            flash(self._words.text("desk, mark undone"))
        else:
            self._teaching.mark(desk_user(), group.texts[0], _state(state))
            flash(self._words.text("desk, marked", state=self._words.text(f"desk, is {state}")))
        return redirect(url_for("desk.misses"), 303)

    def _reject(self, key: str) -> Response:
        text = self._group(key).texts[0]
        self._teaching.reject(desk_user(), text, request.form.get("question_id", ""))
        flash(self._words.text("desk, rejected"))
        return redirect(url_for("desk.miss", key=key), 303)

    def _group(self, key: str) -> MissGroup:
        group = self._groups.find(key)
        if group is None:
            raise NotFoundError(self._words.text("desk, miss"), self._words.text("desk, misses"))
        return group

    def _candidates(self, sought: str) -> list[tuple[Hit, str, tuple[str, ...]]]:
        """Stored questions that may be meant, with what is asked there and the wordings by which
        they were found: the one of an id, else as the matcher ranks them."""
        library = self._responder.library
        record_id, mark, place = sought.partition("#")
        record = library.record(record_id) if mark else None
        if record:
            unit = record.unit(place.partition(".")[0])
            return [(Hit(record, unit, 1.0), unit.question, ())] if unit and unit.question else []
        today = self._responder.now().date()
        collection = library.index.collection
        found = library.index.search(sought, today=today, limit=_CANDIDATES)
        return [
            (item.hit, item.passage.asked, (*same, *near))
            for item in found.candidates
            for same, near in [collection.wordings_hit(item.at, found.query)]
        ]

    def _second_reader(self, sought: str) -> list[tuple[str, str]]:
        """What the second reader says of each question in it, in a line; none where there is no
        reader."""
        if self._responder.second_reader is None:
            return []
        return [
            (search.text, told_of_reader(read(search.heard), self._words))
            for search in self._responder.read_again(sought)
        ]

    # Wordings

    def _aliases(self) -> str:
        self._groups.propose_picks()
        aliases = self._store.aliases()
        shown, page, pages = paged(
            [item for item in reversed(aliases) if item.state != "proposed"], _ALIASES
        )
        return render_template(
            "desk/aliases.html",
            proposed=[item for item in aliases if item.state == "proposed"][:_ALIASES],
            decided=shown,
            needed=self._teaching.approvals,
            page=page,
            pages=pages,
        )

    def _alias(self, alias_id: int) -> str:
        alias = self._store.alias(alias_id)
        steps = [
            change
            for change in self._store.changes(alias.question_id)
            if change.detail.get("alias") == alias_id
        ]
        return render_template(
            "desk/alias.html", alias=alias, steps=steps, needed=self._teaching.approvals
        )

    def _propose(self) -> Response:
        alias = self._teaching.propose(
            desk_user(), request.form.get("question_id", "").strip(), request.form.get("text", "")
        )
        self._tell(alias)
        return redirect(url_for("desk.aliases"), 303)

    def _act(self, alias_id: int, act: str) -> Response:
        acts = {
            "approve": self._teaching.approve,
            "refuse": self._teaching.refuse,
            "undo": self._teaching.undo,
        }
        self._tell(acts[act](desk_user(), alias_id))
        return redirect(url_for("desk.aliases"), 303)

    def _rejections(self) -> str:
        shown, page, pages = paged(self._teaching.rejections()[::-1], _REJECTIONS)
        return render_template("desk/rejections.html", rejections=shown, page=page, pages=pages)

    def _undo_rejection(self, rejection: int) -> Response:
        self._teaching.undo_rejection(desk_user(), rejection)
        flash(self._words.text("desk, rejection undone"))
        return redirect(url_for("desk.rejections"), 303)

    def _tell(self, alias: Alias) -> None:
        left = self._teaching.approvals - len(alias.approved_by)
        said = self._words.text(
            f"desk, alias {alias.state}", text=alias.text, id=alias.question_id, left=left
        )
        flash(said)


def _state(typed: str) -> MissState:
    found = next((state for state in MISS_STATES if state == typed), None)
    if found is None:
        abort(400)
    return found
