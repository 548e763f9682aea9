"""How long modules, classes and functions are, and how many imports run between rooms.

    python -m tests.sizes [OTHER_CHECKOUT]

prints the table for this checkout, beside another one where it is given. Tests are not counted.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SHORT = 23  # lines; nine functions of ten have no more
_CODE = ("bot", "handlers")
_HERE = Path(__file__).parents[1]


@dataclass(frozen=True)
class Size:
    """A module, class or function and its lines, from its first word to its last."""

    name: (
        str  # `bot/store/adding.py`, `bot/store/adding.py Adding`, `bot/store/adding.py Adding.add`
    )
    lines: int


@dataclass(frozen=True)
class House:
    """The sizes of one checkout."""

    root: Path

    @cached_property
    def _files(self) -> dict[str, str]:
        return {
            path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8")
            for folder in _CODE
            for path in sorted((self.root / folder).rglob("*.py"))
        }

    @cached_property
    def _trees(self) -> dict[str, ast.Module]:
        return {file: ast.parse(text) for file, text in self._files.items()}

    @property
    def modules(self) -> list[Size]:
        return [Size(file, len(text.splitlines())) for file, text in self._files.items()]

    @property
    def classes(self) -> list[Size]:
        return [size for size, node in self._defined() if isinstance(node, ast.ClassDef)]

    @property
    def functions(self) -> list[Size]:
        """Methods and inner functions too. Decorators are not counted, nor are the parameters of a
        command, which are its options."""
        return [size for size, node in self._defined() if not isinstance(node, ast.ClassDef)]

    @property
    def imports(self) -> set[tuple[str, str]]:
        """Pairs of rooms, of which the first imports from the second."""
        return {
            (_room(file.removesuffix(".py").replace("/", ".")), _room(name))
            for file, tree in self._trees.items()
            for name in _imported(tree)
            if name.partition(".")[0] in _CODE
        } - {(room, room) for room in self.rooms}

    @property
    def rooms(self) -> set[str]:
        """What stands directly in `bot` or in `handlers`: a file or a folder."""
        names = (file.removesuffix(".py").replace("/", ".") for file in self._files)
        return {_room(name) for name in names} - set(_CODE)

    def _defined(self) -> Iterator[tuple[Size, _Defined]]:
        for file, tree in self._trees.items():
            for name, node in _definitions(tree, ""):
                yield Size(f"{file} {name}", _lines(node)), node


_Defined = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(node: ast.AST, within: str) -> Iterator[tuple[str, _Defined]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Defined):
            yield within + child.name, child
            yield from _definitions(child, f"{within}{child.name}.")
        else:
            yield from _definitions(child, within)


def _lines(node: _Defined) -> int:
    assert node.end_lineno is not None
    if any(_is_click(decorator) for decorator in node.decorator_list):
        return 2 + node.end_lineno - node.body[0].lineno
    return 1 + node.end_lineno - node.lineno


def _is_click(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).startswith("click.")


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from bot import errors` is of the room `bot.errors`.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(module: str) -> str:
    return ".".join(module.removesuffix(".__init__").split(".")[:2])


def table(houses: list[House]) -> str:
    """The figures of checkouts side by side, one a column."""
    columns = [_figures(house) for house in houses]
    width = max(len(str(value)) for column in columns for value in column.values())
    return "\n".join(
        f"{name:36}" + "".join(f"  {column[name]!s:>{width}}" for column in columns)
        for name in columns[0]
    )


def _figures(house: House) -> dict[str, object]:
    figures: dict[str, object] = {}
    for what, sizes, limit in (
        ("modules", house.modules, 450),
        ("classes", house.classes, 300),
        ("functions", house.functions, 60),
    ):
        figures[what] = len(sizes)
        figures[f"  longest of the {what}"] = max(size.lines for size in sizes)
        figures[f"  {what} above {limit} lines"] = sum(size.lines > limit for size in sizes)
    figures[f"  functions of at most {SHORT} lines"] = f"{share_short(house):.1%}"
    figures["rooms"] = len(house.rooms)
    figures["  imports between rooms"] = len(house.imports)
    return figures


def share_short(house: House) -> float:
    """The share of functions of at most `SHORT` lines."""
    functions = house.functions
    return sum(size.lines <= SHORT for size in functions) / len(functions)


if __name__ == "__main__":
    print(table([House(Path(root)) for root in sys.argv[1:2]] + [House(_HERE)]))
