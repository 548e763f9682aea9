"""A wheel runs from anywhere, beside whatever else is installed."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from install.bundle import own_wheel
from tests.conftest import environment

ROOT = Path(__file__).parents[2]
_RECORD = ROOT / "tests/records/made_up/header_label_other_names.txt"
_ANOTHER_BOT = "raise SystemExit('another distribution was imported')\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return own_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """Where the wheel is installed beside a distribution that has a `bot` and `handlers`, too."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    for name in ("bot", "handlers"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(_ANOTHER_BOT)
    return site


def _sources():
    places = {"bot": "bot", "handlers": "handlers", "data/records": "records", "irbot": ""}
    for folder, place in places.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield Path("irbot", place, path.relative_to(ROOT / folder)).as_posix()


def test_it_has_one_name_and_every_file_of_the_rooms(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    own = {name for name in names if ".dist-info/" not in name}
    assert own == set(_sources())
    assert len(own) > 300
    assert {name.partition("/")[0] for name in own} == {"irbot"}


def test_it_reads_and_answers_beside_other_packages_of_these_names(site, tmp_path):
    for name in ("bot", "handlers"):  # in the working directory as well
        (tmp_path / f"{name}.py").write_text(_ANOTHER_BOT)

    def irbot(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "irbot", *arguments],
            cwd=tmp_path,
            env=environment({"PYTHONPATH": str(site)}),
            capture_output=True,
            text=True,
            input="",
            check=True,
        ).stdout

    irbot("import", "--quiet", str(_RECORD))  # read in a process of its own
    (answer,) = json.loads(irbot("ask", "#1", "--json"))["answers"]
    assert answer["answer"] in _RECORD.read_text(encoding="utf-8")
