"""The rows of the form's ruled table, and which character stands in which cell.

pdfplumber finds the cells. The leftmost column holds the labels; an empty label on a continuation
page means that the row above goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from bot.reading.pdf.chars import Box, Char

_WIDEST_LABEL = 0.45  # of the table's width
_TOUCHING = 0.3  # of a character's height: characters nearer than this go on a word


@dataclass
class Region:
    """A cell, or the page outside of the table."""

    row: Literal["", "label", "value"]
    boxes: tuple[Box, ...]
    chars: list[Char] = field(default_factory=list)

    def real(self) -> list[Char]:
        return [char for char in self.chars if not char.generated and not char.text.isspace()]

    def holds(self, x: float, y: float) -> bool:
        return any(
            left <= x < right and top <= y < bottom for left, top, right, bottom in self.boxes
        )


def regions_of(plumbed: Any, chars: Sequence[Char]) -> list[Region]:
    """The page's cells from top to bottom with their characters; what stands outside of the table
    goes before or after it, by its height on the page."""
    regions = _regions(plumbed)
    outside = Region("", ())
    home = outside
    placed = iter(_homes([char for char in chars if not char.generated], regions, outside))
    for char in chars:
        if not char.generated:  # a generated gap has no place: it follows what stands before it
            home = next(placed)
        home.chars.append(char)
    full = [outside, *(region for region in regions if region.chars)]
    pieces = [(at, region) for at, region in enumerate(full) if region.real()]
    return _from_top(pieces, regions)


def _homes(chars: Sequence[Char], regions: Sequence[Region], outside: Region) -> list[Region]:
    """Each character's cell. A mark that hangs over the rule, and a word that runs over it, stay
    in the cell of the word."""
    homes = [
        next(
            (
                region
                for region in regions
                if region.holds((char.box[0] + char.box[2]) / 2, char.middle)
            ),
            outside,
        )
        for char in chars
    ]
    places = range(len(chars))
    for one, other in pairwise(places):
        if _touch(chars[one], chars[other]) and (
            homes[other] is outside
            # Into another cell only a word goes that is drawn in one piece.
            or (chars[one].piece == chars[other].piece and homes[one] is not outside)
        ):
            homes[other] = homes[one]
    for one, other in pairwise(reversed(places)):
        if homes[other] is outside and _touch(chars[other], chars[one]):
            homes[other] = homes[one]
    return homes


def _touch(left: Char, right: Char) -> bool:
    height = max(left.height, right.height)
    return (
        abs(left.middle - right.middle) < height * _TOUCHING
        and abs(right.box[0] - left.box[2]) < height * _TOUCHING
    )


def _from_top(pieces: list[tuple[int, Region]], regions: Sequence[Region]) -> list[Region]:
    """Regions from top to bottom; the words outside of the table cut at each row's edge."""
    if not regions:
        return [region for _, region in pieces]
    found: list[tuple[float, int, Region]] = []
    edges = sorted({edge for region in regions for box in region.boxes for edge in box[1::2]})
    for at, region in pieces:
        if region.boxes:
            # A row's label and value begin at the same rule: their order decides.
            found.append((min(box[1] for box in region.boxes), at, region))
            continue
        bands: dict[float, Region] = {}
        band = 0.0
        for char in region.chars:
            if not char.generated:
                band = max((edge for edge in edges if edge <= char.middle), default=0.0)
            bands.setdefault(band, Region("", ())).chars.append(char)
        found += [(edge, -1, piece) for edge, piece in bands.items() if piece.real()]
    return [region for _, _, region in sorted(found, key=lambda item: item[:2])]


def _regions(plumbed: Any) -> list[Region]:
    """Label and value of every row of the form's table, from top to bottom."""
    tables = [table for table in plumbed.find_tables() if len(table.rows)]
    outer = [
        table
        for table in tables
        if not any(_inside(table.bbox, other.bbox) for other in tables if other is not table)
    ]
    regions: list[Region] = []
    for table in sorted(outer, key=lambda table: float(table.bbox[1])):
        left, _, right, _ = table.bbox
        widest = (right - left) * _WIDEST_LABEL
        label: Box | None = None
        for row in table.rows:
            cells = [cell for cell in row.cells if cell]
            if not cells:
                continue
            first = min(cells, key=lambda cell: float(cell[0]))
            top, bottom = min(cell[1] for cell in cells), max(cell[3] for cell in cells)
            if abs(first[0] - left) < 2 and first[2] - left <= widest and first[2] < right - 2:
                label = first
                regions.append(Region("label", (first,)))
                regions.append(Region("value", ((first[2], first[1], right, first[3]),)))
            elif label and first[0] >= label[2] - 2 and bottom <= label[3] + 2:
                continue  # a nested row beside a label that covers it
            else:
                regions.append(Region("", ((left, top, right, bottom),)))
    return regions


def _inside(inner: Box, outer: Box) -> bool:
    return (
        inner[0] >= outer[0] - 1
        and inner[1] >= outer[1] - 1
        and inner[2] <= outer[2] + 1
        and inner[3] <= outer[3] + 1
    )
