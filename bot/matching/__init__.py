"""What a person asked → stored questions, best first, with a confidence."""

from bot.matching.bands import choose
from bot.matching.index import Index

__all__ = ["Index", "choose"]
