"""What an installed irbot is called: the one name that it adds to a Python.

The project's folders `bot` and `handlers` lie in here in a wheel (`setup.py`), where a Python that
has another `bot` stays as it is. They keep calling each other by their own names: the command puts
the folder that holds them before all others, in its own process alone.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    """The console script."""
    spec = find_spec("irbot.handlers")  # in a checkout it lies elsewhere, as pip was told
    assert spec is not None
    assert spec.origin is not None
    sys.path.insert(0, str(Path(spec.origin).parents[1]))
    from handlers.cli.main import main as run

    run()
