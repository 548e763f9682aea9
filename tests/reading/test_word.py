"""Word documents: what Word shows is read, what it hides is named, what attacks is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ReadingError
from bot.ingest.importing import Options, import_files
from bot.ingest.verifying import verify_records
from bot.reading.document import read_records
from bot.reading.word.numbers import written
from bot.store import Store
from tests.word_files import (
    cell,
    form,
    level,
    listed,
    lists,
    paragraph,
    row,
    run,
    table,
    word,
)

MADE_UP = Path(__file__).parents[1] / "records/made_up"
PAIR = Path(__file__).parents[1] / "records/pair"
ASKED, SAID = "1、公司今年分红吗？", "答：您好。每10股派3元。"
NEXT, SAID_NEXT = "2、海外订单如何？", "答：订单稳定。"
ALL = (ASKED, SAID, NEXT, SAID_NEXT)


def reading(body, parts=None, **more):
    (found,) = read_records(word(body, parts, **more), "记录.docx")
    return found


def pairs(body, parts=None, **more):
    """Label and question, and the answer, as they are stored."""
    found = reading(body, parts, **more).record.questions
    return [((one.printed_label or "") + one.question, one.answer) for one in found]


def first(body, parts=None, **more):
    return pairs(body, parts, **more)[0]


def refusal(data):
    with pytest.raises(ReadingError) as refused:
        read_records(data, "记录.docx")
    assert "\n" not in str(refused.value)
    return str(refused.value)


# One record in two forms


def test_the_same_record_from_word_and_from_pdf_is_one_version_with_two_sources(tmp_path):
    gold = json.loads((PAIR / "gold.json").read_text(encoding="utf-8"))
    store = Store(tmp_path / "irbot.db")
    outcomes = list(import_files(store, [PAIR / "rec.docx", PAIR / "rec.pdf"], Options()))
    assert [outcome.status for outcome in outcomes] == ["imported", "unchanged"]
    one, other = (outcome.readings[0].record for outcome in outcomes)
    read = [[(item.printed_label or "") + item.question, item.answer] for item in one.questions]
    assert read == gold["qa"]
    unpaged = [
        replace(record, questions=tuple(replace(item, page=1) for item in record.questions))
        for record in (one, other)
    ]
    assert unpaged[0] == unpaged[1]
    (stored,) = store.records()
    assert stored.version == 1
    assert [source.file.rpartition("/")[2] for source in stored.sources] == ["rec.docx", "rec.pdf"]
    assert [checked.differences for checked in verify_records(store)] == [()]


# Lists: numbers that stand nowhere in the text


@pytest.mark.parametrize(
    ("definition", "labels"),
    [
        (level(0, "decimal", "%1、"), ["1、", "2、", "3、"]),
        (level(0, "decimal", "%1."), ["1.", "2.", "3."]),
        (level(0, "decimal", "Q%1："), ["Q1：", "Q2：", "Q3："]),
        (level(0, "chineseCounting", "%1、"), ["一、", "二、", "三、"]),
        (level(0, "chineseCountingThousand", "问题%1："), ["问题一：", "问题二：", "问题三："]),
        (level(0, "japaneseCounting", "（%1）"), ["（一）", "（二）", "（三）"]),
        (level(0, "decimalFullWidth", "%1、"), ["１、", "２、", "３、"]),
    ],
)
def test_numbers_of_a_list_are_read_as_word_prints_them(definition, labels):
    asked = ["公司今年分红吗？", "海外订单如何？", "产能利用率是多少？"]
    content = [line for one in asked for line in (listed(one), SAID)]
    read = pairs(form(*content), {"numbering": lists(definition)})
    assert read == [
        (label + question, SAID.removeprefix("答："))
        for label, question in zip(labels, asked, strict=True)
    ]


def test_levels_count_apart_and_begin_anew_below_each_number():
    levels = level(0, "decimal", "%1、") + level(1, "decimal", "%1.%2)")
    content = [
        listed("公司今年分红吗？"),
        "答：分两次。",
        listed("中期。", level=1),
        listed("末期。", level=1),
        listed("海外订单如何？"),
        "答：分两地。",
        listed("欧洲。", level=1),
    ]
    read = pairs(form(*content), {"numbering": lists(levels)})
    assert read == [
        ("1、公司今年分红吗？", "分两次。\n1.1) 中期。\n1.2) 末期。"),
        ("2、海外订单如何？", "分两地。\n2.1) 欧洲。"),
    ]


def test_a_second_list_goes_on_counting_unless_it_says_where_it_begins():
    again = (
        '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="3"><w:abstractNumId w:val="1"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    numbering = lists(level(0, "decimal", "（%1）"), more=again)
    items = [listed("甲。", 1), listed("乙。", 2), listed("丙。", 3), listed("丁。", 3)]
    answer = first(form(ASKED, SAID, *items, NEXT, SAID_NEXT), {"numbering": numbering})[1]
    assert answer.split("\n")[1:] == ["（1）甲。", "（2）乙。", "（1）丙。", "（2）丁。"]


def test_a_list_may_be_named_by_the_style_of_a_paragraph():
    styles = (
        '<w:style w:type="paragraph" w:styleId="Base">'
        '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
        '</w:pPr></w:style><w:style w:type="paragraph" w:styleId="Asked"><w:basedOn w:val="Base"/>'
        "</w:style>"
    )
    ask = [
        paragraph(one, '<w:pStyle w:val="Asked"/>') for one in ("今年分红吗？", "海外订单如何？")
    ]
    parts = {"styles": styles, "numbering": lists(level(0, "decimal", "%1、"))}
    read = pairs(form(ask[0], SAID, ask[1], SAID_NEXT), parts)
    assert [question for question, _ in read] == ["1、今年分红吗？", "2、海外订单如何？"]


def test_a_form_of_numbers_that_nobody_knows_is_not_guessed():
    data = word(
        form(listed("今年分红吗？"), SAID), {"numbering": lists(level(0, "hebrew2", "%1、"))}
    )
    assert "hebrew2" in refusal(data)


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("chineseCounting", {10: "十", 11: "十一", 20: "二十", 99: "九十九"}),
        ("chineseCountingThousand", {10: "十", 100: "一百", 103: "一百零三", 110: "一百一十"}),
        ("chineseLegalSimplified", {1: "壹", 10: "壹拾", 21: "贰拾壹"}),
        ("ideographDigital", {9: "九", 10: "一〇", 24: "二四"}),
        ("ideographTraditional", {1: "甲", 10: "癸", 11: "11"}),
        ("ideographZodiac", {1: "子", 12: "亥"}),
        ("ideographZodiacTraditional", {1: "甲子", 13: "丙子", 60: "癸亥"}),
        ("decimalEnclosedCircle", {1: "①", 20: "⑳", 21: "21"}),
        ("decimalEnclosedParen", {2: "⑵"}),
        ("upperRoman", {4: "IV", 1994: "MCMXCIV"}),
        ("upperLetter", {1: "A", 26: "Z", 27: "AA"}),
        ("decimalZero", {7: "07", 12: "12"}),
    ],
)
def test_how_numbers_are_written(kind, numbers):
    assert {number: written(number, kind) for number in numbers} == numbers


# What Word shows


def test_changes_that_were_tracked_are_read_as_accepted_and_named():
    said = (
        run("答：每10股派")
        + f'<w:del w:id="1">{run("2").replace("w:t", "w:delText")}</w:del>'
        + f'<w:ins w:id="2">{run("3")}</w:ins>'
        + run("元。")
        + f'<w:moveFrom w:id="3">{run("旧处的话。")}</w:moveFrom>'
        + f'<w:moveTo w:id="4">{run("新处的话。")}</w:moveTo>'
    )
    found = reading(form(ASKED, paragraph(said), NEXT, SAID_NEXT))
    assert found.record.questions[0].answer == "每10股派3元。新处的话。"
    warned = "\n".join(found.record.warnings)
    assert "修订（4处）" in warned
    assert "旧处的话" in warned


def test_a_paragraph_whose_end_was_deleted_goes_on_in_the_next():
    torn = paragraph(run("答：每10股"), '<w:rPr><w:del w:id="1"/></w:rPr>')
    assert first(form(ASKED, torn, paragraph("派3元。"), NEXT, SAID_NEXT))[1] == "每10股派3元。"


def test_rows_that_were_deleted_or_hidden_are_no_rows():
    foot = (
        '<w:tr><w:trPr><w:del w:id="1"/></w:trPr>' + cell("地点") + cell("旧会议室") + "</w:tr>"
        "<w:tr><w:trPr><w:hidden/></w:trPr>"
        + cell("附注")
        + cell("内部使用")
        + "</w:tr>"
        + row("附件清单（如有）", "无")
    )
    found = reading(form(*ALL, foot=foot))
    assert found.record.place == "公司会议室"
    assert "旧会议室" in "".join(found.record.warnings)
    assert "内部使用" in "".join(found.record.warnings)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        # a content control, a smart tag, a link, a field's kept result, a nested field
        (
            f"<w:sdt><w:sdtPr/><w:sdtContent>{run('答：派3元。')}</w:sdtContent></w:sdt>",
            "派3元。",
        ),
        (f'{run("答：见")}<w:smartTag w:element="date">{run("5月6日")}</w:smartTag>', "见5月6日"),
        (
            f'{run("答：见")}<w:hyperlink r:id="rl">{run("公告")}</w:hyperlink>{run("。")}',
            "见公告。",
        ),
        (
            f'{run("答：共")}<w:fldSimple w:instr="PAGE">{run("3")}</w:fldSimple>{run("页")}',
            "共3页",
        ),
        (
            run("答：共")
            + '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            + "<w:r><w:instrText>IF </w:instrText></w:r>"
            + '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>REF a</w:instrText>'
            + f'</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("码")}'
            + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
            + f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("30")}'
            + f'<w:r><w:fldChar w:fldCharType="end"/></w:r>{run("页。")}',
            "共30页。",
        ),
        # line breaks, tabs, hyphens, symbols
        ("<w:r><w:t>答：甲。</w:t><w:br/><w:t>乙。</w:t></w:r>", "甲。\n乙。"),
        ('<w:r><w:t>答：甲。</w:t><w:br w:type="page"/><w:t>乙。</w:t></w:r>', "甲。\n乙。"),
        ("<w:r><w:t>答：甲</w:t><w:tab/><w:t>乙</w:t></w:r>", "甲\t乙"),
        (
            "<w:r><w:t>答：A</w:t><w:noBreakHyphen/><w:t>B股，国</w:t><w:softHyphen/>"
            "<w:t>际。</w:t></w:r>",
            "A-B股，国际。",
        ),
        ('<w:r><w:t>答：已</w:t><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "已✓"),
        (run("答：已") + run("R", '<w:rFonts w:ascii="Wingdings 2"/>'), "已☑"),
        # several runs, some of them bold; an element that no rule knows
        (f"{run('答：', '<w:b/>')}{run('每10股')}{run('派3元。', '<w:b/>')}", "每10股派3元。"),
        (f"<w:unheard>{run('答：派3元。')}</w:unheard>", "派3元。"),
        # a ruby's base, a formula
        (
            f"{run('答：')}<w:r><w:ruby><w:rt>{run('pai')}</w:rt><w:rubyBase>{run('派')}</w:rubyBase>"
            "</w:ruby></w:r>",
            "派",
        ),
        (f"{run('答：')}<m:oMath><m:r><m:t>x=3</m:t></m:r></m:oMath>", "x=3"),
        # the same words in two ways
        (
            f"{run('答：')}<mc:AlternateContent><mc:Choice>{run('派3元。')}"
            f"</mc:Choice><mc:Fallback>{run('派3元。')}</mc:Fallback></mc:AlternateContent>",
            "派3元。",
        ),
    ],
)
def test_what_stands_inside_a_paragraph(said, answer):
    body = form(ASKED, paragraph(said), NEXT, SAID_NEXT)
    read = pairs(body, links={"rl": "https://www.cninfo.com.cn/x"})
    assert read == [(ASKED, answer), (NEXT, "订单稳定。")]


def test_hidden_words_are_left_out_and_named():
    styles = '<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    said = (
        run("答：派3元。")
        + run("内部：不超过5元。", "<w:vanish/>")
        + run("底线4元。", '<w:rStyle w:val="Secret"/>')
        + run("以公告为准。", '<w:rStyle w:val="Secret"/><w:vanish w:val="0"/>')
    )
    found = reading(form(ASKED, paragraph(said), NEXT, SAID_NEXT), {"styles": styles})
    assert found.record.questions[0].answer == "派3元。以公告为准。"
    (warned,) = found.record.warnings
    assert "内部：不超过5元。底线4元。" in warned


@pytest.mark.parametrize("mark", ["strike", "dstrike"])
def test_words_that_are_struck_out_are_for_a_person_to_decide(mark):
    said = run("答：派") + run("2元", f"<w:{mark}/>") + run("3元。")
    assert "删除线" in refusal(word(form(ASKED, paragraph(said), NEXT, SAID_NEXT)))


@pytest.mark.parametrize(
    ("mark", "is_seen"),
    [
        ('<w:color w:val="FFFFFF"/>', False),
        ('<w:sz w:val="2"/>', False),
        ('<w:color w:val="ffffff"/><w:shd w:fill="C00000"/>', True),
        ('<w:color w:val="FF0000"/><w:sz w:val="21"/>', True),
    ],
)
def test_words_that_nobody_sees_are_for_a_person_to_decide(mark, is_seen):
    body = form(ASKED, paragraph(run("答：派3元") + run("不派", mark)), NEXT, SAID_NEXT)
    if is_seen:
        assert first(body)[1] == "派3元不派"
    else:
        assert "看不见的文字" in refusal(word(body))


# Tables


def test_tables_inside_an_answer_are_its_words_in_order():
    inner = table(row("项目", "金额"), row("分红", cell("3亿元", table(row("其中", "1亿元")))))
    answer = first(form(ASKED, SAID, inner, "以上请查收。", NEXT, SAID_NEXT))[1]
    assert "".join(answer.split()) == "您好。每10股派3元。项目金额分红3亿元其中1亿元以上请查收。"


def test_merged_cells_are_read_once():
    label = cell("投资者关系活动主要内容介绍", properties='<w:vMerge w:val="restart"/>')
    goes_on = cell(properties="<w:vMerge/>")
    body = form(*ALL).replace(
        row("投资者关系活动主要内容介绍", cell(*ALL)),
        row(label, cell(ASKED, SAID, properties='<w:gridSpan w:val="3"/>'))
        + row(goes_on, cell(NEXT, SAID_NEXT, properties='<w:gridSpan w:val="3"/>')),
    )
    assert pairs(body) == [(ASKED, "您好。每10股派3元。"), (NEXT, "订单稳定。")]


def test_a_form_inside_a_table_of_one_cell_is_the_form():
    assert pairs(table(row(cell(form(*ALL), "<w:p/>")))) == pairs(form(*ALL))


def test_a_form_without_a_table_is_read_by_its_labels():
    lines = [
        "证券代码：399999 证券简称：测试股份",
        "测试股份有限公司投资者关系活动记录表",
        "编号：2026-001",
        "投资者关系活动类别：☑业绩说明会",
        "时间：2026年5月6日 15:00-16:00",
        "地点：公司会议室",
        "上市公司接待人员姓名：董事长：林一舟",
        "投资者关系活动主要内容介绍：",
        *ALL,
        "附件清单（如有）：无",
        "日期：2026年5月7日",
    ]
    assert pairs("".join(map(paragraph, lines))) == pairs(form(*ALL))


@pytest.mark.parametrize(
    "box",
    [
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="{on}"/>'
        '</w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>',
        '<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:sym w:font="Wingdings" w:char="F0{sign}"/></w:r>'
        "</w:sdtContent></w:sdt>",
        '<w:r><w:rPr><w:rFonts w:ascii="Wingdings"/></w:rPr><w:t>&#xF0{sign};</w:t></w:r>',
    ],
)
def test_boxes_that_are_ticked(box):
    ticked, empty = box.format(on=1, sign="FE"), box.format(on=0, sign="A8")
    line = paragraph(empty + run("特定对象调研 ") + ticked + run("路演活动"))
    body = form(*ALL).replace(
        row("投资者关系活动类别", "☑业绩说明会 □路演活动"), row("投资者关系活动类别", cell(line))
    )
    assert reading(body).record.activities == ("路演活动",)


# What stands beside the text


def test_heads_feet_and_notes_are_named_and_no_words_of_the_record():
    note = f'<w:footnote w:id="2">{paragraph("数据未经审计。")}</w:footnote>'
    said = paragraph(run("答：派3元。") + '<w:r><w:footnoteReference w:id="2"/></w:r>')
    parts = {
        "header": paragraph("测试股份 2026 年度投资者交流"),
        "footer": paragraph("第 1 页 共 3 页"),
        "footnotes": '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>' + note,
        "comments": '<w:comment w:id="1"><w:p/></w:comment>',
    }
    found = reading(form(ASKED, said, NEXT, SAID_NEXT), parts)
    assert found.record.questions[0].answer == "派3元。"
    aside = {(piece.kind, piece.text) for piece in found.proof.furniture}
    assert {
        ("running head", "测试股份 2026 年度投资者交流"),
        ("page number", "第 1 页 共 3 页"),
        ("footnote", "数据未经审计。"),
    } <= aside
    warned = "\n".join(found.record.warnings)
    assert "数据未经审计" in warned
    assert "1条批注" in warned


def test_a_head_of_pages_says_the_code_where_the_body_does_not():
    parts = {"header": paragraph("证券代码：399999\t证券简称：测试股份")}
    found = reading(form(*ALL, head=""), parts).record
    assert (found.id, found.company_name) == ("399999/2026-001", "测试股份")


def box_of(words):
    inside = f"<w:txbxContent>{paragraph(words)}</w:txbxContent>"
    return (
        '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>'
        f"{inside}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{inside}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


def test_text_boxes_are_the_head_s_lines_or_aside_or_for_a_person_to_decide():
    head = paragraph(box_of("证券代码：399999 证券简称：测试股份"))
    assert first(head + form(*ALL, head="")) == (ASKED, "您好。每10股派3元。")
    stamped = form(ASKED, paragraph(run(SAID) + box_of("内部资料")), NEXT, SAID_NEXT)
    found = reading(stamped)
    assert found.record.questions[0].answer == "您好。每10股派3元。"
    assert ("text box", "内部资料") in {(one.kind, one.text) for one in found.proof.furniture}
    more = box_of("补充：公司未来三年每年现金分红不低于当年可分配利润的百分之三十。")
    body = form(ASKED, paragraph(run(SAID) + more), NEXT, SAID_NEXT)
    assert "文本框" in refusal(word(body))


# Bad input


def bomb():
    return word(form(*ALL), raw={"word/media/image1.bmp": b"\0" * (300 << 20)})


ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (lambda: bomb(), "压缩炸弹"),
        (lambda: word(form(*ALL), raw={"../../etc/cron.d/x": b"x"}), "越出文件的路径"),
        (lambda: word(form(*ALL), raw={"word\\..\\x": b"x"}), "越出文件的路径"),
        (lambda: word(form(*ALL), raw={"WORD/document.xml": b"<x/>"}), "同名"),
        (lambda: word(form(*ALL), raw={"word/a.xml": ENTITY + b"<x>&b;</x>"}), "实体"),
        (
            # behind so much white space that no look at the beginning finds it
            lambda: word(form(*ALL), raw={"word/a.xml": b" " * 40_000 + ENTITY + b"<x>&b;</x>"}),
            "实体",
        ),
        (
            lambda: word(form(*ALL), raw={"word/a.xml": ENTITY.decode().encode("utf-16") + b""}),
            "Word 文件",
        ),
        (lambda: word("<w:p><w:r>"), "损坏"),
        (lambda: word(form(*ALL))[:-300], "损坏"),
        (lambda: word(form(*ALL) + '<w:altChunk r:id="x"/>'), "嵌有另一个文件"),
        (lambda: b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), "另存为 .docx"),
        (lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (lambda: b"{\\rtf1 x}", "RTF"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_in_one_line(data, told, tmp_path):
    path = tmp_path / "记录.docx"
    path.write_bytes(data())
    store = Store(tmp_path / "irbot.db")
    (outcome,) = import_files(store, [path], Options(), frozenset([path]))
    assert outcome.status == "refused"
    assert told in outcome.reason
    assert "\n" not in outcome.reason
    assert store.records() == []


def test_words_that_the_reader_missed_are_found_by_the_other_count():
    odd = paragraph(run(SAID), "<w:t>不该在此</w:t>")
    assert "有 4 个字未能从文件中取出" in refusal(word(form(ASKED, odd, NEXT, SAID_NEXT)))


def test_a_blank_between_runs_stays_a_blank():
    said = run("答：R") + run(" ") + run("D") + '<w:r><w:t xml:space="preserve">  投入</w:t></w:r>'
    assert first(form(ASKED, paragraph(said), NEXT, SAID_NEXT))[1] == "R D  投入"


def test_a_hidden_paragraph_of_a_list_is_not_counted():
    hidden = paragraph(
        run("草稿。", "<w:vanish/>"),
        '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr><w:vanish/></w:rPr>',
    )
    content = (listed("今年分红吗？"), SAID, hidden, listed("海外订单如何？"), SAID_NEXT)
    read = pairs(form(*content), {"numbering": lists(level(0, "decimal", "%1、"))})
    assert [question for question, _ in read] == ["1、今年分红吗？", "2、海外订单如何？"]


def test_rows_of_two_labels_are_two_rows():
    apart = row("时间", "2026年5月6日 15:00-16:00") + row("地点", "公司会议室")
    beside = row("时间", "2026年5月6日 15:00-16:00", "地点", "公司会议室")
    assert apart in form(*ALL)
    assert reading(form(*ALL).replace(apart, beside)).record == reading(form(*ALL)).record


def test_two_records_in_one_document_are_two():
    other = form(ASKED, "答：不分红。").replace("2026-001", "2026-002").replace("5月6日", "6月6日")
    found = read_records(word(form(*ALL) + other), "记录.docx")
    assert [(one.record.id, one.record.event_date) for one in found] == [
        ("399999/2026-001", "2026-05-06"),
        ("399999/2026-002", "2026-06-06"),
    ]
    assert [len(one.record.questions) for one in found] == [2, 1]


def test_a_question_and_its_answer_may_be_parted_by_line_breaks_alone():
    inside = "<w:r>" + "<w:br/>".join(f"<w:t>{line}</w:t>" for line in ALL) + "</w:r>"
    assert pairs(form(paragraph(inside))) == pairs(form(*ALL))


def fraction(*parts):
    return "".join(f"<m:{name}><m:r><m:t>{text}</m:t></m:r></m:{name}>" for name, text in parts)


@pytest.mark.parametrize(
    "formula",
    [
        f"<m:f>{fraction(('num', '1'), ('den', '2'))}</m:f>",
        f"<m:sSup>{fraction(('e', '10'), ('sup', '8'))}</m:sSup>",
        f"<m:rad>{fraction(('e', '2'))}</m:rad>",
    ],
)
def test_a_formula_that_means_by_its_places_is_never_one_line(formula):
    said = paragraph(run("答：约为") + f"<m:oMath>{formula}</m:oMath>" + run("。"))
    assert "连成一行会读错" in refusal(word(form(ASKED, said)))


def test_a_formula_in_one_line_is_its_words():
    said = paragraph(run("答：设") + "<m:oMath><m:r><m:t>x=3</m:t></m:r></m:oMath>" + run("。"))
    assert first(form(ASKED, said))[1] == "设x=3。"


COUNTED = table(row("序号", "项目", "金额"), row("1", "甲", "100"), row("2", "乙", "2"))
CELLS = "序号\n项目\n金额\n1\n甲\n100\n2\n乙\n2"


def test_numbers_in_the_cells_of_a_table_are_words_and_no_page_numbers():
    said = first(form(ASKED, "答：如下表：", COUNTED, paragraph("以上。")))
    assert said[1] == f"如下表：\n{CELLS}\n以上。"
    plain = pairs(form(ASKED, "答：如下表：", COUNTED, paragraph("以上。"), NEXT, SAID_NEXT))
    assert [answer for _, answer in plain] == [said[1], "订单稳定。"]


def test_a_table_in_a_page_keeps_its_numbers_too():
    def html(*rows):
        return "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in rows)

    counted = html(("序号", "项目", "金额"), ("1", "甲", "100"), ("2", "乙", "2"))
    rows = [
        ("投资者关系活动类别", "☑业绩说明会"),
        ("参与单位名称及人员姓名", "线上投资者"),
        ("时间", "2026年5月6日"),
        ("地点", "公司会议室"),
        ("上市公司接待人员姓名", "董事长：林一舟"),
        (
            "投资者关系活动主要内容介绍",
            f"<p>{ASKED}</p><p>答：如下表：</p><table>{counted}</table><p>以上。</p>",
        ),
        ("日期", "2026年5月7日"),
    ]
    head = "<p>证券代码：399999 证券简称：测试股份</p><p>测试股份投资者关系活动记录表</p>"
    page = f"<html><body>{head}<p>编号：2026-001</p><table>{html(*rows)}</table></body></html>"
    (found,) = read_records(page.encode(), "记录.html")
    assert found.record.questions[0].answer == f"如下表：\n{CELLS}\n以上。"
