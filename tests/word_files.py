"""Word documents written part by part, as strings, so that a test says what stands in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SPACES = (
    f'xmlns:w="{_W}"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROOTS = {
    "header": "hdr",
    "footer": "ftr",
    "styles": "styles",
    "numbering": "numbering",
    "footnotes": "footnotes",
    "comments": "comments",
}


def run(text: str, *marks: str) -> str:
    """A run of words; marks as `<w:b/>`."""
    properties = f"<w:rPr>{''.join(marks)}</w:rPr>" if marks else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(inside: str, properties: str = "") -> str:
    """A paragraph of runs, or of plain words."""
    inside = inside if inside.startswith("<") or not inside else run(inside)
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{inside}</w:p>"


def listed(text: str, number: int = 1, level: int = 0) -> str:
    """A paragraph of a list."""
    place = f'<w:ilvl w:val="{level}"/><w:numId w:val="{number}"/>'
    return paragraph(text, f"<w:numPr>{place}</w:numPr>")


def cell(*paragraphs: str, properties: str = "") -> str:
    inside = "".join(one if one.startswith("<w:") else paragraph(one) for one in paragraphs)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside or '<w:p/>'}</w:tc>"


def row(*cells: str) -> str:
    return (
        f"<w:tr>{''.join(one if one.startswith('<w:tc>') else cell(one) for one in cells)}</w:tr>"
    )


def table(*rows: str) -> str:
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"


def form(*content: str, head: str | None = None, foot: str = "") -> str:
    """A record's body with this main content."""
    if head is None:
        head = "证券代码：399999 证券简称：测试股份"
    above = [head, "测试股份有限公司投资者关系活动记录表", "编号：2026-001"]
    return "".join(paragraph(line) for line in above if line) + table(
        row("投资者关系活动类别", "☑业绩说明会 □路演活动"),
        row("参与单位名称及人员姓名", "线上投资者"),
        row("时间", "2026年5月6日 15:00-16:00"),
        row("地点", "公司会议室"),
        row("上市公司接待人员姓名", "董事长：林一舟"),
        row("投资者关系活动主要内容介绍", cell(*content)),
        foot or row("附件清单（如有）", "无"),
        row("日期", "2026年5月7日"),
    )


def level(at: int, form: str, text: str, more: str = "") -> str:
    """A level of a list's definition."""
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def lists(*definitions: str, more: str = "") -> str:
    """`numbering.xml` of lists 1, 2 … , each with its own levels."""
    abstracts = "".join(
        f'<w:abstractNum w:abstractNumId="{at}">{levels}</w:abstractNum>'
        for at, levels in enumerate(definitions, 1)
    )
    numbers = "".join(
        f'<w:num w:numId="{at}"><w:abstractNumId w:val="{at}"/></w:num>'
        for at in range(1, len(definitions) + 1)
    )
    return abstracts + numbers + more


def word(
    body: str,
    parts: Mapping[str, str] | None = None,
    raw: Mapping[str, bytes] | None = None,
    links: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of a .docx.

    Args:
        body: What stands in it.
        parts: What stands in `header`, `footer`, `styles`, `numbering`, `footnotes`, `comments`.
        raw: Members of the archive that are added or written over.
        links: Addresses by the ids of their relations.
    """
    parts = parts or {}
    relations = "".join(
        f'<Relationship Id="r{name}" Type="{_RELATION}/{name}" Target="{name}.xml"/>'
        for name in parts
    ) + "".join(
        f'<Relationship Id="{of}" Type="{_RELATION}/hyperlink" Target="{url}" '
        'TargetMode="External"/>'
        for of, url in (links or {}).items()
    )
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPE}.{name}+xml"/>'
        for name in parts
    )
    members = {
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
            f"{types}</Types>"
        ),
        "_rels/.rels": _relationships(
            f'<Relationship Id="r1" Type="{_RELATION}/officeDocument" Target="word/document.xml"/>'
        ),
        "word/document.xml": f"{_HEAD}<w:document {_SPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": _relationships(relations),
        **{
            f"word/{name}.xml": f"{_HEAD}<w:{_ROOTS[name]} {_SPACES}>{inside}</w:{_ROOTS[name]}>"
            for name, inside in parts.items()
        },
    }
    written = {name: text.encode() for name, text in members.items()} | dict(raw or {})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in written.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _relationships(inside: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{_HEAD}<Relationships xmlns="{space}">{inside}</Relationships>'
