"""The desk at `/desk`: what was asked and not found, and the forms that teach the bot.

access.py   who is let in: one-time links, signed cookies, posts of our own pages alone
key.py      what the cookies are signed with
pages.py    what is under which address; what is common to all
reports.py  what the desk reads
teaching.py misses and other wordings
uploads.py  records by upload
"""
