"""Folders, archives and what is dropped: what is meant, what is not followed, what is read once."""

from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.ingest.files import REPORT, files_in
from bot.ingest.importing import Options, Outcome, how_many, import_content, import_files
from bot.ingest.watching import Watch
from bot.store import Store
from handlers.cli.main import cli
from handlers.json_output import import_json
from tests.conftest import SAMPLE
from tests.waiting import PATIENCE_S
from tests.word_files import form, word

TEXTS = sorted((Path(__file__).parents[1] / "records/made_up").glob("layout_*.txt"))
IRBOT = str(Path(sys.executable).with_name("irbot"))
SAID = ("1、公司今年分红吗？", "答：您好。每10股派3元。")


@pytest.fixture
def folder(tmp_path):
    (folder := tmp_path / "记录").mkdir()
    return folder


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "irbot.db")


def imported(store, *paths, **options):
    """Outcomes by the names that they are told under, below the first path's folder."""
    files = files_in(paths, store.path)
    outcomes = list(import_files(store, files, Options(**options), frozenset(paths)))
    assert all("\n" not in outcome.reason for outcome in outcomes)
    base = paths[0] if paths[0].is_dir() else paths[0].parent
    return {outcome.file.removeprefix(f"{base}/"): outcome for outcome in outcomes}


def statuses(outcomes):
    return {name: outcome.status for name, outcome in outcomes.items()}


def zipped(path, members, flags=0):
    """A zip of these members, in their order; names of bytes stand there as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name) if isinstance(name, str) else name
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


# Folders


def test_what_is_no_record_is_told_or_passed_over(folder, store):
    (folder / "a.txt").write_bytes(SAMPLE.read_bytes())
    (folder / "表.docx").write_bytes(word(form(*SAID)))
    (folder / "slides.pptx").write_bytes(b"PK\x03\x04" + bytes(5000))
    for quiet in (".DS_Store", "Thumbs.db", "~$表.docx", "desktop.ini", f"x.pdf{REPORT}"):
        (folder / quiet).write_bytes(b"\0" * 5000)
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._a.txt").write_bytes(b"\0" * 5000)
    assert statuses(imported(store, folder)) == {
        "a.txt": "imported",
        "slides.pptx": "skipped",
        "表.docx": "imported",
    }


def test_the_bot_s_own_files_are_not_meant(folder):
    own = Store(folder / "irbot.db")
    (folder / "a.txt").write_bytes(SAMPLE.read_bytes())
    assert statuses(imported(own, folder)) == {"a.txt": "imported"}


def test_nothing_is_followed_or_opened_that_is_no_file(folder, store, tmp_path):
    (away := tmp_path / "elsewhere").mkdir()
    (away / "b.txt").write_bytes(SAMPLE.read_bytes())
    (folder / "link.txt").symlink_to(away / "b.txt")
    (folder / "others").symlink_to(away)
    (folder / "device").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.pdf")
    outcomes = imported(store, folder)
    assert statuses(outcomes) == dict.fromkeys(
        ("device", "link.txt", "others", "pipe.pdf"), "refused"
    )
    assert "符号链接" in outcomes["link.txt"].reason
    assert store.records() == []
    assert statuses(imported(store, folder / "link.txt")) == {"link.txt": "imported"}  # named


def test_bytes_that_are_stored_are_not_read_again(folder, store):
    for path in TEXTS[:3]:
        (folder / path.name).write_bytes(path.read_bytes())
    first = imported(store, folder)
    (folder / TEXTS[0].name).rename(folder / "moved.txt")
    again = imported(store, folder)
    assert {one.status for one in again.values()} == {"unchanged"}
    assert [one.readings for one in again.values()] == [()] * 3
    ids = {record.id for one in first.values() for record in one.records}
    assert {record.id for one in again.values() for record in one.records} == ids
    told = import_json(again["moved.txt"])
    assert (told["status"], told["record_ids"], told["placed"]) == (
        "unchanged",
        [first[TEXTS[0].name].records[0].id],
        None,
    )
    # what a person decides anew is read
    assert all(one.readings for one in imported(store, folder, replace_words=True).values())


def test_a_folder_is_finished_after_a_kill(folder, tmp_path):
    for path in TEXTS:
        (folder / path.name).write_bytes(path.read_bytes())
    db = tmp_path / "irbot.db"
    command = [IRBOT, "import", str(folder)]
    environ = {**os.environ, "IR_DB": str(db)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, cwd=tmp_path) as running:
        assert running.stderr is not None
        running.stderr.readline()  # the first file is stored
        running.send_signal(signal.SIGKILL)
    store = Store(db)
    stored = {stored.record.id for stored in store.records()}
    assert stored
    outcomes = imported(store, folder)
    assert {one.status for one in outcomes.values()} <= {"imported", "unchanged"}
    before = [one for one in outcomes.values() if one.status == "unchanged"]
    known = {record.id for one in before for record in one.records}
    assert known == stored
    assert len(store.records()) == sum(len(one.records) for one in outcomes.values())


# Archives


def test_a_zip_is_read_file_by_file_under_its_own_names(folder, store):
    members = {
        "2026/": b"",
        "2026/a.txt": SAMPLE.read_bytes(),
        "记录/表.docx": word(form(*SAID)),
        "__MACOSX/._a.txt": b"\0",
        "slides.bin": b"\0\1" * 50,
        "inner.zip": zipped(folder / "inner.tmp", {"a.txt": b"x"}).read_bytes(),
        "坏.txt": "没有栏目".encode(),
    }
    (folder / "inner.tmp").unlink()
    path = zipped(folder / "资料.zip", members)
    assert how_many([path]) == 5
    outcomes = imported(store, folder)
    assert statuses(outcomes) == {
        "资料.zip/2026/a.txt": "imported",
        "资料.zip/记录/表.docx": "imported",
        "资料.zip/slides.bin": "skipped",
        "资料.zip/inner.zip": "refused",
        "资料.zip/坏.txt": "refused",
    }
    again = imported(store, path)
    assert [one.status for one in again.values()][:2] == ["unchanged", "unchanged"]
    (source,) = store.record(outcomes["资料.zip/2026/a.txt"].records[0].id).sources
    assert source.file.endswith("资料.zip/2026/a.txt")


def one_member(name, content, flags=0, extra=b""):
    """The bytes of a zip with one stored member, its name as these bytes."""
    crc, size = zlib.crc32(content), len(content)
    local = struct.pack(
        "<4s5H3L2H", b"PK\3\4", 20, flags, 0, 0, 0, crc, size, size, len(name), len(extra)
    )
    central = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, flags, 0, 0, 0, crc, size, size, len(name), len(extra),
        0, 0, 0, 0, 0,
    )  # fmt: skip
    begin = local + name + extra + content
    entry = central + name + extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(begin), 0)
    return begin + entry + end


def unicode_path(name, shown):
    field = b"\1" + zlib.crc32(name).to_bytes(4, "little") + shown.encode()
    return struct.pack("<2H", 0x7075, len(field)) + field


@pytest.mark.parametrize(
    ("name", "flags", "extra"),
    [
        ("记录.txt".encode("gbk"), 0, b""),
        ("记录.txt".encode(), 0, b""),
        ("记录.txt".encode(), 0x800, b""),
        (b"????.txt", 0, unicode_path(b"????.txt", "记录.txt")),
    ],
)
def test_names_in_whatever_way_they_are_written(folder, store, name, flags, extra):
    path = folder / "a.zip"
    path.write_bytes(one_member(name, SAMPLE.read_bytes(), flags, extra))
    assert statuses(imported(store, folder)) == {"a.zip/记录.txt": "imported"}


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        (lambda path: zipped(path, {"a.txt": b"\0" * (80 << 20)}), "压缩炸弹"),
        (lambda path: zipped(path, {"a.txt": SAMPLE.read_bytes(), "../../b": b"x"}), "越出文件夹"),
        (lambda path: zipped(path, {"a.txt": SAMPLE.read_bytes(), "/etc/b": b"x"}), "越出文件夹"),
        (lambda path: zipped(path, {"a.txt": SAMPLE.read_bytes(), "c:\\b": b"x"}), "越出文件夹"),
        (lambda path: zipped(path, {"a.txt": SAMPLE.read_bytes(), "b\\..\\c": b"x"}), "越出"),
        (lambda path: path.write_bytes(one_member(b"a.txt", b"x" * 30, flags=1)), "密码"),
        (lambda path: path.write_bytes(b"PK\3\4" + b"x" * 500), "已损坏"),
        (lambda path: zipped(path, {}), "没有文件"),
        (lambda path: zipped(path, {link("a.txt"): b"/etc/passwd"}), "链接"),
    ],
)
def test_an_archive_that_attacks_or_is_broken_costs_one_line(folder, store, archive, told):
    archive(folder / "a.zip")
    (outcome,) = imported(store, folder).values()
    assert outcome.status == "refused"
    assert told in outcome.reason
    assert store.records() == []


def test_a_member_that_is_broken_leaves_the_others(folder, store):
    path = zipped(folder / "a.zip", {"a.txt": b"x" * 4000, "b.txt": SAMPLE.read_bytes()})
    data = bytearray(path.read_bytes())
    data[36] ^= 0xFF
    path.write_bytes(data)
    assert statuses(imported(store, folder)) == {
        "a.zip/a.txt": "refused",
        "a.zip/b.txt": "imported",
    }


# A folder that is watched


class Dropped:
    """A watched folder, and what a look at it tells."""

    def __init__(self, folder, store):
        self.folder = folder
        self.store = store
        self.watch = Watch(folder, lambda outcome: f"未收录：{outcome.reason}")

    def look(self):
        statuses = {}
        for found in self.watch.look(self.store, Options()):
            assert isinstance(found, Outcome), found
            statuses[Path(found.file).name] = found.status
        return statuses

    def reports(self):
        return sorted(path.name for path in self.folder.rglob(f"*{REPORT}"))


@pytest.fixture
def dropped(folder, store):
    return Dropped(folder, store)


def test_what_comes_to_rest_is_imported_once(dropped, folder):
    path = folder / "a.txt"
    data = SAMPLE.read_bytes()
    path.write_bytes(data[:1000])
    assert dropped.look() == {}
    path.write_bytes(data)  # it was still being written
    assert dropped.look() == {}
    assert dropped.look() == {"a.txt": "imported"}
    assert dropped.look() == {}
    (folder / "2026").mkdir()
    path.rename(folder / "2026" / "b.txt")
    assert dropped.look() == {}
    assert dropped.look() == {"b.txt": "unchanged"}
    assert len(dropped.store.records()) == 1


@pytest.mark.parametrize("end", ["mended", "moved", "taken away"])
def test_a_refusal_lies_beside_the_file_until_it_is_mended(dropped, folder, tmp_path, end):
    path = folder / "a.txt"
    path.write_text("没有栏目", encoding="utf-8")
    dropped.look()
    assert dropped.look() == {"a.txt": "refused"}
    assert dropped.reports() == [f"a.txt{REPORT}"]
    assert "没有找到表中的栏目" in (folder / f"a.txt{REPORT}").read_text(encoding="utf-8")
    before = (folder / f"a.txt{REPORT}").stat().st_mtime_ns
    restarted = Dropped(folder, dropped.store)
    restarted.look()
    assert restarted.look() == {"a.txt": "refused"}
    assert (folder / f"a.txt{REPORT}").stat().st_mtime_ns == before
    if end == "mended":
        path.write_bytes(SAMPLE.read_bytes())
    elif end == "moved":
        path.rename(folder / "b.txt")
    else:
        path.unlink()
    restarted.look()
    restarted.look()
    assert restarted.reports() == ([f"b.txt{REPORT}"] if end == "moved" else [])


def test_one_report_says_all_of_an_archive(dropped, folder):
    members = {"a.txt": b"x", "b.txt": SAMPLE.read_bytes(), "c.txt": b"y"}
    zipped(folder / "a.zip", members)
    dropped.look()
    dropped.look()
    assert dropped.reports() == [f"a.zip{REPORT}"]
    text = (folder / f"a.zip{REPORT}").read_text(encoding="utf-8")
    assert ["a.zip/a.txt" in line or "a.zip/c.txt" in line for line in text.splitlines()] == [
        True,
        True,
    ]


def test_watching_ends_with_sigterm_and_begins_only_at_a_folder(folder, tmp_path):
    (folder / "a.txt").write_bytes(SAMPLE.read_bytes())
    environ = {**os.environ, "IR_DB": str(tmp_path / "irbot.db"), "IR_E5_ONNX": ""}
    command = [IRBOT, "watch", str(folder)]
    with subprocess.Popen(
        command, env=environ, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as running:
        assert running.stderr is not None
        told = ""
        while "已收录" not in told:
            told = running.stderr.readline()
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_S) == 0
    assert len(Store(tmp_path / "irbot.db").records()) == 1
    none = CliRunner().invoke(cli, ["watch", str(folder / "nowhere")])
    assert none.exit_code == 1
    assert "没有这个文件夹" in none.stderr


def test_names_that_are_not_utf_8_are_imported_and_kept_as_text(tmp_path, monkeypatch):
    folder = os.fsencode(tmp_path) + "/旧盘".encode("gbk")
    os.mkdir(folder)  # noqa: PTH102 - its name is bytes
    for name, content in (
        ("纪要.docx", word(form(*SAID))),
        ("问答.csv", "代码,问题,回复,日期\n1,会回购吗？,会。,2025-04-29\n".encode()),
        ("坏.docx", b"PK"),
    ):
        Path(os.fsdecode(folder + b"/" + name.encode("gbk"))).write_bytes(content)
    monkeypatch.setenv("IR_DB", str(tmp_path / "irbot.db"))
    run = CliRunner().invoke(cli, ["import", str(tmp_path)])
    assert (run.exit_code, type(run.exception)) == (1, SystemExit)
    assert "共3个文件：已收录2、未收录1" in run.output
    again = CliRunner().invoke(cli, ["import", "--json", str(tmp_path)])
    assert type(again.exception) is SystemExit
    store = Store(tmp_path / "irbot.db")
    for record_id, name in (("399999/2026-001", "纪要.docx"), ("000001/qa", "问答.csv")):
        assert store.record(record_id).sources[0].file == f"{tmp_path}/旧盘/{name}"
    watch = Watch(tmp_path, lambda outcome: outcome.reason)
    told = [one for _ in range(2) for one in watch.look(store, Options())]
    assert sorted(one.status for one in told if isinstance(one, Outcome)) == [
        "refused",
        "unchanged",
        "unchanged",
    ]
    assert len(list(tmp_path.rglob(f"*{REPORT}"))) == 1


def test_an_archive_that_is_uploaded_is_refused_with_what_to_do(tmp_path, store):
    archive = tmp_path / "资料.zip"
    zipped(archive, {"a.docx": word(form(*SAID))})
    outcome = import_content(store, archive.name, archive.read_bytes(), Options())
    assert outcome.status == "refused"
    assert "解压后上传其中的文件，或整个用 irbot import 导入" in outcome.reason
    assert "\n" not in outcome.reason
