"""WeCom's errcodes that its bots and its webhooks tell apart; by number only, the texts change."""

from __future__ import annotations

from bot.delivery.transport import Loss

BUSY = -1  # nothing was sent; try later
BLOCKED = 40201  # by the platform's content check
TOO_OFTEN = 45009
NOT_SUBSCRIBED = 846609
BAD_CREDENTIALS = 853000
UNKNOWN_KIND = 40008  # of message
NO_CARD = frozenset({UNKNOWN_KIND, 40058, 600039})  # beside a text, or not on this device
OUR_FAULT = frozenset({40008, 40058})  # the same content would be refused again

_REVOKED = Loss("revoked", for_good=True)
_LOST = {"93000": _REVOKED, "93004": Loss("revoked"), "93008": _REVOKED}


def loss_of(errcode: str) -> Loss:
    """What a refusal's errcode says of its group, of a bot's or of a webhook's."""
    return _LOST.get(errcode, Loss("other"))
