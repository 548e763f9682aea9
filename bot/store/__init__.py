"""The one SQLite file.

connection.py   Database: opened once, one connection a thread; transactions
schema.py       its tables, as migrations
ids.py          two spellings of one id
records.py      what is stored of records: the version that is shown, and the older ones
adding.py       what a file says → a version, under which id
restoring.py    an older version brought back, a source read again
withdrawals.py  what is hidden; hidden.py: in whatever version is shown
chats.py        misses, counts, memories, a channel's company
customers.py    people outside: how far they were heard, how often they ask, who serves them
handovers.py    questions handed over to the desk
feedback.py     what people think of answers
journal.py      who changed what of what the bot says
streams.py      answers that a platform comes to fetch
vectors.py      meaning
checks.py       whether the file is sound, for `doctor`
"""

from bot.store.adding import Added, Status
from bot.store.chats import Chats, Memory
from bot.store.connection import Database
from bot.store.customers import Customers
from bot.store.handovers import Handovers
from bot.store.ids import normal_id, numbered, typed_id
from bot.store.journal import Change, Journal
from bot.store.records import Source, Stored, Version
from bot.store.restoring import Restoring
from bot.store.streams import Streams
from bot.store.vectors import Vectors
from bot.store.withdrawals import Withdrawals


class Store(Restoring, Withdrawals, Chats, Customers, Handovers, Journal, Streams, Vectors):
    """Everything that is kept, by what it is about."""


__all__ = [
    "Added",
    "Change",
    "Database",
    "Memory",
    "Source",
    "Status",
    "Store",
    "Stored",
    "Version",
    "normal_id",
    "numbered",
    "typed_id",
]
