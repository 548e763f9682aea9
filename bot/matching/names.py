"""The names and codes of the stored companies, found in a text however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Names:
    """Of each company its code and the names that people use (passages.company_names)."""

    def __init__(self, of_company: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """of_company: by code; no name is shorter than two characters."""
        self.of_company = of_company or {}
        self._codes: dict[str, list[str]] = {}
        for code, names in self.of_company.items():
            for name in names:
                self._codes.setdefault(name, []).append(code)
        self._order = {name: at for at, name in enumerate(self._codes)}
        self._hash = hash(tuple(self.of_company.items()))
        self._starts: dict[str, list[str]] = {}
        for name in self._codes:
            self._starts.setdefault(name[:2], []).append(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and self.of_company == other.of_company

    def __hash__(self) -> int:
        return self._hash

    def __contains__(self, name: str) -> bool:
        return name in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Where each name begins in a normalised text, also inside another one."""
        for at in range(len(text) - 1):
            for name in self._starts.get(text[at : at + 2], ()):
                if text.startswith(name, at):
                    yield at, name

    def within(self, text: str) -> list[str]:
        """The names that stand in a normalised text, each once, in the order of the companies."""
        found = {name for _, name in self.find(text)}
        return sorted(found, key=self._order.__getitem__) if len(found) > 1 else [*found]

    def companies(self, text: str) -> set[str]:
        """Codes of the companies that a normalised text names."""
        return {code for _, name in self.find(text) for code in self._codes[name]}
