"""A file → Records, each with a proof that no character went missing.

apart.py        each file in a process of its own, with a limit on time and memory
source.py       bytes → lines with page and style marks; a new file form goes here
  pdf/          a PDF's ruled table and text layer
  word/         a Word document's paragraphs, tables and lists
  container.py  what kind of text a file is, told from its head
  plain.py      text as it is; rows with tabs or bars
  tabbed.py     recognised text; html.py and markdown.py: what they say
    tags.py     tags, comments, references; inline.py: Markdown's marks
    blocks.py   paragraphs and cells → lines; rows.py: which rows are the form's
    pages.py    page markers of converters
tables/         files of rows: exports of platforms, sheets, JSON, listings
furniture.py    page numbers and running heads, put aside; pages missing or doubled
form.py         lines → the form's rows
  row_starts.py where a row's label stands, beside its value too
  row_labels.py how a label may be worded; grammar.py walks it
  extent.py     how far the main content reaches
fields.py       the head and the rows → the record's fields
  header.py     what the head and the ticked boxes say
  hosts.py, days.py, lists.py   who received, when, lists of participants
order.py        labels and words that went apart; platform.py: files of Q&A platforms
questions.py    the main content → questions, answers, narrative
  question_starts.py   which paragraphs begin a question
  question_labels.py what opens a question, an answer, a section
  paragraphs.py lines → paragraphs
  closing.py    what forms print behind the last answer
account.py      the proof of place, by a second account; guards.py: what a person should look at
ledger.py       lines → verbatim text, and the ledger of the proof; lines.py: what a line tells
printed.py      what was found among unified radicals, as printed
document.py     all of it, one record a form
comparing.py    two readings side by side

Nothing is loaded here: what reads a file takes longer to load than most commands to run, and they
read none.
"""
