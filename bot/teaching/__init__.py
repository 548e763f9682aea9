"""What the desk teaches: other wordings of questions, counterexamples, what becomes of misses.

rules.py      what may not be another wording of a question, and why
teaching.py   Teaching: what the desk does, for its pages and the command line
misses.py     what was asked and not answered, grouped by likeness, with what the desk made of it
current.py    the groups as they are now
picks.py      what several people picked for the same words: wordings that propose themselves

Official words are not touched: an alias is searched like its question and never shown.
"""

from bot.teaching.current import CurrentMisses
from bot.teaching.misses import Counted, MissFilter, MissGroup
from bot.teaching.teaching import Marked, Teaching

__all__ = ["Counted", "CurrentMisses", "Marked", "MissFilter", "MissGroup", "Teaching"]
