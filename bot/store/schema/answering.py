"""Records, chats and their posts, digests: the tables from the first day on."""

from __future__ import annotations

import hashlib

from sqlite_utils import Database

from bot.store.connection import Connection
from bot.store.schema.migrations import both_engines, migrations


@migrations()
def records(db: Database) -> None:
    """Records with versions, their source bytes, questions and parts."""
    db.table("sources").create({"sha256": str, "content": bytes}, pk="sha256")
    db.table("records").create(
        {
            "id": str,
            "key": str,  # the id with its number in normal form: 2025-002 → 2025-2
            "company_code": str,
            "company_name": str,
            "published_at": str,  # ISO instant; null: public since its import
            "superseded_by": str,  # a correction stored under an id of its own
        },
        pk="id",
        not_null={"key", "company_code", "company_name"},
        foreign_keys=[("superseded_by", "records", "id")],
    )
    db.table("records").create_index(["key"], unique=True)
    db.table("versions").create(
        {
            "id": int,
            "record_id": str,
            "version": int,  # 1, 2 …; the highest is the current one
            "words_hash": str,
            "header": str,  # JSON of everything but questions
            "event_date": str,
            "imported_at": str,
        },
        pk="id",
        not_null={"record_id", "version", "words_hash", "header", "imported_at"},
        foreign_keys=[("record_id", "records", "id")],
    )
    db.table("versions").create_index(["record_id", "version"], unique=True)
    db.table("version_sources").create(
        {
            "version_id": int,
            "sha256": str,
            "file": str,
            "given": str,  # JSON of --set
            "accept_warnings": int,
            "imported_at": str,
        },
        pk=("version_id", "sha256"),
        foreign_keys=[("version_id", "versions", "id"), ("sha256", "sources", "sha256")],
    )
    db.table("questions").create(
        {
            "id": int,
            "version_id": int,
            "position": int,  # running index from 1
            "number": int,
            "question": str,
            "answer": str,
            "printed_label": str,
            "printed_number": int,
            "kind": str,
            "session": str,
            "page": int,
        },
        pk="id",
        not_null={"version_id", "position", "number", "question", "answer", "kind"},
        foreign_keys=[("version_id", "versions", "id")],
    )
    db.table("questions").create_index(["version_id", "number"], unique=True)
    db.table("parts").create(
        {
            "question_id": int,
            "number": int,
            "question_start": int,
            "question_end": int,
            "answer_start": int,
            "answer_end": int,
        },
        pk=("question_id", "number"),
        foreign_keys=[("question_id", "questions", "id")],
    )
    db.table("withdrawals").create(
        {
            "id": int,
            "target": str,  # a record id or question id
            "reason": str,
            "withdrawn_at": str,
            "undone_at": str,
        },
        pk="id",
        not_null={"target", "withdrawn_at"},
    )
    # One row; grows with every change to what may be answered, so that every process notices.
    db.table("generation").create({"id": int, "value": int}, pk="id")
    db.table("generation").insert({"id": 1, "value": 0})


@migrations()
def chats(db: Database) -> None:
    """What the bot remembers of chats; workspace and chat are part of every key."""
    chat = {"platform": str, "workspace": str, "channel": str}
    db.table("misses").create(
        {"id": int, **chat, "user": str, "text": str, "band": str, "asked_at": str},
        pk="id",
        not_null={"platform", "text", "band", "asked_at"},
    )
    db.table("memories").create(
        {**chat, "user": str, "cited": str, "offered": str, "at": str},
        pk=("platform", "workspace", "channel", "user"),
    )
    db.table("channels").create(
        {**chat, "company_code": str, "set_by": str, "set_at": str},
        pk=("platform", "workspace", "channel"),
    )


@migrations()
def delivery(db: Database) -> None:
    """What came in and what goes out; times are the real clock's, in seconds since 1970."""
    chat = {"platform": str, "workspace": str, "channel": str}
    db.table("inbox").create(
        {
            "id": int,
            "key": str,
            **chat,
            "user": str,
            "text": str,  # emptied once it is answered
            "company": str,
            "as_of": str,
            "address": str,  # JSON for the transport
            "state": str,  # new, done
            "owner": str,  # process that answers it
            "at": float,
        },
        pk="id",
        not_null={"key", "platform", "text", "address", "state", "at"},
    )
    db.table("inbox").create_index(["key"], unique=True)
    db.table("inbox").create_index(["state", "id"])
    db.table("outbox").create(
        {
            "id": int,
            "key": str,
            **chat,
            "address": str,
            "payload": str,  # JSON; emptied once it is delivered
            "state": str,  # ready, sending, sent, unknown, failed, late
            "owner": str,  # process that sends it
            "tries": int,
            "due": float,
            "ref": str,  # the platform's id of the post, or why it failed
            "at": float,
        },
        pk="id",
        not_null={"key", "platform", "address", "payload", "state", "tries", "due", "at"},
    )
    db.table("outbox").create_index(["key"], unique=True)
    db.table("outbox").create_index(["state", "id"])
    db.table("feedback").create(
        {
            "id": int,
            **chat,
            "user": str,
            "question_id": str,
            "query": str,
            "helpful": int,
            "at": float,
        },
        pk="id",
        not_null={"platform", "question_id", "helpful", "at"},
    )


@migrations()
def waiting_rows(db: Database) -> None:
    """What waits is found by who claimed it, however long the tables are; old rows by their age."""
    db.execute("CREATE INDEX inbox_waiting ON inbox (owner, platform) WHERE state = 'new'")
    db.execute(
        "CREATE INDEX outbox_waiting ON outbox (owner, platform) "
        "WHERE state IN ('ready', 'sending')"
    )
    db.execute("CREATE INDEX inbox_at ON inbox (at)")
    db.execute("CREATE INDEX outbox_at ON outbox (at)")
    db.execute("DROP INDEX IF EXISTS idx_inbox_state_id")
    db.execute("DROP INDEX IF EXISTS idx_outbox_state_id")


@migrations()
def pacing(db: Database) -> None:
    """When a post was begun, so that a platform's limits hold over a restart."""
    db.execute("ALTER TABLE outbox ADD COLUMN begun FLOAT")
    db.execute("CREATE INDEX outbox_begun ON outbox (platform, workspace, channel, begun)")


@migrations()
def digests(db: Database) -> None:
    """Who gets a digest, who changed it, what was posted and what it showed; counts for the desk.

    Instants are the bot's clock (IR_NOW); `day` is the local date.
    """
    chat = {"platform": str, "workspace": str, "channel": str}
    db.table("subscriptions").create(
        {
            **chat,
            "at": str,  # 09:00
            "every_day": int,
            "new_only": int,
            "companies": str,  # six digits each, spaces between; empty: all
            "desk": int,
            "made_by": str,
            "made_at": str,
            "ended_at": str,
            "ended_why": str,  # unsubscribed, or the platform's code
        },
        pk=("platform", "workspace", "channel"),
        not_null={"at", "made_by", "made_at"},
    )
    db.table("subscription_changes").create(
        {"id": int, **chat, "what": str, "plan": str, "user": str, "at": str},
        pk="id",
        not_null={"what", "user", "at"},
    )
    db.table("digests").create(
        {
            **chat,
            "day": str,
            "state": str,  # claimed, posted, unknown, failed, skipped, empty
            "key": str,  # of its outbox rows
            "why": str,
            "at": str,
        },
        pk=("platform", "workspace", "channel", "day"),
        not_null={"state", "key", "at"},
    )
    db.table("digests").create_index(["state", "day"])
    db.table("digest_items").create(
        {**chat, "day": str, "item": str},  # a question id, or a record id with its version
        pk=("platform", "workspace", "channel", "day", "item"),
    )
    db.table("replies").create(
        {"id": int, "platform": str, "band": str, "question_id": str, "at": str},  # nobody's words
        pk="id",
        not_null={"band", "at"},
    )
    db.table("replies").create_index(["at"])
    # What nobody waits for goes out after what somebody asked.
    db.table("outbox").add_column("background", int, not_null_default=0)
    db.execute(
        "CREATE INDEX outbox_background ON outbox (platform, workspace, due) "
        "WHERE background = 1 AND state IN ('ready', 'sending')"
    )


@migrations()
def vectors(db: Database) -> None:
    """The meaning of stored texts, by model; made anew where it is missing."""
    db.table("vectors").create(
        {"model": str, "text": str, "vector": bytes},
        pk=("model", "text"),
        not_null={"vector"},
    )


@migrations()
def history(db: Database) -> None:
    """Which version another one brought back; what was asked where a question was withdrawn, so
    that it stays withdrawn where another version numbers it otherwise."""
    db.table("versions").add_column("restored_from", int)
    db.table("withdrawals").add_column("question", str)
    db.execute(
        "UPDATE withdrawals SET question = (SELECT q.question FROM questions q "
        "JOIN versions v ON v.id = q.version_id "
        "WHERE v.record_id || '#' || q.number = withdrawals.target "
        "AND v.imported_at <= withdrawals.withdrawn_at ORDER BY v.version DESC LIMIT 1) "
        "WHERE target LIKE '%#%'"
    )


@migrations()
def weekdays(db: Database) -> None:
    """On which days of the week a digest is wanted, from 0 for Monday; null or empty: on all."""
    db.table("subscriptions").add_column("weekdays", str)


@migrations()
def threads(db: Database) -> None:
    """What was shown to whom, and in which thread; what a message points to.

    `memories` is read by older versions alone.
    """
    db.table("shown").create(
        {
            "platform": str,
            "workspace": str,
            "channel": str,
            "thread": str,  # empty: to the user, wherever in the channel
            "user": str,  # empty: to all who read the thread
            "cited": str,
            "cited_at": str,
            "offered": str,
            "offered_at": str,
        },
        pk=("platform", "workspace", "channel", "thread", "user"),
    )
    db.execute(
        "INSERT INTO shown SELECT platform, workspace, channel, '', \"user\", "
        "cited, at, offered, at FROM memories"
    )
    for column, kind in (("thread", str), ("in_thread", int), ("quoted", str)):
        db.table("inbox").add_column(column, kind)


@migrations()
def answered_questions(db: Database) -> None:
    """What a company is asked most is counted from its own rows alone."""
    db.execute("CREATE INDEX replies_answered ON replies (question_id) WHERE band = 'answer'")


@migrations()
def opinions(db: Database) -> None:
    """What a miss was offered and what was picked of it; why an answer was found unhelpful."""
    db.table("misses").add_column("offered", str)  # JSON of full ids
    db.table("picks").create(
        {"miss": int, "question_id": str, "at": str},
        pk=("miss", "question_id"),
        not_null={"at"},
        foreign_keys=[("miss", "misses", "id")],
    )
    db.table("feedback").add_column("reasons", str)  # JSON, as the platform names them
    db.table("feedback").add_column("words", str)


@migrations()
def handovers(db: Database) -> None:
    """Questions handed over to the desk: one of a thread once, or again where it was lost."""
    db.table("handovers").create(
        {
            "id": int,
            "platform": str,
            "workspace": str,
            "channel": str,
            "user": str,
            "question": str,
            "back": str,  # JSON: the address by which the asker is told
            "at": str,
            "told_lost": str,
        },
        pk="id",
        not_null={"platform", "workspace", "question", "back", "at"},
    )
    db.execute(
        "CREATE UNIQUE INDEX handovers_once ON handovers (platform, workspace, back, question) "
        "WHERE told_lost IS NULL"
    )
    db.execute("CREATE INDEX outbox_ref ON outbox (channel, ref) WHERE key LIKE 'handover/%'")


@migrations()
def second_reader(db: Database) -> None:
    """What the second reader said lately, under a hash of what it was asked; and what its opinion
    was found to be worth."""
    db.table("reader_opinions").create(
        {"key": str, "pick": int, "is_sure": int, "at": str}, pk="key", not_null={"at"}
    )
    db.table("reader_trials").create(
        {"id": int, "reader": str, "caution": str, "worth": str, "refused": str, "at": str},
        pk="id",
        not_null={"reader", "caution", "worth", "refused", "at"},
    )


@migrations()
def models(db: Database) -> None:
    """How the model that compares meaning does, as the processes that use it told last."""
    db.table("models").create(
        {"model": str, "fault": str, "fault_at": str, "a_second": float},
        pk="model",
        not_null={"model", "fault", "a_second"},
        defaults={"fault": "", "a_second": 0.0},
    )


@migrations()
def vectors_by_hash(db: Database) -> None:
    """A vector is found by its text's hash, so that no text is kept a second time; and which
    versions have a vector of every text, by model and how texts are split."""
    db.conn.create_function(
        "mark", 1, lambda text: hashlib.blake2b(text.encode(), digest_size=16).digest()
    )
    db.execute("UPDATE vectors SET text = mark(text)")
    db.execute("ALTER TABLE vectors RENAME COLUMN text TO mark")
    db.execute(
        "CREATE TABLE embedded (model TEXT NOT NULL, version_id INTEGER NOT NULL "
        "REFERENCES versions(id) ON DELETE CASCADE, PRIMARY KEY (model, version_id)) WITHOUT ROWID"
    )


@both_engines()
def misses_of_chats(db: Connection) -> None:
    """A pick is one of what its chat was offered lately, however many chats there are."""
    db.execute("CREATE INDEX misses_of_chats ON misses (platform, workspace, channel, asked_at)")
