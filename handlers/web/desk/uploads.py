"""A record by upload: sent, looked at, stored or dropped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.bootstrap import Bot
from bot.errors import BotError, one_line
from bot.ingest.embedding import embed_in_background
from bot.ingest.importing import Options, Outcome, rows_told
from bot.ingest.uploads import UploadDesk
from bot.record import Furniture
from handlers.web.addresses import file_name, paged
from handlers.web.desk.access import desk_user
from handlers.web.desk.instants import instant_of
from handlers.web.sheets import sheets

_FIELDS = ("company_code", "company_name", "record_no", "event_date", "title")
_LONGEST_NAME = 120  # characters of a file's
_LONGEST_FIELD = 200


class Uploads:
    """Views of the files that wait."""

    def __init__(self, bot: Bot) -> None:
        self._now = bot.responder.now
        self._words = bot.responder.words
        self._store = bot.store
        self._embedder = bot.embedder
        self._inbox = bot.delivery.inbox
        self._uploads = UploadDesk(bot.store, bot.responder.now)

    def mount(self, desk: Blueprint) -> None:
        """Put the views into the blueprint."""
        at = "/import/<upload_id>"
        desk.add_url_rule("/import", "uploads", self._index)
        desk.add_url_rule(at, "upload", self._show)
        for rule, name, view in (
            ("/import", "take", self._take),
            (f"{at}/options", "decide", self._decide),
            (f"{at}/store", "store", self._keep),
            (f"{at}/drop", "drop", self._drop),
        ):
            desk.add_url_rule(rule, name, view, methods=["POST"])

    def _index(self) -> str:
        return render_template("desk/uploads.html", uploads=self._store.uploads())

    def _take(self) -> Response:
        sent = request.files.get("file")
        content = sent.read() if sent else b""
        if sent is None or not content:
            raise BotError(self._words.text("desk, no file"))
        name = one_line(file_name(sent.filename or ""))[-_LONGEST_NAME:]
        upload_id = self._uploads.take(name, content, desk_user(), datetime.now(UTC))
        return redirect(url_for("desk.upload", upload_id=upload_id), 303)

    def _show(self, upload_id: str) -> str:
        look = self._uploads.look(upload_id)
        cut = [
            (record, sheet)
            for record in look.outcome.records
            for sheet in sheets(record, _report(look.outcome), {})
        ]
        shown, page, pages = paged(cut, 1)
        return render_template(
            "desk/upload.html",
            look=look,
            read=list(zip(look.outcome.added, look.outcome.readings, strict=False)),
            squashed=_squashed,
            remarks=_of_rows(look.outcome),
            fields=_FIELDS,
            shown=shown,
            page=page,
            pages=pages,
        )

    def _decide(self, upload_id: str) -> Response:
        given = {name: request.form.get(name, "").strip()[:_LONGEST_FIELD] for name in _FIELDS}
        options = Options(
            {name: text for name, text in given.items() if text},
            instant_of(request.form.get("published_at", ""), self._now(), self._words),
            "accept_warnings" in request.form,
            "replace_words" in request.form,
            is_draft="is_draft" in request.form,
        )
        self._uploads.look(upload_id)
        self._uploads.decide(upload_id, options)
        return redirect(url_for("desk.upload", upload_id=upload_id), 303)

    def _keep(self, upload_id: str) -> Response:
        outcome = self._uploads.store(upload_id, request.form.get("seen", ""), desk_user())
        embed_in_background(self._store, self._embedder, lambda: self._inbox.is_busy)
        for record in outcome.records:
            flash(self._words.text("desk, stored", record=self._words.head(record)))
        for item in outcome.rows.added.records if outcome.rows else ():
            told = f"{item.company_name} {item.record_id}"
            flash(self._words.text("desk, stored", record=told))
        return redirect(url_for("desk.uploads"), 303)

    def _drop(self, upload_id: str) -> Response:
        self._uploads.drop(upload_id)
        flash(self._words.text("desk, dropped"))
        return redirect(url_for("desk.uploads"), 303)


def _report(outcome: Outcome) -> list[str]:
    """What stands above the questions."""
    lines = [outcome.reason]
    for item in outcome.added:
        lines += [*item.record.warnings, *item.record.notes, *map(str, item.changes)]
    return lines


def _of_rows(outcome: Outcome) -> list[str]:
    """What is to be looked at in a table: what is unusual, and the rows that are left out."""
    if outcome.rows is None:
        return []
    rows = outcome.rows
    left_out = filter(None, [rows_told(rows)])
    refused = (f"第{place}行：{why}" for place, why in rows.refused)
    return [*rows.table.warnings, *left_out, *refused, *rows.table.notes]


def _squashed(pieces: Iterable[Furniture]) -> int:
    """How many characters they have, white space apart."""
    return sum(len("".join(piece.text.split())) for piece in pieces)
