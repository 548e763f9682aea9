"""WeCom's errcodes that its ways in tell apart; by number only, the texts change."""

from __future__ import annotations

from bot.delivery.transport import Loss

BUSY = -1  # nothing was sent; try later
BAD_SECRET = 40001
BLOCKED = 40201  # by the platform's content check
TOO_OFTEN = 45009
TOO_MANY = 45033  # calls at once
NOT_TRUSTED_ADDRESS = 60020
USED = "60140"  # of a response URL: it was used, or is too old
NO_RECEIVER = 81013
NOT_SUBSCRIBED = 846609
BAD_CREDENTIALS = 853000
UNKNOWN_KIND = 40008  # of message
NO_CARD = frozenset({UNKNOWN_KIND, 40058, 600039})  # beside a text, or not on this device
OUR_FAULT = frozenset({40008, 40058})  # the same content would be refused again
BAD_TOKEN = frozenset({40014, 42001})  # an access token: wrong, or used up; both mean either
FOR_GOOD = frozenset({BAD_SECRET, 40013})  # credentials that no other try makes right

# 微信客服
TOO_MANY_MESSAGES = 95001  # five after what a customer wrote
BAD_FETCH_TOKEN = 95007  # of a callback; it is good for ten minutes
NOT_IN_THIS_STATE = 95018  # a person serves the customer, or the talk is over

_REVOKED = Loss("revoked", for_good=True)
_LEFT = Loss("left", for_good=True)
_LOST = {
    "93000": _REVOKED,
    "93004": Loss("revoked"),
    "93008": _REVOKED,
    "60011": _LEFT,  # the app may not see this member any more
    str(NO_RECEIVER): _LEFT,
}


def loss_of(errcode: str) -> Loss:
    """What a refusal's errcode says of its chat."""
    return _LOST.get(errcode, Loss("other"))
