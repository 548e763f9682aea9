"""ReplyView → messages to a customer: texts, and a menu to choose from at their end.

At most five messages may follow what a customer wrote. So pieces are as large as they may be, the
last one is the head of the menu where it fits in there, and what does not fit is told, with an
entry that goes on where the words end. Official words are cut between messages, never in them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.message import Button, Option, Quotation, ReplyView
from bot.wording.presentation import Words
from handlers.wecom_text import plain

Payload = dict[str, Any]

MOST = 5  # messages after what a customer wrote, within 48 hours
_HEAD = 1_024  # bytes of what stands above a menu
_ENTRY, _ID = 128, 64  # bytes of an entry and of its id
_ENTRIES = 10
_NUMBER = 16  # bytes kept free for a piece's number

PERSON, _HELP, _LATEST = "person", "help", "latest"
_ASK, _REST = "ask:", "rest:"
_TYPED = {_HELP: "help", _LATEST: "最新"}


@dataclass(frozen=True)
class Rest:
    """Where official words go on: behind so many characters of what has this mark."""

    mark: str
    offset: int


@dataclass(frozen=True)
class Picked:
    """What choosing an entry stands for."""

    text: str
    rest: Rest | None = None


def picked(menu_id: str) -> Picked | None:
    """Read a chosen entry's id; None for one that is not ours."""
    if menu_id in _TYPED:
        return Picked(_TYPED[menu_id])
    if menu_id.startswith(_ASK):
        return Picked(menu_id.removeprefix(_ASK))
    if menu_id.startswith(_REST):
        mark, _, rest = menu_id.removeprefix(_REST).partition(":")
        offset, _, sends = rest.partition(":")
        if sends and offset.isascii() and offset.isdigit():
            return Picked(sends, Rest(mark, int(offset)))
    return None


@dataclass(frozen=True)
class _Words:
    """Words that can go on in another message, and where they stand in the whole."""

    start: int  # in the whole text
    text: str
    mark: str
    sends: str  # the message that shows them again
    name: str  # 第3问, in a menu that has several of them
    offset: int = 0  # so much of them was shown before

    def entry(self, shown: int, words: Words, one_of_many: bool) -> Payload | None:
        """What shows what of them is missing, where so much of the whole is shown."""
        if shown >= self.start + len(self.text):
            return None
        at = self.offset + max(0, shown - self.start)
        name = self.name if one_of_many else ""
        label = words.text("menu, rest of", name=name) if name else words.text("menu, rest")
        return _entry(f"{_REST}{self.mark}:{at}:{self.sends}" if at else _ASK + self.sends, label)


def messages(
    shown: ReplyView,
    words: Words,
    *,
    room: int = MOST,
    told: str = "",
    person: bool = False,
    rest: Rest | None = None,
) -> list[Payload]:
    """The messages that show a reply, in order; at least one, at most `room`.

    Args:
        shown: The reply in words.
        words: For the bot's own sentences.
        room: How many may be sent.
        told: What the bot is and keeps, at the first contact; stands above all else.
        person: Whether there is somebody to hand over to.
        rest: What of it was shown before; None: nothing.
    """
    text, parts = _resumed(shown, words, rest) if rest else (shown.text, _parts(shown, words))
    entries = list(_entries(shown, words, person)) if rest is None else []
    if plain.is_altered(text):
        note = told + ("\n\n" if told else "") + words.text("in a file")
        return [_closed(note, entries, words), plain.file(text)][-room:]
    if told and room > 1:
        whole = _fitted(text, entries, words, room - 1)
        if whole is not None:
            return [plain_text(told), *whole]
    if told:
        head = f"{told}\n\n"
        text, parts = head + text, _later(parts, head)
    whole = _fitted(text, entries, words, room)
    return whole or _cut_short(text, parts, entries, words, room)


def welcome(told: str, words: Words, person: bool) -> Payload:
    """What stands there before anything is asked."""
    entries = [
        _entry(_HELP, words.text("menu, help")),
        _entry(_LATEST, words.text("menu, latest")),
        *([_entry(PERSON, words.text("menu, person"))] if person else []),
    ]
    return _menu(told, [entry for entry in entries if entry])


def plain_text(text: str) -> Payload:
    """One message of plain text."""
    return {"msgtype": "text", "text": {"content": text}}


# Pieces


def _fitted(text: str, entries: list[Payload], words: Words, room: int) -> list[Payload] | None:
    """The whole in as few messages as it takes; None where it takes more than there may be."""
    for count in range(1, room + 1):
        pieces, end = _pieces(text, count, _HEAD if entries else plain.MOST)
        if end == len(text):
            return _numbered(pieces, entries, words)
    return None


def _cut_short(
    text: str, parts: Sequence[_Words], entries: list[Payload], words: Words, room: int
) -> list[Payload]:
    """As much as there may be, what is missing, and how to see it."""
    note = "\n" + words.text("not all", most=MOST, count=len(text))
    pieces, end = _pieces(text, room, _HEAD - len(note.encode()))
    missing = [part for part in parts if end < part.start + len(part.text)]
    rests = [part.entry(end, words, len(missing) > 1) for part in missing]
    pieces[-1] += "\n" * bool(pieces[-1]) + words.text("not all", most=MOST, count=len(text) - end)
    return _numbered(pieces, [*filter(None, rests), *entries], words)


def _pieces(text: str, count: int, last: int) -> tuple[list[str], int]:
    """The text in so many pieces, the last one of at most so many bytes, and where they end."""
    pieces, at = [], 0
    for number in range(1, count + 1):
        room = plain.MOST if number < count else last
        room -= _NUMBER if count > 1 else 0
        rest = text[at:]
        end = len(rest) if len(rest.encode()) <= room else plain.cut(rest, room)
        pieces.append(rest[:end])
        at += end
    return pieces, at


def _numbered(pieces: list[str], entries: list[Payload], words: Words) -> list[Payload]:
    *texts, last = pieces
    texts = [text for text in texts if text]
    count = len(texts) + bool(last)
    if count > 1:
        texts = [f"（{at}/{count}）\n{text}" for at, text in enumerate(texts, 1)]
        last = f"（{count}/{count}）\n{last}" if last else ""
    messages = [plain_text(text) for text in texts]
    if last or entries:
        messages.append(_closed(last, entries, words))
    return messages


def _closed(text: str, entries: list[Payload], words: Words) -> Payload:
    """The last message: a menu where there is something to choose from."""
    return _menu(text or words.text("menu, pick"), entries) if entries else plain_text(text)


# What can go on in another message


def _parts(shown: ReplyView, words: Words) -> list[_Words]:
    """The official words of a reply, and a list that can be shown again, where they stand."""
    if shown.sends:
        return [_Words(0, shown.intro, mark_of(shown.intro), shown.sends, "")]
    found, at = [], 0
    for quotation in shown.quotations:
        body = _body(quotation)
        at = shown.text.index(body, at)
        name = _name(quotation.id, words)
        found.append(_Words(at, body, mark_of(body), _sends(quotation, words), name))
        at += len(body)
    return found


def _resumed(shown: ReplyView, words: Words, rest: Rest) -> tuple[str, list[_Words]]:
    """What follows of words that were shown in part; the whole, where they have changed."""
    if shown.sends and mark_of(shown.intro) == rest.mark:
        return _going_on(shown.intro, "", shown.sends, words, rest)
    for quotation in shown.quotations:
        body = _body(quotation)
        if mark_of(body) == rest.mark:
            tail = "\n".join(filter(None, (quotation.source, quotation.url)))
            return _going_on(body, f"\n{tail}", _sends(quotation, words), words, rest)
    head = words.text("changed since") + "\n\n"
    return head + shown.text, _later(_parts(shown, words), head)


def _going_on(
    body: str, tail: str, sends: str, words: Words, rest: Rest
) -> tuple[str, list[_Words]]:
    head, left = words.text("goes on") + "\n", body[rest.offset :]
    part = _Words(len(head), left, rest.mark, sends, "", rest.offset)
    return head + left + tail, [part]


def _later(parts: Sequence[_Words], head: str) -> list[_Words]:
    """The same behind something else."""
    return [replace(part, start=part.start + len(head)) for part in parts]


def _body(quotation: Quotation) -> str:
    """Question and answer, as they stand in the text."""
    return (
        f"{quotation.question_label}{quotation.question}\n"
        f"{quotation.answer_label}{quotation.answer}"
    )


def mark_of(text: str) -> str:
    """By which it is known whether words are still the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _sends(quotation: Quotation, words: Words) -> str:
    """The message that shows a quotation again: a part by its id, the whole of its question by
    that word."""
    question, _, part = quotation.id.rpartition(".")
    is_whole = quotation.question_label == words.text("asked")
    return f"{words.text('whole')} {question}" if part.isdigit() and is_whole else quotation.id


# Menus


def _entries(shown: ReplyView, words: Words, person: bool) -> Iterator[Payload]:
    """What can be chosen; a person, where nothing is answered or something is to be chosen."""
    items: list[Option | Button] = [*shown.options, *shown.buttons]
    found = [_entry(_ASK + item.sends, _label(item, words)) for item in items]
    yield from filter(None, found)
    if person and (any(found) or not shown.quotations):
        yield from filter(None, [_entry(PERSON, words.text("menu, person"))])


def _label(item: Option | Button, words: Words) -> str:
    """Letter and place: the words themselves stand above."""
    if isinstance(item, Option):
        return f"{item.letter} {_name(item.sends, words)}"
    label = item.label
    return label if len(label.encode()) <= _ENTRY else f"{label.partition(' ')[0]} {item.sends}"


def _name(full_id: str, words: Words) -> str:
    place = full_id.rpartition("#")[2].partition(".")[0]
    number = place.removeprefix("p")
    return words.text("question no" if number == place else "paragraph no", no=number)


def _entry(menu_id: str, label: str) -> Payload | None:
    """None where the platform would not take it."""
    if len(menu_id.encode()) > _ID or not 0 < len(label.encode()) <= _ENTRY:
        return None
    return {"type": "click", "click": {"id": menu_id, "content": label}}


def _menu(head: str, entries: Sequence[Payload]) -> Payload:
    """Of more entries than there may be the last, a person, is kept."""
    listed = entries if len(entries) <= _ENTRIES else [*entries[: _ENTRIES - 1], entries[-1]]
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": list(listed)}}
