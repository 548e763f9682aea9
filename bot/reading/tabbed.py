"""Recognised text → lines: rows `label⇥value` whose cells hold HTML, pages without rows between.

A blank label goes on with the row above, on the next page; a row of dashes ends a page's table. A
page that was not recognised as a table is Markdown of one kind: lines in `**`.
"""

from __future__ import annotations

import re

from bot.reading.blocks import Paragraph, lines_of, unseen_ends
from bot.reading.html import Notes, Paragraphs, count_of
from bot.reading.lines import Source, squashed
from bot.reading.tags import tokens

_BOLD_LINE = re.compile(r"(\s*)\*\*((?:(?!\*\*).)+)\*\*(\s*)")
_TORN_TAG = re.compile(r"<(?=[A-Za-z/])[^<>\n]*\n[^<>\n]*>")


def tabbed_source(text: str) -> Source:
    """Take recognised text apart."""
    notes = Notes()
    notes.references(text)
    found: list[Paragraph] = []
    page, row, in_table = 1, 0, False
    bold_marks = 0
    text = _TORN_TAG.sub(lambda match: match[0].replace("\n", " "), text)
    for raw in text.split("\n"):
        if not raw.strip():
            continue
        page += raw.count("\f")
        label, tab, value = raw.partition("\t")
        if not squashed(raw).strip("-"):  # the row written under a page's table
            aside = "empty-row dash" if tab else ""
            found.append(Paragraph(raw.strip(), 1, True, page=page, aside=aside))
        elif tab:
            if not label.strip() and found:
                page += 1  # the form goes on under an empty label: the next page
            in_table, row = True, row + 1
            cells = _cell(label, notes, row, 1, page) + _cell(value, notes, row, 2, page)
            if cells:
                cells[0].raw = raw if "<" not in raw else ""
            found += cells
        else:
            if in_table:
                page += 1  # a page that was not recognised as a table
            in_table = False
            bold = _BOLD_LINE.fullmatch(raw)
            bold_marks += 4 if bold else 0
            line = f"{bold[1]}<b>{bold[2]}</b>{bold[3]}" if bold else raw
            found += _cell(line, notes, 0, 0, page)
    lines = lines_of(found)
    notes.unseen(unseen_ends(found))
    count = count_of(text) - bold_marks - unseen_ends(found)
    return Source(
        tuple(lines),
        count,
        copied=True,
        wrapped=False,
        paged=True,
        remarks=notes.warnings(),
        doubts=notes.problems(),
    )


def _cell(marked: str, notes: Notes, row: int, cell: int, page: int) -> list[Paragraph]:
    parser = Paragraphs(notes)
    parser.take(tokens(marked.strip()))
    found = parser.finished()
    for at, item in enumerate(found):
        item.row, item.cell, item.width, item.page = row, cell, 2 if row else 0, page
        item.block = item.block or at > 0 or not row
    return found
