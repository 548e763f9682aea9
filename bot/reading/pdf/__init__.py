"""A PDF → lines: the form's rows from the ruled table, the words from the text layer.

document.py   pages, and what refuses a whole file
chars.py      a page's characters, told by two witnesses: pdfium and pdfplumber
sight.py      what of them a reader sees: watermarks aside, hidden and sideways words named
cells.py      the rows of the ruled table, and which character stands in which cell
lines.py      characters → lines
"""

from bot.reading.pdf.document import pdf_source

__all__ = ["pdf_source"]
