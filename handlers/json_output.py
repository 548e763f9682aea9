"""Records, hits and replies as the JSON of the contract (design: "Contract: command line")."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.message import (
    Answer,
    DeskAnswer,
    DeskDigest,
    Digest,
    HandedOver,
    Help,
    Hit,
    Likely,
    Listing,
    Notice,
    Reply,
    ReplyView,
    Statement,
    Suggest,
    band,
)
from bot.record import Question, Record
from bot.store import State, Stored, Version, chief

if TYPE_CHECKING:  # a command that prints none of them loads none of what makes them
    from bot.answering.explanation import Explanation
    from bot.ingest.importing import ImportedRows, Outcome
    from bot.ingest.verifying import Checked

_SUGGESTED = 5


def reply_json(
    query: str, reply: Reply, shown: ReplyView, explanation: Explanation | None = None
) -> dict[str, Any]:
    """What `ask --json` prints for one message; `explain` with `--explain` only."""
    answers: tuple[Hit, ...] = ()
    suggestions: tuple[Hit, ...] = ()
    confidence = 0.0
    if isinstance(reply, Answer):
        answers, confidence = reply.hits, reply.confidence
        likely = (hit for _, hit in reply.likely)
        suggestions = (*likely, *reply.links)[:_SUGGESTED]
    elif isinstance(reply, Likely | Suggest):
        suggestions, confidence = reply.hits, reply.hits[0].confidence
    elif isinstance(reply, Statement):
        suggestions, confidence = (reply.hit,), reply.hit.confidence
    return {
        "query": query,
        "kind": _kind(reply),
        "band": band(reply),
        "confidence": round(confidence, 4),
        "answers": [hit_json(hit) for hit in answers],
        "suggestions": [hit_json(hit) for hit in suggestions],
        "text": shown.text,
        **({"explain": _explanation_json(explanation)} if explanation else {}),
    }


def _explanation_json(explanation: Explanation) -> dict[str, Any]:
    """Every field by its name; days as ISO dates. Without a second reader nothing is said of it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(explanation), default=str))
    for search in plain["searches"]:
        if search["second_reader"] is None:
            del search["second_reader"]
    return plain


def _kind(reply: Reply) -> str:
    match reply:
        case Help():
            return "help"
        case Listing():
            return "list"
        case Likely():
            return "likely"
        case Notice() | Digest() | DeskDigest() | HandedOver() | DeskAnswer():
            return "notice"
        case _:
            return band(reply)


def hit_json(hit: Hit) -> dict[str, Any]:
    """One stored question put forward for a message."""
    return {
        **_question_json(hit.record, hit.question, hit.part),
        "confidence": round(hit.confidence, 4),
    }


def _question_json(record: Record, question: Question, part: int | None) -> dict[str, Any]:
    record = record.of(question)
    return {
        "id": f"{record.id}#{question.place}",
        "kind": question.kind,
        "company_code": record.company_code,
        "company_name": record.company_name,
        "record_no": record.record_no,
        "question_no": None if question.is_narrative else question.number,
        "part": part,
        "question": question.question,
        "answer": question.answer,
        "part_question": question.part_question(part) if part else None,
        "part_answer": question.part_answer(part) if part else None,
        "event_date": record.event_date,
        "activity": record.activity,
        **(_row_json(question) if question.is_from_table else {}),
    }


def _row_json(question: Question) -> dict[str, Any]:
    """What a row of a table or an export has beside the words."""
    return {
        "asked_at": question.asked_at,
        "answered_at": question.answered_at,
        "dated_by": question.dated_by,
        "link": question.link,
        "row_id": question.row_id,
    }


def states_json(states: Iterable[State]) -> dict[str, Any]:
    """Why something is in no reply, or what else is the case, for the desk; to others all that
    they see is "shown"."""
    states = tuple(states)
    return {
        "state": chief(states),
        "states": [
            {
                "state": state.kind,
                "id": state.target,
                "version": state.version,
                "who": state.who,
                "at": _iso(state.at),
                "reason": state.reason,
                "until": _iso(state.until),
                "todo": state.todo,
            }
            for state in states
        ],
    }


def record_json(
    stored: Stored,
    versions: Sequence[Version] = (),
    whole: Sequence[State] = (),
    units: Mapping[str, Sequence[State]] | None = None,
) -> dict[str, Any]:
    """What `show RECORD --json` prints, with the states of the record and of what is in it: a
    question that is simply shown says nothing of it."""
    record = stored.record
    units = units or {}

    def states_of(unit: Question) -> dict[str, Any]:
        states = (*whole, *units.get(unit.place, ()))
        return states_json(states) if states else {}

    return {
        **_form_json(record),
        "published_at": _iso(stored.published_at),
        "other": dict(record.other),
        "narrative": [
            {"heading": item.heading, "text": item.text, "page": item.page}
            for item in record.narrative
        ],
        "paragraphs": [
            {"id": f"{record.id}#{item.place}", **states_of(item)} for item in record.paragraphs
        ],
        "warnings": list(record.warnings),
        "notes": list(record.notes),
        "sources": [{"file": source.file, "sha256": source.sha256} for source in stored.sources],
        "superseded_by": stored.superseded_by,
        "withdrawn": stored.withdrawn,
        "withdrawn_questions": sorted(stored.withdrawn_questions),
        "withdrawn_paragraphs": sorted(stored.withdrawn_paragraphs),
        **states_json([*whole, *(one for own in units.values() for one in own)]),
        "state": chief(whole),
        "version": stored.version,
        "versions": [_version_json(version, stored) for version in versions],
        "questions": [
            {**stored_question_json(record, item), **states_of(item)} for item in record.questions
        ],
    }


def _form_json(record: Record) -> dict[str, Any]:
    """The form's rows."""
    return {
        "id": record.id,
        "company_code": record.company_code,
        "company_name": record.company_name,
        "record_no": record.record_no,
        "title": record.title,
        "activities": list(record.activities),
        "activities_read": record.activities_read,
        "event_dates": [
            {
                "start": dates.start_iso,
                "end": dates.end_iso,
                "precision": dates.precision,
                "printed": dates.printed,
            }
            for dates in record.event_dates
        ],
        "event_start": record.event_start,
        "event_end": record.event_end,
        "place": record.place,
        "links": list(record.links),
        "hosts": [
            {"title": host.title, "name": host.name, "printed": host.printed}
            for host in record.hosts
        ],
        "attendees": record.attendees,
        "attachments": list(record.attachments),
        "form_dates": list(record.form_dates),
    }


def _version_json(version: Version, stored: Stored) -> dict[str, Any]:
    return {
        "version": version.number,
        "imported_at": version.imported_at.isoformat(),
        "sources": [{"file": source.file, "sha256": source.sha256} for source in version.sources],
        "state": _version_state(version, stored),
        "restored_from": version.restored_from,
        "published_at": _iso(version.publication.at),
        "who": version.who,
    }


def _version_state(version: Version, stored: Stored) -> str:
    if version.number in {waiting.number for waiting in stored.pending}:
        return "draft" if version.publication.is_draft else "scheduled"
    return "shown" if version.is_shown else "older"


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def stored_question_json(
    record: Record, question: Question, part: int | None = None
) -> dict[str, Any]:
    """A question as `show` prints it: with its printed label, without a confidence."""
    return {
        **_question_json(record, question, part),
        "printed_label": question.printed_label,
        "printed_number": question.printed_number,
    }


def summary_json(
    stored: Stored,
    whole: Sequence[State] = (),
    units: Mapping[str, Sequence[State]] | None = None,
) -> dict[str, Any]:
    """One row of `records --json`, with the states of the record and of what is in it."""
    record = stored.record
    return {
        "id": record.id,
        "company_code": record.company_code,
        "company_name": record.company_name,
        "record_no": record.record_no,
        "event_date": record.event_date,
        "questions": len(record.questions),
        "superseded_by": stored.superseded_by,
        "published_at": _iso(stored.published_at),
        "state": chief(whole),
        "states": states_json([*whole, *(one for own in (units or {}).values() for one in own)])[
            "states"
        ],
    }


def import_json(outcome: Outcome) -> dict[str, Any]:
    """One file of `import --json`, with the proof: where every character went."""
    if outcome.rows:
        return _rows_json(outcome, outcome.rows)
    proofs = [reading.proof for reading in outcome.readings]
    return {
        "file": outcome.file,
        "status": outcome.status,
        "record_ids": [record.id for record in outcome.records],
        "questions": sum(len(record.questions) for record in outcome.records),
        "placed": sum(proof.placed for proof in proofs) if proofs or outcome.reason else None,
        "furniture": [
            {"page": piece.page, "kind": piece.kind, "text": piece.text}
            for proof in proofs
            for piece in proof.furniture
        ],
        "unplaced": sum(
            len("".join(piece.text.split())) for proof in proofs for piece in proof.unplaced
        ),
        "warnings": [warning for record in outcome.records for warning in record.warnings],
        "reason": outcome.reason or None,
        "changes": [str(change) for item in outcome.added for change in item.changes],
        "publication": [
            {
                "id": item.record.id,
                "published_at": _iso(item.publication.at),
                "is_draft": item.publication.is_draft,
                "is_changed": item.publication_before is not None,
                "is_left_public": item.is_left_public,
            }
            for item in outcome.added
        ],
    }


def _rows_json(outcome: Outcome, rows: ImportedRows) -> dict[str, Any]:
    """A table of `import --json`: in the place of furniture, what became of its rows."""
    records = rows.added.records
    refused = [{"row": place, "reason": why} for place, why in rows.refused]
    return {
        "file": outcome.file,
        "status": outcome.status,
        "record_ids": [item.record_id for item in records],
        "questions": sum(item.added + item.changed + item.unchanged for item in records),
        "placed": rows.table.characters,
        "furniture": [],
        "unplaced": 0,
        "warnings": [
            *rows.table.warnings,
            *(f"第{item['row']}行未收录：{item['reason']}" for item in refused),
        ],
        "reason": outcome.reason or None,
        "changes": [],
        "rows": {
            "read": rows.table.kept + rows.table.unanswered + rows.table.refused_count,
            "added": sum(item.added for item in records),
            "changed": sum(item.changed for item in records),
            "unchanged": sum(item.unchanged for item in records),
            "twice": rows.added.twice,
            "unanswered": rows.table.unanswered,
            "refused": rows.refused_count,
            "refused_rows": refused,
        },
        "notes": list(rows.table.notes),
    }


def verify_json(checked: Checked) -> dict[str, Any]:
    """One record of `verify --json`."""
    return {
        "id": checked.record_id,
        "version": checked.version,
        "questions": checked.questions,
        "differences": list(checked.differences),
        "warnings": list(checked.warnings),
        "todo": checked.todo or None,
    }
