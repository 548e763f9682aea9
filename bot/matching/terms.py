"""The terms by which stored text is found."""

from __future__ import annotations

from bot.matching.lexicon import Lexicon
from bot.matching.text import spans, terms


def stored_terms(text: str, lexicon: Lexicon) -> list[str]:
    """The terms of stored text, with a term for each synonym line that it holds."""
    apart = lexicon.inner(text)
    own = [term for term, at in spans(text) if (term, at) not in apart] if apart else terms(text)
    return [*own, *map(synonym, lexicon.synonyms.lines(text, apart))]


def synonym(line: int) -> str:
    """The term that stands for every word of a synonym line."""
    return f"={line}"
