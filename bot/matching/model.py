"""The model that compares meaning: the user's own, as ONNX, or the one of the default install.

`IR_E5_ONNX` names a folder with `model.onnx`, in any precision, and `tokenizer.json` of
multilingual-e5-small. It is this model or none, because the confidence is fitted on the scale of
its cosines; what is set and cannot be used is an error, not a search by words alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from bot.errors import SettingsError
from bot.matching.embedding import LONGEST, Embedder, Vectors, default_embedder

_MODEL, _TOKENIZER = "model.onnx", "tokenizer.json"
# What exported models are given, by the tokenizer's names.
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_WIDTH = 384  # the base and large models are wider
_MOST_TOKENS = 512  # the positions it has; one ligature may become many tokens
_LEAST_COSINE = 0.65  # E5's lie above .7, its model card says; room for a coarse precision
_ALIKE = ("公司今年的毛利率是多少？", "请问贵公司本年度毛利率水平如何？")
_UNLIKE = "明天会下雨吗"


def chosen_embedder(folder: Path | None) -> Embedder | None:
    """The model in the folder, or the installed one where none is named.

    Raises:
        SettingsError: The folder holds no multilingual-e5-small that can be run.
    """
    return _own(folder) if folder else default_embedder()


@cache
def _own(folder: Path) -> Embedder:
    """Loaded once, and tried."""
    for name in (_MODEL, _TOKENIZER):
        if not (folder / name).is_file():
            raise _unusable(folder, f"没有文件 {name}；这个文件夹里应有 {_MODEL} 和 {_TOKENIZER}")
    try:
        model = _OwnE5(folder)
        one, other, unlike = model([*_ALIKE, _UNLIKE])
    except SettingsError:
        raise
    except ImportError as error:
        why = f"缺少 onnxruntime 或 tokenizers（{_brief(error)}）；请运行 make onnx"
        raise _unusable(folder, why) from error
    except Exception as error:  # each library has its own, and a damaged file any of them
        raise _unusable(folder, f"模型不能运行（{_brief(error)}）；请重新取得这两个文件") from error
    if not _LEAST_COSINE <= one @ unlike < one @ other:
        raise _unusable(folder, "向量不像 multilingual-e5-small 的；只支持这个模型，精度不限")
    return model


class _OwnE5:
    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._folder = folder
        self._tokenizer = Tokenizer.from_str((folder / _TOKENIZER).read_text(encoding="utf-8"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()
        onnxruntime.disable_telemetry_events()  # builds for Windows report to their maker
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised, and said in one line
        # Waiting threads sleep: the machine is small, and others have work to do.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / _MODEL), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {
            given.name: np.int32 if given.type == "tensor(int32)" else np.int64
            for given in self._session.get_inputs()
        }
        if strange := sorted(self._inputs.keys() - _INPUTS.keys()):
            raise _unusable(folder, f"{_MODEL} 要求的输入 {strange[0]} 不是文字模型的")
        self.name = f"e5 onnx {_digest(folder)[:12]}"

    def __call__(self, texts: Sequence[str]) -> Vectors:
        # One by one: in a quantized model a text's vector would depend on the others of its batch.
        return np.array([self._vector(text) for text in texts], np.float32).reshape(-1, _WIDTH)

    def _vector(self, text: str) -> Vectors:
        encoded = self._tokenizer.encode(f"query: {text[:LONGEST]}")
        given = {
            name: np.array([getattr(encoded, _INPUTS[name])], kind)
            for name, kind in self._inputs.items()
        }
        outputs = [np.asarray(output, np.float32) for output in self._session.run(None, given)]
        pooled = self._pooled(outputs, np.array(encoded.attention_mask, np.float32))
        length = float(np.linalg.norm(pooled))
        if not 0 < length < np.inf:  # what the model cannot tell is like nothing
            return np.zeros_like(pooled)
        unit: Vectors = pooled / np.float32(length)
        return unit

    def _pooled(self, outputs: Sequence[Vectors], mask: Vectors) -> Vectors:
        """The mean over the text's tokens, or what the model pooled itself.

        A model with both may mean a pooling that is not E5's (`pooler_output`): tokens go first.
        """
        by_shape = {output.shape: output for output in outputs}
        if (tokens := by_shape.get((1, len(mask), _WIDTH))) is not None:
            mean: Vectors = mask @ tokens[0] / mask.sum()
            return mean
        if (pooled := by_shape.get((1, _WIDTH))) is not None:
            return pooled.reshape(_WIDTH)
        shapes = "、".join(str(list(output.shape)) for output in outputs)
        raise _unusable(
            self._folder,
            f"{_MODEL} 的输出形状是 {shapes}，应为 [1, 词数, {_WIDTH}] 或 [1, {_WIDTH}]；"
            "只支持 multilingual-e5-small，精度不限",
        )


def _digest(folder: Path) -> str:
    """Of all that makes the vectors; weights may lie beside the model (`model.onnx_data`)."""
    digest = hashlib.sha256()
    for path in _parts(folder):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _parts(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob(f"{_MODEL}*"))
    yield folder / _TOKENIZER


def _unusable(folder: Path, why: str) -> SettingsError:
    return SettingsError(f"IR_E5_ONNX={folder}：{why}；不用自己的模型就删去 IR_E5_ONNX")


def _brief(error: Exception) -> str:
    first: str = (str(error).strip() or type(error).__name__).splitlines()[0]
    return first[:120]
