"""The index of a store: what of it lies in files beside the database, and what is in memory.

A segment (bot/matching/segment.py) counts the words of some versions, once for all. The segments of
a large store lie in a folder beside the database, shared by all processes; what no file has yet is
few, and every process counts it for itself, so that a new record is found by the next message. All
of it is derived: the folder may be deleted at any time.

shelf.py     the records that an index speaks of, read from the store when somebody looks at them
folder.py    the files: which of them there are, whose they are; written and replaced safely
segments.py  the segments that a process searches
keeping.py   files written and merged, at an import and in the background while others answer
checks.py    what `irbot doctor` finds of them
"""

from bot.indexing.folder import IndexFolder
from bot.indexing.segments import Counted, Segments
from bot.indexing.shelf import StoreShelf

__all__ = ["Counted", "IndexFolder", "Segments", "StoreShelf"]
