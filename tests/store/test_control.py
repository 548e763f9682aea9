"""Publication, holds and pauses: what each decision does, who it is kept of, and what undoes it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.config import Settings
from bot.errors import BotError, NotFoundError
from bot.message import Answer, Message
from bot.record import Narrative, Reading
from bot.store import Store
from handlers.cli.main import cli
from tests import warm
from tests.conftest import IRBOT, NOW, SAMPLE, environment, open_by_words
from tests.engines import variables
from tests.handlers.web.site import record
from tests.serving import free_port
from tests.waiting import PATIENCE_S

ID = "300253/2025-002"
MADE_UP = Path(__file__).parents[1] / "records/made_up"
FIRST = (MADE_UP / "layout_b_numbered_with_da.txt").read_text(encoding="utf-8")
CORRECTED = FIRST.replace("3.20 元", "3.50 元").replace("记录表\n", "记录表（更正后）\n", 1)
OF_FIRST = "399102/2025-2"
UNNUMBERED = MADE_UP / "layout_e_q_and_a_without_numbers.txt"


@pytest.fixture
def run(tmp_path, place, monkeypatch):
    """Run `irbot …` in this process, in an empty folder with a record and its correction."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IR_")]:
        monkeypatch.delenv(name)
    for name, value in variables(place).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOGNAME", "王芳")
    monkeypatch.setenv("IR_NOW", "2026-11-26T15:00:00+08:00")
    Path("first.txt").write_text(FIRST, encoding="utf-8")
    Path("corrected.txt").write_text(CORRECTED, encoding="utf-8")

    def run(*words):
        done = CliRunner().invoke(cli, [str(word) for word in words])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


def do(run, line):
    done = run(*shlex.split(line))
    assert done.exit_code == 0, (line, done.output)
    return done


def answers(run):
    """The dividend that is told: 3.20, 3.50 or none."""
    told = json.loads(do(run, "ask --json 请领导谈谈分红计划").stdout)["text"]
    return next((amount for amount in ("3.20", "3.50") if amount in told), None)


# Publication


@pytest.mark.parametrize(
    "steps",
    [
        # what is done → exit code, what it says, the words that are answered then
        [
            ("import --published draft first.txt", 0, "草稿", None),
            ("import first.txt", 0, "为草稿", None),
            (f"publish {OF_FIRST} --at 2026-11-26T14:00", 1, "已过", None),
            (f"publish {OF_FIRST} --at 2026-11-26T15:01+08:00", 0, "将于 2026-11-26 15:01", None),
            (f"publish {OF_FIRST} --undo", 0, "为草稿", None),
            (f"publish {OF_FIRST}", 0, "已于 2026-11-26 15:00 公布", "3.20"),
            (f"publish {OF_FIRST}", 1, "已经公布", "3.20"),
            (f"publish {OF_FIRST} --at draft", 1, "irbot hold", "3.20"),
            ("import --published draft first.txt", 0, "没有因 --published 改动", "3.20"),
            ("import --published 2027-01-01 first.txt", 0, "没有因 --published 改动", "3.20"),
            (f"publish {OF_FIRST} --undo", 0, "为草稿", None),
            (f"publish {OF_FIRST} --undo", 0, "已于 2026-11-26 15:00 公布", "3.20"),
        ],
        [  # the words before a correction stay until that is public
            ("import first.txt", 0, "已收录", "3.20"),
            ("import --published draft corrected.txt", 0, "已更新", "3.20"),
            ("verify", 0, "一致", "3.20"),
            (f"publish {OF_FIRST} --at 2026-12-01T09:00", 0, "将于 2026-12-01 09:00", "3.20"),
            (f"publish {OF_FIRST}", 0, "第2版已于", "3.50"),
            (f"publish {OF_FIRST} --undo", 0, "将于 2026-12-01 09:00", "3.20"),
            (f"restore-version {OF_FIRST} 1", 0, "已更新", "3.20"),
            (f"publish {OF_FIRST}", 1, "已经公布", "3.20"),
        ],
        [  # a correction of what is not public yet is not public either
            ("import --published draft first.txt", 0, "草稿", None),
            ("import corrected.txt", 0, "为草稿", None),
            (f"publish {OF_FIRST}", 0, "第2版已于", "3.50"),
            ("import --published 2026-11-01 first.txt", 0, "irbot restore-version", "3.50"),
        ],
        [  # when it was published is a fact, and may lie in the past; not before it was said
            ("import --published 2019-01-01 first.txt", 1, "早于活动日期", None),
            ("import first.txt", 0, "已收录", "3.20"),
            (f"import --published {'2026-06-01T18:00'} first.txt", 0, "已于 2026-06-01", "3.20"),
            ("import --published 2026-05-01 first.txt", 0, "没有因 --published 改动", "3.20"),
        ],
        [  # what waits is published by nobody's slip
            ("import --published 2027-01-01T09:00+08:00 first.txt", 0, "将于 2027-01-01", None),
            ("import --published 2026-06-01 first.txt", 1, "irbot publish", None),
            ("import --published 2026-12-24 first.txt", 0, "将于 2026-12-24", None),
            (f"publish {OF_FIRST}#4", 1, "整份记录", None),
            ("publish 399102/2025-99", 1, "库中没有", None),
            (f"publish {OF_FIRST} --at 2026-13-01", 2, "不是时刻", None),
            (f"publish {OF_FIRST} --at 0001-01-01", 2, "不是时刻", None),
        ],
    ],
)
def test_what_is_answered_after_each_step(run, steps):
    for line, code, said, words in steps:
        done = run(*shlex.split(line))
        assert (done.exit_code, said in done.output) == (code, True), (line, done.output)
        assert answers(run) == words, line


def test_an_instant_without_an_offset_is_in_the_zone_of_the_settings(run, monkeypatch):
    monkeypatch.setenv("IR_TZ", "America/New_York")
    do(run, "import --published 2026-12-01T09:00 first.txt")
    (stored,) = json.loads(do(run, "records --json").stdout)
    assert datetime.fromisoformat(stored["published_at"]) == datetime(2026, 12, 1, 14, tzinfo=UTC)


def test_a_publication_and_the_end_of_a_pause_come_by_themselves(place):
    store, clock = Store(place), [NOW]
    at = NOW + timedelta(minutes=5)
    store.add([Reading(record(day=date(2025, 5, 6)))], b"1", "1.pdf", published_at=at, now=NOW)
    responder = open_by_words(Settings(store.place), lambda: clock[0]).responder

    def is_answered():
        return isinstance(responder.reply(Message("主营业务是什么？")), Answer)

    seen = []
    for minutes in (0, 4.99, 5, 6, 7, 9.99, 10):
        if minutes == 7:
            store.pause("季报", until=NOW + timedelta(minutes=10), now=clock[0])
        clock[0] = NOW + timedelta(minutes=minutes)
        seen.append(is_answered())
    assert seen == [False, False, True, True, False, False, True]


# Holds


def test_a_decision_that_makes_no_sense_is_one_clear_line(run):
    do(run, "import first.txt")
    do(run, f"hold {OF_FIRST}#4 --reason 静默期")
    do(run, "pause --company 399102 --reason 季报 --until 2026-12-01")
    for line, code, said in (
        (f"hold {OF_FIRST}#4 --reason 核对", 1, "静默期"),
        (f"hold {OF_FIRST}#44 --reason 核对", 1, f"irbot show {OF_FIRST}"),
        ("hold 399102/2025-99 --reason 核对", 1, "库中没有"),
        ("hold 4 --reason 核对", 1, "库中没有"),
        (f"hold {OF_FIRST}", 2, "--reason"),
        (f"hold {OF_FIRST} --reason ''", 1, "--reason"),
        (f"withdraw {OF_FIRST} --reason ' '", 1, "--reason"),
        ("pause --reason ''", 1, "--reason"),
        (f"release {OF_FIRST}#3", 1, "irbot resume --company 399102"),
        ("pause --company 399102 --reason 年报", 1, "季报"),
        ("pause --company 600000 --reason 年报", 1, "600000"),
        ("pause --until 2026-11-26T14:59 --reason 年报", 1, "已过"),
        ("resume", 1, "irbot resume --company 399102"),
        ("resume --company 600000", 1, "库中没有"),
    ):
        done = run(*shlex.split(line))
        assert (done.exit_code, said in done.output) == (code, True), (line, done.output)
        assert "Traceback" not in done.output


def test_a_hold_follows_the_words_of_its_question(run):
    """Through a correction that numbers it otherwise, and back."""
    do(run, "import first.txt")
    fourth = json.loads(do(run, f"show {OF_FIRST}#4 --json").stdout)["question"]
    do(run, f"hold {OF_FIRST}#4 --reason 静默期")
    renumbered = FIRST
    for number in range(9, 0, -1):
        renumbered = renumbered.replace(f"\n{number}.", f"\n{number + 1}.")
    renumbered = renumbered.replace("\n2.", "\n1.公司有几处厂房？\n答:两处。\n2.", 1)
    Path("renumbered.txt").write_text(renumbered, encoding="utf-8")
    do(run, "import --replace renumbered.txt")
    shown = json.loads(do(run, f"show {OF_FIRST} --json").stdout)
    (held,) = [item for item in shown["states"] if item["state"] == "held"]
    assert held["id"] == f"{OF_FIRST}#5"
    assert shown["questions"][4]["question"] == fourth
    assert answers(run) is None
    # The number of then still names the hold; as the log has it.
    do(run, f"release {OF_FIRST}#4")
    assert answers(run) == "3.20"


def test_a_held_question_asked_in_other_words_under_another_number_stays_held(run):
    do(run, "import first.txt")
    words = json.loads(do(run, f"show {OF_FIRST}#4 --json").stdout)["question"]
    do(run, f"hold {OF_FIRST}#4 --reason 静默期")
    renumbered = FIRST
    for number in range(9, 0, -1):
        renumbered = renumbered.replace(f"\n{number}.", f"\n{number + 1}.")
    renumbered = renumbered.replace("\n2.", "\n1.公司有几处厂房？\n答:两处。\n2.", 1)
    for others in (f"请问{words[:-1]}，谢谢", "今年给股东多少"):  # asks alike; has the same answer
        assert words in renumbered
        Path("renumbered.txt").write_text(renumbered.replace(words, others), encoding="utf-8")
        do(run, "import --replace renumbered.txt")
        assert answers(run) is None
    do(run, f"release {OF_FIRST}#5")
    states = json.loads(do(run, f"show {OF_FIRST} --json").stdout)["states"]
    assert "held" not in [item["state"] for item in states]


def test_what_hides_it_besides_is_said_when_one_decision_ends(run):
    do(run, "import first.txt")
    do(run, f"hold {OF_FIRST} --reason 全部")
    do(run, f"hold {OF_FIRST}#4 --reason 一问")
    do(run, f"withdraw {OF_FIRST}#4 --reason 误")
    said = do(run, f"release {OF_FIRST}#4").output
    assert f"irbot release {OF_FIRST}\n" in said
    assert f"irbot withdraw {OF_FIRST}#4 --undo" in said
    do(run, f"release {OF_FIRST}")
    assert answers(run) is None
    do(run, f"withdraw {OF_FIRST}#4 --undo")
    assert answers(run) == "3.20"


def test_a_hidden_paragraph_leaves_no_gap_and_the_others_their_ids(place):
    told = (Narrative("一", "甲\n乙\n丙"), Narrative("二", "丁"), Narrative(None, "戊\n己"))
    store = Store(place)
    store.add([Reading(record(narrative=told))], b"1", "1.pdf")
    for number in (2, 4):
        store.hold(f"600000/2025-001#p{number}", "核对")
    (shown,) = store.shown(NOW).stored
    assert [(item.heading, item.text) for item in shown.record.narrative] == [
        ("一", "甲\n丙"),
        (None, "戊\n己"),
    ]
    assert [(item.place, item.answer) for item in shown.record.paragraphs] == [
        ("p1", "甲"),
        ("p3", "丙"),
        ("p5", "戊"),
        ("p6", "己"),
    ]
    assert store.record("600000/2025-001").record.narrative == told


# In sight


def test_the_desk_sees_each_question_by_an_id_that_may_be_typed(run):
    """Also where the document has no number, and of every kind at once."""
    do(run, f"import {UNNUMBERED}")
    (stored,) = json.loads(do(run, "records --json").stdout)
    id_ = stored["id"]
    do(run, f"hold {id_}#1 --reason 静默期")
    do(run, f"withdraw {id_}#2 --reason 误")
    do(run, f"pause --company {id_[:6]} --reason 季报 --until 2026-12-01T09:00")
    shown = json.loads(do(run, f"show {id_} --json").stdout)
    told = [(item["state"], item["id"], item["who"], item["reason"]) for item in shown["states"]]
    assert told == [
        ("paused", id_[:6], "王芳", "季报"),
        ("held", f"{id_}#1", "王芳", "静默期"),
        ("withdrawn", f"{id_}#2", "王芳", "误"),
    ]
    assert [item["state"] for item in shown["questions"][:3]] == ["held", "withdrawn", "paused"]
    for said in (do(run, "records").stdout, do(run, f"show {id_}").stdout):
        for item in shown["states"]:
            assert item["todo"] in said
            assert f"王芳 {datetime.now().astimezone(NOW.tzinfo):%Y-%m-%d}" in said
    for item in shown["states"]:
        do(run, item["todo"].removeprefix("irbot "))
    left = json.loads(do(run, f"show {id_} --json").stdout)
    assert (left["state"], left["states"]) == ("shown", [])


def test_a_correction_says_which_questions_it_changed_and_by_whom(run):
    do(run, "import first.txt")
    do(run, "import corrected.txt")
    shown = json.loads(do(run, f"show {OF_FIRST} --json").stdout)
    assert shown["state"] == "shown"
    assert [
        (item["state"], item["id"], item["who"], item["version"]) for item in shown["states"]
    ] == [("corrected", OF_FIRST, "王芳", 2), ("corrected", f"{OF_FIRST}#4", "王芳", 2)]
    assert [(item["version"], item["who"]) for item in shown["versions"]] == [
        (1, "王芳"),
        (2, "王芳"),
    ]
    do(run, "import --published draft --replace first.txt")
    shown = json.loads(do(run, f"show {OF_FIRST} --json").stdout)
    assert [item["state"] for item in shown["versions"]] == ["older", "shown", "draft"]
    assert json.loads(do(run, f"show {OF_FIRST} --version 3 --json").stdout)["version"] == 3


def test_every_change_is_undone_by_the_command_that_the_log_prints(run):
    do(run, "import --published draft first.txt")
    begun = states(run)
    for line in (
        f"publish {OF_FIRST} --at 2026-12-01",
        f"publish {OF_FIRST}",
        f"hold {OF_FIRST}#4 --reason '静默 期'",
        f"release {OF_FIRST}#4",
        f"withdraw {OF_FIRST} --reason 误",
        f"withdraw {OF_FIRST} --undo",
        "pause --reason 季报 --until 2026-12-01T09:00",
        "resume",
        "pause --company 399102 --reason 年报",
        "resume --company 399102",
        "import corrected.txt",
    ):
        before = states(run)
        do(run, line)
        assert states(run) != before
        last = json.loads(do(run, "log --json").stdout)[-1]
        assert last["who"] == "王芳"
        assert last["undo"] in do(run, "log").stdout
        undone = do(run, last["undo"].removeprefix("irbot "))
        assert states(run) == before, (line, undone.output)
        again = json.loads(do(run, "log --json").stdout)[-1]["undo"]
        do(run, again.removeprefix("irbot "))
        assert states(run) != before
    assert begun != states(run)


def states(run):
    """What is the case now, without who and when."""
    (record,) = json.loads(do(run, "records --json").stdout)
    told = [
        (item["state"], item["id"], item["reason"], item["until"])
        for item in record["states"]
        if item["state"] != "corrected"
    ]
    return (told, record["published_at"] and record["published_at"][:10], answers(run))


def test_the_log_is_of_a_record_or_of_a_time(run):
    do(run, "import first.txt")
    do(run, f"import {UNNUMBERED}")
    do(run, f"hold {OF_FIRST}#4 --reason 静默期")
    do(run, "pause --company 399102 --reason 季报")
    of_record = json.loads(do(run, "log 399102/2025-002 --json").stdout)
    assert [(item["what"], item["target"]) for item in of_record] == [
        ("import", OF_FIRST),
        ("hold", f"{OF_FIRST}#4"),
        ("pause", "399102"),
    ]
    assert [item["what"] for item in json.loads(do(run, "log 399102 --json").stdout)] == [
        "import",
        "hold",
        "pause",
    ]
    assert json.loads(do(run, "log --since 2099-01-01 --json").stdout) == []


# Processes


def test_a_hold_is_seen_by_the_next_request_to_another_process(imported, tmp_path):
    imported.copy(tmp_path / "irbot.db")
    http = f"127.0.0.1:{free_port()}"
    env = environment({"IR_DB": "irbot.db", "IR_HTTP": http, "NO_PROXY": "127.0.0.1"})

    def irbot(*words):
        assert warm.run(words, tmp_path, env).returncode == 0

    def status(path):
        try:
            return urllib.request.urlopen(f"http://{http}{path}", timeout=PATIENCE_S).status
        except urllib.error.HTTPError as error:
            return error.code

    serving = subprocess.Popen([IRBOT, "serve"], cwd=tmp_path, env=env, stderr=subprocess.PIPE)
    assert serving.stderr is not None
    try:
        for line in serving.stderr:
            if http.encode() in line:
                break
        question = f"/r/{ID}/q/24"
        seen = [status(question)]
        for words in (
            ("hold", f"{ID}#24", "--reason", "静默期"),
            ("release", f"{ID}#24"),
            ("pause", "--reason", "季报"),
            ("resume",),
        ):
            irbot(*words)
            seen.append(status(question))
        assert seen == [200, 404, 200, 404, 200]
    finally:
        serving.send_signal(signal.SIGTERM)
        serving.wait(PATIENCE_S)
        serving.stderr.close()


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.store import Store

path, what, left = Path(sys.argv[1]), sys.argv[2], 0

def killed(at):
    store = Store(path)
    count = [0]
    def counted(statement):
        count[0] += 1
        if count[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
    store.database.connection().conn.set_trace_callback(counted)
    if what == "hold":
        store.hold("300253/2025-002#24", "静默期", "王芳")
    elif what == "pause":
        store.pause("季报", "王芳")
    else:
        store.publish("300253/2025-002", "王芳")
    os._exit(0)

for at in range(1, 200):
    if not (child := os.fork()):
        killed(at)
    _, status = os.waitpid(child, 0)
    print(at, os.waitstatus_to_exitcode(status), flush=True)
    if status == 0:
        break
    import sqlite3
    db = sqlite3.connect(path)
    rows = [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("hidings", "journal")]
    rows += db.execute("SELECT value FROM generation").fetchone()
    rows += db.execute("SELECT is_draft FROM versions").fetchone()
    print("state", *rows, flush=True)
    db.close()
"""


@pytest.mark.parametrize("what", ["hold", "pause", "publish"])
def test_a_kill_at_any_statement_leaves_it_done_or_not_done(tmp_path, sample, what):
    path = tmp_path / "irbot.db"
    store = Store(path)
    content = SAMPLE.read_bytes()
    store.add([sample], content, SAMPLE.name, is_draft=what == "publish")
    store.database.close()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, path, what], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    kills = [line for line in lines if line.endswith(f" -{signal.SIGKILL.value}")]
    found = {line for line in lines if line.startswith("state")}
    is_draft = int(what == "publish")
    assert found == {f"state 0 1 1 {is_draft}"}  # as before: one import
    assert len(kills) > 5
    assert lines[-1].endswith(" 0")
    after = Store(path)
    assert [change.what for change in after.changes()] == ["import", what]
    assert after.generation() == 2


def test_any_spelling_of_an_id_is_told_as_it_is_stored(place):
    store = Store(place)
    store.add([Reading(record())], b"1", "1.pdf")
    assert store.hold("600000/2025-1#1", "核对", "王芳") == "600000/2025-001#1"
    with pytest.raises(BotError):
        store.hold("600000/2025-001#1", "核对", "王芳")
    with pytest.raises(NotFoundError):
        store.release("600000/2025-001", "王芳")
    assert store.release("600000/2025-001#1", "王芳") == "600000/2025-001#1"
    assert [change.who for change in store.changes("600000/2025-001#1")] == ["王芳"] * 2
