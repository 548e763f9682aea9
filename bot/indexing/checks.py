"""What `irbot doctor` finds of the index: where it lies, and whether any of it is to be made."""

from __future__ import annotations

from collections.abc import Iterator

from bot.checks import Finding
from bot.errors import BotError
from bot.indexing.folder import IndexFolder
from bot.indexing.keeping import to_do
from bot.matching.lexicon import read_lexicon
from bot.matching.version import counting
from bot.store import Store

_WHAT = "检索索引"


def checks(store: Store) -> Iterator[Finding]:
    """One line."""
    folder = IndexFolder(store)
    try:
        lexicon = read_lexicon(store.folder)
    except BotError:
        return  # told with the word lists
    work = to_do(store, folder, lexicon)
    segments = folder.manifest(counting(lexicon)).segments
    questions = sum(named.documents for named in segments)
    size = folder.size() / 1e6
    files = f"{folder.path}：{len(segments)} 个文件，{questions} 个问题，{size:.0f} MB"
    if work and work.missing:
        said = f"{files}；有 {len(work.missing)} 份记录的文字还没有编入，期间照常作答，但查不到它们"
        todo = "运行中的 irbot serve 会在后台补齐；没有运行时，下一次提问前补齐"
        yield Finding(_WHAT, None, said, todo)
    elif segments:
        yield Finding(_WHAT, True, files)
    else:
        yield Finding(_WHAT, True, "问题不多，各进程在内存里建，不需要文件")
