"""What is shown of a record, through every way that it changes (`irbot` in this process)."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.store.connection import connect
from handlers.cli.main import cli
from tests import warm
from tests.engines import SQLITE_ALONE, variables

MADE_UP = Path(__file__).parents[1] / "records/made_up"
FIRST = (MADE_UP / "layout_b_numbered_with_da.txt").read_text(encoding="utf-8")
SECOND = FIRST.replace("3.20 元", "3.50 元")
UNNUMBERED = (MADE_UP / "header_number_none.txt").read_text(encoding="utf-8")
OF_THAT_DAY = UNNUMBERED.replace("订单饱满。", "订单略有下降。").replace(
    "15:00-16:30", "9:00-10:00"
)
ID = "399102/2025-2"


@pytest.fixture
def irbot(tmp_path, place, monkeypatch):
    """Run `irbot …` in an empty folder that holds two files with other words under one number."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    for name, value in variables(place).items():
        monkeypatch.setenv(name, value)
    Path("first.txt").write_text(FIRST, encoding="utf-8")
    Path("second.txt").write_text(SECOND, encoding="utf-8")
    Path("corrected.txt").write_text(
        SECOND.replace("记录表\n", "记录表（更正后）\n", 1), encoding="utf-8"
    )
    Path("copy.md").write_text(FIRST.replace("\n", "\n\n"), encoding="utf-8")

    def run(line, stdin=""):
        return CliRunner().invoke(cli, line.split(), input=stdin)

    return run


def shown(irbot, record_id=ID):
    return json.loads(irbot(f"show {record_id} --json").stdout)


def dividend(irbot):
    """3.20 or 3.50: which words are official now."""
    (found,) = {
        amount
        for item in shown(irbot)["questions"]
        for amount in ("3.20", "3.50")
        if amount in item["answer"]
    }
    return found


@pytest.mark.parametrize(
    "steps",
    [
        # what is done → exit code, what it says, the words that are shown then, their version
        [
            ("import first.txt", 0, "已收录", "3.20", 1),
            ("import first.txt", 0, "未变", "3.20", 1),
            ("import second.txt", 1, "“…发现金红利 3.20 元", "3.20", 1),
            ("import --replace second.txt", 0, "已更新", "3.50", 2),
            ("import second.txt", 0, "未变", "3.50", 2),
            ("import --replace second.txt", 0, "未变", "3.50", 2),
            # the original again: it says what it would take to bring it back, and that does
            ("import first.txt", 0, f"irbot restore-version {ID} 1", "3.50", 2),
            ("import --dry-run --replace first.txt", 0, "将更新", "3.50", 2),
            ("import --replace first.txt", 0, "已更新", "3.20", 3),
            ("import first.txt", 0, "未变", "3.20", 3),
            ("verify", 0, f"一致（5问，第3版；各版：irbot show {ID}）", "3.20", 3),
        ],
        [
            ("import first.txt", 0, "已收录", "3.20", 1),
            ("import --replace second.txt", 0, "已更新", "3.50", 2),
            (f"restore-version {ID} 1", 0, "3.50 元（含税）。”→“…发现金红利 3.20 元", "3.20", 3),
            (f"restore-version {ID} 1", 0, "未变", "3.20", 3),
            ("import first.txt", 0, "未变", "3.20", 3),
            ("import second.txt", 0, f"irbot restore-version {ID} 2", "3.20", 3),
            (f"restore-version {ID} 2", 0, "已更新", "3.50", 4),
            (f"restore-version {ID} 9", 1, "第9版", "3.50", 4),
            ("restore-version 399102/2025-77 1", 1, "库中没有", "3.50", 4),
            ("verify", 0, "一致", "3.50", 4),
        ],
        [  # a correction replaces by itself, and an import of the whole folder changes nothing then
            ("import first.txt corrected.txt", 0, "已更新1", "3.50", 2),
            ("import first.txt corrected.txt", 0, "未变2", "3.50", 2),
            (f"restore-version {ID} 1", 0, "已更新", "3.20", 3),
            ("import corrected.txt", 0, "未变", "3.20", 3),
            ("import --replace corrected.txt", 0, "已更新", "3.50", 4),
        ],
        [  # a copy of the older words belongs to the older version
            ("import first.txt", 0, "已收录", "3.20", 1),
            ("import --replace second.txt", 0, "已更新", "3.50", 2),
            ("import copy.md", 0, f"irbot restore-version {ID} 1", "3.50", 2),
            ("verify", 0, "一致", "3.50", 2),
            (f"restore-version {ID} 1", 0, "已更新", "3.20", 3),
            ("verify", 0, "一致", "3.20", 3),
        ],
        [  # what is withdrawn stays so through every version
            ("import first.txt", 0, "已收录", "3.20", 1),
            (f"withdraw {ID}#4 --reason 更正中", 0, "已撤下", "3.20", 1),
            ("import --replace second.txt", 0, "已更新", "3.50", 2),
            ("records", 0, f"已撤下 {ID}#4", "3.50", 2),
            (f"restore-version {ID} 1", 0, f"已撤下 {ID}#4", "3.20", 3),
            ("verify", 0, "一致", "3.20", 3),
            (f"withdraw {ID}#4 --undo", 0, "已恢复", "3.20", 3),
            (f"withdraw {ID}#4 --undo", 1, "已撤下的", "3.20", 3),
            (f"withdraw {ID} --reason 全部", 0, "已撤下", "3.20", 3),
            (f"restore-version {ID} 2", 0, "已撤下", "3.50", 4),
            ("records", 0, f"已撤下 {ID}（", "3.50", 4),
        ],
    ],
)
def test_what_is_shown_after_each_step(irbot, steps):
    for line, code, said, words, version in steps:
        done = irbot(line)
        assert (done.exit_code, said in done.output) == (code, True), (line, done.output)
        assert (dividend(irbot), shown(irbot)["version"]) == (words, version), line


def test_every_version_is_listed_with_its_files_and_its_state(irbot):
    for line in ("import first.txt", "import --replace second.txt", f"restore-version {ID} 1"):
        irbot(line)
    assert [
        (item["version"], item["state"], item["restored_from"], item["sources"][0]["file"])
        for item in shown(irbot)["versions"]
    ] == [
        (1, "older", None, "first.txt"),
        (2, "older", None, "second.txt"),
        (3, "shown", 1, "first.txt"),
    ]
    said = irbot(f"show {ID}").stdout.splitlines()
    listed = [line for line in said if line.startswith("第")][-3:]
    assert [line.split()[0] for line in listed] == ["第1版", "第2版", "第3版"]
    assert listed[2].endswith("first.txt  现行，恢复自第1版")


def test_a_withdrawn_question_stays_withdrawn_under_another_number(irbot):
    irbot("import first.txt")
    fourth = next(item for item in shown(irbot)["questions"] if "3.20" in item["answer"])
    asked = fourth["question"]
    irbot(f"withdraw {fourth['id']} --reason 更正中")
    renumbered = FIRST
    for number in range(9, 0, -1):
        renumbered = renumbered.replace(f"\n{number}.", f"\n{number + 1}.")
    renumbered = renumbered.replace("\n2.", "\n1.公司有几处厂房？\n答:两处。\n2.", 1)
    Path("renumbered.txt").write_text(renumbered, encoding="utf-8")
    done = irbot("import --replace renumbered.txt")
    assert done.exit_code == 0, done.output
    (number,) = shown(irbot)["withdrawn_questions"]
    assert number == fourth["question_no"] + 1
    assert shown(irbot)["questions"][number - 1]["question"] == asked
    assert irbot(f"withdraw {ID}#{number} --undo").exit_code == 0
    assert shown(irbot)["withdrawn_questions"] == []


def test_a_withdrawal_holds_however_the_number_is_printed(irbot):
    irbot("import first.txt")
    Path("zeros.txt").write_text(SECOND.replace("编号：2025-2", "编号：2025-002"), encoding="utf-8")
    irbot("import --replace zeros.txt")
    irbot("withdraw 399102/2025-002#4 --reason 更正中")
    assert shown(irbot)["withdrawn_questions"] == [4]


def two_forms(one, other):
    return one.rstrip() + "\n\n" + other


@pytest.mark.parametrize("number", ["2025-2", "2025-002"])
def test_two_forms_under_one_number_are_refused_naming_both(irbot, number):
    twin = SECOND.replace("编号：2025-2", f"编号：{number}")
    Path("two.txt").write_text(two_forms(FIRST, twin), encoding="utf-8")
    for line in ("import --dry-run two.txt", "import two.txt", "import --replace two.txt"):
        done = irbot(line)
        assert done.exit_code == 1
        assert f"2025-2 与 {number}" in done.stderr
        assert "第一份" in done.stderr
        assert "第二份" in done.stderr
    assert json.loads(irbot("records --json").stdout) == []


def test_two_unnumbered_forms_of_a_day_in_one_file_are_both_kept(irbot):
    Path("two.txt").write_text(two_forms(UNNUMBERED, OF_THAT_DAY), encoding="utf-8")
    ids = ["399304/20250506", "399304/20250506-2"]
    for line in ("import --dry-run two.txt --json", "import two.txt --json"):
        (done,) = json.loads(irbot(line).stdout)
        assert (done["status"], done["record_ids"]) == ("imported", ids)
    for line in ("import two.txt --json", "import --replace two.txt --json"):
        (done,) = json.loads(irbot(line).stdout)
        assert (done["status"], done["record_ids"]) == ("unchanged", ids)
    assert irbot("verify").exit_code == 0


def test_one_bad_record_of_a_file_keeps_the_whole_file_out(irbot):
    irbot("import first.txt")
    other = FIRST.replace("编号：2025-2", "编号：2025-3")
    Path("two.txt").write_text(two_forms(other, SECOND), encoding="utf-8")
    for line in ("import --dry-run two.txt", "import two.txt"):
        assert irbot(line).exit_code == 1
    assert len(json.loads(irbot("records --json").stdout)) == 1


def test_a_dry_run_says_what_the_run_says(irbot):
    """Also where one file of the run decides about the next one."""
    Path("again.txt").write_text(FIRST, encoding="utf-8")
    files = "first.txt again.txt second.txt corrected.txt"
    told = [
        [
            (item["status"], item["record_ids"], item["reason"], item["changes"])
            for item in json.loads(irbot(f"import {files} --json{dry}").stdout)
        ]
        for dry in (" --dry-run", "")
    ]
    assert told[0] == told[1]
    assert [item[0] for item in told[0]] == ["imported", "unchanged", "refused", "replaced"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "qa.txt",
            "互动易\n公司：测试股份(399999)\n时间：2026年9月1日\n问：有仓库吗？\n答：有三个。\n",
        ),
        (
            "qa.html",
            "<h1>上证e互动</h1><p>投资者 问 399999：有仓库吗？</p><p>公司 回复：有三个。</p>",
        ),
        (
            "qa.md",
            "# 互动易\n\n| 提问时间 | 问题 | 回复 |\n|---|---|---|\n| 09-01 | 有吗？ | 有。 |\n",
        ),
    ],
)
def test_a_platform_listing_is_called_by_its_name(irbot, name, words):
    Path(name).write_text(words, encoding="utf-8")
    done = irbot(f"import {name}")
    assert done.exit_code == 1
    assert "互动平台" in done.stderr
    assert "巨潮资讯网" in done.stderr


def test_a_record_that_speaks_of_a_platform_is_none(irbot):
    words = FIRST.replace("影响有限。", "影响有限，详见互动易平台的回复。")
    Path("record.txt").write_text(words, encoding="utf-8")
    assert irbot("import record.txt").exit_code == 0


@pytest.fixture
def damaged(place):
    """Change what is stored, behind the program's back."""

    def damaged(statement, *values):
        with closing(connect(place)) as db:
            assert db.execute(statement, values).rowcount > 0

    return damaged


def test_verify_shows_both_readings_and_names_what_helps(irbot, damaged):
    irbot("import first.txt")
    damaged("UPDATE questions SET answer = replace(answer, '3.20', '9.99')")
    done = irbot("verify --all")
    assert done.exit_code == 1
    assert "第4问 答复" in done.stderr
    assert "9.99 元" in done.stderr
    assert "3.20 元" in done.stderr
    again = f"irbot import --again {ID}"
    assert again in done.stderr
    (found,) = json.loads(irbot("verify --json").stdout)
    assert (found["id"], len(found["differences"]), again in found["todo"]) == (ID, 1, True)
    assert irbot(f"import --again {ID} --dry-run").exit_code == 0
    assert irbot(f"import --again {ID}").exit_code == 1  # nobody there to be asked
    assert shown(irbot)["version"] == 1
    assert irbot(f"import --again {ID} --yes").exit_code == 0
    assert (dividend(irbot), shown(irbot)["version"]) == ("3.20", 2)
    assert irbot("verify --all").exit_code == 0
    assert irbot(f"import --again {ID} --yes").exit_code == 0
    assert shown(irbot)["version"] == 2


def under_another_number(damaged):
    damaged(
        "INSERT INTO records (id, key, company_code, company_name) "
        "SELECT '399102/2025-7', '399102/2025-7', company_code, company_name FROM records"
    )
    damaged(
        "UPDATE versions SET record_id = '399102/2025-7', header = replace(header, "
        '\'"record_no": "2025-2"\', \'"record_no": "2025-7"\')'
    )
    damaged("DELETE FROM records WHERE id = ?", ID)


def test_a_record_that_reads_under_another_number_supersedes_the_old_one(irbot, damaged):
    irbot("import first.txt")
    under_another_number(damaged)
    assert "编号" in irbot("verify --all").stderr
    assert irbot("import --again 399102/2025-7 --yes").exit_code == 0
    assert shown(irbot, "399102/2025-7")["superseded_by"] == ID
    assert "已被取代 399102/2025-7（" in irbot("records").stdout
    assert shown(irbot)["questions"]
    assert irbot("restore-version 399102/2025-7 1").exit_code == 0
    assert shown(irbot, "399102/2025-7")["superseded_by"] is None


def test_what_is_decided_of_a_superseded_record_is_decided_of_the_one_in_its_place(irbot, damaged):
    irbot("import first.txt")
    under_another_number(damaged)
    announced = "--no 2025-059 --title 公告 --date 2026-01-05 --url https://example.com/a"
    assert irbot("hold 399102/2025-7#4 --reason 核对").exit_code == 0
    assert irbot(f"later 399102/2025-7#3 {announced}").exit_code == 0
    assert irbot("import --again 399102/2025-7 --yes").exit_code == 0
    (held,) = [item for item in shown(irbot)["states"] if item["state"] == "held"]
    assert held["id"] == f"{ID}#4"
    assert "2025-059" in irbot(f"later {ID}#3").stdout
    assert irbot(f"release {ID}#4").exit_code == 0
    assert irbot(f"later {ID}#3 --no 2025-059 --undo").exit_code == 0


def test_what_todays_reader_refuses_is_listed_and_read_again_by_who_has_looked(irbot, damaged):
    irbot("import first.txt")
    refused = (MADE_UP / "refused_words_after_the_foot.txt").read_bytes()
    Path("odd.txt").write_bytes(refused)
    assert irbot("import --accept-warnings odd.txt").exit_code == 0
    damaged("UPDATE version_sources SET accept_warnings = 0 WHERE file = 'odd.txt'")
    damaged("UPDATE questions SET answer = answer || '多余' WHERE version_id = 2 AND number = 1")
    done = irbot("verify --all")
    assert (done.exit_code, "拒收源文件" in done.stderr) == (1, True)
    ((record_id,),) = {
        (item["id"],) for item in json.loads(irbot("records --json").stdout) if item["id"] != ID
    }
    again = f"import --again {record_id} --accept-warnings"
    assert f"irbot {again}" in done.stderr
    assert irbot(f"import --again {record_id} --yes").exit_code == 1
    assert "多余" in irbot(f"{again} --dry-run").stderr
    assert irbot(f"{again} --yes").exit_code == 0
    assert shown(irbot, record_id)["version"] == 2
    assert irbot("verify").exit_code == 0


def test_lost_source_bytes_come_back_with_the_file(irbot, place):
    irbot("import first.txt")
    with closing(connect(place)) as db:
        ((sha256,),) = db.execute("SELECT sha256 FROM sources").fetchall()
        db.write_content(sha256, [b"\0"], 1)
    done = irbot("verify")
    assert (done.exit_code, "irbot import 文件" in done.stderr) == (1, True)
    assert irbot("import first.txt").exit_code == 0
    assert irbot("verify").exit_code == 0


def test_a_source_that_an_earlier_release_kept_with_the_wrong_version_is_found(irbot, damaged):
    irbot("import first.txt")
    irbot("import --replace second.txt")
    irbot("import copy.md")
    damaged(
        "UPDATE version_sources SET version_id = (SELECT max(id) FROM versions) "
        "WHERE file = 'copy.md'"
    )
    done = irbot("verify")
    assert (done.exit_code, "copy.md 的文字是第1版的" in done.stderr) == (1, True)
    assert irbot(f"import --again {ID} --yes").exit_code == 0
    assert irbot("verify").exit_code == 0
    assert shown(irbot)["version"] == 2
    assert {item["file"] for item in shown(irbot)["versions"][0]["sources"]} == {
        "first.txt",
        "copy.md",
    }


@SQLITE_ALONE
def test_a_store_of_an_earlier_release_opens_and_keeps_what_is_withdrawn(irbot):
    irbot("import first.txt")
    irbot(f"withdraw {ID}#4 --reason 更正中")
    with closing(sqlite3.connect("irbot.db")) as db:
        for index in ("versions_briefs", "versions_published"):
            db.execute(f"DROP INDEX {index}")
        briefs = ("company_name", "record_no", "days", "is_written", "changed")
        for column in ("store", "changes"):
            db.execute(f"ALTER TABLE generation DROP COLUMN {column}")
        for index in ("questions_of_sheets", "questions_answered"):
            db.execute(f"DROP INDEX {index}")
        for table, columns in (
            ("versions", ("restored_from", "published_at", "is_draft", *briefs)),
            ("hidings", ("words", "kind", "who", "until")),
        ):
            for column in columns:
                db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("ALTER TABLE records ADD COLUMN published_at TEXT")
        db.execute("ALTER TABLE hidings RENAME TO withdrawals")
        db.execute("ALTER TABLE withdrawals RENAME COLUMN decided_at TO withdrawn_at")
        db.execute("ALTER TABLE withdrawals RENAME COLUMN ended_at TO undone_at")
        db.execute("DELETE FROM journal")
        db.execute("DELETE FROM _sqlite_migrations WHERE name IN ('history', 'control', 'briefs')")
        db.commit()
    Path("irbot.db").rename("old.db")
    Path("irbot.db").write_bytes(Path("old.db").read_bytes())
    done = warm.run(["show", ID, "--json"], Path.cwd(), os.environ)
    assert json.loads(done.stdout)["withdrawn_questions"] == [4]
    with closing(sqlite3.connect("irbot.db")) as db:
        ((words,),) = db.execute("SELECT words FROM hidings").fetchall()
    assert words
    done = warm.run(["log", "--json"], Path.cwd(), os.environ)
    assert [(item["what"], item["target"]) for item in json.loads(done.stdout)] == [
        ("import", ID),
        ("withdraw", f"{ID}#4"),
    ]


def test_escape_codes_in_names_and_words_are_shown_escaped(irbot):
    name = "h5\x1b[31m\n已收录.txt"
    hostile = FIRST.replace("蓝杉样本", "蓝杉\x1b]0;owned\x07样本").replace(
        "3.20 元", "3.20\x9b31m 元"
    )
    Path(name).write_text(hostile, encoding="utf-8")
    imported = CliRunner().invoke(cli, ["import", name])
    outputs = [imported, irbot(f"show {ID}"), irbot("records"), irbot("verify"), irbot("doctor")]
    outputs += [
        irbot(f"show {ID} --json"),
        irbot("ask 分红"),
        irbot("chat", "分红\n1\n\x1b[31m关税\n"),
        CliRunner().invoke(cli, ["show", name]),
    ]
    for done in outputs:
        assert not set(done.output) & {"\x1b", "\x07", "\x9b"}, done.output
    assert "h5\\x1b[31m\\n已收录.txt" in imported.stderr
    if imported.exit_code == 0:  # else it was refused, which is as good
        assert any("3.20\x9b31m 元" in item["answer"] for item in shown(irbot)["questions"])


@pytest.mark.parametrize(
    "words",
    [["--{}"], ["{}"], ["ask", "--file", "{}"], ["import", "--set", "{}", "x"], ["import", "{}"],
     ["ask", "--as-of", "{}", "x"], ["restore-version", "x", "{}"], ["withdraw", "{}"]],
)  # fmt: skip
def test_what_was_typed_is_escaped_in_every_error(irbot, words):
    typed = [word.format("x\x1b[31m\u202ey\x07") for word in words]
    done = CliRunner().invoke(cli, typed, color=True)
    assert done.exit_code
    assert not set(done.output) & {"\x1b", "\x07", "\u202e"}, done.output


def test_a_kill_during_an_import_leaves_each_file_whole_or_out(tmp_path):
    assert_kills_leave_whole_files(tmp_path, 3, [0.0, 0.03])


@pytest.mark.trial
def test_a_kill_at_any_moment_of_an_import_leaves_each_file_whole_or_out(tmp_path):
    assert_kills_leave_whole_files(tmp_path, 40, [0.01 * step for step in range(1, 200)])


def assert_kills_leave_whole_files(tmp_path, records, waits):
    """Files of several records, killed that long after the first write; then run to the end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("IR_")}
    files = []
    for at in range(6):
        forms = [
            FIRST.replace("编号：2025-2", f"编号：2025-{100 * at + number}")
            for number in range(10, 10 + records)
        ]
        path = tmp_path / f"{at}.txt"
        path.write_text("\n\n".join(form.rstrip() for form in forms), encoding="utf-8")
        files.append(str(path))
    begun_early = 0
    for number, wait in enumerate(waits):
        db = tmp_path / f"{number}.db"
        env["IR_DB"] = str(db)
        process = warm.Started(["import", *files], tmp_path, env, tmp_path / "log")
        deadline = time.monotonic() + 20
        while not _stored(db) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.005)
        time.sleep(wait)
        process.kill()
        process.wait()
        by_file = _stored(db)
        begun_early += 0 < len(by_file) < len(files)
        assert set(by_file.values()) <= {records}, by_file
    assert begun_early, "no kill fell into an import"
    assert warm.run(["import", *files], tmp_path, env).returncode == 0
    assert list(_stored(db).values()) == [records] * len(files)


def _stored(db):
    """How many records each file has in the store."""
    if not db.exists():
        return {}
    with closing(sqlite3.connect(db)) as connection:
        try:
            rows = connection.execute(
                "SELECT s.file, count(*) FROM version_sources s JOIN versions v "
                "ON v.id = s.version_id JOIN questions q ON q.version_id = v.id "
                "WHERE q.position = 5 GROUP BY s.file"
            ).fetchall()
        except sqlite3.OperationalError:
            return {}
    return dict(rows)
