"""A file → Records, each with a proof that no character went missing.

apart.py        each file in a process of its own, with a limit on time and memory
source.py       bytes → lines with page and style marks; a new file form goes here
  pdf/          a PDF's ruled table and text layer
  marked.py     HTML, Markdown, recognised text
furniture.py    page numbers and running heads, put aside; pages missing or doubled
form.py         lines → the form's rows; their labels in vocabulary.py
header.py       what the rows say
questions.py    the main content → questions, answers, narrative
  labels.py     what opens a question, an answer, a section
  paragraphs.py lines → paragraphs
text.py         lines → verbatim text, and the ledger of the proof
"""

from bot.reading.record import changed_words, differences, read_records
from bot.reading.source import UnknownKindError

__all__ = ["UnknownKindError", "changed_words", "differences", "read_records"]
