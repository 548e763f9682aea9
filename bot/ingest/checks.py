"""What `irbot doctor` finds of the matcher: its word lists and whether it compares meaning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.checks import Finding
from bot.errors import BotError
from bot.ingest.meaning import finding, meaning_state
from bot.matching.embedding import Embedder
from bot.matching.lexicon import FILE, read_lexicon
from bot.matching.model import chosen_embedder
from bot.matching.version import version
from bot.store import Store


def checks(store: Store, own_model: Path | None) -> Iterator[Finding]:
    """The word lists, then meaning."""
    embedder: Embedder | None = None
    unusable: BotError | None = None
    try:
        embedder = chosen_embedder(own_model)
    except BotError as error:
        unusable = error
    state = meaning_state(store, embedder, datetime.now(UTC))
    path = store.folder / FILE.name
    try:
        lexicon = read_lexicon(store.folder)
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
        yield finding(state)
