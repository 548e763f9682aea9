"""Message and Reply: the two values every chat shares.

The band is the type of the Reply, so no answer can hide in a decline:

    Answer                       band "answer": official words, one Hit per question asked
    Suggest                      band "suggest": 1-5 stored questions to pick from
    Decline                      band "decline", and a miss
    Help | Listing | Notice      band "decline" too, but no misses: what the bot says of itself
    HandedOver | DeskAnswer      a question goes to the desk, and its answer to the asker
    Digest | DeskDigest          what a subscribed chat gets unasked, or asked for by `/ir digest`

`Words.show` turns a Reply into a ReplyView: the same facts in the same order for every chat, which
a renderer turns into its platform's markup and `ReplyView.text` into plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.record import Question, QuestionId, Record

Band = Literal["answer", "suggest", "decline"]


@dataclass(frozen=True)
class Chat:
    """Where and by whom something is asked; the key of everything a chat remembers."""

    platform: str  # "slack", "wecom", "wecom-webhook", "terminal" …; "cli" in digests' previews
    workspace: str  # the platform's team or corporation
    channel: str
    user: str


@dataclass(frozen=True)
class Message:
    """What a person typed, the platform's mention mark and command word already off."""

    text: str
    chat: Chat | None = None  # None on the command line: nothing is remembered of it
    company: str | None = None  # six digits: only this company's records
    as_of: date | None = None  # only records with event date up to here; ages counted from it


@dataclass(frozen=True)
class Hit:
    """A stored question put forward for a message."""

    record: Record
    question: Question
    confidence: float  # calibrated 0-1; 1 for a look-up by number or by the question's own words
    part: int | None = None
    is_ambiguous: bool = False  # another answer of the record holds all that was typed too
    is_exact: bool = False  # the question itself was typed, so that nothing else is meant

    @property
    def id(self) -> str:
        """The question's id; the part is named beside it."""
        return f"{self.record.id}#{self.question.number}"

    @property
    def full_id(self) -> str:
        """The id with its part, as a person may type it: `300253/2025-002#24.2`."""
        return str(QuestionId(self.record.id, self.question.number, self.part))


@dataclass(frozen=True)
class Answer:
    """Official words, one hit for each question the message asks."""

    hits: tuple[Hit, ...]
    as_of: date  # the day from which ages are counted
    related: tuple[Hit, ...] = ()  # same answer elsewhere, at most five
    newer: tuple[Hit, ...] = ()  # similar questions of newer records, newest first
    asked: tuple[str, ...] = ()  # the message's questions, where it has several
    places: tuple[tuple[int, ...], ...] = ()  # which of them, from 1, each hit answers
    similar: tuple[tuple[int, Hit], ...] = ()  # what is offered for those not answered
    unread: int = 0  # questions beyond the most that are looked at
    whole: bool = False  # the whole question and answer, although a part was hit
    among_many: bool = False  # several records are stored, so ids are shown in full

    @property
    def confidence(self) -> float:
        return min(hit.confidence for hit in self.hits)

    @property
    def not_found(self) -> tuple[tuple[int, str], ...]:
        """The message's questions for which there is nothing, with their numbers."""
        answered = {place for own in self.places for place in own}
        return tuple(item for item in enumerate(self.asked, 1) if item[0] not in answered)


@dataclass(frozen=True)
class Suggest:
    """Stored questions that may be what was meant; no answer is claimed."""

    hits: tuple[Hit, ...]  # 1-5, best first, lettered A-E
    among_many: bool = False


@dataclass(frozen=True)
class Coverage:
    """What is stored of one company."""

    company_name: str
    records: int
    latest: str  # event date of the newest record


@dataclass(frozen=True)
class Decline:
    """Nothing in the record answers this; one wording for every cause."""

    coverage: tuple[Coverage, ...] = ()
    for_desk: str = ""  # the question, where it may be handed over to the desk


@dataclass(frozen=True)
class HandedOver:
    """A question that goes to the desk with this reply, once."""

    question: str
    desk: Chat


@dataclass(frozen=True)
class DeskAnswer:
    """What the desk says to a question that was handed over; it goes to the asker with this."""

    number: int
    text: str


@dataclass(frozen=True)
class Help:
    """How to ask."""


@dataclass(frozen=True)
class Listing:
    """The questions of a record, by number."""

    record: Record
    among_many: bool = False


@dataclass(frozen=True)
class Notice:
    """One sentence about the bot itself: an empty store, an id that does not exist."""

    text: str
    mentions: tuple[str, ...] = ()  # ids in it that name a person or a channel of this chat


@dataclass(frozen=True)
class NewRecord:
    """A record that a chat has not been shown yet."""

    record: Record
    earlier: tuple[tuple[int, Hit], ...] = ()  # by question number: the same one, asked before
    is_corrected: bool = False  # shown before, with other words


@dataclass(frozen=True)
class Digest:
    """What a chat gets on a day; never empty."""

    day: date
    new: tuple[NewRecord, ...] = ()  # newest first
    more: int = 0  # further new records, not listed
    history: tuple[Record, ...] = ()  # stored lately, of activities long past
    daily: Answer | None = None  # 每日一问, when no record is new
    items: tuple[str, ...] = ()  # what it shows, for the ledger
    most: int = 8  # so many questions of each record at most
    among_many: bool = False  # several records are stored, so ids are shown in full


@dataclass(frozen=True)
class DeskDigest:
    """The desk's counts of the days since its last digest; nobody's words."""

    day: date
    since: date
    until: date  # included
    answered: int
    offered: int
    declined: int
    most_asked: tuple[tuple[Hit, int], ...] = ()
    retired: int = 0  # subscriptions that ended because their chat could not be reached
    skipped: int = 0  # digests that did not go out in time
    unknown: int = 0  # posts whose fate is not known
    holidays_end: date | None = None  # said when it is near, or past


Elsewhere = HandedOver | DeskAnswer  # something is said in another chat, too
Reply = Answer | Suggest | Decline | Help | Listing | Notice | Digest | DeskDigest | Elsewhere


def band(reply: Reply) -> Band:
    match reply:
        case Answer():
            return "answer"
        case Suggest():
            return "suggest"
        case _:
            return "decline"


@dataclass(frozen=True)
class Quotation:
    """One official answer as every chat shows it; question and answer are verbatim."""

    head: str  # whose words and from when
    notice: str  # 注意：… 以公司公告为准。
    question_label: str  # `投资者问：`, `投资者问（节选）：`
    question: str
    answer_label: str
    answer: str
    source: str  # 出处：… last, so that a forwarded block carries it
    id: str  # full id, for feedback and buttons

    @property
    def text(self) -> str:
        return "\n".join(
            (
                self.head,
                self.notice,
                self.question_label + self.question,
                self.answer_label + self.answer,
                self.source,
            )
        )


@dataclass(frozen=True)
class Button:
    """Something to press, or to type where the chat has no buttons."""

    label: str  # `全文`, `同题：第31问`
    sends: str  # the message that pressing it stands for, e.g. `300253/2025-002#31`


@dataclass(frozen=True)
class Option:
    """One stored question offered in a suggest list."""

    letter: str  # A-E
    caption: str  # company, date and number, where needed to tell them apart
    question: str  # verbatim
    sends: str  # full id


@dataclass(frozen=True)
class ReplyView:
    """A Reply in words: what to show, in order. Renderers add markup and nothing else."""

    intro: str = ""  # the sentence of a suggest, decline, help or notice
    quotations: tuple[Quotation, ...] = ()
    not_found: tuple[str, ...] = ()  # questions of the same message that found nothing
    options: tuple[Option, ...] = ()
    buttons: tuple[Button, ...] = ()
    headings: tuple[str, ...] = ()  # what lines of the intro begin with, bold where a chat has that
    mentions: tuple[str, ...] = ()  # ids in the intro that name a person or a channel of this chat

    @property
    def text(self) -> str:
        """The plain-text form, `Reply.text` of the contract."""
        blocks = [self.intro] if self.intro else []
        blocks += [quotation.text for quotation in self.quotations]
        blocks += list(self.not_found)
        if self.options:
            blocks[-1] += "".join(
                f"\n{option.letter}. {option.caption}{option.question}" for option in self.options
            )
        if self.buttons:
            blocks.append("　".join(button.label for button in self.buttons))
        return "\n\n".join(blocks)
