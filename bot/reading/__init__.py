"""A file → Records, each with a proof that no character went missing.

apart.py        each file in a process of its own, with a limit on time and memory
source.py       bytes → lines with page and style marks; a new file form goes here
  pdf/          a PDF's ruled table and text layer
  container.py  what kind of text a file is, told from its head
  plain.py      text as it is; rows with tabs or bars
  tabbed.py     recognised text; html.py and markdown.py: what they say
    tags.py     tags, comments, references; inline.py: Markdown's marks
    blocks.py   paragraphs and cells → lines; rows.py: which rows are the form's
    pages.py    page markers of converters
furniture.py    page numbers and running heads, put aside; pages missing or doubled
form.py         lines → the form's rows; their labels in vocabulary.py
header.py       what the rows say
order.py        labels and words that went apart
questions.py    the main content → questions, answers, narrative
  labels.py     what opens a question, an answer, a section
  paragraphs.py lines → paragraphs
text.py         lines → verbatim text, and the ledger of the proof
"""

from bot.reading.record import changed_words, differences, read_records
from bot.reading.source import UnknownKindError

__all__ = ["UnknownKindError", "changed_words", "differences", "read_records"]
