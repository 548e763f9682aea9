"""What `irbot doctor` finds of the matcher: its word lists and whether it compares meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.checks import Finding
from bot.errors import BotError
from bot.ingest.embedding import MeaningState, meaning_state
from bot.matching.embedding import Embedder
from bot.matching.lexicon import FILE, read_lexicon
from bot.matching.model import chosen_embedder
from bot.matching.version import version
from bot.store import Store

_LOST = "只按字词检索：意思相同而说法不同的提问，会更多地只列出相近的，或找不到"


def checks(store: Store, own_model: Path | None) -> Iterator[Finding]:
    """The word lists, then meaning."""
    embedder: Embedder | None = None
    unusable: BotError | None = None
    try:
        embedder = chosen_embedder(own_model)
    except BotError as error:
        unusable = error
    state = meaning_state(store, embedder)
    path = store.path.parent / FILE.name
    try:
        lexicon = read_lexicon(path.parent)
    except BotError as error:
        yield Finding(
            "词表",
            False,
            str(error),
            "改正它：运行中的服务沿用改动前的词表，改正后自动生效；没改正则不能启动",
        )
    else:
        model = None if state.lacks else state.model
        which = f"匹配版本 {version(lexicon, model)}"
        if path.exists():
            added = len(lexicon.words) - len(read_lexicon().words)
            yield Finding("词表", True, f"已读 {path}，增加{added}个词；{which}")
        else:
            yield Finding("词表", True, f"只用自带的，可在 {path} 里补充说法；{which}")
    if unusable:
        yield Finding("语义比较", False, str(unusable), "改正前服务不能启动，也不能导入和作答")
    else:
        yield _meaning(state)


def _meaning(state: MeaningState) -> Finding:
    what = "语义比较"
    match state.lacks:
        case "no model":
            return Finding(
                what,
                None,
                f"没有语义模型，{_LOST}",
                "x86-64 Linux：重新 make install；其他机器：备好 multilingual-e5-small 的 ONNX"
                " 文件，设 IR_E5_ONNX（见 .env.example）",
            )
        case "too large":
            said = f"库中有{state.size}字，超过{state.most}字时不用，{_LOST}"
            return Finding(what, None, said, f"分成几个库，每个不超过{state.most}字")
    if state.missing:
        said = f"{state.model}，{state.texts}句中有{state.missing}句还没有向量，这些{_LOST}"
        return Finding(what, None, said, "启动 irbot serve，在后台补齐")
    if not state.texts:
        return Finding(what, None, f"{state.model}，库中还没有可比较的文字", "先导入记录")
    return Finding(what, True, f"{state.model}，{state.texts}句都有向量（全库至多{state.most}字）")
