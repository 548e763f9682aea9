"""微信客服: people outside the company write to it from WeChat, at `/wecom/kf`.

messages.py   what is fetched, as values
sync.py       fetches, page by page, when called and now and then
intake.py     a page → the inbox, with the cursor, in one transaction
sessions.py   whether a person serves a customer, and handing over to one
render.py     replies → texts and menus, within what may be sent
transport.py  posts under ids of our own
"""
