"""The one database: a file of SQLite, or a server's of PostgreSQL.

aliases.py      other wordings of questions; counterexamples.py: what a question does not answer
borrowed.py     askers' words in what the desk decided on, and how long they stay
connection.py   Database: opened once, one connection a thread; transactions; SQL is for both
engine.py       what differs in it; sqlite.py: the file
postgres.py     the server; postgres_connection.py, postgres_values.py, postgres_errors.py,
                placeholders.py: a thread's connection there, and what goes through it
schema/         its tables, as migrations; derived.py: those of a server
upgrading.py    an older file, after a copy of it
process_lock.py which processes deliver from it; leases.py: and from a server's
waking.py       replicas that share a server tell each other
ids.py          two spellings of one id
records.py      what is stored of records: the version that is shown, and the others
publishing.py   when a version may be shown; publication.py: the value
adding.py       what a file says → a version, under which id; contents.py: its bytes
tables.py       rows of tables → versions; merging.py: which of them are new
restoring.py    an older version brought back, a source read again
announcements.py  what was announced after an answer; announced.py: of what is shown
hiding.py       what is withdrawn, held or paused; hidden.py: in whatever version is shown
showing.py      what may be shown to everyone at an instant
disclosing.py   what of that the company has published
states.py       what is the case of a record, question by question, and what ends it
chats.py        misses, counts, memories
customers.py    people outside: how far they were heard, how often they ask, who serves them
decided.py      a question as it was when somebody decided something of it, and where it is now
evidence.py     which official words were shown, where and when
forgetting.py   one person's traces, taken out
handovers.py    questions handed over to the desk
heads.py        which records are stored, without their words
briefs.py       what is known of every record's shown version, without its words
loading.py      the words of versions, when somebody looks at them; counting.py: for an index
looked.py       lists whose items are read then
feedback.py     what people think of answers
journal.py      who changed what of what the bot says
marks.py        what the desk makes of misses
second_reader.py  what a second reader said, and what that is worth
scopes.py       which companies a chat is answered from
installations.py  workspaces that installed the bot; workspace_use.py: how much each asks
streams.py      answers that a platform comes to fetch
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
from bot.store.announcements import Announcements
from bot.store.briefs import Brief
from bot.store.chats import Chats, Memory
from bot.store.connection import Database
from bot.store.counterexamples import Counterexample, Counterexamples
from bot.store.counting import Counting
from bot.store.customers import Customers
from bot.store.decided import meant_now
from bot.store.disclosing import Disclosing
from bot.store.evidence import Evidence
from bot.store.forgetting import Forgetting
from bot.store.handovers import Handovers
from bot.store.heads import Head, Heads
from bot.store.hidden import EVERYTHING, Hiding
from bot.store.hiding import Hidden, undo_command
from bot.store.ids import normal_id, numbered, typed_id
from bot.store.journal import Change, Journal
from bot.store.looked import Looked
from bot.store.marks import MISS_STATES, Mark, Marks, MissState
from bot.store.publication import Publication
from bot.store.publishing import Published
from bot.store.records import RowsOf, Source, Stored, Version
from bot.store.restoring import Restoring
from bot.store.scopes import Scope, Scopes
from bot.store.second_reader import SecondReaders, Trial
from bot.store.showing import Shown
from bot.store.states import State, States, chief
from bot.store.streams import Streams
from bot.store.tables import AddedRows, AddedTable, Tables
from bot.store.uploads import Upload, Uploads
from bot.store.vectors import Vectors


class Store(
    Access,
    Aliases,
    Announcements,
    Restoring,
    Hidden,
    Disclosing,
    States,
    Tables,
    Chats,
    Counting,
    Counterexamples,
    Customers,
    Evidence,
    Forgetting,
    Handovers,
    Heads,
    Journal,
    Marks,
    Scopes,
    SecondReaders,
    Streams,
    Uploads,
    Vectors,
):
    """Everything that is kept, by what it is about."""


__all__ = [
    "EVERYTHING",
    "MISS_STATES",
    "Added",
    "AddedRows",
    "AddedTable",
    "Alias",
    "AliasState",
    "Brief",
    "Change",
    "Counterexample",
    "Database",
    "DeskUser",
    "Head",
    "Hiding",
    "LinkError",
    "Looked",
    "Mark",
    "Memory",
    "MissState",
    "Publication",
    "Published",
    "RowsOf",
    "Scope",
    "Shown",
    "Source",
    "State",
    "Status",
    "Store",
    "Stored",
    "Trial",
    "Upload",
    "Version",
    "chief",
    "meant_now",
    "normal_id",
    "numbered",
    "typed_id",
    "undo_command",
]
