"""What a message may want."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True)
class Ask:
    """Free text: find the stored question."""

    text: str


@dataclass(frozen=True)
class Show:
    """A question, or a paragraph, by number; what was typed of its record says which it is of."""

    number: int
    part: int | None = None
    record_id: str | None = None
    whole: bool = False
    company_code: str | None = None
    record_no: str | None = None  # 编号
    day: str | None = None  # of the event, ISO; `2026-07` where only a month was typed
    is_paragraph: bool = False  # of the record's narrative


@dataclass(frozen=True)
class ShowRecord:
    """A record named by its id, or by its number or day: its questions."""

    record_id: str | None = None
    company_code: str | None = None
    record_no: str | None = None
    day: str | None = None


@dataclass(frozen=True)
class ShowLatest:
    """The newest record's questions, of one company where six digits were typed."""

    company_code: str | None = None


@dataclass(frozen=True)
class ShowMore:
    """The questions of the record that was offered or cited last, else of the newest."""


@dataclass(frozen=True)
class ShowWhole:
    """The whole of the answer cited last."""


@dataclass(frozen=True)
class Pick:
    """A letter of the list offered last."""

    index: int  # from 0; -1: the last one


@dataclass(frozen=True)
class SetCompanies:
    """Narrow this chat to some companies; none: all again."""

    company_codes: tuple[str, ...]


@dataclass(frozen=True)
class ShowHelp:
    """How to ask."""


@dataclass(frozen=True)
class Plan:
    """What a chat wants to get unasked, and when (wall clock of IR_TZ)."""

    at: time
    every_day: bool = False  # else on trading days
    new_only: bool = False  # nothing on a day without a new record
    companies: tuple[str, ...] = ()  # six digits each; none: all
    desk: bool = False  # the desk's counts instead of records
    weekdays: tuple[int, ...] = ()  # only on these, from 0 for Monday; none: on every one


@dataclass(frozen=True)
class Subscribe:
    """Post a digest here."""

    plan: Plan


@dataclass(frozen=True)
class Unsubscribe:
    """Post no digest here any more."""


@dataclass(frozen=True)
class ShowSubscription:
    """What is subscribed here, and who did it."""


@dataclass(frozen=True)
class ShowDigest:
    """What the digest would say now."""


@dataclass(frozen=True)
class SmallTalk:
    """Words that ask of nothing: a greeting, thanks, who is speaking."""

    kind: str


@dataclass(frozen=True)
class Unreadable:
    """Nearly a command; `key` names the sentence in words that says what to type."""

    key: str
    printed: str = ""


Command = (
    Ask
    | Show
    | ShowRecord
    | ShowLatest
    | ShowMore
    | ShowWhole
    | Pick
    | SetCompanies
    | Subscribe
    | Unsubscribe
    | ShowSubscription
    | ShowDigest
    | ShowHelp
    | SmallTalk
    | Unreadable
)
