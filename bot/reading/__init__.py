"""A file → Records, each with a proof that no character went missing.

source.py      bytes → lines with page and style marks; a new file form goes here
form.py        lines → the form's rows
header.py      what the rows say
questions.py   the main content → questions, answers, narrative
text.py        lines → verbatim text, and the ledger of the proof
"""

from bot.reading.record import differences, read_records
from bot.reading.source import UnknownKindError

__all__ = ["UnknownKindError", "differences", "read_records"]
