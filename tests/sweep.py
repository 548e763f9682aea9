"""Fragments that a reader may take for something else, put into questions and answers.

    python -m tests.sweep [--every 7] [--form plain] [--list lost]

Each fragment of `records/fragments.json` stands once at every place of one made-up record, in every
input form and label style. What is read is compared with what was written, white space apart. In
HTML the fragment is escaped; elsewhere it stands as it is.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path

from bot.errors import ReadingError
from bot.reading.document import read_records
from bot.record import Record

FRAGMENTS: dict[str, list[str]] = json.loads(
    (Path(__file__).parent / "records/fragments.json").read_text(encoding="utf-8")
)["fragments"]

HEAD = (
    "证券代码：399901 证券简称：样张科技",
    "样张科技股份有限公司投资者关系活动记录表",
    "编号：2025-003",
)
ROWS = (
    ("投资者关系活动类别", "□特定对象调研 □分析师会议 √业绩说明会 □其他"),
    ("参与单位名称及人员姓名", "线上参与的投资者"),
    ("时间", "2025年5月6日 15:00-16:30"),
    ("地点", "公司会议室"),
    ("上市公司接待人员姓名", "董事长：林一舟先生"),
)
CONTENT = "投资者关系活动主要内容介绍"
FOOT = (("附件清单（如有）", "无"), ("日期", "2025年5月7日"))
PAIRS = (
    ("公司去年的研发投入是多少？", ("您好。公司去年研发投入合计三亿元，同比有所增长。谢谢！",)),
    ("公司海外业务进展如何？", ("您好。海外业务进展顺利，订单稳步增加。谢谢！",)),
    ("公司今年是否有分红计划？", ("您好。分红方案请以公司公告为准。谢谢！",)),
    ("公司产能利用率怎么样？", ("您好。公司产能利用率处于较高水平。谢谢！",)),
)
STYLES = (("{n}、", ""), ("{n}、", "答："), ("Q{n}：", "A{n}："), ("问：", "答："))

Pairs = tuple[tuple[str, tuple[str, ...]], ...]  # a question, its answer's paragraphs


def _answered(*paragraphs: str, at: tuple[int, ...] = (1,)) -> Pairs:
    return tuple(
        (question, paragraphs if number in at else answer)
        for number, (question, answer) in enumerate(PAIRS)
    )


def _asked(question: str) -> Pairs:
    return (PAIRS[0], (question, PAIRS[1][1]), *PAIRS[2:])


PLACES: dict[str, Callable[[str], Pairs]] = {
    "inside": lambda words: _answered(f"您好。海外业务{words}进展顺利，订单稳步增加。谢谢！"),
    "start": lambda words: _answered(f"{words}海外业务进展顺利，订单稳步增加。谢谢！"),
    "end": lambda words: _answered(f"您好。海外业务进展顺利，订单稳步增加{words}"),
    "own paragraph": lambda words: _answered("您好。前文如下。", words, "后文在此。谢谢！"),
    "paragraph's start": lambda words: _answered(
        "您好。前文如下。", f"{words}如下所述，进展顺利。", "后文在此。谢谢！"
    ),
    "alone": lambda words: _answered(words),
    "last paragraph": lambda words: _answered("您好。前文如下。", words),
    "in two answers": lambda words: _answered(
        "您好。前文如下。", words, "后文在此。谢谢！", at=(1, 2)
    ),
    "in the last answer": lambda words: _answered(
        "您好。前文如下。", words, "后文在此。谢谢！", at=(3,)
    ),
    "in a question": lambda words: _asked(f"公司海外{words}业务进展如何？"),
    "question's start": lambda words: _asked(f"{words}公司海外业务进展如何？"),
    "question's end": lambda words: _asked(f"公司海外业务进展如何{words}"),
}


@dataclass(frozen=True)
class Printed:
    """One paragraph of the content as a form writes it."""

    text: str
    asks: bool
    item: int


def printed(pairs: Pairs, style: tuple[str, str]) -> list[Printed]:
    found = []
    for number, (question, answer) in enumerate(pairs, 1):
        found.append(Printed(style[0].format(n=number) + question, True, number))
        first = style[1].format(n=number) + answer[0]
        found += [Printed(text, False, number) for text in (first, *answer[1:])]
    return found


def _plain(content: list[Printed]) -> str:
    return "\n".join(
        [*HEAD, *(" ".join(row) for row in ROWS), CONTENT]
        + [line.text for line in content]
        + [" ".join(row) for row in FOOT]
    )


def _paged(content: list[Printed]) -> str:
    """A page's end before the third question and before the foot."""
    pages: list[list[str]] = [[*HEAD, *(" ".join(row) for row in ROWS), CONTENT], []]
    for line in content:
        pages[0 if line.item < 3 else 1].append(line.text)
    return "\n\f".join("\n".join(page) for page in (*pages, [" ".join(row) for row in FOOT]))


def _tabbed(content: list[Printed]) -> str:
    cells = " ".join(
        f"<p><b>{escape(line.text)}</b></p>" if line.asks else f"<p>{escape(line.text)}</p>"
        for line in content
    )
    rows = (*ROWS, (CONTENT, cells), *FOOT)
    return "\n\n".join(HEAD) + "\n\n" + "\n".join("\t".join(row) for row in rows)


def _bars(content: list[Printed]) -> str:
    first, *rest = [line.text for line in content]
    rows = [*(" | ".join(row) for row in ROWS), f"{CONTENT} | {first}", *rest]
    return "\n".join([*HEAD, *rows, *(" | ".join(row) for row in FOOT)])


def _markdown(content: list[Printed]) -> str:
    def table(rows: tuple[tuple[str, str], ...]) -> str:
        return "\n".join(f"| {label} | {value} |" for label, value in rows)

    lines = [f"**{line.text}**" if line.asks else line.text for line in content]
    head = [HEAD[0], f"# {HEAD[1]}", HEAD[2], table(ROWS), f"**{CONTENT}**"]
    return "\n\n".join([*head, *lines, table(FOOT)])


def _html_table(content: list[Printed]) -> str:
    cells = "\n".join(
        f"<p><b>{escape(line.text)}</b></p>" if line.asks else f"<p>{escape(line.text)}</p>"
        for line in content
    )
    rows = [(label, f"<p>{value}</p>") for label, value in (*ROWS, ("", ""), *FOOT)]
    rows[len(ROWS)] = (CONTENT, cells)
    body = "\n".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    head = "\n".join(f"<p>{line}</p>" for line in HEAD)
    return f"<!doctype html><html><body>\n{head}\n<table>\n{body}\n</table></body></html>"


def _html_paragraphs(content: list[Printed]) -> str:
    lines = [*HEAD, *(" ".join(row) for row in ROWS), CONTENT]
    body = [f"<p>{line}</p>" for line in lines]
    body += [
        f"<p><b>{escape(line.text)}</b></p>" if line.asks else f"<p>{escape(line.text)}</p>"
        for line in content
    ]
    body += [f"<p>{' '.join(row)}</p>" for row in FOOT]
    return "<html><body>\n" + "\n".join(body) + "\n</body></html>"


FORMS: dict[str, Callable[[list[Printed]], str]] = {
    "plain": _plain,
    "paged": _paged,
    "tabbed": _tabbed,
    "bars": _bars,
    "markdown": _markdown,
    "html table": _html_table,
    "html paragraphs": _html_paragraphs,
}
FATES = ("exact", "refused", "warned by name", "warned", "silent", "lost")


@dataclass(frozen=True)
class Case:
    """One fragment at one place, in one form and label style."""

    group: str
    fragment: str
    place: str
    form: str
    style: tuple[str, str]

    @property
    def pairs(self) -> Pairs:
        return PLACES[self.place](self.fragment)

    def text(self) -> str:
        return FORMS[self.form](printed(self.pairs, self.style))


def cases() -> Iterator[Case]:
    for group, fragments in FRAGMENTS.items():
        for fragment in fragments:
            for place in PLACES:
                for form in FORMS:
                    for style in STYLES:
                        yield Case(group, fragment, place, form, style)


def squashed(text: str) -> str:
    return "".join(text.split())


@cache
def _clean(form: str, style: tuple[str, str]) -> Record:
    text = FORMS[form](printed(PAIRS, style))
    (reading,) = read_records(text.encode(), "clean.txt")
    return reading.record


def read(case: Case) -> Record | ReadingError:
    try:
        readings = read_records(case.text().encode("utf-8", "surrogatepass"), "case.txt")
    except ReadingError as error:
        return error
    return readings[0].record


def fate(case: Case) -> str:
    """What became of a case, one of FATES.

    `lost`: a question is gone and no warning says that something is wrong. `silent`: words differ,
    in a question, an answer or elsewhere, without a warning.
    """
    record = read(case)
    if isinstance(record, ReadingError):
        return "refused"
    clean = _clean(case.form, case.style)
    wanted = [(squashed(question), squashed("".join(answer))) for question, answer in case.pairs]
    seen = [(squashed(item.question), squashed(item.answer)) for item in record.questions]
    same = replace(record, questions=(), warnings=(), notes=()) == replace(
        clean, questions=(), warnings=(), notes=()
    )
    if seen == wanted and same:
        return "exact"
    warnings = [squashed(line) for line in record.warnings if line not in clean.warnings]
    named = squashed(case.fragment)[:8]
    if named and any(named in line for line in warnings):
        return "warned by name"
    if warnings:
        return "warned"
    return "lost" if len(seen) < len(wanted) else "silent"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--every", type=int, default=1, help="one case of so many")
    arguments.add_argument("--form", choices=FORMS)
    arguments.add_argument("--list", choices=FATES, help="also print the cases of this fate")
    given = arguments.parse_args()
    chosen = [case for at, case in enumerate(cases()) if at % given.every == 0]
    by_form: dict[str, Counter[str]] = {form: Counter() for form in FORMS}
    by_kind: Counter[tuple[str, str, str]] = Counter()
    for case in chosen:
        if given.form not in (None, case.form):
            continue
        found = fate(case)
        by_form[case.form][found] += 1
        if found in ("silent", "lost", "warned"):
            by_kind[found, case.group, case.place] += 1
        if found == given.list:
            print(found, case.form, case.style, case.place, repr(case.fragment), sep=" · ")
    print(f"{'form':<18}", *(f"{name:>14}" for name in FATES))
    for form, fates in by_form.items():
        print(f"{form:<18}", *(f"{fates[name]:>14}" for name in FATES))
    total = sum(by_form.values(), Counter())
    print(f"{'all':<18}", *(f"{total[name]:>14}" for name in FATES))
    for (found, group, place), count in by_kind.most_common():
        print(f"{count:>6} {found:<8} {group:<18} {place}")


if __name__ == "__main__":
    main()
