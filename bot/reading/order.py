"""Whether labels and words went apart, as where a converter takes a page by columns."""

from __future__ import annotations

import re
from itertools import takewhile

from bot.reading.form import Form
from bot.reading.ledger import Ledger

_NEVER_EMPTY = ("activities", "time")  # fields of the form
_ASKS = re.compile(r"\s*(?:[Qq]|问)\s*[:：]")


def went_apart(ledger: Ledger, form: Form) -> bool:
    """Whether a question stands in a row above the content, or a row is empty that never is."""
    above = takewhile(lambda row: row.field != "content", form.rows)
    if any(_ASKS.match(ledger.text(span)) for row in above for span in row.value):
        return True
    rows = {name: [row for row in form.rows if row.field == name] for name in _NEVER_EMPTY}
    return any(of and not any(row.value for row in of) for of in rows.values())
