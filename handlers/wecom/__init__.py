"""WeCom's smart bot: over its long connection, or called by URL.

app.py     by the long connection: connection.py, lease.py, transport.py, chat.py
url.py     by URL, at `/wecom/bot`: url_transport.py, url_chat.py
frames.py  what arrives, as values; hearing.py: what of it is kept; render.py: what is shown
"""
