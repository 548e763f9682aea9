"""The tables of what is read in rows: tables and exports of platforms."""

from __future__ import annotations

from sqlite_utils import Database

from bot.store.schema.migrations import migrations


@migrations()
def written_answers(db: Database) -> None:
    """Rows of tables: when each was asked and answered, where it stands.

    A version of a company's written answers holds what it adds to the versions from `base` on.
    """
    for column in ("asked_at", "answered_at", "dated_by", "link", "row_id"):
        db.table("questions").add_column(column, str)
    db.table("versions").add_column("base", int)


@migrations()
def briefs(db: Database) -> None:
    """What lists of all records tell of a version, beside its words: they are not read for that.

    The index holds all of it, so that a row with its long header is not looked at either.
    """
    for column, kind in (
        ("company_name", str),
        ("record_no", str),
        ("days", str),  # first/last of each activity, ISO, spaces between
        ("is_written", int),
        ("changed", str),  # numbers of the questions that versions from `base` on had otherwise
    ):
        db.table("versions").add_column(column, kind)
    db.execute(
        "UPDATE versions SET company_name = header ->> 'company_name', "
        "record_no = header ->> 'record_no', is_written = coalesce(header ->> 'is_written', 0), "
        "days = (SELECT group_concat((value ->> 'start') || '/' || (value ->> 'end'), ' ') "
        "FROM json_each(header, '$.event_dates'))"
    )
    db.execute(
        "UPDATE versions SET changed = (SELECT group_concat(q.number, ' ') FROM questions q "
        "WHERE q.version_id = versions.id AND EXISTS (SELECT 1 FROM versions v JOIN questions o "
        "ON o.version_id = v.id AND o.number = q.number WHERE v.record_id = versions.record_id "
        "AND v.version >= versions.base AND v.version < versions.version)) "
        "WHERE base IS NOT NULL"
    )
    db.execute(
        "CREATE INDEX versions_briefs ON versions (record_id, version, is_draft, published_at, "
        "base, event_date, imported_at, company_name, record_no, days, is_written, changed)"
    )
    db.execute(
        "CREATE INDEX versions_published ON versions (published_at) WHERE published_at IS NOT NULL"
    )
    db.execute(
        "CREATE INDEX questions_answered ON questions (version_id, answered_at) "
        "WHERE answered_at IS NOT NULL"
    )
    db.execute(
        "CREATE INDEX questions_of_sheets ON questions (version_id, number) WHERE kind = 'table'"
    )
    # How often anything was changed that was there before; `value` counts what was added, too.
    db.table("generation").add_column("changes", int, not_null_default=0)
    # Which file this is: what is derived from it and kept beside it belongs to no other.
    db.table("generation").add_column("store", str)
    db.execute("UPDATE generation SET store = lower(hex(randomblob(16)))")
