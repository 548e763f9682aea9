"""Lists of participants: a line each, as a table's rows are when its rules are lost."""

from __future__ import annotations

import re

CONTINUES = ("、", "，", ",")  # the row goes on in the next line
_NAME = r"[\u4e00-\u9fff·]{2,4}|[A-Z][A-Za-z.'’\-]*(?: [A-Z][A-Za-z.'’\-]*){0,3}"
_ROW = re.compile(
    r"(?:\d{1,3}\s*[、.．]?\s*)?"
    r"(?:[^、，,；;：:。\s]{2,24}(?: +[A-Za-z&.()'’\-]+)*\s+"
    rf"(?:{_NAME})(?:(?:\s*[、，,]\s*|\s+)(?:{_NAME}))*"
    r"|[A-Z0-9][A-Za-z0-9&.()'’\-]*(?: +[A-Za-z0-9&.()'’\-]+)+)\s*[；;。、，,]?"
)
_HEADING = re.compile(
    r"名单|附件|^附\s*[:：]|序号|(?:单位|机构|公司|人员|投资者)(?:名称|姓名|$)|姓名"
)


def is_list(lines: list[str]) -> bool:
    """Whether every line is a row of its own: whom a participant came from, and the names."""
    rows: list[str] = []
    for line in lines:
        if rows and rows[-1].endswith(CONTINUES):
            rows[-1] += line
        elif line:
            rows.append(line)
    return len(rows) > 1 and all(_ROW.fullmatch(row) for row in rows)


def is_row(line: str) -> bool:
    """Whether a line names whom a participant came from, and who came: `甲方基金 张三、李四`."""
    return bool(_ROW.fullmatch(line.strip()))


def heads_list(line: str) -> bool:
    """Whether a line heads a list of participants: `参会机构名单：`, `序号 单位名称`."""
    return bool(_HEADING.search(line)) and not re.search(r"[。！？]", line)


def is_headed_list(lines: list[str]) -> bool:
    """Whether lines are a list under its heading."""
    return len(lines) > 1 and any(heads_list(line) for line in lines[: len(lines) - 1][:2])
