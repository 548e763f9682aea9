"""上市公司接待人员: who received the visitors, with their titles.

Printed as `董事长：某某先生`, `董事会秘书 某某`, `独立董事某某`, `某某（董事长）`, a name alone, a
group (`公司管理层`); numbered, behind a time of day, several names under one title.
"""

from __future__ import annotations

import re
from itertools import pairwise

from bot.record import Host

_TITLE_WORDS = (
    r"(?:董事长?|监事长?|经理|总裁|总监|秘书|董秘|代表|主管|专员|负责人|证代|主任|工程师|会计师"
    r"|经济师|财务官?|主席|顾问|助理|官|[部处科院厂所组课]长|书记|总工|总办|律师|分析师|研究员|科学家|部|办|办公室|中心"
    r"|CEO|CFO|COO|CTO|CMO|IR)"
)
_TITLE = re.compile(rf".*{_TITLE_WORDS}(?:[（(][^）)]*[)）])?", re.I)
_GLUED = re.compile(
    rf"(?P<title>.*{_TITLE_WORDS}(?:[（(][^）)]*[)）])?)(?P<name>[\u4e00-\u9fff]{{2,4}})", re.I
)
_NAME_THEN_TITLE = re.compile(
    rf"(?P<name>[\u4e00-\u9fff·]{{2,6}})[（(](?P<title>.*{_TITLE_WORDS})[)）]"
)
_GROUP_WORDS = "(?:人员|管理层|团队|部门|班子|成员|领导|高管|同事|员工|管理者|负责人等)"
_GROUP = re.compile(rf".*{_GROUP_WORDS}(?:[（(][^）)]*[)）])?")
_AND = re.compile(
    r"(?<=先生|女士)(?:以及|及|和|与)|"
    rf"(?:以及|及其|及|和|与)(?=(?:其他|相关|公司|证券|董事会|董办|投资者|财务|有关|部分)"
    rf"[^、，,；;\s]*{_GROUP_WORDS}$)"
)
_POLITE = re.compile(r"(?:先生|女士|小姐)?(?:等人?)?[。.]?$")
_NUMBERED = r"(?:\d{1,2}\s*[、.．](?!\d)|[（(]\d{1,2}[)）]|[①-⑳]|[一二三四五六七八九十]\s*、)"
_LIST_NUMBER = re.compile(rf"\s*{_NUMBERED}\s*")
_NEXT_ENTRY = re.compile(rf"[；;]|(?<=[\s，,、。])(?={_NUMBERED})")
_CLOCK = r"[01]?\d|2[0-3]"
_HOUR = rf"(?:上午|下午|晚上|中午|晚)?\s*(?:{_CLOCK})\s*[:：]\s*[0-5]\d"
_WHEN = re.compile(
    r"\s*(?:(?:\d{4}\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}\s*日\s*(?:[（(][^）)]*[)）])?\s*)?"
    rf"(?:{_HOUR}(?:\s*[-–—~～至]+\s*{_HOUR})?|上午|下午|晚上)?\s*[:：]?\s*"
)
_PIECE = re.compile(r"[^、，,；;\s]+")
_NAME = re.compile(r"[\u4e00-\u9fff·]{2,4}(?:先生|女士)?")
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z.'\-]*(?:[（(].*)?(?:先生|女士)?")


def hosts(lines: list[str]) -> tuple[Host, ...]:
    """Who received the visitors. One who received several groups of them is named once."""
    found: dict[tuple[str | None, str], Host] = {}
    for line in _whole_lines(lines):
        ends = [0, *(match.end() for match in _NEXT_ENTRY.finditer(line)), len(line)]
        for start, end in pairwise(ends):
            for host in _hosts_of(line[start:end].strip(" \t；;")):
                found.setdefault((host.title, host.name), host)
    return tuple(found.values())


def is_titled(line: str) -> bool:
    """Whether a line reads as nothing but titles with names: `董事、总经理 某某`."""
    entry = _hosts_of(line.strip())
    return bool(entry) and all(
        re.search(_TITLE_WORDS, host.title or "", re.I) and len(host.name) <= 12 for host in entry
    )


def _whole_lines(lines: list[str]) -> list[str]:
    """Lines joined where a name or a title runs over: `财务总监：李` / `景厅`."""
    found: list[str] = []
    for line in (line.strip() for line in lines):
        if found and _runs_over(found[-1], line):
            found[-1] += line
        elif line:
            found.append(line)
    return found


def _runs_over(above: str, line: str) -> bool:
    if above.endswith(("、", "，", ",", "：", ":", "兼", "及", "和")):
        return True
    if _LIST_NUMBER.match(line):
        return False
    last = re.split(r"[、，,；;\s]", above)[-1]
    titled = re.search(r"[：:](.*)$", last)
    if titled:
        return len(titled[1]) < 2
    # 财务总 / 监：李景厅, where the titles of this line have colons.
    return (
        bool(re.search("[：:]", above))
        and not re.search(r"(?:先生|女士)[。.]?$", above)
        and (re.match(r"[^：:、，,；;]{1,4}[：:]", line) is not None)
    )


def _hosts_of(entry: str) -> list[Host]:
    """The hosts of one entry of the row, its number and its time of day left out."""
    number = _LIST_NUMBER.match(entry)
    at = number.end() if number else 0
    when = _WHEN.match(entry, at)
    at = when.end() if when else at
    group = re.match(rf"[^：:、，,]*{_GROUP_WORDS}\s*[：:]\s*", entry[at:])
    if group and _TITLE.search(entry[at + group.end() :]):
        at += group.end()
    words = entry[at:]
    if re.search("[：:]", words):
        return _with_colons(entry, at)
    return _without_colons(entry, at)


def _pieces(text: str, at: int) -> list[tuple[int, int]]:
    """Where words stand; a Latin name and a letter-spaced one are one piece each."""
    found: list[tuple[int, int]] = []
    for match in _PIECE.finditer(text, at):
        start, end = match.span()
        if found and not text[found[-1][1] : start].strip():
            above, word = text[slice(*found[-1])], text[start:end]
            name = re.split("[：:]", above)[-1].split()[-1:] or [""]
            latin = _LATIN_NAME.fullmatch(name[0]) and _LATIN_NAME.fullmatch(word)
            if (latin and not _TITLE.fullmatch(name[0])) or (len(name[0]) == len(word) == 1):
                found[-1] = (found[-1][0], end)
                continue
        while split := _AND.search(text, start, end):
            found.append((start, split.start()))
            start = split.end()
        found.append((start, end))
    return found


def _with_colons(entry: str, at: int) -> list[Host]:
    found: list[Host] = []
    title = None
    begin = 0
    for start, end in _pieces(entry, at):
        piece = entry[start:end]
        if re.search("[：:]", piece):
            title, _, name = re.sub("[：:]", "：", entry[max(at, begin) : end]).rpartition("：")
            title = title.strip("、，,；; \t和及与") or None
            if name:
                found.append(_host(title, name, entry[begin:end]))
            begin = end
        elif title and not re.search("[：:]", entry[end:]):
            # A further name under the title before it.
            found.append(_host(title, piece, piece))
            begin = end
    return found


def _without_colons(entry: str, at: int) -> list[Host]:
    if turned_round := _names_first(entry, at):
        return turned_round
    found: list[Host] = []
    titled: tuple[int, int] | None = None  # where the title in force stands
    waiting = False  # it has no name yet
    printed = 0
    for start, end in _pieces(entry, at):
        words = _POLITE.sub("", entry[start:end])
        if not words:
            continue
        begins = titled[0] if titled and waiting else start
        glued = _GLUED.fullmatch(words)
        turned = _NAME_THEN_TITLE.fullmatch(words)
        if _GROUP.fullmatch(words):
            found.append(Host(None, entry[begins:end], entry[printed:end].strip("、，,；; 。")))
            titled, waiting = None, False
        elif turned:
            found.append(Host(turned["title"], turned["name"], entry[start:end]))
            titled, waiting = None, False
        elif _TITLE.fullmatch(words):
            titled, waiting = (begins, end), True
            continue
        elif glued and not (titled and not waiting):
            title = entry[begins : start + glued.end("title")]
            found.append(Host(title, glued["name"], entry[printed:end].strip("、，,；; 。")))
            titled, waiting = None, False
        else:
            title_ = entry[slice(*titled)] if titled else None
            found.append(
                _host(title_, entry[start:end], entry[printed if waiting else start : end])
            )
            waiting = False
        printed = end
    if titled and waiting:
        words = entry[titled[0] : titled[1]]
        found.append(Host(None, words, entry[printed:].strip("、，,；; 。")))
    return found


def _names_first(entry: str, at: int) -> list[Host]:
    """Hosts of an entry in which each name stands before its titles: `某某，董事、总经理`."""
    pieces = _pieces(entry, at)
    titles = [bool(_TITLE.fullmatch(entry[slice(*piece)])) for piece in pieces]
    names = [piece for piece, title in zip(pieces, titles, strict=True) if not title]
    if not titles or titles[0] or not titles[-1]:
        return []
    if not all(_NAME.fullmatch(entry[slice(*piece)]) for piece in names):
        return []
    found = []
    ends = [*(start for start, _ in names[1:]), len(entry)]
    for (start, stop), end in zip(names, ends, strict=True):
        title = entry[stop:end].strip("、，,；; \t\u3000")
        printed = entry[start:end].strip("、，,；; \t\u3000")
        found.append(Host(title or None, _POLITE.sub("", entry[start:stop]), printed))
    return found


def _host(title: str | None, name: str, printed: str) -> Host:
    return Host(title, _POLITE.sub("", name), printed.strip("、，,；; 。"))
