"""What many tests share: the sample record in a store of its own, and the desk over it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from bot.config import CHINA
from bot.desk import Desk
from bot.reading import read_records
from bot.store import Store
from bot.words import Words

SAMPLE = Path(__file__).parents[1] / "data/records/300253-2025-002.txt"


@pytest.fixture(scope="session")
def sample():
    """The sample record as read."""
    (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
    return reading


@pytest.fixture
def store(tmp_path, sample):
    store = Store(tmp_path / "irbot.db")
    store.add(sample, SAMPLE.read_bytes(), SAMPLE.name)
    return store


@pytest.fixture
def desk(store):
    return Desk(store, Words(), lambda: datetime(2026, 11, 24, 9, tzinfo=CHINA))
