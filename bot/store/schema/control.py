"""What people decide of what the bot says, and what proves what it said."""

from __future__ import annotations

from sqlite_utils import Database

from bot.masking import masked
from bot.store.schema.migrations import migrations


@migrations()
def journal(db: Database) -> None:
    """Who changed what of what the bot says."""
    db.table("journal").create(
        {
            "id": int,
            "at": str,
            "who": str,
            "what": str,
            "target": str,
            "detail": str,  # JSON
        },
        pk="id",
        not_null={"at", "who", "what", "target", "detail"},
    )
    db.table("journal").create_index(["target"])


@migrations()
def teaching(db: Database) -> None:
    """Other wordings of questions, what a question does not answer, and what becomes of misses.

    A question is named as it was numbered then, with the words by which it is known.
    """
    question = {"question_id": str, "question": str}
    db.table("aliases").create(
        {
            "id": int,
            **question,
            "text": str,
            "state": str,  # proposed, live, refused, undone
            "proposed_at": str,
            "proposed_by": str,  # empty: by itself, from what people picked
        },
        pk="id",
        not_null={*question, "text", "state", "proposed_at", "proposed_by"},
    )
    db.table("alias_approvals").create(
        {"alias": int, "who": str, "at": str},
        pk=("alias", "who"),
        not_null={"at"},
        foreign_keys=[("alias", "aliases", "id")],
    )
    db.table("counterexamples").create(
        {"id": int, "text": str, **question, "at": str, "undone_at": str},
        pk="id",
        not_null={"text", *question, "at"},
    )
    db.table("miss_marks").create(
        {
            "id": int,
            "texts": str,  # JSON
            "state": str,  # new, ours, not ours, done
            "at": str,
            "alias": int,
            "undone_at": str,
        },
        pk="id",
        not_null={"texts", "state", "at"},
    )
    db.table("misses").add_column("company", str)  # six digits: in whose scope it was asked


@migrations()
def control(db: Database) -> None:
    """From when each version may be shown; what is hidden, by whom and until when. What was done
    before the journal began stands in it, too, without a name."""
    db.table("versions").add_column("published_at", str)  # null: public since its import, or draft
    db.table("versions").add_column("is_draft", int, not_null_default=0)
    db.execute(
        "UPDATE versions SET published_at = "
        "(SELECT published_at FROM records WHERE id = versions.record_id)"
    )
    db.execute("ALTER TABLE records DROP COLUMN published_at")
    db.execute("ALTER TABLE withdrawals RENAME TO hidings")
    for old, new in (
        ("withdrawn_at", "decided_at"),
        ("undone_at", "ended_at"),
        ("question", "words"),
    ):
        db.execute(f"ALTER TABLE hidings RENAME COLUMN {old} TO {new}")
    db.table("hidings").add_column("kind", str, not_null_default="withdraw")
    for column in ("who", "until"):
        db.table("hidings").add_column(column, str)
    db.execute(
        "INSERT INTO journal (at, who, what, target, detail) "
        "SELECT decided_at AS at, '', 'withdraw', target, json_object('reason', reason) "
        "FROM hidings UNION ALL "
        "SELECT ended_at, '', 'withdraw undone', target, json_object('reason', reason) "
        "FROM hidings WHERE ended_at IS NOT NULL UNION ALL "
        "SELECT imported_at, '', CASE WHEN restored_from IS NOT NULL THEN 'restore-version' "
        "WHEN version = 1 THEN 'import' ELSE 'replace' END, record_id, "
        "json_object('version', version, 'of', restored_from, 'file', (SELECT file FROM "
        "version_sources WHERE version_id = versions.id ORDER BY imported_at, rowid LIMIT 1)) "
        "FROM versions ORDER BY at"
    )


@migrations()
def evidence(db: Database) -> None:
    """Which official words were shown, when, in which chat, from which version and file; nobody's
    name. Of the posts that carry them the outbox says what became."""
    db.table("evidence").create(
        {
            "id": int,
            "post": str,  # a mark of its own, that the outbox has too where it is posted
            "at": str,  # the bot's clock (IR_NOW)
            "real_at": str,
            "platform": str,
            "workspace": str,
            "channel": str,
            "kind": str,  # answer, likely, statement, digest, page
            "target": str,  # a full question id; a record's where several questions stood there
            "places": str,  # which these were: ` 1 2 p3 `
            "version": int,
            "source": str,  # SHA-256 of the file that the version was read from first
            "text": str,  # SHA-256 of all that was shown with it
            "matcher": str,
            "fate": str,  # shown at once, or what became of the posts, when the outbox forgets
            "times": int,  # of a page
            "last_at": str,
        },
        pk="id",
        not_null={"post", "at", "real_at", "platform", "kind", "target", "version", "text"},
    )
    db.table("evidence").create_index(["post", "target", "kind"], unique=True)
    db.table("evidence").create_index(["target", "at"])
    db.table("evidence").create_index(["at"])
    db.table("outbox").add_column("evidence", str)
    db.execute("CREATE INDEX outbox_evidence ON outbox (evidence) WHERE evidence IS NOT NULL")


@migrations()
def masked_texts(db: Database) -> None:
    """What askers typed before numbers of theirs were masked at the door."""
    texts = (
        ("misses", "text"),
        ("feedback", "query"),
        ("feedback", "words"),
        ("handovers", "question"),
    )
    for table, column in texts:
        rows = db.execute(f"SELECT rowid, {column} FROM {table} WHERE {column} != ''").fetchall()
        for row_id, text in rows:
            if masked(text) != text:
                db.execute(
                    f"UPDATE OR REPLACE {table} SET {column} = ? WHERE rowid = ?",
                    [masked(text), row_id],
                )


@migrations()
def later_announcements(db: Database) -> None:
    """What a company announced after an answer; `words` are those of the question or paragraph,
    so that it is found again where another version numbers it otherwise."""
    db.table("announcements").create(
        {
            "id": int,
            "target": str,  # a question id
            "words": str,
            "no": str,
            "title": str,
            "day": str,
            "url": str,
            "added_at": str,
            "undone_at": str,
        },
        pk="id",
        not_null={"target", "words", "no", "title", "day", "url", "added_at"},
    )


@migrations()
def hidden_answers(db: Database) -> None:
    """The answer of a hidden question, by which it is known where a correction asks it in other
    words under another number."""
    db.table("hidings").add_column("answer", str)
