"""Real records, which stay outside the repository: found through IR_TEST_RECORDS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.reading import read_records

# Counted by reading the documents.
QUESTIONS = {
    "000333_2025-2_midea.txt": 43,
    "002335_2026-01_kehua.txt": 6,
    "002415_2021-10-23.pdf": 25,
    "300499_2026-004_gaolan.txt": 15,
    "600089_2026-07_tebian_abridged.txt": 2,
    "605376_2026-008_boqian.txt": 3,
}


@pytest.fixture(scope="module")
def folder():
    given = os.environ.get("IR_TEST_RECORDS")
    if not given:
        if os.environ.get("CI") == "true":
            pytest.fail("IR_TEST_RECORDS is not set: the real records are part of CI")
        pytest.skip("IR_TEST_RECORDS is not set: real records are not tried")
    if not Path(given).is_dir():
        pytest.skip(f"no folder {given}: real records are not tried")
    return Path(given)


@pytest.mark.parametrize(("name", "count"), QUESTIONS.items(), ids=QUESTIONS)
def test_a_real_record_is_read_whole(folder, name, count):
    (path,) = folder.rglob(name)
    (reading,) = read_records(path.read_bytes(), name)
    record = reading.record
    assert len(record.questions) == count
    assert [item.number for item in record.questions] == list(range(1, count + 1))
    assert reading.proof.unplaced == ()
    assert all(item.question and item.answer for item in record.questions)
    assert record.company_code == name[:6]
