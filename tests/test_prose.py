"""What the code, its docstrings and the READMEs say of the project's own files."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("bot", "handlers", "install", "irbot", "tests")
CODE = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
CODE += ROOT.glob("*.py")
TEXTS = [path for path in CODE if path.is_relative_to(ROOT / "bot")]
TEXTS += [path for path in CODE if path.is_relative_to(ROOT / "handlers")]
TEXTS += [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]


def test_every_file_and_module_that_prose_names_exists():
    files = {f"/{path.relative_to(ROOT)}" for path in CODE}
    modules = {name.removesuffix("/__init__.py").removesuffix(".py") for name in files}
    modules |= {parent.rsplit("/", 1)[0] for parent in modules}
    missing = []
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"[\w/]*\w\.py\b", text):
            if not any(file.endswith(f"/{name.lstrip('/')}") for file in files):
                missing.append(f"{path.relative_to(ROOT)}: {name}")
        for name in re.findall(r"`((?:bot|handlers|tests)(?:\.[a-z_]\w*)+)`", text):
            if "/" + name.replace(".", "/") not in modules:
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert len(TEXTS) > 50
    assert missing == []
