"""What differs in the SQL of SQLite and PostgreSQL: everything else is written once, for both."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Engine(ABC):
    """Pieces of SQL, as one engine has them."""

    id_column: str  # the type of a row's own number, given by the engine
    bytes_type: str
    for_update: str  # behind a SELECT: its rows are this transaction's, once others are done

    @abstractmethod
    def indexed_by(self, index: str) -> str:
        """Behind a table's name: read it by this index, whatever the planner thinks."""

    @abstractmethod
    def joined(self, column: str) -> str:
        """An aggregate: the texts of a column that comes in order, with commas between."""

    @abstractmethod
    def array(self, column: str) -> str:
        """An aggregate: JSON of the texts of a column, in their order; `[]` of none."""

    @abstractmethod
    def contains(self, text: str, part: str) -> str:
        """Whether a text holds another one, to the character."""

    @abstractmethod
    def is_same(self, one: str, other: str) -> str:
        """Whether two values are the same, where null is the same as null."""
