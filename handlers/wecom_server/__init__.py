"""WeCom's server: its callbacks to us, and our calls to it.

crypto.py        signed and encrypted content
callbacks.py     the paths it calls, and what comes in or is refused
xml.py           its XML, without what XML can do beyond holding text
access_token.py  the token of an app, one for all threads and processes
api.py           calls, and what became of them
"""
