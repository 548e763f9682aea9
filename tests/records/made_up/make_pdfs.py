"""Write the PDFs beside this file: `python tests/records/made_up/make_pdfs.py`.

Forms as offices print them: a ruled table of two columns that runs over several pages, label cells
broken and vertically centred, running heads, page numbers. The words are ours and no company's.
The font is one that every PDF reader brings (STSong-Light), so no font file is needed and the
files stay small; the same call writes the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FOLDER = Path(__file__).parent
FONT, SIZE, LEADING = "STSong-Light", 10.5, 18
WIDTH, HEIGHT = A4
LEFT, RIGHT, TOP, BOTTOM = 70, WIDTH - 70, HEIGHT - 70, 70
LABEL = 90  # width of the label column
INNER = 5  # between a rule and the words

pdfmetrics.registerFont(UnicodeCIDFont(FONT))


@dataclass(frozen=True)
class Table:
    """A ruled table inside a cell, as attendee lists are."""

    cells: Sequence[Sequence[str]]


@dataclass
class Form:
    """A record as it is laid out."""

    name: str
    above: Sequence[str]  # lines above the table; a leading `>` sets a line to the right
    rows: Sequence[tuple[str, Sequence[str] | Table]]
    head: str = ""  # running head, with {n} and {of}
    foot: str = "{n}"
    ruled: bool = True
    indent: bool = False  # paragraphs of the last long row begin two characters further in
    lines_on_page: int = 36
    by_line: bool = False  # words drawn line after line, not cell after cell
    split_labels: frozenset[str] = field(default_factory=frozenset)  # broken over two pages


def write(form: Form) -> None:
    """Lay the form out twice: the first time tells how many pages there are."""
    of = _draw(form, _Pages(form, of=0))
    _draw(form, _Pages(form, of), FOLDER / f"{form.name}.pdf")


class _Pages:
    def __init__(self, form: Form, of: int, encrypt: StandardEncryption | None = None) -> None:
        self.form, self.of = form, of
        self.number: int = 0
        self.bytes = BytesIO()
        self.canvas = Canvas(self.bytes, pagesize=A4, invariant=1, encrypt=encrypt)
        self.y = 0.0
        self.begin()

    def begin(self) -> None:
        self.number += 1
        self.canvas.setFont(FONT, SIZE)
        self.y = TOP
        numbers = {"n": self.number, "of": self.of}
        if self.form.head:
            self.canvas.drawString(LEFT, TOP + 24, self.form.head.format(**numbers))
        if self.form.foot:
            self.canvas.drawCentredString(WIDTH / 2, BOTTOM - 30, self.form.foot.format(**numbers))

    def turn(self) -> None:
        self.canvas.showPage()
        self.begin()

    @property
    def room(self) -> int:
        """Lines that still fit on the page."""
        used: int = round((TOP - self.y) / LEADING)
        return self.form.lines_on_page - used


def _draw(form: Form, pages: _Pages, target: Path | None = None) -> int:
    canvas = pages.canvas
    for line in form.above:
        if line.startswith(">"):
            canvas.drawRightString(RIGHT, pages.y - SIZE, line[1:])
        else:
            canvas.drawString(LEFT, pages.y - SIZE, line)
        pages.y -= LEADING
    pages.y -= LEADING / 2
    for label, value in form.rows:
        if isinstance(value, Table):
            _nested_row(pages, label, value.cells)
        else:
            _row(pages, label, value)
    canvas.save()
    if target:
        target.write_bytes(pages.bytes.getvalue())
    return pages.number


def _row(pages: _Pages, label: str, paragraphs: Sequence[str]) -> None:
    """A row of the table, broken over as many pages as it needs."""
    form = pages.form
    width = RIGHT - LEFT - LABEL - 2 * INNER
    lines = [
        (line, SIZE * 2 if form.indent and at == 0 else 0.0)
        for paragraph in paragraphs
        for at, line in enumerate(wrapped(paragraph, width, SIZE * 2 if form.indent else 0))
    ]
    labels = wrapped(label, LABEL - 2 * INNER, 0)
    if form.ruled and label in form.split_labels:
        _piece(pages, labels[:1], [])
        pages.turn()
        _piece(pages, labels[1:], lines)
        return
    while True:
        room = max(pages.room, 0)
        if room < max(len(labels), 1) and len(lines) + len(labels) > room:
            pages.turn()
            continue
        here, lines = lines[:room], lines[room:]
        _piece(pages, labels, here)
        labels = []
        if not lines:
            return
        pages.turn()


def _piece(pages: _Pages, labels: Sequence[str], lines: Sequence[tuple[str, float]]) -> None:
    """What one page shows of a row; the label stands in the middle of its height."""
    canvas, count = pages.canvas, max(len(labels), len(lines), 1)
    height = count * LEADING
    lead = (count - len(labels)) * LEADING / 2
    words: list[tuple[float, float, str]] = [
        (LEFT + INNER, lead + at * LEADING, label) for at, label in enumerate(labels)
    ]
    for at, (line, indent) in enumerate(lines):
        # A lone character of a font that is not embedded has no width for PDFium, which then
        # leaves it out of the page's text; as in offices' PDFs, a space follows it.
        printed = f"{line} " if len(line) == 1 else line
        words.append((LEFT + LABEL + INNER + indent, at * LEADING, printed))
    for x, down, text in sorted(words, key=lambda word: word[1]) if pages.form.by_line else words:
        canvas.drawString(x, pages.y - down - SIZE - 2, text)
    if pages.form.ruled:
        canvas.rect(LEFT, pages.y - height, LABEL, height)
        canvas.rect(LEFT + LABEL, pages.y - height, RIGHT - LEFT - LABEL, height)
    pages.y -= height


def _nested_row(pages: _Pages, label: str, table: Sequence[Sequence[str]]) -> None:
    """A row whose value is a ruled table of its own."""
    labels = wrapped(label, LABEL - 2 * INNER, 0)
    canvas, top, height = pages.canvas, pages.y, (len(table) + 1) * LEADING
    left, column = LEFT + LABEL + INNER, (RIGHT - LEFT - LABEL - 2 * INNER) / len(table[0])
    _piece(pages, labels, [("", 0.0)] * (len(table) + 1))
    for at, cells in enumerate(table):
        y = top - LEADING / 2 - at * LEADING
        for place, cell in enumerate(cells):
            canvas.rect(left + place * column, y - LEADING, column, LEADING)
            canvas.drawString(left + place * column + INNER, y - SIZE - 2, cell)
    assert pages.y == top - height


def wrapped(text: str, width: float, indent: float) -> list[str]:
    """Lines of a paragraph, broken where a break can be undone: between two Chinese characters or
    at the space between two Latin words."""
    lines: list[str] = []
    while text:
        room, cut = width - (indent if not lines else 0), len(text)
        while pdfmetrics.stringWidth(text[:cut], FONT, SIZE) > room:
            cut -= 1
        while 0 < cut < len(text) and not _may_break(text, cut):
            cut -= 1
        assert cut, f"no place to break: {text}"
        lines.append(text[:cut].rstrip(" "))
        text = text[cut:].lstrip(" ")
    return lines or [""]


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if before == " ":
        return at > 1 and text[at - 2].isascii() and after.isascii()
    wide = unicodedata.east_asian_width
    return (
        wide(before) in "WF"
        and wide(after) in "WF"
        and after not in "，。？！、；：）”》"
        and before not in "（“《"
    )


ACTIVITIES = (
    "□特定对象调研 □分析师会议",
    "□媒体采访 √业绩说明会",
    "□新闻发布会 □路演活动",
    "□现场参观 □其他",
)
HOSTS = ("董事长：林一舟先生", "董事会秘书：苏青禾女士")
FOOT = (("附件清单（如有）", ("无",)), ("日期", ("2025 年 5 月 7 日",)))
LONG = (
    "您好。公司主要产品的市场份额位居行业前列，近三年保持稳中有升的态势，客户以行业龙头为主，"
    "合作关系长期稳定，没有单一客户依赖的情形。"
)
LONGER = LONG + (
    "从区域看，华东和华南仍是主要市场，海外业务由 edge computing 和 AI server 两类产品带动，"
    "收入达到 3.25 亿元，同比增长 20.21%。公司将在 2025 年下半年继续推进新基地建设，"
    "按照先验证、后放量的思路安排产能，具体进展请以公司公告为准。谢谢！"
)


def header() -> list[tuple[str, Sequence[str] | Table]]:
    return [
        ("投资者关系活动类别", ACTIVITIES),
        ("参与单位名称及人员姓名", ("线上参与本次业绩说明会的投资者",)),
        ("时间", ("2025 年 5 月 6 日 15:00-16:30",)),
        ("地点", ("公司会议室",)),
        ("上市公司接待人员姓名", HOSTS),
    ]


def above(code: str, name: str, number: str | None) -> list[str]:
    lines = [
        f"证券代码：{code}                              证券简称：{name}",
        f"{name}股份有限公司投资者关系活动记录表",
    ]
    return [*lines, f">编号：{number}"] if number else lines


CONTENT = "投资者关系活动主要内容介绍"
NUMBERED = (
    "1、公司主要产品的市场份额处于什么水平？",
    "答：" + LONG,
    "2、请问公司 2025 年的区域布局和产能安排是怎样的，新基地何时能够投产，投产之后对公司的"
    "折旧和毛利率会产生多大的影响？",
    "答：" + LONGER,
    "3、公司在人工智能方面有哪些布局？",
    "答：您好。主要有以下几点：",
    "1、公司自 2020 年起组建团队；",
    "2、2024 年研发投入超过 2 亿元；",
    "3、已有多个场景落地。",
    "4、公司上半年经营情况及业绩表现",
    "答：" + LONG + "谢谢！",
    "5、分红政策会不会调整？",
    "答：您好。请以公告为准。",
)
LABELLED = (
    "Q：Q2 毛利率为何低于 Q1？",
    "A：" + LONGER,
    "A：（财务总监 周砚秋）补充一点，汇率也有影响。",
    "Q:谢谢，那 Q3 呢",
    "A：请关注定期报告。",
    "Q：公司怎么看明年的竞争格局？",
    "A：" + LONG,
    "人效是一个长期的话题，短期改善空间不大。",
)

FORMS = (
    Form(
        "pdf_ruled_table",
        above("399601", "制表样本", "2025-001"),
        [*header(), (CONTENT, NUMBERED), *FOOT],
        lines_on_page=26,
    ),
    Form(
        "pdf_ruled_table_without_answer_labels",
        above("399601", "制表样本", "2025-002"),
        [
            *header(),
            (CONTENT, [line.removeprefix("答：") for line in NUMBERED]),
            *FOOT,
        ],
        lines_on_page=26,
        foot="—{n}—",
    ),
    Form(
        "pdf_running_head",
        above("399602", "页眉样本", "2025-001"),
        [*header(), (CONTENT, NUMBERED), *FOOT],
        head="证券代码：399602                              证券简称：页眉样本",
        foot="{n} / {of}",
        lines_on_page=24,
    ),
    Form(
        "pdf_nested_attendees",
        above("399603", "嵌套样本", "2025-001"),
        [
            ("投资者关系活动类别", ACTIVITIES),
            (
                "参与单位名称及人员姓名",
                Table((("华东证券", "张明远"), ("Q Capital", "A. Smith"), ("青木基金", "王小萌"))),
            ),
            *header()[2:],
            (CONTENT, LABELLED),
            *FOOT,
        ],
        lines_on_page=24,
    ),
    Form(
        "pdf_split_foot_label",
        above("399604", "断脚样本", "2025-001"),
        [*header(), (CONTENT, NUMBERED[:4]), *FOOT],
        foot="- {n} -",
        lines_on_page=30,
        split_labels=frozenset(["附件清单（如有）"]),
    ),
    Form(
        "pdf_indented_paragraphs",
        above("399605", "缩进样本", "2025-5-6"),
        [*header(), (CONTENT, LABELLED), *FOOT],
        indent=True,
        lines_on_page=26,
    ),
    Form(
        "pdf_without_rules",
        above("399606", "无框样本", None),
        [*header(), (CONTENT, NUMBERED), *FOOT],
        ruled=False,
        lines_on_page=26,
        foot="第 {n} 页 共 {of} 页",
    ),
    Form(
        "pdf_drawn_line_by_line",
        above("399608", "逐行样本", "2025-001"),
        [*header(), (CONTENT, LABELLED), *FOOT],
        by_line=True,
        indent=True,
        lines_on_page=24,
    ),
    Form(
        "pdf_narrative",
        above("399607", "纪要样本", "2025-001"),
        [*header(), (CONTENT, (LONG, "会议在融洽的气氛中结束。")), *FOOT],
    ),
)


def write_refused() -> None:
    """Files that no reader can take for whole."""
    form = Form("refused_encrypted_pdf", above("399601", "加密样本", "2025-001"), header())
    locked = StandardEncryption("a password", ownerPassword="another", strength=40)
    _draw(form, _Pages(form, 1, locked), FOLDER / "refused_encrypted_pdf.pdf")

    whole = (FOLDER / "pdf_ruled_table.pdf").read_bytes()
    (FOLDER / "refused_pdf_cut_short.pdf").write_bytes(whole[: len(whole) * 3 // 5])

    page = Image.new("L", (120, 160), 255)
    page.paste(0, (20, 30, 100, 34))
    canvas = Canvas(str(FOLDER / "refused_scanned_pdf.pdf"), pagesize=A4, invariant=1)
    for _ in range(2):
        canvas.drawImage(ImageReader(page), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()

    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"]
    data, places = b"%PDF-1.4\n", []
    for number, words in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{words}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    data += (
        f"xref\n0 3\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF\n"
    ).encode()
    (FOLDER / "refused_pdf_without_pages.pdf").write_bytes(data)


if __name__ == "__main__":
    for each in FORMS:
        write(each)
    write_refused()
