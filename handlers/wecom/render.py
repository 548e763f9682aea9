"""ReplyView → WeCom messages: official words in a form that shows them letter for letter.

The smart bot's `markdown` knows headings, emphasis, lists, quotes, links, code and tables; what it
does to `~`, `_` or a backslash is documented nowhere, so nothing is ever escaped or replaced.
Words that hold none of this go out as they are, anything else in a fenced code block, which alone
guarantees the characters. Content is limited in bytes; longer replies go out in numbered pages.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.message import Quotation, ReplyView
from bot.wording.cutting import cut_after_sentence, fitting
from bot.wording.presentation import Words

Payload = dict[str, Any]

LIMIT = 20_480  # bytes of one content; longer ones are refused, not cut
_MOST = LIMIT - 200  # room for the page's number
WITH_CARD = "stream_with_template_card"
_KEY = 1_024  # bytes of a button's key
_FEEDBACK_ID = 256  # bytes

_ASK = "ask:"
_DESK = "desk:"
_HELP = "help"
_LETTERS = "ABCDE"

# What a Markdown renderer may take for markup or drop, inside a line, at its ends, between lines.
_RISKY = re.compile(
    r"""[*_`~|\\<\[]
      | &\#?\w+;                        # entities
      | \$[^$]*\$                       # formulas
      | [ \t]{2} | \t
      | ^\s | \s\Z | [^\S\n]$ | \n\n    # ends of lines are trimmed, empty lines collapse
      | ^(?: \# | > | [-+](?:\s|$) | \d{1,9}[.)](?:\D|$) | [-=]+$ )
    """,
    re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class _Block:
    """One paragraph: what the bot says, then words that must come out as they are."""

    label: str
    text: str = ""

    @property
    def markdown(self) -> str:
        if not _RISKY.search(self.text):
            return self.label + self.text
        fence = _fence(self.text)
        label = f"{self.label}\n\n" if self.label else ""
        return f"{label}{fence}\n{self.text}\n{fence}"


def messages(
    shown: ReplyView,
    words: Words,
    query: str = "",
    *,
    in_group: bool = False,
    pictures: bool = False,
    most: int = _MOST,
) -> list[Payload]:
    """The bodies that show a reply whole, in order; the opinion buttons are on the last page.

    Args:
        shown: The reply in words.
        words: For the bot's own sentences.
        query: What was asked; kept in the feedback id, never shown.
        in_group: Others read along: the asker's words are not repeated.
        pictures: The message held pictures, which were not read.
        most: Bytes of a page, without its number.
    """
    pages = _pages(_blocks(shown, words, in_group, pictures), most)
    if len(pages) > 1:
        pages = [f"（{at}/{len(pages)}）\n\n{page}" for at, page in enumerate(pages, 1)]
    bodies = [markdown(page) for page in pages]
    ids = [quotation.id for quotation in shown.quotations]
    if ids and (feedback := feedback_id(ids, query)):
        bodies[-1]["markdown"]["feedback"] = {"id": feedback}
    if shown.options and (offer := card([option.sends for option in shown.options], words)):
        bodies[-1] = _with_card(bodies[-1], offer)
    elif desk := _desk_card(shown, words):
        bodies[-1] = _with_card(bodies[-1], desk)
    return bodies


def _with_card(body: Payload, offer: Payload) -> Payload:
    """List and buttons as one message; a card by itself would cut questions of usual length."""
    stream = {"id": secrets.token_hex(12), "finish": True, **body["markdown"]}
    return {"msgtype": WITH_CARD, "stream": stream, "template_card": offer}


def without_card(body: Payload, words: Words) -> Payload:
    """The same for where a card does not reach, with what is typed in place of its buttons."""
    if body["msgtype"] != WITH_CARD:
        return body
    said = {name: value for name, value in body["stream"].items() if name not in ("id", "finish")}
    is_for_desk = body["template_card"]["button_list"][0]["key"].startswith(_DESK)
    how = words.text("hand over how" if is_for_desk else "pick by letter")
    said["content"] += f"\n\n{how}"
    return {"msgtype": "markdown", "markdown": said}


def markdown(content: str) -> Payload:
    """One body; the content is the bot's own words or a rendered page."""
    return {"msgtype": "markdown", "markdown": {"content": content}}


def notice(text: str) -> Payload:
    """The bot's own sentences, line by line."""
    return markdown("\n\n".join(_Block("", line).markdown for line in text.splitlines()))


def _blocks(shown: ReplyView, words: Words, in_group: bool, pictures: bool) -> Iterator[_Block]:
    for line in shown.intro.splitlines():
        if line.strip():
            yield _Block("", line)
    options = [_Block(f"{item.letter}. {item.caption}", item.question) for item in shown.options]
    if not shown.options_intro:
        yield from options
    for quotation in shown.quotations:
        yield from _quotation(quotation)
    if shown.not_found and in_group:
        yield _Block(words.text("others not found", count=len(shown.not_found)))
    else:
        yield from (_Block("", text) for text in shown.not_found)
    if shown.options_intro:
        yield _Block(shown.options_intro)
        yield from options
    yield from (_Block("", text) for text in shown.remarks)
    for button in shown.buttons:
        yield _Block("", button.label)
    if pictures:
        yield _Block(words.text("pictures left"))


def _quotation(quotation: Quotation) -> Iterator[_Block]:
    yield _Block("", quotation.head)
    if quotation.notice:
        yield _Block("", quotation.notice)
    yield from (_Block("", line.text) for line in quotation.later)
    yield _Block(quotation.question_label, quotation.question)
    yield _Block(quotation.answer_label, quotation.answer)
    yield _Block("", quotation.source)
    if quotation.url:
        yield _Block("", quotation.url)


def _fence(text: str) -> str:
    """Longer than any run of its mark inside; of backticks, or of tildes where that is shorter."""
    lengths = [max((len(run) for run in re.findall(f"{mark}+", text)), default=0) for mark in "`~"]
    mark = "~" if lengths[1] < lengths[0] and lengths[0] > 2 else "`"
    return mark * max(3, lengths["`~".index(mark)] + 1)


def _pages(blocks: Iterator[_Block], most_bytes: int) -> list[str]:
    """Blocks packed into pages; one too long for a page goes on in the next."""
    pages: list[list[str]] = [[]]
    room = most_bytes
    for block in blocks:
        while True:
            size = _bytes(block.markdown) + 2
            if size > room and (size <= most_bytes or room < most_bytes // 4):
                pages.append([])
                room = most_bytes
            if size <= room:
                pages[-1].append(block.markdown)
                room -= size
                break
            around = _bytes(block.label) + 2 * len(_fence(block.text)) + 6
            most = fitting(block.text, room - around)
            cut = cut_after_sentence(block.text, most, inside_paragraph=True)
            pages[-1].append(_Block(block.label, block.text[:cut]).markdown)
            room = 0
            block = _Block("", block.text[cut:])
    return ["\n\n".join(page) for page in pages if page]


def _bytes(text: str) -> int:
    return len(text.encode())


# Cards


def card(
    sends: Sequence[str], words: Words, task_id: str = "", chosen: int | None = None
) -> Payload:
    """Stored questions to pick from; the questions themselves stand in the list above it.

    Args:
        sends: Full ids, in the order of their letters.
        words: For the bot's own sentences.
        task_id: Of the card that this one replaces; empty: a new card.
        chosen: Which one was pressed.

    Returns:
        An empty card where the ids are too long for a button; the lettered list does without.
    """
    labels = [
        f"{letter} {_name(item, words)}" for letter, item in zip(_LETTERS, sends, strict=False)
    ]
    keys = [_ASK + _json([at, *sends]) for at in range(len(labels))]
    if any(_bytes(key) > _KEY for key in keys):
        return {}
    how = words.text("pick how")
    if chosen is not None:
        how = words.text("picked", label=labels[chosen])
    return _card(words.text("pick"), how, list(zip(labels, keys, strict=True)), task_id)


def _desk_card(shown: ReplyView, words: Words) -> Payload:
    """A button that hands the question over to the desk; an empty card where there is none, or the
    question is too long for its key: the button's words, typed, do the same."""
    label = words.text("hand over")
    for button in shown.buttons:
        if button.label == label and _bytes(key := _DESK + button.sends) <= _KEY:
            return _card(words.text("hand over?"), "", [(label, key)], "")
    return {}


def handed_over(words: Words, task_id: str) -> Payload:
    """What replaces the card whose button handed the question over."""
    button = (words.text("how to ask"), _HELP)
    return _card(words.text("handed over"), "", [button], task_id)


def gone(words: Words, task_id: str) -> Payload:
    """What replaces a card whose button means nothing any more."""
    button = (words.text("how to ask"), _HELP)
    return _card(words.text("button gone"), words.text("ask again"), [button], task_id)


@dataclass(frozen=True)
class Picked:
    """What pressing a button stands for."""

    sends: str
    offered: tuple[str, ...] = ()
    at: int = 0
    for_desk: bool = False


def picked(key: str) -> Picked | None:
    """Read a pressed button's key; None for one that is not ours."""
    if key == _HELP:
        return Picked(_HELP)
    if key.startswith(_DESK):
        return Picked(key.removeprefix(_DESK), for_desk=True)
    if not key.startswith(_ASK):
        return None
    try:
        at, *sends = json.loads(key.removeprefix(_ASK))
        if type(at) is not int or at < 0 or not all(isinstance(item, str) for item in sends):
            return None
        return Picked(sends[at], tuple(sends), at)
    except (ValueError, TypeError, IndexError, RecursionError):
        return None


def _card(title: str, desc: str, buttons: list[tuple[str, str]], task_id: str) -> Payload:
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title, **({"desc": desc} if desc else {})},
        "button_list": [{"text": text, "style": 1, "key": key} for text, key in buttons],
        "task_id": task_id or f"irbot_{secrets.token_hex(12)}",
    }


def _name(full_id: str, words: Words) -> str:
    place = full_id.rpartition("#")[2].partition(".")[0]
    number = place.removeprefix("p")
    return words.text("question no" if number == place else "paragraph no", no=number)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# Opinions: the platform gives back the feedback id alone, so it holds what the opinion is about.


def feedback_id(ids: Sequence[str], query: str) -> str:
    """An id with the questions' ids and as much of the query as fits; empty if the ids do not."""
    head = "\n".join((secrets.token_hex(3), "\t".join(ids), "")).encode()
    room = _FEEDBACK_ID // 4 * 3 - len(head)
    if room < 0:
        return ""
    raw = head + query.encode()[:room].decode(errors="ignore").encode()
    return base64.urlsafe_b64encode(raw).decode()


def opinion_about(feedback: str) -> tuple[list[str], str] | None:
    """The questions' ids and the query of a feedback id; None for one that is not ours."""
    try:
        raw = base64.b64decode(feedback, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    mark, first, rest = raw.partition("\n")
    ids, second, query = rest.partition("\n")
    if not (len(mark) == 6 and first and second and ids):
        return None
    return ids.split("\t"), query
