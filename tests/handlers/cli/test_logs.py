"""The log of a running bot: lines for people, or objects for programs."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from handlers.cli.logs import _Json, _Plain
from tests.conftest import IRBOT, environment
from tests.serving import free_port


def asked(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 30
    while True:
        try:
            with opener.open(url, timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_running_bot_logs_objects_and_tells_its_numbers(store, tmp_path):
    store.database.close()
    address = f"127.0.0.1:{free_port()}"
    env = {"IR_DB": "irbot.db", "IR_LOG": "json", "IR_HTTP": address, "IR_CONTATC": "x"}
    process = subprocess.Popen(
        [IRBOT, "serve"], cwd=tmp_path, env=environment(env), stderr=subprocess.PIPE, text=True
    )
    try:
        assert "irbot_records 1.0" in asked(f"http://{address}/metrics")
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0
    told = [json.loads(line) for line in said.splitlines()]
    assert {"time", "level", "logger", "message"} <= set(told[0])
    assert "IR_CONTACT" in told[0]["message"]
    assert f"serving at http://{address}" in [line["message"] for line in told]


def test_why_it_does_not_start_is_an_object_too(irbot):
    done = irbot("serve", IR_LOG="json", IR_HTTP="", SLACK_BOT_TOKEN="")
    assert done.returncode == 1
    made, line = map(json.loads, done.stderr.splitlines())
    assert "irbot.db" in made["message"]
    assert (line["level"], "IR_HTTP" in line["message"]) == ("error", True)


@pytest.mark.parametrize("form", [_Plain("%(message)s"), _Json()])
def test_nothing_in_a_log_steers_a_terminal(form):
    record = logging.LogRecord("irbot", logging.INFO, "", 0, "%s", ("\x1b[2J\u202e名",), None)
    said = form.format(record)
    assert not {"\x1b", "\u202e"} & set(said)
