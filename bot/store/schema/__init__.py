"""The tables of the one SQLite file, as migrations from the first day; only ever appended to, in
the order of these modules."""

# isort: off
from bot.store.schema import answering, control, desk, rows, outside, replicas, workspaces
from bot.store.schema.migrations import migrations
# isort: on

__all__ = [
    "answering",
    "control",
    "desk",
    "migrations",
    "outside",
    "replicas",
    "rows",
    "workspaces",
]
