"""Text files of every form: what is a mark, what is a word, and what a converter did to the page.

Made up, a few variants of each kind; the records behind the kinds were filed by 21 companies.
"""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from bot.errors import ReadingError
from bot.reading.document import read_records
from bot.record import Record

HEAD = (
    "证券代码：399901 证券简称：样张科技",
    "样张科技股份有限公司投资者关系活动记录表",
    "编号：2025-003",
)
ROWS = (
    ("投资者关系活动类别", "□特定对象调研 √业绩说明会"),
    ("参与单位名称及人员姓名", "线上参与的投资者"),
    ("时间", "2025年5月6日 15:00-16:30"),
    ("地点", "公司会议室"),
    ("上市公司接待人员姓名", "董事长：林一舟"),
)
CONTENT = "投资者关系活动主要内容介绍"
FOOT = (("附件清单（如有）", "无"), ("日期", "2025年5月7日"))


def read(text: str) -> Record:
    (reading,) = read_records(text.encode(), "case")
    return reading.record


def refused(text: str) -> str:
    with pytest.raises(ReadingError) as error:
        read_records(text.encode(), "case")
    return str(error.value)


def plain(answer: str, mark: str = " ") -> str:
    rows = [mark.join(row) for row in ROWS]
    content = [
        "1、研发投入多少？",
        f"您好。{answer}谢谢！",
        "2、海外进展如何？",
        "您好。进展顺利。",
    ]
    return "\n".join([*HEAD, *rows, CONTENT, *content, *(mark.join(row) for row in FOOT)])


def tagged(answer: str) -> str:
    cells = (
        f"<p><b>1、研发投入多少？</b></p> <p>您好。{answer}谢谢！</p> "
        "<p><b>2、海外进展如何？</b></p> <p>您好。进展顺利。</p>"
    )
    return "\n".join([*HEAD, *("\t".join(row) for row in (*ROWS, (CONTENT, cells), *FOOT))])


def html(answer: str) -> str:
    cells = (
        f"<p>1、研发投入多少？</p><p>您好。{answer}谢谢！</p>"
        "<p>2、海外进展如何？</p><p>您好。进展顺利。</p>"
    )
    rows = (*ROWS, (CONTENT, cells), *FOOT)
    body = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    head = "".join(f"<p>{line}</p>" for line in HEAD)
    return f"<!doctype html><html><body>{head}<table>{body}</table></body></html>"


def markdown(answer: str) -> str:
    rows = "\n".join(f"|{label}|{value}|" for label, value in ROWS)
    foot = "\n".join(f"|{label}|{value}|" for label, value in FOOT)
    content = "\n\n".join(
        (
            "**1、研发投入多少？**",
            f"您好。{answer}谢谢！",
            "**2、海外进展如何？**",
            "您好。进展顺利。",
        )
    )
    return (
        f"{HEAD[0]}\n\n# {HEAD[1]}\n\n{HEAD[2]}\n\n{rows}\n\n**{CONTENT}**\n\n{content}\n\n{foot}\n"
    )


def answers(record: Record) -> list[str]:
    return ["".join(item.answer.split()) for item in record.questions]


@pytest.mark.parametrize(
    "line",
    [
        "| 年份 | 营收 |",
        "|---|---|",
        "# 一号线",
        "**重要**",
        "<p>段</p>",
        "<table><tr><td>一</td></tr></table>",
        "营业收入\t3亿元",
        "&amp;lt;",
        "备注\t无",
        "`代码`",
    ],
)
@pytest.mark.parametrize("mark", [" ", "\t", " | "])
def test_a_line_of_an_answer_never_turns_a_plain_file_into_another_form(line: str, mark: str):
    record = read(plain(f"前文如下。\n{line}\n后文在此。", mark))
    assert answers(record) == [
        f"您好。前文如下。{''.join(line.split())}后文在此。谢谢！",
        "您好。进展顺利。",
    ]
    assert not record.other


@pytest.mark.parametrize("form", [tagged, html])
@pytest.mark.parametrize(
    "words",
    [
        "A<B，且C>D",
        "<产品A>",
        "<3",
        "x <y> z",
        "a<b c>d",
        "毛利率<40%且>30%",
        "<a@b.cn>",
        "5**2",
        "***",
    ],
)
def test_only_elements_of_html_are_tags(form, words: str):
    assert answers(read(form(words)))[0] == f"您好。{''.join(words.split())}谢谢！"


@pytest.mark.parametrize("form", [tagged, html])
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("R&amp;D", "R&D"),
        ("&amp;lt;", "&lt;"),
        ("&lt;b&gt;", "<b>"),
        ("&#65;&#x41;", "AA"),
        ("AT&T;", "AT&T;"),
        ("S&P500", "S&P500"),
    ],
)
def test_a_character_reference_is_undone_once(form, written: str, shown: str):
    record = read(form(written))
    assert answers(record)[0] == f"您好。{shown}谢谢！"
    assert not record.warnings


@pytest.mark.parametrize("written", ["&#0;", "&#xD800;", "&#1114112;", "&#1;"])
def test_a_reference_to_no_character_stays_and_is_named(written: str):
    record = read(html(written))
    assert answers(record)[0] == f"您好。{written}谢谢！"
    assert written in "".join(record.warnings)


def test_a_reference_without_its_semicolon_is_named():
    record = read(html("a=1&copy2025"))
    assert "a=1©2025" in answers(record)[0]
    assert "&copy" in "".join(record.warnings)


@pytest.mark.parametrize("words", ["10<sup>8</sup>片", "注<sup>1</sup>2025年", "x<sub>1</sub>0"])
def test_raised_figures_that_would_join_others_are_refused(words: str):
    assert "上标或下标" in refused(html(words))


@pytest.mark.parametrize("words", ["m<sup>2</sup>。", "CO<sub>2</sub>排放", "S<sup>3</sup>战略"])
def test_other_raised_words_stay_and_are_named(words: str):
    record = read(html(words))
    assert len(answers(record)) == 2
    assert "上标或下标" in "".join(record.warnings)


@pytest.mark.parametrize(
    "text",
    [
        html("<s>3.5</s>4.5"),
        tagged("<del>3.5</del>4.5"),
        markdown("~~3.5~~4.5"),
        html("<strike>3.5</strike>4.5"),
    ],
)
def test_struck_words_are_refused_by_name(text: str):
    assert "“3.5”有删除线" in refused(text)


def test_words_struck_by_a_style_are_refused():
    text = html('<span style="text-decoration: line-through">3.5</span>4.5')
    assert "删除线样式" in refused(text)


@pytest.mark.parametrize(
    ("hidden", "name"),
    [
        ("<!--不含税-->", "不含税"),
        ("<script>var x</script>", "var x"),
        ("<style>p{}</style>", "p{}"),
        ("<title>标题</title>", "标题"),
    ],
)
def test_what_a_page_hides_is_left_out_and_named(hidden: str, name: str):
    record = read(html(hidden))
    assert answers(record)[0] == "您好。谢谢！"
    assert name in "".join(record.warnings)


def test_a_comment_of_words_is_named_in_markdown_too():
    assert "“注”" in "".join(read(markdown("前文。\n\n<!--注-->\n\n后文。")).warnings)


@pytest.mark.parametrize("begin", ["<script>", "<!--", "<style>", '<a href="', "<p ", "&amp"])
def test_html_is_read_in_linear_time(begin: str):
    started = time.process_time()  # the machine may be busy
    with suppress(ReadingError):
        read_records(html(begin * 40_000).encode(), "case")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**重要**", "重要"),
        ("*斜*", "斜"),
        ("`代码`", "代码"),
        (r"\*", "*"),
        ("**注：**合计", "注：合计"),
        ("***", "***"),
        ("*", "*"),
        ("5**2", "5**2"),
        ("2*3*4", "2*3*4"),
        ("a_b_c", "a_b_c"),
        ("*注：", "*注："),
        ("股份****公司", "股份****公司"),
        ("A<B>C", "A<B>C"),
        ("<3", "<3"),
        ("`", "`"),
        ("C:\\路径", "C:\\路径"),
    ],
)
def test_in_markdown_only_pairs_are_marks(written: str, shown: str):
    assert answers(read(markdown(written))) == [f"您好。{shown}谢谢！", "您好。进展顺利。"]


def test_stars_of_markdown_in_a_html_table_are_words():
    cells = "<br>".join(
        ("1、研发投入多少？", "您好。**三亿**元，*注。", "2、分红吗？", "您好。以公告为准。")
    )
    rows = (*ROWS, (CONTENT, cells), *FOOT)
    body = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    record = read(f"# {HEAD[1]}\n\n{HEAD[0]}\n\n{HEAD[2]}\n\n<table>{body}</table>\n")
    assert answers(record) == ["您好。**三亿**元，*注。", "您好。以公告为准。"]


def converted(cell: str, go_on: str, between: str, repeat: bool = False, empty: str = "Col") -> str:
    """A form as pymupdf4llm writes it: a table a page, lines of a cell parted by <br>."""
    rows = [*ROWS, (CONTENT.replace("主要", "<br>主要"), cell)]
    lines = [
        f"|{'|'.join((label, value, value) if repeat else (label, value))}|"
        for label, value in rows
    ]
    width = 3 if repeat else 2
    head = "|".join(f"{empty}{at}" if empty else "" for at in range(1, width + 1))
    rule = "|---" * width + "|"
    foot = "\n".join(f"|{label}|{value}|" for label, value in FOOT)
    return (
        f"{HEAD[0]}\n\n# {HEAD[1]}\n\n{HEAD[2]}\n\n|{head}|\n{rule}\n"
        + "\n".join(lines)
        + f"\n\n{between}\n\n|{empty + '1' if empty else ''}|{go_on}|\n|---|---|\n{foot}\n"
    )


@pytest.mark.parametrize("repeat", [False, True])
@pytest.mark.parametrize("empty", ["Col", ""])
@pytest.mark.parametrize("between", ["1", "- 1 -", "1 / 2"])
def test_a_table_torn_by_pages_is_one_form(repeat: bool, empty: str, between: str):
    text = converted(
        "Q：何时投产？<br>A：年底投产。<br>Q：海外订单如何？<br>A：海外订单平稳，",
        "毛利率稳定。<br>Q：是否分红？<br>A：请以公告为准。",
        between,
        repeat,
        empty,
    )
    record = read(text)
    assert [item.answer for item in record.questions] == [
        "年底投产。",
        "海外订单平稳，毛利率稳定。",
        "请以公告为准。",
    ]
    assert record.activities == ("业绩说明会",)
    assert record.place == "公司会议室"
    assert not record.other


def test_cells_that_list_by_lines_are_read_line_by_line():
    text = converted("Q：何时投产？<br>A：年底投产。", "", "").replace(
        "|参与单位名称及人员姓名|线上参与的投资者|",
        "|参与单位名称及人员姓名|甲方基金<br>乙方证券|赵六<br>钱七|",
    )
    assert read(text).attendees == "甲方基金\n赵六\n乙方证券\n钱七"


def test_a_page_that_a_converter_lost_is_named():
    text = converted("Q：何时投产？<br>A：年底投产。", "谢谢。", "1\n\n2")
    assert "第 2 页没有文字" in refused(text)


MARKERS = (
    "==== page {} ====",
    "--- end of page={} ---",
    "{{{}}}------------------------------------------------",
    "## Page {}",
    "[Page {}]",
    "【第{}页】",
    '<!-- PageNumber="{}" -->',
    "<!-- page {} -->",
)


@pytest.mark.parametrize("marker", MARKERS)
def test_page_markers_of_converters_are_no_words_of_an_answer(marker: str):
    first, second, third = (marker.format(page) for page in (1, 2, 3))
    text = plain(f"设备目前\n{second}\n已经进场，\n{third}\n年底投产。")
    record = read(f"{first}\n{text}")
    assert answers(record) == ["您好。设备目前已经进场，年底投产。谢谢！", "您好。进展顺利。"]
    assert record.questions[1].page == 3


def test_a_lone_line_like_a_page_marker_stays_in_the_answer():
    record = read(plain("见下。\n[Page 3]\n如上。"))
    assert "[Page3]" in answers(record)[0] or "[Page 3]" in "".join(record.warnings)


@pytest.mark.parametrize("form", [plain, markdown])
def test_labels_without_their_values_are_refused_as_out_of_order(form):
    text = form("三亿元。").replace("2025年5月6日 15:00-16:30", "")
    assert refused(text) == "case：栏目与内容次序不对（可能由转换工具生成），请用原 PDF"


def test_questions_in_another_row_are_refused_as_out_of_order():
    text = plain("三亿元。").replace("公司会议室", "公司会议室\n问：订单如何？\n答：平稳。")
    assert "栏目与内容次序不对" in refused(text)


@pytest.mark.parametrize("sign", ["\x0b", "\x1c", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("form", [plain, html, tagged, markdown])
def test_a_line_separator_breaks_a_line_in_every_form(form, sign: str):
    assert answers(read(form(f"前文{sign}后文。")))[0] == "您好。前文后文。谢谢！"


@pytest.mark.parametrize("sign", ["\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\x0c"])
def test_a_line_separator_hides_no_question(sign: str):
    record = read(plain("三亿元。").replace("谢谢！\n2、", f"谢谢！{sign}2、"))
    assert answers(record) == ["您好。三亿元。谢谢！", "您好。进展顺利。"]


@pytest.mark.parametrize("sign", ["\u200b", "\ufeff", "\u00ad"])
@pytest.mark.parametrize("form", [plain, tagged, html, markdown])
def test_a_character_without_shape_hides_no_question_and_is_named(form, sign: str):
    record = read(form("三亿元。").replace("2、", f"{sign}2、"))
    assert answers(record) == ["您好。三亿元。谢谢！", "您好。进展顺利。"]
    assert "不可见字符" in "".join(record.warnings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("form", [plain, tagged, html, markdown])
def test_every_encoding_reads_the_same(form, encoding: str):
    (reading,) = read_records(form("三亿元。").encode(encoding), "case")
    assert answers(reading.record) == ["您好。三亿元。谢谢！", "您好。进展顺利。"]


QA = ("1、研发投入多少？", "您好。研发投入三亿元。", "2、海外进展如何？", "您好。R&D 进展顺利。")
TOLD = ["您好。研发投入三亿元。", "您好。R&D进展顺利。"]


def as_docling(pairs: tuple[str, ...]) -> str:
    """Headings of the second level, padded tables, entities, a comment for each picture."""
    rows = "\n".join(f"| {label:<20} | {value:<40} |" for label, value in ROWS)
    foot = "\n".join(f"| {label} | {value} |" for label, value in FOOT)
    content = "\n\n".join(pairs).replace("&", "&amp;")
    return (
        f"{HEAD[0]}\n\n## {HEAD[1]}\n\n{HEAD[2]}\n\n<!-- image -->\n\n"
        f"{rows.replace(chr(10), f'{chr(10)}|-----|-----|{chr(10)}', 1)}\n\n"
        f"## {CONTENT}\n\n{content}\n\n{foot}\n"
    )


def as_marker(pairs: tuple[str, ...]) -> str:
    """Pages counted from 0, anchors of pages, bold in headings, cells of one line."""
    head = f"{{0}}{'-' * 48}\n\n{HEAD[0]}\n\n# **{HEAD[1]}**\n\n{HEAD[2]}\n\n"
    rows = [*ROWS, (CONTENT, "<br>".join(pairs[:2]))]
    table = "\n".join(f"| **{label}** | {value} |" for label, value in rows)
    more = f'\n\n{{1}}{"-" * 48}\n\n<span id="page-1-0"></span>\n\n'
    rest = f"|  | {'<br>'.join(pairs[2:])} |\n|---|---|\n"
    foot = "\n".join(f"| **{label}** | {value} |" for label, value in FOOT)
    return head + table.replace("\n", "\n|---|---|\n", 1) + more + rest + foot


def as_mineru(pairs: tuple[str, ...]) -> str:
    """One heading, the form a table of HTML on one line."""
    rows = (*ROWS, (CONTENT, "<br>".join(pairs).replace("&", "&amp;")), *FOOT)
    cells = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    table = f"<html><body><table>{cells}</table></body></html>"
    return f"{HEAD[0]}\n\n# {HEAD[1]}\n\n{HEAD[2]}\n\n{table}\n"


def as_markitdown(pairs: tuple[str, ...]) -> str:
    """Of a Word file: the form's first row is the table's head."""
    rows = [*ROWS, (CONTENT, pairs[0]), *(("", one) for one in pairs[1:]), *FOOT]
    table = "\n".join(f"| {label} | {value} |" for label, value in rows)
    return "\n\n".join([*HEAD, table.replace("\n", "\n| --- | --- |\n", 1)])


@pytest.mark.parametrize("convert", [as_docling, as_marker, as_mineru, as_markitdown])
def test_a_form_as_converters_write_it_is_read(convert):
    record = read(convert(QA))
    assert answers(record) == TOLD
    assert [item.question for item in record.questions] == ["研发投入多少？", "海外进展如何？"]
    assert (record.place, record.attachments) == ("公司会议室", ("无",))
    assert not record.warnings


OWN_ROWS = (
    ("现场照片", "见附件"),
    ("证券部经办人", "蔡青、马远"),
    ("后续跟进事项（如有）", "请证券部补充产能数据。"),
)


def as_table(form: str, row: tuple[str, str]) -> str:
    content = (
        CONTENT,
        "<p>1、研发投入多少？</p> <p>三亿元。</p> <p>2、海外进展如何？</p> <p>顺利。</p>",
    )
    rows = [*ROWS, content, row, *FOOT]
    if form == "tagged":
        return "\n".join([*HEAD, *("\t".join((a, f"<p>{b}</p>")) for a, b in rows)])
    if form == "html":
        body = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
        head = "".join(f"<p>{line}</p>" for line in HEAD)
        return f"<!doctype html><html><body>{head}<table>{body}</table></body></html>"
    lines = [f"| {a} | {b.replace('</p> <p>', '<br>').strip('</p>')} |" for a, b in rows]
    return "\n".join([*HEAD, "", lines[0], "| --- | --- |", *lines[1:]])


@pytest.mark.parametrize("row", OWN_ROWS)
@pytest.mark.parametrize("form", ["tagged", "html", "markdown"])
def test_a_row_of_the_foot_that_no_list_knows_is_a_row(form: str, row: tuple[str, str]):
    record = read(as_table(form, row))
    assert answers(record) == ["三亿元。", "顺利。"]
    assert record.other == (row,)


@pytest.mark.parametrize("form", ["tagged", "html", "markdown"])
def test_a_row_of_figures_under_the_content_is_no_row_of_the_form(form: str):
    record = read(as_table(form, ("2025年", "3亿元")))
    assert "3亿元" in answers(record)[-1]
    assert record.other == ()
