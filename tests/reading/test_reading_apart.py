"""Each file in a process of its own: whatever it does costs one line, and the next file is read."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from bot.errors import one_line
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.reading import apart
from bot.reading.apart import Job, read_apart
from bot.store import Store
from tests.conftest import SAMPLE
from tests.sheets import form, pdf

KINDS = Path(__file__).parents[1] / "records/kinds"
HOSTILE = KINDS / "hostile"
MADE_UP = Path(__file__).parents[1] / "records/made_up"


def read(*paths, processes=1, **limits):
    return list(read_apart([Job(str(path)) for path in paths], processes, **limits))


def children():
    """Processes that this one has started, or that they have."""
    return [
        int(child)
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


@pytest.mark.parametrize("processes", [1, 3])
def test_files_come_back_in_their_order_with_their_bytes(processes):
    paths = sorted(MADE_UP.glob("*.txt"))[:40]
    reads = read(*paths, processes=processes)
    assert [one.file for one in reads] == [str(path) for path in paths]
    assert all(one.content == path.read_bytes() for one, path in zip(reads, paths, strict=True)
               if not one.failed)  # fmt: skip


@pytest.fixture(params=[256 << 20, pytest.param(apart.MEMORY_LIMIT, marks=pytest.mark.trial)])
def memory(request, monkeypatch):
    """What a worker may take: enough for every file that is none of these."""
    monkeypatch.setattr(apart, "MEMORY_LIMIT", request.param)
    return request.param


@pytest.mark.usefixtures("memory")
def test_a_few_bytes_that_take_all_memory_cost_one_line():
    bomb, after = read(HOSTILE / "h1_form_recursion.pdf", SAMPLE)
    assert bomb.failed == "refused"
    assert bomb.reason.startswith(f"{HOSTILE}/h1_form_recursion.pdf：读取")
    assert "内存" in bomb.reason  # and not its time: it was stopped soon
    assert "\n" not in bomb.reason
    assert len(after.readings) == 1


def test_a_page_that_unpacks_to_all_memory_costs_one_line(tmp_path, memory):
    packed = zlib.compress(zlib.compress(bytes(memory), 9), 9)
    stream = f"<< /Length {len(packed)} /Filter [/FlateDecode /FlateDecode] >>\nstream\n".encode()
    bomb = tmp_path / "bomb.pdf"
    whole = pdf(form(["1、公司？", "答：是。"]))
    at = whole.index(b"8 0 obj\n") + len(b"8 0 obj\n")
    # The places of the objects behind it are mended by every reader.
    bomb.write_bytes(whole[:at] + stream + packed + b"\nendstream\nendobj\n" + whole[-400:])
    assert bomb.stat().st_size < 20_000
    first, second = read(bomb, SAMPLE)
    assert first.failed == "refused"
    assert "秒" not in first.reason  # it was stopped before its time was over
    assert len(first.reason.splitlines()) == 1
    assert len(second.readings) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_that_takes_too_long_is_left_and_the_next_is_read(tmp_path, processes):
    slow = tmp_path / "slow.txt"
    slow.write_text("证券代码：399999\n" + "投资者关系活动记录表\n" * 400_000, encoding="utf-8")
    first, second, third = read(SAMPLE, slow, SAMPLE, processes=processes, time_limit_s=2.0)
    assert second.reason == (
        f"{slow}：读取超过2秒，已停止，没有收录；文件可能已损坏，请重新下载，或另存为文本后再导入"
    )
    assert len(first.readings) == len(third.readings) == 1


def test_a_killed_worker_loses_its_own_file_alone(tmp_path):
    slow = tmp_path / "slow.txt"
    slow.write_text("证券代码：399999\n" + "投资者关系活动记录表\n" * 400_000, encoding="utf-8")
    before = set(children())

    def kill():
        while not (started := set(children()) - before):
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(started.pop(), signal.SIGKILL)

    # Forked before the thread starts: it kills what reads.
    reads = read_apart([Job(str(path)) for path in (SAMPLE, slow, SAMPLE)])
    first = next(reads)
    killer = threading.Thread(target=kill)
    killer.start()
    second, third = reads
    killer.join()
    assert "读取时程序意外退出（信号9" in second.reason
    assert len(first.readings) == len(third.readings) == 1


def test_files_are_read_where_other_threads_run():
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        first, second = read(SAMPLE, HOSTILE / "h2_traceback.pdf")
    finally:
        stop.set()
        other.join()
    assert len(first.readings) == 1
    assert second.failed == "refused"


def test_no_process_stays_behind():
    before = children()
    reads = read_apart([Job(str(SAMPLE))] * 5, 2)
    next(reads)
    reads.close()
    assert children() == before


def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe.pdf")
    (tmp_path / "folder.pdf").mkdir()
    names = [pipe, tmp_path / "folder.pdf", Path("/dev/zero"), tmp_path / "gone.txt", SAMPLE]
    *refused, last = read(*names)
    assert [one.failed for one in refused] == ["refused"] * 4
    assert ["不是普通文件" in one.reason for one in refused] == [True, True, True, False]
    assert "无法读取" in refused[3].reason
    assert len(last.readings) == 1


def test_whatever_lies_in_a_folder_is_named(tmp_path):
    (folder := tmp_path / "downloads" / "a.pdf").mkdir(parents=True)
    (folder / "a.txt").write_bytes(SAMPLE.read_bytes())
    os.mkfifo(folder / "b pipe.pdf")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "c socket.txt"))
    (folder / "d loop.txt").symlink_to("d loop.txt")
    (folder / "e gone.txt").symlink_to("nowhere")
    (folder / "f itself").symlink_to(".")
    (folder / "g empty.txt").touch()
    with zipfile.ZipFile(folder / "h archive.pdf", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1 << 20))
    (folder / ".hidden").write_text("x", encoding="utf-8")
    closed = folder / "i closed"
    closed.mkdir(mode=0)
    (folder / "z.txt").write_bytes(SAMPLE.read_bytes())
    store = Store(tmp_path / "irbot.db")
    paths = [tmp_path / "downloads", Path("x" * 300)]
    outcomes = list(import_files(store, files_in(paths), Options()))
    closed.chmod(0o700)
    told = {Path(outcome.file).name: outcome for outcome in outcomes}
    assert told.pop("a.txt").status == "imported"
    assert told.pop("z.txt").status == "unchanged"
    if os.geteuid():  # root opens it
        assert "无法读取" in told.pop("i closed").reason
    assert [name[0] for name in told] == [*"bcdefga", "x"]  # of h what is in it
    for outcome in told.values():
        assert outcome.status in ("refused", "skipped")
        assert len(outcome.reason.splitlines()) == 1
    assert len(store.records()) == 1


@pytest.mark.parametrize("name", ["a.pdf.crdownload", "b.PART", "c.download", "d.tmp", "e.partial"])
def test_what_is_still_downloading_is_skipped_with_a_note(tmp_path, name):
    (folder := tmp_path / "downloads").mkdir()
    (folder / name).write_bytes(SAMPLE.read_bytes())
    (outcome,) = import_files(Store(tmp_path / "irbot.db"), files_in([folder]), Options())
    assert outcome.status == "skipped"
    assert "没有下载完" in outcome.reason


def test_names_and_words_cannot_steer_the_terminal(tmp_path):
    path = tmp_path / "\x1b[31m红\n\u202e.txt"
    path.write_text("没有\x1b]0;栏目\x07的文件", encoding="utf-8")
    (outcome,) = import_files(Store(tmp_path / "irbot.db"), [path], Options())
    assert outcome.reason.isprintable()
    assert "\\x1b[31m红\\n\\u202e.txt：" in outcome.reason
    assert one_line("a\udcffb") == "a\\udcffb"


@pytest.mark.trial
def test_a_text_as_large_as_is_read_is_bounded(tmp_path):
    whole = SAMPLE.read_bytes()
    large, larger = tmp_path / "large.txt", tmp_path / "larger.txt"
    with large.open("wb") as file:
        for _ in range(apart.LARGEST // len(whole)):
            file.write(whole)
    with larger.open("wb") as file:
        file.truncate(apart.LARGEST + 1)
    began = time.monotonic()
    first, second = read(large, larger)
    assert time.monotonic() - began < apart.TIME_LIMIT_S + 10
    assert (first.failed, second.failed) == ("refused", "refused")
    assert "\n" not in first.reason
    assert "超过200MB" in second.reason


@pytest.mark.usefixtures("memory")
def test_a_folder_of_hostile_files_gives_a_line_each_and_stores_nothing_of_them(tmp_path):
    store = Store(tmp_path / "irbot.db")
    paths = [
        *sorted(HOSTILE.glob("h[12]*.pdf")),
        *(MADE_UP / f"refused_{name}.pdf" for name in ("encrypted_pdf", "truncated_pdf")),
        SAMPLE,
    ]
    outcomes = list(import_files(store, paths, Options()))
    assert [outcome.status for outcome in outcomes] == ["refused"] * 4 + ["imported"]
    for outcome in outcomes[:-1]:
        assert outcome.file in outcome.reason
        assert len(outcome.reason.splitlines()) == 1
    assert len(store.records()) == 1
