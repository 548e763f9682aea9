"""Whether messages can be compared by meaning, with how much of the store, and what doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.checks import Finding
from bot.ingest.embedding import mark
from bot.matching.embedding import Embedder
from bot.store import Store

LOST = "只按字词检索：意思相同而说法不同的提问，会更多地只列出相近的，或找不到"
_WHAT = "语义比较"
_TEXTS_OF_A_QUESTION = 6  # it, its sentences and those of its answer, on average


@dataclass(frozen=True)
class MeaningState:
    """What there is of the model and its vectors."""

    model: str | None
    records: int = 0  # versions that are shown, or will be
    missing: int = 0  # of them: not all texts have a vector
    questions: int = 0  # of these
    a_second: float = 0.0  # texts that get vectors; 0: not known
    fault: str = ""  # what the model raised while a process served

    @property
    def lacks(self) -> str | None:
        """Why meaning is not compared with everything: "no model", "no vectors"."""
        if self.model is None:
            return "no model"
        return "no vectors" if self.missing or not self.records else None

    @property
    def minutes(self) -> float | None:
        """About how long it takes to make what is missing; None: not known."""
        texts = self.questions * _TEXTS_OF_A_QUESTION
        return texts / self.a_second / 60 if self.a_second else None


def meaning_state(store: Store, embedder: Embedder | None, now: datetime) -> MeaningState:
    """As it is at an instant of the bot's clock."""
    if embedder is None:
        return MeaningState(None)
    keys, known = store.countable(now), store.model_state(embedder.name)
    missing = keys - store.embedded(mark(embedder))
    questions = store.count_questions(missing) if missing else 0
    return MeaningState(
        embedder.name, len(keys), len(missing), questions, known.a_second, known.fault
    )


def finding(state: MeaningState) -> Finding:
    """One line for `irbot doctor`."""
    if state.model is None:
        return Finding(
            _WHAT,
            None,
            f"没有语义模型，{LOST}",
            "x86-64 Linux：重新 make install；其他机器：备好 multilingual-e5-small 的 ONNX"
            " 文件，设 IR_E5_ONNX（见 .env.example）",
        )
    if state.fault:
        said = f"{state.model} 在服务中出错（{state.fault}），{LOST}"
        return Finding(_WHAT, False, said, "重启 irbot serve；仍出错则重新安装模型（make install）")
    if state.missing:
        said = f"{state.model}，{state.records}份记录中有{state.missing}份还没有算完向量"
        if state.minutes is not None:
            said += f"，约需{_duration(state.minutes)}"
        return Finding(_WHAT, None, f"{said}；这些{LOST}", "启动 irbot serve，在后台从新到旧补齐")
    if not state.records:
        return Finding(_WHAT, None, f"{state.model}，库中还没有可比较的文字", "先导入记录")
    return Finding(_WHAT, True, f"{state.model}，{state.records}份记录都有向量")


def _duration(minutes: float) -> str:
    return f"{minutes / 60:.0f}小时" if minutes >= 90 else f"{max(1.0, minutes):.0f}分钟"
