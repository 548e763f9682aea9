"""The questions of a record in words, by number."""

from __future__ import annotations

from bot.message import Listing, ReplyView
from bot.wording.texts import Texts


def show_listing(reply: Listing, texts: Texts) -> ReplyView:
    """A record's questions, and how many paragraphs it has beside them."""
    record = reply.record
    lines = [
        texts.text(
            "listing",
            head=texts.head(record),
            form=texts.text("form"),
            record_no=texts.record_no(record),
            count=len(record.questions),
        )
    ]
    lines += [
        # `1. ` would begin a list, and may be renumbered, where a chat knows Markdown.
        f"{f'{record.id}#{item.number}' if reply.among_many else item.number}、{item.question}"
        for item in record.questions
    ]
    if told := record.paragraphs:
        example = f"{record.id}#{told[0].place}"
        lines.append(texts.text("listing, told", count=len(told), id=example))
    return ReplyView("\n".join(lines))
