"""The local web server: the pages that show records, `/healthz`, callbacks.

app.py       the applications, and the server that runs them
pages.py     what is under which address
desk/        the pages behind a sign-in
addresses.py what stands in an address
sheets.py    a record cut into pages, an answer into its parts
security.py  who may ask for a page, and what a browser may do with it
rates.py     how often
templates/   how it reads; static/ how it looks
"""
