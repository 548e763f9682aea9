"""What every platform of the delivery's tests says alike: one chat, that takes whatever comes."""

from __future__ import annotations

from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import Loss


class OneChat:
    """All of a transport but how it posts and looks up."""

    rate_limits = RateLimits()
    is_ready = True

    def render(self, shown, address):
        return [{"text": shown.text}]

    def loss(self, reason):
        return Loss("other")

    def reachability(self, chat):
        return ""

    def is_place(self, channel):
        return True

    def return_address(self, chat, address):
        return address

    def desk_address(self, desk, back):
        return {}

    def address_of(self, chat):
        return {}
