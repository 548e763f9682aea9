"""What is kept of many workspaces: installations, what they may see, how much they ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.message import Chat
from bot.sealing import Seal, SealError, new_key
from bot.store import Store
from bot.store.installations import Installations
from bot.store.scopes import Scope
from bot.store.workspace_use import WorkspaceUse

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
OLD, NEW = new_key(), new_key()
TOKEN = "xoxb-a-token"


def installed(kept, platform, workspace):
    """What is kept of one that must be there."""
    found = kept.get(platform, workspace)
    assert found is not None
    return found


def test_a_secret_is_sealed_opened_by_any_key_and_sealed_anew_by_the_first(place):
    kept = Installations(place, Seal([OLD]))
    kept.add("slack", "T1", TOKEN, NOW, "name", {"bot": "B1"})
    kept.add("wecom", "bot", "secret", NOW)
    one = installed(kept, "slack", "T1")
    assert (one.name, one.details, kept.secret(one)) == ("name", {"bot": "B1"}, TOKEN)
    assert TOKEN not in one.sealed + repr(one)
    other = Installations(place, Seal([NEW]))
    assert not other.opens(one)
    other.add("slack", "T0", "another", NOW)
    before = [one.sealed for one in other.of("slack")]
    with pytest.raises(SealError, match=r"IR_SECRET_KEY 打不开 (slack:T1|wecom:bot) 的令牌"):
        other.seal_anew()
    assert [one.sealed for one in other.of("slack")] == before
    other.remove("slack", "T0")
    assert Installations(place, Seal([NEW, OLD])).seal_anew() == 2
    assert other.secret(installed(other, "slack", "T1")) == TOKEN
    assert not kept.opens(installed(kept, "wecom", "bot"))
    with pytest.raises(SealError, match="new-key"):
        Installations(place, Seal([])).add("slack", "T2", TOKEN, NOW)
    assert [one.workspace for one in kept.of("slack")] == ["T1"]
    assert (kept.remove("slack", "T1"), kept.remove("slack", "T1")) == (True, False)


def test_the_mark_of_an_install_comes_back_once_and_in_time(place):
    kept = Installations(place, Seal([OLD]))
    first, second = kept.issue_state(1000.0), kept.issue_state(1000.0)
    assert [kept.use_state(first, at) for at in (1600.0, 1600.0)] == [True, False]
    assert not kept.use_state(second, 1600.1)
    assert not kept.use_state("forged", 1000.0)


def test_questions_are_counted_by_workspace_minute_and_day(place):
    use, chat = WorkspaceUse(place), Chat("slack", "T1", "C1", "U1")
    times = (0, 1, 29, 30, 61, 86_400)  # seconds after half past nine
    counts = [use.count(chat, NOW + timedelta(seconds=at)) for at in times]
    assert counts == [(1, 1), (2, 2), (3, 3), (4, 4), (1, 5), (1, 1)]
    assert use.count(Chat("slack", "T2", "C1", "U1"), NOW) == (1, 1)


@pytest.mark.parametrize(
    ("allowed", "chosen", "library", "digest"),
    [
        (None, (), None, None),
        (("1", "2"), (), {"1", "2"}, ("1", "2")),
        (None, ("1",), None, ("1",)),
        (("2",), ("1",), {"2"}, ()),
        (None, ("1", "3"), {"1", "3"}, ("1", "3")),
        (("1", "2"), ("3", "1"), {"1"}, ("1",)),
        ((), ("1", "3"), set(), ()),
        ((), (), set(), ()),
    ],
)
def test_both_settings_hold(place, allowed, chosen, library, digest):
    store, chat = Store(place), Chat("slack", "T1", "C1", "U1")
    store.allow("slack", "T1", ("7",))
    store.allow("slack", "T1", allowed)
    store.allow("slack", "T2", ("9",))
    store.choose(chat, ("8",), NOW)
    store.choose(chat, chosen, NOW)
    scope = store.scope(chat)
    assert scope == Scope(allowed, chosen)
    assert (scope.of_library, scope.of_digest(())) == (library, digest)
    assert store.allowed_everywhere().get(("slack", "T1")) == allowed
