"""No part of the code is longer than a person reads at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sizes import House, share_short

_EXCEPTED = {
    "bot/store/schema/answering.py records": "a migration stays as it was run",
    "handlers/wecom/connection.py Connection": "one state machine",
}
_STILL_LONG: set[str] = set()


@pytest.fixture(scope="module")
def house():
    return House(Path(__file__).parents[1])


def test_nothing_is_too_long_but_what_is_named_here(house):
    too_long = {
        size.name
        for sizes, limit in ((house.modules, 450), (house.classes, 300), (house.functions, 60))
        for size in sizes
        if size.lines > limit
    }
    assert too_long == _EXCEPTED.keys() | _STILL_LONG


def test_nine_functions_of_ten_are_short(house):
    assert share_short(house) >= 0.9


def test_what_is_counted(tmp_path):
    for file, text in {
        "bot/__init__.py": "",
        "bot/errors.py": "class Error(Exception):\n    def __str__(self):\n        return ''\n",
        "bot/store/ids.py": "from bot import errors\nfrom bot.store.rows import Row\n",
        "bot/store/rows.py": "import bot.errors\nimport json\n",
        "handlers/cli.py": (
            "import click\n\n\n"
            "@click.command()\n@click.option('--a')\ndef run(\n    a,\n    b,\n):\n"
            "    def inner():\n        import bot.store.ids\n\n    return inner\n"
        ),
    }.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    small = House(tmp_path)
    lines = {size.name: size.lines for size in small.modules + small.classes + small.functions}
    assert lines == {
        "bot/__init__.py": 0,
        "bot/errors.py": 3,
        "bot/errors.py Error": 3,
        "bot/errors.py Error.__str__": 2,
        "bot/store/ids.py": 2,
        "bot/store/rows.py": 2,
        "handlers/cli.py": 13,
        "handlers/cli.py run": 5,  # its name and what it does
        "handlers/cli.py run.inner": 2,
    }
    assert small.rooms == {"bot.errors", "bot.store", "handlers.cli"}
    assert small.imports == {("bot.store", "bot.errors"), ("handlers.cli", "bot.store")}
