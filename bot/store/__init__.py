"""The one SQLite file.

aliases.py      other wordings of questions; counterexamples.py: what a question does not answer
connection.py   Database: opened once, one connection a thread; transactions
schema.py       its tables, as migrations
ids.py          two spellings of one id
records.py      what is stored of records: the version that is shown, and the older ones
adding.py       what a file says → a version, under which id
restoring.py    an older version brought back, a source read again
withdrawals.py  what is hidden; hidden.py: in whatever version is shown
chats.py        misses, counts, memories, a channel's company
decided.py      a question as it was when somebody decided something of it, and where it is now
handovers.py    questions handed over to the desk
feedback.py     what people think of answers
journal.py      who changed what of what the bot says
marks.py        what the desk makes of misses
uploads.py      files that were sent to the desk's page, kept aside
vectors.py      meaning
backups.py      copies, made and checked; staging.py: where nobody takes them for whole
exports.py      what an export holds beside the records
swapping.py     another file in the database's place
carrying_over.py  what goes along then: what waits, and what was said
access.py       who may use the desk's pages
checks.py       whether the file is sound, for `doctor`
"""

from bot.store.access import Access, DeskUser, LinkError
from bot.store.adding import Added, Status
from bot.store.aliases import Alias, Aliases, AliasState
from bot.store.chats import Chats, Memory
from bot.store.connection import Database
from bot.store.counterexamples import Counterexample, Counterexamples
from bot.store.decided import unit_now
from bot.store.handovers import Handovers
from bot.store.ids import normal_id, numbered, typed_id
from bot.store.journal import Change, Journal
from bot.store.marks import MISS_STATES, Mark, Marks, MissState
from bot.store.records import Source, Stored, Version
from bot.store.restoring import Restoring
from bot.store.uploads import Upload, Uploads
from bot.store.vectors import Vectors
from bot.store.withdrawals import Withdrawals


class Store(
    Access,
    Aliases,
    Restoring,
    Withdrawals,
    Chats,
    Counterexamples,
    Handovers,
    Journal,
    Marks,
    Uploads,
    Vectors,
):
    """Everything that is kept, by what it is about."""


__all__ = [
    "MISS_STATES",
    "Added",
    "Alias",
    "AliasState",
    "Change",
    "Counterexample",
    "Database",
    "DeskUser",
    "LinkError",
    "Mark",
    "Memory",
    "MissState",
    "Source",
    "Status",
    "Store",
    "Stored",
    "Upload",
    "Version",
    "normal_id",
    "numbered",
    "typed_id",
    "unit_now",
]
