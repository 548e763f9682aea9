"""What a person asked → stored questions, best first, with a confidence."""

from bot.matching.bands import AS_LIKELY, also_meant, choose
from bot.matching.index import Index

__all__ = ["AS_LIKELY", "Index", "also_meant", "choose"]
