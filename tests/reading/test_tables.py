"""Tables and exports of Q&A platforms: every shape, with its traps, from made-up files."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from bot.errors import ReadingError
from bot.reading.apart import Job, read_apart
from bot.reading.tables import NoRowsError, by_company, cells, kind_of, read_table
from bot.reading.tables.cells import UnreadableCellError

FOLDER = Path(__file__).parents[1] / "records/tables"
EXPECTED = sorted(FOLDER.glob("*.expected.json"))
HEADER = "company_code,company_name,question,answer,event_date\n"


def read(path, folder, **given):
    room = folder / "rows"
    room.mkdir()
    kind = kind_of(path, path.name)
    assert kind
    table = read_table(path, kind, path.name, given, room)
    rows = [row for _, own in by_company(room) for row in own]
    return table, sorted(rows, key=lambda row: row.place)


def written(folder, text, name="rows.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def answers(rows):
    return [(row.code, row.question, row.answer) for row in rows]


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name)
def test_an_export_is_read_to_the_letter(expected, tmp_path):
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    path = FOLDER / expected.name.removesuffix(".expected.json")
    if what := wanted.get("no_rows"):
        with pytest.raises(NoRowsError, match=what):
            read(path, tmp_path)
        return
    if what := wanted.get("doubtful"):
        with pytest.raises(ReadingError, match=what):
            read(path, tmp_path)
        return
    table, rows = read(path, tmp_path, **wanted.get("given", {}))
    assert [{name: getattr(row, name) for name in wanted["rows"][0]} for row in rows] == wanted[
        "rows"
    ]
    assert table.unanswered == wanted["unanswered"]
    assert [place for place, _ in table.refused] == [place for place, _ in wanted["refused"]]
    for told, begun in (
        (tuple(why for _, why in table.refused), [why for _, why in wanted["refused"]]),
        (table.warnings, wanted["warnings"]),
        (table.notes, wanted["notes"]),
    ):
        assert all(any(part in line for line in told) for part in begun), told
    assert len(table.warnings) == len(wanted["warnings"])


def test_there_are_files_to_read():
    assert len(EXPECTED) > 12
    with_expected = {path.name.removesuffix(".expected.json") for path in EXPECTED}
    assert {path.name for path in FOLDER.iterdir()} == with_expected | {p.name for p in EXPECTED}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("000001", "000001"),
        (1, "000001"),
        ("1", "000001"),
        (1.0, "000001"),
        (988, "000988"),
        ("2415", "002415"),
        ('="000001"', "000001"),
        ("'000001", "000001"),
        ("601121.SH", "601121"),
        ("sz000001", "000001"),
        ("sh.600000", "600000"),
        ("000001.XSHE", "000001"),
        ("", ""),
        (None, ""),
        # six digits can be none of these
        ("00700", None),
        ("700.HK", None),
        ("1.SH", None),
        ("12345", None),
        (60000, None),
        ("1.5", None),
        ("AAPL", None),
        ("9.88E+2", None),
    ],
)
def test_a_code_keeps_its_zeros(value, code):
    if code is None:
        with pytest.raises(UnreadableCellError):
            cells.code(value)
    else:
        assert cells.code(value) == code


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2025-04-28 09:01:02", "2025-04-28T09:01:02"),
        ("2025-04-28", "2025-04-28"),
        ("2025/4/8 9:01", "2025-04-08T09:01:00"),
        ("2025年4月28日", "2025-04-28"),
        ("2025.04.28", "2025-04-28"),
        ("20250428", "2025-04-28"),
        (20250428, "2025-04-28"),
        ("1745802062000", "2025-04-28T09:01:02"),
        (1745802062000, "2025-04-28T09:01:02"),
        ("2025-04-28T23:30:00Z", "2025-04-29T07:30:00"),
        ("2025-04-28 23:30:00.123+0900", "2025-04-28T22:30:00"),
        (datetime(2025, 4, 28, 9, 1), "2025-04-28T09:01:00"),
        (datetime(2025, 4, 28), "2025-04-28"),
        ("nan", None),
        ("NaT", None),
        # neither guessed nor rounded
        ("2025-02-30", UnreadableCellError),
        ("2025-04", UnreadableCellError),
        ("04-28", UnreadableCellError),
        ("昨天 10:00", UnreadableCellError),
        ("45775", UnreadableCellError),
        ("0025-04-28", UnreadableCellError),
    ],
)
def test_a_time_is_read_as_chinas(value, moment):
    if moment is UnreadableCellError:
        with pytest.raises(UnreadableCellError):
            cells.when(value)
    else:
        assert cells.when(value) == moment


def test_a_table_in_utc_is_moved_on_a_persons_word(tmp_path):
    path = written(tmp_path, f"{HEADER}000001,甲,问？,答。,2025-04-28 20:30:00\n")
    _, rows = read(path, tmp_path, utc_offset="0")
    assert rows[0].answered_at == "2025-04-29T04:30:00"


def test_what_the_table_lacks_is_set(tmp_path):
    path = written(tmp_path, "问题,答复\n会回购吗？,暂无计划。\n")
    given = {"company_code": "000001", "company_name": "样例银行", "event_date": "2025-04-28"}
    _, rows = read(path, tmp_path, **given)
    assert [(row.code, row.name, row.answered_at, row.kind) for row in rows] == [
        ("000001", "样例银行", "2025-04-28", "table")
    ]


def test_rows_that_lack_what_they_need_are_refused_by_their_line(tmp_path):
    text = (
        f"{HEADER}000001,甲,一？,是。,2025-04-28\n,甲,二？,是。,2025-04-28\n000001,甲,三？,是。,\n"
        '12345,甲,四？,是。,2025-04-28\n000001,甲,,"两行\n答复",2025-04-28\n000001,甲,六？,#REF!,2025-04-28\n'
    )
    table, rows = read(written(tmp_path, text), tmp_path)
    assert [row.question for row in rows] == ["一？"]
    assert [place for place, _ in table.refused] == [3, 4, 5, 6, 8]


@pytest.mark.parametrize("cut", ["2.3E+18", "2276616300371700000"])
def test_an_id_that_a_spreadsheet_cut_is_none(tmp_path, cut):
    text = f"股票代码,问题编号,问题,回复,回复时间\n000001,{cut},问？,答。,2025-04-28\n"
    table, rows = read(written(tmp_path, text), tmp_path)
    assert rows[0].row_id is None
    assert "截去" in table.warnings[0]


def test_an_id_that_ends_with_zeros_among_whole_ones_stays(tmp_path):
    ids = ("2276616300371709999", "2276616300371710000")
    lines = "".join(f"000001,{own},问{own}？,答。,2025-04-28\n" for own in ids)
    table, rows = read(
        written(tmp_path, f"股票代码,问题编号,问题,回复,回复时间\n{lines}"), tmp_path
    )
    assert tuple(row.row_id for row in rows) == ids
    assert not table.warnings


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_encoding_is_read(tmp_path, encoding):
    text = f"{HEADER}000001,㐂行,“问”？,答复：𠮷。,2025-04-28\n"
    table, rows = read(written(tmp_path, text, encoding=encoding), tmp_path)
    assert answers(rows) == [("000001", "“问”？", "答复：𠮷。")]
    assert table.notes[0].endswith(encoding)


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
def test_two_encodings_in_one_file_are_refused_with_the_line(tmp_path, first):
    second = {"utf-8": "gb18030", "gb18030": "utf-8"}[first]
    lines = [f"000001,样例银行,第{at}个问题是什么？,这是答复。,2025-04-28\n" for at in range(4)]
    data = (HEADER + "".join(lines[:2])).encode(first) + "".join(lines[2:]).encode(second)
    path = written(tmp_path, data)
    with pytest.raises(ReadingError, match=r"第4行.*第2行"):
        read(path, tmp_path)


def test_bytes_of_no_encoding_are_refused_with_the_line(tmp_path):
    data = f"{HEADER}000001,甲,问？,答。,2025-04-28\n".encode("gb18030") + b"000001,\xff\xff\n"
    with pytest.raises(ReadingError, match="第3行"):
        read(written(tmp_path, data), tmp_path)


# Broken files


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.csv", f'{HEADER}000001,甲,"没有配对,答。,2025-04-28\n', "引号"),
        ("a.csv", f"{HEADER}000001,甲,问？,一,二,2025-04-28\n", "第2行有6格"),
        ("a.json", '[{"question": "问？", "answer": "答。"}, {"question"', "JSON"),
        ("a.json", '[{"question": "问？", "answer": "答。"}', "结尾"),
        (
            "a.json",
            '{"a": [{"q": "问？", "a": "答。"}], "b": [{"q": "问？", "a": "答。"}]}',
            "不止一张",
        ),
        ("a.jsonl", '{"question": "问？", "answer": "答。"}\n{"question": \n', "第2行"),
        ("a.jsonl", '{"question": "问？", "answer": "答。"}\n[1]\n', "第2行"),
        ("a.json", '[{"q": "问？", "a": "答。", "a": "另"}]', "出现了两次"),
        ("a.json", '[{"q": "问？", "a": "答。"}, {"quest": "问？", "answ": "答。"}]', "第2条"),
        (
            "a.txt",
            "==== Q&A 1 — asked 2025-04-28\n散落的字\nQUESTION:\n问？\nANSWER:\n答。\n",
            "第2行",
        ),
    ],
)
def test_a_broken_file_is_refused_whole(tmp_path, name, text, why):
    path = written(tmp_path, text, name)
    (done,) = read_apart([Job(str(path), given=GIVEN)])
    assert done.failed == "refused"
    assert why in done.reason


GIVEN = {"company_code": "000001", "event_date": "2025-04-28"}


def test_json_longer_than_what_is_read_at_once(tmp_path):
    rows = [
        {
            "question": f"问{at}？",
            "answer": "答" * 700,
            "company_code": "000001",
            "date": "2025-04-28",
        }
        for at in range(2000)
    ]
    wrapped = json.dumps({"ok": True, "data": {"results": rows}, "next": None}, ensure_ascii=False)
    _, found = read(written(tmp_path, wrapped, "long.json"), tmp_path)
    assert answers(found) == [("000001", row["question"], row["answer"]) for row in rows]


# Excel


def workbook(path, rows, merged=None, title="问答"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merged:
        sheet.merge_cells(merged)
    book.save(path)
    return path


def test_a_sheet_below_merged_titles(tmp_path):
    header = ["股票代码", "简称", "问题", "回复", "回复时间", "问题编号"]
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["2025年互动问答汇总", None, None, None, None, None],
            [None] * 6,
            header,
            [
                1,
                "样例银行",
                "会回购吗？",
                "暂无，\n计划。",
                datetime(2025, 4, 28),
                "2276616300371700001",
            ],
            [None] * 6,
            ["601121", "样例资源", "金矿，何时投产？", "预计“明年”。", "2025-04-29", 12],
            ["601121", "样例资源", "未答？", None, None, 13],
        ],
        merged="A1:F1",
    )
    table, rows = read(path, tmp_path)
    assert answers(rows) == [
        ("000001", "会回购吗？", "暂无，\n计划。"),
        ("601121", "金矿，何时投产？", "预计“明年”。"),
    ]
    assert [row.place for row in rows] == [4, 6]
    assert [row.row_id for row in rows] == ["2276616300371700001", "12"]
    assert table.unanswered == 1


def test_a_formula_has_the_value_that_was_kept_or_its_row_is_refused(tmp_path):
    plain = workbook(
        tmp_path / "plain.xlsx",
        [
            ["股票代码", "问题", "回复", "日期"],
            ["000001", "一？", "KEPT", "2025-04-28"],
            ["000001", "二？", '="a"&"b"', "2025-04-28"],
            ["000001", "三？", "是。", "2025-04-28"],
        ],
    )
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                cell = b'<c r="C2" t="str"><f>"b"&amp;"c"</f><v>bc</v></c>'
                begin, end = data.index(b'<c r="C2"'), data.index(b'<c r="D2"')
                data = data[:begin] + cell + data[end:]
            new.writestr(part, data)
    table, rows = read(path, tmp_path)
    assert [(row.question, row.answer) for row in rows] == [("一？", "bc"), ("三？", "是。")]
    assert [place for place, _ in table.refused] == [3]
    assert "公式" in table.refused[0][1]


def repacked(path, to, part, change):
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return to


def test_a_workbook_that_attacks_its_reader_is_refused(tmp_path):
    rows = [["股票代码", "问题", "回复", "日期"], ["000001", "一？", "是。", "2025-04-28"]]
    plain = workbook(tmp_path / "plain.xlsx", rows)
    entities = b'<!DOCTYPE x [<!ENTITY a "%s">]>' % (b"lol" * 9)
    for part in ("xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"):
        path = repacked(plain, tmp_path / "a.xlsx", part, lambda data: entities + data)
        (read_,) = read_apart([Job(str(path))])
        assert read_.failed == "refused", part
        assert "实体" in read_.reason, read_.reason


def test_a_workbook_packed_to_burst_is_refused(tmp_path):
    plain = workbook(tmp_path / "plain.xlsx", [["问题", "回复"], ["一？", "是。"]])
    path = repacked(
        plain,
        tmp_path / "a.xlsx",
        "xl/worksheets/sheet1.xml",
        lambda data: data + b" " * (70 << 20),
    )
    (read_,) = read_apart([Job(str(path))])
    assert read_.failed == "refused"
    assert "压缩炸弹" in read_.reason


def test_a_damaged_workbook_is_refused(tmp_path):
    plain = workbook(tmp_path / "plain.xlsx", [["问题", "回复"], ["一？", "是。"]])
    data = plain.read_bytes()
    at = data.index(b"xl/worksheets/sheet1.xml") + 40
    path = written(tmp_path, data[:at] + b"\xff" * 30 + data[at + 30 :], "a.xlsx")
    (read_,) = read_apart([Job(str(path))])
    assert read_.failed == "refused"


BROKEN = (
    "股票代码,提问时间,回答时间,问题,回答\n000001,2025-04-28,2025-04-29,会分红吗？,今年会。\n{}\n"
)


@pytest.mark.parametrize("rest", ["但明年不会。", "但明年,后年,都不会。", "2025年不会。,"])
def test_an_answer_that_goes_on_in_the_next_line_is_never_cut(rest, tmp_path):
    with pytest.raises(ReadingError, match=r"第3行只有.*上一行答复的下文"):
        read(written(tmp_path, BROKEN.format(rest)), tmp_path)


@pytest.mark.parametrize("rest", ["", "   ", "000001,2025-04-30,,会回购吗？", "000001"])
def test_a_row_may_end_with_cells_that_are_left_out(rest, tmp_path):
    table, rows = read(written(tmp_path, BROKEN.format(rest)), tmp_path)
    assert [row.answer for row in rows] == ["今年会。"]
    assert table.unanswered == (1 if rest.strip() else 0)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("见 http://a.cn/?a=1&copy=2&sect=3。", "见 http://a.cn/?a=1&copy=2&sect=3。"),
        ("R&D&nbsp;占&lt;5%&amp;稳定", "R&D 占<5%&稳定"),
    ],
)
def test_only_whole_references_are_undone(typed, shown):
    assert cells.words(typed) == (shown, ())


@pytest.mark.parametrize(
    "value", [0.153, 23541, datetime(2025, 4, 29), True, ["甲", "乙"], {"text": "甲"}]
)
def test_what_is_no_text_is_no_answer(value):
    with pytest.raises(UnreadableCellError, match="应是文字"):
        cells.words(value)


@pytest.mark.parametrize("value", [None, "", float("nan")])
def test_an_empty_cell_has_no_words(value):
    assert cells.words(value) == ("", ())


@pytest.mark.parametrize("said", ["暂未回复", "尚未回复", "（待公司回复）", "未答复"])
def test_what_says_that_nobody_answered_is_no_answer(said, tmp_path):
    table, rows = read(written(tmp_path, BROKEN.format(f"1,,2025-04-29,何时？,{said}")), tmp_path)
    assert (table.unanswered, len(rows)) == (1, 1)


def test_a_number_that_a_spreadsheet_made_a_date_is_refused(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["代码", "问题", "回复", "回复日期", "编号"])
    workbook.active.append([1, "会分红吗？", "会。", datetime(2025, 4, 29), datetime(2025, 1, 1)])
    path = tmp_path / "rows.xlsx"
    workbook.save(path)
    table, _ = read(path, tmp_path)
    assert "编号被表格软件当成了日期" in table.refused[0][1]


@pytest.mark.parametrize(
    ("name", "told"), [("rows.xlsx", "加了密码"), ("rows.xls", "旧版 Excel"), ("rows.et", "旧版")]
)
def test_a_workbook_in_the_old_container_is_refused_with_what_to_do(name, told, tmp_path):
    path = written(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), name)
    with pytest.raises(ReadingError, match=f"{told}.*请"):
        kind_of(path, path.name)
