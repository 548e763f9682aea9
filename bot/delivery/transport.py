"""What a chat gives to delivery, and what can become of a post.

A handler implements `Transport` for its platform. Whatever a call to the platform comes to is one
of the outcomes below, so that delivery knows no platform's error codes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bot.delivery.rate_limits import RateLimits
from bot.message import Chat, ReplyView

# What a transport needs to post. `lane` in it: a queue of its own beside its channel's; `until`:
# the instant of the bot's clock, in seconds since 1970, after which the post is no longer wanted.
Address = dict[str, Any]
Payload = dict[str, Any]

# Whether an unasked post would arrive in a chat; the other values name a sentence in words.
Reachability = Literal["", "not a member", "archived", "no push"]

SETTLE_S = 2.0  # a cut call may still arrive so long after; a look-up before that proves nothing


@dataclass(frozen=True)
class Sent:
    """The platform has it; `ref` is its id of the post."""

    ref: str


@dataclass(frozen=True)
class Refused:
    """It was not posted; `permanent`: trying again is no use."""

    reason: str  # the platform's code, English
    permanent: bool


@dataclass(frozen=True)
class Redirected:
    """It was refused there, and is to go to this address instead."""

    reason: str  # the platform's code, English
    address: Address


@dataclass(frozen=True)
class RateLimited:
    """It was not posted, or not looked up; this channel may be tried again then."""

    retry_after_s: float


@dataclass(frozen=True)
class Suspended:
    """It was not posted, nor would anything else of this workspace be before then."""

    reason: str  # the platform's code, English
    retry_after_s: float


@dataclass(frozen=True)
class Unconfirmed:
    """It may have been posted: time-out, cut connection, 5xx."""

    reason: str
    settle_s: float = SETTLE_S  # when a look-up can tell


@dataclass(frozen=True)
class Expired:
    """It was not posted, and is no longer wanted."""


@dataclass(frozen=True)
class NotPosted:
    """Looked up: it was not posted."""


@dataclass(frozen=True)
class CannotCheck:
    """The platform cannot be asked; it is not repeated."""


Outcome = Sent | Refused | Redirected | RateLimited | Suspended | Unconfirmed | Expired
Found = Sent | NotPosted | CannotCheck | RateLimited | Suspended


QUERY = "query"  # in a message's address: what was typed, for the buttons below the reply

# In a message's address: it stands under another one, which is read where nothing typed is to be
# looked up; that could not be read.
START, START_UNREAD = "start", "start_unread"
ReadStart = Callable[[Address], str | RateLimited | Refused]  # the words of what it stands under


# The same of an edited message: the key of the message whose reply this one takes the place of.
# What delivery makes of it: the key of the one post that is changed, and once that is out, its id
# (`Sent.ref`); or that the reply is posted below what it takes the place of.
REPLACES, CHANGES, CHANGED, BELOW = "replaces", "changes", "changed", "below"


@dataclass(frozen=True)
class Loss:
    """What a refusal tells of its chat; `for_good`: there is no use in another day's try."""

    why: Literal["left", "archived", "revoked", "other"]
    for_good: bool = False


class Transport(Protocol):
    """What a platform's handler gives: how to render, post, and look up a post."""

    @property
    def rate_limits(self) -> RateLimits: ...

    @property
    def is_ready(self) -> bool:
        """Whether a post can go out now; until then rows wait untouched, for any process."""

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        """The messages to post, in order, each within the platform's limits."""

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        """Post one; `key` is put where `look_up` can see it."""

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        """Whether a post whose fate is not known was made; an error: ask again later."""

    def reachability(self, chat: Chat) -> Reachability:
        """Whether a post that answers nothing would arrive in the chat; "" also when unsure."""

    def loss(self, reason: str) -> Loss:
        """What the reason of a post refused or suspended says of its chat."""

    def is_place(self, channel: str) -> bool:
        """Whether the id of a chat is one of this platform's."""

    def return_address(self, chat: Chat, address: Address) -> Address:
        """Where an asker is told something hours later: in the thread of the message that came
        with the address, or alone; equal for all messages of a thread."""

    def desk_address(self, desk: Chat, back: Address) -> Address:
        """The address of the desk's post about a message; may make `send` link to it.

        Args:
            desk: Where it goes.
            back: The message's return address.
        """

    def address_of(self, chat: Chat) -> Address:
        """The address of a post that answers nothing: in the chat's channel, or to a person."""
