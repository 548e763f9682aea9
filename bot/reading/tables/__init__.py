"""Files of rows: exports of Q&A platforms, spreadsheets, JSON, text listings.

A table may be larger than memory and of many companies, so it is read in a stream, and its rows lie
in files until they are stored company by company.

table.py      which kind a file is; the whole of it, or a refusal
  separated.py  CSV and TSV; sheet.py: Excel; json_rows.py; listing.py: text
  encoding.py   one encoding for all of a file
columns.py    which column is what, by its header
rows.py       one row → a question with its answer, or why not
  cells.py      words, codes, ids and times as they are typed
spool.py      rows that wait to be stored
"""

from bot.reading.tables.columns import NoRowsError
from bot.reading.tables.spool import Row, by_company
from bot.reading.tables.table import LARGEST, Table, kind_of, read_table

__all__ = ["LARGEST", "NoRowsError", "Row", "Table", "by_company", "kind_of", "read_table"]
