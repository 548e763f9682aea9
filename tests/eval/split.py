"""The phrasings written by hand, and which companies may be looked at while tuning.

Two folders hold them: FOLDER over one record of a company, ARCHIVE over all its records. In each,
split.toml names the companies of each half and the SHA-256 of every file, so that a phrasing
changed afterwards is seen. Nothing is ever tuned on *judge*.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ARCHIVE = FOLDER / "archive"


@dataclass(frozen=True)
class Split:
    """Company codes; the phrasings of each lie in CODE.tsv."""

    fit: tuple[str, ...]
    judge: tuple[str, ...]
    sha256: dict[str, str]  # file name → hash

    def changed(self, folder: Path = FOLDER) -> list[str]:
        """The files that are not what was split: changed, missing, or without a hash."""
        found = {path.name: file_hash(path) for path in folder.glob("*.tsv")}
        return sorted(
            name
            for name in found.keys() | self.sha256.keys()
            if found.get(name) != self.sha256.get(name)
        )


def read_split(folder: Path = FOLDER) -> Split:
    """The split; every .tsv file of the folder belongs to exactly one half.

    Raises:
        ValueError: A company in both halves or in none, or one without phrasings.
    """
    content = tomllib.loads((folder / "split.toml").read_text(encoding="utf-8"))
    split = Split(tuple(content["fit"]), tuple(content["judge"]), dict(content["sha256"]))
    named = sorted((*split.fit, *split.judge))
    stored = sorted(path.stem for path in folder.glob("*.tsv"))
    if named != stored:
        raise ValueError(f"split.toml names {named}, the folder holds {stored}")
    return split


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
