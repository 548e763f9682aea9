"""ReplyView → Slack messages: official words as rich text, which Slack shows letter for letter.

A `rich_text` block knows no escaping and no mentions (docs.slack.dev, "Rich text block"), so `*`,
`<!here>` or `&` in a document come out as they are. The top-level `text` is the notification and
the screen reader's text; it is mrkdwn, where `&`, `<` and `>` alone must be escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from bot.digest.subscriptions import Subscription
from bot.message import Help, Quotation, ReplyView
from bot.record import Record
from bot.wording.cutting import cut_after_sentence
from bot.wording.presentation import Words

Payload = dict[str, Any]

ASK = "ask"  # action ids; `ask:2` is the third button of its row
IN_PLACE = "ask:here"  # what only the asker sees is replaced by the answer
SHARE = "share"
HELPFUL, UNHELPFUL = "helpful", "unhelpful"
DIGEST_AT, DIGEST_END = "digest_at", "digest_end"

_MOST = 11_000  # characters of a message's blocks; beyond about 13,200 Slack refuses it
_ELEMENT = 2_900  # characters of one text element; text objects take 3,000
_BUTTON_TEXT, _BUTTON_VALUE = 75, 2_000
_BUTTONS = 25  # in one row
_HOME_SUBSCRIPTIONS = 40  # two blocks each; a Home takes 100
_QUERY = 300  # characters of the question kept with a 有用/没用 button

_LINKED = re.compile(r"[UWCG][A-Z0-9]{2,}")


@dataclass(frozen=True)
class _Run:
    """Characters of one style."""

    text: str
    bold: bool = False
    is_mention: bool = False  # an id of a person or a channel, shown by its name
    is_link: bool = False  # an address; never cut


_Line = list[_Run]


def messages(shown: ReplyView, words: Words, query: str = "", share: str = "") -> list[Payload]:
    """The messages that show a reply whole, in order.

    Args:
        shown: The reply in words.
        words: Names the buttons.
        query: What was asked; kept with the 有用/没用 buttons.
        share: What the 分享到频道 button shares; empty: no such button.

    Returns:
        Objects with `text` and `blocks`, each within Slack's limits; the buttons are on the last.
    """
    pages = list(_pages(_lines(shown)))
    sent: list[Payload] = [
        {"text": escape(_plain(page)), "blocks": [_rich_text(page)]} for page in pages
    ]
    if len(pages) == 1:
        sent[0]["text"] = escape(shown.text)
    sent[-1]["blocks"] += _rows(shown, words, query, share)
    return sent


def to_asker(shown: ReplyView, words: Words, query: str = "") -> list[Payload]:
    """The same, for the asker only, with a button that shares an answer to the channel."""
    share = ""
    if len(shown.quotations) == 1:
        whole = words.text("whole")
        is_excerpt = any(button.label == whole for button in shown.buttons)
        share = shown.quotations[0].id if is_excerpt else f"{whole} {shown.quotations[0].id}"
    elif shown.quotations:
        share = query
    return [
        {"response_type": "ephemeral", **payload}
        for payload in messages(shown, words, query, share)
    ]


def escape(text: str) -> str:
    """The three characters that mrkdwn gives a meaning to; anything else must stay."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(shown: ReplyView) -> list[_Line]:
    """What is shown, line by line; an empty list is an empty line between blocks."""
    lines: list[_Line] = []
    if shown.intro:
        for line in shown.intro.split("\n"):
            lines.append(_intro_line(line, shown) if line else [])
    options: list[_Line] = [
        [_Run(f"{option.letter}. {option.caption}", bold=True), _Run(option.question)]
        for option in shown.options
    ]
    if not shown.options_intro:
        lines += options
    for quotation in shown.quotations:
        if lines:
            lines.append([])
        lines += _quotation(quotation)
    for text in (*shown.not_found, *shown.remarks):
        lines += [[], [_Run(text)]]
    if shown.options_intro:
        lines += [[], [_Run(shown.options_intro)], *options]
    return lines


def _intro_line(line: str, shown: ReplyView) -> _Line:
    """A line of the intro; the heading that it is or begins with is bold."""
    head = max((head for head in shown.headings if line.startswith(head)), key=len, default="")
    rest = line[len(head) :]
    bold = [_Run(head, bold=True)] if head else []
    return bold + (_with_mentions(rest, shown.mentions, bold=False) if rest else [])


def _with_mentions(line: str, ids: Sequence[str], bold: bool) -> _Line:
    known = [id_ for id_ in ids if _LINKED.fullmatch(id_)]
    if not known:
        return [_Run(line, bold)]
    pieces = re.split(rf"\b({'|'.join(map(re.escape, known))})\b", line)
    return [_Run(piece, bold, is_mention=piece in known) for piece in pieces if piece]


def _quotation(quotation: Quotation) -> list[_Line]:
    notice: list[_Line] = [[_Run(quotation.notice)]] if quotation.notice else []
    return [
        [_Run(quotation.head, bold=True)],
        *notice,
        *([_Run(line.said), _Run(line.url, is_link=True)] for line in quotation.later),
        [_Run(quotation.question_label, bold=True), _Run(quotation.question)],
        [_Run(quotation.answer_label, bold=True), _Run(quotation.answer)],
        [_Run(quotation.source)],
        *([[_Run(quotation.url)]] if quotation.url else []),
    ]


def _pages(lines: list[_Line]) -> list[list[_Line]]:
    """Lines packed into messages; a line too long for one goes on in the next."""
    pages: list[list[_Line]] = [[]]
    room = _MOST
    for line in lines:
        rest = list(line)
        pages[-1].append([])
        while rest:
            run = rest.pop(0)
            if len(run.text) <= room:  # always so for a mention
                pages[-1][-1].append(run)
                room -= len(run.text)
                continue
            is_cut = room > _MOST // 4 and not run.is_link
            cut = cut_after_sentence(run.text, room) if is_cut else 0
            if cut:
                pages[-1][-1].append(_Run(run.text[:cut], run.bold))
            if not pages[-1][-1]:
                pages[-1].pop()
            pages.append([[]])
            room = _MOST
            rest.insert(0, replace(run, text=run.text[cut:]))
    return [page for page in pages if any(page)] or [[[_Run("…")]]]


def _plain(page: list[_Line]) -> str:
    return "\n".join("".join(run.text for run in line) for line in page)


def _rich_text(page: list[_Line]) -> Payload:
    """One block, one section a line; line ends between sections are Slack's."""
    sections = []
    for line in page:
        elements = [element for run in line for element in _elements(run)]
        sections.append(
            {
                "type": "rich_text_section",
                # An empty section is refused, so an empty line is a line end.
                "elements": elements or [{"type": "text", "text": "\n"}],
            }
        )
    return {"type": "rich_text", "elements": sections}


def _elements(run: _Run) -> list[Payload]:
    if run.is_mention:
        kind = "user" if run.text[0] in "UW" else "channel"
        return [{"type": kind, f"{kind}_id": run.text}]
    if run.is_link:
        return [{"type": "link", "url": run.text, "text": run.text}]
    pieces, text = [], run.text
    while text:
        cut = cut_after_sentence(text, _ELEMENT) if len(text) > _ELEMENT else len(text)
        pieces.append(text[:cut])
        text = text[cut:]
    style = {"style": {"bold": True}} if run.bold else {}
    return [{"type": "text", "text": piece, **style} for piece in pieces]


def _rows(shown: ReplyView, words: Words, query: str, share: str) -> list[Payload]:
    """Rows of buttons: what to ask next, and what the asker thinks of the answer."""
    asks = [
        (IN_PLACE, f"{option.letter} {option.caption}", option.sends) for option in shown.options
    ]
    whole = words.text("whole")
    asks += [
        (IN_PLACE if button.label == whole else ASK, button.label, button.sends)
        for button in shown.buttons
    ]
    buttons = [
        _button(f"{action}:{at}", label, sends)
        for at, (action, label, sends) in enumerate(asks[:_BUTTONS])
    ]
    rows = [{"type": "actions", "elements": buttons}] if buttons else []
    if shown.quotations:
        ids = [quotation.id for quotation in shown.quotations]
        asked = "".join(filter(str.isprintable, query))[:_QUERY]
        about = json.dumps({"ids": ids, "query": asked}, ensure_ascii=False)
        opinion = [_button(name, words.text(name), about) for name in (HELPFUL, UNHELPFUL)]
        if share:
            opinion.append(_button(SHARE, words.text(SHARE), share))
        rows.append({"type": "actions", "elements": opinion})
    return rows


def _button(action_id: str, label: str, value: str) -> Payload:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label[:_BUTTON_TEXT], "emoji": False},
        "value": value[:_BUTTON_VALUE],
    }


def privately(payload: Payload, channel: str, words: Words) -> Payload:
    """A message for the asker alone, saying of which channel it could not be posted in."""
    line = words.text("sent privately", channel=channel)
    note = _rich_text([_with_mentions(line, (channel,), bold=False)])
    text = f"{escape(line)}\n{payload['text']}"
    return {**payload, "text": text, "blocks": [note, *payload["blocks"]]}


def shared_by(user: str, words: Words) -> Payload:
    """Who shared an answer; the name is Slack's own, and pings nobody else."""
    return {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "user", "user_id": user},
                    {"type": "text", "text": " " + words.text("shared by")},
                ],
            }
        ],
    }


def linked(payload: Payload, url: str, words: Words) -> Payload:
    """A message with a link below it to what it is about."""
    link = {"type": "link", "url": url, "text": words.text("to the message")}
    section = {"type": "rich_text_section", "elements": [link]}
    return {
        "text": f"{payload['text']}\n{escape(url)}",
        "blocks": [*payload["blocks"], {"type": "rich_text", "elements": [section]}],
    }


def home(
    records: Sequence[Record], words: Words, subscriptions: Sequence[Subscription], tz: tzinfo
) -> Payload:
    """App Home: what is stored, how to ask, and the viewer's digests with what changes them."""
    lines: list[_Line] = [[_Run(words.text("home", count=len(records)), bold=True)]]
    lines += [[_Run(f"{words.head(record)}　{record.id}")] for record in records[:20]]
    lines.append([])
    lines += [[_Run(line)] for line in words.show(Help("slack")).intro.split("\n")]
    lines += [[], [_Run(words.text("home, subscriptions"), bold=True)]]
    if not subscriptions:
        lines.append([_Run(words.text("home, none"))])
    blocks = [_rich_text(page) for page in _pages(lines)]
    for subscription in subscriptions[:_HOME_SUBSCRIPTIONS]:
        blocks += _subscription(subscription, words, tz)
    return {"type": "home", "blocks": blocks}


def _subscription(subscription: Subscription, words: Words, tz: tzinfo) -> list[Payload]:
    """One digest, with its time to pick and a button that ends it."""
    where = f"{subscription.workspace}/{subscription.channel}"
    line = _with_mentions(subscription.channel, (subscription.channel,), bold=False)
    about = [*line, _Run(" " + words.plan(subscription.plan, tz))]
    return [
        _rich_text([about]),
        {
            "type": "actions",
            "block_id": f"digest:{where}",
            "elements": [
                {
                    "type": "timepicker",
                    "action_id": DIGEST_AT,
                    "initial_time": subscription.plan.at.isoformat("minutes"),
                },
                _button(DIGEST_END, words.text("home, end"), where),
            ],
        },
    ]
