"""What becomes of a post: every outcome, on a first try, a later one, and after a day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.delivery.mailbox import Post
from bot.delivery.transition import Again, Closed, transition
from bot.delivery.transport import (
    CannotCheck,
    Expired,
    RateLimited,
    Redirected,
    Refused,
    Sent,
    Suspended,
    Unconfirmed,
)

NOW = 1_000_000.0
FIRST = Post(1, "k/1", "slack", "{}", "{}", "ready", 0, None, NOW, "a", NOW, None)
FOUND = replace(FIRST, state="sending", tries=2, ref="ratelimited")
OLD = replace(FIRST, tries=40, at=NOW - 86_401)


@pytest.mark.parametrize(
    ("outcome", "post", "expected"),
    [
        (Sent("7.1"), FIRST, Closed("sent", "7.1")),
        (Sent("7.1"), FOUND, Closed("sent", "7.1")),
        (Expired(), FIRST, Closed("late", "")),
        (Expired(), FOUND, Closed("late", "ratelimited")),
        (CannotCheck(), FOUND, Closed("unknown", "")),
        (RateLimited(30), FIRST, Again("ready", 30, NOW + 30)),
        (RateLimited(30), FOUND, Again("sending", 30, NOW + 30)),
        (RateLimited(30), OLD, Again("ready", 30, NOW + 30)),
        (Suspended("x", 300), FIRST, Again("ready", 300, 0.0, "x", holds_workspace=True)),
        (Suspended("x", 300), FOUND, Again("sending", 300, 0.0, "x", holds_workspace=True)),
        (Refused("x", permanent=True), FIRST, Closed("failed", "x")),
        (Redirected("x", {"a": 1}), FIRST, Again("ready", 0.0, 0.0, "x", address={"a": 1})),
        (Redirected("x", {"a": 1}), OLD, Again("ready", 0.0, 0.0, "x", address={"a": 1})),
        (Refused("x", permanent=False), FIRST, Again("ready", 1, NOW + 1)),
        (Refused("x", permanent=False), FOUND, Again("ready", 5, NOW + 5)),
        (Refused("x", permanent=False), OLD, Closed("failed", "x")),
        (Refused("x", permanent=False), replace(OLD, at=NOW), Again("ready", 60, NOW + 60)),
        # the clock jumped, or nobody served for days
        (Refused("x", permanent=False), replace(OLD, tries=3), Again("ready", 15, NOW + 15)),
        (Unconfirmed("x"), FIRST, Again("sending", 2, NOW + 2)),
        (Unconfirmed("x", 10), FIRST, Again("sending", 10, NOW + 10)),
        (Unconfirmed("x"), FOUND, Again("sending", 5, NOW + 5)),
        (Unconfirmed("x"), OLD, Closed("unknown", "x")),
    ],
)
def test_what_becomes_of_a_post(outcome, post, expected):
    assert transition(outcome, post, NOW) == expected
