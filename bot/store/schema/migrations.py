"""The list that every module of tables adds to."""

from __future__ import annotations

from sqlite_utils import Migrations

migrations = Migrations("irbot")
