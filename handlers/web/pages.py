"""What is under which address: records for everyone to read, from what may be shown now.

    /                       what this is, the newest records, companies, questions to begin with
    /ask?q=                 a reply, in the words of every chat
    /companies              all of them
    /c/300253               a company's records
    /r/300253/2025-002      a record; …/q/24 leads to a question on whichever page it stands
    …/source/SHA256         a file as it was imported
    /feed.atom              new records; /c/300253/feed.atom those of a company

The same addresses with `.json` (`/index.json` for the first) hold the contract's objects. Every
word comes from the library, which holds nothing that is hidden or not yet public.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from bot.answering.library import Library
from bot.answering.pointing import LONGEST
from bot.answering.responder import Responder
from bot.answering.same_questions import SameQuestion
from bot.message import Hit, LaterLine, Listing, Message
from bot.record import Narrative, Question, Record
from bot.store import Store, Stored
from bot.wording.links import question_path
from bot.wording.phrasebook import messages
from handlers.json_output import record_json, reply_json, stored_question_json, summary_json
from handlers.web.addresses import file_name, paged, path_of
from handlers.web.proving import Proving
from handlers.web.rates import RateLimit
from handlers.web.security import log_refused
from handlers.web.sheets import Sheet, answered, asked, paragraphs_of, sheet_number, sheets

_NEWEST = 20  # records on the home page
_COMPANIES = 30  # on the home page
_RECORDS = 100  # on one page of a company
_LISTED = 200  # companies on one page
_MOST_ASKED = 5
_IN_FEED = 30
_EXAMPLES = 3
_EXAMPLE = range(8, 41)  # characters of a question that says enough and fits a line of a phone
_ASKED_A_MINUTE = 600  # of one visitor, and at once; an office may share an address
_SAID = {
    404: "page, not found",
    413: "page, too large",
    429: "page, too often",
    500: "apology",
    503: "page, away",
}
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

View = str | Response | AnyResponse


class Pages:
    """The views, over what may be shown now."""

    def __init__(self, responder: Responder, store: Store) -> None:
        self._responder = responder
        self._store = store
        self._proving = Proving(responder, store)
        self._words = responder.words
        self._rate = RateLimit(_ASKED_A_MINUTE)

    def mount(self, app: Flask) -> None:
        """Put the pages into the application, and their style on its errors."""
        pages = Blueprint("pages", __name__)

        @pages.after_request
        def revalidate(response: Response) -> Response:
            response.headers.setdefault("Cache-Control", "no-cache")  # what is withdrawn is gone
            return response

        for rule, view in (
            ("/", self._home),
            ("/index.json", self._home_json),
            ("/ask", self._ask),
            ("/ask.json", self._ask_json),
            ("/companies", self._companies),
            ("/companies.json", self._companies_json),
            ("/c/<code>", self._company),
            ("/c/<code>.json", self._company_json),
            ("/c/<code>/feed.atom", self._feed),
            ("/feed.atom", self._feed),
            ("/r/<code>/<no>", self._record),
            ("/r/<code>/<no>.json", self._record_json),
            ("/r/<code>/<no>/q/<number>", self._question),
            ("/r/<code>/<no>/q/<number>.json", self._question_json),
            ("/r/<code>/<no>/source/<sha256>", self._source),
        ):
            pages.add_url_rule(rule, view.__name__.lstrip("_"), view)
        app.register_blueprint(pages)
        app.register_error_handler(HTTPException, self._error)
        app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
        app.jinja_env.globals.update(
            t=self._words.text,
            words=self._words,
            question_path=question_path,
            path=path_of,
            asked=asked,
            answered=answered,
            file_name=file_name,
            xml=lambda text: _NOT_IN_XML.sub("", text),
        )
        book = messages(self._words.lang)
        app.jinja_env.filters["framed"] = lambda told: book.put(str(told))

    @property
    def _library(self) -> Library:
        return self._responder.library

    # Home and companies

    def _home(self) -> View:
        library = self._library
        newest = library.records[:_NEWEST]
        return render_template(
            "home.html",
            newest=newest,
            companies=_coverage(library, list(library.companies)[:_COMPANIES]),
            count=len(library.companies),
            examples=_examples(newest),
        )

    def _home_json(self) -> View:
        library = self._library
        found = [library.find(record.id) for record in library.records[:_NEWEST]]
        return jsonify([summary_json(item) for item in found if item])

    def _companies(self) -> View:
        library = self._library
        codes, page, pages = paged(list(library.companies), _LISTED)
        return render_template(
            "companies.html", companies=_coverage(library, codes), page=page, pages=pages
        )

    def _companies_json(self) -> View:
        library = self._library
        codes, _, _ = paged(list(library.companies), _LISTED)
        return jsonify(_coverage(library, codes))

    def _company(self, code: str) -> View:
        library = self._library
        records = _of_company(library, code)
        shown, page, pages = paged(records, _RECORDS)
        most_asked = self._most_asked(library, code)
        return render_template(
            "company.html",
            company=records[0],
            count=len(records),
            records=shown,
            page=page,
            pages=pages,
            most_asked=most_asked or _first_questions(records[0]),
            counted=bool(most_asked),
        )

    def _company_json(self, code: str) -> View:
        library = self._library
        shown, _, _ = paged(_of_company(library, code), _RECORDS)
        found = [library.find(record.id) for record in shown]
        return jsonify([summary_json(item) for item in found if item])

    def _most_asked(self, library: Library, code: str) -> list[Hit]:
        """What was answered most; nothing where no answer was counted."""
        hits: list[Hit] = []
        for question_id, _ in self._store.most_asked(code):
            record_id, _, number = question_id.partition("#")
            record = library.record(record_id)
            question = record.question(int(number)) if record and number.isdigit() else None
            if record and question:  # else it is hidden since
                hits.append(Hit(record.of(question), question, 1.0))
            if len(hits) == _MOST_ASKED:
                break
        return hits

    # Records

    def _record(self, code: str, no: str) -> View:
        library = self._library
        stored = _find(library, code, no)
        record = stored.record
        if record.id != f"{code}/{no}":  # another spelling of the number
            return redirect(_url(record, page=request.args.get("page")))
        rows, same, cut = self._laid_out(library, record)
        (sheet,), page, pages = paged(cut, 1)
        self._proving.view(record, [*paragraphs_of(record, sheet), *sheet.questions], "page")
        return render_template(
            "record.html",
            record=record,
            stored=stored,
            rows=rows,
            notice=self._notice(record),
            later=self._later(record),
            told=lambda section: _paragraphs_in(record, section),
            sheet=sheet,
            page=page,
            pages=pages,
            jumps=_jumps(cut),
            same=same,
            hit=lambda question: Hit(record.of(question), question, 1.0),
        )

    def _record_json(self, code: str, no: str) -> View:
        stored = _find(self._library, code, no)
        record = stored.record
        self._proving.view(record, [*record.paragraphs, *record.questions], "json")
        named = tuple(replace(item, file=file_name(item.file)) for item in stored.sources)
        return jsonify(record_json(replace(stored, sources=named)))

    def _question(self, code: str, no: str, number: str) -> View:
        library = self._library
        record = _find(library, code, no).record
        question = _question_of(record, number)
        _, _, cut = self._laid_out(library, record)
        page = sheet_number(cut, question)
        return redirect(_url(record, page=page if page > 1 else None, _anchor=f"q{number}"))

    def _question_json(self, code: str, no: str, number: str) -> View:
        record = _find(self._library, code, no).record
        question = _question_of(record, number)
        self._proving.view(record, [question], "json")
        return jsonify(stored_question_json(record, question))

    def _source(self, code: str, no: str, sha256: str) -> View:
        """A file of this record, by its hash; a browser stores it and never opens it here."""
        stored = _find(self._library, code, no)
        source = next((item for item in stored.sources if item.sha256 == sha256), None)
        if source is None:
            abort(404)
        return send_file(
            BytesIO(self._store.content(sha256)),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=file_name(source.file),
            etag=sha256,
        )

    def _laid_out(
        self, library: Library, record: Record
    ) -> tuple[list[tuple[str, str]], dict[int, SameQuestion], tuple[Sheet, ...]]:
        """The form's rows, what links to other records, and the pages that come of it."""
        rows = self._rows(record)
        found = library.same_questions.of(record)
        same = {number: item.linked for number, item in found.items()}
        head = [*(label + text for label, text in rows), *record.warnings, *record.notes]
        links = {number: len(item.earlier + item.later) for number, item in same.items()}
        return rows, same, sheets(record, head, links)

    def _rows(self, record: Record) -> list[tuple[str, str]]:
        """The form's rows above and below the questions, in its order; empty ones left out."""
        t = self._words.text
        rows = [
            (t("page, record no"), record.record_no or t("no record no")),
            (t("page, activity"), record.activity),
            (t("page, time"), "\n".join(item.printed for item in record.event_dates)),
            (t("page, place of"), record.place),
            (t("page, hosts"), "\n".join(host.printed for host in record.hosts)),
            (t("page, attendees"), record.attendees),
            *record.other,
            (t("page, attachments"), "\n".join(record.attachments)),
            (t("page, form date"), self._words.listed(record.form_dates)),
        ]
        return [(label, text) for label, text in rows if text]

    def _notice(self, record: Record) -> str:
        """What prevails, and how old the record is, from the age on from which replies say it."""
        event, today = record.last_event.end, self._responder.now().date()
        prevails = self._words.text("page, prevails")
        if (today - event).days < self._words.stale_days:
            return prevails
        age = self._words.text("age", age=self._words.age(event, today))
        return f"{self._words.text('notice', facts=age)}{prevails}"

    def _later(self, record: Record) -> Callable[[Question], tuple[LaterLine, ...]]:
        """What was announced after a question or a paragraph of the record."""
        today = self._responder.now().date()
        return lambda unit: self._words.later(Hit(record, unit, 1.0), today)

    # Questions typed here

    def _ask(self) -> View:
        self._rate.check()
        query, company = _asked()
        reply, shown = self._proving.reply(Message(query, company=company))
        if isinstance(reply, Listing):  # the record itself says more than a list of its questions
            return redirect(_url(reply.record))
        records = self._library.companies.get(company or "", ())
        return render_template(
            "ask.html",
            query=query,
            company=records[0] if records else None,
            shown=shown,
        )

    def _ask_json(self) -> View:
        self._rate.check()
        query, company = _asked()
        return jsonify(reply_json(query, *self._proving.reply(Message(query, company=company))))

    # For readers that are no people, and what goes wrong

    def _feed(self, code: str | None = None) -> View:
        library = self._library
        company = _of_company(library, code)[0] if code else None
        entries = library.arrivals_of(code) if code else library.arrivals
        base = self._words.public_url or request.host_url.rstrip("/")
        body = render_template("feed.xml", entries=entries[:_IN_FEED], base=base, company=company)
        return Response(body, mimetype="application/atom+xml")

    def _error(self, error: HTTPException) -> View | tuple[View, int]:
        """A page that says what went wrong; an object for who asked for one."""
        code = error.code or 500
        if code < 400:
            return error.get_response()
        key = getattr(error, "key", _SAID.get(code, "page, bad request"))
        said = self._words.text(key)
        log_refused(code, getattr(error, "why", key))
        if request.path.endswith(".json"):
            return jsonify({"error": said}), code
        page = make_response(render_template("error.html", said=said, code=code), code)
        if isinstance(error, TooManyRequests):
            page.headers["Retry-After"] = str(error.retry_after)
        return page


def _asked() -> tuple[str, str | None]:
    """What was typed, and the company that it is limited to."""
    company = request.args.get("company") or None
    if company and not re.fullmatch(r"\d{6}", company, re.ASCII):
        abort(400)
    return request.args.get("q", "").strip()[:LONGEST], company


def _find(library: Library, code: str, no: str) -> Stored:
    stored = library.find(f"{code}/{no}")
    if stored is None:
        abort(404)
    return stored


def _of_company(library: Library, code: str) -> Sequence[Record]:
    records = library.companies.get(code)
    if records is None:
        abort(404)
    return records


def _paragraphs_in(record: Record, section: Narrative) -> list[Question]:
    """The paragraphs of a piece of a section after which something was announced."""
    places, lines = dict(record.later), set(section.text.split("\n"))
    return [item for item in record.paragraphs if item.place in places and item.answer in lines]


def _question_of(record: Record, number: str) -> Question:
    question = next((item for item in record.questions if str(item.number) == number), None)
    if question is None:
        abort(404)
    return question


def _url(record: Record, **more: Any) -> str:
    code, _, no = record.id.partition("/")
    return url_for("pages.record", code=code, no=no, **more)


def _coverage(library: Library, codes: Sequence[str]) -> list[Mapping[str, Any]]:
    return [
        {
            "company_code": code,
            "company_name": library.companies[code][0].company_name,
            "records": len(library.companies[code]),
            "latest": library.companies[code][0].event_date,
        }
        for code in codes
    ]


def _examples(newest: Sequence[Record]) -> list[str]:
    """Stored questions to begin with, the shortest ones of the newest record that has some."""
    for record in newest:
        fitting = sorted(
            (item.question for item in record.questions if len(item.question) in _EXAMPLE), key=len
        )
        if fitting:
            return fitting[:_EXAMPLES]
    return []


def _first_questions(record: Record) -> list[Hit]:
    return [Hit(record.of(question), question, 1.0) for question in record.questions[:_MOST_ASKED]]


def _jumps(cut: Sequence[Sheet]) -> list[tuple[int, int, int]]:
    """For each page its number and its first and last question."""
    return [
        (number, sheet.questions[0].number, sheet.questions[-1].number)
        for number, sheet in enumerate(cut, 1)
        if sheet.questions
    ]
