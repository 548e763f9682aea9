"""PDFs drawn operator by operator: what no office program's dialog offers, strangers' files hold.

Places are as the reader sees them, in points from the page's top left, however the page is stored.
The font is not embedded and each character's code is its own; what it means is told by a map that a
test may bend.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 595, 842
LEFT, MIDDLE, RIGHT = 70, 170, 525  # the table's rules
SIZE, LEADING = 10.5, 17
ROWS = (
    ("投资者关系活动类别", "□特定对象调研 √业绩说明会"),
    ("参与单位名称", "线上参与的投资者"),
    ("时间", "2025年5月6日 15:00-16:30"),
    ("地点", "公司会议室"),
    ("接待人员", "董事长：林一舟先生"),
)
CONTENT = "主要内容介绍"
FOOT = (("附件清单", "无"), ("日期", "2025年5月7日"))


@dataclass
class Sheet:
    """One page."""

    rotate: int = 0  # as it is stored; the reader sees it upright
    origin: tuple[int, int] = (0, 0)  # of the page's own measure
    crop: tuple[float, float, float, float] | None = None  # left, top, right, bottom
    drawn: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    top: float = 60.0  # of the next row

    def write(self, x: float, top: float, text: str, **look: object) -> None:
        """Words whose line's top is at `top`.

        Args:
            look: size; turn, the text matrix without its place; paint, operators before; spread,
                True where each character is drawn by itself.
        """
        size = float(str(look.get("size", SIZE)))
        turn, paint = look.get("turn", "1 0 0 1"), look.get("paint", "0 g 0 Tr")
        self.words |= set(text)
        pieces = list(text) if look.get("spread") else [text]
        for piece in pieces:
            codes = piece.encode("utf-16-be").hex()
            self.drawn.append(
                f"q BT /F1 {size} Tf {paint} {turn} {x:.2f} {HEIGHT - top - size:.2f} Tm "
                f"<{codes}> Tj ET Q"
            )
            x += width_of(piece) * size

    def box(self, left: float, top: float, right: float, bottom: float, paint: str = "S") -> None:
        place = f"{left} {HEIGHT - bottom} {right - left} {bottom - top}"
        self.drawn.append(
            f"q {place} re {paint} Q" if paint == "S" else f"q {paint} {place} re f Q"
        )

    def row(self, label: str, lines: Sequence[str], **look: object) -> None:
        """A row of the form's table."""
        height = max(1, len(lines)) * LEADING + 5
        self.box(LEFT, self.top, MIDDLE, self.top + height)
        self.box(MIDDLE, self.top, RIGHT, self.top + height)
        if label:
            self.write(LEFT + 5, self.top + 4, label, **look)
        for at, line in enumerate(lines):
            self.write(MIDDLE + 5, self.top + 4 + at * LEADING, line, **look)
        self.top += height

    def stored(self) -> bytes:
        turn = {
            90: f"0 1 -1 0 {HEIGHT} 0",
            180: f"-1 0 0 -1 {WIDTH} {HEIGHT}",
            270: f"0 -1 1 0 0 {WIDTH}",
        }.get(self.rotate, "1 0 0 1 0 0")
        x, y = self.origin
        return "\n".join([f"1 0 0 1 {x} {y} cm", f"{turn} cm", *self.drawn]).encode()

    def boxes(self) -> str:
        sides = (HEIGHT, WIDTH) if self.rotate in (90, 270) else (WIDTH, HEIGHT)
        x, y = self.origin
        media = f"/MediaBox [{x} {y} {x + sides[0]} {y + sides[1]}] /Rotate {self.rotate}"
        if self.crop:
            left, top, right, bottom = self.crop
            media += f" /CropBox [{x + left} {y + HEIGHT - bottom} {x + right} {y + HEIGHT - top}]"
        return media


def width_of(text: str) -> float:
    """In sizes of the font: a printed ASCII character is half as wide as another."""
    return sum(0.5 if " " <= char <= "~" else 1.0 for char in text)


def form(*contents: Sequence[str], **look: object) -> list[Sheet]:
    """A whole record; each content is what a page of its own holds of the main row."""
    sheets = [Sheet() for _ in contents]
    head(sheets[0], **look)
    for sheet, lines in zip(sheets, contents, strict=True):
        sheet.row(CONTENT if sheet is sheets[0] else "", lines, **look)
    foot(sheets[-1], **look)
    return sheets


def head(sheet: Sheet, **look: object) -> None:
    """What stands above the main row."""
    sheet.write(LEFT, 20, "证券代码：399911 证券简称：画页样本", **look)
    sheet.write(LEFT, 36, "画页样本股份有限公司投资者关系活动记录表 编号：2025-001", **look)
    for label, value in ROWS:
        sheet.row(label, [value], **look)


def foot(sheet: Sheet, **look: object) -> None:
    for label, value in FOOT:
        sheet.row(label, [value], **look)


def pdf(sheets: Sequence[Sheet], meaning: Mapping[str, str] | None = None) -> bytes:
    """The file's bytes.

    Args:
        sheets: Its pages.
        meaning: What the font's map says of a character where it is not itself; an empty text
            leaves it out of the map.
    """
    told = {word: word for sheet in sheets for word in sheet.words} | dict(meaning or {})
    pairs = [
        f"<{word.encode('utf-16-be').hex()}> <{text.encode('utf-16-be', 'surrogatepass').hex()}>"
        for word, text in sorted(told.items())
        if text and len(word.encode("utf-16-be")) == 2
    ]
    cmap = "".join(
        f"{len(pairs[at : at + 100])} beginbfchar\n"
        + "\n".join(pairs[at : at + 100])
        + "\nendbfchar\n"
        for at in range(0, len(pairs), 100)
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{cmap}endcmap end end"
    )
    kids = " ".join(f"{7 + 2 * at} 0 R" for at in range(len(sheets)))
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Drawn /Encoding /Identity-H "
        b"/DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Drawn /CIDSystemInfo << /Registry "
        b"(Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor 5 0 R /DW 1000 "
        b"/W [32 126 500] >>",
        b"<< /Type /FontDescriptor /FontName /Drawn /Flags 4 /FontBBox [0 -200 1000 900] "
        b"/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>",
        _stream(cmap.encode()),
    ]
    for at, sheet in enumerate(sheets):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R {sheet.boxes()} /Contents {8 + 2 * at} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(_stream(sheet.stored()))
    return _file(objects)


def _stream(data: bytes) -> bytes:
    packed = zlib.compress(data)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode >>".encode()
    return head + b"\nstream\n" + packed + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    data, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        data
        + (
            f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
            f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
        ).encode()
    )
