"""One token for all, fetched once."""

from __future__ import annotations

import threading
import time

import pytest

from handlers.wecom_server.access_token import AccessToken, Token


class Fetched:
    """Gives one token after another."""

    def __init__(self, lasts_s=7200.0):
        self.count = 0
        self._lasts_s = lasts_s

    def __call__(self):
        time.sleep(0.02)
        self.count += 1
        return Token.lasting(f"token-{self.count}", self._lasts_s)


def test_of_many_threads_and_processes_one_fetches(tmp_path):
    """Each value has a lock of its own, as each process has; the file is what they share."""
    fetch = Fetched()
    tokens = [AccessToken(tmp_path / "irbot.db", "app", fetch) for _ in range(4)]
    found = []

    def ask(token, failed):
        found.append(token.after(failed) if failed else token.get())

    for failed in ("", "token-1", "token-2"):
        threads = [threading.Thread(target=ask, args=(tokens[at % 4], failed)) for at in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["token-1"] * 40 + ["token-2"] * 40 + ["token-3"] * 40
    assert fetch.count == 3


def test_a_token_that_failed_is_not_fetched_again_where_another_is_there(tmp_path):
    fetch = Fetched()
    token = AccessToken(tmp_path / "irbot.db", "app", fetch)
    token.get()
    assert token.after("token-1") == "token-2"
    assert token.after("token-1") == "token-2"  # who was slow
    assert fetch.count == 2


def test_another_secret_has_another_token(tmp_path):
    first = AccessToken(tmp_path / "irbot.db", "app\nsecret", Fetched())
    other = AccessToken(tmp_path / "irbot.db", "app\nanother", Fetched())
    first.get()
    other.get()
    assert len(list(tmp_path.glob("irbot.db-token-*"))) == 2
    assert not [path for path in tmp_path.iterdir() if "secret" in path.name]


@pytest.mark.parametrize("lasts_s", [0.01, -5.0])
def test_a_token_that_is_over_is_fetched_anew(tmp_path, lasts_s):
    fetch = Fetched(lasts_s)
    token = AccessToken(tmp_path / "irbot.db", "app", fetch)
    token.get()
    time.sleep(0.02)
    token.get()
    assert fetch.count == 2


def test_a_file_that_cannot_be_used_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileExistsError):
        AccessToken(tmp_path / "file" / "irbot.db", "app", Fetched()).get()
