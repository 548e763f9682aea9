"""The desk at `/desk`: what was asked and not found, and the forms that teach the bot.

access.py   who is let in: one-time links, signed cookies, posts of our own pages alone
instants.py a moment as it was typed
key.py      what the cookies are signed with
pages.py    what is under which address; what is common to all
control.py  whether and when what is stored may be said
over_time.py what passes, was announced or said otherwise since; where it was shown
reports.py  what the desk reads
teaching.py misses and other wordings
uploads.py  records by upload
"""
