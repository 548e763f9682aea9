"""Labels as a grammar: pieces that follow each other, each a choice of words.

A rule is written as one string a piece, its words separated by blanks; `-` stands for none:
`("- 会议 活动", "时间")` spells 时间, 会议时间, 活动时间. A label is walked character by
character, so that it may be broken over lines anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Of a rule: its number, the piece, the word of it, how many characters of that are read.
_Place = tuple[int, int, int, int]
State = frozenset[_Place]
_END = -1  # the piece behind the last one


class Grammar:
    """All labels of several names; the states that were met are kept."""

    def __init__(self, rules: Mapping[str, Sequence[Sequence[str]]]) -> None:
        """
        Args:
            rules: Name → rules; where two names spell the same label, the first has it.
        """
        self._names = [name for name, several in rules.items() for _ in several]
        self._rules = [
            [[word.strip("-") for word in piece.split()] for piece in rule]
            for several in rules.values()
            for rule in several
        ]
        self._next: dict[tuple[State, str], State] = {}
        self.start: State = frozenset(
            place for rule in range(len(self._rules)) for place in self._entered(rule, 0)
        )

    def step(self, state: State, char: str) -> State:
        """Where a character leads; empty where no label goes on so."""
        key = (state, char)
        if key not in self._next:
            self._next[key] = frozenset(place for one in state for place in self._moved(one, char))
        return self._next[key]

    def name(self, state: State) -> str | None:
        """Whose label is spelled in full here."""
        ended = [rule for rule, piece, _, _ in state if piece == _END]
        return self._names[min(ended)] if ended else None

    def names_begun(self, words: str) -> set[str]:
        """Whose labels begin with these words."""
        state = self.start
        for char in words:
            state = self.step(state, char)
        return {self._names[rule] for rule, _, _, _ in state}

    def name_of(self, label: str) -> str | None:
        """Whose label this is, to the last character."""
        state = self.start
        for char in label:
            state = self.step(state, char)
        return self.name(state)

    def _moved(self, place: _Place, char: str) -> list[_Place]:
        rule, piece, word, at = place
        if piece == _END or self._rules[rule][piece][word][at] != char:
            return []
        if at + 1 < len(self._rules[rule][piece][word]):
            return [(rule, piece, word, at + 1)]
        return self._entered(rule, piece + 1)

    def _entered(self, rule: int, piece: int) -> list[_Place]:
        """Where one may stand at the beginning of a piece; at the next one's too, if it may be
        left out."""
        if piece == len(self._rules[rule]):
            return [(rule, _END, 0, 0)]
        words = self._rules[rule][piece]
        places = [(rule, piece, at, 0) for at, word in enumerate(words) if word]
        return places if all(words) else places + self._entered(rule, piece + 1)
