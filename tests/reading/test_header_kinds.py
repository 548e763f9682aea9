"""The form's rows in the spellings of many companies: labels, hosts, dates, numbers, lists.

Each case is one whole record in which a single row is printed otherwise than usual.
"""

from __future__ import annotations

import pytest

from bot.errors import ReadingError
from bot.reading.document import read_records
from bot.record import Record

ROWS = {
    "title": "测试科技股份有限公司\n投资者关系活动记录表",
    "number": "编号：2026-001",
    "activities": "投资者关系活动\n类别\n√特定对象调研 □分析师会议\n□业绩说明会 □其他",
    "attendees": "参与单位名称及\n人员姓名\n甲方基金、乙方证券",
    "time": "时间 2026 年 5 月 6 日 15:00-16:00",
    "place": "地点 公司会议室",
    "hosts": "上市公司接待人\n员姓名\n董事会秘书：张三",
    "content": "投资者关系活动\n主要内容介绍",
    "questions": "1、新产线何时投产？\n答：预计年底投产。\n2、海外订单如何？\n答：海外订单平稳。",
    "disclosed": "",
    "slides": "",
    "attachments": "附件清单（如有） 无",
    "form_dates": "日期 2026 年 5 月 7 日",
    "behind": "",
}
QUESTIONS = [("新产线何时投产？", "预计年底投产。"), ("海外订单如何？", "海外订单平稳。")]


def read(**printed: str) -> Record:
    """The record of a form in which the given rows are printed as given."""
    rows = {**ROWS, **printed}
    text = "证券代码：399999 证券简称：测试股份\n" + "\n".join(filter(None, rows.values())) + "\n"
    (reading,) = read_records(text.encode(), "form.txt")
    assert reading.proof.unplaced == ()
    return reading.record


def values(record: Record) -> dict[str, object]:
    return {
        "activities": record.activities,
        "attendees": record.attendees,
        "time": [(dates.start_iso, dates.end_iso) for dates in record.event_dates],
        "place": record.place,
        "hosts": [(host.title, host.name) for host in record.hosts],
        "content": [(item.question, item.answer) for item in record.questions],
        "attachments": record.attachments,
        "form_dates": record.form_dates,
        "other": record.other,
    }


USUAL: dict[str, object] = {
    "activities": ("特定对象调研",),
    "attendees": "甲方基金、乙方证券",
    "time": [("2026-05-06", "2026-05-06")],
    "place": "公司会议室",
    "hosts": [("董事会秘书", "张三")],
    "content": QUESTIONS,
    "attachments": ("无",),
    "form_dates": ("2026-05-07",),
    "other": (),
}

TICKS = "\n√特定对象调研 □分析师会议\n□业绩说明会 □其他"
NAMES = "\n甲方基金、乙方证券"
WHEN = " 2026 年 5 月 6 日 15:00-16:00"
LABELS = {
    "activities": [
        "投资者关系活动类\n别“选中项请打√”",
        "投资者关系活动\n类别（请打√）",
        "投资者关系\n活动类别（选\n中项打“√”）",
        "投资者关系活动的\n类别",
        "本次活动类别",
        "调研活动类别",
        "接待类别",
        "投资者关系\n活动类型",
        "投资者关系活\n动类别(可多\n选)",
        "活动形式类别",
        "投资者关系活动\n类别：",
        "业绩说明会类别",
    ],
    "attendees": [
        "参与单位名称\n及人员姓名\n（排名不分先\n后）",
        "参与单位名\n称及人员姓\n名（排名不分\n先后）",
        "参与单位名称及\n人员姓名(以下排\n名不分先后)",
        "参加单位名称\n及人员姓名",
        "来访单位名称及\n来访人员姓名",
        "参与调研机构名\n称及人员姓名",
        "参与单位及人员",
        "参会投资者名称",
        "参加活动的投资\n者",
        "参与单位名称及\n人员姓名（如有）",
        "与会单位及人员\n名单",
        "出席单位及人员",
        "调研机构及人员",
        "参与单位名称及人\n员姓名（排名不分\n先后，如有）",
        "参与机构",
        "参会机构名单",
        "特定对象名称",
        "参与人员及单位",
        "来访人员及单位",
        "参与投资者名称及\n人员姓名",
        "参与单位\n（部分）",
        "线上参会单位及\n人员",
        "参与单位名称及参\n与人员姓名",
        "投资者参与情况",
    ],
    "time": [
        "会议日期",
        "本次活动时间",
        "调研日期",
        "时间（北京时间）",
        "活动举办时间",
        "召开日期",
        "时间：",
        "会 议 时 间",
        "调研活动时间",
        "交流日期",
        "活动起止时间",
        "会议时间",
    ],
    "place": [
        "会议地点及形式",
        "接待地点",
        "召开地点/方式",
        "地点（形式）",
        "活动举办地点",
        "活动地址",
        "地 点",
        "会议召开地点",
        "活动地点/形式",
        "参会地点",
        "线上地点",
        "召开地点及方式",
    ],
    "hosts": [
        "上市公司接待人\n员姓名、职务",
        "公司出席人员",
        "上市公司参会\n人员姓名",
        "上市公司出席人\n员姓名",
        "出席人员",
        "主讲人员",
        "公司主讲嘉宾",
        "上市公司参加\n人员姓名",
        "公司方参会人员",
        "上市公司接待人\n员姓名（排名不\n分先后）",
        "上市公司接待\n人员名单",
        "公司接待人",
        "上市公司接待\n人员姓名及职\n务",
        "公司接待人员\n及职务",
        "本公司接待人员",
        "公司与会高管",
        "接待人员姓名及\n职务",
        "上市公司出席人员\n姓名",
        "公司参会领导",
        "上市公司\n接待人员",
        "公司主要接待人员",
        "我公司接待人员",
        "公司管理层参会人\n员",
        "上市公司参与人员\n姓名",
    ],
    "content": [
        "投资者关系活动\n的主要内容介绍",
        "本次活动主要\n内容",
        "交流主要内容",
        "投资者关系活动\n主要内容介绍（会\n议纪要）",
        "调研主要内容",
        "投资者关系活动\n主要内容纪要",
        "主要交流内容\n及问答",
        "投资者关系活动主\n要内容介绍：",
        "交流内容及具体问\n答记录",
        "主要问答内容",
        "投资者交流主要内\n容",
        "活动内容及问答",
        "会议主要内容记录",
        "本次调研主要内容",
        "调研交流内容",
        "互动交流主要内容",
    ],
    "attachments": [
        "附件清单（如\n有）",
        "附件（如有）",
        "附件",
        "附件清单(若有)",
        "附件名称",
        "附件列表（如\n有）",
        "附件清单（如\n适用）",
        "附件情况",
        "附 件 清 单",
        "附件清单：",
        "相关附件",
        "附件清单（如有）：",
    ],
    "form_dates": [
        "填报日期",
        "填写日期",
        "记录日期",
        "编制日期",
        "日 期",
        "日期：",
        "记录日期：",
        "填表日期",
        "登记时间",
        "制作日期",
    ],
}
VALUES = {
    "activities": TICKS,
    "attendees": NAMES,
    "time": WHEN,
    "place": " 公司会议室",
    "hosts": "\n董事会秘书：张三",
    "content": "",
    "attachments": " 无",
    "form_dates": " 2026 年 5 月 7 日",
}


@pytest.mark.parametrize(
    ("field", "label"), [(field, label) for field, labels in LABELS.items() for label in labels]
)
def test_a_row_is_read_under_every_spelling_of_its_label(field, label):
    assert values(read(**{field: label + VALUES[field]})) == USUAL


FOOT_LABELS = [
    "是否涉及\n应披露重\n大信息的\n说明",
    "是否涉及应披\n露重大信息",
    "关于本次活动是否\n涉及应当披露重大\n信息的说明（如有）",
    "关于本次投资者关\n系活动是否涉及应\n披露重大信息的说\n明",
    "是否涉及未公开重\n大信息",
    "本次活动是否涉及\n应披露的重大信息\n的说明",
    "关于是否涉及应披\n露重大信息的说明",
    "关于本次会议是否\n涉及应披露重大信\n息的情况说明",
    "活动过程中所使\n用的演示文稿、\n提供文档等附件\n(如有)",
    "活动过程中使用的\n演示文稿、提供的\n文档等附件(如\n有，可作为附件)",
    "会议过程中所使用\n的演示文稿、提供\n的文档等附件",
    "活动过程中所使用\n的演示文稿和提供\n的文档等附件（如\n有）",
    "本次活动所使用\n演示文稿、提供\n文档附件",
    "本次活动是否涉及\n应披露重大信息",
    "是否涉及应当披露\n重大信息的说明",
    "关于活动是否涉及\n应披露重大信息说\n明",
    "本次活动涉及应披\n露重大信息的说明",
    "关于未公开重大信\n息的说明",
    "活动过程中所使用\n的PPT、提供的资\n料等附件",
    "活动中使用的演示\n文稿及提供的文档\n等附件（如有）",
    "是否涉及应公开\n披露的重大信息",
    "是否存在未公\n开重大信息",
    "是否签署承诺书",
    "本次活动是否\n使用了PPT等\n材料",
    "接待过程中是\n否提供书面资\n料",
    "保密承诺",
    "承诺书签署情况",
    "关于本次活动是否涉及\n应披露重大信息的说明\n（如涉及，请说明）",
]


@pytest.mark.parametrize("label", FOOT_LABELS)
def test_a_row_of_the_foot_never_runs_into_the_last_answer(label):
    record = read(disclosed=f"{label}\n无")
    assert values(record) == {**USUAL, "other": (("".join(label.split()), "无"),)}


@pytest.mark.parametrize("said", ["□是 √否", "☑否 ☐是", "不存在"])
def test_a_row_of_the_foot_may_be_ticked(said):
    record = read(disclosed=f"是否涉及应披露\n重大信息\n{said}")
    assert values(record) == {**USUAL, "other": (("是否涉及应披露重大信息", said),)}


SENTENCES = [
    "是否涉及重大信息，请以公告为准。",
    "是否涉及\n重大信息\n以公告为准。",
    "是否涉及应披露重大信息请关注公告",
    "活动过程中使用的演示文稿和提供的文档将另行公布。",
    "附件齐全后再报送。",
    "关于本次活动的情况请见公告。",
    "参会人员 约百人。",
    "出席人员 均已签到。",
    "披露日期 以交易所安排为准。",
    "调研内容\n不涉及敏感信息。",
    "主要内容 如下所述。",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_an_answer_that_begins_like_a_label_stays_in_it(sentence):
    asked = ROWS["questions"].replace("\n2、", f"\n{sentence}\n具体请关注公告。\n2、")
    record = read(questions=asked)
    first, second = record.questions
    squashed = "".join((sentence + "具体请关注公告。").split())
    assert "".join(first.answer.split()) == "预计年底投产。" + squashed
    assert (second.question, second.answer) == QUESTIONS[1]
    assert record.other == ()


@pytest.mark.parametrize(
    ("row", "is_kept"),
    [
        ("√特定对象调研 □分析师会议\n券商联合调研\n□其他", True),
        ("√特定对象调研 □分析师会议\n□其他 线上交流", True),
        ("√特定对象调研（联合调研） □其他", True),
        ("√特定对象调研 线上会议 □其他", True),
        ("√特定对象调研 □一对一沟通 □路演活动（线上）", False),
        ("□特定对象调研 √其他（电话会议）", False),
        ("√特定对象调研 □其他（请文字说明其他活动内容）", False),
        ("特定对象调研 □分析师会议 □其他（线上）", False),
    ],
)
def test_words_beside_the_boxes_are_kept_under_the_rows_own_label(row, is_kept):
    record = read(activities=f"投资者关系活动类别 {row}")
    assert [words for label, words in record.other if "类别" in label] == [row] * is_kept


@pytest.mark.parametrize(
    "attendees",
    [
        "甲方基金 张一\n乙方证券 李二\n参与单位名称及\n丙方资管 王三\n人员姓名\n丁方投资 赵四",
        "甲方基金 张一\n参与单位名称及\n乙方证券 李二\n人员姓名\n丙方资管 王三\n丁方投资 赵四",
        "甲方基金 张一\n乙方证券 李二\n丙方资管 王三\n参与单位名称\n丁方投资 赵四",
    ],
)
def test_the_label_of_the_attendees_may_stand_beside_the_middle_of_its_cell(attendees):
    listed = "甲方基金 张一\n乙方证券 李二\n丙方资管 王三\n丁方投资 赵四"
    assert values(read(attendees=attendees)) == {**USUAL, "attendees": listed}


HOSTS = {
    "公司管理层\n证券部工作人员": [(None, "公司管理层"), (None, "证券部工作人员")],
    "董事会秘书张三女士等": [("董事会秘书", "张三")],
    "董事长兼总经理 Ada B Example（张三）先生\n董事会秘书 李四女士": [
        ("董事长兼总经理", "Ada B Example（张三）"),
        ("董事会秘书", "李四"),
    ],
    "1、董事长张三\n2、董事、总经理李四": [("董事长", "张三"), ("董事、总经理", "李四")],
    "副总经理、董事会秘书 张三\n投资者关系经理 李四 王五": [
        ("副总经理、董事会秘书", "张三"),
        ("投资者关系经理", "李四"),
        ("投资者关系经理", "王五"),
    ],
    "CEO John Smith\nCFO：Mary Jane Doe": [("CEO", "John Smith"), ("CFO", "Mary Jane Doe")],
    "（1）董事长 张三\n（2）副总经理 李四、王五": [
        ("董事长", "张三"),
        ("副总经理", "李四"),
        ("副总经理", "王五"),
    ],
    "公司管理层：董事长张三、总经理李四": [("董事长", "张三"), ("总经理", "李四")],
    "董事、监事、高级管理人员": [(None, "董事、监事、高级管理人员")],
    "投资者关系部": [(None, "投资者关系部")],
    "上午9:30-10:30：董事长张三\n下午14:00-15:00：财务总监李四": [
        ("董事长", "张三"),
        ("财务总监", "李四"),
    ],
    "董事长：张三先生、总经理：李四女士": [("董事长", "张三"), ("总经理", "李四")],
    "张三（董事长）、李四（董事会秘书）": [("董事长", "张三"), ("董事会秘书", "李四")],
    "① 董事长 张三 ② 财务总监 李四": [("董事长", "张三"), ("财务总监", "李四")],
    "一、董事长张三\n二、财务总监李四": [("董事长", "张三"), ("财务总监", "李四")],
    "董事会秘书张三及证券部相关工作人员": [
        ("董事会秘书", "张三"),
        (None, "证券部相关工作人员"),
    ],
    "1.董事长 张三；2.财务总监 李四": [("董事长", "张三"), ("财务总监", "李四")],
    "副总裁、董事会秘书欧阳明月女士": [("副总裁、董事会秘书", "欧阳明月")],
    "董事长 张 三\n董事会秘书 李 四": [("董事长", "张 三"), ("董事会秘书", "李 四")],
    "张三、李四": [(None, "张三"), (None, "李四")],
    "张三 董事长\n李四 董事会秘书": [("董事长", "张三"), ("董事会秘书", "李四")],
    "张三，董事、总经理；李四，董秘": [("董事、总经理", "张三"), ("董秘", "李四")],
    "财务总监（CFO）张三": [("财务总监（CFO）", "张三")],
    "董秘 张三、证代 李四": [("董秘", "张三"), ("证代", "李四")],
    "副总经理兼董事会秘书张三先生和财务总监李四先生": [
        ("副总经理兼董事会秘书", "张三"),
        ("财务总监", "李四"),
    ],
    "5月6日：董事长张三；5月7日：总经理李四": [("董事长", "张三"), ("总经理", "李四")],
    "证券事务代表 张三，投资者关系专员 李四": [
        ("证券事务代表", "张三"),
        ("投资者关系专员", "李四"),
    ],
}


@pytest.mark.parametrize("printed", HOSTS)
def test_the_hosts_are_read_with_their_titles(printed):
    record = read(hosts=f"上市公司接待人\n员姓名\n{printed}")
    assert [(host.title, host.name) for host in record.hosts] == HOSTS[printed]


DATES = {
    "2026 年 5 月 6-7日": [("2026-05-06", "2026-05-07")],
    "2026年5月30-31日": [("2026-05-30", "2026-05-31")],
    "2026年5月6、7日": [("2026-05-06", "2026-05-06"), ("2026-05-07", "2026-05-07")],
    "2026年5月6日、7日": [("2026-05-06", "2026-05-06"), ("2026-05-07", "2026-05-07")],
    "2026年5月6-8日、11-12日": [("2026-05-06", "2026-05-08"), ("2026-05-11", "2026-05-12")],
    "2026年5月6日-8日，11日": [("2026-05-06", "2026-05-08"), ("2026-05-11", "2026-05-11")],
    "2026年5月-6月": [("2026-05", "2026-06")],
    "2026年5月至2026年6月": [("2026-05", "2026-06")],
    "2025年12月-2026年1月": [("2025-12", "2026-01")],
    "2025年12月30日-2026年1月2日": [("2025-12-30", "2026-01-02")],
    "2026年5月6、7、11日": [
        ("2026-05-06", "2026-05-06"),
        ("2026-05-07", "2026-05-07"),
        ("2026-05-11", "2026-05-11"),
    ],
    "2026年5月6日上午9:00-11:00、7日下午14:00-15:00": [
        ("2026-05-06", "2026-05-06"),
        ("2026-05-07", "2026-05-07"),
    ],
    "2026年5月6日及5月8日": [("2026-05-06", "2026-05-06"), ("2026-05-08", "2026-05-08")],
    "2026年5月6日和7日": [("2026-05-06", "2026-05-06"), ("2026-05-07", "2026-05-07")],
    "2026.5.6-5.8": [("2026-05-06", "2026-05-08")],
    "2026/5/6-2026/5/8": [("2026-05-06", "2026-05-08")],
    "2026年5月6日（周三）至8日（周五）": [("2026-05-06", "2026-05-08")],
    "2026年5月6日/8日": [("2026-05-06", "2026-05-06"), ("2026-05-08", "2026-05-08")],
    "甲方年会：5月6日（2026年）\n乙方论坛：2026年5月8日": [
        ("2026-05-06", "2026-05-06"),
        ("2026-05-08", "2026-05-08"),
    ],
    "2026年5、6月": [("2026-05", "2026-05"), ("2026-06", "2026-06")],
    "甲方年会：2026 年 5 月 6 日\n乙方策略会：2026 年 5 月 7 日": [
        ("2026-05-06", "2026-05-06"),
        ("2026-05-07", "2026-05-07"),
    ],
}


@pytest.mark.parametrize(
    "ticks",
    [
        "【√】特定对象调研 【 】分析师会议 【 】业绩说明会",
        "[x]特定对象调研 [ ]分析师会议 [ ]业绩说明会",
        "（√）特定对象调研 （ ）分析师会议 （ ）业绩说明会",
        "特定对象调研√ 分析师会议□ 业绩说明会□",
        "特定对象调研☑ 分析师会议☐\n业绩说明会☐ 其他☐",
    ],
)
def test_a_tick_may_stand_in_brackets_or_behind_its_words(ticks):
    record = read(activities=f"投资者关系活动\n类别\n{ticks}")
    assert values(record) == USUAL


@pytest.mark.parametrize("printed", DATES)
def test_every_day_and_range_of_the_row_is_read(printed):
    record = read(time=f"时间\n{printed}", form_dates="日期 2026 年 6 月 30 日")
    assert [(dates.start_iso, dates.end_iso) for dates in record.event_dates] == DATES[printed]


@pytest.mark.parametrize(
    "printed",
    [
        "甲方年会：2026 年 5 月 6 日\n乙方策略会：2026 年 5 月 7 日",
        "2026年5月6日（甲方年会）、7日（乙方策略会）",
        "甲方年会 2026年5月6日 9:30\n乙方策略会 2026年5月7日 10:00",
        "2026年5月6日 甲方年会；2026年5月7日 乙方策略会",
    ],
)
def test_names_of_events_in_the_row_are_kept(printed):
    record = read(time=f"时间\n{printed}")
    (kept,) = [words for label, words in record.other if label == "时间"]
    assert "甲方年会" in kept
    assert "乙方策略会" in kept
    assert [dates.start_iso for dates in record.event_dates] == ["2026-05-06", "2026-05-07"]


NUMBERS = {
    "编号：（2026-001）": "2026-001",
    "                    编号 2026-001 ": "2026-001",
    "编号：【2026-001】": "2026-001",
    "编号：[2026-001]": "2026-001",
    "（编号：2026-001）": "2026-001",
    "编号：〔2026〕001号": "〔2026〕001号",
    "编号:2026—001": "2026—001",
    "记录编号：2026-001": "2026-001",
    "编 号 ： 2026 - 001": "2026-001",
    "编号：2026-001至2026-003": "2026-001至2026-003",
    "编号：2026-001、002": "2026-001、002",
    "编号：2026-001～003": "2026-001～003",
    "编号：2026-001（更正后）": "2026-001",
    "投资者关系活动记录表编号2026-001": "2026-001",
    "No.2026-001": None,
    "编号：": None,
}


@pytest.mark.parametrize("printed", NUMBERS)
def test_the_number_is_read_in_any_bracket_and_without_a_colon(printed):
    assert read(number=printed).record_no == NUMBERS[printed]


TITLES = {
    "测 试 科 技 股 份 有 限 公 司\n投 资 者 关 系 活 动 记 录 表": None,
    "测试科技股份有限公司投 资 者 关 系 活 动 记 录 表": None,
    "测试科技股份有限公司\n投资者关系\n活动记录表": None,
    "测 试 科 技 股 份 有 限 公 司 投 资 者 关 系 活 动 记 录 表": None,
}


@pytest.mark.parametrize("printed", TITLES)
def test_a_letter_spaced_title_keeps_the_company(printed):
    assert "".join(read(title=printed).title.split()) == "测试科技股份有限公司投资者关系活动记录表"


LISTS = {
    "甲方基金 赵六、钱七\n乙方证券 孙八\n丙方资管 周九": True,
    "甲方基金 赵六；\n乙方证券 孙八；\n丙方资管 周九": True,
    "甲方基金 赵六\n乙方证券 孙八、\n吴十\n丙方资管 周九": None,
    "甲方基金、乙方证券、丙方资管管理有限责任公司、\n丁方投资": False,
    "甲方基金、乙方证券、丙方资管管理有限责\n任公司、丁方投资": False,
    "Alpha Capital John Smith\nBeta Fund Mary Doe\n甲方基金 赵六": True,
    "1、甲方基金 赵六\n2、乙方证券 孙八": True,
}


@pytest.mark.parametrize("printed", LISTS)
def test_rows_of_a_list_of_participants_stay_rows(printed):
    read_as = read(attendees=f"参与单位名称\n及人员姓名\n{printed}").attendees
    assert read_as is not None
    assert "".join(read_as.split()) == "".join(printed.split())
    if LISTS[printed] is not None:
        rows = printed if LISTS[printed] else printed.replace("\n", "")
        assert read_as == rows


BEHIND = {
    "参会机构名单：\n甲方基金 乙方证券\n丙方资管 丁方投资": None,
    "参会机构名单：\n甲方基金 乙方证券\n3W 资管 Point 72": None,
    "附件：参会机构名单\n甲方基金\n乙方证券": None,
    "附：参会人员名单\n甲方基金 赵六\n乙方证券 孙八": None,
    "序号 机构名称 姓名\n1 甲方基金 赵六\n2 乙方证券 孙八": None,
    "附件\n参与机构名单（排名不分先后）\n甲方基金\n360 资管": None,
    "机构名称\n甲方基金\n乙方证券": None,
}


@pytest.mark.parametrize("printed", BEHIND)
def test_a_list_behind_the_date_row_is_kept_in_its_rows(printed):
    record = read(
        attendees="参与单位名称及\n人员姓名\n详见附件清单",
        attachments="附件清单（如有） 参会机构名单",
        behind=printed,
    )
    assert record.form_dates == ("2026-05-07",)
    kept = "\n".join(record.attachments)
    for line in printed.split("\n")[1:]:
        assert line in kept


BESIDE = {
    "副总经理 张三\n\n上市公司接待 \n\n投资者关系总监 李四 \n\n人员姓名 \n\n主管 王五 \n": 3,
    "董事长 张三\n上市公司接待\n人员姓名\n董事会秘书 李四": 2,
    "上市公司接 董事长 张三\n待人员姓名 董事会秘书 李四": 2,
    "上市公司 董事长 张三\n接待人员 财务总监 李四\n姓名 董事会秘书 王五": 3,
    "董事长 张三\n财务总监 李四\n公司接待\n总监 王五\n人员姓名\n主管 赵六\n董秘 孙七": 5,
}


@pytest.mark.parametrize("printed", BESIDE)
def test_a_label_beside_the_middle_of_its_cell_takes_nothing_and_loses_nothing(printed):
    record = read(hosts=printed)
    assert record.place == "公司会议室"
    assert len(record.hosts) == BESIDE[printed]
    assert all(host.title for host in record.hosts)
    assert {**values(record), "hosts": None} == {**USUAL, "hosts": None}


def test_a_form_without_a_readable_time_is_refused_by_name():
    with pytest.raises(ReadingError, match="读不出活动日期"):
        read(time="时间 近期")


TALL = {
    "董事长 张三\n\n上市公司\n\n董事会秘书 李四\n\n接待人员\n\n财务总监 王五\n姓名\n主管 赵六": 4,
    "总经理 张三\n上市公司接待人\n董秘 李四\n员姓名\n主管 王五": 3,
}


@pytest.mark.parametrize("printed", TALL)
def test_a_labels_last_piece_alone_in_its_line_is_no_host(printed):
    record = read(hosts=printed)
    assert len(record.hosts) == TALL[printed]
    assert {**values(record), "hosts": None} == {**USUAL, "hosts": None}


@pytest.mark.parametrize(
    "printed",
    [
        "甲方基金 张三、李四\n\n参与单位名称\n\n乙方证券 王五\n\n及人员姓名\n\n丙方资管 赵六",
        "甲方基金 张三、李四\n参与单位名称\n及人员姓名\n乙方证券 王五\n丙方资管 赵六",
        "参与单位名称及\n人员姓名\n（敬称略）\n甲方基金 张三、李四\n乙方证券 王五\n丙方资管 赵六",
    ],
)
def test_the_attendees_are_whole_and_alone_in_their_row(printed):
    record = read(attendees=printed)
    assert record.attendees == "甲方基金 张三、李四\n乙方证券 王五\n丙方资管 赵六"
    assert {**values(record), "attendees": USUAL["attendees"]} == USUAL


@pytest.mark.parametrize("label", ["地点", "会议地点：", "地 点"])
def test_a_place_in_the_line_of_the_time_is_a_row(label):
    record = read(time=f"时间 2026 年 5 月 6 日 15:00-16:00    {label} 公司会议室", place="")
    assert values(record) == USUAL


@pytest.mark.parametrize("row", ["天气 晴", "机构家数 12", "参会方式\n线上"])
def test_a_row_behind_the_place_is_a_row(row):
    record = read(place=f"地点 公司会议室\n{row}")
    assert record.place == "公司会议室"
    assert record.other == (tuple(row.split()),)


@pytest.mark.parametrize(
    "row", ["路演网址\nhttps://roadshow.example.cn", "接入链接：见附件", "来访时长 两小时"]
)
def test_what_may_be_a_row_behind_the_place_is_refused_by_name(row):
    with pytest.raises(ReadingError, match=row[:4]):
        read(place=f"地点 公司会议室\n{row}")
