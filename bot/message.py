"""Message and Reply: the two values every chat shares.

The band is the type of the Reply, so no answer can hide in a decline:

    Answer                       band "answer": official words, one Hit per question asked
    Likely                       band "suggest": official words shown as perhaps not what was meant
    Suggest                      band "suggest": 1-5 stored questions to pick from
    Statement                    band "suggest", and no miss: a paragraph that answers no question
    Decline                      band "decline", and a miss
    Help | Listing | Notice      band "decline" too, but no misses: what the bot says of itself
    HandedOver | DeskAnswer      a question goes to the desk, and its answer to the asker
    Digest | DeskDigest          what a subscribed chat gets unasked, or asked for by `/ir digest`

`Words.show` turns a Reply into a ReplyView: the same facts in the same order for every chat, which
a renderer turns into its platform's markup and `ReplyView.text` into plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Literal

from bot.record import Question, Record

Band = Literal["answer", "suggest", "decline"]
MOST_LINKS = 5  # below an answer


@dataclass(frozen=True)
class Chat:
    """Where and by whom something is asked; the key of everything a chat remembers."""

    platform: str  # "slack", "wecom", "wecom-webhook", "terminal" …; "cli" in digests' previews
    workspace: str  # the platform's team or corporation
    channel: str
    user: str
    thread: str = ""  # where others read the reply too; empty: the user alone sees it
    in_thread: bool = False  # said inside the thread, so that nothing shown elsewhere is meant


@dataclass(frozen=True)
class Message:
    """What a person typed, the platform's mention mark and command word already off."""

    text: str
    chat: Chat | None = None  # None on the command line: nothing is remembered of it
    company: str | None = None  # six digits: only this company's records
    as_of: date | None = None  # only records with event date up to here; ages counted from it
    quoted: str = ""  # what is pointed to: the question where nothing typed is to be looked up


@dataclass(frozen=True)
class Hit:
    """A stored question, or a paragraph of a narrative, put forward for a message."""

    record: Record
    question: Question
    confidence: float  # calibrated 0-1; 1 for a look-up by number or by the question's own words
    part: int | None = None
    is_exact: bool = False  # the question itself was typed, so that nothing else is meant
    excerpt: str = ""  # the sentence that is near the message; empty: the whole

    @property
    def id(self) -> str:
        """The question's id; the part is named beside it."""
        return f"{self.record.id}#{self.question.place}"

    @property
    def full_id(self) -> str:
        """The id with its part, as a person may type it: `300253/2025-002#24.2`."""
        return f"{self.id}.{self.part}" if self.part else self.id


@dataclass(frozen=True)
class Searched:
    """What every reply to free text may have to say of the message."""

    is_cut: bool = field(default=False, kw_only=True)  # too long to be looked at whole


@dataclass(frozen=True)
class Answer(Searched):
    """Official words, one hit for each question the message asks."""

    hits: tuple[Hit, ...]
    as_of: date  # the day from which ages are counted
    related: tuple[Hit, ...] = ()  # same answer elsewhere, at most five
    newer: tuple[Hit, ...] = ()  # the same matter at later events, newest first
    earlier: tuple[Hit, ...] = ()  # the same matter at events before, newest first
    asked: tuple[str, ...] = ()  # the message's questions, where it has several
    places: tuple[tuple[int, ...], ...] = ()  # which of them, from 1, each hit answers
    # Official words shown as perhaps meant, with the numbers of the questions they are near.
    likely: tuple[tuple[tuple[int, ...], Hit], ...] = ()
    similar: tuple[tuple[int, Hit], ...] = ()  # what is offered for those not answered
    unread: int = 0  # questions beyond the most that are looked at
    whole: bool = False  # the whole question and answer, although a part was hit
    is_picked: bool = False  # from a list, whose letters go on: its links have none
    among_many: bool = False  # several records are stored, so ids are shown in full

    @property
    def confidence(self) -> float:
        return min(hit.confidence for hit in self.hits)

    @property
    def links(self) -> tuple[Hit, ...]:
        """What is linked below the answer, in the order of its letters."""
        return (
            *self.newer,
            *self.earlier,
            *(hit for _, hit in self.similar),
            *self.related,
        )[:MOST_LINKS]

    @property
    def lettered(self) -> tuple[Hit, ...]:
        """The links that a letter picks."""
        return () if self.is_picked else self.links

    @property
    def not_answered(self) -> tuple[tuple[int, str], ...]:
        """The message's questions that are not answered, with their numbers."""
        answered = {place for own in self.places for place in own}
        return tuple(item for item in enumerate(self.asked, 1) if item[0] not in answered)

    @property
    def not_found(self) -> tuple[tuple[int, str], ...]:
        """Those of them for which nothing is shown either."""
        near = {place for places, _ in self.likely for place in places}
        shown = near | {place for place, _ in self.similar}
        return tuple(item for item in self.not_answered if item[0] not in shown)


@dataclass(frozen=True)
class Likely(Searched):
    """Official words that stand there at once, perhaps not what was meant; nothing is claimed."""

    hits: tuple[Hit, ...]  # quoted ones first, then at most three to pick from
    as_of: date
    asked: tuple[str, ...] = ()  # the message's questions, where it has several
    places: tuple[tuple[int, ...], ...] = ()  # which of them, from 1, each quoted hit is near
    offered_for: tuple[int, ...] = ()  # which of them have something among the others
    among_many: bool = False

    @property
    def quoted(self) -> tuple[Hit, ...]:
        """Whose official answers are shown: one, or one for each of several questions."""
        return self.hits[: len(self.places) or 1]

    @property
    def others(self) -> tuple[Hit, ...]:
        """What else may be meant, lettered A-C."""
        return self.hits[len(self.quoted) :]


class Lead(Enum):
    """What is true of a list to pick from; the values are keys of the texts."""

    NEAR = "suggest"  # stored questions that are near, none of them surely meant
    SEVERAL = "suggest, several"  # all that was typed stands in each of them
    COMPANIES = "suggest, companies"  # of several companies, none of them named


@dataclass(frozen=True)
class Suggest(Searched):
    """Stored questions that may be what was meant; no answer is claimed."""

    hits: tuple[Hit, ...]  # 1-5, best first, lettered A-E
    among_many: bool = False
    lead: Lead = Lead.NEAR


@dataclass(frozen=True)
class Statement:
    """A paragraph of a narrative, picked or named: official words, but no answer."""

    hit: Hit
    as_of: date  # the day from which ages are counted
    among_many: bool = False


@dataclass(frozen=True)
class Coverage:
    """What is stored of one company."""

    company_name: str
    records: int
    latest: str  # event date of the newest record
    company_code: str = ""


@dataclass(frozen=True)
class Decline(Searched):
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

    for_outsiders: bool = False  # without what only members may order


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
    history: Sequence[Record] = ()  # stored lately, of activities long past
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
    past: int = 0  # answers with a date that has passed
    due: int = 0  # and with one that soon will


Elsewhere = HandedOver | DeskAnswer  # something is said in another chat, too
Unasked = Digest | DeskDigest
Reply = (
    Answer | Likely | Suggest | Statement | Decline | Help | Listing | Notice | Unasked | Elsewhere
)


def band(reply: Reply) -> Band:
    match reply:
        case Answer():
            return "answer"
        case Likely() | Suggest() | Statement():
            return "suggest"
        case _:
            return "decline"


@dataclass(frozen=True)
class LaterLine:
    """What was announced after an answer: said, and where it can be read."""

    said: str  # 此后公告：标题（编号，日期）
    url: str

    @property
    def text(self) -> str:
        return self.said + self.url


@dataclass(frozen=True)
class Quotation:
    """One official answer as every chat shows it; question and answer are verbatim."""

    head: str  # whose words and from when
    notice: str  # 注意：… its age, dates that have passed; empty: nothing to say
    question_label: str  # `投资者问：`, `投资者问（节选）：`
    question: str
    answer_label: str
    answer: str
    source: str  # 出处：… last, so that a forwarded block carries it
    id: str  # full id, for feedback and buttons
    url: str = ""  # where it stands in its record; empty: nowhere (IR_PUBLIC_URL is not set)
    later: tuple[LaterLine, ...] = ()  # under the notice

    @property
    def text(self) -> str:
        lines = (
            self.head,
            self.notice,
            *(line.text for line in self.later),
            self.question_label + self.question,
            self.answer_label + self.answer,
            self.source,
        )
        return "\n".join(line for line in (*lines, self.url) if line)


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

    intro: str = ""  # the sentence of a likely, suggest, decline, help or notice
    quotations: tuple[Quotation, ...] = ()
    not_found: tuple[str, ...] = ()  # questions of the same message that found nothing
    options: tuple[Option, ...] = ()
    options_intro: str = ""  # stands above options that follow a quotation
    remarks: tuple[str, ...] = ()  # what else is to be known of the reply
    buttons: tuple[Button, ...] = ()
    headings: tuple[str, ...] = ()  # what lines of the intro begin with, bold where a chat has that
    mentions: tuple[str, ...] = ()  # ids in the intro that name a person or a channel of this chat
    sends: str = ""  # the message that shows the intro again; empty: none is known
    listed: tuple[str, ...] = ()  # full ids of the questions that the intro lists

    @property
    def text(self) -> str:
        """The plain-text form, `Reply.text` of the contract."""
        blocks = [self.intro] if self.intro else []
        blocks += [quotation.text for quotation in self.quotations]
        blocks += list(self.not_found)
        if self.options:
            if self.options_intro:
                blocks.append(self.options_intro)
            blocks[-1] += "".join(
                f"\n{option.letter}. {option.caption}{option.question}" for option in self.options
            )
        blocks += list(self.remarks)
        if self.buttons:
            blocks.append("\n".join(button.label for button in self.buttons))
        return "\n\n".join(blocks)
