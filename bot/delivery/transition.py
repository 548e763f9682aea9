"""What becomes of a post by what came of it: a pure function, so that a table can test it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.delivery.mailbox import Post
from bot.delivery.transport import (
    Address,
    CannotCheck,
    Expired,
    Outcome,
    RateLimited,
    Redirected,
    Refused,
    Sent,
    Suspended,
    Unconfirmed,
)

_BACKOFF_S = (1.0, 2.0, 5.0, 15.0, 60.0)  # by tries made before
_GIVE_UP_S = 24 * 3600.0  # a temporary refusal is not tried for longer
_GIVE_UP_TRIES = 30  # nor less often than this, half an hour: the clock may have jumped


@dataclass(frozen=True)
class Closed:
    """Nothing more is done for the post."""

    state: Literal["sent", "failed", "unknown", "late"]
    ref: str  # the platform's id of the post, or why it failed


@dataclass(frozen=True)
class Again:
    """The post is taken up again."""

    state: Literal["ready", "sending"]  # sending: it is looked up first
    after_s: float
    due: float  # what is stored of it, in seconds since 1970: when another process may
    ref: str | None = None  # why it waits; None: as it was
    holds_workspace: bool = False  # nothing else of the workspace goes before then
    address: Address | None = None  # where it goes now; None: as before


Transition = Closed | Again


def transition(outcome: Outcome | CannotCheck, post: Post, now: float) -> Transition:
    """Decide.

    Args:
        outcome: What the platform's transport said.
        post: As it was before this try.
        now: Seconds since 1970, of the clock that `post.at` is from.
    """
    backoff_s = _BACKOFF_S[min(post.tries, len(_BACKOFF_S) - 1)]
    is_given_up = now - post.at > _GIVE_UP_S and post.tries >= _GIVE_UP_TRIES
    match outcome:
        case Sent(ref):
            return Closed("sent", ref)
        case Expired():
            return Closed("late", post.ref or "")
        case RateLimited(after_s):
            # After a limited look-up the fate is as unknown as before.
            return Again(post.state, after_s, now + after_s)
        case Suspended(reason, after_s):
            # Whoever starts next may have better credentials, and tries at once.
            return Again(post.state, after_s, 0.0, reason, holds_workspace=True)
        case Redirected(reason, address):
            return Again("ready", 0.0, 0.0, reason, address=address)
        case Refused(reason, permanent):
            if permanent or is_given_up:
                return Closed("failed", reason)
            return Again("ready", backoff_s, now + backoff_s)
        case Unconfirmed(reason, settle_s):
            if is_given_up:
                return Closed("unknown", reason)
            after_s = max(settle_s, backoff_s)
            return Again("sending", after_s, now + after_s)
        case CannotCheck():
            return Closed("unknown", "")
