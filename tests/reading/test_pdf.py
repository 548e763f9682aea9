"""PDFs as strangers make them: read as a reader sees the page, or refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.errors import ReadingError
from bot.reading.document import read_records
from tests.records.made_up.make_pdfs import FOLDER as MADE_UP
from tests.sheets import (
    CONTENT,
    HEIGHT,
    LEFT,
    MIDDLE,
    RIGHT,
    SIZE,
    WIDTH,
    Sheet,
    foot,
    form,
    head,
    pdf,
    width_of,
)

KINDS = Path(__file__).parents[1] / "records/kinds"
LINES = (
    "1、公司去年的研发投入是多少？",
    "答：您好。研发投入合计三亿元，同比增长。",
    "2、海外业务进展如何？",
    "答：订单稳步增加，主要来自欧洲。谢谢！",
)
WORDS = [
    ("公司去年的研发投入是多少？", "您好。研发投入合计三亿元，同比增长。"),
    ("海外业务进展如何？", "订单稳步增加，主要来自欧洲。谢谢！"),
]
SLANTED = (".87 .5 -.5 .87", ".71 -.71 .71 .71", ".5 .87 -.87 .5")


def read(data: bytes):
    (reading,) = read_records(data, "page.pdf")
    return reading


def said(data: bytes):
    """Questions and answers of a record whose other rows say what they should."""
    reading = read(data)
    record = reading.record
    assert reading.proof.unplaced == ()
    assert [host.printed for host in record.hosts] == ["董事长：林一舟先生"]
    assert (record.attendees, record.place) == ("线上参与的投资者", "公司会议室")
    assert (record.attachments, record.form_dates, record.other) == (("无",), ("2025-05-07",), ())
    return [(item.question, item.answer) for item in record.questions]


def refusal(data: bytes) -> str:
    with pytest.raises(ReadingError) as refused:
        read(data)
    return str(refused.value)


# Pages


@pytest.mark.parametrize("first", [0, 90, 180, 270])
@pytest.mark.parametrize("second", [0, 90, 180, 270])
def test_pages_are_read_as_they_are_turned(first, second):
    sheets = form(LINES[:3], LINES[3:])
    sheets[0].rotate, sheets[1].rotate = first, second
    sheets[0].origin, sheets[1].origin = (120, -40), (-30, 75)
    assert said(pdf(sheets)) == WORDS


@pytest.mark.parametrize("turn", ["0 1 -1 0", "-1 0 0 -1", "0 -1 1 0"])
def test_a_page_whose_words_do_not_stand_upright_is_refused(turn):
    sheets = form(LINES[:3], LINES[3:])
    sheets[1] = Sheet()
    for at, line in enumerate(("明年三月投产。", "日期 2025年5月7日")):
        sheets[1].write(200 + 30 * at, 400, line, turn=turn)
    assert "page.pdf 第2页：这一页的文字是横放或倒放的" in refusal(pdf(sheets))


def test_words_beside_the_text_that_do_not_stand_upright_are_named():
    (sheet,) = form(LINES)
    sheet.write(560, 500, "横排的批注", turn="0 1 -1 0")
    assert "第1页：有横放或倒放的文字：“横排的批注”" in refusal(pdf([sheet]))


@pytest.mark.parametrize("after", [b"\r\n" * 3000, b"<!-- served in 0.2 s -->" * 400, b"\0" * 9000])
def test_what_servers_add_behind_the_end_does_no_harm(after):
    assert said(pdf(form(LINES)) + after) == WORDS


@pytest.mark.parametrize("share", [0.4, 0.7, 0.95])
def test_a_file_that_goes_on_behind_an_early_end_mark_but_stops_is_not_whole(share):
    whole = pdf(form(LINES))
    cut = whole[: int(len(whole) * share)]
    assert "PDF 不完整" in refusal(whole[:9] + b"%%EOF\n" + cut[9:])


# Characters


def test_the_same_bytes_give_the_same_words_whatever_fonts_the_host_has():
    """Lone characters of a font that is not embedded have no shape without a host's font."""
    expected = "没有新增的大客户。", "轴承毛利率为百分之三十，比上年下降五个百分点。"
    record = read((KINDS / "pdf/runs.pdf").read_bytes()).record
    assert {item.answer for item in record.questions} == set(expected)
    assert record.attachments == ("无",)
    assert said(pdf(form(LINES, spread=True))) == WORDS
    spread = form(LINES[:3], LINES[3:], spread=True)
    spread[0].rotate, spread[1].rotate = 90, 270
    assert said(pdf(spread)) == WORDS


@pytest.mark.parametrize("hyphen", ["-", "\u2010", "\u00ad"])
def test_a_typed_hyphen_at_a_lines_end_stays(hyphen):
    lines = (*LINES[:3], f"答：采用 AI{hyphen}", "server 架构，主要来自欧洲。")
    assert said(pdf(form(lines)))[1][1] == f"采用 AI{hyphen}server 架构，主要来自欧洲。"


@pytest.mark.parametrize("meaning", ["\0", "\ufffd", "\ufffe", "\x07", ""])
def test_a_glyph_without_a_character_is_refused_with_the_words_around_it(meaning):
    lines = (*LINES[:3], "答：海外收入8.6亿元，同比增长。")
    assert "海外收入□.6亿元" in refusal(pdf(form(lines), {"8": meaning}))


def test_ligatures_and_bold_drawn_twice_are_no_difference():
    sheets = form((*LINES[:3], "答：采用 o%ce 方案。"))
    assert said(pdf(sheets, {"%": "ffi"}))[1][1] == "采用 office 方案。"
    (sheet,) = form(LINES)
    sheet.drawn += [line.replace("175.00", "175.30") for line in sheet.drawn if "175.00" in line]
    assert said(pdf([sheet])) == WORDS


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_pieces_of_a_line_may_be_drawn_in_any_order(order):
    pieces = ("答：采用 ", "AI server", " 架构的订单稳步增加。")
    sheet = form((*LINES[:3], ""))[0]
    top, x = 60 + 5 * 22 + 4 + 3 * 17, MIDDLE + 5.0
    places = [x + SIZE * width_of("".join(pieces[:at])) for at in range(3)]
    for at in order:
        sheet.write(places[at], top, pieces[at])
    assert said(pdf([sheet]))[1][1] == "采用 AI server 架构的订单稳步增加。"


def test_words_that_a_page_says_otherwise_than_it_shows_are_refused():
    (sheet,) = form(LINES)
    at = next(
        at for at, line in enumerate(sheet.drawn) if LINES[1].encode("utf-16-be").hex() in line
    )
    other = "答：您好。研发投入合计五亿元，同比增长。".encode("utf-16-be").hex()
    sheet.drawn[at] = f"/Span << /ActualText <feff{other}> >> BDC {sheet.drawn[at]} EMC"
    assert "两种读法" in refusal(pdf([sheet]))


@pytest.mark.parametrize(
    "radicals", [{"门": "⻔"}, {"月": "⽉", "日": "⽇"}, {"一": "⼀", "人": "⼈"}]
)
def test_radicals_are_found_as_what_they_look_like_and_stay_as_printed(radicals):
    lines = (*LINES[:3], "答：部门一月的人员工作日不变。")
    plain = pdf(form(lines))
    assert plain != pdf(form(lines), radicals)
    record = read(pdf(form(lines), radicals)).record
    printed = "部门一月的人员工作日不变。".translate(str.maketrans(radicals))
    assert record.questions[1].answer == printed
    assert record.event_date == "2025-05-06"
    assert record.form_dates == ("2025-05-07",)
    assert any("部首字符" in note for note in record.notes)


# The table's rules


@pytest.mark.parametrize("mark", ["，", "。", "）", "告2025-012号，"])
@pytest.mark.parametrize("spread", [False, True])
def test_what_hangs_over_the_tables_rule_stays_in_its_cell(mark, spread):
    full = "答：订单稳步增加收入持续增长订单稳步增加收入持续增长订单稳步增长持"
    assert MIDDLE + 5 + SIZE * len(full) > RIGHT - SIZE
    lines = (*LINES[:3], full + mark, "主要来自欧洲。谢谢！")
    answer = said(pdf(form(lines, spread=spread)))[1][1]
    assert answer == f"{full[2:]}{mark}主要来自欧洲。谢谢！"


def test_a_label_that_runs_over_its_cell_stays_a_label():
    sheet = Sheet()
    head(sheet)
    sheet.row(CONTENT, LINES)
    sheet.row("一个长出格子的栏目名称", ["\u3000\u3000另有说明"])
    foot(sheet)
    assert read(pdf([sheet])).record.other == (("一个长出格子的栏目名称", "另有说明"),)


def test_a_row_without_a_label_is_no_part_of_the_last_answer():
    record = read((KINDS / "pdf/blank_label_row.pdf").read_bytes()).record
    assert record.questions[1].answer == "海外订单平稳。"
    assert record.other == (("（无栏目名）", "无"),)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_questions_in_rows_without_a_label_go_on_the_row_above(count):
    sheet = Sheet()
    head(sheet)
    sheet.row(CONTENT, LINES[:count])
    sheet.row("", LINES[count:])
    foot(sheet)
    assert said(pdf([sheet])) == WORDS


@pytest.mark.parametrize("words", ["无", "本次活动不涉及未公开信息。", "附：演示文稿"])
def test_a_row_without_a_label_below_the_answers_is_kept_apart(words):
    sheet = Sheet()
    head(sheet)
    sheet.row(CONTENT, LINES)
    sheet.row("", [words])
    foot(sheet)
    record = read(pdf([sheet])).record
    assert [(item.question, item.answer) for item in record.questions] == WORDS
    assert record.other == (("（无栏目名）", words),)
    assert any(words in warning for warning in record.warnings) == (words != "无")


# What a reader sees


@pytest.mark.parametrize("turn", SLANTED)
@pytest.mark.parametrize("paint", ["0.8 g", "0 g", ".9 .5 .5 rg"])
@pytest.mark.parametrize("below", [True, False])
def test_slanted_words_are_a_watermark(turn, paint, below):
    sheets = form(LINES[:3], LINES[3:])
    for sheet in sheets:
        over, sheet.drawn = sheet.drawn, []
        for top in range(80, 700, 90):
            sheet.write(200, top, "画页样本机密", turn=turn, paint=paint, size=22)
        sheet.drawn = sheet.drawn + over if below else over + sheet.drawn
    data = pdf(sheets)
    assert said(data) == WORDS
    reading = read(data)
    assert {piece.kind for piece in reading.proof.furniture} >= {"watermark"}
    assert "第1页有水印：“画页样本机密”7处" in reading.record.warnings[0]


@pytest.mark.parametrize(("paint", "size"), [("0.85 g", 60), ("0.8 g", SIZE), ("0.9 .9 1 rg", 30)])
def test_very_light_words_that_stand_apart_are_a_watermark(paint, size):
    (sheet,) = form(LINES)
    sheet.write(200, 700, "内部资料", paint=paint, size=size)
    assert said(pdf([sheet])) == WORDS
    assert "有水印：“内部资料”" in read(pdf([sheet])).record.warnings[0]


def hidden_words(look):
    (sheet,) = form((*LINES[:3], "答：订单稳步增加。"))
    end = MIDDLE + 5 + SIZE * len("答：订单稳步增加。")
    sheet.write(end, 60 + 5 * 22 + 4 + 3 * 17, "（内部批注）", **look)
    return pdf([sheet])


@pytest.mark.parametrize(
    "look",
    [
        {"paint": "1 g"},
        {"paint": "0 g 3 Tr"},
        {"paint": "0 g 7 Tr"},
        {"paint": "0 0 0 0 k"},
        {"paint": "0.99 g"},
        {"paint": "0.8 g"},  # pale, but in the middle of the text
        {"size": 1},
        {"paint": "1 g", "spread": True},  # which pdfium leaves out
        {"paint": "0 g 3 Tr", "spread": True},
    ],
    ids=str,
)
def test_words_that_nobody_sees_are_refused_and_named(look):
    assert "第1页：有看不见的文字" in (reason := refusal(hidden_words(look)))
    assert "“（" in reason
    assert "内" in reason
    (reading,) = read_records(hidden_words(look), "page.pdf", accept_warnings=True)
    assert any("看不见的文字" in warning for warning in reading.record.warnings)


def test_words_outside_of_the_visible_page_are_refused_and_named():
    (sheet,) = form(LINES)
    sheet.crop = (40, 0, WIDTH - 40, HEIGHT - 60)
    assert said(pdf([sheet])) == WORDS
    sheet.write(200, HEIGHT - 30, "印厂批注")
    assert "有看不见的文字（白色、被遮盖、不绘出、极小或在页面之外）：“印厂批注”" in refusal(
        pdf([sheet])
    )


def test_white_words_on_a_dark_cell_are_seen_and_dark_ones_are_not():
    for paint, seen in (("1 g", True), ("0 g", False)):
        (sheet,) = form(LINES)
        over, sheet.drawn = sheet.drawn, []
        sheet.box(LEFT, 61, MIDDLE, 61 + 7 * 22 + 73, "0.1 g")
        sheet.drawn += [
            line.replace("0 g 0 Tr", f"{paint} 0 Tr") if " 75.00 " in line else line
            for line in over
        ]
        if seen:
            assert said(pdf([sheet])) == WORDS
        else:
            assert "有看不见的文字" in refusal(pdf([sheet]))


@pytest.mark.parametrize("paint", ["1 g", "0 g", "1 .9 .2 rg"])
def test_words_that_are_painted_over_are_refused_and_named(paint):
    (sheet,) = form((*LINES, "旧的一行文字。"))
    top = 60 + 5 * 22 + 4 + 4 * 17
    sheet.box(MIDDLE + 2, top, RIGHT - 2, top + 15, paint)
    assert "有看不见的文字" in (reason := refusal(pdf([sheet])))
    assert "“旧的一行文字。”" in reason


# Others' files


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("pdf/two90.pdf", "新厂房预计今年十月完工，明年三月开始试生产。"),
        ("pdf/two_wm.pdf", "新厂房预计今年十月完工，明年三月开始试生产。"),
        ("pdf/watermark_tiles.pdf", "海外工厂预计在今年年底前投产，首期产能两万台。"),
        (
            "hostile/c15_hanging_mark.pdf",
            "您好。公司海外业务进展顺利订单稳步增加预计收入持续增长，谢谢各位投资者。",
        ),
        (
            "hostile/c16_over_the_rule.pdf",
            "您好。公司海外业务进展顺利订单稳步增加预计二零二五年收入详见公告2025-012号。谢谢！",
        ),
        ("hostile/c17_watermark.pdf", "您好。海外业务进展顺利，订单稳步增加。谢谢！"),
    ],
)
def test_every_word_stands_where_it_was_printed(name, held):
    reading = read((KINDS / name).read_bytes())
    record = reading.record
    assert record.questions[1].answer == held
    assert len(record.questions) == (4 if name.startswith("hostile") else 3)
    assert record.attachments == ("无",)
    assert record.form_dates == ("2025-05-07",)
    named = any("水印" in warning for warning in record.warnings)
    assert named == ("wm" in name or "watermark" in name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hostile/c18_glyph_u0000.pdf", "海外收入□.6亿元"),
        ("hostile/c19_white_words.pdf", "（内部批注）"),
    ],
)
def test_what_cannot_be_known_is_refused_and_named(name, words):
    assert words in refusal((KINDS / name).read_bytes())


def test_every_made_up_pdf_is_witnessed_without_a_warning_of_sight():
    for path in sorted(MADE_UP.glob("pdf_*.pdf")):
        if path.with_suffix(".json").exists():
            expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            record = read(path.read_bytes()).record
            assert len(record.questions) == len(expected["questions"])
            assert not any("水印" in warning for warning in record.warnings)
