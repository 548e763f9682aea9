"""One made-up document for each kind of fault seen in filed records, and neighbours of each.

`records/kinds/NAME.expected.json` says what a person reads on the page, white space apart:
`…_contain` names words of a field, `must_stand_somewhere` words of the whole record.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ReadingError
from bot.ingest.importing import Options, import_files
from bot.reading.document import read_records
from bot.record import Record
from bot.store import Store
from handlers.json_output import record_json

FOLDER = Path(__file__).parents[1] / "records/kinds"
DOCUMENTS = sorted(
    path for path in FOLDER.iterdir() if path.is_file() and path.suffix in (".txt", ".md", ".pdf")
)


def squashed(value: object) -> str:
    return "".join(str(value).split())


def flat(value: object) -> list[str]:
    """Every string in a value, in order, without white space."""
    if isinstance(value, dict):
        return [text for item in value.items() for text in flat(list(item))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in flat(item)]
    return [] if value is None else [squashed(value)]


def compare(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    """All fields of an expected file against the object of `show --json`."""
    for name, value in expected.items():
        if name == "status":
            continue
        if name == "must_stand_somewhere":
            for words in value:
                assert squashed(words) in "".join(flat(shown)), words
        elif name.endswith(("_contain", "_contains")):
            held = "".join(flat(shown[name.rpartition("_")[0]]))
            for words in value:
                assert squashed(words) in held, (name, words)
        elif name == "questions":
            seen = [[item["question_no"], item["question"], item["answer"]] for item in shown[name]]
            wanted = [[item["no"], item["question"], item["answer"]] for item in value]
            assert flat(seen) == flat(wanted)
        elif name == "event_dates":
            assert [{key: dates[key] for key in value[0]} for dates in shown[name]] == value
        elif name == "hosts":
            assert flat([[host["title"], host["name"]] for host in shown[name]]) == flat(value)
        elif name == "narrative":
            seen = [[item["heading"], item["text"]] for item in shown[name]]
            assert flat(seen) == flat([[item["heading"], item["text"]] for item in value])
        else:
            assert flat(shown[name]) == flat(value), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_kind_of_fault_is_read_as_a_person_reads_it(document, tmp_path):
    expected = json.loads(document.with_suffix(".expected.json").read_text(encoding="utf-8"))
    store = Store(tmp_path / "irbot.db")
    (outcome,) = import_files(store, [document], Options())
    assert outcome.status == expected["expected"]["status"], outcome.reason
    shown = record_json(store.record(outcome.records[0].id))
    compare(shown, expected["expected"])


# Words that a reader takes for something else


FIRST = ("公司去年的研发投入是多少？", "您好。公司去年研发投入合计三亿元，同比有所增长。谢谢！")
THIRD = ("公司今年是否有分红计划？", "您好。分红方案请以公司公告为准。谢谢！")
FOURTH = ("公司产能利用率怎么样？", "您好。公司产能利用率处于较高水平。谢谢！")
ABROAD = "公司海外业务进展如何？"
HOSTILE = {
    "c01_bar_row": (ABROAD, "您好。前文如下。| 年份 | 营收 |后文在此。谢谢！"),
    "c02_tab_row": (ABROAD, "您好。前文如下。营业收入3亿元后文在此。谢谢！"),
    "c03_attachment_line": (ABROAD, "您好。前文如下。附件1：说明后文在此。谢谢！"),
    "c04_date_line": (ABROAD, "您好。前文如下。日期：2025年5月1日后文在此。谢谢！"),
    "c05_recorder_line": (ABROAD, "您好。前文如下。记录人：张三后文在此。谢谢！"),
    "c06_hash_in_plain": (ABROAD, "您好。R&amp;D如下。# 一号线**重要**。谢谢！"),
    "c07_first_words_A": (ABROAD, "A、B两个项目均已投产。谢谢！"),
    "c08_A_inside_unlabelled": (ABROAD, "您好。分两期。A. 一期已投产。B. 二期在建。"),
    "c09_dash_line": (ABROAD, "您好。2023年：——2024年：3亿元。"),
    "c10_page_number_like": (ABROAD, "您好。完成比例：1/1谢谢！"),
    "c11_answer_mark_in_question": (
        "公司的有投资者问：什么？答：这样。业务如何？",
        "您好。海外业务进展顺利，订单稳步增加。谢谢！",
    ),
    "c12_heading_last": (ABROAD, "您好。前文如下。一、经营情况"),
}


def pairs(record: Record) -> list[tuple[str, str]]:
    return [(squashed(item.question), squashed(item.answer)) for item in record.questions]


@pytest.mark.parametrize("name", HOSTILE)
def test_words_that_look_like_something_else_stay_as_printed(name):
    (document,) = (FOLDER / "hostile").glob(f"{name}.*")
    (reading,) = read_records(document.read_bytes(), document.name)
    wanted = [FIRST, HOSTILE[name], THIRD, FOURTH]
    assert pairs(reading.record) == [(squashed(one), squashed(other)) for one, other in wanted]


# Neighbours: the same kinds in other words


def form(content: str, foot: str = "附件清单（如有） 无\n日期 2026 年 5 月 7 日") -> bytes:
    return f"""证券代码：399999 证券简称：测试股份
测试科技股份有限公司
投资者关系活动记录表
编号：2026-001
投资者关系活动
类别
√特定对象调研 □分析师会议
□业绩说明会 □其他
参与单位名称及
人员姓名
甲方基金、乙方证券
时间 2026 年 5 月 6 日 15:00-16:00
地点 公司会议室
上市公司接待人
员姓名
董事会秘书：张三
投资者关系活动
主要内容介绍
{content}
{foot}
""".encode()


def read(content: str, **foot: str) -> Record:
    (reading,) = read_records(form(content, **foot), "made-up.txt")
    return reading.record


NUMBERED = "1、新产线何时投产？\n答：预计年底投产。\n2、海外订单如何？\n答：海外订单平稳。"
UNLABELLED = "1、新产线何时投产？\n预计年底投产。\n2、海外订单如何？\n海外订单平稳。"
PREFIXED = "Q1：新产线何时投产？\nA1：预计年底投产。\nQ2：海外订单如何？\nA2：海外订单平稳。"
PAIRS = [("新产线何时投产？", "预计年底投产。"), ("海外订单如何？", "海外订单平稳。")]

CLOSINGS = (
    "活动结束。",
    "会议结束",
    "本次交流活动到此结束。",
    "至此，本次业绩说明会圆满结束。",
    "3、会议结束。",
    "三、活动结束。",
    "（三）调研结束。",
    "注：本次活动未涉及应披露重大信息。",
    "备注：接待过程中，公司严格按照规定，没有出现未公开重大信息泄露等情况。",
    "说明：本次会议不存在未公开重大信息泄露的情形。",
    "本次活动没有涉及应披露重大信息的情况。",
    "本次调研过程中未发生未公开重大信息泄露的情况。",
    "接待过程中，公司与投资者进行了充分的交流，并严格按照制度规定，没有出现未公开重大信息泄露等情况。",
    "以上内容不构成公司的盈利预测。",
    "参会人员均签署了承诺书，本次交流不涉及应披露的重大信息。",
    "调研机构已签署调研承诺书。",
    "参会机构名单：甲方基金、乙方证券、丙方资管、丁方保险",
    "主持人致闭幕辞，感谢各位莅临。",
    "主持人：感谢各位的参与，说明会到此结束，再见！",
    "会后，投资者参观了公司的展厅。",
    "（本页无正文）",
    "【完】",
    "其余问题因时间关系，公司将在互动平台回复。",
    "本次调研共持续约60分钟。",
    "接待人员已按规定对本次活动内容进行记录。",
    "以上为本次交流的主要内容。",
    "以上信息仅供参考，不构成投资建议。",
    "调研活动于15:30圆满结束。",
    "会议主持人宣布会议结束，与会人员合影留念。",
    "最后，公司管理层向投资者赠送了纪念品。",
    "投资者提问环节结束，随后参观了二期工厂。",
    "谢谢大家！今天的交流就到这里。",
    "本记录经参会投资者确认无误。",
    "（记录整理：证券部）",
    "参加人员签名：",
    "特此公告。",
)


@pytest.mark.parametrize("closing", CLOSINGS)
@pytest.mark.parametrize("content", [NUMBERED, UNLABELLED, PREFIXED], ids=["答", "none", "Q"])
def test_closing_words_are_no_part_of_the_last_answer(content, closing):
    record = read(f"{content}\n{closing}")
    assert pairs(record) == PAIRS
    kept = [item.text for item in record.narrative] + ["：".join(row) for row in record.other]
    assert closing in kept


def test_closing_words_are_told_behind_an_opening_that_closes_too():
    record = read(
        f"一、致辞\n主持人宣布会议开始。\n二、参观展厅\n三、问答\n{PREFIXED}\n四、会议结束。"
    )
    assert pairs(record) == PAIRS
    assert record.narrative[-1].text == "四、会议结束。"


@pytest.mark.parametrize(
    "heading",
    [
        ("第一部分 公司介绍", "第二部分 提问回答", "第三部分 总结"),
        ("第一节 基本情况", "第二节 问答环节", "第三节 结束语"),
        ("一、公司介绍", "二、问答环节", "三、总结发言"),
        ("一、公司介绍", "二、投资者提问及回复", "三、参观生产线"),
    ],
)
def test_a_section_behind_the_questions_is_narrative(heading):
    first, second, third = heading
    words = "本次会议解答了各方关心的问题。"
    record = read(f"{first}\n公司生产测试设备。\n{second}\n{PREFIXED}\n{third}\n{words}")
    assert pairs(record) == PAIRS
    assert [(item.heading, item.text) for item in record.narrative] == [
        (first, "公司生产测试设备。"),
        (third, words),
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "第三部分：会议总结",
        "Ⅲ、会议总结",
        "Part 3 总结",
        "【会议总结】",
        "第三环节 总结致辞",
        "3、总结致辞",
    ],
)
@pytest.mark.parametrize("content", [NUMBERED, UNLABELLED, PREFIXED], ids=["答", "none", "Q"])
def test_what_a_host_sums_up_is_narrative_under_any_heading(content, heading):
    record = read(f"{content}\n{heading}\n主持人感谢各位参会。")
    assert pairs(record) == PAIRS
    said = "".join(f"{item.heading or ''}{item.text}" for item in record.narrative)
    assert squashed(said) == squashed(f"{heading}主持人感谢各位参会。")


@pytest.mark.parametrize("mark", ["答{}：", "答复{}：", "回答{}:", "【答{}】", "公司回复{}："])
def test_answers_may_carry_their_questions_number(mark):
    record = read(
        f"问题1：新产线何时投产？\n{mark.format(1)}预计年底投产。\n"
        f"问题2：海外订单如何？\n{mark.format(2)}海外订单平稳。"
    )
    assert pairs(record) == PAIRS


@pytest.mark.parametrize(
    "content",
    [
        "Question 1: 新产线何时投产？\nAnswer 1: 预计年底投产。\n"
        "Question 2: 海外订单如何？\nAnswer 2: 海外订单平稳。",
        "①新产线何时投产？\n答：预计年底投产。\n②海外订单如何？\n答：海外订单平稳。",
        "（一）新产线何时投产？\n答：预计年底投产。\n（二）海外订单如何？\n答：海外订单平稳。",
        "一、问：新产线何时投产？\n答：预计年底投产。\n二、问：海外订单如何？\n答：海外订单平稳。",
        "一、公司简介：设有三个基地。\n二、问：新产线何时投产？\n答：预计年底投产。\n"
        "三、问：海外订单如何？\n答：海外订单平稳。",
        "一、公司基本情况介绍\n公司主营测试设备，设有三个基地，均已投产。\n二、新产线何时投产？\n您好。预计年底投产。\n"
        "三、海外订单如何？\n您好。海外订单平稳。",
    ],
)
def test_a_questions_label_is_no_part_of_it(content):
    record = read(content)
    assert [(one, other.removeprefix("您好。")) for one, other in pairs(record)] == PAIRS


@pytest.mark.parametrize("style", ["{}、{} 答：{}", "Q{0}：{1} A{0}：{2}", "{}.{} 答复：{}"])
@pytest.mark.parametrize("between", [" ", "\n"])
def test_questions_and_answers_may_share_a_line(style, between):
    content = between.join(style.format(at, *pair) for at, pair in enumerate(PAIRS, 1))
    assert pairs(read(content)) == PAIRS


def test_a_list_in_circles_stays_in_its_answer():
    answer = "分两步：①如何扩产？先技改；②如何认证？先送样。"
    record = read(NUMBERED.replace("预计年底投产。", answer.replace("；", "；\n")))
    assert pairs(record) == [("新产线何时投产？", squashed(answer)), PAIRS[1]]


@pytest.mark.parametrize(
    "tail",
    [
        "注：以上数据未经审计。",
        "温馨提示：以上安排以公告为准。",
        "信息披露负责人意见 同意披露",
        "媒体报道情况 无",
        "公司提醒广大投资者理性投资。",
        "今天的交流就到这里。",
        "公司声明：上述回复不构成业绩承诺。",
        "以上。",
        "公司感谢各位的关注，欢迎走访。",
        "无",
        "不适用",
    ],
)
def test_what_may_be_no_answer_is_named(tail):
    record = read(f"{NUMBERED}\n{tail}")
    assert any(tail[:10] in warning for warning in record.warnings), record.warnings


def test_a_tools_page_markers_and_the_pages_own_numbers_count_apart():
    content = (
        "==== page 1 ====\n1、新产线何时投产？\n答：预计年底投产。\n1\n==== page 2 ====\n"
        "2、海外订单如何？\n答：海外订单平稳。\n2\n==== page 3 ===="
    )
    assert pairs(read(content)) == PAIRS


@pytest.mark.parametrize("block", ["重要提示", "风险提示", "特别提示", "免责声明"])
def test_a_block_above_the_questions_is_narrative_under_its_name(block):
    record = read(f"{block}\n本表中的前瞻性内容不构成承诺。\n一、问答\n{NUMBERED}")
    assert pairs(record) == PAIRS
    assert [(item.heading, item.text) for item in record.narrative] == [
        (block, "本表中的前瞻性内容不构成承诺。")
    ]


@pytest.mark.parametrize(
    "lead",
    [
        "公司进入新行业，主要基于三方面判断：",
        "主要有以下几点：",
        "感谢您的提问。公司的考虑如下：",
        "具体情况说明如下：",
    ],
)
def test_a_lead_in_belongs_to_the_answer(lead):
    listed = "1、空间大；\n2、技术可复用；\n3、自身有需求。"
    question = "公司为什么进入新行业？目前有什么进展？"
    record = read(f"Q1：{question}\n{lead}\n{listed}\nQ2：海外订单如何？\n海外订单平稳。")
    assert pairs(record)[0] == (question, squashed(f"{lead}{listed}"))


@pytest.mark.parametrize("answered", ["答：", ""])
@pytest.mark.parametrize("heads", [1, 2])
def test_numerals_may_count_headings_before_questions(heads, answered):
    numerals = "一二三四五"
    above = "".join(f"{numerals[at]}、经营情况之{at + 1}：\n费用平稳。\n" for at in range(heads))
    below = "".join(
        f"{numerals[heads + at]}、{question}\n{answered or '您好，'}{answer}\n"
        for at, (question, answer) in enumerate(PAIRS)
    )
    record = read(above + below.rstrip())
    assert [item.number for item in record.questions] == [heads + 1, heads + 2]
    assert [item.question for item in record.questions] == [question for question, _ in PAIRS]
    assert len(record.narrative) == heads


@pytest.mark.parametrize(
    "marker",
    [
        "==== page {n} ====",
        "--- Page {n} ---",
        "[Page {n}]",
        "--- 第{n}页 ---",
        "— {n} —",
        "{n} / 3",
    ],
)
def test_page_markers_of_a_text_are_no_words(marker):
    one, two, three = (marker.format(n=n) for n in (1, 2, 3))
    content = (
        f"{one}\n1、新产线何时投产？目前进\n{two}\n展怎样？\n答：预计年底投产，目前设备\n{three}\n"
        "已经进场。\n2、海外订单如何？\n答：海外订单平稳。"
    )
    assert pairs(read(content))[0] == (
        "新产线何时投产？目前进展怎样？",
        "预计年底投产，目前设备已经进场。",
    )


@pytest.mark.parametrize(
    "line",
    [
        "附件2：明细",
        "附件一：说明",
        "记录日期：2025年5月1日",
        "日期 2025年5月1日",
        "整理人：李四",
        "备注：见公告",
        "风险提示：市场有风险。",
        "其他说明 见公告",
        "附件清单（如有） 无",
        "附件 一、二均已完成。",
        "是否涉及\n重大信息\n以公告为准。",
    ],
)
@pytest.mark.parametrize("content", [NUMBERED, UNLABELLED, PREFIXED], ids=["答", "none", "Q"])
def test_what_looks_like_a_row_inside_an_answer_stays_in_it(content, line):
    record = read(content.replace("预计年底投产。", f"安排如下。\n{line}\n预计年底投产。"))
    words = squashed(f"安排如下。{line}预计年底投产。")
    assert pairs(record) == [(PAIRS[0][0], words), PAIRS[1]]
    assert (record.attachments, record.form_dates, record.other) == (("无",), ("2026-05-07",), ())


@pytest.mark.parametrize(
    "line", ["附件 一、二均已完成。", "附件 材料另行报送。", "是否涉及\n重大信息\n以公告为准。"]
)
def test_what_begins_like_a_row_under_the_last_answer_stays_in_it(line):
    record = read(f"{NUMBERED}\n{line}")
    assert pairs(record)[1] == (PAIRS[1][0], squashed(f"{PAIRS[1][1]}{line}"))
    assert (record.attachments, record.other) == (("无",), ())


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (NUMBERED.replace("2、", ""), "另有答复标记"),
        (PREFIXED.replace("Q2：海外订单如何？", "海外订单如何"), "另有答复标记"),
        (UNLABELLED.replace("2、海外", "海外"), "另一个提问"),
        (UNLABELLED.replace("预计", "您好。\n2、怎样看？是。\n预计"), "又有它的编号"),
        (f"{NUMBERED}\n3、问：成本如何？\n答：平稳。", "写法与其他不同"),
        (f"{UNLABELLED}\n2、公司怎样看待成本？\n成本平稳。", "又有它的编号"),
        (UNLABELLED.replace("预计", "谢谢！感谢关注。\n您好，预计"), "答复的开头"),
    ],
)
def test_a_question_that_is_lost_in_an_answer_is_named(content, named):
    assert any(named in warning for warning in read(content).warnings), read(content)


def test_a_list_in_an_answer_is_told_from_questions_by_its_writing():
    listed = "分三期。\n2：二期在建。\n1、一期；\n2、二期。"
    record = read(NUMBERED.replace("预计年底投产。", listed))
    assert pairs(record) == [(PAIRS[0][0], squashed(listed)), PAIRS[1]]


@pytest.mark.parametrize(
    "row", ["记录人：张三\n谢谢您的提问，订单平稳。", "备注\n您好，订单平稳。"]
)
def test_an_answers_words_in_a_row_of_the_foot_are_refused(row):
    with pytest.raises(ReadingError, match="像是有答复的话"):
        read(f"{NUMBERED}\n{row}")


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("地点 公司会议室", "地点 公司会议室\n参会单位情况 甲方基金"),
        ("时间 2026", "时间 2026 年 5 月 6 日\n来访人员及单位 甲方基金、\n2026"),
    ],
)
def test_a_short_row_that_holds_another_label_is_refused(row, wrong):
    data = form(NUMBERED).decode().replace(row, wrong, 1)
    with pytest.raises(ReadingError, match="像是有另一栏"):
        read_records(data.encode(), "made-up.txt")


PAGED = NUMBERED.replace("何时", "何\n@时").replace("预计", "预\n@计")


@pytest.mark.parametrize(
    "head", ["内部资料 请勿外传", "测试股份 2025年度业绩说明会", "测试科技股份有限公司"]
)
def test_a_head_at_the_top_of_each_page_is_no_words(head):
    content = PAGED.replace("\n@", f"\f{head}\n")
    (reading,) = read_records(f"{head}\n".encode() + form(content), "made-up.txt")
    assert pairs(reading.record) == PAIRS


@pytest.mark.parametrize(
    "foot", ["www.example.cn", "Page {} of 3", "共 3 页 第 {} 页", "{}⁄3", "~{}~", "董事会办公室"]
)
def test_a_foot_at_the_end_of_each_page_is_no_words(foot):
    content = PAGED
    for page in (1, 2):
        content = content.replace("\n@", f"\n{foot.format(page)}\f", 1)
    (reading,) = read_records(form(content) + f"{foot.format(3)}\n".encode(), "made-up.txt")
    assert pairs(reading.record) == PAIRS


def test_a_line_at_two_edges_is_refused_by_name():
    content = NUMBERED.replace("何时", "何\n内部资料\f时")
    with pytest.raises(ReadingError, match="内部资料"):
        read_records(form(content) + "内部资料\n".encode(), "made-up.txt")
