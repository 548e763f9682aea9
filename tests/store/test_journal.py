"""Who changed what is kept with the change, or not at all."""

from __future__ import annotations

from contextlib import suppress

from bot.postgres_url import Place
from bot.store import Store
from bot.store.journal import note


def test_a_change_is_found_by_its_record_and_only_by_that(place: Place) -> None:
    store = Store(place)
    targets = ("300253/2025-002", "300253/2025-002#24", "300253/2025-0021", "300253/2025_002#1")
    with store.database.transaction() as db:
        for target in targets:
            note(db, "王芳", "hold", target, reason="静默期")

    of_record = [change.target for change in store.changes("300253/2025-002")]
    assert of_record == ["300253/2025-002", "300253/2025-002#24"]
    assert [change.target for change in store.changes("300253/2025_002")] == [targets[3]]
    assert [change.target for change in store.changes()] == list(targets)
    change = next(store.changes())
    assert (change.who, change.what, change.detail) == ("王芳", "hold", {"reason": "静默期"})


def test_a_change_that_was_not_made_is_not_kept(place: Place) -> None:
    store = Store(place)
    with suppress(ZeroDivisionError), store.database.transaction() as db:
        note(db, "王芳", "hold", "300253/2025-002")
        _ = 1 // 0
    assert list(store.changes()) == []
