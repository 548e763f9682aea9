"""The files of an index: found again by others, made anew where they are of no use, never believed
where the store says otherwise."""

from __future__ import annotations

import ast
import logging
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import bot
from bot.config import Settings
from bot.indexing.folder import IndexFolder
from bot.indexing.keeping import Keeper, keep_files, make_apart, make_files, to_do
from bot.ingest.importing import Options, import_content
from bot.matching.lexicon import read_lexicon
from bot.matching.version import COUNTING
from bot.message import Answer, Chat, Decline, Message
from bot.record import Question, Reading
from bot.store import Store
from bot.store.backups import back_up
from bot.store.sqlite import file_of
from tests.conftest import NOW, open_by_words
from tests.handlers.web.site import record

_MANY = 310  # questions: so many are worth a file
_NEW = "量子纠缠光模块何时量产？"
_THINGS = (
    "产能",
    "毛利",
    "订单",
    "存货",
    "研发",
    "汇率",
    "分红",
    "回购",
    "出口",
    "客户",
    "电价",
    "商誉",
)
_ASKED = ("{}如何变化？", "怎么看{}？", "{}多少？", "{}有何进展？", "{}为什么下滑？")
_HEADER = "股票代码,公司简称,问题,提问时间,回答内容,回答时间,问题编号\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A store that is worth a file, and its files."""
    folder = tmp_path_factory.mktemp("large")
    store = Store(folder / "irbot.db")
    put(store, many(2025, "300001"))
    keep_files(store)
    file_of(store.database).make_single()
    return folder


@pytest.fixture
def store(tmp_path, large):
    shutil.copytree(large, tmp_path, dirs_exist_ok=True)
    return Store(tmp_path / "irbot.db")


def put(store, *records, **more):
    for item in records:
        store.add([Reading(item)], repr(item).encode(), "a.txt", now=NOW, **more)


def many(year, code="600000"):
    """A record with so many questions."""
    chance = random.Random(year)

    def text(forms):
        what = "".join(chance.sample(_THINGS, 2))
        return chance.choice(forms).format(f"{year}年{what}{chance.randrange(40)}号项目")

    asked = (Question(n, text(_ASKED), text(("{}按计划推进。",))) for n in range(1, _MANY + 1))
    return record(f"{year}-001", *asked, code=code)


def folder_of(store):
    return IndexFolder(store).path


def segments(store):
    return sorted(path.name for path in folder_of(store).glob("*.segment"))


def bot_of(store):
    return open_by_words(Settings(store.place)).responder


def answered(responder, text):
    """The words of the answer to a message, and all that a reader sees."""
    reply = responder.reply(Message(text))
    said = reply.hits[0].question.answer if isinstance(reply, Answer) else None
    return said, responder.show(reply).text


def found(responder, text):
    """What a search finds, and how surely."""
    result = responder.library.index.search(text, today=NOW.date())
    return [(item.hit.full_id, item.confidence) for item in result.candidates]


def asked_of(store, count=25):
    """Messages, stored questions and pieces of them."""
    chance = random.Random(3)
    stored = [item.question for one in store.records(NOW) for item in one.record.questions]
    return [text[: chance.randrange(4, 40)] for text in chance.sample(stored, count)]


def test_what_is_found_over_files_is_what_is_found_without_them(store):
    over_files = bot_of(store)
    shutil.rmtree(folder_of(store))
    folder_of(store).write_text("in the way: nothing can be written there")
    without = bot_of(store)
    for text in asked_of(store):
        assert found(over_files, text) == found(without, text)


def test_few_questions_have_no_files(tmp_path, sample):
    store = Store(tmp_path / "irbot.db")
    put(store, sample.record)
    keep_files(store)
    assert answered(bot_of(store), "2025年第一季度的经营情况如何？")
    assert not folder_of(store).exists()


def test_files_are_their_owners_alone(store):
    assert folder_of(store).stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder_of(store).iterdir()} == {0o600}


def test_a_record_that_another_process_stores_is_found_by_the_next_message(store):
    responder = bot_of(store)
    assert answered(responder, _NEW)[0] is None
    put(Store(store.path), record("2025-009", Question(1, _NEW, "已于本月量产。")))
    assert answered(responder, _NEW)[0] == "已于本月量产。"


def test_what_is_hidden_is_gone_with_the_next_message_and_reads_as_never_stored(store):
    never = bot_of(store)
    reads = answered(never, _NEW)
    other = Store(store.path)
    put(other, record("2025-009", Question(1, _NEW, "已于本月量产。")))
    responder = bot_of(store)
    assert answered(responder, _NEW)[0]
    for hide, show in (
        (lambda: other.hold("600000/2025-009", "查"), lambda: other.release("600000/2025-009")),
        (lambda: other.withdraw("600000/2025-009", "错"), None),
    ):
        hide()
        assert answered(responder, _NEW) == reads
        if show:
            show()
            assert answered(responder, _NEW)[0] == "已于本月量产。"


def test_a_draft_is_counted_before_it_is_published_and_found_when_it_is(store):
    put(store, many(2024), is_draft=True)
    put(store, record("2025-009", Question(1, _NEW, "已于本月量产。")), is_draft=True)
    keep_files(store)
    assert to_do(store, IndexFolder(store), read_lexicon()) is None
    responder = bot_of(store)
    assert answered(responder, _NEW)[0] is None
    store.publish("600000/2025-009", now=NOW)
    assert answered(responder, _NEW)[0] == "已于本月量产。"


def test_of_a_changed_row_only_the_new_words_are_found(store):
    def row(answer, day):
        return f"000001,样例银行,{_NEW},2025-04-27 10:00:00,{answer},{day},2276616300371700000\n"

    rows = "".join(
        f"000001,样例银行,第{n}条生产线的产能利用率是多少？,2025-04-27 10:00:00,约为{n}个百分点。,"
        f"2025-04-28 09:00:00,22766163003718{n:05}\n"
        for n in range(_MANY)
    )
    first = _HEADER + rows + row("卫星导航芯片仍在研发。", "2025-04-28 09:00:00")
    import_content(store, "a.csv", first.encode(), Options(now=NOW))
    keep_files(store)
    responder = bot_of(store)
    assert answered(responder, _NEW)[0] == "卫星导航芯片仍在研发。"
    changed = _HEADER + row("已于本月量产。", "2025-05-28 09:00:00")
    import_content(store, "b.csv", changed.encode(), Options(now=NOW))
    assert answered(responder, _NEW)[0] == "已于本月量产。"
    found = responder.library.index.search("卫星导航芯片研发", today=NOW.date())
    assert not any("卫星" in hit.question.answer for hit in found.hits)
    record_ = responder.library.record("000001/qa")
    assert len(record_.questions) == _MANY + 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").write_text('{"format": 1, "segments": 3}'),
        lambda folder: next(folder.glob("*.segment")).unlink(),
        lambda folder: next(folder.glob("*.segment")).write_bytes(b""),
        lambda folder: cut(next(folder.glob("*.segment"))),
        lambda folder: flip(next(folder.glob("*.segment"))),
        shutil.rmtree,
    ],
    ids=["no JSON", "no list", "no file", "empty", "cut", "a bit", "no folder"],
)
def test_what_is_damaged_or_gone_costs_no_answer_and_is_made_anew(store, damage, caplog):
    text = asked_of(store, 1)[0]
    finds = found(bot_of(store), text)
    before = segments(store)
    damage(folder_of(store))
    assert found(bot_of(store), text) == finds
    assert len([item for item in caplog.records if item.levelno >= logging.WARNING]) <= 1
    keep_files(store)
    assert segments(store)
    assert segments(store) != before
    caplog.clear()
    assert found(bot_of(store), text) == finds
    assert not [item for item in caplog.records if item.levelno >= logging.WARNING]


def test_while_serving_what_is_damaged_is_found_removed_and_made_anew(store, caplog):
    before = segments(store)
    keeper = Keeper(store)
    keeper.check()
    keeper.look()
    assert segments(store) == before
    flip(folder_of(store) / before[0])
    keeper.check()
    assert "is damaged" in caplog.text
    assert segments(store) == []
    keeper.look()  # the manifest names it still
    Keeper(store).look()
    assert len(segments(store)) == 1
    assert segments(store) != before


def test_a_database_that_cannot_be_read_for_now_leaves_the_files_as_they_are(store):
    before, keeper, db = segments(store), Keeper(store), store.database.connection()
    db.execute("ALTER TABLE generation RENAME TO away")
    keeper.check()
    db.execute("ALTER TABLE away RENAME TO generation")
    keeper.check()
    keeper.look()
    assert segments(store) == before


def flip(path):
    told = bytearray(path.read_bytes())
    told[len(told) // 2] ^= 1
    path.write_bytes(told)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("same", [False, True], ids=["others", "the-last-one-again"])
def test_files_of_a_later_state_are_not_believed_when_a_copy_is_put_back(store, same, tmp_path):
    back_up(store.path, tmp_path / "copy.db")
    put(store, *([record("2025-010")] if same else []), many(2024))
    keep_files(store)
    again = tmp_path / "again" / "irbot.db"
    again.parent.mkdir()
    shutil.copy(tmp_path / "copy.db", again)
    shutil.copytree(folder_of(store), again.with_name("irbot.db-index"))
    restored = Store(again)
    new = record("2025-009", Question(1, _NEW, "已于本月量产。"))
    put(restored, new, *([many(2024)] if same else []))  # under the keys of those
    assert restored.countable(NOW) == store.countable(NOW)
    responder = bot_of(restored)
    assert answered(responder, _NEW)[0] == "已于本月量产。"
    assert {hit for hit, _ in found(responder, asked_of(store, 1)[0])} <= {
        f"{item.record.id}#{question.number}"
        for item in restored.records(NOW)
        for question in item.record.questions
    }


def test_another_way_of_counting_makes_its_own_files(store):
    before = segments(store)
    (store.path.parent / "lexicon.toml").write_text('same = [["光模块", "光器件"]]', "utf-8")
    keep_files(store)
    assert segments(store)
    assert not set(segments(store)) & set(before)


def test_what_changes_no_counting_leaves_the_files(store):
    before = segments(store)
    (store.path.parent / "lexicon.toml").write_text(
        'common = ["板块"]\nmetric = [["渗透率"]]', "utf-8"
    )
    keep_files(store)
    assert answered(bot_of(store), "示例600000的业务")
    assert segments(store) == before


def test_files_hang_on_every_module_that_counting_uses():
    root = Path(bot.__file__).parent
    found: set[Path] = set()
    left = [root / "matching/segment_files.py"]
    while left:
        path = left.pop()
        if path.name != "__init__.py" and path not in found:
            found.add(path)
            left += imported(path, root.parent)
    assert {str(path.relative_to(root)) for path in found} == set(COUNTING)


def imported(path, root):
    """The files of ours that a module imports."""
    names = {
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [node.module, *(f"{node.module}.{item.name}" for item in node.names)]
            if isinstance(node, ast.ImportFrom)
            else [item.name for item in getattr(node, "names", ()) if isinstance(node, ast.Import)]
        )
        if name and name.startswith("bot.")
    }
    places = (root / name.replace(".", "/") for name in names)
    return [
        file
        for at in places
        for file in (at.with_suffix(".py"), at / "__init__.py")
        if file.is_file()
    ]


def test_while_one_makes_files_another_answers_and_makes_none(store):
    put(store, many(2024))
    with IndexFolder(store).writing(wait=True) as is_ours:
        assert is_ours
        assert not make_files(store, read_lexicon())
        assert answered(bot_of(store), "示例600000的业务")
    assert make_files(store, read_lexicon())


def test_another_process_makes_the_files(store):
    shutil.rmtree(folder_of(store))
    make_apart(store.path)
    assert len(segments(store)) == 1


def test_many_files_become_few_and_what_is_dead_in_them_goes(store):
    for year in range(2010, 2018):
        put(store, many(year))
        keep_files(store)
    assert len(segments(store)) <= 8
    size = IndexFolder(store).size()
    texts = asked_of(store)
    for year in range(2010, 2018):
        put(store, replace(many(year), questions=many(year).questions[:1]), replace_words=True)
    keep_files(store)
    assert IndexFolder(store).size() < size / 3
    over_files = bot_of(store)
    shutil.rmtree(folder_of(store))
    without = bot_of(store)
    for text in texts:
        assert found(over_files, text) == found(without, text)


def test_a_full_disk_leaves_the_files_as_they_were(small, caplog):
    store = Store(small / "irbot.db")
    put(store, many(2025))
    (small / "filler").write_bytes(b"0" * (small_left(small) - 100_000))
    keep_files(store)
    assert "the disk is full" in caplog.text
    assert not segments(store)
    assert answered(bot_of(store), asked_of(store, 1)[0])[1]


def small_left(folder):
    return shutil.disk_usage(folder).free


def test_people_outside_find_no_row_of_a_sheet_in_the_same_files(store):
    rows = "".join(
        f"000001,样例银行,第{n}条生产线的产能利用率是多少？,约为{n}个百分点。,2025-04-28\n"
        for n in range(_MANY)
    )
    rows += f"000001,样例银行,{_NEW},已于本月量产。,2025-04-28\n"
    sheet = "股票代码,公司简称,问题,回答内容,回答时间\n" + rows
    import_content(store, "a.csv", sheet.encode(), Options(now=NOW))
    keep_files(store)
    responder = bot_of(store)
    assert answered(responder, _NEW)[0] == "已于本月量产。"
    responder.is_outside = lambda chat: True
    reply = responder.consider(Message(_NEW, Chat("k", "w", "c", "u"))).reply
    assert isinstance(reply, Decline)
    shown = responder._library.outside().shown
    assert [brief.id for brief in shown.briefs if brief.is_written] == []
