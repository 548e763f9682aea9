"""The pages as a person has them: in a real browser, over the real server.

chromium.py     the browser: found, or installed
visiting.py     a tab that hears every complaint
screenshots.py  the pictures in docs/
"""
