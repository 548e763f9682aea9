"""The company's own language model as a second reader: it picks, and never writes.

prompt.py      what it is told, and the one form in which it is believed
client.py      one question over HTTP, in a limited time, to no other address
deadline.py   the time by which a connection ends, whatever comes over it
health.py      whether it is asked: after failures it is left alone for a while
reader.py      what is known already, what is asked, and how long anybody waits
checks.py      what `irbot doctor` finds of it

What its opinion changes: `answering/second_opinion.py`; what an owner should know: docs/reader.md.
"""

from bot.second_reader.reader import CompanyReader

__all__ = ["CompanyReader"]
