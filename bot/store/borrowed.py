"""Askers' words that decisions of the desk borrowed, and how long they stay.

A mark holds by the words of its misses: with the last miss of these words they go, and a mark
that has none left ends. A wording that is not live, and a counterexample that was taken back, keep
theirs for as long as misses are kept. What is live is the desk's own decision, and stays.

A row keeps its number, or another one would get it; without words it is found no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bot.store.connection import Connection, grow

_TYPED = (  # what stands for a miss: its text, that of an opinion, or what the opinion was of
    "SELECT text FROM misses UNION SELECT query FROM feedback "
    "UNION SELECT question_id FROM feedback"
)


def forget_borrowed(db: Connection, limit: str) -> None:
    """Let go what was borrowed before an instant, in the open transaction; misses went first."""
    forget_marked(db)
    db.execute(
        "UPDATE counterexamples SET text = '' WHERE text != '' AND at < ? AND undone_at < ?",
        [limit, limit],
    )
    undone = db.execute(
        "SELECT detail FROM journal WHERE at >= ? AND what = 'alias undone'", [limit]
    )
    # It was live until then, perhaps, and may be taken back by mistake.
    lately = {json.loads(detail)["alias"] for (detail,) in undone.fetchall()}
    rows = db.execute(
        "SELECT id, state FROM aliases WHERE text != '' AND state != 'live' AND proposed_at < ?",
        [limit],
    ).fetchall()
    _forget_wordings(
        db, [alias for alias, state in rows if not (state == "undone" and alias in lately)]
    )


def forget_marked(db: Connection) -> int:
    """Let go the words of marks that no miss has any more; returns of how many marks."""
    typed = {text for (text,) in db.execute(_TYPED)}
    changed = 0
    for own, texts in db.execute("SELECT id, texts FROM miss_marks WHERE texts != '[]'").fetchall():
        before = json.loads(texts)
        kept = [text for text in before if text in typed]
        if kept != before:
            left = json.dumps(kept, ensure_ascii=False)
            db.execute("UPDATE miss_marks SET texts = ? WHERE id = ?", [left, own])
            changed += 1
    if changed:
        grow(db)
    return changed


def forget_proposed(db: Connection, texts: Iterable[str]) -> int:
    """Let go wordings that are not live, of words that were one person's; returns how many.

    Args:
        db: In the open transaction; the person's misses are deleted.
        texts: What the person typed.
    """
    others = {_line(text) for (text,) in db.execute(_TYPED)}
    own = {_line(text) for text in texts} - others
    rows = db.execute("SELECT id, text FROM aliases WHERE state != 'live' AND text != ''")
    found = [alias for alias, text in rows.fetchall() if _line(text) in own]
    _forget_wordings(db, found)
    return len(found)


def _forget_wordings(db: Connection, aliases: Sequence[int]) -> None:
    if not aliases:
        return
    for alias in aliases:
        db.execute("UPDATE aliases SET text = '', state = 'undone' WHERE id = ?", [alias])
    noted = db.execute("SELECT id, detail FROM journal WHERE what LIKE 'alias %'").fetchall()
    for own, detail in noted:
        told = json.loads(detail)
        if told.get("alias") in aliases and told.pop("text", None) is not None:
            left = json.dumps(told, ensure_ascii=False)
            db.execute("UPDATE journal SET detail = ? WHERE id = ?", [left, own])


def _line(text: str | None) -> str:
    """As a wording has what somebody typed."""
    return " ".join((text or "").split())
